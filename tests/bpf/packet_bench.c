// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <urcu.h>

#include "kernel.h"
#include "packet_bench.h"
#include "packet_cookie.h"
#include "packet_frame.h"
#include "packet_rules.h"
#include "util.h"
#include "zone_mirror.h"
#include "zone_read.h"

#define SERVING_CHANGES 6	   /* any even number */
#define BEYOND		0x7fffffff /* a record that no map has */

static void set_state(enum packet_zone which, struct xdns_state *s)
{
	s->nsid = which == ZONE_QUIET;
	s->wall = PACKET_NOW * NSEC_PER_SEC;
	s->serving = 1;
	s->changes = SERVING_CHANGES;
	s->serial = PACKET_SERIAL;
	s->max_udp = DNS_UDP_EDNS_MAX;
	s->ip4_count = s->ip6_count = 2;
	for (int i = 0; i < 2; i++) {
		memcpy(&s->ip4[i].address, server_ip4[i], 4);
		memcpy(&s->ip4[i].broadcast, broadcast_ip4[i], 4);
		memcpy(s->ip6[i].address, server_ip6[i], 16);
	}
}

static void set_options(enum packet_zone which, struct config *cfg)
{
	if (which == ZONE_QUIET) {
		cfg->nsid_len = strlen(PACKET_NSID);
		memcpy(cfg->nsid_octets, PACKET_NSID, cfg->nsid_len);
		return;
	}
	cfg->cookies.secrets = PACKET_SECRETS;
	memcpy(cfg->cookies.secret, packet_secrets, sizeof(packet_secrets));
}

static void open_planes(enum packet_zone which, bool kernel, struct bench *ret)
{
	const struct limiter *limiter = ret->limited ? &ret->limiter : NULL;

	ret->model = &packet_zones[which];
	packet_zone_build(ret->model, &ret->cfg, &ret->zone);
	set_options(which, ret->cfg);
	if (kernel && !loaded_new(ret->zone, limiter, &ret->loaded, &ret->why_not)) {
		set_state(which, loaded_state(ret->loaded));
		loaded_set_now(ret->loaded, PACKET_NOW);
		assert_int_equal(loaded_set_cookies(ret->loaded, &ret->cfg->cookies), 0);
	}
	ret->native = native_new(ret->zone);
	assert_non_null(ret->native);
	set_state(which, native_state(ret->native));
	native_cookies(ret->native)[0] = ret->cfg->cookies;
	/* each zone registers its writer; here one thread has several zones */
	rcu_unregister_thread();
}

void bench_open(enum packet_zone which, struct bench *ret)
{
	memset(ret, 0, sizeof(*ret));
	open_planes(which, true, ret);
}

void bench_open_native(enum packet_zone which, struct bench *ret)
{
	memset(ret, 0, sizeof(*ret));
	open_planes(which, false, ret);
}

/* Without the kernel's cells the program has none. */
void bench_open_limited(enum packet_zone which, bool kernel, struct bench *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->limited = true;
	assert_int_equal(limiter_init(&ret->limiter), 0);
	if (kernel)
		kernel = !kernel_create_cells(&ret->limiter);
	open_planes(which, kernel, ret);
	bench_set_rules(ret, RULES_ROOM);
}

void bench_close(struct bench *b)
{
	rcu_register_thread();
	loaded_free(b->loaded);
	native_free(b->native);
	zone_free(b->zone);
	config_free(b->cfg);
	clients_clear(&b->lists);
	free(b->why_not);
}

static const struct xdns_record *find(struct bench *b, const char *name, uint64_t *ret_hash)
{
	uint8_t wire[PACKET_WIRE_MAX];
	struct xdns_qname q;
	size_t len = packet_name(name, wire);
	const struct xdns_record *r;

	assert_int_equal(xdns_qname_read(wire, wire + len, zone_config(b->zone)->hash_key, &q), 0);
	rcu_read_lock();
	r = zone_find(b->zone, &q);
	rcu_read_unlock();
	assert_non_null(r);
	*ret_hash = q.hash;
	return r;
}

static uint32_t index_of(struct bench *b, const struct xdns_record *r)
{
	return r - (const struct xdns_record *)pool_at(zone_pool(b->zone), POOL_RECORDS, 0);
}

static void set_ref(struct bench *b, uint64_t hash, uint32_t record)
{
	assert_int_equal(native_set_record(b->native, hash, record), 0);
	if (b->loaded)
		assert_int_equal(loaded_set_record(b->loaded, hash, record), 0);
}

/* Out of the small index, or in it again. */
static void set_front(struct bench *b, const char *name, bool odd)
{
	uint64_t hash;
	uint32_t record = index_of(b, find(b, name, &hash));

	if (!odd) {
		set_ref(b, hash, record);
		native_state(b->native)->front_complete = 1;
		if (b->loaded)
			loaded_state(b->loaded)->front_complete = 1;
		return;
	}
	native_leave_front(b->native, hash);
	if (b->loaded)
		assert_int_equal(loaded_leave_front(b->loaded, hash), 0);
}

/* Where the record's sets are: beyond the maps, or as they were. */
static void set_sets(const struct xdns_record *record, bool odd)
{
	static struct xdns_record kept;
	struct xdns_record *r = (struct xdns_record *)record;

	if (odd)
		kept = *r;
	r->a_set = odd ? BEYOND : kept.a_set;
	r->aaaa_set = odd ? BEYOND : kept.aaaa_set;
	r->srv_set = odd ? BEYOND : kept.srv_set;
	r->name_tail = odd ? BEYOND : kept.name_tail;
}

static void set_plane(struct bench *b, const struct row *row, bool odd)
{
	const struct plane *p = &row->plane;
	struct xdns_state *state[] = {native_state(b->native),
				      b->loaded ? loaded_state(b->loaded) : NULL};
	const struct xdns_record *r;
	uint64_t hash, other;

	for (int i = 0; i < 2 && state[i]; i++) {
		state[i]->serving = !odd	     ? XDNS_SERVING_YES
				    : p->not_serving ? XDNS_SERVING_NO
				    : p->expired     ? XDNS_SERVING_EXPIRED
						     : XDNS_SERVING_YES;
		state[i]->changes = SERVING_CHANGES + (odd && p->changing);
		state[i]->names_complete = !(odd && p->incomplete);
		state[i]->max_udp = odd && p->max_udp ? p->max_udp : DNS_UDP_EDNS_MAX;
	}
	if (p->collision || p->other_name || p->beyond) {
		r = find(b, row->ask.name, &hash);
		if (odd)
			r = p->other_name ? find(b, p->other_name, &other) : NULL;
		set_ref(b, hash,
			r		   ? index_of(b, r)
			: odd && p->beyond ? BEYOND
					   : XDNS_REF_COLLISION);
	}
	if (p->front_lacks)
		set_front(b, row->ask.name, odd);
	if (p->no_set)
		set_sets(find(b, row->ask.name, &hash), odd);
	if (p->hole) {
		static uint32_t kept;
		struct xdns_ref *ref;

		r = find(b, row->ask.name, &hash);
		ref = pool_at(zone_pool(b->zone), POOL_TARGETS, r->srv[0].target);
		if (odd)
			kept = ref->record;
		ref->record = odd ? 0 : kept;
	}
}

void bench_plane_set(struct bench *b, const struct row *row)
{
	set_plane(b, row, true);
}

void bench_plane_reset(struct bench *b, const struct row *row)
{
	set_plane(b, row, false);
}

struct reply_client bench_client(const struct frame *query)
{
	struct reply_client client = {.now = PACKET_NOW, .address = {.is_ip6 = query->ip6}};
	const uint8_t *ip = query->octet + query->l3;

	if (query->ip6) {
		memcpy(&client.address.hi, ip + 8, 8);
		memcpy(&client.address.lo, ip + 16, 8);
	} else {
		memcpy(&client.address.lo, ip + 12, 4);
	}
	return client;
}
