// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "transfer_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "array.h"
#include "dname_text.h"
#include "hash.h"
#include "octets.h"

#define RR_FIXED  10 /* octets between an owner and its data */
#define SRV_FIXED 6
#define APEX	  (DNS_POINTER | DNS_HEADER_LEN) /* it is the question's name */
#define SUFFIXES  (sizeof(((struct transfer_out *)0)->suffixes) / sizeof(uint16_t))

/* Is this name at that place of the message? */
static bool is_name_at(const uint8_t *msg, size_t at, const uint8_t *wire)
{
	for (;;) {
		if ((msg[at] & 0xc0) == 0xc0) {
			at = (size_t)(msg[at] & 0x3f) << 8 | msg[at + 1];
			continue;
		}
		if (memcmp(msg + at, wire, wire[0] + 1U))
			return false;
		if (!wire[0])
			return true;
		at += wire[0] + 1U;
		wire += wire[0] + 1U;
	}
}

/* Room for so many octets more, wherever the list moves. */
static int reserve(struct transfer_out *o, size_t octets)
{
	return array_reserve(&o->octets, &o->capacity, o->len + octets, 1);
}

static size_t signature_room(const struct transfer_out *o)
{
	return (o->is_signed ? tsig_room(&o->tsig) : 0) + (o->has_opt ? DNS_OPT_LEN : 0);
}

/* The question goes along in every message (RFC 5936 2.2.1 allows it): the apex is at hand then. */
static int begin_message(struct transfer_out *o)
{
	uint8_t *p;
	int r = reserve(o, TRANSFER_PREFIX + TRANSFER_MESSAGE_MAX);

	if (r)
		return r;
	o->at = o->len + TRANSFER_PREFIX;
	p = o->octets + o->at;
	memset(p, 0, DNS_HEADER_LEN);
	put16(put16(put16(p, o->id), o->flags), 1);
	memcpy(p + DNS_HEADER_LEN, o->question, o->question_len);
	o->len = o->at + DNS_HEADER_LEN + o->question_len;
	o->records = 0;
	o->messages++;
	memset(o->suffixes, 0, sizeof(o->suffixes));
	return 0;
}

static void put_opt(struct transfer_out *o)
{
	static const uint8_t opt[DNS_OPT_LEN] = {0, 0, DNS_TYPE_OPT, DNS_UDP_EDNS_MAX >> 8,
						 DNS_UDP_EDNS_MAX & 0xff};

	memcpy(o->octets + o->len, opt, sizeof(opt));
	o->len += sizeof(opt);
	put16(o->octets + o->at + 10, 1);
}

int transfer_out_flush(struct transfer_out *o)
{
	uint8_t *msg = o->octets + o->at;
	size_t len;

	if (!o->at)
		return 0;
	put16(msg + 6, o->records);
	if (o->has_opt)
		put_opt(o);
	len = o->len - o->at;
	if (o->is_signed)
		len = tsig_sign(&o->tsig, msg, len, DNS_TCP_MAX, (uint64_t)time(NULL));
	if (!len)
		return -ENOMEM;
	put16(msg - TRANSFER_PREFIX, len);
	o->len = o->at + len;
	o->at = 0;
	return 0;
}

/* A message with room for a record of so many octets. */
static int make_room(struct transfer_out *o, size_t octets)
{
	if (o->at && (o->records == UINT16_MAX ||
		      o->len - o->at + octets + signature_room(o) > TRANSFER_MESSAGE_MAX)) {
		int r = transfer_out_flush(o);

		if (r)
			return r;
	}
	return o->at ? 0 : begin_message(o);
}

/* The longest end of the name that is in the message already becomes a pointer. */
static void put_owner(struct transfer_out *o, const uint8_t *wire)
{
	uint8_t *msg = o->octets + o->at;
	size_t left = dname_wire_len(wire), domain = o->question_len - 4;

	while (*wire) {
		size_t here = o->len - o->at;
		uint16_t *suffix = &o->suffixes[hash_bytes(0, wire, left) % SUFFIXES];

		if (left == domain && is_name_at(msg, DNS_HEADER_LEN, wire)) {
			put16(msg + here, APEX);
			o->len += 2;
			return;
		}
		if (*suffix && is_name_at(msg, *suffix, wire)) {
			put16(msg + here, (size_t)DNS_POINTER | *suffix);
			o->len += 2;
			return;
		}
		*suffix = (uint16_t)here;
		memcpy(msg + here, wire, wire[0] + 1U);
		o->len += wire[0] + 1U;
		left -= wire[0] + 1U;
		wire += wire[0] + 1U;
	}
	o->octets[o->len++] = 0;
}

int transfer_out_data(struct transfer_out *o, const uint8_t *owner, uint16_t type, uint32_t ttl,
		      const uint8_t *data, size_t len)
{
	uint8_t *p;
	int r = make_room(o, dname_wire_len(owner) + RR_FIXED + len);

	if (r)
		return r;
	put_owner(o, owner);
	p = put16(put16(o->octets + o->len, type), DNS_CLASS_IN);
	memcpy(p, &ttl, 4);
	p = put16(p + 4, len);
	memcpy(p, data, len);
	o->len += RR_FIXED + len;
	o->records++;
	return 0;
}

int transfer_out_rr(struct transfer_out *o, const uint8_t *owner, uint32_t ttl, const struct rr *rr)
{
	uint8_t srv[SRV_FIXED + DNS_NAME_MAX + 1];
	size_t target_len;

	if (rr->type == DNS_TYPE_A)
		return transfer_out_data(o, owner, rr->type, ttl, rr->a, 4);
	if (rr->type == DNS_TYPE_AAAA)
		return transfer_out_data(o, owner, rr->type, ttl, rr->aaaa, 16);
	target_len = dname_wire_len(rr->srv.target);
	put16(put16(put16(srv, 0), rr->srv.weight), rr->srv.port); /* priority 0 */
	memcpy(srv + SRV_FIXED, rr->srv.target, target_len);
	return transfer_out_data(o, owner, rr->type, ttl, srv, SRV_FIXED + target_len);
}

int transfer_out_soa(struct transfer_out *o, const struct xdns_config *zc, uint32_t serial)
{
	const struct xdns_apex_rr *soa = &zc->soa;
	uint8_t *p;
	int r = make_room(o, soa->len);

	if (r)
		return r;
	p = o->octets + o->len;
	memcpy(p, soa->bytes, soa->len);
	for (unsigned i = 0; i < soa->pointers; i++)
		put16(p + soa->pointer_at[i], APEX);
	put16(put16(p + soa->serial_at, serial >> 16), serial & 0xffff);
	o->len += soa->len;
	o->records++;
	return 0;
}
