/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whether two configurations agree in a key, for the key table: what type and place do not tell. */
#ifndef XDNS_CONFIG_EQUAL_H
#define XDNS_CONFIG_EQUAL_H

#include "config.h"

bool config_equal_masters(const struct config *a, const struct config *b);
bool config_equal_ca_cert(const struct config *a, const struct config *b);
bool config_equal_cert(const struct config *a, const struct config *b);
bool config_equal_key(const struct config *a, const struct config *b);
bool config_equal_http_cert(const struct config *a, const struct config *b);
bool config_equal_http_key(const struct config *a, const struct config *b);
bool config_equal_http_token(const struct config *a, const struct config *b);
bool config_equal_auth(const struct config *a, const struct config *b);
bool config_equal_credentials(const struct config *a, const struct config *b);
bool config_equal_iam(const struct config *a, const struct config *b);
bool config_equal_soa_mname(const struct config *a, const struct config *b);
bool config_equal_soa_rname(const struct config *a, const struct config *b);
bool config_equal_ip_sources(const struct config *a, const struct config *b);
bool config_equal_listener(const struct config *a, const struct config *b);
bool config_equal_resolvers(const struct config *a, const struct config *b);
bool config_equal_zones(const struct config *a, const struct config *b);
bool config_equal_interfaces(const struct config *a, const struct config *b);
bool config_equal_exempt(const struct config *a, const struct config *b);
bool config_equal_allow(const struct config *a, const struct config *b);
bool config_equal_deny(const struct config *a, const struct config *b);
bool config_equal_xdp_mode(const struct config *a, const struct config *b);
bool config_equal_tsig_keys(const struct config *a, const struct config *b);
bool config_equal_secondaries(const struct config *a, const struct config *b);

bool config_equal_cookie_secret(const struct config *a, const struct config *b);
bool config_equal_nsid(const struct config *a, const struct config *b);

#endif
