/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Login at a DC/OS identity service: a signed token for a shorter one. */
#ifndef XDNS_IAM_H
#define XDNS_IAM_H

#include "config.h"
#include "http.h"

/*
 * Posts {"uid", "token"} to cfg->iam.login_endpoint, the token being a JWT (RS256) that
 * expires an hour from now. *ret is the header line "Authorization: token=...", to be freed. On
 * failure *ret_error is one line, to be freed; NULL with -ENOMEM and -ECANCELED.
 */
int iam_login(struct http *http, const struct config *cfg, uint64_t deadline_ns, char **ret,
	      char **ret_error);

#endif
