// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a process may do under the filter, tried by children of the test that have it. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "syscall_filter.h"
#include "util.h"

static long run_program(void)
{
	char *const argv[] = {(char *)"true", NULL};

	return execv("/bin/true", argv);
}

static long make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long make_user_namespace(void)
{
	return syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */);
}

static long look_into_init(void)
{
	return ptrace(PTRACE_ATTACH, 1, NULL, NULL);
}

static long mount_something(void)
{
	return mount("none", "/proc", "tmpfs", 0, NULL);
}

static long open_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long map_code_to_write(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) == MAP_FAILED
		       ? -1
		       : 0;
}

static long make_code_of_data(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long signal_others(void)
{
	return kill(getppid(), 0);
}

static void *nothing(void *arg)
{
	return arg;
}

static long make_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, nothing, NULL))
		return -1;
	return pthread_join(thread, NULL);
}

static long open_udp_socket(void)
{
	return socket(AF_INET6, SOCK_DGRAM, 0) < 0 && errno != EAFNOSUPPORT ? -1 : 0;
}

static const struct {
	const char *what;
	long (*attempt)(void);
	int error; /* 0: it works */
} table[] = {
	{"starting a program", run_program, ENOSYS},
	{"making a process", make_process, ENOSYS},
	{"a user namespace", make_user_namespace, ENOSYS},
	{"looking into another process", look_into_init, ENOSYS},
	{"mounting", mount_something, ENOSYS},
	{"a packet socket", open_packet_socket, ENOSYS},
	{"memory to write and execute", map_code_to_write, ENOSYS},
	{"executing what was written", make_code_of_data, ENOSYS},
	{"a signal to another process", signal_others, ENOSYS},
	{"making a thread", make_thread, 0},
	{"a UDP socket", open_udp_socket, 0},
};

/* In a child, which reports by its status; 255: there is no filter, 254: nor can there be. */
static int attempt_filtered(long (*attempt)(void))
{
	pid_t pid = fork();
	int status, r;

	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		r = syscall_filter_install();
		if (r)
			_exit(r == -EOPNOTSUPP ? 254 : 255);
		_exit(attempt() < 0 ? errno : 0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int error = attempt_filtered(table[i].attempt);

		if (error == 254)
			skip(); /* a sanitizer makes calls of its own */
		if (error != table[i].error)
			fail_msg("%s: error %d instead of %d", table[i].what, error,
				 table[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
