/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How values look in the log, for the key table. Secrets come out masked. */
#ifndef XDNS_CONFIG_PRINT_H
#define XDNS_CONFIG_PRINT_H

#include <stdio.h>

#include "config.h"

void config_print_masters(const struct config *cfg, FILE *out);
void config_print_zk(const struct config *cfg, FILE *out);
void config_print_auth(const struct config *cfg, FILE *out);
void config_print_credentials(const struct config *cfg, FILE *out);
void config_print_ip_sources(const struct config *cfg, FILE *out);
void config_print_listener(const struct config *cfg, FILE *out);
void config_print_resolvers(const struct config *cfg, FILE *out);
void config_print_zones(const struct config *cfg, FILE *out);
void config_print_interfaces(const struct config *cfg, FILE *out);
void config_print_exempt(const struct config *cfg, FILE *out);
void config_print_allow(const struct config *cfg, FILE *out);
void config_print_deny(const struct config *cfg, FILE *out);
void config_print_xdp_mode(const struct config *cfg, FILE *out);
void config_print_file(const struct config *cfg, FILE *out);
void config_print_tsig_keys(const struct config *cfg, FILE *out);
void config_print_secondaries(const struct config *cfg, FILE *out);
void config_print_unused(const struct config *cfg, FILE *out);

#endif
