// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "syscall_filter.h"

#include <errno.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "util.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* Allowed whatever the arguments. Not every machine has all; by names, so that one list will do. */
static const char *const allowed[] = {
	/* files: the configuration and what it names, the folder of the pins, what libc reads */
	"open",
	"openat",
	"close",
	"close_range",
	"read",
	"readv",
	"pread64",
	"write",
	"writev",
	"pwrite64",
	"lseek",
	"stat",
	"lstat",
	"fstat",
	"newfstatat",
	"statx",
	"statfs",
	"fstatfs",
	"access",
	"faccessat",
	"faccessat2",
	"readlink",
	"readlinkat",
	"getdents64",
	"getcwd",
	"mkdir",
	"mkdirat",
	"rmdir",
	"unlink",
	"unlinkat",
	"rename",
	"renameat",
	"renameat2",
	"fcntl",
	"flock",
	"dup",
	"dup2",
	"dup3",
	"pipe",
	"pipe2",
	"ftruncate",
	"fsync",
	"memfd_create",
	"umask",
	/* the network */
	"socketpair",
	"bind",
	"listen",
	"accept",
	"accept4",
	"connect",
	"getsockname",
	"getpeername",
	"getsockopt",
	"setsockopt",
	"sendto",
	"recvfrom",
	"sendmsg",
	"recvmsg",
	"sendmmsg",
	"recvmmsg",
	"shutdown",
	/* waiting */
	"epoll_create",
	"epoll_create1",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	"epoll_pwait2",
	"poll",
	"ppoll",
	"select",
	"pselect6",
	"eventfd",
	"eventfd2",
	"timerfd_create",
	"timerfd_settime",
	"timerfd_gettime",
	"nanosleep",
	"clock_nanosleep",
	"restart_syscall",
	/* memory; mmap() and mprotect() are below */
	"brk",
	"munmap",
	"mremap",
	"madvise",
	"mincore",
	"membarrier",
	/* threads and signals among them; clone() is below */
	"futex",
	"set_robust_list",
	"get_robust_list",
	"rseq",
	"set_tid_address",
	"gettid",
	"getpid",
	"getppid",
	"tgkill",
	"exit",
	"exit_group",
	"sched_yield",
	"sched_getaffinity",
	"sched_getparam",
	"sched_getscheduler",
	"getcpu",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigtimedwait",
	"rt_sigsuspend",
	"rt_sigpending",
	"sigaltstack",
	/* what time it is, who and where we are */
	"clock_gettime",
	"clock_getres",
	"gettimeofday",
	"time",
	"times",
	"getrusage",
	"getuid",
	"geteuid",
	"getgid",
	"getegid",
	"getresuid",
	"getresgid",
	"getgroups",
	"capget",
	"getrlimit",
	"sysinfo",
	"uname",
	"getrandom",
	/* the maps and the program: what may be done is CAP_BPF's and CAP_PERFMON's matter */
	"bpf",
	/* one more filter only takes away, and ours are two */
	"seccomp",
};

#define EQUAL(n, value)                                                                            \
	{                                                                                          \
		.arg = (n), .op = SCMP_CMP_EQ, .datum_a = (uint32_t)(value)                        \
	}
#define BITS(n, mask, value)                                                                       \
	{                                                                                          \
		.arg = (n), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask), .datum_b = (value)        \
	}
#define SOCKET(family)                                                                             \
	{                                                                                          \
		"socket", EQUAL(0, family)                                                         \
	}
#define REQUEST(request)                                                                           \
	{                                                                                          \
		"ioctl", EQUAL(1, request)                                                         \
	}
#define CONTROL(option)                                                                            \
	{                                                                                          \
		"prctl", EQUAL(0, option)                                                          \
	}
#define WRITE_OR_EXEC(bits)                                                                        \
	{                                                                                          \
		"mmap", BITS(2, PROT_WRITE | PROT_EXEC, bits)                                      \
	}

/* Allowed if one of the lines of a call holds. */
static const struct {
	const char *name;
	struct scmp_arg_cmp if_arg;
} limited[] = {
	SOCKET(AF_INET),
	SOCKET(AF_INET6),
	SOCKET(AF_UNIX),
	SOCKET(AF_NETLINK),
	/* threads, not processes; clone3() hides its flags, for which libc tries clone() */
	{"clone", BITS(0, CLONE_THREAD | CLONE_NEWUSER, CLONE_THREAD)},
	/* memory is written or executed, never both, and what was written does not become code */
	WRITE_OR_EXEC(0),
	WRITE_OR_EXEC(PROT_WRITE),
	WRITE_OR_EXEC(PROT_EXEC),
	{"mprotect", BITS(2, PROT_EXEC, 0)},
	/* its own limits, not those of others */
	{"prlimit64", EQUAL(0, 0)},
	CONTROL(PR_SET_NAME),
	CONTROL(PR_GET_NAME),
	CONTROL(PR_SET_VMA),
	REQUEST(FIONBIO),
	REQUEST(FIONREAD),
	REQUEST(FIOCLEX),
	REQUEST(TCGETS),
	REQUEST(SIOCGIFNAME),
	REQUEST(SIOCGIFINDEX),
	REQUEST(SIOCGIFCONF),
	REQUEST(SIOCGIFFLAGS),
	REQUEST(SIOCGIFMTU),
	REQUEST(SIOCGIFHWADDR),
	REQUEST(SIOCETHTOOL),
};

/* A name the library does not know cannot be allowed, nor is it missed: the call is newer. */
static int allow(scmp_filter_ctx ctx, const char *name, unsigned n, const struct scmp_arg_cmp *arg)
{
	int nr = seccomp_syscall_resolve_name(name);

	return nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, n, arg);
}

static int fill(scmp_filter_ctx ctx)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(allowed) && r == 0; i++)
		r = allow(ctx, allowed[i], 0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(limited) && r == 0; i++)
		r = allow(ctx, limited[i].name, 1, &limited[i].if_arg);
	return r;
}

/* no_new_privs is set by who calls; a tree is found through faster than a list. */
static int load(scmp_filter_ctx ctx, bool log)
{
	int r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);

	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0 && log)
		seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1); /* DNS is served without, too */
	return r ? r : seccomp_load(ctx);
}

static int install_list(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int r = ctx ? fill(ctx) : -ENOMEM;

	if (r == 0)
		r = load(ctx, true);
	seccomp_release(ctx);
	return r;
}

/* Of two filters that refuse a call the younger one decides whether that is logged. */
static int install_quiet(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int nr = seccomp_syscall_resolve_name("clone3");
	int r = ctx ? 0 : -ENOMEM;

	if (r == 0 && nr != __NR_SCMP_ERROR)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), nr, 0);
	if (r == 0)
		r = load(ctx, false);
	seccomp_release(ctx);
	return r;
}

int syscall_filter_install(void)
{
	int r = SANITIZED ? -EOPNOTSUPP : install_list();

	return r ? r : install_quiet();
}
