// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "zone_config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "csum.h"
#include "dname_text.h"

#define SOA_RDATA 12 /* octets before it: owner pointer, type, class, TTL, RDLENGTH */

static int name_from_config(const char *text, uint8_t wire[DNAME_WIRE_MAX])
{
	int len = dname_from_escaped(text, strlen(text), wire);

	if (len > 0)
		dname_lower(wire, len);
	return len;
}

static void put(struct xdns_apex_rr *rr, const void *data, size_t len)
{
	memcpy(rr->bytes + rr->len, data, len);
	rr->len += len;
}

static void put_u32(struct xdns_apex_rr *rr, uint32_t value)
{
	value = htonl(value);
	put(rr, &value, 4);
}

static void put_u16(struct xdns_apex_rr *rr, uint16_t value)
{
	value = htons(value);
	put(rr, &value, 2);
}

/* A pointer to the apex, to be patched for each response. */
static void put_apex(struct xdns_apex_rr *rr)
{
	rr->pointers_odd += rr->len & 1;
	rr->pointer_at[rr->pointers++] = rr->len;
	put_u16(rr, 0);
}

/* A name; what it shares with the domain becomes a pointer to the apex. */
static void put_name(struct xdns_apex_rr *rr, const struct xdns_config *c, const uint8_t *wire)
{
	const uint8_t *label = wire;

	for (; *label; label += *label + 1) {
		if (dname_wire_len(label) == c->domain_len &&
		    !memcmp(label, c->domain, c->domain_len)) {
			put(rr, wire, label - wire);
			put_apex(rr);
			return;
		}
	}
	put(rr, wire, dname_wire_len(wire));
}

/* RFC 1035 3.3.13; the serial is put in when it is sent. */
static void make_soa(const struct config *cfg, const struct xdns_config *c, uint32_t ttl,
		     const uint8_t *mname, const uint8_t *rname, struct xdns_apex_rr *rr)
{
	uint16_t rdlen;
	size_t rdlen_at, rdata_at;
	uint64_t sum = 0;

	memset(rr, 0, sizeof(*rr));
	put_apex(rr);
	put_u16(rr, DNS_TYPE_SOA);
	put_u16(rr, DNS_CLASS_IN);
	put_u32(rr, ttl);
	rdlen_at = rr->len;
	put_u16(rr, 0);
	rdata_at = rr->len;
	put_name(rr, c, mname);
	put_name(rr, c, rname);
	rr->serial_at = rr->len;
	put_u32(rr, 0);
	put_u32(rr, cfg->soa_refresh);
	put_u32(rr, cfg->soa_retry);
	put_u32(rr, cfg->soa_expire);
	put_u32(rr, cfg->soa_minttl);
	rdlen = htons(rr->len - rdata_at);
	memcpy(rr->bytes + rdlen_at, &rdlen, 2);
	for (size_t i = 0; i < sizeof(rr->bytes); i += 8)
		sum = xdns_sum_add(sum, xdns_get64(rr->bytes + i));
	rr->sum = xdns_sum_fold(sum);
}

/* Labels of the ready-made SOA's RDATA, up to the pointer to the apex, or to the root. */
size_t zone_config_mname(const struct xdns_config *c, uint8_t name[DNS_NAME_MAX + 1])
{
	const uint8_t *p = c->soa.bytes + SOA_RDATA;
	size_t len = 0;

	while (p[len])
		len += p[len] + 1;
	memcpy(name, p, len);
	if (c->soa.pointers < 2 || p + len - c->soa.bytes != c->soa.pointer_at[1]) {
		name[len] = 0;
		return len + 1;
	}
	if (len + c->domain_len > DNS_NAME_MAX)
		return 0;
	memcpy(name + len, c->domain, c->domain_len);
	return len + c->domain_len;
}

int zone_config_make(const struct config *cfg, struct xdns_config *ret)
{
	uint8_t mname[DNAME_WIRE_MAX], rname[DNAME_WIRE_MAX];
	uint32_t negative_ttl = cfg->ttl < cfg->soa_minttl ? cfg->ttl : cfg->soa_minttl;
	struct xdns_config c = {0};
	int len;

	len = dname_from_text(cfg->domain, strlen(cfg->domain), c.domain);
	if (len < 0 || name_from_config(cfg->soa_mname, mname) < 0 ||
	    name_from_config(cfg->soa_rname, rname) < 0)
		return -EINVAL;
	dname_lower(c.domain, len);
	c.domain_len = len;
	c.port = htons(cfg->port);
	c.ttl = htonl(cfg->ttl);
	c.answer_flags = DNS_FLAG_AA | (cfg->recurse_on ? DNS_FLAG_RA : 0);
	c.answer_word = (uint64_t)htons(DNS_FLAG_QR | c.answer_flags) << 16 | (uint64_t)htons(1)
										      << 32;
	c.set_tc = cfg->set_truncate_bit;
	make_soa(cfg, &c, cfg->ttl, mname, rname, &c.soa);
	/* RFC 2308 5: the TTL of a negative answer is the smaller of the two */
	make_soa(cfg, &c, negative_ttl, mname, rname, &c.soa_negative);
	if (getrandom(c.hash_key, sizeof(c.hash_key), 0) != sizeof(c.hash_key))
		return -EIO;
	for (int i = 0; i < XDNS_HASH_WORDS; i++)
		c.hash_key[i][1] |= 1;
	*ret = c;
	return 0;
}
