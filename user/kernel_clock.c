// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* How long the maps may be answered from when nobody says that they are still true. */
#include "kernel_internal.h"

#include <string.h>

#include "log.h"
#include "util.h"

bool clock_expired(uint64_t heard, uint32_t expire)
{
	return expire && heard && heard + expire * NSEC_PER_SEC <= boot_now_ns();
}

/* Without the timer kernel_close() keeps nothing; only a kill leaves what does not expire. */
static void arm(struct kernel *k, const struct generation *g)
{
	int r = generation_arm(g);

	k->clock_failed = r;
	if (r && !k->clock_told)
		log_warn("xdp: no timer for SOAExpire (%s): the kernel answers as long as the "
			 "program is attached",
			 strerror(-r));
	k->clock_told |= r != 0;
}

void clock_start(struct kernel *k, const struct generation *g)
{
	struct xdns_state *s = g->state;

	if (!k->heard)
		k->heard = boot_now_ns();
	__atomic_store_n(&s->expire, k->cfg->soa_expire, __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->heard, k->heard, __ATOMIC_SEQ_CST);
	arm(k, g);
}

void kernel_heard(struct kernel *k, uint64_t at)
{
	struct xdns_state *s = k->gen.state;
	uint32_t expired = XDNS_SERVING_EXPIRED;

	k->heard = at;
	if (!s)
		return;
	/* the timer looks the other way round, so one of the two sees what the other did */
	__atomic_store_n(&s->heard, at, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (clock_expired(at, s->expire))
		return;
	/* an expired zone's timer has ended */
	if (__atomic_compare_exchange_n(&s->serving, &expired, XDNS_SERVING_YES, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ||
	    k->clock_failed)
		arm(k, &k->gen);
}
