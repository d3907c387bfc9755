// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Which interfaces the program belongs on, in which mode, and the links that hold it there. */
#include "kernel_internal.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "util.h"

#define IP6_UDP_HEADERS 48 /* what an MTU must hold beside a DNS message */

static bool listened(const struct config *cfg, const struct address *a)
{
	const struct sockaddr_in *v4 = (const void *)&cfg->listener;
	const struct sockaddr_in6 *v6 = (const void *)&cfg->listener;

	if (cfg->listener_any)
		return true;
	if (a->family != cfg->listener.ss_family)
		return false;
	return a->family == AF_INET ? !memcmp(a->bytes, &v4->sin_addr, 4)
				    : !memcmp(a->bytes, &v6->sin6_addr, 16);
}

bool attachments_wanted(const struct config *cfg, const struct interfaces *in,
			const struct interface *i)
{
	if (!i->up || !i->ethernet)
		return false;
	for (size_t n = 0; n < cfg->xdp_interfaces_count; n++)
		if (!strcmp(cfg->xdp_interfaces[n], i->name))
			return true;
	if (cfg->xdp_interfaces_count || i->loopback)
		return false;
	for (size_t n = 0; n < in->addresses_count; n++)
		if (in->addresses[n].index == i->index && listened(cfg, &in->addresses[n].address))
			return true;
	return false;
}

static bool runs_xdp(unsigned index)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	return !bpf_xdp_query(index, 0, &opts) &&
	       (opts.attach_mode == XDP_ATTACHED_DRV || opts.attach_mode == XDP_ATTACHED_MULTI);
}

/*
 * A veth end gets what the other end transmits natively only if it runs an XDP program itself;
 * else the frames vanish without a trace. An end in another namespace cannot
 * be asked.
 */
const char *attachments_native_would_lose(const struct interface *i)
{
	if (strcmp(i->driver, "veth"))
		return NULL;
	if (!i->peer)
		return "its peer is in another network namespace, where it cannot be seen";
	return runs_xdp(i->peer) ? NULL : "its peer runs no XDP program";
}

static int link_create(int prog_fd, unsigned index, bool native)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		    .flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
	int fd = bpf_link_create(prog_fd, index, BPF_XDP, &opts);

	return fd < 0 ? -errno : fd;
}

/*
 * A program that knows of frames in several buffers. It costs each query the question whether its
 * frame is one, so only hosts whose driver refused the plain program get it.
 */
static int take_frags(struct kernel *k)
{
	_cleanup_free_ char *error = NULL;
	int r;

	k->frags = true;
	r = kernel_renew(k, &error);
	if (!r)
		return 0;
	k->frags = false;
	log_warn("xdp: no program for frames in several buffers: %s", error ? error : "no memory");
	return r;
}

/* Drivers refuse the plain program where the MTU allows frames of several buffers, veth by ERANGE.
 */
static int attach_native(struct kernel *k, const struct interface *i)
{
	int fd = link_create(generation_program(&k->gen), i->index, true);

	if (k->frags || (fd != -ERANGE && (fd >= 0 || i->mtu <= ETH_DATA_LEN)) || fd == -EBUSY ||
	    fd == -EPERM || take_frags(k))
		return fd;
	fd = link_create(generation_program(&k->gen), i->index, true);
	if (fd >= 0)
		log_info("xdp: %s: frames may have several buffers: the program for these is "
			 "loaded",
			 i->name);
	return fd;
}

/* By the configured mode. Returns the link; *ret_native, and *ret_why if auto chose generic. */
static int attach_by_mode(struct kernel *k, const struct interface *i, bool *ret_native,
			  const char **ret_why)
{
	enum xdp_mode mode = k->cfg->xdp_mode;
	int fd;

	*ret_why = NULL;
	*ret_native = mode != XDP_MODE_GENERIC;
	if (mode == XDP_MODE_NATIVE)
		return attach_native(k, i);
	if (mode == XDP_MODE_AUTO)
		*ret_why = attachments_native_would_lose(i);
	if (mode == XDP_MODE_AUTO && !*ret_why) {
		fd = attach_native(k, i);
		if (fd >= 0 || fd == -EBUSY || fd == -EPERM)
			return fd;
		*ret_why = strerror(-fd);
	}
	*ret_native = false;
	return link_create(generation_program(&k->gen), i->index, false);
}

/* The name of a program; "" if it cannot be told (needs CAP_SYS_ADMIN). */
void attachments_program_name(uint32_t id, char ret[BPF_OBJ_NAME_LEN])
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	ret[0] = '\0';
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
		memcpy(ret, info.name, BPF_OBJ_NAME_LEN);
}

char *attachments_foreign(unsigned index)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	char name[BPF_OBJ_NAME_LEN], *text;
	uint32_t id;
	int n;

	if (bpf_xdp_query(index, 0, &opts))
		return NULL;
	id = opts.prog_id	? opts.prog_id
	     : opts.drv_prog_id ? opts.drv_prog_id
	     : opts.skb_prog_id ? opts.skb_prog_id
				: opts.hw_prog_id;
	if (!id)
		return NULL;
	attachments_program_name(id, name);
	if (!strcmp(name, PROGRAM_NAME))
		n = asprintf(&text, "another XDP program is there: another mesos-xdns's, id %u",
			     id);
	else
		n = asprintf(&text, "another XDP program is there: %s, id %u (bpftool net show)",
			     name[0] ? name : "name unknown", id);
	return n < 0 ? NULL : text;
}

/* EEXIST: it runs in the other mode. */
static char *reason(unsigned index, int r)
{
	char *text = r == -EBUSY || r == -EEXIST ? attachments_foreign(index) : NULL;

	if (text)
		return text;
	return strdup(r == -EBUSY || r == -EEXIST
			      ? "another XDP program is there (bpftool net show)"
			      : strerror(-r));
}

/* The same trouble is said once, as long as it lasts. */
static void complain(struct kernel *k, const char *name, unsigned index, int r)
{
	_cleanup_free_ char *text = NULL, *why = reason(index, r);
	char *joined;

	if (asprintf(&text, "xdp: %s: not attached: %s; its queries are answered from userspace",
		     name, why ? why : strerror(-r)) < 0) {
		text = NULL;
		return;
	}
	if (!k->complained || !strstr(k->complained, text))
		log_about(LOG_LEVEL_WARN, "INTERFACE", name, "%s", text);
	if (asprintf(&joined, "%s%s\n", k->complaints ? k->complaints : "", text) < 0)
		return;
	free(k->complaints);
	k->complaints = joined;
}

/* A BPF file system takes no dots (eth0.5); no interface's name has a colon. */
void attachments_link_pin(const char *interface, char pin[LINK_PIN_BUF])
{
	snprintf(pin, LINK_PIN_BUF, LINK_PREFIX "%s", interface);
	for (char *p = strchr(pin, '.'); p; p = strchr(p, '.'))
		*p = ':';
}

static void attach(struct kernel *k, const struct interface *i)
{
	struct attachment *bigger, a = {.index = i->index, .mtu = i->mtu};
	char pin[LINK_PIN_BUF];
	const char *why;

	bigger = realloc(k->attached, (k->attached_count + 1) * sizeof(*bigger));
	if (!bigger)
		return complain(k, i->name, i->index, -ENOMEM);
	k->attached = bigger;
	memcpy(a.name, i->name, sizeof(a.name));
	a.link_fd = attach_by_mode(k, i, &a.native, &why);
	if (a.link_fd < 0)
		return complain(k, i->name, i->index, a.link_fd);
	attachments_link_pin(i->name, pin);
	pins_put(a.link_fd, k->cfg->bpf_dir, pin);
	k->attached[k->attached_count++] = a;
	if (why && k->cfg->xdp_mode == XDP_MODE_AUTO)
		log_about(LOG_LEVEL_NOTICE, "INTERFACE", i->name,
			  "xdp: %s generic (native would not do: %s)", i->name, why);
	else
		log_about(LOG_LEVEL_NOTICE, "INTERFACE", i->name, "xdp: %s %s", i->name,
			  a.native ? "native" : "generic");
	why = attachments_native_would_lose(i);
	if (a.native && why)
		log_about(LOG_LEVEL_NOTICE, "INTERFACE", i->name,
			  "xdp: %s: native was asked for, but %s: if answers vanish, use "
			  "generic",
			  i->name, why);
}

static void drop(struct kernel *k, size_t n)
{
	char pin[LINK_PIN_BUF];

	attachments_link_pin(k->attached[n].name, pin);
	pins_remove(k->cfg->bpf_dir, pin);
	/* at once: what a removed pin held goes some time later */
	bpf_link_detach(k->attached[n].link_fd);
	close(k->attached[n].link_fd);
	k->attached[n] = k->attached[--k->attached_count];
}

void attachments_drop(struct kernel *k)
{
	while (k->attached_count)
		drop(k, 0);
	free(k->attached);
	k->attached = NULL;
}

void attachments_leave(struct kernel *k)
{
	for (size_t i = 0; i < k->attached_count; i++)
		close(k->attached[i].link_fd);
	free(k->attached);
	k->attached = NULL;
	k->attached_count = 0;
}

int attachments_switch(struct kernel *k, int prog_fd)
{
	for (size_t i = 0; i < k->attached_count; i++)
		/* ENOLINK: the interface is gone, which kernel_sync() hears of next */
		if (bpf_link_update(k->attached[i].link_fd, prog_fd, NULL) && errno != ENOLINK)
			return -errno;
	return 0;
}

bool attachments_have(const struct kernel *k, unsigned index)
{
	for (size_t n = 0; n < k->attached_count; n++)
		if (k->attached[n].index == index)
			return true;
	return false;
}

/* May not be asked from outside (RFC 1122 3.2.1.3); other addresses of lo may, as anycast ones. */
static bool stays_inside(const struct address *a)
{
	static const uint8_t loopback6[16] = {[15] = 1};

	return a->family == AF_INET ? a->bytes[0] == 127
				    : !memcmp(a->bytes, loopback6, sizeof(loopback6));
}

/* Addresses the program may answer for; more than it has room for are userspace's. */
void attachments_addresses(struct kernel *k, const struct interfaces *in)
{
	struct xdns_state s = {.max_udp = DNS_UDP_EDNS_MAX};

	for (size_t n = 0; n < in->addresses_count; n++) {
		const struct interface_address *a = &in->addresses[n];

		if (!listened(k->cfg, &a->address) || stays_inside(&a->address))
			continue;
		if (a->address.family == AF_INET && s.ip4_count < XDNS_ADDRESSES_MAX) {
			memcpy(s.ip4[s.ip4_count].address, a->address.bytes, 4);
			memcpy(s.ip4[s.ip4_count++].broadcast, &a->broadcast, 4);
		} else if (a->address.family == AF_INET6 && s.ip6_count < XDNS_ADDRESSES_MAX) {
			memcpy(s.ip6[s.ip6_count++].address, a->address.bytes, 16);
		}
	}
	for (size_t n = 0; n < k->attached_count; n++) {
		unsigned mtu = k->attached[n].mtu;

		if (mtu && mtu < s.max_udp + IP6_UDP_HEADERS)
			s.max_udp = mtu > IP6_UDP_HEADERS ? mtu - IP6_UDP_HEADERS : 0;
	}
	k->addresses = s;
}

/* A reader in between sees an address too few at the worst, and passes. */
static void publish_addresses(struct kernel *k)
{
	struct xdns_state *s = k->gen.state;

	__atomic_store_n(&s->ip4_count, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->ip6_count, 0, __ATOMIC_SEQ_CST);
	memcpy(s->ip4, k->addresses.ip4, sizeof(s->ip4));
	memcpy(s->ip6, k->addresses.ip6, sizeof(s->ip6));
	s->max_udp = k->addresses.max_udp;
	__atomic_store_n(&s->ip4_count, k->addresses.ip4_count, __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->ip6_count, k->addresses.ip6_count, __ATOMIC_SEQ_CST);
}

const struct interface *attachments_interface(const struct interfaces *in, unsigned index)
{
	for (size_t i = 0; i < in->count; i++)
		if (in->list[i].index == index)
			return &in->list[i];
	return NULL;
}

/* Not if the interface went, even if another has its index by now, or somebody detached it. */
static bool link_alive(const struct attachment *a)
{
	struct bpf_link_info info = {0};
	uint32_t len = sizeof(info);

	return !bpf_obj_get_info_by_fd(a->link_fd, &info, &len) && info.xdp.ifindex;
}

static void complain_of_named(struct kernel *k, const struct interfaces *in)
{
	for (size_t n = 0; n < k->cfg->xdp_interfaces_count; n++) {
		const struct interface *i = interfaces_find(in, k->cfg->xdp_interfaces[n]);

		if (!i || !i->up)
			complain(k, k->cfg->xdp_interfaces[n], 0, i ? -ENETDOWN : -ENODEV);
		else if (!i->ethernet)
			complain(k, i->name, i->index, -EOPNOTSUPP);
	}
}

int kernel_sync(struct kernel *k, const struct interfaces *in)
{
	if (!k->gen.skel)
		return 0;
	free(k->complained);
	k->complained = TAKE_PTR(k->complaints);
	for (size_t n = k->attached_count; n-- > 0;) {
		const struct interface *i = attachments_interface(in, k->attached[n].index);

		if (i && attachments_wanted(k->cfg, in, i) && link_alive(&k->attached[n]) &&
		    !k->attached[n].misfit) {
			k->attached[n].mtu = i->mtu;
			continue;
		}
		log_about(LOG_LEVEL_NOTICE, "INTERFACE", k->attached[n].name, "xdp: %s left",
			  k->attached[n].name);
		drop(k, n);
	}
	for (size_t i = 0; i < in->count && !k->broken; i++) {
		if (!attachments_have(k, in->list[i].index) &&
		    attachments_wanted(k->cfg, in, &in->list[i]))
			attach(k, &in->list[i]);
	}
	complain_of_named(k, in);
	attachments_addresses(k, in);
	publish_addresses(k);
	return k->attached_count;
}
