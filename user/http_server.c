// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <urcu.h>

#include "log.h"
#include "util.h"

#define BACKLOG 128

struct http_server {
	struct MHD_Daemon *mhd;
	http_handler handler;
	void *ctx;
	uint16_t port;
};

static void add_header(struct MHD_Response *r, const char *name, const char *value)
{
	if (value)
		MHD_add_response_header(r, name, value);
}

static enum MHD_Result reply(struct MHD_Connection *c, struct http_response *a)
{
	struct MHD_Response *r;
	enum MHD_Result queued;

	r = MHD_create_response_from_buffer(a->len, a->body ? a->body : (void *)"",
					    a->body ? MHD_RESPMEM_MUST_FREE
						    : MHD_RESPMEM_PERSISTENT);
	if (!r) {
		free(a->body);
		free(a->location);
		return MHD_NO;
	}
	add_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
	add_header(r, MHD_HTTP_HEADER_LOCATION, a->location);
	add_header(r, "X-Content-Type-Options", "nosniff");
	if (a->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		add_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	free(a->location);
	queued = MHD_queue_response(c, a->status, r);
	MHD_destroy_response(r);
	return queued;
}

/* Answered as soon as the headers are there: of a body nothing is read. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **per_request)
{
	struct http_server *s = cls;
	struct http_response a = {0};
	struct http_request q = {
		.method = method,
		.path = url,
		.accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT),
	};

	(void)version;
	(void)upload;
	(void)upload_len;
	(void)per_request;
	rcu_register_thread();
	s->handler(s->ctx, &q, &a);
	rcu_unregister_thread();
	return reply(c, &a);
}

/* The path is the handler's to decode: it tells "%2F" from "/". */
static size_t leave_escapes(void *cls, struct MHD_Connection *c, char *text)
{
	(void)cls;
	(void)c;
	return strlen(text);
}

static void on_log(void *cls, const char *fmt, va_list args)
{
	_cleanup_free_ char *text = NULL;

	(void)cls;
	if (vasprintf(&text, fmt, args) < 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	log_debug("http: %s", text);
}

static int open_socket(const struct addrinfo *a, int *ret_fd)
{
	_cleanup_close_ int fd =
		socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, off = 0;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, BACKLOG))
		return -errno;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static uint16_t bound_port(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len))
		return 0;
	return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
					     : ((struct sockaddr_in *)&a)->sin_port);
}

/* Every address is both families on one socket; without IPv6, IPv4. */
static int listen_on(const char *listener, uint16_t port, int *ret_fd, char **ret_error)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list = NULL;
	bool any = !*listener || !strcmp(listener, "0.0.0.0") || !strcmp(listener, "::");
	char text[sizeof("65535")];
	int r, gai;

	snprintf(text, sizeof(text), "%u", port);
	gai = getaddrinfo(any ? "::" : listener, text, &hints, &list);
	r = gai ? -EADDRNOTAVAIL : open_socket(list, ret_fd);
	if (list)
		freeaddrinfo(list);
	list = NULL;
	if (any && (r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL)) {
		gai = getaddrinfo("0.0.0.0", text, &hints, &list);
		r = gai ? -EADDRNOTAVAIL : open_socket(list, ret_fd);
		if (list)
			freeaddrinfo(list);
	}
	if (r && asprintf(ret_error, "HTTP on %s port %u: %s", any ? "every address" : listener,
			  port, gai ? gai_strerror(gai) : strerror(-r)) < 0)
		*ret_error = NULL;
	return r;
}

int http_server_start(const char *listener, uint16_t port, http_handler handler, void *ctx,
		      struct http_server **ret, char **ret_error)
{
	struct http_server *s = calloc(1, sizeof(*s));
	int fd, r;

	if (!s)
		return -ENOMEM;
	s->handler = handler;
	s->ctx = ctx;
	r = listen_on(listener, port, &fd, ret_error);
	if (r) {
		free(s);
		return r;
	}
	s->port = bound_port(fd);
	s->mhd = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, s,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_THREAD_POOL_SIZE, HTTP_SERVER_THREADS, MHD_OPTION_CONNECTION_LIMIT,
		HTTP_SERVER_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, HTTP_SERVER_PER_CLIENT,
		MHD_OPTION_CONNECTION_TIMEOUT, HTTP_SERVER_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_SERVER_MEMORY,
		MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL, MHD_OPTION_END);
	if (!s->mhd) {
		close(fd);
		free(s);
		if (asprintf(ret_error, "HTTP: libmicrohttpd does not start") < 0)
			*ret_error = NULL;
		return -EIO;
	}
	*ret = s;
	return 0;
}

uint16_t http_server_port(const struct http_server *s)
{
	return s->port;
}

unsigned http_server_connections(const struct http_server *s)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(s->mhd, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info ? info->num_connections : 0;
}

void http_server_stop(struct http_server *s)
{
	if (!s)
		return;
	MHD_stop_daemon(s->mhd);
	free(s);
}
