// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "transfer_zone.h"

#include <string.h>
#include <urcu.h>

#include "dname_text.h"
#include "dns_walk.h"
#include "fuzz.h"
#include "octets.h"
#include "util.h"
#include "zone_config.h"

#define SRV_WEIGHT 1
#define TARGET	   "a.mesos"

/* How the zone became what it is: with port 0 an A 10.0.0.N of the name, else a SRV. */
static const struct step {
	uint32_t serial;
	bool add;
	const char *name;
	uint16_t port;
	uint8_t host;
} steps[] = {
	{ZONE_FIRST, true, "a.mesos", 0, 1},
	{ZONE_FIRST, true, "b.mesos", 0, 1},
	{ZONE_FIRST, true, "_s._tcp.b.mesos", 31000, 0},
	{ZONE_FIRST + 1, true, "b.mesos", 0, 2},
	{ZONE_FIRST + 1, true, "_s._tcp.b.mesos", 31001, 0},
	{ZONE_FIRST + 2, false, "b.mesos", 0, 1},
	{ZONE_FIRST + 2, true, "c.d.mesos", 0, 9},
	{ZONE_FIRST + 3, false, "_s._tcp.b.mesos", 31000, 0},
	{ZONE_FIRST + 3, true, "b.mesos", 0, 1},
	{ZONE_NEWEST - 1, false, "c.d.mesos", 0, 9},
	{ZONE_NEWEST - 1, true, "e.mesos", 0, 5},
	{ZONE_NEWEST, true, "c.d.mesos", 0, 10},
	{ZONE_NEWEST, true, "_s._tcp.b.mesos", 31002, 0},
};

static void take_step(struct zone *z, const struct step *s)
{
	uint8_t owner[DNS_NAME_MAX + 1], target[DNS_NAME_MAX + 1];
	struct rr rr = {.type = DNS_TYPE_A, .a = {10, 0, 0, s->host}};

	MUST(dname_from_text(s->name, strlen(s->name), owner) > 0);
	if (s->port) {
		MUST(dname_from_text(TARGET, strlen(TARGET), target) > 0);
		rr = (struct rr){.type = DNS_TYPE_SRV, .srv = {s->port, SRV_WEIGHT, target}};
	}
	MUST(!(s->add ? zone_add(z, owner, &rr) : zone_remove(z, owner, &rr)));
}

/* Commits version after version; the first is where the history begins. */
static void make_versions(struct transfer_zone *z)
{
	struct zone_changes changes;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		uint32_t serial = steps[i].serial;

		take_step(z->zone, &steps[i]);
		if (i + 1 < ARRAY_SIZE(steps) && steps[i + 1].serial == serial)
			continue;
		MUST(!zone_commit(z->zone, serial, &changes));
		if (serial == ZONE_FIRST) {
			MUST(!history_new(&z->source.history));
			MUST(!history_begin(z->source.history, z->zone));
		}
	}
}

static void make_keys(struct transfer_zone *z)
{
	static const char *const names[] = {"one.key", "two.key", "three.key", "nobody.key"};
	static const uint8_t algorithms[] = {TSIG_SHA256, TSIG_SHA512, TSIG_SHA1, TSIG_SHA256};

	for (size_t i = 0; i < ARRAY_SIZE(z->keys); i++) {
		struct tsig_key *k = &z->keys[i];

		k->name_len = (uint8_t)dname_from_text(names[i], strlen(names[i]), k->name);
		k->algorithm = algorithms[i];
		k->secret_len = 32;
		memset(k->secret, 'a' + (int)i, k->secret_len);
	}
	z->cfg->tsig_keys = z->keys;
	z->cfg->tsig_keys_count = ZONE_KEYS;
}

static void make_secondaries(struct config *cfg)
{
	static struct config_secondary list[] = {
		{.address = {AF_INET, {127, 0, 0, PEER_KEY_0}}, .prefix = 32, .key = 0},
		{.address = {AF_INET, {127, 0, 0, PEER_OPEN}}, .prefix = 32, .key = -1},
		{.address = {AF_INET, {127, 0, 0, PEER_KEY_1}}, .prefix = 32, .key = 1},
	};

	cfg->secondaries = list;
	cfg->secondaries_count = ARRAY_SIZE(list);
}

struct transfer_zone *transfer_zone(void)
{
	static const char json[] =
		"{\"masters\":[\"10.0.0.1:5050\"],\"resolvers\":[\"192.0.2.1\"]}";
	static struct transfer_zone z;
	struct xdns_config zc;
	char *error = NULL;

	if (z.zone)
		return &z;
	fuzz_keep(true);
	MUST(!config_parse("fuzz.json", json, strlen(json), &z.cfg, &error));
	make_keys(&z);
	make_secondaries(z.cfg);
	MUST(!zone_config_make(z.cfg, &zc));
	MUST(!zone_new(&zc, &z.zone));
	z.source.zone = z.zone;
	make_versions(&z);
	fuzz_keep(false);
	return &z;
}

static void read_record(const uint8_t *msg, size_t len, const struct dns_walk_rr *rr,
			struct sent_record *ret)
{
	uint8_t name[DNS_NAME_MAX];

	memset(ret, 0, sizeof(*ret));
	ret->owner_len = dns_walk_name(msg, len, rr->at, ret->owner);
	ret->type = rr->type;
	MUST(rr->rclass == DNS_CLASS_IN);
	if (rr->type == DNS_TYPE_SOA) {
		ret->serial = get32(msg + rr->end - 20);
		return;
	}
	MUST(rr->end - rr->rdata <= sizeof(ret->data));
	ret->len = rr->end - rr->rdata;
	memcpy(ret->data, msg + rr->rdata, ret->len);
	if (rr->type == DNS_TYPE_NS) {
		ret->len = dns_walk_name(msg, len, rr->rdata, name);
		memcpy(ret->data, name, ret->len);
	}
}

void sent_add(struct sent *s, const uint8_t *msg, size_t len, size_t at)
{
	for (unsigned i = get16(msg + 6); i; i--) {
		struct dns_walk_rr rr;

		dns_walk_rr(msg, len, at, &rr);
		MUST(s->count < ARRAY_SIZE(s->list));
		read_record(msg, len, &rr, &s->list[s->count++]);
		at = rr.end;
	}
}

static bool same(const struct sent_record *a, const struct sent_record *b)
{
	return a->type == b->type && a->owner_len == b->owner_len && a->len == b->len &&
	       !memcmp(a->owner, b->owner, a->owner_len) && !memcmp(a->data, b->data, a->len);
}

/* Puts the record in, which must not be there, or takes it out, which must be. */
static void change(struct sent *s, bool add, const struct sent_record *r)
{
	size_t i = 0;

	while (i < s->count && !same(&s->list[i], r))
		i++;
	MUST((i == s->count) == add);
	if (add)
		s->list[s->count++] = *r;
	else
		s->list[i] = s->list[--s->count];
}

static void expected_record(const struct step *step, struct sent_record *ret)
{
	static const uint8_t target[] = "\1a\5mesos";
	uint8_t owner[DNS_NAME_MAX + 1];

	*ret = (struct sent_record){.type = DNS_TYPE_A, .len = 4, .data = {10, 0, 0, step->host}};
	ret->owner_len = (size_t)dname_from_text(step->name, strlen(step->name), owner);
	memcpy(ret->owner, owner, ret->owner_len);
	if (!step->port)
		return;
	ret->type = DNS_TYPE_SRV;
	ret->len = 6 + sizeof(target);
	put16(put16(put16(ret->data, 0), SRV_WEIGHT), step->port);
	memcpy(ret->data + 6, target, sizeof(target));
}

/* All records but the SOA. */
static void version(uint32_t serial, struct sent *ret)
{
	static const struct sent_record ns = {.owner = "\5mesos",
					      .owner_len = 7,
					      .type = DNS_TYPE_NS,
					      .data = "\3ns1\5mesos",
					      .len = 11};
	struct sent_record r;

	ret->count = 0;
	change(ret, true, &ns);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if ((int32_t)(steps[i].serial - serial) > 0)
			break;
		expected_record(&steps[i], &r);
		change(ret, steps[i].add, &r);
	}
}

static bool is_soa(const struct sent *s, size_t i)
{
	return i < s->count && s->list[i].type == DNS_TYPE_SOA;
}

/* Records from *at on to the next SOA, which is of this serial. */
static void apply(const struct sent *s, size_t *at, bool add, uint32_t serial, struct sent *to)
{
	for (; !is_soa(s, *at); ++*at) {
		MUST(*at < s->count);
		change(to, add, &s->list[*at]);
	}
	MUST(s->list[*at].serial == serial);
	++*at;
}

void sent_judge(const struct sent *s, bool incremental, uint32_t has)
{
	static struct sent got, want;
	size_t at = 1;

	MUST(is_soa(s, 0) && s->list[0].serial == ZONE_NEWEST);
	if (s->count == 1) {
		MUST(incremental && (int32_t)(ZONE_NEWEST - has) <= 0);
		return;
	}
	got.count = 0;
	if (is_soa(s, 1)) { /* RFC 1995 4: what goes, what comes */
		MUST(incremental && s->list[1].serial == has);
		MUST(has - ZONE_FIRST < ZONE_NEWEST - ZONE_FIRST);
		version(has, &got);
		at = 2;
		apply(s, &at, false, ZONE_NEWEST, &got);
	}
	apply(s, &at, true, ZONE_NEWEST, &got);
	MUST(at == s->count);
	version(ZONE_NEWEST, &want);
	MUST(got.count == want.count);
	for (size_t i = 0; i < want.count; i++)
		change(&got, false, &want.list[i]);
}
