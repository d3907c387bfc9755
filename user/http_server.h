/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * HTTP for a handful of clients: GET and HEAD, each answered by a function, at once or by a stream.
 * Its own threads (libmicrohttpd), and limits on everything a client can ask for: connections,
 * octets of a request, time. Request bodies are not read. Knows nothing of what is served.
 */
#ifndef XDNS_HTTP_SERVER_H
#define XDNS_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HTTP_SERVER_THREADS	2
#define HTTP_SERVER_CONNECTIONS 128 /* in all */
#define HTTP_SERVER_PER_CLIENT	64  /* of one address */
#define HTTP_SERVER_IDLE_S	10  /* a connection without a word */
#define HTTP_SERVER_TLS		"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" /* GnuTLS's words */
#define HTTP_SERVER_BODIES	(64 << 20)  /* of all answers on their way; one may be larger */
#define HTTP_SERVER_MEMORY	(32 * 1024) /* of a connection: its request line and headers */

struct MHD_Connection;

struct http_request {
	const char *method;
	const char *path;		   /* as sent, without the query */
	const char *accept;		   /* NULL: none */
	struct MHD_Connection *connection; /* NULL in tests: no headers, no parameters */
};

/* Values as sent; NULL: there is none. */
const char *http_request_header(const struct http_request *q, const char *name);
const char *http_request_parameter(const struct http_request *q, const char *name);

/* A body whose end is not known. Called from the server's threads, one at a time. */
struct http_stream {
	/* Octets for the client; 0: none until http_server_wake(); negative: that was all. */
	ssize_t (*read)(void *ctx, char *buf, size_t size);
	void (*close)(void *ctx); /* once: the client is gone, or the server stops */
	void *ctx;
};

struct http_response {
	unsigned status;
	const char *type; /* Content-Type; static */
	char *body;	  /* handed over, malloc()ed */
	size_t len;
	char *location;		   /* of a redirection; handed over */
	struct http_stream stream; /* in the body's place, if it has a read function */
};

/* Called from the server's threads, which are registered with RCU then. */
typedef void (*http_handler)(void *ctx, const struct http_request *request,
			     struct http_response *ret);

struct http_server;

/* PEM texts; not needed after the start. */
struct http_server_tls {
	const char *cert, *key;
};

/*
 * listener: an address or a host name; "": every address. Port 0: any. tls NULL: none. *ret_error
 * (to be freed): one line.
 */
int http_server_start(const char *listener, uint16_t port, const struct http_server_tls *tls,
		      http_handler handler, void *ctx, struct http_server **ret, char **ret_error);

uint16_t http_server_port(const struct http_server *s);

/* Streams that had nothing to say are asked again. Any thread. */
void http_server_wake(struct http_server *s);

/* Connections open now. */
unsigned http_server_connections(const struct http_server *s);

/* Waits for the handlers that run; ends streams. Accepts NULL. */
void http_server_stop(struct http_server *s);

#endif
