// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record_sink.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dns.h"

int record_rules_init(struct record_rules *r, const struct config *cfg)
{
	int len;

	*r = (struct record_rules){.enforce_rfc952 = cfg->enforce_rfc952,
				   .reverse_dns = cfg->reverse_dns,
				   .srv_weight = cfg->srv_weight,
				   .ip_sources_count = cfg->ip_sources_count};
	memcpy(r->ip_sources, cfg->ip_sources, sizeof(r->ip_sources));
	len = dname_from_text(cfg->domain, strlen(cfg->domain), r->domain);
	if (len < 0)
		return len;
	r->domain_len = (size_t)len;
	dname_lower(r->domain, r->domain_len);

	len = dname_from_escaped(cfg->soa_mname, strlen(cfg->soa_mname), r->mname);
	if (len > 0) {
		dname_lower(r->mname, (size_t)len);
		if (record_rules_in_domain(r, r->mname, (size_t)len))
			r->mname_len = (size_t)len;
	}
	return label_hasher_new(&r->hasher);
}

void record_rules_done(struct record_rules *r)
{
	r->hasher = label_hasher_free(r->hasher);
}

/* The octets are compared from a label's start only if a label starts there. */
static size_t skip_to_suffix(const uint8_t *name, size_t len, size_t suffix_len)
{
	size_t at = 0;

	while (at + suffix_len < len)
		at += 1U + name[at];
	return at;
}

bool record_rules_in_domain(const struct record_rules *r, const uint8_t *name, size_t len)
{
	size_t at = skip_to_suffix(name, len, r->domain_len);

	return at + r->domain_len == len && !memcmp(name + at, r->domain, r->domain_len);
}

static bool label_is(const uint8_t *label, const char *text)
{
	return label[0] == strlen(text) && !memcmp(label + 1, text, label[0]);
}

static bool label_is_master(const uint8_t *label)
{
	static const char text[] = "master";

	if (label[0] < strlen(text) || memcmp(label + 1, text, strlen(text)) != 0)
		return false;
	for (size_t i = strlen(text); i < label[0]; i++)
		if (!isdigit(label[1 + i]))
			return false;
	return true;
}

bool record_rules_owned(const struct record_rules *r, const uint8_t *name, size_t len)
{
	size_t prefix = len - r->domain_len;

	if (len == r->mname_len && !memcmp(name, r->mname, len))
		return true;
	if (len <= r->domain_len || memcmp(name + prefix, r->domain, r->domain_len) != 0)
		return false;
	if (prefix == 1U + name[0])
		return label_is_master(name) || label_is(name, "leader") || label_is(name, "slave");
	return prefix == 2U + name[0] + name[1 + name[0]] &&
	       (label_is(name, "_leader") || label_is(name, "_slave"));
}

bool record_rules_agents(const struct record_rules *r, const uint8_t *name, size_t len)
{
	return record_rules_owned(r, name, len) &&
	       (label_is(name, "slave") || label_is(name, "_slave"));
}

void record_leave_out(struct record_sink *sink, enum left_out why, const struct record_name *name,
		      const struct rr *rr)
{
	switch (why) {
	case LEFT_OWNED:
		sink->skipped.conflicts++;
		break;
	case LEFT_UNREACHABLE:
	case LEFT_TARGET:
		sink->skipped.unreachable++;
		break;
	case LEFT_UNRESOLVED:
		sink->skipped.unresolved++;
		break;
	default: /* said, not counted */
		break;
	}
	if (sink->left_out)
		sink->left_out(sink, why, name, rr);
}

static bool put_allowed(struct record_sink *sink, const struct record_name *owner,
			const struct rr *rr)
{
	if (!record_name_usable(owner)) {
		record_leave_out(sink, LEFT_UNREACHABLE, owner, rr);
		return false;
	}
	if (owner->owned) {
		record_leave_out(sink, LEFT_OWNED, owner, rr);
		return false;
	}
	return true;
}

int record_put_address(struct record_sink *sink, const struct record_name *owner,
		       const struct address *address)
{
	struct rr rr = {.type = address->family == AF_INET ? DNS_TYPE_A : DNS_TYPE_AAAA};

	if (address->family == AF_INET)
		memcpy(rr.a, address->bytes, sizeof(rr.a));
	else
		memcpy(rr.aaaa, address->bytes, sizeof(rr.aaaa));
	if (!put_allowed(sink, owner, &rr))
		return 0;
	sink->rule = owner->rule;
	return sink->put(sink, owner->wire, owner->len, &rr);
}

int record_put_srv(struct record_sink *sink, const struct record_rules *r,
		   const struct record_name *owner, const struct record_name *target, uint16_t port)
{
	struct rr rr = {.type = DNS_TYPE_SRV};

	rr.srv.port = port;
	rr.srv.weight = r->srv_weight;
	rr.srv.target = target->encodable ? target->wire : NULL;
	if (!put_allowed(sink, owner, &rr))
		return 0;
	if (!target->encodable) {
		record_leave_out(sink, LEFT_TARGET, owner, &rr);
		return 0;
	}
	sink->rule = owner->rule;
	return sink->put(sink, owner->wire, owner->len, &rr);
}

/* RFC 1035 3.5, RFC 3596 2.5: the octets or nibbles, last first, as labels. */
static size_t reverse_name(const struct address *a, uint8_t *wire)
{
	static const uint8_t v4[] = "\7in-addr\4arpa", v6[] = "\3ip6\4arpa";
	static const char hex[] = "0123456789abcdef";
	size_t len = 0;

	if (a->family == AF_INET) {
		for (int i = 3; i >= 0; i--) {
			wire[len] = (uint8_t)snprintf((char *)wire + len + 1, sizeof("255"), "%u",
						      a->bytes[i]);
			len += 1U + wire[len];
		}
		memcpy(wire + len, v4, sizeof(v4));
		return len + sizeof(v4);
	}
	for (int i = 15; i >= 0; i--) {
		wire[len++] = 1;
		wire[len++] = (uint8_t)hex[a->bytes[i] & 15];
		wire[len++] = 1;
		wire[len++] = (uint8_t)hex[a->bytes[i] >> 4];
	}
	memcpy(wire + len, v6, sizeof(v6));
	return len + sizeof(v6);
}

int record_put_ptr(struct record_sink *sink, const struct address *address,
		   const struct record_name *target)
{
	struct rr rr = {.type = DNS_TYPE_PTR, .ptr = target->wire};
	uint8_t owner[DNAME_WIRE_MAX];

	if (!put_allowed(sink, target, &rr))
		return 0;
	sink->rule = RULE_REVERSE;
	return sink->put(sink, owner, reverse_name(address, owner), &rr);
}
