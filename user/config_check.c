// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Rules for single values and between keys that types and ranges do not cover. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "config_internal.h"
#include "dname_text.h"
#include "util.h"
#include "zk_url.h"

#define TIMEOUT_DEFAULT 5

bool config_is_domain(const char *text)
{
	uint8_t wire[DNAME_WIRE_MAX];
	size_t len = strlen(text);

	for (const char *p = text; *p; p++)
		if (!strchr("-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", *p))
			return false;
	return len > 0 && text[len - 1] != '.' && dname_from_text(text, len, wire) > 0;
}

static int check_service(struct config_loader *l)
{
	if (!l->cfg->dns_on && !l->cfg->http_on)
		return config_fail(l, KEY_DNS_ON, NULL, "dnsOn and httpOn are both false");
	return 0;
}

static int check_zk(struct config_loader *l)
{
	_cleanup_free_ char *error = NULL;
	int r;

	if (*l->cfg->zk == '\0')
		return l->raw.masters.count > 0 ? 0
						: config_fail(l, KEY_MASTERS, NULL,
							      "no masters and no zk are given");
	r = zk_url_check(l->cfg->zk, &error);
	return r == -EINVAL ? config_fail(l, KEY_ZK, NULL, "%s", error) : r;
}

static int check_domain(struct config_loader *l)
{
	if (!config_is_domain(l->cfg->domain))
		return config_fail(l, KEY_DOMAIN, NULL, "not a domain name");
	for (char *p = l->cfg->domain; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return 0;
}

/* Trailing dots off, one on; unset: prefix and the domain. */
static char *final_dot(const char *name, const char *prefix, const char *domain)
{
	size_t len = strlen(name);
	char *ret;
	int r;

	while (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0)
		r = asprintf(&ret, "%s.%s.", prefix, domain);
	else
		r = asprintf(&ret, "%.*s.", (int)len, name);
	return r < 0 ? NULL : ret;
}

static int check_soa_mname(struct config_loader *l)
{
	char **name = &l->cfg->soa_mname;
	uint8_t wire[DNAME_WIRE_MAX];
	char *full = final_dot(*name, "ns1", l->cfg->domain);

	if (!full)
		return -ENOMEM;
	free(*name);
	*name = full;
	if (strpbrk(full, "\\@ ") || dname_from_text(full, strlen(full), wire) < 0)
		return config_fail(l, KEY_SOA_MNAME, NULL, "not a domain name");
	return 0;
}

/*
 * RFC 1035 section 8: the local part is one label. Mesos-DNS turned every '@'
 * into a dot and made first.last@x the mailbox first at last.x.
 */
static char *mailbox_name(const char *mail)
{
	const char *at = strchr(mail, '@');
	char *ret = malloc(strlen(mail) * 2 + 1);
	char *to = ret;

	if (!ret)
		return NULL;
	for (const char *p = mail; *p; p++) {
		bool local = at && p < at;

		/* Dots somebody has escaped already, as Mesos-DNS needed it, stay so. */
		if (local && *p == '\\' && p + 1 < at)
			*to++ = *p++;
		else if (local && *p == '.')
			*to++ = '\\';
		*to++ = *p == '@' ? '.' : *p;
	}
	*to = '\0';
	return ret;
}

static int check_soa_rname(struct config_loader *l)
{
	char **name = &l->cfg->soa_rname;
	_cleanup_free_ char *mailbox = mailbox_name(*name);
	uint8_t wire[DNAME_WIRE_MAX];
	char *full = NULL;

	if (mailbox)
		full = final_dot(mailbox, "root.ns1", l->cfg->domain);
	if (!full)
		return -ENOMEM;
	free(*name);
	*name = full;
	if (dname_from_escaped(full, strlen(full), wire) < 0)
		return config_fail(l, KEY_SOA_RNAME, NULL, "not a mail address");
	return 0;
}

static int check_ip_sources(struct config_loader *l)
{
	struct config *cfg = l->cfg;
	bool seen[IP_SOURCE_COUNT] = {false};

	if (l->raw.ip_sources.count == 0)
		return config_fail(l, KEY_IP_SOURCES, NULL, "the list is empty");
	for (size_t i = 0; i < l->raw.ip_sources.count; i++) {
		const char *word = l->raw.ip_sources.items[i];
		size_t source = 0;

		while (source < IP_SOURCE_COUNT &&
		       strcmp(config_ip_source_names[source], word) != 0)
			source++;
		if (source == IP_SOURCE_COUNT)
			return config_fail(l, KEY_IP_SOURCES, word, "not an IP source");
		if (seen[source])
			return config_fail(l, KEY_IP_SOURCES, word, "given twice");
		seen[source] = true;
		cfg->ip_sources[cfg->ip_sources_count++] = (enum ip_source)source;
	}
	return 0;
}

static int check_listener(struct config_loader *l)
{
	static const struct address any4 = {.family = AF_INET}, any6 = {.family = AF_INET6};
	struct address a;

	if (address_parse(l->raw.listener, &a) < 0)
		return config_fail(l, KEY_LISTENER, NULL, "not an IP address");
	address_to_sockaddr(&a, 0, &l->cfg->listener);
	l->cfg->listener_any = address_equal(&a, &any4) || address_equal(&a, &any6);
	return 0;
}

static int check_http_listener(struct config_loader *l)
{
	const char *text = l->cfg->http_listener;
	struct address a;

	/* Go listens on every address for "", and so may a file that relies on it. */
	if (*text == '\0' || address_parse(text, &a) == 0)
		return 0;
	if (strspn(text, "-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
	    strlen(text))
		return config_fail(l, KEY_HTTP_LISTENER, NULL, "not an address");
	return 0;
}

static int check_timeout(struct config_loader *l)
{
	if (l->cfg->timeout == 0)
		l->cfg->timeout = TIMEOUT_DEFAULT;
	return 0;
}

static bool is_interface_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= IF_NAMESIZE || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	/* The kernel's rule (dev_valid_name). */
	for (const char *p = name; *p; p++)
		if (*p == '/' || *p == ':' || (unsigned char)*p <= ' ')
			return false;
	return true;
}

static int check_xdp_interfaces(struct config_loader *l)
{
	struct str_list *list = &l->raw.xdp_interfaces;

	for (size_t i = 0; i < list->count; i++) {
		if (!is_interface_name(list->items[i]))
			return config_fail(l, KEY_XDP_INTERFACES, list->items[i],
					   "not an interface name");
		for (size_t j = 0; j < i; j++)
			if (strcmp(list->items[i], list->items[j]) == 0)
				return config_fail(l, KEY_XDP_INTERFACES, list->items[i],
						   "given twice");
	}
	l->cfg->xdp_interfaces = TAKE_PTR(list->items);
	l->cfg->xdp_interfaces_count = list->count;
	list->count = 0;
	return 0;
}

static int check_xdp_mode(struct config_loader *l)
{
	static const char *const words[] = {[XDP_MODE_AUTO] = "auto",
					    [XDP_MODE_NATIVE] = "native",
					    [XDP_MODE_GENERIC] = "generic"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(l->raw.xdp_mode, words[i]) == 0) {
			l->cfg->xdp_mode = (enum xdp_mode)i;
			return 0;
		}
	}
	return config_fail(l, KEY_XDP_MODE, NULL, "not an XDP mode");
}

static int check_bpf_dir(struct config_loader *l)
{
	if (l->cfg->bpf_dir[0] != '/' || l->cfg->bpf_dir[1] == '\0')
		return config_fail(l, KEY_BPF_DIR, NULL, "not an absolute path of a directory");
	return 0;
}

int config_check(struct config_loader *l)
{
	/* Mesos-DNS's order, the domain pulled forward: zoneResolvers are compared with it. */
	static int (*const checks[])(struct config_loader *) = {
		check_service,	   check_zk,	      config_check_masters,   check_domain,
		check_listener,	   check_timeout,     config_check_resolvers, check_ip_sources,
		check_soa_mname,   check_soa_rname,   check_http_listener,    config_check_tls,
		config_check_auth, config_check_http, config_check_cookies,   check_xdp_interfaces,
		check_xdp_mode,	   check_bpf_dir,     config_check_clients,   config_check_transfer,
	};

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		int r = checks[i](l);

		if (r < 0)
			return r;
	}
	return 0;
}
