// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tsig_peer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "dns_walk.h"
#include "fuzz.h"
#include "octets.h"

#define TIMES 8 /* octets: when, and how far clocks may differ */

/* The data of a record behind the algorithm's name. */
struct signature {
	const uint8_t *times, *mac, *other;
	size_t mac_len, other_len;
	unsigned original_id, error;
};

static const struct {
	const char *digest, *wire;
} algorithms[] = {
#define X(id, name, digest, octets) [TSIG_##id] = {digest, name},
	TSIG_ALGORITHMS(X)
#undef X
};

/* Octets that grow together. */
struct gathered {
	uint8_t *octet;
	size_t len;
};

static void gather(struct gathered *g, const void *data, size_t len)
{
	if (len)
		memcpy(g->octet + g->len, data, len);
	g->len += len;
}

static void gather16(struct gathered *g, unsigned number)
{
	put16(g->octet + g->len, number);
	g->len += 2;
}

/* An algorithm's name is one label. */
static void gather_algorithm(struct gathered *g, const struct tsig_key *k)
{
	const char *name = algorithms[k->algorithm].wire;

	g->octet[g->len++] = (uint8_t)strlen(name);
	gather(g, name, strlen(name) + 1);
}

/* The MAC over a message of len octets, its record left out (RFC 8945 4.3). */
static void sum(const struct tsig_peer *p, const uint8_t *msg, size_t len, unsigned arcount,
		const struct signature *s, uint8_t ret[TSIG_MAC_MAX])
{
	const struct tsig_key *k = p->key;
	struct gathered g = {.octet = malloc(len + TSIG_MAC_MAX + TSIG_PEER_ROOM + s->other_len)};
	uint8_t *header;

	MUST(g.octet);
	if (p->mac_len) {
		gather16(&g, (unsigned)p->mac_len);
		gather(&g, p->mac, p->mac_len);
	}
	header = g.octet + g.len;
	gather(&g, msg, len);
	put16(header, s->original_id);
	put16(header + 10, arcount);
	if (p->answers) {
		gather(&g, s->times, TIMES);
	} else {
		gather(&g, k->name, k->name_len);
		gather(&g, "\0\xff\0\0\0\0", 6); /* ANY, TTL */
		gather_algorithm(&g, k);
		gather(&g, s->times, TIMES);
		gather16(&g, s->error);
		gather16(&g, (unsigned)s->other_len);
		gather(&g, s->other, s->other_len);
	}
	MUST(HMAC(EVP_get_digestbyname(algorithms[k->algorithm].digest), k->secret, k->secret_len,
		  g.octet, g.len, ret, NULL));
	free(g.octet);
}

static size_t mac_len(const struct tsig_key *k)
{
	return (size_t)EVP_MD_get_size(EVP_get_digestbyname(algorithms[k->algorithm].digest));
}

size_t tsig_peer_sign(struct tsig_peer *p, uint8_t *msg, size_t len, uint64_t now)
{
	struct gathered g = {msg, len};
	uint8_t times[TIMES];
	struct signature s = {.times = times, .original_id = get16(msg)};
	size_t rdata;

	put16(put16(put16(put16(times, now >> 32), now >> 16 & 0xffff), now & 0xffff), TSIG_FUDGE);
	sum(p, msg, len, get16(msg + 10), &s, p->mac);
	p->mac_len = mac_len(p->key);
	gather(&g, p->key->name, p->key->name_len);
	gather(&g, "\0\xfa\0\xff\0\0\0\0\0\0", 10); /* TSIG, ANY, TTL, RDLENGTH */
	rdata = g.len;
	gather_algorithm(&g, p->key);
	gather(&g, times, TIMES);
	gather16(&g, (unsigned)p->mac_len);
	gather(&g, p->mac, p->mac_len);
	gather16(&g, s.original_id);
	gather(&g, "\0\0\0\0", 4); /* no error, no other data */
	put16(msg + rdata - 2, g.len - rdata);
	put16(msg + 10, get16(msg + 10) + 1U);
	return g.len;
}

/* The record that ends the message, if it is the key's. */
static bool read_signature(const struct tsig_key *k, const uint8_t *msg, size_t len,
			   struct signature *ret, size_t *ret_at)
{
	uint8_t name[2 * DNS_NAME_MAX], want[DNS_NAME_MAX];
	struct gathered algorithm = {.octet = want};
	struct dns_walk w;
	const uint8_t *p, *end;

	if (!dns_walk(msg, len, &w) || w.end != len || w.last.type != DNS_TYPE_TSIG ||
	    w.last.rclass != DNS_CLASS_ANY || !get16(msg + 10) ||
	    dns_walk_name(msg, len, w.last.at, name) != k->name_len ||
	    memcmp(name, k->name, k->name_len))
		return false;
	p = msg + w.last.rdata;
	end = msg + w.last.end;
	gather_algorithm(&algorithm, k);
	if (end - p < (long)algorithm.len + TIMES + 2 || memcmp(p, want, algorithm.len))
		return false;
	ret->times = p + algorithm.len;
	ret->mac_len = get16(ret->times + TIMES);
	ret->mac = ret->times + TIMES + 2;
	if (end - ret->mac < (long)ret->mac_len + 6)
		return false;
	p = ret->mac + ret->mac_len;
	ret->original_id = get16(p);
	ret->error = get16(p + 2);
	ret->other_len = get16(p + 4);
	ret->other = p + 6;
	*ret_at = w.last.at;
	return end - ret->other == (long)ret->other_len;
}

bool tsig_peer_accepts(struct tsig_peer *p, const uint8_t *msg, size_t len, unsigned *ret_error)
{
	uint8_t mac[TSIG_MAC_MAX];
	struct signature s;
	size_t at;

	if (!read_signature(p->key, msg, len, &s, &at) || s.mac_len != mac_len(p->key))
		return false;
	sum(p, msg, at, get16(msg + 10) - 1U, &s, mac);
	if (memcmp(mac, s.mac, s.mac_len))
		return false;
	memcpy(p->mac, mac, s.mac_len);
	p->mac_len = s.mac_len;
	p->answers++;
	*ret_error = s.error;
	return true;
}
