// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "config_print.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "config_internal.h"
#include "dname_text.h"
#include "log.h"
#include "util.h"

static void print_strings(char *const *items, size_t count, FILE *out)
{
	fputc('[', out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? " " : "", items[i]);
	fputc(']', out);
}

static void print_resolvers(const struct config_resolvers *resolvers, FILE *out)
{
	fputc('[', out);
	for (size_t i = 0; i < resolvers->count; i++)
		fprintf(out, "%s%s", i ? " " : "", resolvers->list[i].text);
	fputc(']', out);
}

void config_print_masters(const struct config *cfg, FILE *out)
{
	print_strings(cfg->masters, cfg->masters_count, out);
}

/* The part before the '@' is a user and a password. */
void config_print_zk(const struct config *cfg, FILE *out)
{
	const char *scheme_end = strstr(cfg->zk, "://");
	const char *at = strrchr(cfg->zk, '@');

	if (scheme_end && at)
		fprintf(out, "\"%.*s://***%s\"", (int)(scheme_end - cfg->zk), cfg->zk, at);
	else
		fprintf(out, "\"%s\"", cfg->zk);
}

void config_print_auth(const struct config *cfg, FILE *out)
{
	static const char *const words[] = {
		[MESOS_AUTH_NONE] = "", [MESOS_AUTH_BASIC] = "basic", [MESOS_AUTH_IAM] = "iam"};

	fprintf(out, "\"%s\"", words[cfg->mesos_auth]);
}

void config_print_credentials(const struct config *cfg, FILE *out)
{
	fprintf(out, "{principal: \"%s\", secret: \"%s\"}", cfg->mesos_principal,
		*cfg->mesos_secret ? "***" : "");
}

void config_print_ip_sources(const struct config *cfg, FILE *out)
{
	fputc('[', out);
	for (size_t i = 0; i < cfg->ip_sources_count; i++)
		fprintf(out, "%s%s", i ? " " : "", config_ip_source_names[cfg->ip_sources[i]]);
	fputc(']', out);
}

void config_print_listener(const struct config *cfg, FILE *out)
{
	char text[INET6_ADDRSTRLEN];
	struct address a;

	address_from_sockaddr(&cfg->listener, &a);
	fprintf(out, "\"%s\"", address_format(&a, text, sizeof(text)));
}

void config_print_resolvers(const struct config *cfg, FILE *out)
{
	print_resolvers(&cfg->resolvers, out);
}

void config_print_zones(const struct config *cfg, FILE *out)
{
	fputc('{', out);
	for (size_t i = 0; i < cfg->zone_resolvers_count; i++) {
		fprintf(out, "%s%s: ", i ? ", " : "", cfg->zone_resolvers[i].zone);
		print_resolvers(&cfg->zone_resolvers[i].resolvers, out);
	}
	fputc('}', out);
}

void config_print_interfaces(const struct config *cfg, FILE *out)
{
	print_strings(cfg->xdp_interfaces, cfg->xdp_interfaces_count, out);
}

void config_print_exempt(const struct config *cfg, FILE *out)
{
	print_strings(cfg->responses_exempt.list, cfg->responses_exempt.count, out);
}

void config_print_allow(const struct config *cfg, FILE *out)
{
	print_strings(cfg->clients_allow.list, cfg->clients_allow.count, out);
}

void config_print_deny(const struct config *cfg, FILE *out)
{
	print_strings(cfg->clients_deny.list, cfg->clients_deny.count, out);
}

void config_print_xdp_mode(const struct config *cfg, FILE *out)
{
	static const char *const words[] = {[XDP_MODE_AUTO] = "auto",
					    [XDP_MODE_NATIVE] = "native",
					    [XDP_MODE_GENERIC] = "generic"};

	fprintf(out, "\"%s\"", words[cfg->xdp_mode]);
}

void config_print_file(const struct config *cfg, FILE *out)
{
	fprintf(out, "\"%s\"", cfg->file);
}

/* Of the secrets only the files' names. */
void config_print_tsig_keys(const struct config *cfg, FILE *out)
{
	char name[DNAME_TEXT_MAX];

	fputc('[', out);
	for (size_t i = 0; i < cfg->tsig_keys_count; i++)
		fprintf(out, "%s%s %s %s", i ? ", " : "",
			dname_to_text(cfg->tsig_keys[i].name, name),
			tsig_algorithm_names[cfg->tsig_keys[i].algorithm], cfg->tsig_key_files[i]);
	fputc(']', out);
}

void config_print_secondaries(const struct config *cfg, FILE *out)
{
	char text[DNAME_TEXT_MAX];

	fputc('[', out);
	for (size_t i = 0; i < cfg->secondaries_count; i++) {
		const struct config_secondary *s = &cfg->secondaries[i];

		fprintf(out, "%s%s/%u", i ? ", " : "",
			address_format(&s->address, text, sizeof(text)), s->prefix);
		if (s->key >= 0)
			fprintf(out, " key %s", dname_to_text(cfg->tsig_keys[s->key].name, text));
		if (s->notify)
			fprintf(out, " notify %u", s->port);
	}
	fputc(']', out);
}

void config_print_unused(const struct config *cfg, FILE *out)
{
	(void)cfg;
	fputs("(not used)", out);
}

void config_print_value(const struct config_key *key, const struct config *cfg, FILE *out)
{
	const void *at = (const char *)cfg + key->offset;

	if (key->print) {
		key->print(cfg, out);
		return;
	}
	switch (key->type) {
	case TYPE_BOOL:
		fputs(*(const bool *)at ? "true" : "false", out);
		break;
	case TYPE_INT:
		fprintf(out, "%d", *(const int *)at);
		break;
	case TYPE_U16:
		fprintf(out, "%u", *(const uint16_t *)at);
		break;
	case TYPE_U32:
		fprintf(out, "%" PRIu32, *(const uint32_t *)at);
		break;
	case TYPE_U64:
		fprintf(out, "%" PRIu64, *(const uint64_t *)at);
		break;
	default:
		fprintf(out, "\"%s\"", *(char *const *)at);
		break;
	}
}

void config_log(const struct config *cfg)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		_cleanup_free_ char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		if (!out)
			continue;
		config_print_value(&config_keys[i], cfg, out);
		if (!memstream_close(out, &text))
			log_info("config: %s = %s", config_keys[i].name, text);
	}
}
