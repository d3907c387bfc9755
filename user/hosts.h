/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Host names to addresses by the system's resolver, with a deadline and a way
 * to stop it. For threads that may wait; never for one that serves.
 */
#ifndef XDNS_HOSTS_H
#define XDNS_HOSTS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

struct hosts {
	const atomic_bool *stop;
	uint64_t deadline_ns; /* of now_ns(); behind it no name has an address */
};

/*
 * All A and AAAA of host, a list to be freed. ctx is a struct hosts. -ENOENT: none;
 * -ETIMEDOUT; -ECANCELED: stopped. Fits struct state_resolver.
 */
int hosts_resolve(void *ctx, const char *host, struct address **ret_list, size_t *ret_count);

#endif
