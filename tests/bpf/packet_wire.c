// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "packet_cookie.h"
#include "packet_wire.h"

void put_octets(struct bytes *b, const void *p, size_t n)
{
	assert_true(b->len + n <= PACKET_MAX);
	memcpy(b->octet + b->len, p, n);
	b->len += n;
}

void put_be16(struct bytes *b, uint16_t v)
{
	put_octets(b, (uint8_t[]){v >> 8, v}, 2);
}

void put_be32(struct bytes *b, uint32_t v)
{
	put_be16(b, v >> 16);
	put_be16(b, v);
}

static void set_be16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static uint16_t get_be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put_question(struct bytes *b, const struct ask *ask)
{
	uint8_t wire[PACKET_WIRE_MAX];

	put_octets(b, wire, packet_name(ask->name, wire));
	put_be16(b, ask->type || ask->type_zero ? ask->type : DNS_TYPE_A);
	put_be16(b, ask->qclass ? ask->qclass : DNS_CLASS_IN);
}

static void put_options(struct bytes *b, const struct ask *ask, const struct shape *shape)
{
	size_t at = b->len;

	put_be16(b, 0);
	if (ask->options) {
		put_be16(b, 65001);
		put_be16(b, ask->options - 4);
		for (int i = 4; i < ask->options; i++)
			put_octets(b, "o", 1);
	}
	if (ask->cookie.len)
		put_cookie_asked(b, &ask->cookie, shape);
	if (ask->nsid)
		put_octets(b, "\0\3\0\0", 4);
	set_be16(b->octet + at, b->len - at - 2);
}

void query_message(const struct row *row, const struct shape *shape, struct bytes *ret)
{
	const struct ask *ask = &row->ask;

	ret->len = 0;
	put_be16(ret, ask->id);
	put_be16(ret, ask->flags);
	put_be16(ret, 1);
	put_be32(ret, 0);
	put_be16(ret, ask->edns ? 1 : 0);
	put_question(ret, ask);
	if (ask->edns) {
		put_octets(ret, "", 1);
		put_be16(ret, DNS_TYPE_OPT);
		put_be16(ret, ask->size);
		put_be16(ret, ask->version);
		put_be16(ret, ask->edns_flags);
		put_options(ret, ask, shape);
	}
	for (int i = 0; i < ask->trail; i++)
		put_octets(ret, "t", 1);
	if (row->edit)
		ret->len = row->edit(ret->octet, ret->len);
}

static void put_rr(struct bytes *b, uint16_t owner, uint16_t type, uint32_t ttl, size_t rdlen)
{
	put_be16(b, 0xc000 | owner);
	put_be16(b, type);
	put_be16(b, DNS_CLASS_IN);
	put_be32(b, ttl);
	put_be16(b, rdlen);
}

/* A name of the SOA: labels, then for '@' a pointer to the apex. */
static void put_soa_name(struct bytes *b, const char *text, uint16_t apex)
{
	char labels[PACKET_WIRE_MAX] = {0};
	uint8_t wire[PACKET_WIRE_MAX];
	size_t at = strcspn(text, "@");

	memcpy(labels, text, at);
	put_octets(b, wire, packet_name(labels, wire) - (text[at] == '@'));
	if (text[at] == '@')
		put_be16(b, 0xc000 | apex);
}

static void put_soa(struct bytes *b, const struct zone_model *z, const struct row *row,
		    uint32_t ttl)
{
	uint16_t apex = DNS_HEADER_LEN + strlen(row->ask.name) - strlen(z->domain);
	size_t rdata;

	put_rr(b, apex, DNS_TYPE_SOA, ttl, 0);
	rdata = b->len;
	put_soa_name(b, z->mname, apex);
	put_soa_name(b, z->rname, apex);
	put_be32(b, PACKET_SERIAL);
	for (int i = 0; i < 4; i++)
		put_be32(b, z->soa_timers[i]);
	set_be16(b->octet + rdata - 2, b->len - rdata);
}

static void put_a(struct bytes *b, uint16_t owner, const struct zone_model *z,
		  const struct name_model *m, unsigned host, unsigned i)
{
	uint8_t address[4];

	packet_address4(m, host, i, address);
	put_rr(b, owner, DNS_TYPE_A, z->ttl, 4);
	put_octets(b, address, 4);
}

static void put_aaaa(struct bytes *b, uint16_t owner, const struct zone_model *z,
		     const struct name_model *m, unsigned host, unsigned i)
{
	uint8_t address[16];

	packet_address6(m, host, i, address);
	put_rr(b, owner, DNS_TYPE_AAAA, z->ttl, 16);
	put_octets(b, address, 16);
}

/* The SRV answer. target_at: where the first record of each target has its name. */
static void put_srv(struct bytes *b, const struct zone_model *z, const struct name_model *m,
		    const struct want *w, uint16_t *target_at)
{
	uint8_t wire[PACKET_WIRE_MAX];

	for (unsigned k = 0; k < w->an; k++) {
		unsigned i = (w->first + k) % m->srv, t = i * m->targets / m->srv;
		size_t len = packet_target(m, t, wire);

		put_rr(b, DNS_HEADER_LEN, DNS_TYPE_SRV, z->ttl, 6 + len);
		put_be16(b, 0);
		put_be16(b, 1);
		put_be16(b, PACKET_SRV_PORT + i);
		if (!target_at[t])
			target_at[t] = b->len;
		put_octets(b, wire, len);
	}
}

/* The first so many RRsets of the targets, in the answer's order. Returns how many records. */
static unsigned put_extra(struct bytes *b, const struct zone_model *z, const struct name_model *m,
			  const struct want *w, const uint16_t *target_at)
{
	unsigned sets = 0, count = 0;
	bool done[256] = {false};

	for (unsigned k = 0; k < w->an; k++) {
		unsigned t = (w->first + k) % m->srv * m->targets / m->srv;

		if (done[t])
			continue;
		done[t] = true;
		if (m->target_a && sets++ < w->extra)
			for (unsigned i = 0; i < m->target_a; i++, count++)
				put_a(b, target_at[t], z, m, t + 1, i);
		if (m->target_aaaa && sets++ < w->extra)
			for (unsigned i = 0; i < m->target_aaaa; i++, count++)
				put_aaaa(b, target_at[t], z, m, t + 1, i);
	}
	return count;
}

/* The set that was asked for. Returns the number of additional records. */
static unsigned put_set(struct bytes *b, const struct zone_model *z, const struct row *row)
{
	const struct name_model *m = packet_find(z, row->want.as ? row->want.as : row->ask.name);
	const struct want *w = &row->want;
	uint16_t target_at[256] = {0};

	if (!w->an)
		return 0;
	assert_non_null(m);
	switch (row->ask.type) {
	case DNS_TYPE_SRV:
		assert_in_range(w->an, 1, m->srv);
		put_srv(b, z, m, w, target_at);
		return put_extra(b, z, m, w, target_at);
	case DNS_TYPE_AAAA:
		assert_in_range(w->an, 1, m->aaaa);
		for (unsigned k = 0; k < w->an; k++)
			put_aaaa(b, DNS_HEADER_LEN, z, m, 0, (w->first + k) % m->aaaa);
		return 0;
	default:
		assert_in_range(w->an, 1, m->a);
		for (unsigned k = 0; k < w->an; k++)
			put_a(b, DNS_HEADER_LEN, z, m, 0, (w->first + k) % m->a);
		return 0;
	}
}

static uint16_t response_flags(const struct row *row, uint16_t asked)
{
	const struct want *w = &row->want;
	uint16_t flags = DNS_FLAG_QR | (w->rcode & 15) | (asked & (DNS_FLAG_RD | DNS_FLAG_CD));

	if (w->tc)
		flags |= DNS_FLAG_TC;
	if (w->error)
		return flags | (asked & DNS_OPCODE_MASK);
	return flags | DNS_FLAG_AA | (packet_zones[row->zone].recurse ? DNS_FLAG_RA : 0);
}

static void put_opt(struct bytes *b, const struct row *row, const struct shape *shape)
{
	size_t at;

	put_octets(b, "", 1);
	put_be16(b, DNS_TYPE_OPT);
	put_be16(b, 1232);
	put_be16(b, row->want.rcode >> 4 << 8);
	put_be16(b, row->ask.edns_flags & 0x8000);
	at = b->len;
	put_be16(b, 0);
	if (row->want.cookie)
		put_cookie_sent(b, row, shape);
	if (row->want.nsid) {
		put_be16(b, 3);
		put_be16(b, strlen(PACKET_NSID));
		put_octets(b, PACKET_NSID, strlen(PACKET_NSID));
	}
	if (row->want.ede) {
		put_be16(b, DNS_EDE_OPTION);
		put_be16(b, 2);
		put_be16(b, row->want.ede);
	}
	set_be16(b->octet + at, b->len - at - 2);
}

void response_message(const struct row *row, const struct shape *shape, const struct bytes *query,
		      struct bytes *ret)
{
	const struct zone_model *z = &packet_zones[row->zone];
	const struct want *w = &row->want;
	bool opt = row->ask.edns && !w->no_opt;
	uint8_t wire[PACKET_WIRE_MAX];
	unsigned extra;

	ret->len = 0;
	put_octets(ret, query->octet, 2);
	put_be16(ret, response_flags(row, get_be16(query->octet + 2)));
	put_be16(ret, !w->no_question);
	put_be16(ret, w->an + w->soa + !!w->rdata);
	put_be16(ret, w->denial);
	put_be16(ret, 0);
	if (!w->no_question)
		put_octets(ret, query->octet + DNS_HEADER_LEN,
			   packet_name(row->ask.name, wire) + 4);
	extra = put_set(ret, z, row);
	if (w->rdata) {
		put_rr(ret, DNS_HEADER_LEN, w->type, z->ttl, w->rdata_len);
		put_octets(ret, w->rdata, w->rdata_len);
	}
	if (w->soa)
		put_soa(ret, z, row, z->ttl);
	if (w->denial)
		put_soa(ret, z, row, z->negative_ttl);
	if (opt)
		put_opt(ret, row, shape);
	set_be16(ret->octet + 10, extra + opt);
}
