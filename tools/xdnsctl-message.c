// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* DNS messages to text; each octet is looked at before it is believed. */
#include "xdnsctl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "dname_text.h"
#include "dns.h"
#include "octets.h"
#include "util.h"

#define POINTERS_MAX 128
#define RR_FIXED_LEN 10 /* type, class, TTL, RDLENGTH */

static const struct {
	const char *name;
	uint16_t type;
} types[] = {
	{"A", DNS_TYPE_A},     {"NS", DNS_TYPE_NS},	{"SOA", DNS_TYPE_SOA},
	{"PTR", DNS_TYPE_PTR}, {"AAAA", DNS_TYPE_AAAA}, {"SRV", DNS_TYPE_SRV},
	{"TXT", DNS_TYPE_TXT}, {"ANY", DNS_TYPE_ANY},
};

/* A message and how far it has been read. */
struct cursor {
	const uint8_t *message;
	size_t len, at;
};

const char *ctl_type_name(uint16_t type, char buf[16])
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return types[i].name;
	snprintf(buf, 16, "TYPE%u", type);
	return buf;
}

uint16_t ctl_type(const char *name)
{
	unsigned long number;
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcasecmp(types[i].name, name))
			return types[i].type;
	if (strncasecmp(name, "TYPE", 4) || name[4] < '0' || name[4] > '9')
		return 0;
	number = strtoul(name + 4, &end, 10);
	return *end || number > UINT16_MAX ? 0 : number;
}

const char *ctl_rcode_name(unsigned rcode)
{
	static const char *const names[] = {
		[DNS_RCODE_NOERROR] = "NOERROR",   [DNS_RCODE_FORMERR] = "FORMERR",
		[DNS_RCODE_SERVFAIL] = "SERVFAIL", [DNS_RCODE_NXDOMAIN] = "NXDOMAIN",
		[DNS_RCODE_NOTIMP] = "NOTIMP",	   [DNS_RCODE_REFUSED] = "REFUSED",
	};

	return rcode < ARRAY_SIZE(names) ? names[rcode] : "?";
}

static int append(struct ctl_rrs *rrs, const uint8_t *owner, uint16_t type, uint32_t ttl,
		  const char *data)
{
	struct ctl_rr rr = {.type = type, .ttl = ttl};
	char text[DNAME_TEXT_MAX];

	if (array_reserve(&rrs->list, &rrs->cap, rrs->count + 1, sizeof(rr)))
		return -ENOMEM;
	rr.owner = strdup(dname_to_text(owner, text));
	rr.data = strdup(data);
	if (!rr.owner || !rr.data) {
		free(rr.owner);
		free(rr.data);
		return -ENOMEM;
	}
	rrs->list[rrs->count++] = rr;
	return 0;
}

int ctl_rrs_add(struct ctl_rrs *rrs, const uint8_t *owner, uint32_t ttl, const struct rr *rr)
{
	char data[DNAME_TEXT_MAX + 32], name[DNAME_TEXT_MAX];

	if (rr->type == DNS_TYPE_A)
		inet_ntop(AF_INET, rr->a, data, sizeof(data));
	else if (rr->type == DNS_TYPE_AAAA)
		inet_ntop(AF_INET6, rr->aaaa, data, sizeof(data));
	else if (rr->type == DNS_TYPE_SRV)
		snprintf(data, sizeof(data), "0 %u %u %s", rr->srv.weight, rr->srv.port,
			 dname_to_text(rr->srv.target, name));
	else
		return -EINVAL;
	return append(rrs, owner, rr->type, ttl, data);
}

void ctl_rrs_done(struct ctl_rrs *rrs)
{
	for (size_t i = 0; i < rrs->count; i++) {
		free(rrs->list[i].owner);
		free(rrs->list[i].data);
	}
	free(rrs->list);
	*rrs = (struct ctl_rrs){0};
}

/* The name at the cursor, which goes behind it. */
static int read_name(struct cursor *c, uint8_t ret[DNS_NAME_MAX])
{
	size_t at = c->at, len = 0, pointers = 0;

	for (;;) {
		uint8_t label;

		if (at >= c->len)
			return -EBADMSG;
		label = c->message[at];
		if (label >= DNS_POINTER >> 8) {
			if (at + 2 > c->len || ++pointers > POINTERS_MAX)
				return -EBADMSG;
			if (pointers == 1)
				c->at = at + 2;
			at = get16(c->message + at) & DNS_POINTER_MAX;
			continue;
		}
		if (label > DNS_LABEL_MAX || at + label + 1 > c->len ||
		    len + label + 1 > DNS_NAME_MAX)
			return -EBADMSG;
		memcpy(ret + len, c->message + at, label + 1);
		len += label + 1;
		at += label + 1;
		if (!label)
			break;
	}
	if (!pointers)
		c->at = at;
	return 0;
}

/* mname, rname and five numbers, RFC 1035 3.3.13; the cursor is at the data. */
static int soa_text(struct cursor *c, size_t end, char *buf, size_t size)
{
	char mname[DNAME_TEXT_MAX], rname[DNAME_TEXT_MAX];
	uint8_t wire[2][DNS_NAME_MAX];
	const uint8_t *p;

	if (read_name(c, wire[0]) || read_name(c, wire[1]) || c->at + 20 != end)
		return -EBADMSG;
	p = c->message + c->at;
	snprintf(buf, size, "%s %s %u %u %u %u %u", dname_to_text(wire[0], mname),
		 dname_to_text(wire[1], rname), get32(p), get32(p + 4), get32(p + 8), get32(p + 12),
		 get32(p + 16));
	return 0;
}

/* One record's data, from the cursor to end. */
static int read_data(struct cursor *c, size_t end, uint16_t type, uint32_t ttl,
		     const uint8_t *owner, struct ctl_rrs *ret)
{
	const uint8_t *p = c->message + c->at;
	size_t len = end - c->at;
	uint8_t name[DNS_NAME_MAX];
	char text[2 * DNAME_TEXT_MAX + 64];
	struct rr rr = {.type = type};

	if (type == DNS_TYPE_A && len == 4) {
		memcpy(rr.a, p, 4);
		return ctl_rrs_add(ret, owner, ttl, &rr);
	}
	if (type == DNS_TYPE_AAAA && len == 16) {
		memcpy(rr.aaaa, p, 16);
		return ctl_rrs_add(ret, owner, ttl, &rr);
	}
	if (type == DNS_TYPE_SRV && len > 6) {
		rr.srv.weight = get16(p + 2);
		rr.srv.port = get16(p + 4);
		rr.srv.target = name;
		c->at += 6;
		return get16(p) || read_name(c, name) || c->at != end
			       ? -EBADMSG
			       : ctl_rrs_add(ret, owner, ttl, &rr);
	}
	if (type == DNS_TYPE_SOA)
		return soa_text(c, end, text, sizeof(text)) ? -EBADMSG
							    : append(ret, owner, type, ttl, text);
	return -EBADMSG; /* nothing else comes from the program */
}

static int read_section(struct cursor *c, unsigned count, struct ctl_rrs *ret)
{
	int r = 0;

	for (unsigned i = 0; i < count && !r; i++) {
		uint8_t owner[DNS_NAME_MAX];
		const uint8_t *p;
		size_t end;

		if (read_name(c, owner) || c->at + RR_FIXED_LEN > c->len)
			return -EBADMSG;
		p = c->message + c->at;
		c->at += RR_FIXED_LEN;
		end = c->at + get16(p + 8);
		if (end > c->len)
			return -EBADMSG;
		if (get16(p) != DNS_TYPE_OPT)
			r = read_data(c, end, get16(p), get32(p + 4), owner, ret);
		c->at = end;
	}
	return r;
}

int ctl_message_read(const uint8_t *message, size_t len, struct ctl_message *ret)
{
	struct cursor c = {.message = message, .len = len, .at = DNS_HEADER_LEN};
	uint8_t name[DNS_NAME_MAX];
	int r;

	*ret = (struct ctl_message){0};
	if (len < DNS_HEADER_LEN || !(get16(message + 2) & DNS_FLAG_QR))
		return -EBADMSG;
	ret->rcode = get16(message + 2) & DNS_RCODE_MASK;
	ret->truncated = get16(message + 2) & DNS_FLAG_TC;
	for (unsigned i = 0; i < get16(message + 4); i++) {
		if (read_name(&c, name) || c.at + 4 > len)
			return -EBADMSG;
		c.at += 4;
	}
	r = read_section(&c, get16(message + 6), &ret->answer);
	if (!r)
		r = read_section(&c, get16(message + 8), &ret->authority);
	return r ? r : read_section(&c, get16(message + 10), &ret->additional);
}

void ctl_message_done(struct ctl_message *m)
{
	ctl_rrs_done(&m->answer);
	ctl_rrs_done(&m->authority);
	ctl_rrs_done(&m->additional);
}

/* The ready-made SOA, as it would stand behind the question for the apex. */
static size_t soa_message(const struct kernel_peeked *p, uint8_t buf[2048])
{
	static const uint8_t header[DNS_HEADER_LEN] = {[2] = DNS_FLAG_QR >> 8, [5] = 1, [7] = 1};
	static const uint8_t question[] = {0, DNS_TYPE_SOA, 0, DNS_CLASS_IN};
	const struct xdns_apex_rr *soa = &p->config.soa;
	uint32_t serial = htonl(p->state.serial);
	uint16_t apex = htons(DNS_POINTER | DNS_HEADER_LEN);
	size_t domain = p->config.domain_len, len = DNS_HEADER_LEN;

	if (domain > DNS_NAME_MAX || soa->len > sizeof(soa->bytes) || soa->pointers > 3 ||
	    soa->serial_at + 4 > soa->len)
		return 0;
	memcpy(buf, header, len);
	memcpy(buf + len, p->config.domain, domain);
	len += domain;
	memcpy(buf + len, question, sizeof(question));
	len += sizeof(question);
	memcpy(buf + len, soa->bytes, soa->len);
	for (int i = 0; i < soa->pointers; i++)
		if (soa->pointer_at[i] + 2 <= soa->len)
			memcpy(buf + len + soa->pointer_at[i], &apex, 2);
	memcpy(buf + len + soa->serial_at, &serial, 4);
	return len + soa->len;
}

int ctl_apex(const struct kernel_peeked *p, struct ctl_rrs *ret)
{
	char mname[DNAME_TEXT_MAX] = "";
	uint8_t message[2048];
	struct ctl_message m;
	int r = ctl_message_read(message, soa_message(p, message), &m);
	const struct ctl_rr *soa = m.answer.list;

	if (!r && m.answer.count != 1)
		r = -EBADMSG;
	if (!r) {
		/* the zone's one name server is the SOA's MNAME */
		memcpy(mname, soa->data, strcspn(soa->data, " "));
		r = append(ret, p->config.domain, DNS_TYPE_SOA, soa->ttl, soa->data);
	}
	if (!r)
		r = append(ret, p->config.domain, DNS_TYPE_NS, soa->ttl, mname);
	ctl_message_done(&m);
	return r;
}
