// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The maps against the zone, a part at a time, for as long as the daemon runs. */
#include "kernel_internal.h"

#include <inttypes.h>

#include "log.h"

#define CHECK_NAMES 256 /* names, and keys of the map, of one call: well below a millisecond */
#define CHECK_PAUSE 8	/* calls between two walks */

struct part {
	struct kernel *k;
	unsigned left;
};

static void note(struct kernel *k, int r)
{
	k->checked.failed += r != 0; /* the next walk tries again */
}

static void put(struct kernel *k, const struct zone_name *name)
{
	struct xdns_name value;

	generation_name(name, &value);
	kernel_index_begin(k);
	note(k, bpf_map_update_elem(k->gen.names_fd, &name->hash, &value, BPF_ANY));
	kernel_index_end(k);
}

/* An entry that leads elsewhere may stay beside it: the full name decides. */
static void put_front(struct kernel *k, const struct zone_name *name)
{
	kernel_index_begin(k);
	front_put(&k->gen.front, name->hash, 0, name->record);
	kernel_index_end(k);
}

static int check_name(void *ctx, const struct zone_name *name)
{
	struct part *p = ctx;
	struct kernel *k = p->k;
	struct xdns_name value;

	p->left--;
	if (!generation_holds(&k->gen, name->record))
		return p->left == 0; /* was left out for want of memory */
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
	if (k->gen.state->front_complete && front_denies(&k->gen.front, name->hash, name->record)) {
		k->checked.front++;
		put_front(k, name);
	}
	return p->left == 0;
}

/* The next key of the map; false: that was the last, or they do not end. */
static bool check_key(struct kernel *k)
{
	const uint64_t *before = k->check_keys ? &k->check_key : NULL;
	struct zone_name name;
	uint64_t key;
	int r;

	if (k->check_keys > 2 * k->gen.sizes.capacity[POOL_RECORDS] + CHECK_NAMES ||
	    bpf_map_get_next_key(k->gen.names_fd, before, &key))
		return false;
	if (!zone_name_of_hash(k->zone, key, &name)) {
		k->checked.extra++;
		kernel_index_begin(k);
		r = bpf_map_delete_elem(k->gen.names_fd, &key);
		kernel_index_end(k);
		note(k, r);
		if (!r)
			return true; /* the key before leads on */
	}
	k->check_key = key;
	k->check_keys++;
	return true;
}

static void tell(const struct kernel_checked *was, const struct kernel_checked *is)
{
	uint64_t missing = is->missing - was->missing, wrong = is->wrong - was->wrong,
		 extra = is->extra - was->extra, front = is->front - was->front,
		 failed = is->failed - was->failed;

	if (missing + wrong + extra + front)
		log_error("xdp: the maps differed from the zone: %" PRIu64
			  " names missing, %" PRIu64 " with another record, %" PRIu64
			  " too many, %" PRIu64
			  " not in the front index; %s. Has somebody written to them?",
			  missing, wrong, extra, front,
			  failed ? "not all could be repaired, trying again" : "repaired");
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
	while (k->check_names_done && p.left && check_key(k))
		p.left--;
	if (k->check_names_done && p.left)
		end_walk(k);
}

struct kernel_checked kernel_checked(const struct kernel *k)
{
	return k->checked;
}
