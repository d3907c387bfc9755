/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * HTTP for a handful of clients: GET and HEAD, each answered at once by a function. Its own
 * threads (libmicrohttpd), and limits on everything a client can ask for: connections, octets of a
 * request, time. Request bodies are not read. Knows nothing of what is served.
 */
#ifndef XDNS_HTTP_SERVER_H
#define XDNS_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#define HTTP_SERVER_THREADS	2
#define HTTP_SERVER_CONNECTIONS 128	    /* in all */
#define HTTP_SERVER_PER_CLIENT	64	    /* of one address */
#define HTTP_SERVER_IDLE_S	10	    /* a connection without a word */
#define HTTP_SERVER_MEMORY	(32 * 1024) /* of a connection: its request line and headers */

struct http_request {
	const char *method;
	const char *path;   /* as sent, without the query */
	const char *accept; /* NULL: none */
};

struct http_response {
	unsigned status;
	const char *type; /* Content-Type; static */
	char *body;	  /* handed over, malloc()ed */
	size_t len;
	char *location; /* of a redirection; handed over */
};

/* Called from the server's threads, which are registered with RCU then. */
typedef void (*http_handler)(void *ctx, const struct http_request *request,
			     struct http_response *ret);

struct http_server;

/*
 * listener: an address or a host name; "": every address. Port 0: any. *ret_error (to be freed):
 * one line.
 */
int http_server_start(const char *listener, uint16_t port, http_handler handler, void *ctx,
		      struct http_server **ret, char **ret_error);

uint16_t http_server_port(const struct http_server *s);

/* Connections open now. */
unsigned http_server_connections(const struct http_server *s);

/* Waits for the handlers that run. Accepts NULL. */
void http_server_stop(struct http_server *s);

#endif
