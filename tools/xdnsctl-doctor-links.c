// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The interfaces that the program belongs on: driver, MTU, offloads, channels, who is there. */
#include "xdnsctl-doctor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysinfo.h>

#include "kernel_internal.h"
#include "util.h"
#include "xdnsctl-drivers.h"

#define VLAN_DRIVER "802.1Q VLAN Support"
/* What an MTU must hold beside the largest answer: IPv6 and UDP. */
#define HEADERS 48

struct driver {
	const char *name, *since, *note;
	unsigned mtu; /* largest for a program without frags; 0: not a matter of the MTU */
};

static const struct driver drivers[] = {
#define X(ethtool, doc, since, mtu, note) {ethtool, since, note, mtu},
	XDNS_DRIVERS(X)
#undef X
};

static const struct driver *find_driver(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (!strcmp(drivers[i].name, name))
			return &drivers[i];
	return NULL;
}

/* One request of ethtool's; data begins with the number of the command. */
static int ethtool(const struct interface *i, void *data)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = {.ifr_data = data};

	if (fd < 0)
		return -errno;
	memcpy(req.ifr_name, i->name, sizeof(req.ifr_name));
	return ioctl(fd, SIOCETHTOOL, &req) ? -errno : 0;
}

static uint32_t flags(const struct interface *i)
{
	struct ethtool_value value = {.cmd = ETHTOOL_GFLAGS};

	return ethtool(i, &value) ? 0 : value.data;
}

static void look_at_driver(struct doctor *d, const struct interface *i)
{
	const struct driver *known = find_driver(i->driver);
	enum xdp_mode mode = d->cfg->xdp_mode;
	bool native = known && strcmp(known->since, "none") && doctor_kernel_has(known->since);
	const char *lost = attachments_native_would_lose(i);

	if (lost && mode == XDP_MODE_NATIVE)
		doctor_say(d, DOCTOR_WARN, "set xdpMode to \"auto\" or \"generic\"",
			   "%s: native answers of %s are lost: %s", i->name, i->driver, lost);
	else if (lost)
		doctor_say(d, DOCTOR_OK, NULL, "%s: generic: native answers would be lost: %s",
			   i->name, lost);
	else if (!known)
		doctor_say(d, DOCTOR_OK, NULL,
			   "%s: nothing is known of the driver \"%s\"; auto tries native, then "
			   "generic",
			   i->name, i->driver);
	else if (native)
		doctor_say(d, DOCTOR_OK, NULL, "%s: %s has native XDP: %s", i->name, i->driver,
			   known->note);
	else if (mode == XDP_MODE_NATIVE)
		doctor_say(d, DOCTOR_FAIL, "set xdpMode to \"auto\" or \"generic\"",
			   "%s: %s has no native XDP in this kernel: %s", i->name, i->driver,
			   known->note);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s: %s has no native XDP in this kernel: %s",
			   i->name, i->driver, known->note);
}

static void look_at_mtu(struct doctor *d, const struct interface *i)
{
	const struct driver *known = find_driver(i->driver);

	if (i->mtu < DNS_UDP_EDNS_MAX + HEADERS)
		doctor_say(d, DOCTOR_WARN, NULL,
			   "%s: MTU %u: on no interface does the kernel send more than %u octets "
			   "of answer then",
			   i->name, i->mtu, i->mtu > HEADERS ? i->mtu - HEADERS : 0);
	else if (known && known->mtu && i->mtu > known->mtu && d->cfg->xdp_mode != XDP_MODE_GENERIC)
		doctor_say(d, DOCTOR_WARN,
			   "lower it, or see docs/drivers.md whether this driver takes the "
			   "program for frames of several buffers",
			   "%s: MTU %u: above %u %s refuses the plain program", i->name, i->mtu,
			   known->mtu, i->driver);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s: MTU %u", i->name, i->mtu);
}

/* Is there a VLAN device on this one? */
static bool carries_vlan(const struct doctor *d, const struct interface *i)
{
	char path[2 * IF_NAMESIZE + 32];

	for (size_t n = 0; n < d->in.count; n++) {
		snprintf(path, sizeof(path), "/sys/class/net/%s/lower_%s", d->in.list[n].name,
			 i->name);
		if (!strcmp(d->in.list[n].driver, VLAN_DRIVER) && !access(path, F_OK))
			return true;
	}
	return false;
}

static void look_at_offloads(struct doctor *d, const struct interface *i)
{
	uint32_t set = flags(i);
	char todo[96];

	if (set & ETH_FLAG_LRO) {
		snprintf(todo, sizeof(todo), "ethtool -K %s lro off", i->name);
		doctor_say(d, DOCTOR_WARN, todo,
			   "%s: LRO is on: many drivers then refuse a native program", i->name);
	} else if ((set & ETH_FLAG_RXVLAN) && d->cfg->xdp_mode != XDP_MODE_GENERIC &&
		   carries_vlan(d, i)) {
		snprintf(todo, sizeof(todo), "ethtool -K %s rxvlan off", i->name);
		doctor_say(d, DOCTOR_WARN, todo,
			   "%s: the card takes VLAN tags off: a native program answers tagged "
			   "queries untagged",
			   i->name);
	} else {
		doctor_say(d, DOCTOR_OK, NULL, "%s: offloads: none in the way", i->name);
	}
}

static void look_at_channels(struct doctor *d, const struct interface *i)
{
	struct ethtool_channels c = {.cmd = ETHTOOL_GCHANNELS};
	int cpus = get_nprocs();
	unsigned queues, max;
	char todo[96];

	if (ethtool(i, &c))
		return; /* has none to speak of */
	queues = c.combined_count + c.rx_count;
	max = c.max_combined + c.max_rx;
	snprintf(todo, sizeof(todo), "ethtool -L %s combined %u", i->name, max / 2);
	if (!strcmp(i->driver, "ena") && 2 * c.combined_count > c.max_combined)
		doctor_say(d, DOCTOR_WARN, todo,
			   "%s: %u of %u channels: ena takes a native program with at most half",
			   i->name, c.combined_count, c.max_combined);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s: %u of %u receive channels for %d CPUs", i->name,
			   queues, max, cpus);
}

/* Is what runs there the program that the pins speak of? */
static bool is_ours(const struct doctor *d, const struct interface *i)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	uint32_t ours = d->zone.state.program;

	return !d->pins && ours && !bpf_xdp_query(i->index, 0, &opts) &&
	       (opts.drv_prog_id == ours || opts.skb_prog_id == ours || opts.hw_prog_id == ours);
}

static void look_at_program(struct doctor *d, const struct interface *i)
{
	_cleanup_free_ char *foreign = NULL;
	char todo[128];

	if (is_ours(d, i)) {
		doctor_say(d, DOCTOR_OK, NULL, "%s: the program is attached", i->name);
		return;
	}
	foreign = attachments_foreign(i->index);
	snprintf(todo, sizeof(todo),
		 "end who put it there, or ip link set dev %s xdp off; the daemon replaces none",
		 i->name);
	if (foreign)
		doctor_say(d, DOCTOR_FAIL, todo, "%s: %s", i->name, foreign);
	else if (d->running)
		doctor_say(d, DOCTOR_FAIL, "the daemon's log says why (\"not attached\")",
			   "%s: the daemon runs, its program is not there", i->name);
	else
		doctor_say(d, DOCTOR_OK, NULL, "%s: no program is attached", i->name);
}

/* Those that are named, but not there as the program wants them. */
static unsigned look_at_named(struct doctor *d)
{
	unsigned bad = 0;

	for (size_t n = 0; n < d->cfg->xdp_interfaces_count; n++) {
		const char *name = d->cfg->xdp_interfaces[n];
		const struct interface *i = interfaces_find(&d->in, name);

		if (i && i->up && i->ethernet)
			continue;
		bad++;
		if (!i)
			doctor_say(d, DOCTOR_FAIL, "name one that \"ip link\" shows",
				   "%s: xdpInterfaces names it, and there is none", name);
		else
			doctor_say(d, DOCTOR_FAIL, i->up ? "leave it out" : "set it up",
				   "%s: xdpInterfaces names it, but %s", name,
				   i->up ? "its frames are not Ethernet's" : "it is down");
	}
	return bad;
}

void doctor_interfaces(struct doctor *d)
{
	unsigned found = look_at_named(d);

	for (size_t n = 0; n < d->in.count; n++) {
		const struct interface *i = &d->in.list[n];

		if (!attachments_wanted(d->cfg, &d->in, i))
			continue;
		found++;
		look_at_driver(d, i);
		look_at_mtu(d, i);
		look_at_offloads(d, i);
		look_at_channels(d, i);
		look_at_program(d, i);
	}
	if (!found)
		doctor_say(d, DOCTOR_FAIL, "look at listener, and at \"ip address\"",
			   "no interface carries the listened address: userspace answers alone");
}
