/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The token by which an IAM login proves who asks: a JSON Web Token (RFC 7519) signed with RS256.
 */
#ifndef XDNS_IAM_TOKEN_H
#define XDNS_IAM_TOKEN_H

#include <stdint.h>

#include "config.h"

/*
 * For iam->uid, good until `expires`, in seconds since 1970; *ret is the caller's. -EINVAL: the
 * private key is none that can sign so; -ENOMEM.
 */
int iam_token(const struct config_iam *iam, int64_t expires, char **ret);

#endif
