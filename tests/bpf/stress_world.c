// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Names, versions and records of the stress tests; stress_check.c reads the answers. */
#include "stress_world.h"

#include <stdio.h>
#include <string.h>

#include "dname_text.h"
#include "dns.h"
#include "stress_rules.h"

#define TWIN_WORD 7  /* of the name: where twins differ */
#define TWINS	  36 /* pairs */
#define ENTS	  4

static const uint8_t sizes_aaaa[] = {1, 1, 2, 4, 5, 9, 3, 8};
static const uint8_t sizes_srv[] = {1, 2, 5, 8, 9, 16, 30, 30};

bool stress_present(const struct stress_name *n, uint16_t version)
{
	return stress_version_there(n->kind, n->id, version);
}

bool stress_always(const struct stress_name *n)
{
	switch (n->kind) {
	case STRESS_BARE:
	case STRESS_COME:
	case STRESS_CHILD:
	case STRESS_TWIN2:
	case STRESS_NEVER:
		return false;
	default:
		return true;
	}
}

bool stress_has(const struct stress_name *n, uint16_t type)
{
	switch (n->kind) {
	case STRESS_ENT:
	case STRESS_NEVER:
		return false;
	case STRESS_SRV:
		return type == DNS_TYPE_SRV;
	case STRESS_NODE:
	case STRESS_BARE:
		return type == DNS_TYPE_A;
	default:
		return type == DNS_TYPE_A || type == DNS_TYPE_AAAA;
	}
}

uint32_t stress_size(const struct stress_name *n, uint16_t type, uint16_t version)
{
	uint32_t pick = stress_pick(n->id, type, version);

	if (!stress_present(n, version) || !stress_has(n, type))
		return 0;
	if (type == DNS_TYPE_SRV)
		return sizes_srv[pick];
	if (type == DNS_TYPE_AAAA)
		return sizes_aaaa[pick];
	return stress_a_size(n->kind, pick);
}

void stress_a(const struct stress_name *n, uint16_t version, uint32_t i, uint8_t a[4])
{
	uint32_t v = stress_a_word(n->id, version, i);

	memcpy(a, &v, 4);
}

void stress_aaaa(const struct stress_name *n, uint16_t version, uint32_t i, uint8_t aaaa[16])
{
	uint16_t head[4] = {n->id, version, i, 0xaaaa};
	uint32_t tail[2] = {stress_mix(n->id, version), stress_mix(version, i)};

	memcpy(aaaa, head, 8);
	memcpy(aaaa + 8, tail, 8);
}

const struct stress_name *stress_target(const struct stress_world *w, const struct stress_name *n,
					uint16_t version, uint32_t i)
{
	uint32_t nodes = w->count_of[STRESS_NODE] + w->count_of[STRESS_BARE];

	return &w->names[w->first[STRESS_NODE] + (n->id * 7U + version + i * 3U / 2) % nodes];
}

static int change(struct zone *z, const struct stress_name *n, bool add, const struct rr *rr)
{
	int r = add ? zone_add(z, n->wire, rr) : zone_remove(z, n->wire, rr);

	/* an allocation was made to fail: once */
	return r ? (add ? zone_add(z, n->wire, rr) : zone_remove(z, n->wire, rr)) : 0;
}

static int change_all(const struct stress_world *w, struct zone *z, const struct stress_name *n,
		      bool add)
{
	struct rr rr = {.type = DNS_TYPE_A};
	int r = 0;

	for (uint32_t i = 0; i < stress_size(n, DNS_TYPE_A, n->version) && !r; i++) {
		stress_a(n, n->version, i, rr.a);
		r = change(z, n, add, &rr);
	}
	rr.type = DNS_TYPE_AAAA;
	for (uint32_t i = 0; i < stress_size(n, DNS_TYPE_AAAA, n->version) && !r; i++) {
		stress_aaaa(n, n->version, i, rr.aaaa);
		r = change(z, n, add, &rr);
	}
	rr.type = DNS_TYPE_SRV;
	for (uint32_t i = 0; i < stress_size(n, DNS_TYPE_SRV, n->version) && !r; i++) {
		rr.srv.port = n->version;
		rr.srv.weight = n->id << 6 | i;
		rr.srv.target = stress_target(w, n, n->version, i)->wire;
		r = change(z, n, add, &rr);
	}
	return r;
}

int stress_move(struct stress_world *w, struct zone *z, struct stress_name *n, uint16_t version)
{
	int r = n->there ? change_all(w, z, n, false) : 0;

	n->version = version;
	n->there = stress_present(n, version);
	return r ? r : n->there ? change_all(w, z, n, true) : 0;
}

void stress_weaken_hash(struct xdns_config *zc)
{
	zc->hash_key[TWIN_WORD][1] = 0;
}

static void add_name(struct stress_world *w, enum stress_kind kind, const char *text)
{
	struct stress_name *n = &w->names[w->count];

	n->kind = kind;
	n->id = w->count;
	n->wire_len = dname_from_text(text, strlen(text), n->wire);
	if (!w->count_of[kind]++)
		w->first[kind] = w->count;
	w->count++;
}

static void add_names(struct stress_world *w, enum stress_kind kind, const char *format, int n)
{
	char text[256];

	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), format, i);
		add_name(w, kind, text);
	}
}

void stress_world_init(struct stress_world *w)
{
	/* the wire octets 56 to 63 of twins differ, the digit at the label's end */
	static const char twin[] = "twin-twin-twin-twin-twin-twin-twin-twin-twin-twin-twin-twi%d";

	memset(w, 0, sizeof(*w));
	add_names(w, STRESS_SET, "set%d.mesos", 40);
	add_names(w, STRESS_LONG,
		  "a-label-of-some-length-in-front.another-label-of-some-length.and-"
		  "yet-another-of-some-length.long%d.mesos",
		  16);
	add_names(w, STRESS_NODE, "node%d.agents.mesos", 16);
	add_names(w, STRESS_BARE, "bare%d.agents.mesos", 8);
	add_names(w, STRESS_SRV, "_svc%d._tcp.mesos", 32);
	add_names(w, STRESS_COME, "come%d.mesos", 48);
	add_names(w, STRESS_ENT, "ent%d.mesos", ENTS);
	for (int i = 0; i < ENTS; i++) {
		char text[64];

		for (int odd = 0; odd < 2; odd++) {
			snprintf(text, sizeof(text), "%s.ent%d.mesos", odd ? "odd" : "even", i);
			add_name(w, STRESS_CHILD, text);
		}
	}
	for (int i = 0; i < TWINS; i++) {
		char text[128];

		for (int k = 0; k < 2; k++) {
			int len = snprintf(text, sizeof(text), twin, k);

			snprintf(text + len, sizeof(text) - len, ".mesos");
			text[0] = i < 26 ? 'a' + i : '0' + i - 26;
			add_name(w, k ? STRESS_TWIN2 : STRESS_TWIN, text);
		}
	}
	add_names(w, STRESS_NEVER, "never%d.mesos", 64);
}
