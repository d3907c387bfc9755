// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Stands before the C library, libcurl and libbpf's system calls in a daemon that is linked with
 * it: each call site is written down, and those that are asked for fail. Who asks, and reads what
 * was written down, is another process (faults.py), by way of a file that both have mapped.
 *
 * A site is what was called, where that returns to, and the two innermost frames of the daemon
 * itself: an allocation inside libcurl is another site for each of the daemon's ways to it.
 */
#include "inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <linux/bpf.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FRAMES_MAX 48

extern const char __executable_start[], etext[];

static struct fault_table *table;
static _Thread_local bool inside; /* what looking for the frames calls is nobody's site */

static bool ours(const void *at)
{
	return (const char *)at >= __executable_start && (const char *)at < etext;
}

/* The same in each run, wherever things were mapped. */
static uint64_t offset(const void *at)
{
	struct dl_find_object object;

	if (_dl_find_object((void *)at, &object))
		return 0;
	return (uint64_t)((const char *)at - (const char *)object.dlfo_map_start);
}

/* Its file's name without version: "libcurl". */
static void name_library(const void *at, char *to, size_t size)
{
	struct dl_find_object object;
	const char *name = "?";

	if (!_dl_find_object((void *)at, &object) && strrchr(object.dlfo_link_map->l_name, '/'))
		name = strrchr(object.dlfo_link_map->l_name, '/') + 1;
	snprintf(to, size, "%.*s", (int)strcspn(name, "."), name);
}

static uint64_t mix(uint64_t key, uint64_t value)
{
	key ^= value + 0x9e3779b97f4a7c15 + (key << 6) + (key >> 2);
	return key * 0xff51afd7ed558ccd;
}

static void find_frames(const void *caller, uint64_t frames[FAULT_FRAMES])
{
	void *all[FRAMES_MAX];
	int n = backtrace(all, FRAMES_MAX), i = 0, count = 0;

	while (i < n && all[i] != caller)
		i++;
	for (; i < n && count < FAULT_FRAMES; i++)
		if (ours(all[i]))
			frames[count++] = offset(all[i]);
}

static void note(uint64_t key, const char *name, uint64_t from, const void *caller,
		 const uint64_t *frames)
{
	for (uint64_t at = key;; at++) {
		struct fault_site *s = &table->site[at % FAULT_SITES];
		uint64_t empty = 0;

		if (atomic_compare_exchange_strong(&s->key, &empty, key)) {
			strncpy(s->name, name, sizeof(s->name) - 1);
			s->from = from;
			if (from)
				name_library(caller, s->library, sizeof(s->library));
			memcpy(s->frames, frames, sizeof(s->frames));
			empty = key;
		}
		if (empty != key)
			continue;
		atomic_fetch_or(&s->phases, 1U << atomic_load(&table->phase));
		atomic_fetch_add(&s->calls, 1);
		return;
	}
}

/* Whether this call is the one that has to fail. */
static bool fails(const char *name, const void *caller, bool ours_only)
{
	uint64_t frames[FAULT_FRAMES] = {0}, key = 1469598103934665603, from;
	int saved = errno;
	bool fail = false;

	if (!table || inside || (ours_only && !ours(caller)))
		return false;
	inside = true;
	find_frames(caller, frames);
	if (!frames[0])
		goto out; /* a library's own thread */
	from = ours(caller) ? 0 : offset(caller);
	for (const char *p = name; *p; p++)
		key = mix(key, (uint64_t)*p);
	key = mix(key, from);
	for (int i = 0; i < FAULT_KEY_FRAMES; i++)
		key = mix(key, frames[i]);
	note(key, name, from, caller, frames);
	for (int i = 0; i < FAULT_ARMED; i++)
		if (atomic_load(&table->armed[i]) == key)
			fail = !atomic_fetch_add(&table->hits[i], 1) || atomic_load(&table->always);
out:
	inside = false;
	errno = saved;
	return fail;
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("XDNS_FAULTS");
	void *warm[2];
	void *p;
	int fd;

	if (!path)
		return;
	backtrace(warm, 2); /* loads its library now */
	fd = open(path, O_RDWR | O_CLOEXEC);
	p = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		abort();
	table = p;
}

#define CALLER __builtin_extract_return_addr(__builtin_return_address(0))

/* --- allocation: may come before anything is set up ----------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
#pragma weak __interceptor_malloc
#pragma weak __interceptor_calloc
#pragma weak __interceptor_realloc
void *__interceptor_malloc(size_t size);
void *__interceptor_calloc(size_t n, size_t size);
void *__interceptor_realloc(void *p, size_t size);

static bool no_memory(const char *name, const void *caller)
{
	if (!fails(name, caller, false))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	if (no_memory("malloc", CALLER))
		return NULL;
	return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (no_memory("calloc", CALLER))
		return NULL;
	return __interceptor_calloc ? __interceptor_calloc(n, size) : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	if (no_memory("realloc", CALLER))
		return NULL;
	return __interceptor_realloc ? __interceptor_realloc(p, size) : __libc_realloc(p, size);
}

/* A sanitizer's does not call realloc(). */
void *reallocarray(void *p, size_t n, size_t size)
{
	size_t all;

	if (no_memory("reallocarray", CALLER))
		return NULL;
	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return __interceptor_realloc ? __interceptor_realloc(p, all) : __libc_realloc(p, all);
}

/* A sanitizer's strdup() does not call malloc(). */
static char *copy(const char *text, size_t len, const void *caller)
{
	char *to = no_memory("strdup", caller) ? NULL : malloc(len + 1);

	if (to) {
		memcpy(to, text, len);
		to[len] = '\0';
	}
	return to;
}

char *strdup(const char *text)
{
	return copy(text, strlen(text), CALLER);
}

char *strndup(const char *text, size_t max)
{
	return copy(text, strnlen(text, max), CALLER);
}

/* --- the others: integers and pointers in registers, so one shape fits all ------------------ */

typedef long call_fn(long a, long b, long c, long d, long e, long f, long g);

#define STAND_IN(function, ours_only, error, failure)                                              \
	long stand_in_##function(long a, long b, long c, long d, long e, long f,                   \
				 long g) __asm__(#function);                                       \
	long stand_in_##function(long a, long b, long c, long d, long e, long f, long g)           \
	{                                                                                          \
		static call_fn *real;                                                              \
                                                                                                   \
		if (!real)                                                                         \
			real = (call_fn *)dlsym(RTLD_NEXT, #function);                             \
		if (fails(#function, CALLER, ours_only)) {                                         \
			errno = (error);                                                           \
			return (failure);                                                          \
		}                                                                                  \
		return real(a, b, c, d, e, f, g);                                                  \
	}

FAULT_CALLS(STAND_IN)

/* --- files: a disk that cannot be read, and how glibc remembers it -------------------------- */

static bool cannot_read(const char *name, const void *caller, FILE *f)
{
	if (!fails(name, caller, true))
		return false;
	f->_flags |= _IO_ERR_SEEN;
	errno = EIO;
	return true;
}

size_t fread(void *to, size_t size, size_t n, FILE *f)
{
	static size_t (*real)(void *, size_t, size_t, FILE *);

	if (!real)
		real = dlsym(RTLD_NEXT, "fread");
	return cannot_read("fread", CALLER, f) ? 0 : real(to, size, n, f);
}

char *fgets(char *to, int size, FILE *f)
{
	static char *(*real)(char *, int, FILE *);

	if (!real)
		real = dlsym(RTLD_NEXT, "fgets");
	return cannot_read("fgets", CALLER, f) ? NULL : real(to, size, f);
}

/* What open_memstream() made says only here that it had no memory; it is closed all the same. */
int fclose(FILE *f)
{
	static int (*real)(FILE *);
	bool fail = fails("fclose", CALLER, true);
	int r;

	if (!real)
		real = dlsym(RTLD_NEXT, "fclose");
	r = real(f);
	if (!fail)
		return r;
	errno = ENOMEM;
	return EOF;
}

/* --- system calls by number: libbpf's one for each command, else the daemon's own ----------- */

static const struct {
	long command;
	const char *name;
	int error;
} bpf_calls[] = {
#define X(command, name, error) {command, name, error},
	FAULT_BPF(X)
#undef X
};

static int call_error(long number, long command, const void *caller)
{
	if (number != SYS_bpf)
		return fails("syscall", caller, true) ? EPERM : 0;
	for (size_t i = 0; i < sizeof(bpf_calls) / sizeof(bpf_calls[0]); i++)
		if (bpf_calls[i].command == command)
			return fails(bpf_calls[i].name, caller, false) ? bpf_calls[i].error : 0;
	return fails("bpf", caller, false) ? EPERM : 0;
}

long stand_in_syscall(long a, long b, long c, long d, long e, long f, long g) __asm__("syscall");
long stand_in_syscall(long a, long b, long c, long d, long e, long f, long g)
{
	static call_fn *real;
	int error = call_error(a, b, CALLER);

	if (!real)
		real = (call_fn *)dlsym(RTLD_NEXT, "syscall");
	if (!error)
		return real(a, b, c, d, e, f, g);
	errno = error;
	return -1;
}
