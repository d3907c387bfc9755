/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Mesos-DNS's config.json as one immutable struct. Keys are matched without
 * regard to case; defaults and validation follow Mesos-DNS 0.10.1, with the
 * differences listed in docs/compatibility.md. Times are in seconds, strings
 * are owned by the struct and never NULL ("" when unset).
 */
#ifndef XDNS_CONFIG_H
#define XDNS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "abi.h"
#include "clients.h"
#include "address.h"
#include "tsig.h"

#define CONFIG_NSID_MAX 64 /* octets */

enum ip_source {
	IP_SOURCE_HOST,
	IP_SOURCE_DOCKER,
	IP_SOURCE_MESOS,
	IP_SOURCE_NETINFO,
	IP_SOURCE_COUNT
};
enum mesos_auth { MESOS_AUTH_NONE, MESOS_AUTH_BASIC, MESOS_AUTH_IAM };
enum xdp_mode { XDP_MODE_AUTO, XDP_MODE_NATIVE, XDP_MODE_GENERIC };

struct config_resolver {
	char *text; /* "ip:port", normalised */
	struct sockaddr_storage addr;
	socklen_t addr_len;
};

struct config_resolvers {
	struct config_resolver *list;
	size_t count;
};

struct config_zone_resolvers {
	char *zone;    /* lower case, no final dot */
	uint8_t *wire; /* the same as a wire name, lower case */
	size_t wire_len;
	struct config_resolvers resolvers;
};

/* Networks as they were written. */
struct config_networks {
	char **list;
	size_t count;
};

/* Who may have the zone, and is told of its changes. */
struct config_secondary {
	struct address address;
	unsigned prefix; /* bits of the address that count */
	uint16_t port;	 /* where NOTIFY goes */
	bool notify;	 /* only to a whole address */
	int key;	 /* of tsig_keys, which must sign its requests; -1: none */
};

/* "iam" login, read from IAMConfigFile. */
struct config_iam {
	char *uid;
	char *private_key; /* PEM */
	char *login_endpoint;
};

struct config {
	char *file; /* absolute path it was read from */

	/* Mesos masters */
	char **masters; /* "host:port", IP hosts normalised, IPv6 in [ ] */
	size_t masters_count;
	char *zk;
	int zk_detection_timeout;
	int refresh_seconds;	   /* > 0 */
	int state_timeout_seconds; /* > 0 */
	uint64_t state_max_bytes;  /* bound on one state document, decoded */
	bool event_stream_on;
	int reconcile_seconds;	   /* between documents while the stream is heard; 0: see there */
	int failover_hold_seconds; /* for names a new leader does not know yet */
	bool mesos_https;
	char *ca_cert_file, *cert_file, *key_file;
	/* What these files held when they were judged; zero without a file. */
	uint8_t ca_cert_sha256[32], cert_sha256[32], key_sha256[32];
	enum mesos_auth mesos_auth;
	char *mesos_principal, *mesos_secret;
	char *iam_config_file;
	struct config_iam iam;

	/* the zone */
	char *domain; /* lower case, no final dot */
	uint32_t ttl; /* of every record */
	uint16_t srv_weight;
	uint32_t soa_refresh, soa_retry, soa_expire, soa_minttl;
	char *soa_mname; /* final dot; default ns1.DOMAIN. */
	char *soa_rname; /* final dot; default root.ns1.DOMAIN.; the local part's dots escaped "\."
			  */
	enum ip_source ip_sources[IP_SOURCE_COUNT];
	size_t ip_sources_count;
	bool enforce_rfc952;
	bool reverse_dns;

	/* serving */
	struct sockaddr_storage listener; /* port 0 here; see port */
	bool listener_any;		  /* 0.0.0.0 or :: : both families, all addresses */
	uint16_t port;
	bool dns_on, recurse_on, external_on, set_truncate_bit;
	bool resolv_subnet_first;
	int timeout; /* towards a resolver, > 0 */
	bool cookies_on;
	char *cookie_secret_file;
	struct xdns_cookies cookies; /* none: no cookies, or config_settle_cookies() is to come */
	char *nsid;
	uint8_t nsid_octets[CONFIG_NSID_MAX]; /* what is sent */
	size_t nsid_len;		      /* 0: nothing */
	struct config_resolvers resolvers;
	struct config_zone_resolvers *zone_resolvers;
	size_t zone_resolvers_count;

	/* who is answered, and how often; keys Mesos-DNS does not have */
	uint32_t responses_per_second; /* to one client network; 0: no limit */
	uint32_t responses_slip;       /* of so many too many one is sent, with TC; 0: none */
	struct config_networks responses_exempt, clients_allow, clients_deny;
	struct clients clients; /* of these three; empty: all are */

	/* zone transfers */
	struct tsig_key *tsig_keys; /* secrets: for nobody's eyes */
	size_t tsig_keys_count;
	char **tsig_key_files;
	struct config_secondary *secondaries;
	size_t secondaries_count;

	/* HTTP API */
	bool http_on, enumeration_on;
	uint16_t http_port;
	char *http_listener;
	char *http_cert_file, *http_key_file;
	char *http_cert, *http_key; /* their contents, PEM; NULL: no TLS */
	char *http_token_file;
	bool http_token;	       /* clients have to show the token, */
	uint8_t http_token_sha256[32]; /* which has this hash */

	/* XDP; keys Mesos-DNS does not have */
	bool xdp_on;
	char **xdp_interfaces; /* empty: every interface that carries a listened address */
	size_t xdp_interfaces_count;
	enum xdp_mode xdp_mode;
	char *bpf_dir;
	int xdp_memory;		    /* MiB for the maps; 0: no limit */
	bool xdp_keep_serving;	    /* a clean end leaves the program attached */
	bool xdp_keep_serving_flag; /* the command line says so, whatever the file says */

	char **warnings; /* for the caller to log, one line each */
	size_t warnings_count;
};

/*
 * Reads and validates PATH. On failure *ret_error (to be freed) is one line
 * that names the file, the key, the value and what is allowed.
 */
int config_load(const char *path, struct config **ret, char **ret_error);

/* The same from memory; path is only used in messages and as config->file. */
int config_parse(const char *path, const char *json, size_t len, struct config **ret,
		 char **ret_error);

/* The command line's -keep-serving; true goes before the file's word, false leaves it. */
void config_set_keep_serving(struct config *cfg, bool flag);

/*
 * Cookies without a file of secrets: those of before (NULL: there are none) are gone on with, or
 * one is made up. -EIO: not even that.
 */
int config_settle_cookies(struct config *cfg, const struct xdns_cookies *before);

/* Every key and its value, secrets masked, one log_info() line each. */
void config_log(const struct config *cfg);

/* As in IPSources. */
extern const char *const config_ip_source_names[IP_SOURCE_COUNT];

struct config *config_free(struct config *cfg);

/* The program passes what it does not answer to the sockets, so it is nothing without them. */
static inline bool config_wants_xdp(const struct config *cfg)
{
	return cfg->xdp_on && cfg->dns_on;
}

#endif
