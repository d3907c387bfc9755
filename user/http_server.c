// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <urcu.h>

#include "log.h"
#include "util.h"

#define BACKLOG	     128
#define STREAM_BLOCK 8192 /* octets asked of a stream at once */

/* A stream on its connection. */
struct open_stream {
	struct http_stream stream;
	struct http_server *server;
	struct MHD_Connection *connection;
	struct open_stream *next, **at; /* of the server's list */
	bool suspended; /* nothing to say; the library leaves the connection alone */
};

struct http_server {
	struct MHD_Daemon *mhd;
	http_handler handler;
	void *ctx;
	uint16_t port;
	pthread_mutex_t lock; /* of all below, and of the streams' places and states */
	struct open_stream *streams;
	unsigned wakes; /* how often they were woken; atomic */
	bool stopping;
	size_t bodies; /* octets of the answers on their way; atomic */
};

/* An answer on its way. */
struct body {
	struct http_server *server;
	char *text;
	size_t len;
};

const char *http_request_header(const struct http_request *q, const char *name)
{
	return q->connection ? MHD_lookup_connection_value(q->connection, MHD_HEADER_KIND, name)
			     : NULL;
}

const char *http_request_parameter(const struct http_request *q, const char *name)
{
	return q->connection
		       ? MHD_lookup_connection_value(q->connection, MHD_GET_ARGUMENT_KIND, name)
		       : NULL;
}

static void add_header(struct MHD_Response *r, const char *name, const char *value)
{
	if (value)
		MHD_add_response_header(r, name, value);
}

/* Nothing to say: the connection sleeps, unless somebody called meanwhile. true: look again. */
static bool sleep_unless_woken(struct open_stream *o, unsigned wakes, bool *ret_end)
{
	struct http_server *s = o->server;
	bool again;

	pthread_mutex_lock(&s->lock);
	again = s->wakes != wakes;
	*ret_end = s->stopping;
	if (!again && !s->stopping) {
		o->suspended = true;
		MHD_suspend_connection(o->connection);
	}
	pthread_mutex_unlock(&s->lock);
	return again && !*ret_end;
}

static ssize_t read_stream(void *cls, uint64_t pos, char *buf, size_t size)
{
	struct open_stream *o = cls;
	bool end = false;
	unsigned wakes;
	ssize_t n;

	(void)pos;
	do {
		wakes = __atomic_load_n(&o->server->wakes, __ATOMIC_ACQUIRE);
		n = o->stream.read(o->stream.ctx, buf, size);
	} while (!n && sleep_unless_woken(o, wakes, &end));
	return n < 0 || end ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static void close_stream(void *cls)
{
	struct open_stream *o = cls;

	pthread_mutex_lock(&o->server->lock);
	*o->at = o->next;
	if (o->next)
		o->next->at = o->at;
	pthread_mutex_unlock(&o->server->lock);
	o->stream.close(o->stream.ctx);
	free(o);
}

/* With the lock held. */
static void wake_all(struct http_server *s)
{
	__atomic_add_fetch(&s->wakes, 1, __ATOMIC_RELEASE);
	for (struct open_stream *o = s->streams; o; o = o->next) {
		if (!o->suspended)
			continue;
		o->suspended = false;
		MHD_resume_connection(o->connection);
	}
}

void http_server_wake(struct http_server *s)
{
	pthread_mutex_lock(&s->lock);
	wake_all(s);
	pthread_mutex_unlock(&s->lock);
}

static struct MHD_Response *stream_response(struct http_server *s, struct MHD_Connection *c,
					    const struct http_stream *stream)
{
	struct open_stream *o = calloc(1, sizeof(*o));
	struct MHD_Response *r =
		o ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream,
						      o, close_stream)
		  : NULL;

	if (!r) {
		stream->close(stream->ctx);
		free(o);
		return NULL;
	}
	*o = (struct open_stream){.stream = *stream, .server = s, .connection = c};
	pthread_mutex_lock(&s->lock);
	o->next = s->streams;
	o->at = &s->streams;
	if (o->next)
		o->next->at = &o->next;
	s->streams = o;
	pthread_mutex_unlock(&s->lock);
	return r;
}

static void body_done(void *cls)
{
	struct body *b = cls;

	__atomic_sub_fetch(&b->server->bodies, b->len, __ATOMIC_RELAXED);
	free(b->text);
	free(b);
}

static void refuse(struct http_response *a)
{
	static const char busy[] = "503: Service Unavailable";

	free(a->body);
	a->body = strdup(busy);
	a->len = a->body ? strlen(busy) : 0;
	a->type = "text/plain; charset=utf-8";
	a->status = MHD_HTTP_SERVICE_UNAVAILABLE;
}

/* One answer may be as large as it is; many that clients are slow to take may not. */
static struct MHD_Response *text_response(struct http_server *s, struct http_response *a)
{
	struct body *b = calloc(1, sizeof(*b));
	struct MHD_Response *r = NULL;
	size_t before = __atomic_load_n(&s->bodies, __ATOMIC_RELAXED);

	if (before && before + a->len > HTTP_SERVER_BODIES)
		refuse(a);
	if (b) {
		*b = (struct body){.server = s, .text = a->body, .len = a->len};
		r = MHD_create_response_from_buffer_with_free_callback_cls(
			a->len, a->body ? a->body : "", body_done, b);
	}
	if (r) {
		__atomic_add_fetch(&s->bodies, b->len, __ATOMIC_RELAXED);
	} else {
		free(a->body);
		free(b);
	}
	return r;
}

static enum MHD_Result reply(struct http_server *s, struct MHD_Connection *c,
			     struct http_response *a)
{
	struct MHD_Response *r =
		a->stream.read ? stream_response(s, c, &a->stream) : text_response(s, a);
	enum MHD_Result queued;

	if (!r) {
		free(a->location);
		return MHD_NO;
	}
	add_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
	add_header(r, MHD_HTTP_HEADER_LOCATION, a->location);
	add_header(r, "X-Content-Type-Options", "nosniff");
	if (a->stream.read)
		add_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (a->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		add_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (a->status == MHD_HTTP_UNAUTHORIZED)
		add_header(r, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"mesos-xdns\"");
	free(a->location);
	queued = MHD_queue_response(c, a->status, r);
	MHD_destroy_response(r);
	return queued;
}

static bool has_body(struct MHD_Connection *c)
{
	const char *length =
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (length && strcmp(length, "0") != 0) ||
	       MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

/*
 * Called when the headers are there, and again at the request's end. An answer to the first call
 * ends the connection: so the body of a request is never read, and others can follow one another.
 */
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
		.connection = c,
	};

	(void)version;
	(void)upload;
	(void)upload_len;
	if (!*per_request && !has_body(c)) {
		*per_request = s; /* any mark */
		return MHD_YES;
	}
	rcu_register_thread();
	s->handler(s->ctx, &q, &a);
	rcu_unregister_thread();
	return reply(s, c, &a);
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

/* Takes over the socket on success. */
static struct MHD_Daemon *start_library(struct http_server *s, int fd,
					const struct http_server_tls *tls)
{
	struct MHD_OptionItem with_tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(tls ? tls->cert : NULL)},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(tls ? tls->key : NULL)},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, HTTP_SERVER_TLS},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG |
			 MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0);

	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER,
				on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
				MHD_OPTION_THREAD_POOL_SIZE, HTTP_SERVER_THREADS,
				MHD_OPTION_CONNECTION_LIMIT, HTTP_SERVER_CONNECTIONS,
				MHD_OPTION_PER_IP_CONNECTION_LIMIT, HTTP_SERVER_PER_CLIENT,
				MHD_OPTION_CONNECTION_TIMEOUT, HTTP_SERVER_IDLE_S,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_SERVER_MEMORY,
				MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL, MHD_OPTION_ARRAY,
				tls ? with_tls : &with_tls[3], MHD_OPTION_END);
}

int http_server_start(const char *listener, uint16_t port, const struct http_server_tls *tls,
		      http_handler handler, void *ctx, struct http_server **ret, char **ret_error)
{
	struct http_server *s = calloc(1, sizeof(*s));
	int fd = -1, r;

	if (!s)
		return -ENOMEM;
	s->handler = handler;
	s->ctx = ctx;
	pthread_mutex_init(&s->lock, NULL);
	r = listen_on(listener, port, &fd, ret_error);
	if (r) {
		free(s);
		return r;
	}
	s->port = bound_port(fd);
	s->mhd = start_library(s, fd, tls);
	if (!s->mhd) {
		close(fd);
		free(s);
		if (asprintf(ret_error, "HTTP: libmicrohttpd does not start%s",
			     tls ? " with this certificate and key" : "") < 0)
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
	/* the library wants none asleep when it stops */
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	wake_all(s);
	pthread_mutex_unlock(&s->lock);
	MHD_stop_daemon(s->mhd);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
