/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What may fail, how, and what the daemon shares with faults.py, which knows the table's layout. */
#ifndef XDNS_TESTS_FAULTS_INJECT_H
#define XDNS_TESTS_FAULTS_INJECT_H

#include <stdatomic.h>
#include <stdint.h>

#define FAULT_SITES	 65536
#define FAULT_FRAMES	 4
#define FAULT_KEY_FRAMES 2
#define FAULT_ARMED	 8

struct fault_site {
	_Atomic uint64_t key; /* 0: unused */
	_Atomic uint32_t calls;
	_Atomic uint32_t phases;       /* bits of the phases it was called in */
	char name[24];		       /* what was called */
	char library[24];	       /* that called, "": the daemon itself */
	uint64_t from;		       /* offset in it */
	uint64_t frames[FAULT_FRAMES]; /* offsets in the daemon, innermost first; 0: no more */
};

struct fault_table {
	_Atomic uint64_t armed[FAULT_ARMED]; /* keys of the sites that fail, 0: none */
	_Atomic uint32_t hits[FAULT_ARMED];  /* calls of each since it was armed */
	_Atomic uint32_t always;	     /* each time, not the first only */
	_Atomic uint32_t phase;		     /* 0..31, what is going on now */
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
	X(fcntl, false, EMFILE, -1)                                                                \
	X(fcntl64, false, EMFILE, -1)                                                              \
	X(pipe2, false, EMFILE, -1)                                                                \
	X(socketpair, false, EMFILE, -1)                                                           \
	X(open, false, EMFILE, -1)                                                                 \
	X(open64, false, EMFILE, -1)                                                               \
	X(openat, false, EMFILE, -1)                                                               \
	X(opendir, false, EMFILE, 0)                                                               \
	X(fdopendir, false, ENOMEM, 0)                                                             \
	X(fopen, false, EMFILE, 0)                                                                 \
	X(fopen64, false, EMFILE, 0)                                                               \
	X(read, true, EIO, -1)                                                                     \
	X(write, true, ENOSPC, -1)                                                                 \
	X(fstat, true, EIO, -1)                                                                    \
	X(stat, true, EIO, -1)                                                                     \
	X(statfs, true, EIO, -1)                                                                   \
	X(access, true, EACCES, -1)                                                                \
	X(mkdir, true, ENOSPC, -1)                                                                 \
	X(mount, true, EPERM, -1)                                                                  \
	X(rename, true, ENOSPC, -1)                                                                \
	X(unlink, true, EROFS, -1)                                                                 \
	X(unlinkat, true, EROFS, -1)                                                               \
	X(rmdir, true, EROFS, -1)                                                                  \
	X(readlinkat, true, EACCES, -1)                                                            \
	X(getcwd, true, ENOENT, 0)                                                                 \
	X(flock, true, ENOLCK, -1)                                                                 \
	X(ioctl, true, EIO, -1)                                                                    \
	X(getrandom, true, ENOSYS, -1)                                                             \
	X(getrlimit, true, EPERM, -1)                                                              \
	X(setrlimit, true, EPERM, -1)                                                              \
	X(prctl, true, EPERM, -1)                                                                  \
	X(gethostname, true, ENAMETOOLONG, -1)                                                     \
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
	X(epoll_create1, false, EMFILE, -1)                                                        \
	X(epoll_wait, true, EINTR, -1)                                                             \
	X(epoll_ctl, true, ENOSPC, -1)                                                             \
	X(eventfd, false, EMFILE, -1)                                                              \
	X(getaddrinfo, true, ENOMEM, EAI_MEMORY)                                                   \
	X(getnameinfo, true, ENOMEM, EAI_MEMORY)                                                   \
	X(pthread_create, false, EAGAIN, EAGAIN)                                                   \
	X(uv_queue_work, true, ENOMEM, -ENOMEM)                                                    \
	X(uv_async_init, true, EMFILE, -EMFILE)                                                    \
	X(uv_thread_create, true, EAGAIN, -EAGAIN)                                                 \
	X(uv_loop_init, true, EMFILE, -EMFILE)                                                     \
	X(uv_signal_init, true, EMFILE, -EMFILE)                                                   \
	X(uv_poll_init, true, ENOMEM, -ENOMEM)                                                     \
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
	X(PEM_read_X509, true, ENOMEM, 0)                                                          \
	X(PEM_read_PrivateKey, true, ENOMEM, 0)                                                    \
	X(X509_check_private_key, true, ENOMEM, 0)                                                 \
	X(SHA256, true, ENOMEM, 0)                                                                 \
	X(EVP_MD_fetch, true, ENOMEM, 0)                                                           \
	X(EVP_MD_CTX_new, true, ENOMEM, 0)                                                         \
	X(EVP_DigestInit_ex2, true, ENOMEM, 0)                                                     \
	X(EVP_DigestUpdate, true, ENOMEM, 0)                                                       \
	X(EVP_DigestFinal_ex, true, ENOMEM, 0)                                                     \
	X(EVP_MAC_fetch, true, ENOMEM, 0)                                                          \
	X(EVP_MAC_CTX_new, true, ENOMEM, 0)                                                        \
	X(EVP_MAC_init, true, ENOMEM, 0)                                                           \
	X(EVP_MAC_update, true, ENOMEM, 0)                                                         \
	X(EVP_MAC_final, true, ENOMEM, 0)                                                          \
	X(seccomp_init, true, ENOMEM, 0)                                                           \
	X(seccomp_attr_set, true, ENOMEM, -ENOMEM)                                                 \
	X(seccomp_rule_add, true, ENOMEM, -ENOMEM)                                                 \
	X(seccomp_rule_add_array, true, ENOMEM, -ENOMEM)                                           \
	X(seccomp_load, true, EINVAL, -EINVAL)                                                     \
	X(open_memstream, true, ENOMEM, 0)

/* X(command of bpf(), its name, errno) */
#define FAULT_BPF(X)                                                                               \
	X(BPF_MAP_CREATE, "bpf MAP_CREATE", ENOMEM)                                                \
	X(BPF_MAP_LOOKUP_ELEM, "bpf LOOKUP", ENOMEM)                                               \
	X(BPF_MAP_UPDATE_ELEM, "bpf UPDATE", ENOMEM)                                               \
	X(BPF_MAP_DELETE_ELEM, "bpf DELETE", ENOMEM)                                               \
	X(BPF_MAP_LOOKUP_BATCH, "bpf LOOKUP_BATCH", ENOMEM)                                        \
	X(BPF_MAP_UPDATE_BATCH, "bpf UPDATE_BATCH", ENOMEM)                                        \
	X(BPF_MAP_FREEZE, "bpf MAP_FREEZE", EBUSY)                                                 \
	X(BPF_PROG_LOAD, "bpf PROG_LOAD", ENOMEM)                                                  \
	X(BPF_PROG_TEST_RUN, "bpf TEST_RUN", ENOMEM)                                               \
	X(BPF_BTF_LOAD, "bpf BTF_LOAD", ENOMEM)                                                    \
	X(BPF_OBJ_PIN, "bpf OBJ_PIN", ENOSPC)                                                      \
	X(BPF_OBJ_GET, "bpf OBJ_GET", EIO)                                                         \
	X(BPF_LINK_CREATE, "bpf LINK_CREATE", ENOMEM)                                              \
	X(BPF_LINK_UPDATE, "bpf LINK_UPDATE", ENOMEM)                                              \
	X(BPF_LINK_DETACH, "bpf LINK_DETACH", ENOMEM)

#endif
