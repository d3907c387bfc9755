// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What the kernel answers: the loaded program is run with a query of ours, so the answer is its
 * own. Where it does not answer, or not all of it fits a message, the maps are read.
 */
#include "xdnsctl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "dname_text.h"
#include "kernel_internal.h"
#include "pkt.h"
#include "util.h"

#define FRAME_MAX  4096
#define QUERY_PORT 53053 /* any */
#define RUNS_MAX   20

struct lookup {
	const struct ctl *ctl;
	struct kernel_peeked zone;
	uint8_t name[DNAME_WIRE_MAX + 1]; /* lower case */
	size_t name_len;
	uint16_t type;
	struct ctl_message answer;
	const char *passed; /* the counter under which the program passed it; NULL: it answered */
	bool by_maps;	    /* the answer was read from the maps */
	bool exists;	    /* in the maps: the name, or one below it */
};

static size_t put(uint8_t *to, size_t at, const void *data, size_t len)
{
	memcpy(to + at, data, len);
	return at + len;
}

/* One question, and an OPT that takes as much as the program gives. */
static size_t make_query(const struct lookup *l, uint8_t *ret)
{
	static const uint8_t header[DNS_HEADER_LEN] = {[5] = 1, [11] = 1};
	uint16_t question[] = {htons(l->type), htons(DNS_CLASS_IN)};
	uint8_t opt[DNS_OPT_LEN] = {0, 0, DNS_TYPE_OPT, DNS_UDP_EDNS_MAX >> 8,
				    DNS_UDP_EDNS_MAX & 0xff};
	size_t len = put(ret, 0, header, sizeof(header));

	len = put(ret, len, l->name, l->name_len);
	len = put(ret, len, question, sizeof(question));
	return put(ret, len, opt, sizeof(opt));
}

/* From a documentation address (RFC 5737, RFC 3849) to the first of ours. */
static size_t make_frame(const struct lookup *l, uint8_t ret[FRAME_MAX])
{
	const struct xdns_state *s = &l->zone.state;
	struct eth_header eth = {.dst = {2, 0, 0, 0, 0, 1}, .src = {2, 0, 0, 0, 0, 2}};
	uint8_t query[DNS_HEADER_LEN + DNAME_WIRE_MAX + 4 + DNS_OPT_LEN];
	size_t n = make_query(l, query), at;
	struct udp_header udp = {.src = htons(QUERY_PORT),
				 .dst = l->zone.config.port,
				 .len = htons(sizeof(udp) + n)};
	struct ip4_header ip4 = {.version_ihl = 0x45,
				 .total_len = htons(sizeof(ip4) + sizeof(udp) + n),
				 .ttl = REPLY_HOPS,
				 .protocol = IP_PROTOCOL_UDP,
				 .src = htonl(0xc0000201)};
	struct ip6_header ip6 = {.version_class_flow = htonl(6U << 28),
				 .payload_len = htons(sizeof(udp) + n),
				 .next_header = IP_PROTOCOL_UDP,
				 .hop_limit = REPLY_HOPS,
				 .src = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};

	if (!s->ip4_count && !s->ip6_count)
		return 0;
	eth.type = htons(s->ip4_count ? ETHERTYPE_IP4 : ETHERTYPE_IP6);
	memcpy(&ip4.dst, s->ip4[0].address, 4);
	memcpy(ip6.dst, s->ip6[0].address, 16);
	at = put(ret, 0, &eth, sizeof(eth));
	at = s->ip4_count ? put(ret, at, &ip4, sizeof(ip4)) : put(ret, at, &ip6, sizeof(ip6));
	at = put(ret, at, &udp, sizeof(udp));
	return put(ret, at, query, n);
}

/* Returns the program's verdict, or -errno. */
static int run(int fd, const uint8_t *frame, size_t len, uint8_t out[FRAME_MAX], size_t *ret_len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .data_out = out,
		    .data_size_out = FRAME_MAX, .repeat = 1);

	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	*ret_len = opts.data_size_out;
	return opts.retval;
}

/*
 * Why the program passes the frame: what this CPU counts meanwhile. Others' frames count there,
 * too, so it is tried until one run moved one counter by one.
 */
static const char *why_passed(const struct lookup *l, int fd, const uint8_t *frame, size_t len)
{
	uint64_t before[XDNS_COUNTERS_COUNT], after[XDNS_COUNTERS_COUNT], moved;
	uint8_t out[FRAME_MAX];
	size_t out_len;
	cpu_set_t one;
	int cpu = sched_getcpu(), which;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		return "pass";
	for (int i = 0; i < RUNS_MAX; i++) {
		if (ctl_read_counters(l->ctl, cpu, before) ||
		    run(fd, frame, len, out, &out_len) != XDP_PASS ||
		    ctl_read_counters(l->ctl, cpu, after))
			break;
		which = -1;
		moved = 0;
		for (int n = 0; n < XDNS_COUNTERS_COUNT; n++) {
			moved += after[n] - before[n];
			if (after[n] != before[n])
				which = n;
		}
		if (moved == 1)
			return ctl_counter_names[which];
	}
	return "pass";
}

/* 0: the answer, or why it passed; -errno: the program cannot be asked. */
static int ask_program(struct lookup *l)
{
	_cleanup_close_ int fd = ctl_program(&l->zone.state);
	uint8_t frame[FRAME_MAX], out[FRAME_MAX];
	size_t len = make_frame(l, frame), out_len, headers;
	int r;

	if (fd < 0)
		return fd;
	if (!len)
		return -EADDRNOTAVAIL;
	r = run(fd, frame, len, out, &out_len);
	if (r == XDP_PASS)
		l->passed = why_passed(l, fd, frame, len);
	if (r < 0 || r == XDP_PASS)
		return r < 0 ? r : 0;
	headers = ETH_HEADER_LEN + UDP_HEADER_LEN +
		  (l->zone.state.ip4_count ? IP4_HEADER_LEN : IP6_HEADER_LEN);
	if (r != XDP_TX || out_len < headers)
		return -EBADMSG;
	return ctl_message_read(out + headers, out_len - headers, &l->answer);
}

static bool is_or_is_below(const uint8_t *name, const uint8_t *parent, size_t parent_len)
{
	for (const uint8_t *label = name;; label += *label + 1) {
		if (dname_wire_len(label) == parent_len && !memcmp(label, parent, parent_len))
			return true;
		if (!*label)
			return false;
	}
}

static int take(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	struct lookup *l = ctx;

	if (!is_or_is_below(owner, l->name, l->name_len))
		return 0;
	l->exists = true;
	if (rr->type != l->type || dname_wire_len(owner) != l->name_len)
		return 0;
	return ctl_rrs_add(&l->answer.answer, owner, ntohl(l->zone.config.ttl), rr);
}

static void again(void *ctx)
{
	struct lookup *l = ctx;

	ctl_message_done(&l->answer);
	l->answer = (struct ctl_message){0};
	l->exists = false;
}

static int read_maps(struct lookup *l)
{
	struct kernel_peeked p;
	struct ctl_rrs apex = {0};
	bool at_apex = l->name_len == l->zone.config.domain_len &&
		       !memcmp(l->name, l->zone.config.domain, l->name_len);
	int r;

	again(l);
	l->by_maps = true;
	r = ctl_read_zone(l->ctl, take, again, l, &p);
	if (r)
		return r;
	l->zone = p;
	l->exists |= at_apex;
	if (at_apex && l->type == DNS_TYPE_SOA && !ctl_apex(&p, &apex) && apex.count == 2) {
		ctl_rrs_done(&l->answer.answer);
		l->answer.answer = apex;
		free(apex.list[1].owner);
		free(apex.list[1].data);
		l->answer.answer.count = 1;
	}
	l->answer.rcode = l->exists ? DNS_RCODE_NOERROR : DNS_RCODE_NXDOMAIN;
	return 0;
}

/* Only what the zone's state is to blame for: the rest is userspace's whatever the maps hold. */
static bool maps_know(const struct lookup *l)
{
	return !strcmp(l->passed, "pass_expired") || !strcmp(l->passed, "pass_not_serving") ||
	       !strcmp(l->passed, "pass_mtu");
}

static const char *outcome(const struct lookup *l)
{
	if (l->passed && !l->by_maps)
		return "PASSED";
	if (l->answer.rcode)
		return ctl_rcode_name(l->answer.rcode);
	return l->answer.answer.count ? "NOERROR" : "NODATA";
}

static const char *help_of(const char *counter)
{
	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		if (!strcmp(ctl_counter_names[i], counter))
			return ctl_counter_help[i];
	return "the frames of others keep the reason from being told";
}

static void print_json(const struct lookup *l)
{
	char name[DNAME_TEXT_MAX], type[16];

	ctl_json_print(json_pack("{s:s, s:s, s:s, s:s, s:s?, s:I, s:o, s:o, s:o}", "name",
				 dname_to_text(l->name, name), "type", ctl_type_name(l->type, type),
				 "status", outcome(l), "source", l->by_maps ? "maps" : "program",
				 "passed", l->passed, "serial", (json_int_t)l->zone.state.serial,
				 "answer", ctl_rrs_json(&l->answer.answer), "authority",
				 ctl_rrs_json(&l->answer.authority), "additional",
				 ctl_rrs_json(&l->answer.additional)));
}

static void print_text(const struct lookup *l)
{
	char domain[DNAME_TEXT_MAX];

	printf(";; %s, zone %s serial %u, %s\n", outcome(l),
	       dname_to_text(l->zone.config.domain, domain), l->zone.state.serial,
	       l->by_maps ? "read from the maps" : "by the program");
	if (l->passed)
		printf(";; the program passes the question to userspace: %s (%s)\n", l->passed,
		       help_of(l->passed));
	ctl_rrs_print(&l->answer.answer);
}

static int look_up(struct lookup *l)
{
	int r = ctl_read_zone(l->ctl, NULL, NULL, NULL, &l->zone);

	if (r)
		return ctl_fail_pins(l->ctl, r);
	r = ask_program(l);
	if (r && r != -ENOENT && r != -EADDRNOTAVAIL)
		return ctl_fail("the program cannot be asked: %s", strerror(-r));
	if (r || l->answer.truncated || (l->passed && maps_know(l)))
		r = read_maps(l);
	if (r)
		return ctl_fail_pins(l->ctl, r);
	if (l->ctl->json)
		print_json(l);
	else
		print_text(l);
	if (l->passed && !l->by_maps)
		return CTL_PASSED;
	return l->answer.answer.count ? CTL_OK : CTL_NOT;
}

int ctl_lookup(const struct ctl *c, int argc, char **argv)
{
	struct lookup l = {.ctl = c, .type = DNS_TYPE_A};
	int len = dname_from_escaped(argv[0], strlen(argv[0]), l.name), r;

	if (len < 0)
		return ctl_fail("\"%s\" is no domain name", argv[0]);
	dname_lower(l.name, len);
	l.name_len = len;
	if (argc > 1)
		l.type = ctl_type(argv[1]);
	if (!l.type)
		return ctl_fail("\"%s\" is no type of records: A, AAAA, SRV, SOA, or TYPE and a "
				"number",
				argv[1]);
	r = look_up(&l);
	ctl_message_done(&l.answer);
	return r;
}
