/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What may fail, how, and what the daemon shares with faults.py, which knows the table's layout. */
#ifndef XDNS_TESTS_FAULTS_INJECT_H
#define XDNS_TESTS_FAULTS_INJECT_H

#include <stdatomic.h>
#include <stdint.h>

#define FAULT_SITES	 65536
#define FAULT_FRAMES	 4
#define FAULT_KEY_FRAMES 2

struct fault_site {
	_Atomic uint64_t key; /* 0: unused */
	_Atomic uint32_t calls;
	_Atomic uint32_t phases;       /* bits of the phases it was called in */
	char name[24];		       /* what was called */
	uint64_t from;		       /* offset in the library that called, 0: the daemon itself */
	uint64_t frames[FAULT_FRAMES]; /* offsets in the daemon, innermost first; 0: no more */
};

struct fault_table {
	_Atomic uint64_t armed;	 /* key of the site that fails, 0: none */
	_Atomic uint32_t always; /* each time, not the first only */
	_Atomic uint32_t hits;	 /* calls of it since it was armed */
	_Atomic uint32_t phase;	 /* 0..31, what is going on now */
	uint32_t pad;
	struct fault_site site[FAULT_SITES];
};

/*
 * X(function, only when the daemon itself calls it, errno, what it returns). Not epoll_wait() of
 * libuv and the like: it ends the process if that fails, which it does for wrong descriptors only.
 */
#define FAULT_CALLS(X)                                                                             \
	X(mmap, false, ENOMEM, -1)                                                                 \
	X(mmap64, false, ENOMEM, -1)                                                               \
	X(mprotect, true, ENOMEM, -1)                                                              \
	X(mremap, true, ENOMEM, -1)                                                                \
	X(aligned_alloc, false, ENOMEM, 0)                                                         \
	X(open, false, EMFILE, -1)                                                                 \
	X(open64, false, EMFILE, -1)                                                               \
	X(openat, false, EMFILE, -1)                                                               \
	X(opendir, false, EMFILE, 0)                                                               \
	X(fdopendir, false, ENOMEM, 0)                                                             \
	X(fopen, false, EMFILE, 0)                                                                 \
	X(fopen64, false, EMFILE, 0)                                                               \
	X(read, true, EIO, -1)                                                                     \
	X(write, true, ENOSPC, -1)                                                                 \
	X(fread, true, EIO, 0)                                                                     \
	X(fstat, true, EIO, -1)                                                                    \
	X(statfs, true, EIO, -1)                                                                   \
	X(access, true, EACCES, -1)                                                                \
	X(mkdir, true, ENOSPC, -1)                                                                 \
	X(mount, true, EPERM, -1)                                                                  \
	X(rename, true, ENOSPC, -1)                                                                \
	X(unlink, true, EROFS, -1)                                                                 \
	X(flock, true, ENOLCK, -1)                                                                 \
	X(ioctl, true, EIO, -1)                                                                    \
	X(getrandom, true, ENOSYS, -1)                                                             \
	X(setrlimit, true, EPERM, -1)                                                              \
	X(getifaddrs, true, ENOMEM, -1)                                                            \
	X(if_nameindex, true, ENOBUFS, 0)                                                          \
	X(if_nametoindex, true, ENODEV, 0)                                                         \
	X(socket, false, EMFILE, -1)                                                               \
	X(bind, false, EADDRINUSE, -1)                                                             \
	X(listen, false, EADDRINUSE, -1)                                                           \
	X(connect, false, ENETUNREACH, -1)                                                         \
	X(accept4, false, EMFILE, -1)                                                              \
	X(setsockopt, true, ENOBUFS, -1)                                                           \
	X(getsockopt, true, ENOBUFS, -1)                                                           \
	X(getsockname, true, ENOBUFS, -1)                                                          \
	X(send, false, ENOBUFS, -1)                                                                \
	X(sendto, false, ENOBUFS, -1)                                                              \
	X(sendmsg, false, ENOBUFS, -1)                                                             \
	X(sendmmsg, true, ENOBUFS, -1)                                                             \
	X(recv, false, ECONNRESET, -1)                                                             \
	X(recvfrom, false, ECONNRESET, -1)                                                         \
	X(recvmsg, false, ENOMEM, -1)                                                              \
	X(recvmmsg, true, ENOMEM, -1)                                                              \
	X(epoll_create1, true, EMFILE, -1)                                                         \
	X(epoll_ctl, true, ENOSPC, -1)                                                             \
	X(eventfd, false, EMFILE, -1)                                                              \
	X(getaddrinfo, true, ENOMEM, EAI_MEMORY)                                                   \
	X(pthread_create, false, EAGAIN, EAGAIN)                                                   \
	X(uv_queue_work, true, ENOMEM, -ENOMEM)                                                    \
	X(uv_async_init, true, EMFILE, -EMFILE)                                                    \
	X(uv_thread_create, true, EAGAIN, -EAGAIN)                                                 \
	X(uv_loop_init, true, EMFILE, -EMFILE)                                                     \
	X(uv_signal_init, true, EMFILE, -EMFILE)                                                   \
	X(uv_poll_init, true, ENOMEM, -ENOMEM)                                                     \
	X(syscall, false, EPERM, -1)                                                               \
	X(curl_global_init, true, EIO, 27 /* CURLE_OUT_OF_MEMORY */)                               \
	X(curl_easy_init, true, ENOMEM, 0)                                                         \
	X(curl_easy_setopt, true, ENOMEM, 27)                                                      \
	X(curl_easy_getinfo, true, ENOMEM, 43 /* CURLE_BAD_FUNCTION_ARGUMENT */)                   \
	X(curl_slist_append, true, ENOMEM, 0)                                                      \
	X(curl_url, true, ENOMEM, 0)                                                               \
	X(curl_url_set, true, ENOMEM, 7 /* CURLUE_OUT_OF_MEMORY */)                                \
	X(curl_multi_init, true, ENOMEM, 0)                                                        \
	X(curl_multi_add_handle, true, ENOMEM, 3 /* CURLM_OUT_OF_MEMORY */)                        \
	X(curl_multi_perform, true, ENOMEM, 3)                                                     \
	X(curl_multi_poll, true, ENOMEM, 3)                                                        \
	X(MHD_start_daemon, true, EMFILE, 0)                                                       \
	X(MHD_create_response_from_buffer_with_free_callback_cls, true, ENOMEM, 0)                 \
	X(MHD_create_response_from_callback, true, ENOMEM, 0)                                      \
	X(MHD_add_response_header, true, ENOMEM, 0)                                                \
	X(MHD_queue_response, true, ENOMEM, 0)                                                     \
	X(open_memstream, true, ENOMEM, 0)

#endif
