// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "packet_task.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <urcu.h>

#include "abi.h"
#include "config.h"
#include "dname_text.h"
#include "pkt.h"
#include "zone.h"
#include "zone_config.h"

static const uint8_t SERVER4[4] = {10, 0, 0, 1}, CLIENT4[4] = {10, 0, 0, 2};
static const uint8_t SERVER6[16] = {0xfd, [15] = 1}, CLIENT6[16] = {0xfd, [15] = 2};

void die(const char *format, ...)
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

/* As good as a random one, but the same each time. */
static void set_key(struct xdns_config *cfg, uint64_t key)
{
	for (int i = 0; i < XDNS_HASH_WORDS; i++) {
		for (int k = 0; k < 2; k++) {
			key = (key + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
			cfg->hash_key[i][k] = key ^ key >> 31;
		}
		cfg->hash_key[i][1] |= 1;
	}
}

struct zone *packet_zone(struct config *cfg, unsigned names, unsigned key)
{
	struct xdns_config zone_cfg;
	struct zone_changes changes;
	struct zone *z;
	char owner[64];

	if (zone_config_make(cfg, &zone_cfg))
		die("no memory for the zone");
	if (key)
		set_key(&zone_cfg, key);
	if (zone_new(&zone_cfg, &z))
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
	if (zone_commit(z, PACKET_SERIAL, &changes))
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

void packet_task(const struct packet_case *c, unsigned names, struct harness_task *t)
{
	uint8_t *type = t->frame + ETH_HEADER_LEN - 2 + (c->vlan ? VLAN_TAG_LEN : 0);
	uint8_t *ip = type + 2;
	struct udp_header *udp;
	uint16_t dns_len, udp_len;
	uint32_t digits;

	memset(t, 0, sizeof(*t));
	t->seed = 0x2545f491;
	memcpy(t->frame, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	if (c->vlan) /* number 1 */
		memcpy(t->frame + ETH_HEADER_LEN - 2, "\x81\0\0\1", VLAN_TAG_LEN);
	if (c->ip6) {
		xdns_put16(type, xdns_be16(ETHERTYPE_IP6));
		ip[0] = 0x60;
		ip[6] = IP_PROTOCOL_UDP;
		memcpy(ip + 8, CLIENT6, 16);
		memcpy(ip + 24, SERVER6, 16);
		udp = (void *)(ip + IP6_HEADER_LEN);
	} else {
		xdns_put16(type, xdns_be16(ETHERTYPE_IP4));
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

void packet_state(struct xdns_state *s)
{
	s->serial = PACKET_SERIAL;
	s->max_udp = DNS_UDP_EDNS_MAX;
	s->ip4_count = s->ip6_count = 1;
	memcpy(s->ip4[0].address, SERVER4, 4);
	memcpy(s->ip6[0].address, SERVER6, 16);
	s->serving = 1;
}
