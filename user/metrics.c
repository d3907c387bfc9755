// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "metrics.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "api.h"
#include "endpoint.h"
#include "kernel.h"
#include "metrics_list.h"
#include "model.h"
#include "util.h"
#include "zone_read.h"

#define PREFIX "mesos_xdns_"

static void take_interface(void *ctx, const char *name, bool native)
{
	struct metrics *m = ctx;

	if (m->interfaces_count == METRICS_INTERFACES_MAX)
		return;
	snprintf(m->interfaces[m->interfaces_count].name, IF_NAMESIZE, "%s", name);
	m->interfaces[m->interfaces_count++].native = native;
}

static void take_map(void *ctx, const char *name, uint64_t used, uint64_t room)
{
	struct metrics *m = ctx;

	m->maps[m->maps_count].name = name;
	m->maps[m->maps_count].used = used;
	m->maps[m->maps_count++].room = room;
}

static void take_kernel(const struct kernel *k, struct metrics *m)
{
	if (!kernel_started(k) || kernel_counters(k, m->xdp_count))
		return;
	m->xdp = true;
	m->xdp_serving = kernel_serving(k);
	kernel_for_each_interface(k, take_interface, m);
	kernel_for_each_map(k, take_map, m);
	kernel_run_time(k, &m->run_ns, &m->runs);
	m->checked = kernel_checked(k);
}

static double age(uint64_t then_ns)
{
	return then_ns ? (double)(boot_now_ns() - then_ns) / (double)NSEC_PER_SEC : NAN;
}

void metrics_take(const struct api_world *w, struct metrics *ret)
{
	*ret = (struct metrics){
		.ready = zone_ready(w->zone),
		.expired = zone_expired(w->zone),
		.serial = zone_serial(w->zone),
		.counts = zone_counts(w->zone),
		.heard_age = NAN,
		.zone_age = NAN,
	};
	ret->complete = ret->ready && !zone_incomplete(w->zone);
	if (w->follower) {
		ret->status = follower_status(w->follower);
		ret->status.leader = "";
		ret->follower = follower_stats(w->follower);
		ret->heard_age = age(ret->status.heard_ns);
		ret->zone_age = age(ret->follower.committed_ns);
	}
	if (w->model)
		ret->frameworks_alike = model_frameworks_alike(w->model, w->cfg);
	if (w->server) {
		ret->server = server_stats(w->server);
		server_upstreams(w->server, &ret->upstreams);
	}
	if (w->secondaries)
		memcpy(ret->notify, secondaries_counts(w->secondaries), sizeof(ret->notify));
	if (w->kernel)
		take_kernel(w->kernel, ret);
}

static void put_build_info(const struct metrics *m, const char *name, FILE *out)
{
	(void)m;
	fprintf(out, "%s{version=\"%s\"} 1\n", name, XDNS_VERSION);
}

static const char *const reasons[] = {
#define X(n, help) #n,
	XDNS_COUNTERS(X)
#undef X
};

static void put_counts(const char *name, const char *plane, const char *label,
		       const char *const *value, const uint64_t *count, int n, FILE *out)
{
	for (int i = 0; i < n; i++)
		fprintf(out, "%s{plane=\"%s\",%s=\"%s\"} %" PRIu64 "\n", name, plane, label,
			value[i], count[i]);
}

static void put_queries_total(const struct metrics *m, const char *name, FILE *out)
{
	static const char *const types[] = {
#define X(n, code) #n,
		TRAFFIC_TYPES(X)
#undef X
	};

	put_counts(name, "udp", "type", types, m->server.udp.queries, ARRAY_SIZE(types), out);
	put_counts(name, "tcp", "type", types, m->server.tcp.queries, ARRAY_SIZE(types), out);
}

static void put_answers_total(const struct metrics *m, const char *name, FILE *out)
{
	static const char *const answers[] = {
#define X(n, help) #n,
		TRAFFIC_ANSWERS(X)
#undef X
	};
	const size_t prefix = strlen("answer_");

	/* the program's answers are the first, under the same names */
	for (int i = 0; i <= XDNS_ANSWER_LAST && m->xdp; i++)
		fprintf(out, "%s{plane=\"xdp\",answer=\"%s\"} %" PRIu64 "\n", name,
			reasons[i] + prefix, m->xdp_count[i]);
	put_counts(name, "udp", "answer", answers, m->server.udp.answers, ARRAY_SIZE(answers), out);
	put_counts(name, "tcp", "answer", answers, m->server.tcp.answers, ARRAY_SIZE(answers), out);
}

static void put_dropped_total(const struct metrics *m, const char *name, FILE *out)
{
	static const char *const drops[] = {
#define X(n, help) #n,
		TRAFFIC_DROPS(X)
#undef X
	};

	put_counts(name, "udp", "reason", drops, m->server.udp.dropped, ARRAY_SIZE(drops), out);
	put_counts(name, "tcp", "reason", drops, m->server.tcp.dropped, ARRAY_SIZE(drops), out);
}

/* The label of a resolver. */
static const char *upstream_text(const struct forward_upstream *u, char buf[ENDPOINT_TEXT_MAX])
{
	return u->addr.ss_family ? endpoint_text(&u->addr, buf) : "other";
}

static void put_forward_upstream_tries_total(const struct metrics *m, const char *name, FILE *out)
{
	static const char *const outcomes[] = {
#define X(n, help) #n,
		FORWARD_OUTCOMES(X)
#undef X
	};
	char text[ENDPOINT_TEXT_MAX];

	for (unsigned i = 0; i < m->upstreams.count; i++) {
		const struct forward_upstream *u = &m->upstreams.list[i];

		for (int k = 0; k < FORWARD_OUTCOMES_COUNT; k++)
			fprintf(out, "%s{upstream=\"%s\",outcome=\"%s\"} %" PRIu64 "\n", name,
				upstream_text(u, text), outcomes[k], u->tries[k]);
	}
}

static void put_forward_upstream_mismatches_total(const struct metrics *m, const char *name,
						  FILE *out)
{
	char text[ENDPOINT_TEXT_MAX];

	for (unsigned i = 0; i < m->upstreams.count; i++)
		fprintf(out, "%s{upstream=\"%s\"} %" PRIu64 "\n", name,
			upstream_text(&m->upstreams.list[i], text),
			m->upstreams.list[i].mismatches);
}

static void put_transfers_total(const struct metrics *m, const char *name, FILE *out)
{
	static const char *const outcomes[] = {
#define X(n, help) #n,
		TRANSFER_OUTCOMES(X)
#undef X
	};

	for (int i = 0; i < TRANSFER_OUTCOMES_COUNT; i++)
		fprintf(out, "%s{outcome=\"%s\"} %" PRIu64 "\n", name, outcomes[i],
			m->server.transfers[i]);
}

static void put_notify_total(const struct metrics *m, const char *name, FILE *out)
{
	static const char *const events[] = {
#define X(n, help) #n,
		NOTIFY_EVENTS(X)
#undef X
	};

	for (int i = 0; i < NOTIFY_EVENTS_COUNT; i++)
		fprintf(out, "%s{event=\"%s\"} %" PRIu64 "\n", name, events[i], m->notify[i]);
}

static void put_zone_records(const struct metrics *m, const char *name, FILE *out)
{
	fprintf(out, "%s{type=\"A\"} %" PRIu64 "\n", name, m->counts.a);
	fprintf(out, "%s{type=\"AAAA\"} %" PRIu64 "\n", name, m->counts.aaaa);
	fprintf(out, "%s{type=\"SRV\"} %" PRIu64 "\n", name, m->counts.srv);
	fprintf(out, "%s{type=\"PTR\"} %" PRIu64 "\n", name, m->counts.ptr);
}

static void put_left_out(const struct records_skipped *s, const char *name, FILE *out)
{
	fprintf(out, "%s{reason=\"conflict\"} %" PRIu64 "\n", name, s->conflicts);
	fprintf(out, "%s{reason=\"unreachable\"} %" PRIu64 "\n", name, s->unreachable);
	fprintf(out, "%s{reason=\"unresolved\"} %" PRIu64 "\n", name, s->unresolved);
}

static void put_records_left_out_total(const struct metrics *m, const char *name, FILE *out)
{
	put_left_out(&m->follower.left_out, name, out);
}

static void put_records_left_out_now(const struct metrics *m, const char *name, FILE *out)
{
	put_left_out(&m->follower.left_out_now, name, out);
}

/* labels: "" or others than le. */
static void put_latency(const struct latency *l, const char *name, const char *labels, FILE *out)
{
	const char *comma = *labels ? "," : "";
	uint64_t sum = 0;

	for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
		sum += l->count[i];
		fprintf(out, "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", name, labels, comma,
			(double)latency_bound(i) / 1e6, sum);
	}
	sum += l->count[LATENCY_BUCKETS];
	fprintf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, labels, comma, sum);
	fprintf(out, *labels ? "%s_sum{%s} %.9f\n" : "%s_sum%s %.9f\n", name, labels,
		(double)l->sum_ns / 1e9);
	fprintf(out, *labels ? "%s_count{%s} %" PRIu64 "\n" : "%s_count%s %" PRIu64 "\n", name,
		labels, sum);
}

static void put_forward_upstream_seconds(const struct metrics *m, const char *name, FILE *out)
{
	char text[ENDPOINT_TEXT_MAX], labels[sizeof("upstream=\"\"") + ENDPOINT_TEXT_MAX];

	for (unsigned i = 0; i < m->upstreams.count; i++) {
		const struct forward_upstream *u = &m->upstreams.list[i];

		snprintf(labels, sizeof(labels), "upstream=\"%s\"", upstream_text(u, text));
		put_latency(&u->replies, name, labels, out);
	}
}

static void put_zone_publish_seconds(const struct metrics *m, const char *name, FILE *out)
{
	put_latency(&m->follower.publish, name, "", out);
}

static void put_event_served_seconds(const struct metrics *m, const char *name, FILE *out)
{
	put_latency(&m->follower.events_served, name, "", out);
}

static void put_xdp_total(const struct metrics *m, const char *name, FILE *out)
{
	for (int i = 0; i < XDNS_COUNTERS_COUNT && m->xdp; i++)
		fprintf(out, "%s{reason=\"%s\"} %" PRIu64 "\n", name, reasons[i], m->xdp_count[i]);
}

/* A label's value (text format: backslash, quote and line feed are escaped). */
static void put_escaped(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', out);
		fputc(*text == '\n' ? ' ' : *text, out);
	}
}

static void put_xdp_interface(const struct metrics *m, const char *name, FILE *out)
{
	for (size_t i = 0; i < m->interfaces_count; i++) {
		fprintf(out, "%s{interface=\"", name);
		put_escaped(m->interfaces[i].name, out);
		fprintf(out, "\",mode=\"%s\"} 1\n", m->interfaces[i].native ? "native" : "generic");
	}
}

static void put_xdp_map_used(const struct metrics *m, const char *name, FILE *out)
{
	for (size_t i = 0; i < m->maps_count; i++)
		fprintf(out, "%s{map=\"%s\"} %" PRIu64 "\n", name, m->maps[i].name,
			m->maps[i].used);
}

static void put_xdp_map_room(const struct metrics *m, const char *name, FILE *out)
{
	for (size_t i = 0; i < m->maps_count; i++)
		fprintf(out, "%s{map=\"%s\"} %" PRIu64 "\n", name, m->maps[i].name,
			m->maps[i].room);
}

static void put_xdp_run_seconds_total(const struct metrics *m, const char *name, FILE *out)
{
	if (m->xdp)
		fprintf(out, "%s %.9f\n", name, (double)m->run_ns / 1e9);
}

static void put_xdp_runs_total(const struct metrics *m, const char *name, FILE *out)
{
	if (m->xdp)
		fprintf(out, "%s %" PRIu64 "\n", name, m->runs);
}

static void put_head(const char *name, const char *type, const char *help, FILE *out)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_write(const struct metrics *m, FILE *out)
{
#define X(name, type, help, value)                                                                 \
	put_head(PREFIX #name, #type, help, out);                                                  \
	fprintf(out, PREFIX #name " %.17g\n", (double)(value));
	METRICS(X)
#undef X
#define X(name, type, help, labels)                                                                \
	put_head(PREFIX #name, #type, help, out);                                                  \
	put_##name(m, PREFIX #name, out);
	METRICS_FAMILIES(X)
#undef X
}

void metrics_write_table(FILE *out)
{
	fputs("| metric | type | labels | what it says |\n| --- | --- | --- | --- |\n", out);
#define X(name, type, help, value)                                                                 \
	fprintf(out, "| `%s` | %s | | %s |\n", PREFIX #name, #type, help);
	METRICS(X)
#undef X
#define X(name, type, help, labels)                                                                \
	fprintf(out, "| `%s` | %s | %s | %s |\n", PREFIX #name, #type, labels, help);
	METRICS_FAMILIES(X)
#undef X
	fputs("\n| label | value | what it says |\n| --- | --- | --- |\n| `type` |", out);
#define X(n, code) fputs(" `" #n "`", out);
	TRAFFIC_TYPES(X)
#undef X
	fputs(" | of the question, if it can be read |\n", out);
#define X(n, help) fprintf(out, "| `answer` | `%s` | %s |\n", #n, help);
	TRAFFIC_ANSWERS(X)
#undef X
#define X(n, help)                                                                                 \
	fprintf(out, "| `reason` of `mesos_xdns_dropped_total` | `%s` | %s |\n", #n, help);
	TRAFFIC_DROPS(X)
#undef X
#define X(n, help) fprintf(out, "| `outcome` | `%s` | %s |\n", #n, help);
	FORWARD_OUTCOMES(X)
#undef X
#define X(n, help)                                                                                 \
	fprintf(out, "| `outcome` of `" PREFIX "transfers_total` | `%s` | %s |\n", #n, help);
	TRANSFER_OUTCOMES(X)
#undef X
#define X(n, help) fprintf(out, "| `event` | `%s` | %s |\n", #n, help);
	NOTIFY_EVENTS(X)
#undef X
}
