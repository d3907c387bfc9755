// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Frames of the XDP path, where tcpdump sees no answer and hardly a question: as they came and as
 * they left, with what became of them.
 */
#include "xdnsctl-pcap.h"
#include "xdnsctl-tap.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "dname_text.h"
#include "util.h"

#define READ_SECONDS 0.02 /* between two looks into the ring */
#define TEXT_KEPT    512  /* octets of a frame that a line is made of */

struct capture {
	const struct ctl *ctl;
	struct tap *tap;
	struct pcap pcap; /* out NULL: lines on stdout instead */
	uint64_t count;	  /* frames that came */
	uint64_t clock_ns;
	uint64_t *taken; /* for each CPU: the last frame's number */
	uint32_t cpus;
};

static uint64_t real_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

/* One word of --reason: a counter, "answer", "pass", "drop", or "all". False: there is none. */
static bool want(struct tap_rules *rules, const char *word, size_t len)
{
	bool any = false;

	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++) {
		const char *name = ctl_counter_names[i];
		bool all = len == strlen("all") && !strncmp(word, "all", len);

		if (!all && (strncmp(name, word, len) ||
			     (name[len] && (name[len] != '_' || memchr(word, '_', len)))))
			continue;
		rules->wanted[i] = 1;
		any = true;
	}
	return any;
}

static int want_reasons(struct tap_rules *rules, const char *reasons)
{
	for (int i = 0; i < XDNS_COUNTERS_COUNT && !reasons; i++)
		rules->wanted[i] = ctl_counter_is_ours(i);
	while (reasons && *reasons) {
		size_t len = strcspn(reasons, ",");

		if (!len || !want(rules, reasons, len))
			return ctl_fail("\"%.*s\" is no counter (xdnsctl counters has all), nor "
					"answer, pass, drop or all",
					(int)len, reasons);
		reasons += len + (reasons[len] == ',');
	}
	return CTL_OK;
}

static int want_name(struct tap_rules *rules, const char *name)
{
	uint8_t wire[DNAME_WIRE_MAX + 1];
	int len;

	if (!name)
		return CTL_OK;
	len = dname_from_escaped(name, strlen(name), wire);
	if (len < 0)
		return ctl_fail("\"%s\" is no domain name", name);
	dname_lower(wire, len);
	memcpy(rules->name, wire, len);
	memset(rules->mask, 0xff, len);
	return CTL_OK;
}

static void print_json(const struct capture *c, const struct tap_frame *f, const char *interface,
		       const struct tap_question *q)
{
	char name[DNAME_TEXT_MAX], type[16], client[TAP_CLIENT_MAX];
	json_t *one =
		json_pack("{s:f, s:s, s:s, s:s?, s:s?, s:s, s:I, s:o}", "time",
			  (double)(f->time + c->clock_ns) / (double)NSEC_PER_SEC, "interface",
			  interface, "client", tap_client(f, client), "name",
			  q->there ? dname_to_text(q->name, name) : NULL, "type",
			  q->there ? ctl_type_name(q->type, type) : NULL, "outcome",
			  ctl_counter_names[f->outcome], "octets", (json_int_t)f->len,
			  "answer_octets", f->sent_len ? json_integer(f->sent_len) : json_null());

	json_dumpf(one, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(one);
}

static void print_line(const struct capture *c, const struct tap_frame *f)
{
	char name[DNAME_TEXT_MAX] = "-", buf[16], interface[IF_NAMESIZE] = "-", at[16] = "",
	     answer[32] = "", client[TAP_CLIENT_MAX];
	uint64_t ns = f->time + c->clock_ns;
	const char *type = "-";
	time_t seconds = (time_t)(ns / NSEC_PER_SEC);
	struct tap_question q;
	struct tm tm;

	tap_question(f, &q);
	if_indextoname(f->interface, interface);
	if (c->ctl->json) {
		print_json(c, f, interface, &q);
		return;
	}
	if (localtime_r(&seconds, &tm))
		strftime(at, sizeof(at), "%H:%M:%S", &tm);
	if (q.there) {
		dname_to_text(q.name, name);
		type = ctl_type_name(q.type, buf);
	}
	if (f->sent_len)
		snprintf(answer, sizeof(answer), " -> %u", f->sent_len);
	printf("%s.%06u %s %s %s %s %s %u%s\n", at, (unsigned)(ns % NSEC_PER_SEC / 1000), interface,
	       tap_client(f, client), name, type, ctl_counter_names[f->outcome], f->len, answer);
}

/* An answer stands behind its question in the ring; in between may be other CPUs' frames. */
static int take(void *ctx, const struct tap_frame *f)
{
	struct capture *c = ctx;

	if (f->cpu >= c->cpus)
		return 0;
	if (f->sent) {
		if (f->number != c->taken[f->cpu])
			return 0;
	} else {
		if (c->ctl->count && c->count == c->ctl->count)
			return 0;
		c->count++;
		c->taken[f->cpu] = f->number;
	}
	if (c->pcap.out)
		pcap_frame(&c->pcap, f);
	else
		print_line(c, f);
	return 0;
}

static bool at_end(const struct capture *c, uint64_t start)
{
	if (ctl_ended() || ferror(stdout) || (c->pcap.out && ferror(c->pcap.out)))
		return true;
	if (c->ctl->count && c->count >= c->ctl->count)
		return true;
	return c->ctl->seconds > 0 &&
	       (double)(now_ns() - start) >= c->ctl->seconds * (double)NSEC_PER_SEC;
}

static int run(struct capture *c)
{
	uint64_t start = now_ns();
	struct tap_counts n;
	int r;

	do {
		ctl_sleep(READ_SECONDS);
		r = tap_read(c->tap, take, c);
		fflush(c->pcap.out ? c->pcap.out : stdout);
	} while (!r && !at_end(c, start));
	n = tap_counts(c->tap);
	fprintf(stderr, "xdnsctl: %llu frames captured of %llu looked at, %llu lost\n",
		(unsigned long long)c->count, (unsigned long long)n.looked,
		(unsigned long long)n.lost);
	return r ? ctl_fail("reading what the program handed over: %s", strerror(-r)) : CTL_OK;
}

static int open_file(struct capture *c)
{
	const char *path = c->ctl->write_file;
	FILE *out = NULL;

	c->clock_ns = real_ns() - boot_now_ns();
	if (!path)
		return CTL_OK;
	out = strcmp(path, "-") ? fopen(path, "we") : stdout;
	if (!out)
		return ctl_fail("%s: %s", path, strerror(errno));
	pcap_begin(&c->pcap, out, c->clock_ns);
	return CTL_OK;
}

static int close_file(struct capture *c, int status)
{
	bool failed = false;

	if (c->pcap.out)
		failed = ferror(c->pcap.out);
	if (c->pcap.out && c->pcap.out != stdout)
		failed |= fclose(c->pcap.out) != 0;
	return failed ? ctl_fail("%s cannot be written", c->ctl->write_file) : status;
}

int ctl_capture(const struct ctl *c, int argc, char **argv)
{
	struct tap_options o = {.every = c->every ? c->every : 1};
	struct capture capture = {.ctl = c, .cpus = libbpf_num_possible_cpus()};
	int status;

	(void)argc;
	(void)argv;
	o.rules.answers = c->write_file != NULL;
	o.rules.kept = c->write_file ? TAP_KEPT_MAX : TEXT_KEPT;
	if (want_reasons(&o.rules, c->reasons) || want_name(&o.rules, c->name))
		return CTL_ERROR;
	status = tap_open(c, &o, &capture.tap);
	if (status)
		return status;
	ctl_watch_end();
	capture.taken = calloc(capture.cpus, sizeof(*capture.taken));
	status = capture.taken ? open_file(&capture) : ctl_fail("no memory");
	if (!status)
		status = close_file(&capture, run(&capture));
	tap_close(capture.tap);
	free(capture.taken);
	return status;
}
