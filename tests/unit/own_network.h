/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A network of its own for a test that cares who else has a port: loopback and nobody else. */
#ifndef XDNS_TEST_OWN_NETWORK_H
#define XDNS_TEST_OWN_NETWORK_H

#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Moves the calling thread. False where that is not allowed; nothing has changed then. */
static inline bool own_network(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	bool up;
	int fd;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	close(fd);
	return up;
}

#endif
