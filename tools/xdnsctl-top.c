// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What is asked and answered now, once a second: rates by plane, what became of the frames, and the
 * names asked for most, by samples that are taken in the kernel as long as this runs.
 */
#include "xdnsctl-top.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "xdnsctl-tap.h"

#define READ_SECONDS   0.1 /* between two looks into the ring */
#define SAMPLES	       300 /* a second, about */
#define EVERY_AT_FIRST 64  /* frames to a sample, until the rate is known */
#define KEPT	       384 /* octets of a sample: headers and a question */
#define NAMES_SHOWN    10
#define API_SECONDS    1

/* Answers so far. */
struct planes {
	double udp, tcp;
	bool known; /* the daemon has said so */
};

struct top {
	const struct ctl *ctl;
	struct tap *tap;
	struct hot_names hot;
	struct kernel_peeked zone;
	uint64_t counter[XDNS_COUNTERS_COUNT];
	double rate[XDNS_COUNTERS_COUNT]; /* frames a second */
	struct planes planes;
	double kernel, udp, tcp; /* answers a second */
	uint64_t at_ns;
	double seconds; /* between the last two looks */
	bool screen;
};

static int take(void *ctx, const struct tap_frame *f)
{
	char name[DNAME_TEXT_MAX];
	struct tap_question q;
	struct top *t = ctx;

	tap_question(f, &q);
	if (!q.there)
		return 0;
	dname_lower(q.name, dname_wire_len(q.name));
	hot_names_add(&t->hot, dname_to_text(q.name, name));
	return 0;
}

static double plane_sum(const char *text, const char *plane)
{
	char start[64];
	double sum = 0;
	size_t len;

	len = (size_t)snprintf(start, sizeof(start), "mesos_xdns_answers_total{plane=\"%s\",",
			       plane);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *value;

		line += *line == '\n';
		value = strncmp(line, start, len) ? NULL : strstr(line, "} ");
		if (value)
			sum += strtod(value + 2, NULL);
	}
	return sum;
}

/* What userspace has answered, if the daemon can be asked. */
static struct planes ask_planes(const struct ctl *c)
{
	char error[CTL_API_ERROR_MAX];
	_cleanup_free_ char *text = ctl_api_text(c, "/metrics", API_SECONDS, error);

	if (!text)
		return (struct planes){0};
	return (struct planes){plane_sum(text, "udp"), plane_sum(text, "tcp"), true};
}

static double rate(double before, double now, double seconds)
{
	return now > before && seconds > 0 ? (now - before) / seconds : 0;
}

/* Counters begin at 0 again when the daemon has replaced the maps, or itself. */
static int look(struct top *t)
{
	uint64_t before[XDNS_COUNTERS_COUNT], at = t->at_ns;
	struct planes planes = t->planes;
	int r;

	memcpy(before, t->counter, sizeof(before));
	r = ctl_read_counters(t->ctl, CTL_ALL_CPUS, t->counter);
	if (!r)
		r = kernel_peek(t->ctl->bpf_dir, NULL, NULL, &t->zone);
	if (r)
		return r;
	t->at_ns = now_ns();
	t->planes = ask_planes(t->ctl);
	t->seconds = (double)(t->at_ns - at) / (double)NSEC_PER_SEC;
	t->kernel = 0;
	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++) {
		t->rate[i] = rate((double)before[i], (double)t->counter[i], t->seconds);
		t->kernel += i <= XDNS_ANSWER_LAST ? t->rate[i] : 0;
	}
	t->udp = planes.known ? rate(planes.udp, t->planes.udp, t->seconds) : 0;
	t->tcp = planes.known ? rate(planes.tcp, t->planes.tcp, t->seconds) : 0;
	return 0;
}

/* So many frames to a sample that a flood costs no more than a trickle. */
static void adapt(struct top *t)
{
	double frames = 0;

	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		frames += t->rate[i];
	tap_set_every(t->tap, frames > SAMPLES ? (uint32_t)(frames / SAMPLES) : 1);
}

static double share(const struct top *t)
{
	double all = t->kernel + t->udp + t->tcp;

	return all > 0 ? 100 * t->kernel / all : 0;
}

static double heard_ago(const struct top *t)
{
	return (double)(boot_now_ns() - t->zone.state.heard) / (double)NSEC_PER_SEC;
}

static double asked_share(const struct top *t, size_t i)
{
	return t->hot.samples > 0 ? 100 * t->hot.list[i].weight / t->hot.samples : 0;
}

static void print_json(const struct top *t)
{
	char domain[DNAME_TEXT_MAX];
	json_t *outcomes = json_object(), *names = json_array(), *all;

	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		if (t->rate[i] > 0)
			json_object_set_new(outcomes, ctl_counter_names[i], json_real(t->rate[i]));
	for (size_t i = 0; i < t->hot.count && i < NAMES_SHOWN; i++)
		json_array_append_new(names, json_pack("{s:s, s:f}", "name", t->hot.list[i].name,
						       "share", asked_share(t, i)));
	all = json_pack(
		"{s:s, s:I, s:f, s:{s:f, s:o, s:o}, s:f, s:o, s:f, s:o}", "domain",
		dname_to_text(t->zone.config.domain, domain), "serial",
		(json_int_t)t->zone.state.serial, "heardSecondsAgo", heard_ago(t), "answersASecond",
		"kernel", t->kernel, "udp", t->planes.known ? json_real(t->udp) : json_null(),
		"tcp", t->planes.known ? json_real(t->tcp) : json_null(), "kernelPercent", share(t),
		"framesASecond", outcomes, "samples", t->hot.samples, "names", names);
	json_dumpf(all, stdout, JSON_COMPACT);
	json_decref(all);
	puts("");
}

static void print(const struct top *t)
{
	char domain[DNAME_TEXT_MAX], ago[32];

	if (t->screen)
		fputs("\033[H\033[J", stdout); /* to the corner, and clear from there */
	printf("%s serial %u, heard %s ago%s\n\n", dname_to_text(t->zone.config.domain, domain),
	       t->zone.state.serial, ctl_duration(heard_ago(t), ago),
	       t->zone.state.serving == XDNS_SERVING_YES ? "" : ", NOT SERVING");
	printf("answers a second  kernel %10.1f", t->kernel);
	if (t->planes.known)
		printf("   udp %10.1f   tcp %8.1f   %5.1f %% in the kernel\n", t->udp, t->tcp,
		       share(t));
	else
		puts("   (userspace: the daemon's HTTP API does not answer)");
	puts("\nframes a second");
	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		if (t->rate[i] > 0)
			printf("  %-20s %12.1f   %s\n", ctl_counter_names[i], t->rate[i],
			       ctl_counter_help[i]);
	printf("\nasked for most (%.0f samples)\n", t->hot.samples);
	for (size_t i = 0; i < t->hot.count && i < NAMES_SHOWN; i++)
		printf("  %5.1f %%  %s\n", asked_share(t, i), t->hot.list[i].name);
	if (!t->screen)
		puts("");
}

/* The next second: samples are fetched all the while. */
static int wait_and_read(struct top *t)
{
	uint64_t end = t->at_ns + (uint64_t)(t->ctl->interval * (double)NSEC_PER_SEC);
	int r = 0;

	while (!r && !ctl_ended() && now_ns() < end) {
		ctl_sleep(READ_SECONDS);
		r = tap_read(t->tap, take, t);
	}
	return r;
}

static int run(struct top *t)
{
	uint64_t start = now_ns();
	int r = look(t);

	while (!r && !ctl_ended() && !ferror(stdout)) {
		r = wait_and_read(t);
		if (!r)
			r = look(t);
		if (r)
			break;
		adapt(t);
		hot_names_sort(&t->hot);
		if (t->ctl->json)
			print_json(t);
		else
			print(t);
		fflush(stdout);
		hot_names_age(&t->hot);
		if (t->ctl->seconds > 0 &&
		    (double)(now_ns() - start) >= t->ctl->seconds * (double)NSEC_PER_SEC)
			break;
	}
	return r;
}

int ctl_top(const struct ctl *c, int argc, char **argv)
{
	struct tap_options o = {.rules = {.sample = 1, .kept = KEPT}, .every = EVERY_AT_FIRST};
	struct top *t = calloc(1, sizeof(*t));
	int status, r;

	(void)argc;
	(void)argv;
	if (!t)
		return ctl_fail("no memory");
	t->ctl = c;
	t->screen = isatty(STDOUT_FILENO) && !c->json;
	status = tap_open(c, &o, &t->tap);
	if (!status) {
		ctl_watch_end();
		r = run(t);
		if (r)
			status = ctl_fail_pins(c, r);
	}
	tap_close(t->tap);
	free(t);
	return status;
}
