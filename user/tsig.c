// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tsig.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "dname_text.h"
#include "octets.h"
#include "util.h"
#include "wire_walk.h"

#define RDATA_FIXED 16 /* behind the algorithm's name, MAC and other data not counted */
#define OTHER_TIME  6  /* octets of other data, the server's time, with BADTIME */

const char *const tsig_algorithm_names[TSIG_ALGORITHMS_COUNT] = {
#define X(id, name, digest, octets) [TSIG_##id] = name,
	TSIG_ALGORITHMS(X)
#undef X
};

static const struct {
	const char *digest;
	uint8_t octets;
} algorithms[TSIG_ALGORITHMS_COUNT] = {
#define X(id, name, digest, octets) [TSIG_##id] = {digest, octets},
	TSIG_ALGORITHMS(X)
#undef X
};

/* The data of a TSIG record, RFC 8945 4.2. */
struct rdata {
	uint64_t time;
	uint16_t fudge, mac_len, original_id, error, other_len;
	const uint8_t *mac, *other;
};

static uint8_t *put48(uint8_t *p, uint64_t value)
{
	put16(p, (uint16_t)(value >> 32));
	put16(p + 2, (uint16_t)(value >> 16));
	return put16(p + 4, (uint16_t)value);
}

static uint8_t *put(uint8_t *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

static uint64_t get48(const uint8_t *p)
{
	return (uint64_t)get16(p) << 32 | (uint64_t)get16(p + 2) << 16 | get16(p + 4);
}

int tsig_find(const uint8_t *msg, size_t len, size_t *ret_at)
{
	size_t at, records;

	*ret_at = 0;
	if (len < DNS_HEADER_LEN)
		return -EBADMSG;
	at = wire_skip_questions(msg, len);
	if (!at)
		return -EBADMSG;
	records = (size_t)get16(msg + 6) + get16(msg + 8) + get16(msg + 10);
	for (size_t i = 0; i < records; i++) {
		struct wire_rr rr;

		if (wire_read_rr(msg + at, len - at, &rr))
			return -EBADMSG;
		if (rr.type == DNS_TYPE_TSIG) {
			if (i + 1 < records || !get16(msg + 10))
				return -EBADMSG;
			*ret_at = at;
		}
		at += rr.len;
	}
	return at == len || !*ret_at ? 0 : -EBADMSG;
}

/* Name and algorithm go into t. */
static int read_record(const uint8_t *msg, size_t len, size_t at, struct tsig *t, struct rdata *ret)
{
	struct wire_rr rr;
	const uint8_t *p, *end;
	int name_len, algorithm_len;

	if (wire_read_rr(msg + at, len - at, &rr) || rr.rclass != DNS_CLASS_ANY || rr.ttl)
		return -EBADMSG;
	end = rr.rdata + rr.rdlen;
	name_len = wire_expand_name(msg, len, at, t->name);
	algorithm_len = wire_expand_name(rr.rdata, rr.rdlen, 0, t->algorithm); /* no pointers */
	if (name_len < 0 || algorithm_len < 0 || end - rr.rdata - algorithm_len < RDATA_FIXED)
		return -EBADMSG;
	t->name_len = (uint8_t)name_len;
	t->algorithm_len = (uint8_t)algorithm_len;
	p = rr.rdata + algorithm_len;
	*ret = (struct rdata){.time = get48(p), .fudge = get16(p + 6), .mac_len = get16(p + 8)};
	ret->mac = p + 10;
	if (end - p < RDATA_FIXED + ret->mac_len)
		return -EBADMSG;
	p += 10 + ret->mac_len;
	ret->original_id = get16(p);
	ret->error = get16(p + 2);
	ret->other_len = get16(p + 4);
	ret->other = p + 6;
	return end - ret->other == ret->other_len ? 0 : -EBADMSG;
}

static size_t algorithm_wire(enum tsig_algorithm a, uint8_t wire[DNS_NAME_MAX + 1])
{
	return (size_t)dname_from_text(tsig_algorithm_names[a], strlen(tsig_algorithm_names[a]),
				       wire);
}

static const struct tsig_key *find_key(const struct tsig_key *keys, size_t count,
				       const struct tsig *t)
{
	uint8_t algorithm[DNS_NAME_MAX + 1];

	for (size_t i = 0; i < count; i++) {
		const struct tsig_key *k = &keys[i];

		if (k->name_len == t->name_len && !memcmp(k->name, t->name, t->name_len) &&
		    algorithm_wire(k->algorithm, algorithm) == t->algorithm_len &&
		    !memcmp(algorithm, t->algorithm, t->algorithm_len))
			return k;
	}
	return NULL;
}

/*
 * The MAC over what was signed before, the message with that many additional records, and the
 * record's own fields: all of them, or from an answer's second message on the times only (RFC 8945
 * 4.3, 5.3.1).
 */
static int compute(const struct tsig *t, const uint8_t *msg, size_t len, size_t arcount,
		   const struct rdata *d, uint8_t ret[TSIG_MAC_MAX])
{
	const struct tsig_key *k = t->key;
	char digest[16]; /* the parameter takes no constant */
	OSSL_PARAM params[2];
	uint8_t header[DNS_HEADER_LEN], prior[2], fields[2 * (DNS_NAME_MAX + 1) + 24], *p = fields;
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *c = mac ? EVP_MAC_CTX_new(mac) : NULL;
	size_t out = 0;
	bool good;

	strcpy(digest, algorithms[k->algorithm].digest);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
	params[1] = OSSL_PARAM_construct_end();
	memcpy(header, msg, sizeof(header));
	put16(header, d->original_id);
	put16(header + 10, arcount);
	put16(prior, t->mac_len);
	if (!t->chained) {
		p = put(p, k->name, k->name_len);
		p = put16(p, DNS_CLASS_ANY);
		p = put(p, "\0\0\0\0", 4);
		p += algorithm_wire(k->algorithm, p);
	}
	p = put16(put48(p, d->time), d->fudge);
	if (!t->chained) {
		p = put16(put16(p, d->error), d->other_len);
		p = put(p, d->other, d->other_len);
	}
	good = c && EVP_MAC_init(c, k->secret, k->secret_len, params) &&
	       (!t->mac_len ||
		(EVP_MAC_update(c, prior, 2) && EVP_MAC_update(c, t->mac, t->mac_len))) &&
	       EVP_MAC_update(c, header, sizeof(header)) &&
	       EVP_MAC_update(c, msg + sizeof(header), len - sizeof(header)) &&
	       EVP_MAC_update(c, fields, (size_t)(p - fields)) &&
	       EVP_MAC_final(c, ret, &out, TSIG_MAC_MAX);
	EVP_MAC_CTX_free(c);
	EVP_MAC_free(mac);
	return good ? 0 : -ENOMEM;
}

/* The message without the record, as it was when it was signed. -EACCES, -ENOMEM. */
static int check_mac(struct tsig *t, const uint8_t *msg, size_t at, const struct rdata *d)
{
	uint8_t mac[TSIG_MAC_MAX];

	if (compute(t, msg, at, (size_t)get16(msg + 10) - 1, d, mac))
		return -ENOMEM;
	if (!d->mac_len || CRYPTO_memcmp(mac, d->mac, d->mac_len))
		return -EACCES;
	memcpy(t->mac, mac, algorithms[t->key->algorithm].octets);
	t->mac_len = algorithms[t->key->algorithm].octets;
	return 0;
}

static bool in_time(uint64_t now, const struct rdata *d)
{
	return d->time <= now + d->fudge && now <= d->time + d->fudge;
}

/* RFC 8945 5.2: key, signature, time, length, in this order. */
int tsig_verify(const struct tsig_key *keys, size_t count, const uint8_t *msg, size_t len,
		size_t at, uint64_t now, struct tsig *ret)
{
	size_t octets;
	struct rdata d;
	int r;

	*ret = (struct tsig){0};
	r = read_record(msg, len, at, ret, &d);
	if (r || len > DNS_TCP_MAX || d.other_len > OTHER_TIME)
		return -EBADMSG;
	ret->time = d.time;
	ret->key = find_key(keys, count, ret);
	if (!ret->key) {
		ret->error = DNS_TSIG_BADKEY;
		return 0;
	}
	octets = algorithms[ret->key->algorithm].octets;
	if (d.mac_len > octets || d.mac_len < octets / 2 || d.mac_len < 10) /* 5.2.2.1 */
		return -EBADMSG;
	r = check_mac(ret, msg, at, &d);
	if (r == -ENOMEM)
		return r;
	if (r)
		ret->error = DNS_TSIG_BADSIG;
	else if (!in_time(now, &d))
		ret->error = DNS_TSIG_BADTIME;
	else if (d.mac_len < octets)
		ret->error = DNS_TSIG_BADTRUNC;
	return 0;
}

void tsig_begin(struct tsig *t, const struct tsig_key *key)
{
	*t = (struct tsig){.key = key, .name_len = key->name_len};
	memcpy(t->name, key->name, key->name_len);
	t->algorithm_len = (uint8_t)algorithm_wire(key->algorithm, t->algorithm);
}

int tsig_verify_answer(struct tsig *t, const uint8_t *msg, size_t len, uint64_t now)
{
	struct tsig answer = *t;
	struct rdata d;
	size_t at;

	answer.chained = false;
	if (len > DNS_TCP_MAX || tsig_find(msg, len, &at))
		return -EBADMSG;
	if (!at)
		return -EACCES;
	if (read_record(msg, len, at, &answer, &d) || d.other_len > OTHER_TIME)
		return -EBADMSG;
	if (find_key(t->key, 1, &answer) != t->key || d.error ||
	    d.mac_len != algorithms[t->key->algorithm].octets || check_mac(&answer, msg, at, &d) ||
	    !in_time(now, &d))
		return -EACCES;
	return 0;
}

size_t tsig_room(const struct tsig *t)
{
	return (size_t)t->name_len + 10 + t->algorithm_len + RDATA_FIXED + OTHER_TIME +
	       (t->key ? algorithms[t->key->algorithm].octets : 0);
}

/* Without a known key, or with a signature that is not the key's, the answer has none (5.3.2). */
static bool is_signed(const struct tsig *t)
{
	return t->key && t->error != DNS_TSIG_BADSIG && t->error != DNS_TSIG_BADKEY;
}

size_t tsig_sign(struct tsig *t, uint8_t *msg, size_t len, size_t cap, uint64_t now)
{
	uint8_t mac[TSIG_MAC_MAX], other[OTHER_TIME], *p = msg + len, *rdlen;
	struct rdata d = {.time = now, .fudge = TSIG_FUDGE, .error = t->error, .other = other};

	if (len + tsig_room(t) > cap)
		return 0;
	d.original_id = get16(msg);
	if (t->error) /* the client's clock: it must not take this for too old (5.2.3) */
		d.time = t->time;
	if (t->error == DNS_TSIG_BADTIME) {
		put48(other, now);
		d.other_len = OTHER_TIME;
	}
	if (is_signed(t)) {
		if (compute(t, msg, len, get16(msg + 10), &d, mac))
			return 0;
		d.mac_len = algorithms[t->key->algorithm].octets;
		memcpy(t->mac, mac, d.mac_len);
		t->mac_len = (uint8_t)d.mac_len;
		t->chained = true;
	}
	p = put16(put16(put(p, t->name, t->name_len), DNS_TYPE_TSIG), DNS_CLASS_ANY);
	rdlen = put(p, "\0\0\0\0", 4);
	p = put(put16(rdlen, 0), t->algorithm, t->algorithm_len);
	p = put16(put16(put48(p, d.time), d.fudge), d.mac_len);
	p = put16(put16(put(p, mac, d.mac_len), d.original_id), d.error);
	p = put(put16(p, d.other_len), other, d.other_len);
	put16(rdlen, (size_t)(p - rdlen - 2));
	put16(msg + 10, (size_t)get16(msg + 10) + 1);
	return (size_t)(p - msg);
}
