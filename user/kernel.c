// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The mirror of the zone's index, and the life of generations. */
#include "kernel_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "limiter.h"
#include "log.h"
#include "mesos-xdns.skel.h"
#include "util.h"

/* From now on the program passes everything: userspace has the truth. */
static void stop_serving(struct kernel *k, const char *why, int r)
{
	if (!k->broken)
		log_error("xdp: %s: %s; serving from userspace alone", why, strerror(-r));
	k->broken = true;
	__atomic_store_n(&k->gen.state->serving, XDNS_SERVING_NO, __ATOMIC_SEQ_CST);
}

/*
 * Around every change of the index `changes` is odd, and differs afterwards:
 * a look-up that missed and saw it so does not call the name missing.
 */
void kernel_index_begin(struct kernel *k)
{
	__atomic_add_fetch(&k->gen.state->changes, 1, __ATOMIC_SEQ_CST);
	/*
	 * Whoever sees what the kernel stores next also sees the odd number and the records: a
	 * reader that stands on a hash element used again gets there without the kernel's barriers.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void kernel_index_end(struct kernel *k)
{
	__atomic_add_fetch(&k->gen.state->changes, 1, __ATOMIC_SEQ_CST);
}

/*
 * A name that the maps have no room for. The program learns that misses prove nothing before the
 * name could be missed, and the name's old record is not to be found by then.
 */
static int leave_out(struct kernel *k, const struct zone_name *name)
{
	__atomic_store_n(&k->gen.state->names_complete, 0, __ATOMIC_SEQ_CST);
	front_remove(&k->gen.front, name->hash, name->old);
	if (bpf_map_delete_elem(k->gen.names_fd, &name->hash) && errno != ENOENT)
		return -errno;
	return 0;
}

static int put_one(struct kernel *k, const struct zone_name *name)
{
	struct xdns_name value;

	if (!generation_holds(&k->gen, name->record))
		return leave_out(k, name);
	generation_name(name, &value);
	if (bpf_map_update_elem(k->gen.names_fd, &name->hash, &value, BPF_ANY))
		return errno == E2BIG && k->gen.sizes.limited ? leave_out(k, name) : -errno;
	front_put(&k->gen.front, name->hash, name->old, name->record);
	return 0;
}

static void mirror_put(void *ctx, const struct zone_name *names, size_t n)
{
	struct kernel *k = ctx;
	int r = 0;

	if (k->broken)
		return;
	kernel_index_begin(k);
	for (size_t i = 0; i < n && !r; i++)
		r = put_one(k, &names[i]);
	if (r)
		stop_serving(k, "the map `names` took no more entries", r);
	kernel_index_end(k);
}

static void mirror_remove(void *ctx, const struct zone_name *names, size_t n)
{
	struct kernel *k = ctx;
	int r = 0;

	if (k->broken)
		return;
	kernel_index_begin(k);
	for (size_t i = 0; i < n && !r; i++) {
		front_remove(&k->gen.front, names[i].hash, names[i].old);
		if (bpf_map_delete_elem(k->gen.names_fd, &names[i].hash) && errno != ENOENT)
			r = -errno;
	}
	if (r)
		stop_serving(k, "the map `names` kept an entry", r);
	kernel_index_end(k);
}

/* Meanwhile look-ups that miss ask the hash map, or see that `changes` moved. */
void kernel_renew_front(struct kernel *k)
{
	kernel_index_begin(k);
	__atomic_store_n(&k->gen.state->front_complete, 0, __ATOMIC_SEQ_CST);
	front_clear(&k->gen.front);
	generation_fill_front(k->zone, &k->gen);
	kernel_index_end(k);
}

/*
 * An update of a map of maps returns when every program run that began before is over: what the
 * kernel promises for it (maybe_wait_bpf_programs()) is the grace period wanted here.
 */
void kernel_wait_for_runs(struct kernel *k)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(k->grace_fd, &zero, &k->grace_inner_fd, BPF_ANY))
		sleep(1); /* never seen; far longer than a program run */
}

static void mirror_wait(void *ctx)
{
	kernel_wait_for_runs(ctx);
}

void kernel_set_master(struct kernel *k, const char *id)
{
	char cut[XDNS_MASTER_ID_MAX] = "";

	snprintf(cut, sizeof(cut), "%s", id);
	if (!memcmp(cut, k->master_id, sizeof(cut)))
		return;
	memcpy(k->master_id, cut, sizeof(cut));
	if (k->gen.state)
		memcpy(k->gen.state->master_id, cut, sizeof(cut));
}

/* Each number by itself: for a moment the program may go by an old one and a new one. */
static void set_limit(const struct kernel *k, struct xdns_state *s)
{
	struct xdns_limit rule = {0};

	if (k->limiter)
		limiter_rule(k->limiter, k->cfg, &rule);
	for (size_t i = 0; i < ARRAY_SIZE(rule.key); i++)
		__atomic_store_n(&s->limit.key[i], rule.key[i], __ATOMIC_RELAXED);
	__atomic_store_n(&s->limit.slip, rule.slip, __ATOMIC_RELAXED);
	__atomic_store_n(&s->limit.interval, rule.interval, __ATOMIC_RELAXED);
}

static void set_state(struct kernel *k, struct generation *g)
{
	struct xdns_state *s = g->state;

	memcpy(s->ip4, k->addresses.ip4, sizeof(s->ip4));
	memcpy(s->ip6, k->addresses.ip6, sizeof(s->ip6));
	s->ip4_count = k->addresses.ip4_count;
	s->ip6_count = k->addresses.ip6_count;
	s->max_udp = k->addresses.max_udp;
	s->serial = k->serial;
	set_limit(k, s);
	memcpy(s->master_id, k->master_id, sizeof(s->master_id));
	__atomic_store_n(&s->serving,
			 clock_expired(k->heard, k->cfg->soa_expire) ? XDNS_SERVING_EXPIRED
								     : XDNS_SERVING_YES,
			 __ATOMIC_SEQ_CST);
	clock_start(k, g);
}

/* Octets the maps may take. */
static uint64_t memory_limit(const struct config *cfg)
{
	return cfg->xdp_memory ? (uint64_t)cfg->xdp_memory << 20 : SIZES_ANY;
}

/* Once, of a zone at rest. */
static void tell_limit(struct kernel *k)
{
	uint64_t needed = sizes_needed(zone_pool(k->zone)) + k->gen.fixed;

	if (k->told || needed <= k->gen.memory)
		return;
	k->told = true;
	log_warn("xdp: the zone needs %" PRIu64 " MiB of maps, xdpMemory allows %d: names that do "
		 "not fit are answered from userspace",
		 (needed + (1 << 20) - 1) >> 20, k->cfg->xdp_memory);
}

static struct generation_wanted wanted_now(const struct kernel *k)
{
	return (struct generation_wanted){
		.memory = memory_limit(k->cfg),
		.frags = k->frags,
		.grown = k->grown,
		.limit = k->cfg->responses_per_second && k->limiter,
		.limiter = k->limiter,
		.clients = &k->cfg->clients,
	};
}

/* Builds a generation of the zone's present size and puts it in the place of the old. */
int kernel_renew(struct kernel *k, char **ret_error)
{
	uint64_t carried[XDNS_COUNTERS_COUNT];
	struct generation fresh;
	struct generation_wanted wanted = wanted_now(k);
	int r = generation_build(k->zone, &wanted, &fresh, ret_error);

	if (r)
		return r;
	set_state(k, &fresh);
	if (counters_carry(k, &fresh, carried))
		log_debug("xdp: the program's counters begin at 0");
	r = cookies_start(k, &fresh);
	if (!r)
		r = generation_pin(&fresh, k->cfg->bpf_dir);
	if (r && asprintf(ret_error, "pinning the maps: %s", strerror(-r)) < 0)
		*ret_error = NULL;
	if (!r) {
		r = attachments_switch(k, generation_program(&fresh));
		if (r && asprintf(ret_error, "switching the program: %s", strerror(-r)) < 0)
			*ret_error = NULL;
	}
	if (!r) {
		r = generation_settle(&fresh, k->cfg->bpf_dir);
		if (r && asprintf(ret_error, "renaming the pins: %s", strerror(-r)) < 0)
			*ret_error = NULL;
	}
	if (r) {
		/* a link that was switched before another failed keeps this program: it passes */
		__atomic_store_n(&fresh.state->serving, XDNS_SERVING_NO, __ATOMIC_SEQ_CST);
		generation_free(&fresh);
		return r;
	}
	counters_carried(k, carried);
	if (k->gen.skel)
		generation_free(&k->gen);
	k->gen = fresh;
	k->broken = false;
	return 0;
}

static int let_go(struct kernel *k)
{
	attachments_drop(k);
	return pool_detach(zone_pool(k->zone));
}

/* Other maps for the zone; without them the program stops. */
static int outgrow(struct kernel *k)
{
	_cleanup_free_ char *error = NULL;
	int r;

	k->grown = true;
	r = kernel_renew(k, &error);
	if (!r) {
		log_info("xdp: the zone outgrew its maps: new ones are in place");
		return 0;
	}
	log_error("xdp: no larger maps for the zone (%s)", error ? error : "no memory");
	stop_serving(k, "the zone does not fit its maps", r);
	return let_go(k);
}

static int mirror_grow(void *ctx)
{
	struct kernel *k = ctx;

	return k->broken ? let_go(k) : outgrow(k);
}

static void mirror_committed(void *ctx, uint32_t serial)
{
	struct kernel *k = ctx;

	k->serial = serial;
	if (k->broken)
		return;
	__atomic_store_n(&k->gen.state->serial, serial, __ATOMIC_RELEASE);
	if (generation_outgrown(&k->gen, zone_pool(k->zone)))
		outgrow(k);
	else if (front_worn(&k->gen.front))
		kernel_renew_front(k);
	tell_limit(k);
}

int kernel_heal(struct kernel *k)
{
	_cleanup_free_ char *error = NULL;

	if (!k->broken || !k->gen.skel)
		return 0;
	if (kernel_renew(k, &error)) {
		log_debug("xdp: still not serving: %s", error ? error : "no memory");
		return let_go(k);
	}
	log_notice("xdp: serving again");
	return 0;
}

static const struct zone_mirror mirror = {
	.put = mirror_put,
	.remove = mirror_remove,
	.committed = mirror_committed,
	.grow = mirror_grow,
	.wait_for_readers = mirror_wait,
};

static int open_grace(struct kernel *k)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);

	k->grace_inner_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdns_grace_in", 4, 4, 1, NULL);
	if (k->grace_inner_fd < 0)
		return -errno;
	opts.inner_map_fd = k->grace_inner_fd;
	k->grace_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "xdns_grace", 4, 4, 1, &opts);
	return k->grace_fd < 0 ? -errno : 0;
}

static int libbpf_log(enum libbpf_print_level level, const char *fmt, va_list args)
{
	_cleanup_free_ char *text = NULL;

	if (level == LIBBPF_DEBUG || vasprintf(&text, fmt, args) < 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	log_debug("%s", text);
	return 0;
}

int kernel_claim(const struct config *cfg, struct kernel **ret, char **ret_error)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	libbpf_set_print(libbpf_log);
	*k = (struct kernel){.cfg = cfg,
			     .pins_lock = -1,
			     .grace_fd = -1,
			     .grace_inner_fd = -1,
			     .counters_before = -1};
	k->addresses.max_udp = DNS_UDP_EDNS_MAX;
	r = pins_open(cfg->bpf_dir, &k->pins_lock, ret_error);
	if (r) {
		free(k);
		return r;
	}
	*ret = k;
	return 0;
}

/*
 * The first generation, in the place of what may still be attached. A driver that refuses the
 * plain program had the one for frames of several buffers until now.
 */
static int first_generation(struct kernel *k, char **ret_error)
{
	int r = kernel_renew(k, ret_error);

	if (!r || !k->attached_count || k->frags)
		return r;
	free(TAKE_PTR(*ret_error));
	k->frags = true;
	r = kernel_renew(k, ret_error);
	if (r)
		k->frags = false;
	return r;
}

int kernel_start(struct kernel *k, struct zone *zone, const struct interfaces *in, char **ret_error)
{
	int r = k->grace_fd < 0 ? open_grace(k) : 0;

	if (r && asprintf(ret_error, "creating BPF maps (needs CAP_BPF): %s", strerror(-r)) < 0)
		*ret_error = NULL;
	k->zone = zone;
	k->serial = zone_serial(zone);
	attachments_adopt(k, in);
	if (!r)
		r = first_generation(k, ret_error);
	if (r) {
		attachments_drop(k);
		pins_remove_all(k->cfg->bpf_dir);
		pool_detach(zone_pool(zone));
		k->zone = NULL;
		return r;
	}
	attachments_pin(k);
	tell_limit(k);
	zone_set_mirror(zone, &mirror, k);
	return 0;
}

bool kernel_started(const struct kernel *k)
{
	return k->gen.skel;
}

int kernel_open(const struct config *cfg, struct zone *zone, struct kernel **ret, char **ret_error)
{
	struct kernel *k;
	int r = kernel_claim(cfg, &k, ret_error);

	if (r)
		return r;
	r = kernel_start(k, zone, NULL, ret_error);
	if (r) {
		kernel_close(k, false);
		return r;
	}
	*ret = k;
	return 0;
}

void kernel_set_limiter(struct kernel *k, const struct limiter *l)
{
	k->limiter = l;
}

/*
 * Other lists and numbers in the maps, or another program if the one that runs does not look at
 * them. What the operator forbids must not be answered: if it cannot be done, userspace answers.
 */
static void follow_limits(struct kernel *k)
{
	_cleanup_free_ char *error = NULL;
	struct generation_wanted wanted = wanted_now(k);
	int r;

	if (generation_extras(&wanted) != k->gen.extras) {
		r = kernel_renew(k, &error);
		if (!r)
			log_info("xdp: another program is in place: lists of clients %s, "
				 "response-rate limiting %s",
				 k->gen.extras & XDNS_EXTRA_CLIENTS ? "on" : "off",
				 k->gen.extras & XDNS_EXTRA_LIMIT ? "on" : "off");
	} else {
		set_limit(k, k->gen.state);
		r = generation_set_clients(&k->gen, wanted.clients);
	}
	if (r)
		stop_serving(k, error ? error : "the new lists of clients", r);
}

void kernel_reconfigure(struct kernel *k, const struct config *cfg)
{
	k->cfg = cfg;
	k->told = false;
	if (!k->gen.skel)
		return;
	cookies_change(k);
	clock_start(k, &k->gen);
	if (!k->broken)
		follow_limits(k);
}

/* Only what is whole, and will end. */
static bool may_keep(const struct kernel *k)
{
	return !k->gen.skel || (!k->broken && !k->clock_failed && !(k->gen.state->changes & 1));
}

void kernel_close(struct kernel *k, bool keep)
{
	if (!k)
		return;
	keep = keep && may_keep(k);
	if (k->zone)
		zone_set_mirror(k->zone, NULL, NULL);
	if (keep)
		attachments_leave(k);
	else
		attachments_drop(k);
	/* copies: the program goes on reading the maps */
	if (k->zone)
		pool_detach(zone_pool(k->zone));
	if (k->gen.skel)
		generation_free(&k->gen);
	pins_close(k->cfg->bpf_dir, k->pins_lock, keep);
	if (k->grace_fd >= 0)
		close(k->grace_fd);
	if (k->grace_inner_fd >= 0)
		close(k->grace_inner_fd);
	counters_close(k);
	free(k->complaints);
	free(k->complained);
	free(k);
}
