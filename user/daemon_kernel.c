// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The daemon's kernel half: the program and the zone, the interfaces, what a daemon before left. */
#include "daemon_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "util.h"
#include "zone.h"
#include "zone_read.h"

#define KERNEL_RETRY_NS	     (3 * NSEC_PER_SEC)
#define INTERFACES_SETTLE_MS 100 /* changes of links and addresses come in bursts */

/* A link-local address says nothing without its link (RFC 4472 2.1). */
static bool is_for_others(const struct interface_address *a)
{
	const uint8_t *octet = a->address.bytes;

	return !a->loopback &&
	       !(a->address.family == AF_INET6 && octet[0] == 0xfe && (octet[1] & 0xc0) == 0x80);
}

void daemon_tell_listeners(struct daemon *d)
{
	const struct sockaddr_in *v4 = (const void *)&d->cfg->listener;
	const struct sockaddr_in6 *v6 = (const void *)&d->cfg->listener;
	struct address *list = calloc(d->interfaces.addresses_count + 1, sizeof(*list));
	size_t count = 0;

	if (!list) {
		log_error("zone: no memory for the new addresses; keeping the previous zone");
		return;
	}
	if (!d->cfg->listener_any) {
		list[0].family = d->cfg->listener.ss_family;
		if (list[0].family == AF_INET)
			memcpy(list[0].bytes, &v4->sin_addr, 4);
		else
			memcpy(list[0].bytes, &v6->sin6_addr, 16);
		count = 1;
	}
	for (size_t i = 0; i < d->interfaces.addresses_count && d->cfg->listener_any; i++)
		if (is_for_others(&d->interfaces.addresses[i]))
			list[count++] = d->interfaces.addresses[i].address;
	follower_set_listeners(d->follower, list, count);
}

/*
 * Takes over the text; NULL: there was no memory for it. Each update tries again: a reason may
 * pass.
 */
static void note_refusal(struct daemon *d, char *why)
{
	bool same =
		d->refused && (why && d->refusal ? !strcmp(d->refusal, why) : why == d->refusal);

	if (!same)
		log_warn("xdp: %s; serving everything from userspace", why ? why : "no memory");
	free(d->refusal);
	d->refusal = why;
	d->refused = true;
}

static int claim(struct daemon *d, char **ret_error)
{
	int r = kernel_claim(d->cfg, &d->kernel, ret_error);

	if (!r)
		kernel_set_limiter(d->kernel, &d->limiter);
	return r;
}

/* After each update: starts the program with the first zone; later, mends what failed. */
void daemon_follow_kernel(struct daemon *d)
{
	_cleanup_free_ char *why = NULL;

	if (now_ns() < d->kernel_retry_ns) /* a load that fails costs most of a second */
		return;
	if (d->kernel && kernel_started(d->kernel)) {
		if (kernel_heal(d->kernel))
			d->kernel_retry_ns = now_ns() + KERNEL_RETRY_NS;
		else
			kernel_sync(d->kernel, &d->interfaces);
		return;
	}
	if (!config_wants_xdp(d->cfg) || !zone_ready(d->zone) || zone_incomplete(d->zone))
		return;
	if (!d->cfg->port) {
		note_refusal(d, strdup("needs a fixed port, not 0"));
		return;
	}
	if ((!d->kernel && claim(d, &why)) ||
	    kernel_start(d->kernel, d->zone, &d->interfaces, &why)) {
		d->kernel_retry_ns = now_ns() + KERNEL_RETRY_NS;
		note_refusal(d, TAKE_PTR(why));
		return;
	}
	free(TAKE_PTR(d->refusal));
	d->refused = false;
	if (!kernel_sync(d->kernel, &d->interfaces))
		log_warn("xdp: no interface to attach to; serving everything from userspace");
}

void daemon_limit(struct daemon *d)
{
	if (!d->cfg->responses_per_second || d->limiter.cells)
		return;
	if (config_wants_xdp(d->cfg) && !kernel_create_cells(&d->limiter))
		return;
	if (limiter_set_cells(&d->limiter, NULL, -1))
		log_error("responsesPerSecond: no memory: userspace does not limit responses");
}

void daemon_on_check(uv_timer_t *timer)
{
	const struct daemon *d = timer->data;

	if (!d->kernel)
		return;
	kernel_follow_wall_clock(d->kernel);
	kernel_check(d->kernel);
}

struct taking {
	struct zone *zone;
	struct record_list *list;
};

static int take_record(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	struct taking *t = ctx;
	int r = zone_add(t->zone, owner, rr);

	if (r)
		return r;
	r = t->list->sink.put(&t->list->sink, owner, dname_wire_len(owner), rr);
	if (r)
		zone_remove(t->zone, owner, rr);
	return r;
}

/* The zone that the daemon before has left in the kernel's maps. */
void daemon_restore(struct daemon *d)
{
	struct zone_changes changes;
	struct kernel_restored was;
	struct record_list list;
	struct taking t = {d->zone, &list};
	int r;

	record_list_init(&list);
	r = kernel_restore(d->kernel, take_record, &t, &was);
	if (!r)
		r = zone_commit(d->zone, was.serial, &changes);
	if (r) {
		if (r != -ENOENT)
			log_warn("xdp: the zone in the maps cannot be taken over: %s",
				 strerror(-r));
		/* what was put into the zone so far is taken out with the first document */
		follower_restored(d->follower, &list, 0, "");
		return;
	}
	zone_set_expired(d->zone, was.expired);
	zone_set_incomplete(d->zone, !was.complete);
	log_notice("zone: %" PRIu64 " names taken over from the kernel's maps, serial %u%s%s",
		   was.names, was.serial, was.expired ? ", expired" : "",
		   was.complete ? "" : ", not all of them");
	daemon_follow_transfers(d);
	follower_restored(d->follower, &list, was.heard, was.master_id);
	daemon_follow_kernel(d);
}

/* -EBUSY: another daemon serves; anything else leaves userspace to serve alone. */
int daemon_claim_kernel(struct daemon *d)
{
	_cleanup_free_ char *why = NULL;
	int r;

	if (!config_wants_xdp(d->cfg) || !d->cfg->port)
		return 0;
	r = claim(d, &why);
	if (r == -EBUSY)
		log_error("%s", why ? why : strerror(-r));
	else if (r)
		note_refusal(d, TAKE_PTR(why));
	return r == -EBUSY ? r : 0;
}

/* Cookies that a daemon before has given stay good, if its maps are still there. */
int daemon_settle_cookies(struct daemon *d)
{
	struct xdns_cookies before;
	bool found = d->kernel && !kernel_pinned_cookies(d->kernel, &before);
	int r = config_settle_cookies(d->cfg, found ? &before : NULL);

	explicit_bzero(&before, sizeof(before));
	return r;
}

/* Links or addresses changed: the program's interfaces and the listener's records follow. */
static void on_settled(uv_timer_t *timer)
{
	struct daemon *d = timer->data;
	struct interfaces in;

	if (interfaces_scan(&in))
		return;
	interfaces_done(&d->interfaces);
	d->interfaces = in;
	if (d->kernel)
		kernel_sync(d->kernel, &d->interfaces);
	daemon_tell_listeners(d);
}

void daemon_on_netlink(uv_poll_t *poll, int status, int events)
{
	struct daemon *d = poll->data;

	(void)events;
	interfaces_drain(d->netlink_fd);
	if (status < 0) /* events were lost, for which libuv stopped watching */
		uv_poll_start(poll, UV_READABLE, daemon_on_netlink);
	uv_timer_start(&d->settle, on_settled, INTERFACES_SETTLE_MS, 0);
}
