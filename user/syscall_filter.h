/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The list of system calls this process and its threads may make from now on (seccomp). A call that
 * is not on it fails with ENOSYS, as on a kernel that does not have it, and the kernel logs it: a C
 * library falls back to an older call or reports an error, nobody dies of a call we did not think
 * of. What takes a process over is not there: no program is started, no process made or looked
 * into, nothing mounted, no memory both written and executed. Cannot be undone.
 */
#ifndef XDNS_SYSCALL_FILTER_H
#define XDNS_SYSCALL_FILTER_H

/*
 * Needs PR_SET_NO_NEW_PRIVS or CAP_SYS_ADMIN. -ENOSYS, -EINVAL: this kernel has no filters;
 * -EOPNOTSUPP: built with a sanitizer, whose own calls are not on the list.
 */
int syscall_filter_install(void);

#endif
