// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "interfaces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "util.h"

/* /sys/class/net/NAME/FILE as a number; 0 if there is none. */
static unsigned sysfs_number(const char *name, const char *file)
{
	char path[128];
	unsigned value = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, file);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%u", &value) != 1)
		value = 0;
	fclose(f);
	return value;
}

static void describe(int sock, struct interface *in)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq req = {0};

	memcpy(req.ifr_name, in->name, sizeof(req.ifr_name));
	if (!ioctl(sock, SIOCGIFMTU, &req))
		in->mtu = req.ifr_mtu;
	if (!ioctl(sock, SIOCGIFFLAGS, &req)) {
		in->loopback = req.ifr_flags & IFF_LOOPBACK;
		in->up = req.ifr_flags & IFF_UP;
	}
	if (!ioctl(sock, SIOCGIFHWADDR, &req))
		in->ethernet = req.ifr_hwaddr.sa_family == ARPHRD_ETHER ||
			       req.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
	req.ifr_data = (void *)&info;
	if (!ioctl(sock, SIOCETHTOOL, &req))
		snprintf(in->driver, sizeof(in->driver), "%s", info.driver);
}

/*
 * The other end of a veth, if it is in this network namespace: sysfs shows its
 * index either way, but only here does the index lead back.
 */
static void find_peer(struct interfaces *all, struct interface *in)
{
	unsigned link = sysfs_number(in->name, "iflink");

	if (strcmp(in->driver, "veth"))
		return;
	for (size_t i = 0; i < all->count; i++) {
		const struct interface *other = &all->list[i];

		if (other->index == link && other != in && !strcmp(other->driver, "veth") &&
		    sysfs_number(other->name, "iflink") == in->index)
			in->peer = link;
	}
}

static int scan_links(struct interfaces *ret)
{
	struct if_nameindex *names = if_nameindex();
	_cleanup_close_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t n = 0;

	if (!names || sock < 0) {
		if (names)
			if_freenameindex(names);
		return -errno;
	}
	while (names[n].if_index)
		n++;
	ret->list = calloc(n + 1, sizeof(*ret->list));
	for (size_t i = 0; ret->list && i < n; i++) {
		struct interface *in = &ret->list[ret->count++];

		in->index = names[i].if_index;
		snprintf(in->name, sizeof(in->name), "%s", names[i].if_name);
		describe(sock, in);
	}
	if_freenameindex(names);
	if (!ret->list)
		return -ENOMEM;
	for (size_t i = 0; i < ret->count; i++)
		find_peer(ret, &ret->list[i]);
	return 0;
}

/* All ones behind the prefix, whether or not the interface was told so; none in a /31 or /32. */
static uint32_t subnet_broadcast(const struct ifaddrs *ifa)
{
	const struct sockaddr_in *address = (void *)ifa->ifa_addr;
	const struct sockaddr_in *mask = (void *)ifa->ifa_netmask;
	uint32_t hosts = mask ? ~mask->sin_addr.s_addr : 0;

	return ntohl(hosts) > 1 ? address->sin_addr.s_addr | hosts : 0;
}

static bool take_address(const struct ifaddrs *ifa, struct interface_address *a)
{
	if (!ifa->ifa_addr)
		return false;
	a->index = if_nametoindex(ifa->ifa_name);
	a->loopback = ifa->ifa_flags & IFF_LOOPBACK;
	a->address.family = ifa->ifa_addr->sa_family;
	if (ifa->ifa_addr->sa_family == AF_INET) {
		memcpy(a->address.bytes, &((struct sockaddr_in *)ifa->ifa_addr)->sin_addr, 4);
		a->broadcast = subnet_broadcast(ifa);
		return true;
	}
	if (ifa->ifa_addr->sa_family != AF_INET6)
		return false;
	memcpy(a->address.bytes, &((struct sockaddr_in6 *)ifa->ifa_addr)->sin6_addr, 16);
	return true;
}

static int scan_addresses(struct interfaces *ret)
{
	struct ifaddrs *all;
	size_t n = 0;

	if (getifaddrs(&all))
		return -errno;
	for (struct ifaddrs *i = all; i; i = i->ifa_next)
		n++;
	ret->addresses = calloc(n + 1, sizeof(*ret->addresses));
	for (struct ifaddrs *i = all; ret->addresses && i; i = i->ifa_next) {
		struct interface_address a = {0};

		if (take_address(i, &a))
			ret->addresses[ret->addresses_count++] = a;
	}
	freeifaddrs(all);
	return ret->addresses ? 0 : -ENOMEM;
}

int interfaces_scan(struct interfaces *ret)
{
	struct interfaces in = {0};
	int r = scan_links(&in);

	if (!r)
		r = scan_addresses(&in);
	if (r) {
		interfaces_done(&in);
		return r;
	}
	*ret = in;
	return 0;
}

void interfaces_done(struct interfaces *in)
{
	free(in->list);
	free(in->addresses);
	memset(in, 0, sizeof(*in));
}

const struct interface *interfaces_find(const struct interfaces *in, const char *name)
{
	for (size_t i = 0; i < in->count; i++)
		if (!strcmp(in->list[i].name, name))
			return &in->list[i];
	return NULL;
}

int interfaces_watch(void)
{
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK,
				 .nl_groups =
					 RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

void interfaces_drain(int fd)
{
	char buf[8192];

	/* ENOBUFS says that events were lost: a scan sees them all the same */
	while (recv(fd, buf, sizeof(buf), 0) > 0 || errno == ENOBUFS)
		errno = 0;
}
