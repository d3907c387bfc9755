// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Cost of a frame in the XDP program, by BPF_PROG_TEST_RUN: for each case the harness runs an
 * empty program, a bare reflect and ours in turn, round after round. "net" is what ours
 * takes on top of the empty one; its ratio to the empty one is the figure that holds on
 * another day.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <urcu.h>

#include <bpf/bpf.h>
#include <jansson.h>

#include "config.h"
#include "dname_text.h"
#include "harness.h"
#include "harness.skel.h"
#include "kernel_internal.h"
#include "limiter.h"
#include "log.h"
#include "pkt.h"
#include "util.h"
#include "zone_config.h"

#define ROUNDS	    15
#define REPEAT	    100000 /* frames a round */
#define RANDOM_RUNS 4	   /* times as many frames where names are random */
#define SERIAL	    1
#define BIG_NAMES   1000000

static const uint8_t SERVER4[4] = {10, 0, 0, 1}, CLIENT4[4] = {10, 0, 0, 2};
static const uint8_t SERVER6[16] = {0xfd, [15] = 1}, CLIENT6[16] = {0xfd, [15] = 2};

/* A query. */
struct packet_case {
	const char *name;
	const char *qname; /* "%08x" in it: the number */
	uint16_t type;
	unsigned random : 1, ip6 : 1, opt : 1, tcp : 1;
	int verdict;	 /* what the program must say */
	const char *key; /* in bench.json's raw, NULL: none */
	double goal;
	const char
		*against; /* goal is a multiple of this case's cost; NULL: of the empty program */
};

/* Asked of zones of several sizes. */
static const struct packet_case sized_cases[] = {
	{"A, one hot name", "web-00000001.marathon.mesos", DNS_TYPE_A, .verdict = XDP_TX,
	 .key = "hot", .goal = 1.1},
	{"A, random names", "web-%08x.marathon.mesos", DNS_TYPE_A, .random = 1, .verdict = XDP_TX,
	 .key = "random"},
};

static const struct packet_case cases[] = {
	{"A, mixed case", "Web-00000001.Marathon.MESOS", DNS_TYPE_A, .verdict = XDP_TX},
	{"A, EDNS", "web-00000001.marathon.mesos", DNS_TYPE_A, .opt = 1, .verdict = XDP_TX},
	{"A, IPv6", "web-00000001.marathon.mesos", DNS_TYPE_A, .ip6 = 1, .verdict = XDP_TX},
	{"AAAA", "six.marathon.mesos", DNS_TYPE_AAAA, .verdict = XDP_TX},
	{"AAAA, NODATA", "web-00000001.marathon.mesos", DNS_TYPE_AAAA, .verdict = XDP_TX,
	 .goal = 1.3, .against = "hot"},
	{"A, set of 4", "four.marathon.mesos", DNS_TYPE_A, .verdict = XDP_TX, .goal = 1.4,
	 .against = "hot"},
	{"SRV, 2 records, 2 addresses", "_two._tcp.marathon.mesos", DNS_TYPE_SRV, .verdict = XDP_TX,
	 .goal = 1.8, .against = "hot"},
	{"NXDOMAIN, one name", "web-99999999.marathon.mesos", DNS_TYPE_A, .verdict = XDP_TX,
	 .goal = 1.4, .against = "hot"},
	{"NXDOMAIN, random names", "nil-%08x.marathon.mesos", DNS_TYPE_A, .random = 1,
	 .verdict = XDP_TX},
	{"outside the domain: passed", "web-00000001.example.com", DNS_TYPE_A, .verdict = XDP_PASS},
	{"not DNS: passed", "web-00000001.marathon.mesos", DNS_TYPE_A, .tcp = 1,
	 .verdict = XDP_PASS, .goal = 1.1, .against = "pass"},
};

/* Of a program that counts responses, to one network that never gets too many. */
static const struct packet_case limited_case = {"A, one hot name, responsesPerSecond",
						"web-00000001.marathon.mesos", DNS_TYPE_A,
						.verdict = XDP_TX, .key = "limited"};

static const unsigned zone_sizes[] = {1000, 10000, 100000, BIG_NAMES};

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench_packets: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* Zone */

/* The wire form, case kept; returns its length. */
static size_t wire_name(const char *text, uint8_t wire[DNAME_WIRE_MAX])
{
	int len = dname_from_text(text, strlen(text), wire);

	if (len < 0)
		die("%s is no name", text);
	return len;
}

static void add(struct zone *z, const char *owner, struct rr rr, const char *target)
{
	uint8_t name[DNAME_WIRE_MAX], to[DNAME_WIRE_MAX];

	wire_name(owner, name);
	if (target) {
		wire_name(target, to);
		rr.srv.target = to;
	}
	if (zone_add(z, name, &rr))
		die("no memory for the zone");
}

static void add_a(struct zone *z, const char *owner, unsigned number)
{
	add(z, owner, (struct rr){.type = DNS_TYPE_A, .a = {10, number >> 16, number >> 8, number}},
	    NULL);
}

static struct zone *make_zone(struct config *cfg, unsigned names)
{
	struct xdns_config zone_cfg;
	struct zone_changes changes;
	struct zone *z;
	char owner[64];

	if (zone_config_make(cfg, &zone_cfg) || zone_new(&zone_cfg, &z))
		die("no memory for the zone");
	for (unsigned i = 0; i < names; i++) {
		snprintf(owner, sizeof(owner), "web-%08x.marathon.mesos", i);
		add_a(z, owner, i);
	}
	add(z, "six.marathon.mesos", (struct rr){.type = DNS_TYPE_AAAA, .aaaa = {0xfd, [15] = 6}},
	    NULL);
	for (unsigned i = 0; i < 4; i++)
		add_a(z, "four.marathon.mesos", i);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(owner, sizeof(owner), "web-%08x.marathon.mesos", i);
		add(z, "_two._tcp.marathon.mesos",
		    (struct rr){.type = DNS_TYPE_SRV, .srv = {.port = 31000 + i, .weight = 1}},
		    owner);
	}
	if (zone_commit(z, SERIAL, &changes))
		die("no memory for the zone");
	return z;
}

/* Frames */

static size_t dns_query(const struct packet_case *c, uint8_t *p, uint32_t *ret_digits)
{
	static const uint8_t opt[DNS_OPT_LEN] = {0, 0, DNS_TYPE_OPT, 0x04, 0xd0};
	const char *number = strstr(c->qname, "%08x");
	size_t len = DNS_HEADER_LEN;
	char text[256];

	memset(p, 0, DNS_HEADER_LEN);
	p[2] = 1; /* RD */
	p[5] = 1; /* one question */
	p[11] = c->opt;
	snprintf(text, sizeof(text), "%s", c->qname);
	if (number)
		snprintf(text + (number - c->qname), sizeof(text) - (number - c->qname),
			 "00000000%s", number + strlen("%08x"));
	*ret_digits = number ? len + 1 + (number - c->qname) : 0;
	len += wire_name(text, p + len);
	p[len++] = 0;
	p[len++] = c->type;
	p[len++] = 0;
	p[len++] = DNS_CLASS_IN;
	if (!c->opt)
		return len;
	memcpy(p + len, opt, sizeof(opt));
	return len + sizeof(opt);
}

static void make_task(const struct packet_case *c, unsigned names, struct harness_task *t)
{
	uint8_t *ip = t->frame + ETH_HEADER_LEN;
	struct udp_header *udp;
	uint16_t dns_len, udp_len;
	uint32_t digits;

	memset(t, 0, sizeof(*t));
	t->seed = 0x2545f491;
	memcpy(t->frame, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	if (c->ip6) {
		t->frame[12] = 0x86;
		t->frame[13] = 0xdd;
		ip[0] = 0x60;
		ip[6] = IP_PROTOCOL_UDP;
		memcpy(ip + 8, CLIENT6, 16);
		memcpy(ip + 24, SERVER6, 16);
		udp = (void *)(ip + IP6_HEADER_LEN);
	} else {
		t->frame[12] = 8;
		ip[0] = 0x45;
		ip[8] = 64;
		ip[9] = c->tcp ? 6 : IP_PROTOCOL_UDP;
		memcpy(ip + 12, CLIENT4, 4);
		memcpy(ip + 16, SERVER4, 4);
		udp = (void *)(ip + IP4_HEADER_LEN);
	}
	dns_len = dns_query(c, (uint8_t *)(udp + 1), &digits);
	udp_len = UDP_HEADER_LEN + dns_len;
	udp->src = xdns_be16(40000);
	udp->dst = xdns_be16(53);
	udp->len = xdns_be16(udp_len);
	/* Over IPv6 there has to be one (RFC 8200, 8.1). It is not looked at, and the IDs differ.
	 */
	udp->check = 0xffff;
	xdns_put16(ip + (c->ip6 ? 4 : 2), xdns_be16(c->ip6 ? udp_len : IP4_HEADER_LEN + udp_len));
	t->id_at = (uint8_t *)(udp + 1) - t->frame;
	t->digits_at = digits ? t->id_at + digits : 0;
	t->len = t->id_at + dns_len;
	t->names = names;
}

/* Runs */

struct bench {
	struct harness *skel;
	struct config *cfg;
	struct zone *zone;
	struct generation gen;
	unsigned repeat; /* frames a round */
	json_t *rows;
};

/* Nanoseconds a frame. */
static double run(struct bench *b, struct harness_task *t, enum harness_program program,
		  unsigned repeat, int verdict)
{
	uint8_t out[2048];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = t->frame, .data_size_in = t->len,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = repeat);
	uint32_t zero = 0;

	t->program = program;
	if (bpf_map_update_elem(bpf_map__fd(b->skel->maps.task), &zero, t, BPF_ANY) ||
	    bpf_prog_test_run_opts(bpf_program__fd(b->skel->progs.harness), &opts))
		die("running the program: %s", strerror(errno));
	if (verdict >= 0 && (int)opts.retval != verdict)
		die("the program returned %u, expected %d", opts.retval, verdict);
	t->seed += 0x9e3779b9;
	return opts.duration;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(const double *v, double *ret_min, double *ret_max)
{
	double sorted[ROUNDS];

	memcpy(sorted, v, sizeof(sorted));
	qsort(sorted, ROUNDS, sizeof(*sorted), compare);
	if (ret_min)
		*ret_min = sorted[0];
	if (ret_max)
		*ret_max = sorted[ROUNDS - 1];
	return sorted[ROUNDS / 2];
}

/* hot: net ns of sized_cases[0] in the same rounds. */
struct measured {
	double empty[ROUNDS], pass[ROUNDS], reflect[ROUNDS], subject[ROUNDS], net[ROUNDS],
		hot[ROUNDS];
};

static void measure(struct bench *b, const struct packet_case *c, unsigned names,
		    struct measured *m)
{
	unsigned repeat = c->random ? b->repeat * RANDOM_RUNS : b->repeat;
	struct harness_task t, hot;

	make_task(c, names, &t);
	make_task(&sized_cases[0], names, &hot);
	run(b, &t, HARNESS_SUBJECT, repeat, c->verdict); /* warm */
	for (int i = 0; i < ROUNDS; i++) {
		m->empty[i] = run(b, &t, HARNESS_EMPTY, repeat, XDP_TX);
		m->reflect[i] = run(b, &t, HARNESS_REFLECT, repeat, -1);
		m->subject[i] = run(b, &t, HARNESS_SUBJECT, repeat, c->verdict);
		m->pass[i] = run(b, &t, HARNESS_PASS, repeat, XDP_PASS);
		m->net[i] = m->subject[i] - (m->empty[i] + m->pass[i]) / 2;
		m->hot[i] = run(b, &hot, HARNESS_SUBJECT, b->repeat, XDP_TX) - m->empty[i];
	}
}

static json_t *array(const double *v)
{
	json_t *list = json_array();

	for (int i = 0; i < ROUNDS; i++)
		json_array_append_new(list, json_real(v[i]));
	return list;
}

static void put_row(struct bench *b, const char *name, const char *unit, const double *ratio,
		    double goal, json_t *raw)
{
	double min, max, mid = median(ratio, &min, &max);

	fprintf(stderr, "  %-44s %7.2f  %6.2f..%-7.2f %s\n", name, mid, min, max, unit);
	json_array_append_new(b->rows, json_pack("{s:s,s:s,s:f,s:f,s:f,s:s,s:o,s:o,s:o}", "row",
						 name, "unit", unit, "median", mid, "min", min,
						 "max", max, "better", "lower", "goal",
						 goal > 0 ? json_real(goal) : json_null(), "rounds",
						 array(ratio), "raw", raw));
}

static void report(struct bench *b, const struct packet_case *c, unsigned names, double goal,
		   const struct measured *m)
{
	const char *unit = "net x of an empty program";
	double ratio[ROUNDS], net_min;
	char name[96];
	json_t *raw;

	snprintf(name, sizeof(name), "%s, zone of %u", c->name, names);
	for (int i = 0; i < ROUNDS; i++)
		ratio[i] = m->net[i] / m->empty[i];
	net_min = 0;
	median(m->net, &net_min, NULL);
	raw = json_pack("{s:i,s:s,s:f,s:f,s:f,s:f}", "names", (int)names, "case",
			c->key ? c->key : "", "empty_ns", median(m->empty, NULL, NULL),
			"reflect_net_ns",
			median(m->reflect, NULL, NULL) - median(m->empty, NULL, NULL), "net_ns",
			median(m->net, NULL, NULL), "net_min_ns", net_min);
	put_row(b, name, unit, ratio, c->against ? 0 : goal, raw);
	if (!c->against)
		return;
	for (int i = 0; i < ROUNDS; i++)
		ratio[i] = !strcmp(c->against, "hot") ? m->net[i] / m->hot[i]
						      : m->subject[i] / m->pass[i];
	snprintf(name, sizeof(name), "%s", c->name);
	put_row(b, name,
		!strcmp(c->against, "hot") ? "net x of one hot A" : "x of an XDP_PASS program",
		ratio, c->goal, json_object());
}

static void set_state(struct xdns_state *s)
{
	s->serial = SERIAL;
	s->max_udp = DNS_UDP_EDNS_MAX;
	s->ip4_count = s->ip6_count = 1;
	memcpy(s->ip4[0].address, SERVER4, 4);
	memcpy(s->ip6[0].address, SERVER6, 16);
	s->serving = 1;
}

/* limiter: with cells, for a program that limits; NULL: for one that does not. */
static void load_zone(struct bench *b, unsigned names, const struct limiter *limiter)
{
	struct generation_wanted wanted = {
		.memory = SIZES_ANY, .limit = limiter, .limiter = limiter};
	_cleanup_free_ char *error = NULL;
	uint32_t key = HARNESS_SUBJECT;
	int fd;

	fprintf(stderr, "zone of %u names\n", names);
	b->zone = make_zone(b->cfg, names);
	if (generation_build(b->zone, &wanted, &b->gen, &error))
		die("%s", error ? error : "no memory");
	set_state(b->gen.state);
	b->gen.state->limit.interval = 1; /* ns */
	fd = generation_program(&b->gen);
	if (bpf_map_update_elem(bpf_map__fd(b->skel->maps.programs), &key, &fd, BPF_ANY))
		die("calling the program: %s", strerror(errno));
}

static void drop_zone(struct bench *b)
{
	pool_detach(zone_pool(b->zone));
	generation_free(&b->gen);
	zone_free(b->zone);
}

static double sized_goal(const struct packet_case *c, unsigned names)
{
	if (!c->random)
		return names == 10000 ? c->goal : 0;
	return names == 10000 ? 2.5 : names == BIG_NAMES ? 5 : 0;
}

static void bench_zone(struct bench *b, unsigned names)
{
	struct measured m;

	load_zone(b, names, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(sized_cases); i++) {
		measure(b, &sized_cases[i], names, &m);
		report(b, &sized_cases[i], names, sized_goal(&sized_cases[i], names), &m);
	}
	for (size_t i = 0; names == 10000 && i < ARRAY_SIZE(cases); i++) {
		measure(b, &cases[i], names, &m);
		report(b, &cases[i], names, cases[i].goal, &m);
	}
	drop_zone(b);
}

static void bench_limited(struct bench *b, unsigned names)
{
	struct limiter limiter;
	struct measured m;

	if (limiter_init(&limiter) || kernel_create_cells(&limiter))
		die("no memory for the limiter's cells");
	load_zone(b, names, &limiter);
	measure(b, &limited_case, names, &m);
	report(b, &limited_case, names, 0, &m);
	drop_zone(b);
}

static void open_harness(struct bench *b)
{
	int fds[HARNESS_SUBJECT];

	b->skel = harness__open_and_load();
	if (!b->skel)
		die("loading the harness: %s (needs root, or CAP_BPF and CAP_NET_ADMIN)",
		    strerror(errno));
	fds[HARNESS_EMPTY] = bpf_program__fd(b->skel->progs.empty);
	fds[HARNESS_PASS] = bpf_program__fd(b->skel->progs.pass);
	fds[HARNESS_REFLECT] = bpf_program__fd(b->skel->progs.reflect);
	for (uint32_t i = 0; i < HARNESS_SUBJECT; i++)
		if (bpf_map_update_elem(bpf_map__fd(b->skel->maps.programs), &i, &fds[i], BPF_ANY))
			die("filling the harness: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	static const char json[] = "{\"domain\":\"mesos\",\"masters\":[\"127.0.0.1:5050\"]}";
	unsigned largest = argc > 2 ? strtoul(argv[2], NULL, 10) : BIG_NAMES;
	struct bench b = {.rows = json_array(),
			  .repeat = argc > 3 ? strtoul(argv[3], NULL, 10) : REPEAT};
	_cleanup_free_ char *error = NULL;
	json_t *all;

	if (argc < 2)
		die("usage: bench_packets RESULT.json [LARGEST-ZONE [FRAMES]]");
	if (config_parse("bench", json, strlen(json), &b.cfg, &error))
		die("%s", error);
	open_harness(&b);
	for (size_t i = 0; i < ARRAY_SIZE(zone_sizes) && zone_sizes[i] <= largest; i++)
		bench_zone(&b, zone_sizes[i]);
	bench_limited(&b, zone_sizes[0]);
	all = json_pack("{s:s,s:O,s:[]}", "part", "packets", "rows", b.rows, "skipped");
	if (json_dump_file(all, argv[1], JSON_INDENT(1)))
		die("writing %s failed", argv[1]);
	json_decref(all);
	json_decref(b.rows);
	harness__destroy(b.skel);
	config_free(b.cfg);
	return 0;
}
