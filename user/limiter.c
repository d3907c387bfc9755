// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "limiter.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "util.h"

int limiter_init(struct limiter *l)
{
	*l = (struct limiter){.cells_fd = -1};
	return getrandom(l->key, sizeof(l->key), 0) == sizeof(l->key) ? 0 : -EIO;
}

int limiter_set_cells(struct limiter *l, uint64_t *cells, int cells_fd)
{
	if (!cells)
		cells = mmap(NULL, XDNS_LIMIT_CELLS * sizeof(*cells), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (cells == MAP_FAILED)
		return -errno;
	l->cells_fd = cells_fd;
	__atomic_store_n(&l->cells, cells, __ATOMIC_RELEASE);
	return 0;
}

void limiter_rule(const struct limiter *l, const struct config *cfg, struct xdns_limit *ret)
{
	*ret = (struct xdns_limit){.key = {l->key[0], l->key[1]}, .slip = cfg->responses_slip};
	if (cfg->responses_per_second)
		ret->interval = NSEC_PER_SEC / cfg->responses_per_second;
}

uint64_t limiter_net(const struct sockaddr *peer)
{
	uint64_t half;

	if (peer->sa_family == AF_INET)
		return xdns_limit_net4(((const struct sockaddr_in *)peer)->sin_addr.s_addr);
	memcpy(&half, &((const struct sockaddr_in6 *)peer)->sin6_addr, sizeof(half));
	return xdns_limit_net6(half);
}

enum xdns_limit_verdict limiter_take(const struct limiter *l, const struct config *cfg,
				     const struct sockaddr *peer, uint64_t now, uint32_t random)
{
	uint64_t *cells = __atomic_load_n(&l->cells, __ATOMIC_ACQUIRE);
	struct xdns_limit rule;

	if (!cells || !cfg->responses_per_second)
		return XDNS_LIMIT_ANSWER;
	limiter_rule(l, cfg, &rule);
	return xdns_limit_take((__u64 *)&cells[xdns_limit_cell(&rule, limiter_net(peer))], &rule,
			       now)
		       ? XDNS_LIMIT_ANSWER
		       : xdns_limit_beyond(&rule, random);
}
