// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "owner.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "util.h"

#define TCP_STATE_LISTEN 0x0a

static void cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static void cleanup_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static void read_name(pid_t pid, char *ret, size_t size)
{
	_cleanup_(cleanup_file) FILE *f = NULL;
	char path[64];

	ret[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(ret, (int)size, f))
		ret[strcspn(ret, "\n")] = '\0';
}

/* Has the process whose /proc/PID/fd is DIR this socket open? */
static bool has_socket(int proc, const char *pid, unsigned long inode)
{
	_cleanup_(cleanup_dir) DIR *d = NULL;
	char path[300], want[64], link[64];
	const struct dirent *e;
	int fd;

	snprintf(path, sizeof(path), "%s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		cleanup_close(&fd);
		return false;
	}
	snprintf(want, sizeof(want), "socket:[%lu]", inode);
	while ((e = readdir(d))) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);

		if (n > 0 && (size_t)n == strlen(want) && memcmp(link, want, (size_t)n) == 0)
			return true;
	}
	return false;
}

/* 0 if nobody who can be seen has it: the process may be going, or be somewhere else. */
static pid_t socket_pid(unsigned long inode)
{
	_cleanup_(cleanup_dir) DIR *proc = opendir("/proc");
	const struct dirent *e;

	while (proc && (e = readdir(proc)))
		if (isdigit((unsigned char)e->d_name[0]) &&
		    has_socket(dirfd(proc), e->d_name, inode))
			return atoi(e->d_name);
	return 0;
}

/* /proc/net writes addresses as words of the machine's order. */
static bool read_address(const char *hex, unsigned port, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	size_t words = strlen(hex) / 8;
	uint32_t word[4];

	memset(ret, 0, sizeof(*ret));
	if (strlen(hex) % 8 || (words != 1 && words != 4))
		return false;
	for (size_t i = 0; i < words; i++)
		if (sscanf(hex + i * 8, "%8x", &word[i]) != 1)
			return false;
	if (words == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		memcpy(&in->sin_addr, word, sizeof(in->sin_addr));
	} else {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		memcpy(&in6->sin6_addr, word, sizeof(in6->sin6_addr));
	}
	return true;
}

/* Is a bind to A in conflict with a socket at B, the port being the same? */
static bool overlap(const struct sockaddr *a, const struct sockaddr_storage *b)
{
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;

	if (a->sa_family == AF_INET6)
		return b->ss_family == AF_INET6 &&
		       (IN6_IS_ADDR_UNSPECIFIED(&a6->sin6_addr) ||
			IN6_IS_ADDR_UNSPECIFIED(&b6->sin6_addr) ||
			memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0);
	if (b->ss_family == AF_INET)
		return a4->sin_addr.s_addr == htonl(INADDR_ANY) ||
		       b4->sin_addr.s_addr == htonl(INADDR_ANY) ||
		       a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	/* A socket of both families; one that is only IPv6's cannot be told from it here. */
	if (IN6_IS_ADDR_UNSPECIFIED(&b6->sin6_addr))
		return true;
	return IN6_IS_ADDR_V4MAPPED(&b6->sin6_addr) &&
	       (a4->sin_addr.s_addr == htonl(INADDR_ANY) ||
		memcmp(&a4->sin_addr, b6->sin6_addr.s6_addr + 12, sizeof(a4->sin_addr)) == 0);
}

/* The first socket in a file of /proc/net that is in the way of LOCAL. */
static int find_socket(const char *file, bool tcp, const struct sockaddr *local,
		       struct sockaddr_storage *ret, unsigned long *ret_inode)
{
	_cleanup_(cleanup_file) FILE *f = fopen(file, "re");
	unsigned want =
		ntohs(local->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)local)->sin6_port
						   : ((const struct sockaddr_in *)local)->sin_port);
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		struct sockaddr_storage at;
		unsigned long inode;
		unsigned port, state;
		char hex[33];

		/* sl local remote st queues timer:when retransmits uid timeout inode */
		if (sscanf(line, " %*u: %32[0-9A-F]:%x %*s %x %*s %*s %*s %*u %*d %lu", hex, &port,
			   &state, &inode) != 4)
			continue;
		if (port != want || (tcp && state != TCP_STATE_LISTEN) ||
		    !read_address(hex, port, &at) || !overlap(local, &at))
			continue;
		*ret = at;
		*ret_inode = inode;
		return 0;
	}
	return -ENOENT;
}

int owner_of_port(bool tcp, const struct sockaddr *local, struct owner *ret)
{
	struct owner o = {0};
	unsigned long inode;
	int r = -ENOENT;

	if (local->sa_family == AF_INET)
		r = find_socket(tcp ? "/proc/net/tcp" : "/proc/net/udp", tcp, local, &o.socket,
				&inode);
	if (r < 0)
		r = find_socket(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", tcp, local, &o.socket,
				&inode);
	if (r < 0)
		return r;
	o.pid = socket_pid(inode);
	if (o.pid)
		read_name(o.pid, o.name, sizeof(o.name));
	*ret = o;
	return 0;
}

int owner_of_lock(int fd, struct owner *ret)
{
	_cleanup_(cleanup_file) FILE *f = NULL;
	char line[256];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	f = fopen("/proc/locks", "re");
	while (f && fgets(line, sizeof(line), f)) {
		struct owner o = {0};
		unsigned device_major, device_minor;
		unsigned long inode;

		/* number: kind way access pid device:inode range; one that waits has "->" */
		if (sscanf(line, "%*u: FLOCK %*s %*s %d %x:%x:%lu", &o.pid, &device_major,
			   &device_minor, &inode) != 4)
			continue;
		if (inode != st.st_ino || makedev(device_major, device_minor) != st.st_dev)
			continue;
		if (o.pid > 0)
			read_name(o.pid, o.name, sizeof(o.name));
		else
			o.pid = 0;
		*ret = o;
		return 0;
	}
	return -ENOENT;
}

const char *owner_text(const struct owner *o, char *buf, size_t size)
{
	if (!o->pid)
		snprintf(buf, size, "a process that cannot be seen from here");
	else if (!o->name[0])
		snprintf(buf, size, "PID %d", o->pid);
	else
		snprintf(buf, size, "PID %d (%s)", o->pid, o->name);
	return buf;
}
