// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The table of keys and everything that follows from it by type alone. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "config_equal.h"
#include "config_internal.h"
#include "config_print.h"
#include "util.h"

#define CFG(field) .offset = offsetof(struct config, field)
#define RAW(field) .raw = true, .offset = offsetof(struct config_raw, field)
#define LIST(...)                                                                                  \
	.list = (const char *const[])                                                              \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define SECONDS .allowed = "seconds"
#define PORT	.max = UINT16_MAX, .allowed = ""
#define NETWORKS                                                                                   \
	.allowed = "IP or IP/PREFIX, no bit set behind the prefix; at most 65536 in all lists"

const struct config_key config_keys[CONFIG_KEY_COUNT] = {
	[KEY_MASTERS] = {"masters", TYPE_LIST, .classes = CONFIG_SOURCE | CONFIG_RECORDS,
			 .equal = config_equal_masters, RAW(masters), .print = config_print_masters,
			 .allowed = "HOST:PORT or [IPv6]:PORT, port 1 to 65535, each master once; "
				    "masters or zk must be given"},
	[KEY_ZK] = {"zk", TYPE_STRING, .classes = CONFIG_SOURCE, CFG(zk), .print = config_print_zk,
		    .allowed = "zk://HOST:PORT[,HOST:PORT...]/PATH or file:///PATH"},
	[KEY_ZK_DETECTION_TIMEOUT] = {"zkDetectionTimeout", TYPE_INT, .classes = CONFIG_SOURCE,
				      CFG(zk_detection_timeout), .number = 30, .max = INT_MAX,
				      SECONDS},
	[KEY_REFRESH_SECONDS] = {"refreshSeconds", TYPE_INT, .classes = CONFIG_SOURCE,
				 CFG(refresh_seconds), .number = 60, .min = 1, .max = INT_MAX,
				 SECONDS},
	[KEY_STATE_TIMEOUT_SECONDS] = {"stateTimeoutSeconds", TYPE_INT, .classes = CONFIG_SOURCE,
				       CFG(state_timeout_seconds), .number = 300, .min = 1,
				       .max = INT_MAX, SECONDS},
	[KEY_STATE_MAX_BYTES] = {"stateMaxBytes", TYPE_U64, .classes = CONFIG_SOURCE,
				 CFG(state_max_bytes), .number = 1 << 30, .min = 1,
				 .max = INT64_MAX, .allowed = "bytes"},
	[KEY_EVENT_STREAM_ON] = {"eventStreamOn", TYPE_BOOL, .classes = CONFIG_SOURCE,
				 CFG(event_stream_on), .number = true},
	[KEY_RECONCILE_SECONDS] = {"reconcileSeconds", TYPE_INT, .classes = CONFIG_SOURCE,
				   CFG(reconcile_seconds), .max = INT_MAX,
				   .allowed = "seconds; 0: refreshSeconds x 10"},
	[KEY_FAILOVER_HOLD_SECONDS] = {"failoverHoldSeconds", TYPE_INT, .classes = CONFIG_SOURCE,
				       CFG(failover_hold_seconds), .number = 600, .max = INT_MAX,
				       SECONDS},
	[KEY_MESOS_HTTPS_ON] = {"mesosHTTPSOn", TYPE_BOOL, .classes = CONFIG_SOURCE,
				CFG(mesos_https)},
	[KEY_CA_CERT_FILE] = {"caCertFile", TYPE_STRING, .classes = CONFIG_SOURCE,
			      .equal = config_equal_ca_cert, CFG(ca_cert_file),
			      .allowed = "a readable file with PEM certificates"},
	[KEY_CERT_FILE] = {"certFile", TYPE_STRING, .classes = CONFIG_SOURCE,
			   .equal = config_equal_cert, CFG(cert_file),
			   .allowed = "a readable file with a PEM certificate, given together with "
				      "keyFile"},
	[KEY_KEY_FILE] = {"keyFile", TYPE_STRING, .classes = CONFIG_SOURCE,
			  .equal = config_equal_key, CFG(key_file),
			  .allowed = "a readable file with the PEM private key of certFile's "
				     "certificate, given together with certFile"},
	[KEY_MESOS_AUTHENTICATION] = {"mesosAuthentication", TYPE_STRING, .classes = CONFIG_SOURCE,
				      .equal = config_equal_auth, RAW(mesos_authentication),
				      .print = config_print_auth,
				      .allowed = "\"\", \"basic\" (with mesosCredentials) or "
						 "\"iam\" (with iamConfigFile)"},
	[KEY_MESOS_CREDENTIALS] = {"mesosCredentials", TYPE_CREDENTIALS, .classes = CONFIG_SOURCE,
				   .equal = config_equal_credentials, .secret = true,
				   .print = config_print_credentials},
	[KEY_IAM_CONFIG_FILE] = {"iamConfigFile", TYPE_STRING, .classes = CONFIG_SOURCE,
				 .equal = config_equal_iam, CFG(iam_config_file),
				 .allowed = "a readable file with a JSON object of the strings "
					    "uid, private_key and login_endpoint (http or https)"},

	[KEY_DOMAIN] = {"domain", TYPE_STRING, .classes = CONFIG_RESTART, CFG(domain),
			.text = "mesos",
			.allowed = "labels of 1 to 63 letters, digits and '-', joined by single "
				   "dots, no final dot, at most 253 characters"},
	[KEY_TTL] = {"ttl", TYPE_U32, .classes = CONFIG_RESTART, CFG(ttl), .number = 60,
		     .max = INT32_MAX, SECONDS},
	[KEY_SRV_WEIGHT] = {"SRVRecordDefaultWeight", TYPE_U16, .classes = CONFIG_RECORDS,
			    CFG(srv_weight), .number = 1, .max = UINT16_MAX, .allowed = ""},
	[KEY_SOA_MNAME] = {"SOAMname", TYPE_STRING, .classes = CONFIG_RESTART,
			   .equal = config_equal_soa_mname, CFG(soa_mname),
			   .allowed = "a domain name (RFC 1035 2.3.4)"},
	[KEY_SOA_RNAME] = {"SOARname", TYPE_STRING, .classes = CONFIG_RESTART,
			   .equal = config_equal_soa_rname, CFG(soa_rname),
			   .allowed = "a mail address or the domain name that stands for it"},
	[KEY_SOA_SERIAL] = {"SOASerial", TYPE_U32, .classes = CONFIG_UNUSED, RAW(soa_serial),
			    .max = UINT32_MAX, .allowed = "", .print = config_print_unused},
	[KEY_SOA_REFRESH] = {"SOARefresh", TYPE_U32, .classes = CONFIG_RESTART, CFG(soa_refresh),
			     .number = 60, .max = UINT32_MAX, SECONDS},
	[KEY_SOA_RETRY] = {"SOARetry", TYPE_U32, .classes = CONFIG_RESTART, CFG(soa_retry),
			   .number = 600, .max = UINT32_MAX, SECONDS},
	[KEY_SOA_EXPIRE] = {"SOAExpire", TYPE_U32, .classes = CONFIG_RESTART, CFG(soa_expire),
			    .number = 86400, .max = UINT32_MAX, SECONDS},
	[KEY_SOA_MINTTL] = {"SOAMinttl", TYPE_U32, .classes = CONFIG_RESTART, CFG(soa_minttl),
			    .number = 60, .max = UINT32_MAX, SECONDS},
	[KEY_IP_SOURCES] = {"IPSources", TYPE_LIST, .classes = CONFIG_RECORDS,
			    .equal = config_equal_ip_sources, RAW(ip_sources),
			    LIST("netinfo", "mesos", "host"), .print = config_print_ip_sources,
			    .allowed = "one or more of host, docker, mesos, netinfo, each once"},
	[KEY_ENFORCE_RFC952] = {"enforceRFC952", TYPE_BOOL, .classes = CONFIG_RECORDS,
				CFG(enforce_rfc952)},
	[KEY_REVERSE_DNS_ON] = {"reverseDnsOn", TYPE_BOOL,
				.classes = CONFIG_RECORDS | CONFIG_SERVING, CFG(reverse_dns)},

	[KEY_LISTENER] = {"listener", TYPE_STRING, .classes = CONFIG_RESTART,
			  .equal = config_equal_listener, RAW(listener), .text = "0.0.0.0",
			  .print = config_print_listener, .allowed = "an IPv4 or IPv6 address"},
	[KEY_PORT] = {"port", TYPE_U16, .classes = CONFIG_RESTART, CFG(port), .number = 53, PORT},
	[KEY_DNS_ON] = {"dnsOn", TYPE_BOOL, .classes = CONFIG_RESTART, CFG(dns_on), .number = true,
			.allowed = "dnsOn or httpOn must be true"},
	[KEY_RECURSE_ON] = {"recurseOn", TYPE_BOOL, .classes = CONFIG_RESTART, CFG(recurse_on),
			    .number = true},
	[KEY_EXTERNAL_ON] = {"externalOn", TYPE_BOOL, .classes = CONFIG_SERVING, CFG(external_on),
			     .number = true},
	[KEY_SET_TRUNCATE_BIT] = {"setTruncateBit", TYPE_BOOL, .classes = CONFIG_RESTART,
				  CFG(set_truncate_bit), .number = true},
	[KEY_RESOLV_SUBNET_FIRST] = {"resolvSubnetFirst", TYPE_BOOL, .classes = CONFIG_UNUSED,
				     CFG(resolv_subnet_first)},
	[KEY_TIMEOUT] = {"timeout", TYPE_INT, .classes = CONFIG_SERVING, CFG(timeout), .number = 5,
			 .max = INT_MAX, .allowed = "seconds; 0 means 5"},
	[KEY_RESOLVERS] = {"resolvers", TYPE_LIST, .classes = CONFIG_SERVING,
			   .equal = config_equal_resolvers, RAW(resolvers), LIST("8.8.8.8"),
			   .print = config_print_resolvers,
			   .allowed = "IP, IPv4:PORT or [IPv6]:PORT, port 1 to 65535, each once"},
	[KEY_ZONE_RESOLVERS] = {"zoneResolvers", TYPE_ZONES, .classes = CONFIG_SERVING,
				.equal = config_equal_zones, .print = config_print_zones,
				.allowed = "zones outside the own domain, each with a list of one "
					   "or more IP, IPv4:PORT or [IPv6]:PORT"},

	[KEY_COOKIES] = {"cookies", TYPE_BOOL, .classes = CONFIG_SERVING, CFG(cookies_on),
			 .number = true},
	[KEY_COOKIE_SECRET_FILE] = {"cookieSecretFile", TYPE_STRING, .classes = CONFIG_SERVING,
				    .equal = config_equal_cookie_secret, CFG(cookie_secret_file),
				    .allowed = "a readable file with one or two secrets of 32 hex "
					       "digits, each on its own line"},
	[KEY_NSID] = {"nsid", TYPE_STRING, .classes = CONFIG_SERVING, .equal = config_equal_nsid,
		      CFG(nsid), .allowed = "\"\", \"hostname\" or up to 64 octets of one's own"},
	[KEY_RESPONSES_PER_SECOND] = {"responsesPerSecond", TYPE_U32, .classes = CONFIG_CLIENTS,
				      CFG(responses_per_second), .max = 1000000,
				      .allowed = "to one client network; 0: no limit"},
	[KEY_RESPONSES_SLIP] = {"responsesSlip", TYPE_U32, .classes = CONFIG_CLIENTS,
				CFG(responses_slip), .number = 2, .max = 100,
				.allowed = "one of so many; 0: none"},
	[KEY_RESPONSES_EXEMPT] = {"responsesExempt", TYPE_LIST, .classes = CONFIG_CLIENTS,
				  .equal = config_equal_exempt, RAW(responses_exempt),
				  .print = config_print_exempt, NETWORKS},
	[KEY_CLIENTS_ALLOW] = {"clientsAllow", TYPE_LIST, .classes = CONFIG_CLIENTS,
			       .equal = config_equal_allow, RAW(clients_allow),
			       .print = config_print_allow, NETWORKS},
	[KEY_CLIENTS_DENY] = {"clientsDeny", TYPE_LIST, .classes = CONFIG_CLIENTS,
			      .equal = config_equal_deny, RAW(clients_deny),
			      .print = config_print_deny, NETWORKS},
	[KEY_TSIG_KEYS] = {"tsigKeys", TYPE_OBJECTS, .classes = CONFIG_TRANSFER,
			   .equal = config_equal_tsig_keys, RAW(tsig_keys),
			   .print = config_print_tsig_keys,
			   .allowed = "name, algorithm (hmac-sha256 if not given) and secretFile"},
	[KEY_TRANSFER] = {"transfer", TYPE_OBJECTS, .classes = CONFIG_TRANSFER,
			  .equal = config_equal_secondaries, RAW(secondaries),
			  .print = config_print_secondaries,
			  .allowed = "address (IP or IP/PREFIX), and if need be port, key, notify"},

	[KEY_HTTP_ON] = {"httpOn", TYPE_BOOL, .classes = CONFIG_API, CFG(http_on), .number = true},
	[KEY_HTTP_LISTENER] = {"httpListener", TYPE_STRING, .classes = CONFIG_API,
			       CFG(http_listener), .text = "0.0.0.0",
			       .allowed = "an IP address or a host name"},
	[KEY_HTTP_PORT] = {"httpPort", TYPE_U16, .classes = CONFIG_API, CFG(http_port),
			   .number = 8123, PORT},
	[KEY_ENUMERATION_ON] = {"enumerationOn", TYPE_BOOL, .classes = CONFIG_API,
				CFG(enumeration_on), .number = true},
	[KEY_HTTP_CERT_FILE] = {"httpCertFile", TYPE_STRING, .classes = CONFIG_API,
				.equal = config_equal_http_cert, CFG(http_cert_file),
				.allowed = "a readable file with a PEM certificate, given together "
					   "with httpKeyFile"},
	[KEY_HTTP_KEY_FILE] = {"httpKeyFile", TYPE_STRING, .classes = CONFIG_API,
			       .equal = config_equal_http_key, CFG(http_key_file),
			       .allowed = "a readable file with the PEM private key of "
					  "httpCertFile's certificate, given together with "
					  "httpCertFile"},
	[KEY_HTTP_TOKEN_FILE] = {"httpTokenFile", TYPE_STRING, .classes = CONFIG_HTTP,
				 .equal = config_equal_http_token, CFG(http_token_file),
				 .allowed = "a readable file with one token of 16 to 512 letters, "
					    "digits and -._~+/="},
	[KEY_FILE] = {"file", TYPE_STRING, .classes = CONFIG_UNUSED, RAW(file), .allowed = "",
		      .print = config_print_file},

	[KEY_XDP_ON] = {"xdpOn", TYPE_BOOL, .classes = CONFIG_RESTART, CFG(xdp_on), .number = true},
	[KEY_XDP_INTERFACES] = {"xdpInterfaces", TYPE_LIST, .classes = CONFIG_XDP,
				.equal = config_equal_interfaces, RAW(xdp_interfaces),
				.print = config_print_interfaces,
				.allowed = "interface names of 1 to 15 characters, each once"},
	[KEY_XDP_MODE] = {"xdpMode", TYPE_STRING, .classes = CONFIG_XDP,
			  .equal = config_equal_xdp_mode, RAW(xdp_mode), .text = "auto",
			  .print = config_print_xdp_mode,
			  .allowed = "\"auto\", \"native\" or \"generic\""},
	[KEY_BPF_DIR] = {"bpfDir", TYPE_STRING, .classes = CONFIG_RESTART, CFG(bpf_dir),
			 .text = "/sys/fs/bpf/mesos-xdns",
			 .allowed = "an absolute path on a BPF file system"},
	[KEY_XDP_MEMORY] = {"xdpMemory", TYPE_INT, .classes = CONFIG_XDP, CFG(xdp_memory),
			    .max = INT_MAX, .allowed = "MiB; 0: no limit"},
	[KEY_XDP_KEEP_SERVING] = {"xdpKeepServing", TYPE_BOOL, .classes = CONFIG_XDP,
				  CFG(xdp_keep_serving)},
};

static void *field(struct config_loader *l, const struct config_key *key)
{
	return (char *)(key->raw ? (void *)&l->raw : (void *)l->cfg) + key->offset;
}

static void set_number(void *to, enum key_type type, uint64_t number)
{
	switch (type) {
	case TYPE_BOOL:
		*(bool *)to = number != 0;
		break;
	case TYPE_INT:
		*(int *)to = (int)number;
		break;
	case TYPE_U16:
		*(uint16_t *)to = (uint16_t)number;
		break;
	case TYPE_U32:
		*(uint32_t *)to = (uint32_t)number;
		break;
	default:
		*(uint64_t *)to = number;
		break;
	}
}

int config_defaults(struct config_loader *l)
{
	int r = config_set_string(&l->cfg->mesos_principal, "");

	if (r == 0)
		r = config_set_string(&l->cfg->mesos_secret, "");
	for (size_t i = 0; i < CONFIG_KEY_COUNT && r == 0; i++) {
		const struct config_key *key = &config_keys[i];

		switch (key->type) {
		case TYPE_STRING:
			r = config_set_string(field(l, key), key->text ? key->text : "");
			break;
		case TYPE_LIST:
			for (const char *const *s = key->list; s && *s && r == 0; s++)
				r = str_list_add(field(l, key), *s);
			break;
		case TYPE_ZONES:
		case TYPE_CREDENTIALS:
		case TYPE_OBJECTS:
			break;
		default:
			set_number(field(l, key), key->type, key->number);
			break;
		}
	}
	return r;
}

void config_describe(const struct config_key *key, FILE *out)
{
	switch (key->type) {
	case TYPE_BOOL:
		fputs("true or false", out);
		break;
	case TYPE_STRING:
		fputs("a string", out);
		break;
	case TYPE_LIST:
		fputs("a list of strings", out);
		break;
	case TYPE_ZONES:
		fputs("an object of lists of strings", out);
		break;
	case TYPE_CREDENTIALS:
		fputs("an object of two strings, principal and secret or secretFile", out);
		break;
	case TYPE_OBJECTS:
		fputs("a list of objects", out);
		break;
	default:
		fprintf(out, "an integer, %" PRId64 " to %" PRId64, key->min, key->max);
		break;
	}
	if (key->allowed && *key->allowed)
		fprintf(out, ": %s", key->allowed);
}

static int wrong_type(struct config_loader *l, enum config_key_id id, const json_t *value)
{
	return config_fail(l, id, NULL, "is %s", json_type_word(value));
}

static int assign_list(struct config_loader *l, enum config_key_id id, const json_t *value,
		       struct str_list *list)
{
	size_t count = json_array_size(value);

	if (!json_is_array(value) && !json_is_null(value))
		return wrong_type(l, id, value);
	str_list_clear(list);
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(value, i);
		int r;

		/* Go leaves an element that is null at "". */
		if (!json_is_string(item) && !json_is_null(item))
			return config_fail(l, id, NULL, "element %zu is %s", i + 1,
					   json_type_word(item));
		r = str_list_add(list, json_is_null(item) ? "" : json_string_value(item));
		if (r < 0)
			return r;
	}
	return 0;
}

/* The zone's entry, a new one if there is none spelt so. */
static int find_zone(struct config_raw *raw, const char *zone, struct raw_zone **ret)
{
	struct raw_zone *grown;

	for (size_t i = 0; i < raw->zones_count; i++) {
		if (strcmp(raw->zones[i].zone, zone) == 0) {
			*ret = &raw->zones[i];
			return 0;
		}
	}
	grown = reallocarray(raw->zones, raw->zones_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	raw->zones = grown;
	grown += raw->zones_count;
	*grown = (struct raw_zone){.zone = strdup(zone)};
	if (!grown->zone)
		return -ENOMEM;
	raw->zones_count++;
	*ret = grown;
	return 0;
}

static int assign_zones(struct config_loader *l, const struct json_member *m)
{
	struct json_members it;
	struct json_member zone;
	int r;

	if (json_is_null(m->value)) {
		raw_zones_clear(&l->raw);
		return 0;
	}
	if (!json_is_object(m->value))
		return wrong_type(l, KEY_ZONE_RESOLVERS, m->value);
	json_members_init(&it, m->text, m->len);
	while ((r = json_members_next(&it, &zone)) > 0) {
		struct raw_zone *entry;

		r = find_zone(&l->raw, json_string_value(zone.name), &entry);
		if (r == 0)
			r = assign_list(l, KEY_ZONE_RESOLVERS, zone.value, &entry->resolvers);
		json_member_done(&zone);
		if (r < 0)
			return r;
	}
	return r;
}

static int assign_credential(struct config_loader *l, const struct json_member *m)
{
	const char *name = json_string_value(m->name);
	char **to;

	if (json_key_equal(name, "principal"))
		to = &l->cfg->mesos_principal;
	else if (json_key_equal(name, "secret"))
		to = &l->cfg->mesos_secret;
	else if (json_key_equal(name, "secretFile"))
		to = &l->raw.mesos_secret_file;
	else
		return config_warn(l, "mesosCredentials: unknown key \"%s\" is ignored", name);
	if (json_is_null(m->value))
		return 0;
	if (!json_is_string(m->value))
		return config_fail(l, KEY_MESOS_CREDENTIALS, NULL, "%s is %s", name,
				   json_type_word(m->value));
	return config_set_text(l, KEY_MESOS_CREDENTIALS, to, json_string_value(m->value));
}

static int assign_credentials(struct config_loader *l, const struct json_member *m)
{
	struct json_members it;
	struct json_member part;
	int r;

	if (json_is_null(m->value))
		return 0;
	if (!json_is_object(m->value))
		return wrong_type(l, KEY_MESOS_CREDENTIALS, m->value);
	json_members_init(&it, m->text, m->len);
	while ((r = json_members_next(&it, &part)) > 0) {
		r = assign_credential(l, &part);
		json_member_done(&part);
		if (r < 0)
			return r;
	}
	return r;
}

/* Judged later: what is in them depends on one another. */
static int assign_objects(struct config_loader *l, enum config_key_id id, json_t *value)
{
	json_t **to = field(l, &config_keys[id]);

	if (!json_is_array(value) && !json_is_null(value))
		return wrong_type(l, id, value);
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!json_is_object(json_array_get(value, i)))
			return config_fail(l, id, NULL, "element %zu is %s", i + 1,
					   json_type_word(json_array_get(value, i)));
	json_decref(*to);
	*to = json_incref(value);
	return 0;
}

static int assign_scalar(struct config_loader *l, enum config_key_id id, const json_t *value)
{
	const struct config_key *key = &config_keys[id];
	json_int_t number = json_integer_value(value);

	if (json_is_null(value))
		return 0;
	if (key->type == TYPE_STRING) {
		if (!json_is_string(value))
			return wrong_type(l, id, value);
		return config_set_text(l, id, field(l, key), json_string_value(value));
	}
	if (key->type == TYPE_BOOL) {
		if (!json_is_boolean(value))
			return wrong_type(l, id, value);
		number = json_is_true(value);
	} else {
		if (!json_is_integer(value))
			return wrong_type(l, id, value);
		if (number < key->min || number > key->max)
			return config_fail(l, id, NULL, "out of range");
	}
	set_number(field(l, key), key->type, (uint64_t)number);
	return 0;
}

static int known_key(const char *name)
{
	for (int i = 0; i < CONFIG_KEY_COUNT; i++)
		if (json_key_equal(config_keys[i].name, name))
			return i;
	return -ENOENT;
}

int config_assign(struct config_loader *l, const struct json_member *m)
{
	int id = known_key(json_string_value(m->name));
	int r;

	if (id < 0)
		return config_warn_unknown(l, json_string_value(m->name));
	r = config_set_string(&l->spelt[id], json_string_value(m->name));
	if (r == 0)
		r = config_remember_value(l, (enum config_key_id)id, m);
	if (r < 0)
		return r;
	switch (config_keys[id].type) {
	case TYPE_LIST:
		return assign_list(l, (enum config_key_id)id, m->value, field(l, &config_keys[id]));
	case TYPE_ZONES:
		return assign_zones(l, m);
	case TYPE_CREDENTIALS:
		return assign_credentials(l, m);
	case TYPE_OBJECTS:
		return assign_objects(l, (enum config_key_id)id, m->value);
	default:
		return assign_scalar(l, (enum config_key_id)id, m->value);
	}
}
