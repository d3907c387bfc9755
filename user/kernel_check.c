// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The maps against the zone, a part at a time, for as long as the daemon runs. */
#include "kernel_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <urcu.h>

#include "log.h"

/* first, for answer.h */
#include "reply_env.h"

#include "answer.h"

#define CHECK_NAMES 256 /* names, and keys of the map, of one call: well below a millisecond */
#define CHECK_PAUSE 8	/* calls between two walks */

struct part {
	struct kernel *k;
	unsigned left;
	bool front; /* the front index has to be built anew */
};

static void put(struct kernel *k, const struct zone_name *name)
{
	struct xdns_name value;

	generation_name(name, &value);
	kernel_index_begin(k);
	bpf_map_update_elem(k->gen.names_fd, &name->hash, &value, BPF_ANY);
	kernel_index_end(k);
}

static int check_name(void *ctx, const struct zone_name *name)
{
	struct part *p = ctx;
	struct kernel *k = p->k;
	struct xdns_name value;

	if (!generation_holds(&k->gen, name->record))
		return 0; /* was left out for want of memory */
	k->checked.names++;
	if (bpf_map_lookup_elem(k->gen.names_fd, &name->hash, &value)) {
		if (k->gen.state->names_complete) {
			k->checked.missing++;
			put(k, name);
		}
	} else if (value.record != name->record) {
		k->checked.wrong++;
		put(k, name);
	}
	if (k->gen.state->front_complete && !front_has(&k->gen.front, name->hash, name->record)) {
		k->checked.front++;
		p->front = true;
	}
	return --p->left == 0;
}

/* Is this key the hash of a name the zone has? */
static bool belongs(const struct kernel *k, uint64_t key, uint32_t record)
{
	const struct pool *pool = zone_pool(k->zone);
	const struct xdns_record *r;
	uint8_t wire[DNS_NAME_MAX + 1];
	struct xdns_qname q;
	bool found = false;

	if (record == XDNS_REF_COLLISION)
		return true; /* of two names: which, the map does not say */
	if (!generation_holds(&k->gen, record))
		return false;
	r = pool_at(pool, POOL_RECORDS, record);
	if (!r->name_len || xdns_put_name(pool, r, wire) ||
	    xdns_qname_read(wire, wire + r->name_len, zone_config(k->zone)->hash_key, &q))
		return false;
	rcu_read_lock();
	found = q.hash == key && zone_find(k->zone, &q);
	rcu_read_unlock();
	return found;
}

/* The next key of the map; false: that was the last, or they do not end. */
static bool check_key(struct kernel *k)
{
	const uint64_t *before = k->check_keys ? &k->check_key : NULL;
	struct xdns_name value;
	uint64_t key;

	if (k->check_keys > 2 * k->gen.sizes.capacity[POOL_RECORDS] + CHECK_NAMES ||
	    bpf_map_get_next_key(k->gen.names_fd, before, &key))
		return false;
	if (!bpf_map_lookup_elem(k->gen.names_fd, &key, &value) && !belongs(k, key, value.record)) {
		k->checked.extra++;
		kernel_index_begin(k);
		bpf_map_delete_elem(k->gen.names_fd, &key);
		kernel_index_end(k);
		return true; /* the key before leads on */
	}
	k->check_key = key;
	k->check_keys++;
	return true;
}

static void tell(const struct kernel_checked *was, const struct kernel_checked *is)
{
	uint64_t missing = is->missing - was->missing, wrong = is->wrong - was->wrong,
		 extra = is->extra - was->extra, front = is->front - was->front;

	if (missing + wrong + extra + front)
		log_error("xdp: the maps differed from the zone: %" PRIu64
			  " names missing, %" PRIu64 " with another record, %" PRIu64
			  " too many, %" PRIu64
			  " not in the front index; repaired. Has somebody written to them?",
			  missing, wrong, extra, front);
}

static void end_walk(struct kernel *k)
{
	k->checked.walks++;
	tell(&k->checked_before, &k->checked);
	k->checked_before = k->checked;
	k->check_at = k->check_keys = 0;
	k->check_names_done = false;
	k->check_pause = CHECK_PAUSE;
}

void kernel_check(struct kernel *k)
{
	struct part p = {.k = k, .left = CHECK_NAMES};

	if (!k->gen.skel || k->broken || zone_pending(k->zone))
		return;
	if (k->check_pause) {
		k->check_pause--;
		return;
	}
	if (!k->check_names_done)
		k->check_names_done = !zone_names_from(k->zone, &k->check_at, check_name, &p);
	if (p.front)
		kernel_renew_front(k);
	while (k->check_names_done && p.left && check_key(k))
		p.left--;
	if (k->check_names_done && p.left)
		end_walk(k);
}

struct kernel_checked kernel_checked(const struct kernel *k)
{
	return k->checked;
}
