// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * RCU's promise, in ThreadSanitizer's terms: it does not see into liburcu. Linked around the calls
 * of the build with it (tools/quality.mk), and into no other.
 *
 * For each section of a reader and each synchronize_rcu() one of two things holds. Either the
 * section has seen that it was called, and then what was done before the call comes before the
 * section; or it has not, and then the section's end comes before the return.
 */
#include <stdatomic.h>

#include <sanitizer/tsan_interface.h>

#define CALLS_APART 64 /* sections that began between other calls are told apart */

void __real_urcu_memb_read_lock(void);
void __real_urcu_memb_read_unlock(void);
void __real_urcu_memb_synchronize_rcu(void);
void __wrap_urcu_memb_read_lock(void);
void __wrap_urcu_memb_read_unlock(void);
void __wrap_urcu_memb_synchronize_rcu(void);

static atomic_uint calls;      /* of synchronize_rcu() so far */
static char over[CALLS_APART]; /* their addresses: sections that began after so many calls */
static _Thread_local unsigned depth, begun;

void __wrap_urcu_memb_read_lock(void)
{
	__real_urcu_memb_read_lock();
	if (!depth++)
		begun = atomic_load_explicit(&calls, memory_order_acquire);
}

void __wrap_urcu_memb_read_unlock(void)
{
	if (!--depth)
		__tsan_release(&over[begun % CALLS_APART]);
	__real_urcu_memb_read_unlock();
}

void __wrap_urcu_memb_synchronize_rcu(void)
{
	unsigned call = atomic_fetch_add_explicit(&calls, 1, memory_order_release);

	__real_urcu_memb_synchronize_rcu();
	for (unsigned i = 0; i < CALLS_APART / 2; i++)
		__tsan_acquire(&over[(call - i) % CALLS_APART]);
}
