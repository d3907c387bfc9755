/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the config_*.c files share. Reading a file takes three steps: the key
 * table (config_keys.c) types every member of the document into struct config
 * or, where text has to be understood first, into struct config_raw;
 * config_check.c, config_servers.c, config_transfer.c, config_tls.c and config_iam.c judge the raw
 * values and complete struct config; config.c ties them together.
 */
#ifndef XDNS_CONFIG_INTERNAL_H
#define XDNS_CONFIG_INTERNAL_H

#include <jansson.h>
#include <stdio.h>

#include "address.h"
#include "config.h"
#include "config_reload.h"

#define DNS_PORT 53 /* of a name server that names none */

enum config_key_id {
	KEY_MASTERS,
	KEY_ZK,
	KEY_ZK_DETECTION_TIMEOUT,
	KEY_REFRESH_SECONDS,
	KEY_STATE_TIMEOUT_SECONDS,
	KEY_STATE_MAX_BYTES,
	KEY_EVENT_STREAM_ON,
	KEY_RECONCILE_SECONDS,
	KEY_FAILOVER_HOLD_SECONDS,
	KEY_MESOS_HTTPS_ON,
	KEY_CA_CERT_FILE,
	KEY_CERT_FILE,
	KEY_KEY_FILE,
	KEY_MESOS_AUTHENTICATION,
	KEY_MESOS_CREDENTIALS,
	KEY_IAM_CONFIG_FILE,
	KEY_DOMAIN,
	KEY_TTL,
	KEY_SRV_WEIGHT,
	KEY_SOA_MNAME,
	KEY_SOA_RNAME,
	KEY_SOA_SERIAL,
	KEY_SOA_REFRESH,
	KEY_SOA_RETRY,
	KEY_SOA_EXPIRE,
	KEY_SOA_MINTTL,
	KEY_IP_SOURCES,
	KEY_ENFORCE_RFC952,
	KEY_REVERSE_DNS_ON,
	KEY_LISTENER,
	KEY_PORT,
	KEY_DNS_ON,
	KEY_RECURSE_ON,
	KEY_EXTERNAL_ON,
	KEY_SET_TRUNCATE_BIT,
	KEY_RESOLV_SUBNET_FIRST,
	KEY_TIMEOUT,
	KEY_RESOLVERS,
	KEY_ZONE_RESOLVERS,
	KEY_COOKIES,
	KEY_COOKIE_SECRET_FILE,
	KEY_NSID,
	KEY_RESPONSES_PER_SECOND,
	KEY_RESPONSES_SLIP,
	KEY_RESPONSES_EXEMPT,
	KEY_CLIENTS_ALLOW,
	KEY_CLIENTS_DENY,
	KEY_TSIG_KEYS,
	KEY_TRANSFER,
	KEY_HTTP_ON,
	KEY_HTTP_LISTENER,
	KEY_HTTP_PORT,
	KEY_ENUMERATION_ON,
	KEY_HTTP_CERT_FILE,
	KEY_HTTP_KEY_FILE,
	KEY_HTTP_TOKEN_FILE,
	KEY_FILE,
	KEY_XDP_ON,
	KEY_XDP_INTERFACES,
	KEY_XDP_MODE,
	KEY_BPF_DIR,
	KEY_XDP_MEMORY,
	KEY_XDP_KEEP_SERVING,
	CONFIG_KEY_COUNT
};

enum key_type {
	TYPE_BOOL,
	TYPE_INT,
	TYPE_U16,
	TYPE_U32,
	TYPE_U64,
	TYPE_STRING,
	TYPE_LIST,	  /* of strings */
	TYPE_ZONES,	  /* zone: list of strings */
	TYPE_CREDENTIALS, /* {principal, secret or secretFile} */
	TYPE_OBJECTS,	  /* list of objects */
};

struct str_list {
	char **items;
	size_t count;
};

struct raw_zone {
	char *zone;
	struct str_list resolvers;
};

struct config_raw {
	struct str_list masters, resolvers, ip_sources, xdp_interfaces;
	struct str_list responses_exempt, clients_allow, clients_deny;
	struct raw_zone *zones;
	size_t zones_count;
	char *listener, *mesos_authentication, *xdp_mode;
	char *mesos_secret_file;
	/* Keys Mesos-DNS overwrites itself: typed, then forgotten. */
	char *file;
	uint32_t soa_serial;
	json_t *tsig_keys, *secondaries; /* lists; NULL: not given */
};

struct config_key {
	const char *name;
	enum key_type type;
	bool raw;	 /* offset is into struct config_raw, else into struct config */
	size_t offset;	 /* unused by TYPE_ZONES and TYPE_CREDENTIALS */
	bool secret;	 /* never shown in messages */
	uint64_t number; /* defaults, by type */
	const char *text;
	const char *const *list; /* ends with NULL */
	int64_t min, max;	 /* integers only */
	const char *allowed;	 /* for messages; integers: the unit or "" */
	unsigned classes;	 /* enum config_class: what follows a change */
	/* NULL: by type and offset, or CONFIG_UNUSED. */
	bool (*equal)(const struct config *a, const struct config *b);
	/* For the log; NULL: by type and offset. */
	void (*print)(const struct config *cfg, FILE *out);
};

extern const struct config_key config_keys[CONFIG_KEY_COUNT];

struct config_loader {
	struct config *cfg;
	struct config_raw raw;
	const char *resolv_conf; /* path; a parameter for tests */
	/* As the user wrote them, last one; NULL: not given. */
	char *spelt[CONFIG_KEY_COUNT];
	char *value[CONFIG_KEY_COUNT];
	char *error;
};

/* --- config_json.c: members of an object in document order, duplicates included --- */

struct json_members {
	const char *text;
	size_t len, pos;
};

struct json_member {
	json_t *name; /* string */
	json_t *value;
	const char *text; /* of the value, borrowed from the document */
	size_t len;
};

/* text has to be a well-formed JSON object. */
void json_members_init(struct json_members *it, const char *text, size_t len);

/* 1 and a member (for json_member_done()), 0 at the end, or -errno. */
int json_members_next(struct json_members *it, struct json_member *ret);

void json_member_done(struct json_member *m);

/*
 * encoding/json's idea of equal keys: without regard to ASCII case, and U+017F
 * counts as s, U+212A as k.
 */
bool json_key_equal(const char *a, const char *b);

/* "a string", "an integer", ... */
const char *json_type_word(const json_t *value);

/* --- config_report.c --- */

/*
 * "FILE: KEY = VALUE: why; allowed: ...", returns -EINVAL. value NULL: as given
 * in the file, if it was.
 */
__attribute__((format(printf, 4, 5))) int config_fail(struct config_loader *l,
						      enum config_key_id id, const char *value,
						      const char *why, ...);

__attribute__((format(printf, 2, 3))) int config_warn(struct config_loader *l, const char *fmt,
						      ...);

/* A warning that names the key and, if it looks like a slip, the one that was meant. */
int config_warn_unknown(struct config_loader *l, const char *name);

/* Keeps the text of a value for messages, shortened, secrets masked. */
int config_remember_value(struct config_loader *l, enum config_key_id id,
			  const struct json_member *m);

/* --- config.c --- */

/* Replaces *str by a copy of text. */
int config_set_string(char **str, const char *text);

int str_list_add(struct str_list *list, const char *text);
void str_list_clear(struct str_list *list);
void raw_zones_clear(struct config_raw *raw);

/* config_parse() with another resolv.conf. */
int config_parse_with(const char *path, const char *json, size_t len, const char *resolv_conf,
		      struct config **ret, char **ret_error);

/* Whole file, at most max octets, NUL after it. -EFBIG if larger. */
int config_read_file(const char *path, size_t max, char **ret, size_t *ret_len);

/* --- config_keys.c --- */

int config_defaults(struct config_loader *l);
int config_assign(struct config_loader *l, const struct json_member *m);
void config_describe(const struct config_key *key, FILE *out);
void config_print_value(const struct config_key *key, const struct config *cfg,
			FILE *out); /* config_print.c */

/* --- config_secret.c --- */

/* Replaces *to by a copy of text, in which $CREDENTIALS_DIRECTORY/ is what systemd says it is. */
int config_set_text(struct config_loader *l, enum config_key_id id, char **to, const char *text);

/* The masters' secret, if it is in a file. */
int config_read_secret(struct config_loader *l);

/* --- config_tls.c --- */

/* A certificate and its key, or neither: paths, each under its key. */
int config_check_pair(struct config_loader *l, enum config_key_id cert_id, const char *cert,
		      enum config_key_id key_id, const char *key);

/* --- the judges, in the order they run --- */

int config_check(struct config_loader *l);	     /* config_check.c */
int config_check_masters(struct config_loader *l);   /* config_servers.c */
int config_check_resolvers(struct config_loader *l); /* config_servers.c */
int config_check_tls(struct config_loader *l);	     /* config_tls.c */
int config_check_clients(struct config_loader *l);   /* config_clients.c */
int config_check_http(struct config_loader *l);	     /* config_http.c */
int config_check_transfer(struct config_loader *l);  /* config_transfer.c */
int config_check_auth(struct config_loader *l);	     /* config_iam.c */
int config_check_cookies(struct config_loader *l);   /* config_cookies.c */

/* `^[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*$`, and lengths RFC 1035 2.3.4 allows. */
bool config_is_domain(const char *text);

#endif
