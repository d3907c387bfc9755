// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* /v1/config: the keys of Mesos-DNS in its order and spelling, then ours. Secrets are not shown. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "api_internal.h"
#include "config_internal.h"
#include "config_print.h"
#include "util.h"

#define SECRET "***"

typedef void (*put_fn)(struct json_writer *w, const char *name, const struct config *cfg);

/* What a print function writes, without its quotes. */
static void put_printed(struct json_writer *w, const char *name, const struct config *cfg,
			const struct config_key *key)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	config_print_value(key, cfg, out);
	if (memstream_close(out, &text))
		return;
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text[len - 1] = '\0';
		json_put_text(w, name, text + 1);
	} else {
		json_put_text(w, name, text);
	}
}

static void put_strings(struct json_writer *w, const char *name, char *const *list, size_t count)
{
	json_open(w, name, '[');
	for (size_t i = 0; i < count; i++)
		json_put_text(w, NULL, list[i]);
	json_close(w);
}

static void put_masters(struct json_writer *w, const char *name, const struct config *cfg)
{
	put_strings(w, name, cfg->masters, cfg->masters_count);
}

/* Port 53 is not said, as in a file. */
static void put_resolver_list(struct json_writer *w, const char *name,
			      const struct config_resolvers *resolvers)
{
	json_open(w, name, '[');
	for (size_t i = 0; i < resolvers->count; i++) {
		const char *text = resolvers->list[i].text;
		size_t len = strlen(text);
		char bare[300];

		if (len < 4 || len >= sizeof(bare) || strcmp(text + len - 3, ":53") != 0) {
			json_put_text(w, NULL, text);
			continue;
		}
		len -= 3;
		if (*text == '[') {
			text++;
			len -= 2;
		}
		snprintf(bare, sizeof(bare), "%.*s", (int)len, text);
		json_put_text(w, NULL, bare);
	}
	json_close(w);
}

static void put_resolvers(struct json_writer *w, const char *name, const struct config *cfg)
{
	put_resolver_list(w, name, &cfg->resolvers);
}

static void put_zones(struct json_writer *w, const char *name, const struct config *cfg)
{
	json_open(w, name, '{');
	for (size_t i = 0; i < cfg->zone_resolvers_count; i++)
		put_resolver_list(w, cfg->zone_resolvers[i].zone,
				  &cfg->zone_resolvers[i].resolvers);
	json_close(w);
}

static void put_ip_sources(struct json_writer *w, const char *name, const struct config *cfg)
{
	json_open(w, name, '[');
	for (size_t i = 0; i < cfg->ip_sources_count; i++)
		json_put_text(w, NULL, config_ip_source_names[cfg->ip_sources[i]]);
	json_close(w);
}

static void put_credentials(struct json_writer *w, const char *name, const struct config *cfg)
{
	json_open(w, name, '{');
	json_put_text(w, "Principal", cfg->mesos_principal);
	json_put_text(w, "Secret", *cfg->mesos_secret ? SECRET : "");
	json_close(w);
}

static void put_interfaces(struct json_writer *w, const char *name, const struct config *cfg)
{
	put_strings(w, name, cfg->xdp_interfaces, cfg->xdp_interfaces_count);
}

static void put_exempt(struct json_writer *w, const char *name, const struct config *cfg)
{
	put_strings(w, name, cfg->responses_exempt.list, cfg->responses_exempt.count);
}

static void put_allow(struct json_writer *w, const char *name, const struct config *cfg)
{
	put_strings(w, name, cfg->clients_allow.list, cfg->clients_allow.count);
}

static void put_deny(struct json_writer *w, const char *name, const struct config *cfg)
{
	put_strings(w, name, cfg->clients_deny.list, cfg->clients_deny.count);
}

static const struct {
	const char *name;
	enum config_key_id id;
	put_fn put; /* NULL: by the key's type */
} shown[] = {
	{"RefreshSeconds", KEY_REFRESH_SECONDS, NULL},
	{"Port", KEY_PORT, NULL},
	{"Timeout", KEY_TIMEOUT, NULL},
	{"StateTimeoutSeconds", KEY_STATE_TIMEOUT_SECONDS, NULL},
	{"ZkDetectionTimeout", KEY_ZK_DETECTION_TIMEOUT, NULL},
	{"HttpPort", KEY_HTTP_PORT, NULL},
	{"TTL", KEY_TTL, NULL},
	{"SRVRecordDefaultWeight", KEY_SRV_WEIGHT, NULL},
	{"SOASerial", KEY_SOA_SERIAL, NULL},
	{"SOARefresh", KEY_SOA_REFRESH, NULL},
	{"SOARetry", KEY_SOA_RETRY, NULL},
	{"SOAExpire", KEY_SOA_EXPIRE, NULL},
	{"SOAMinttl", KEY_SOA_MINTTL, NULL},
	{"SOAMname", KEY_SOA_MNAME, NULL},
	{"SOARname", KEY_SOA_RNAME, NULL},
	{"Masters", KEY_MASTERS, put_masters},
	{"ZoneResolvers", KEY_ZONE_RESOLVERS, put_zones},
	{"Resolvers", KEY_RESOLVERS, put_resolvers},
	{"IPSources", KEY_IP_SOURCES, put_ip_sources},
	{"Zk", KEY_ZK, NULL},
	{"Domain", KEY_DOMAIN, NULL},
	{"File", KEY_FILE, NULL},
	{"Listener", KEY_LISTENER, NULL},
	{"HTTPListener", KEY_HTTP_LISTENER, NULL},
	{"RecurseOn", KEY_RECURSE_ON, NULL},
	{"DnsOn", KEY_DNS_ON, NULL},
	{"ReverseDnsOn", KEY_REVERSE_DNS_ON, NULL},
	{"HttpOn", KEY_HTTP_ON, NULL},
	{"ExternalOn", KEY_EXTERNAL_ON, NULL},
	{"EnforceRFC952", KEY_ENFORCE_RFC952, NULL},
	{"SetTruncateBit", KEY_SET_TRUNCATE_BIT, NULL},
	{"EnumerationOn", KEY_ENUMERATION_ON, NULL},
	{"MesosHTTPSOn", KEY_MESOS_HTTPS_ON, NULL},
	{"CACertFile", KEY_CA_CERT_FILE, NULL},
	{"CertFile", KEY_CERT_FILE, NULL},
	{"KeyFile", KEY_KEY_FILE, NULL},
	{"MesosCredentials", KEY_MESOS_CREDENTIALS, put_credentials},
	{"IAMConfigFile", KEY_IAM_CONFIG_FILE, NULL},
	{"ResolvSubnetFirst", KEY_RESOLV_SUBNET_FIRST, NULL},
	{"MesosAuthentication", KEY_MESOS_AUTHENTICATION, NULL},
	{"xdpInterfaces", KEY_XDP_INTERFACES, put_interfaces},
	{"responsesExempt", KEY_RESPONSES_EXEMPT, put_exempt},
	{"clientsAllow", KEY_CLIENTS_ALLOW, put_allow},
	{"clientsDeny", KEY_CLIENTS_DENY, put_deny},
};

static void put_plain(struct json_writer *w, const char *name, const struct config *cfg,
		      const struct config_key *key)
{
	const void *at = (const char *)cfg + key->offset;

	if (key->print || key->raw) {
		put_printed(w, name, cfg, key);
		return;
	}
	switch (key->type) {
	case TYPE_BOOL:
		json_put_bool(w, name, *(const bool *)at);
		break;
	case TYPE_INT:
		json_put_number(w, name, (uint64_t) * (const int *)at);
		break;
	case TYPE_U16:
		json_put_number(w, name, *(const uint16_t *)at);
		break;
	case TYPE_U32:
		json_put_number(w, name, *(const uint32_t *)at);
		break;
	case TYPE_U64:
		json_put_number(w, name, *(const uint64_t *)at);
		break;
	default:
		json_put_text(w, name, *(char *const *)at);
		break;
	}
}

static int put_config(const struct api_world *world, void *arg)
{
	bool done[CONFIG_KEY_COUNT] = {0};
	struct json_writer *w = arg;

	json_open(w, NULL, '{');
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		done[shown[i].id] = true;
		if (shown[i].id == KEY_SOA_SERIAL)
			json_put_number(w, shown[i].name, zone_serial(world->zone));
		else if (shown[i].put)
			shown[i].put(w, shown[i].name, world->cfg);
		else
			put_plain(w, shown[i].name, world->cfg, &config_keys[shown[i].id]);
	}
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
		if (!done[i] && !config_keys[i].secret)
			put_plain(w, config_keys[i].name, world->cfg, &config_keys[i]);
	json_close(w);
	return 0;
}

int api_config(struct api *a, const char *name, struct json_writer *w)
{
	int r = api_ask(a, put_config, w);

	(void)name;
	return r ? r : 200;
}
