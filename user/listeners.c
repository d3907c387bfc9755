// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "owner.h"
#include "util.h"

#define UDP_BUFFER (4 << 20) /* octets; absorbs bursts while a worker does something else */
/* Octets that the kernel keeps of a connection; it would let them grow to megabytes. */
#define TCP_RECEIVE_BUFFER (32 << 10)
#define TCP_SEND_BUFFER	   (128 << 10)
#define TCP_BACKLOG	   1024
#define ANY_PORT_TRIES	   32
/* A predecessor may need a moment to be gone, even after kill -9. */
#define TAKEN_PORT_TRIES   40
#define TAKEN_PORT_WAIT_US 50000

struct endpoint {
	union sock_addr addr;
	socklen_t len;
};

/* What could not be bound. */
struct failure {
	struct endpoint at;
	bool tcp;
};

static void set_port(struct endpoint *e, uint16_t port)
{
	if (e->addr.any.sa_family == AF_INET6)
		e->addr.in6.sin6_port = htons(port);
	else
		e->addr.in.sin_port = htons(port);
}

/* The endpoints of cfg with PORT; returns how many. */
static unsigned endpoints(const struct config *cfg, uint16_t port,
			  struct endpoint ret[LISTENERS_MAX])
{
	unsigned count = 1;

	memset(ret, 0, LISTENERS_MAX * sizeof(ret[0]));
	if (cfg->listener_any) {
		ret[0].addr.in.sin_family = AF_INET;
		ret[1].addr.in6.sin6_family = AF_INET6;
		count = 2;
	} else {
		ret[0].addr.storage = cfg->listener;
	}
	for (unsigned i = 0; i < count; i++) {
		ret[i].len = ret[i].addr.any.sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
								   : sizeof(struct sockaddr_in);
		set_port(&ret[i], port);
	}
	return count;
}

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* Best effort: the limit of an unprivileged process is net.core.[rw]mem_max. */
static void set_buffers(int fd)
{
	if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP_BUFFER) < 0)
		set_int(fd, SOL_SOCKET, SO_RCVBUF, UDP_BUFFER);
	if (set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, UDP_BUFFER) < 0)
		set_int(fd, SOL_SOCKET, SO_SNDBUF, UDP_BUFFER);
}

/*
 * Path MTU news can be forged, and for UDP they would make us send fragments
 * an attacker chose the size of: they are ignored, and DF is not set.
 */
static int set_udp_options(int fd, int family, bool any)
{
	int r;

	set_buffers(fd);
	if (family == AF_INET6) {
		r = set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
		if (r < 0)
			r = set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
		if (r == 0 && any)
			r = set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		return r;
	}
	r = set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
	if (r < 0)
		r = set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	if (r == 0 && any)
		r = set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
	return r;
}

static int set_options(int fd, int family, bool tcp, bool any)
{
	int r = 0;

	if (family == AF_INET6)
		r = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (r == 0 && tcp) /* over connections that are ending, our predecessor's above all */
		r = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	/* inherited by accepted sockets, of which there may be many that are up to no good */
	if (r == 0 && tcp)
		r = set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (r == 0 && tcp)
		r = set_int(fd, SOL_SOCKET, SO_RCVBUF, TCP_RECEIVE_BUFFER);
	if (r == 0 && tcp)
		r = set_int(fd, SOL_SOCKET, SO_SNDBUF, TCP_SEND_BUFFER);
	if (r == 0 && !tcp)
		r = set_udp_options(fd, family, any);
	return r;
}

/*
 * SO_REUSEPORT lets a second daemon of the same user take half of the queries without a word. So
 * the first socket of an endpoint is bound without it, which fails if anybody else is there, and
 * is opened to our other workers afterwards: a daemon that starts meanwhile fails at its own first.
 * With port 0, e gets the port that was found.
 */
static int open_socket(struct endpoint *e, bool tcp, bool any, bool first, int *ret_fd)
{
	socklen_t len = sizeof(e->addr);
	_cleanup_close_ int fd = -1;
	int r;

	fd = socket(e->addr.any.sa_family,
		    (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = set_options(fd, e->addr.any.sa_family, tcp, any);
	if (r == 0 && !first)
		r = set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (r < 0)
		return r;
	if (bind(fd, &e->addr.any, e->len) < 0)
		return -errno;
	if (first)
		r = set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (r < 0)
		return r;
	if ((tcp && listen(fd, TCP_BACKLOG) < 0) || getsockname(fd, &e->addr.any, &len) < 0)
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static uint16_t endpoint_port(const struct endpoint *e)
{
	return ntohs(e->addr.any.sa_family == AF_INET6 ? e->addr.in6.sin6_port
						       : e->addr.in.sin_port);
}

static const char *host_text(const union sock_addr *a, char buf[INET6_ADDRSTRLEN])
{
	const void *host = a->any.sa_family == AF_INET6 ? (const void *)&a->in6.sin6_addr
							: (const void *)&a->in.sin_addr;

	return inet_ntop(a->any.sa_family, host, buf, INET6_ADDRSTRLEN) ? buf : "";
}

static bool is_any(const struct sockaddr_storage *a)
{
	const union sock_addr *u = (const union sock_addr *)a;

	return a->ss_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&u->in6.sin6_addr)
					: u->in.sin_addr.s_addr == htonl(INADDR_ANY);
}

/* Who has the port, and what to do: the end of the message. NULL without memory. */
static char *in_use_text(const struct config *cfg, const struct endpoint *e, bool tcp)
{
	char host[INET6_ADDRSTRLEN], who[OWNER_TEXT_MAX], *text;
	uint16_t port = endpoint_port(e);
	struct owner o;
	int n;

	if (owner_of_port(tcp, &e->addr.any, &o) < 0) {
		n = asprintf(&text, "it is in use; `ss -l%cnp sport = %u` tells by whom",
			     tcp ? 't' : 'u', port);
		return n < 0 ? NULL : text;
	}
	host_text((const union sock_addr *)&o.socket, host);
	owner_text(&o, who, sizeof(who));
	if (!o.pid)
		n = asprintf(&text,
			     "port %u of %s is in use by %s; `ss -l%cnp sport = %u` on the host, "
			     "as root, names it",
			     port, host, who, tcp ? 't' : 'u', port);
	else
		n = asprintf(&text, "port %u of %s is in use by %s%s", port, host, who,
			     cfg->listener_any && !is_any(&o.socket)
				     ? "; \"listener\" can name another address to serve beside it"
				     : "");
	return n < 0 ? NULL : text;
}

static char *bind_error(const struct config *cfg, const struct endpoint *e, bool tcp, int err)
{
	_cleanup_free_ char *why = err == -EADDRINUSE ? in_use_text(cfg, e, tcp) : NULL;
	const char *hint = err == -EACCES ? " (such a port needs CAP_NET_BIND_SERVICE)" : "";
	bool v6 = e->addr.any.sa_family == AF_INET6;
	char host[INET6_ADDRSTRLEN];
	char *text;

	if (asprintf(&text, "listening on %s%s%s:%u (%s): %s%s", v6 ? "[" : "",
		     host_text(&e->addr, host), v6 ? "]" : "", endpoint_port(e),
		     tcp ? "TCP" : "UDP", why ? why : uv_strerror(err), hint) < 0)
		return NULL;
	return text;
}

/* With "any", a kernel without one of the families serves the other. */
static bool may_skip(const struct config *cfg, int err)
{
	return cfg->listener_any && (err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL);
}

/* Endpoint I's two sockets of a worker. *ret_tcp: which of them failed. */
static int open_pair(struct endpoint *e, bool any, bool first, unsigned i, struct listeners *ret,
		     bool *ret_tcp)
{
	int r;

	*ret_tcp = false;
	r = open_socket(e, false, any, first, &ret->udp[i]);
	if (r < 0)
		return r;
	*ret_tcp = true;
	return open_socket(e, true, any, first, &ret->tcp[i]);
}

/*
 * The first worker's sockets. Takes out of LIST what this kernel has not; the first port found is
 * everyone's.
 */
static int open_first(const struct config *cfg, struct endpoint *list, unsigned *count,
		      struct listeners *ret, struct failure *ret_failure)
{
	unsigned total = *count;

	*count = 0;
	for (unsigned i = 0; i < total; i++) {
		struct endpoint *e = &list[i];
		bool tcp;
		int r;

		if (*count)
			set_port(e, endpoint_port(&list[0]));
		r = open_pair(e, cfg->listener_any, true, *count, ret, &tcp);
		if (r < 0 && !tcp && may_skip(cfg, r) && (*count || i + 1 < total))
			continue;
		if (r < 0) {
			*ret_failure = (struct failure){.at = *e, .tcp = tcp};
			return r;
		}
		list[(*count)++] = *e;
	}
	ret->count = *count;
	return 0;
}

static int open_all(const struct config *cfg, struct endpoint *list, unsigned count,
		    unsigned workers, struct listeners *ret, struct failure *ret_failure)
{
	int r = open_first(cfg, list, &count, &ret[0], ret_failure);

	for (unsigned w = 1; w < workers && r == 0; w++) {
		for (unsigned i = 0; i < count && r == 0; i++) {
			r = open_pair(&list[i], cfg->listener_any, false, i, &ret[w],
				      &ret_failure->tcp);
			ret_failure->at = list[i];
		}
		ret[w].count = count;
	}
	return r;
}

void listeners_close(struct listeners *l, unsigned workers)
{
	for (unsigned w = 0; w < workers; w++) {
		for (unsigned i = 0; i < LISTENERS_MAX; i++) {
			cleanup_close(&l[w].udp[i]);
			cleanup_close(&l[w].tcp[i]);
			l[w].udp[i] = l[w].tcp[i] = -1;
		}
	}
}

static int try_open(const struct config *cfg, unsigned workers, struct listeners *l,
		    uint16_t *ret_port, struct failure *ret_failure)
{
	struct endpoint list[LISTENERS_MAX];
	unsigned count = endpoints(cfg, cfg->port, list);
	int r;

	for (unsigned w = 0; w < workers; w++)
		l[w] = (struct listeners){.udp = {-1, -1}, .tcp = {-1, -1}};
	r = open_all(cfg, list, count, workers, l, ret_failure);
	if (r == 0)
		*ret_port = endpoint_port(&list[0]);
	else
		listeners_close(l, workers);
	return r;
}

int listeners_open(const struct config *cfg, unsigned workers, struct listeners *ret,
		   uint16_t *ret_port, char **ret_error)
{
	int tries = cfg->port ? TAKEN_PORT_TRIES : ANY_PORT_TRIES;
	struct failure failure;

	for (;;) {
		int r = try_open(cfg, workers, ret, ret_port, &failure);

		/* The port found for one protocol may be taken for the other. */
		if (r == -EADDRINUSE && --tries > 0) {
			if (cfg->port)
				usleep(TAKEN_PORT_WAIT_US);
			continue;
		}
		if (r < 0)
			*ret_error = bind_error(cfg, &failure.at, failure.tcp, r);
		return r;
	}
}

static bool same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return a->sa_family == AF_INET6 &&
	       memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		      &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

static bool is_local(const struct ifaddrs *list, const union sock_addr *a)
{
	/* All of 127/8 is local, and a connect() to the unspecified address reaches us, too. */
	if (a->any.sa_family == AF_INET && (ntohl(a->in.sin_addr.s_addr) >> 24 == 127 ||
					    a->in.sin_addr.s_addr == htonl(INADDR_ANY)))
		return true;
	if (a->any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr))
		return true;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		if (i->ifa_addr && same_address(i->ifa_addr, &a->any))
			return true;
	}
	return false;
}

struct own_search {
	const struct config *cfg;
	const struct ifaddrs *local;
	uint16_t port;
	struct sockaddr_storage *found;
	size_t count;
};

static bool is_found(const struct own_search *s, const struct endpoint *e)
{
	for (size_t i = 0; i < s->count; i++) {
		if (same_address((const struct sockaddr *)&s->found[i], &e->addr.any))
			return true; /* the port is the same for all */
	}
	return false;
}

static void search(struct own_search *s, const struct config_resolvers *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct endpoint e = {.addr.storage = r->list[i].addr};

		if (endpoint_port(&e) != s->port || is_found(s, &e))
			continue;
		if (s->cfg->listener_any
			    ? is_local(s->local, &e.addr)
			    : same_address((const struct sockaddr *)&s->cfg->listener, &e.addr.any))
			s->found[s->count++] = e.addr.storage;
	}
}

int listeners_own_resolvers(const struct config *cfg, uint16_t port, struct sockaddr_storage **ret,
			    size_t *ret_count)
{
	struct own_search s = {.cfg = cfg, .port = port};
	size_t total = cfg->resolvers.count;
	struct ifaddrs *local = NULL;

	for (size_t i = 0; i < cfg->zone_resolvers_count; i++)
		total += cfg->zone_resolvers[i].resolvers.count;
	s.found = calloc(total + 1, sizeof(*s.found));
	if (!s.found)
		return -ENOMEM;
	/* Where it may not look at the interfaces, it still knows loopback. */
	if (getifaddrs(&local) < 0)
		local = NULL;
	s.local = local;
	search(&s, &cfg->resolvers);
	for (size_t i = 0; i < cfg->zone_resolvers_count; i++)
		search(&s, &cfg->zone_resolvers[i].resolvers);
	if (local)
		freeifaddrs(local);
	*ret = s.found;
	*ret_count = s.count;
	return 0;
}
