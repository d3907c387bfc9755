/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The config key zk: zk://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...]/PATH as Mesos writes it, or
 * file:///FILE that holds such a URL. Nothing is percent-decoded, as in Mesos: the path begins at
 * the first '/', the credentials end at the last '@' before it.
 */
#ifndef XDNS_ZK_URL_H
#define XDNS_ZK_URL_H

#include "host_port.h"

struct zk_url {
	struct host_port *servers; /* at least one; hosts normalised */
	size_t count;
	char *text;	   /* the servers, for people: "host:port,host:port" */
	char *credentials; /* "user:password", never to be shown; NULL: none */
	char *path;	   /* absolute, not "/", without a slash at its end */
};

/*
 * The functions return 0, -ENOMEM, or -EINVAL and in *ret_error (to be freed) one line that says
 * what is wrong. It repeats nothing of the URL, which may hold a password.
 */

/* The form only: a file is not opened. */
int zk_url_check(const char *text, char **ret_error);

/* Reads the file if it is one. ret is for zk_url_done(). */
int zk_url_load(const char *text, struct zk_url *ret, char **ret_error);

void zk_url_done(struct zk_url *url);

#endif
