// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Masters and resolvers: host:port texts, checked and brought to one form. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <string.h>

#include "config_internal.h"
#include "dname_text.h"
#include "host_port.h"
#include "util.h"

/* Addresses of the local interfaces. */
struct local_addresses {
	struct address *list;
	size_t count;
};

static int add_master(struct config_loader *l, const char *text, struct str_list *masters)
{
	_cleanup_free_ char *master = NULL;
	struct host_port hp;
	const char *why = host_port_parse(text, &hp);

	if (why)
		return config_fail(l, KEY_MASTERS, text, "%s", why);
	if (host_port_normalise(&hp) < 0)
		return config_fail(l, KEY_MASTERS, text, "not a host name or IP address");
	master = host_port_join(hp.host, hp.port);
	if (!master)
		return -ENOMEM;
	for (size_t i = 0; i < masters->count; i++)
		if (strcasecmp(masters->items[i], master) == 0)
			return config_fail(l, KEY_MASTERS, text, "given twice");
	return str_list_add(masters, master);
}

int config_check_masters(struct config_loader *l)
{
	struct str_list masters = {0};
	int r = 0;

	for (size_t i = 0; i < l->raw.masters.count && r == 0; i++)
		r = add_master(l, l->raw.masters.items[i], &masters);
	if (r < 0) {
		str_list_clear(&masters);
		return r;
	}
	l->cfg->masters = masters.items;
	l->cfg->masters_count = masters.count;
	return 0;
}

static int resolvers_add(struct config_resolvers *to, const struct address *a, uint16_t port)
{
	struct config_resolver *grown = reallocarray(to->list, to->count + 1, sizeof(*grown));
	char host[INET6_ADDRSTRLEN];

	if (!grown)
		return -ENOMEM;
	to->list = grown;
	grown += to->count;
	*grown = (struct config_resolver){
		.text = host_port_join(address_format(a, host, sizeof(host)), port)};
	if (!grown->text)
		return -ENOMEM;
	grown->addr_len = address_to_sockaddr(a, port, &grown->addr);
	to->count++;
	return 0;
}

static bool resolvers_have(const struct config_resolvers *resolvers, const struct address *a,
			   uint16_t port)
{
	struct sockaddr_storage addr;
	socklen_t len = address_to_sockaddr(a, port, &addr);

	for (size_t i = 0; i < resolvers->count; i++)
		if (resolvers->list[i].addr_len == len &&
		    memcmp(&resolvers->list[i].addr, &addr, len) == 0)
			return true;
	return false;
}

static bool is_local(const struct local_addresses *local, const struct address *a)
{
	for (size_t i = 0; i < local->count; i++)
		if (address_equal(&local->list[i], a))
			return true;
	return false;
}

/* Queries sent there would come back here until their time is over. */
static bool is_self(const struct config *cfg, const struct local_addresses *local,
		    const struct address *a, uint16_t port)
{
	struct address listener;

	address_from_sockaddr(&cfg->listener, &listener);
	return cfg->dns_on && port == cfg->port &&
	       (cfg->listener_any ? is_local(local, a) : address_equal(&listener, a));
}

static int add_resolver(struct config_loader *l, enum config_key_id id, const char *text,
			const struct local_addresses *local, struct config_resolvers *to)
{
	struct host_port hp = {.port = DNS_PORT};
	const char *host, *port;
	struct address a;
	size_t len;

	if (host_port_split(text, &host, &len, &port) == 0) {
		const char *why = host_port_parse(text, &hp);

		if (why)
			return config_fail(l, id, text, "%s", why);
		host = hp.host;
	} else {
		host = text;
	}
	if (address_parse(host, &a) < 0)
		return config_fail(l, id, text, "not an IP address");
	if (resolvers_have(to, &a, hp.port))
		return config_fail(l, id, text, "given twice");
	if (is_self(l->cfg, local, &a, hp.port)) {
		int r = config_warn(l,
				    "%s: \"%s\" is this server itself: forwarded queries would "
				    "come back",
				    config_keys[id].name, text);

		if (r < 0)
			return r;
	}
	return resolvers_add(to, &a, hp.port);
}

static int add_resolvers(struct config_loader *l, enum config_key_id id,
			 const struct str_list *from, const struct local_addresses *local,
			 struct config_resolvers *to)
{
	for (size_t i = 0; i < from->count; i++) {
		int r = add_resolver(l, id, from->items[i], local, to);

		if (r < 0)
			return r;
	}
	return 0;
}

static void local_done(struct local_addresses *local)
{
	free(local->list);
}

static int local_read(struct local_addresses *ret)
{
	struct ifaddrs *all;
	size_t count = 0;

	if (getifaddrs(&all) < 0)
		return -errno;
	for (struct ifaddrs *i = all; i; i = i->ifa_next)
		count++;
	ret->list = calloc(count + 1, sizeof(*ret->list));
	for (struct ifaddrs *i = all; i && ret->list; i = i->ifa_next) {
		struct sockaddr_storage addr = {0};

		if (!i->ifa_addr)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			memcpy(&addr, i->ifa_addr, sizeof(struct sockaddr_in));
		else if (i->ifa_addr->sa_family == AF_INET6)
			memcpy(&addr, i->ifa_addr, sizeof(struct sockaddr_in6));
		else
			continue;
		address_from_sockaddr(&addr, &ret->list[ret->count++]);
	}
	freeifaddrs(all);
	return ret->list ? 0 : -ENOMEM;
}

/* One line of resolv.conf(5). */
static int add_nameserver(struct config_loader *l, char *line, const struct local_addresses *local,
			  struct config_resolvers *to)
{
	char *rest, *word = strtok_r(line, " \t", &rest);
	struct address a;

	if (!word || strcmp(word, "nameserver") != 0)
		return 0;
	word = strtok_r(NULL, " \t", &rest);
	if (!word || address_parse(word, &a) < 0)
		return config_warn(
			l, "resolvers: %s: nameserver \"%s\" is left out: not an IP address",
			l->resolv_conf, word ? word : "");
	if (is_local(local, &a) || resolvers_have(to, &a, DNS_PORT))
		return 0;
	return resolvers_add(to, &a, DNS_PORT);
}

/*
 * Nameservers that are an address of this host are most likely this very
 * server, through its own resolv.conf.
 */
static int read_resolv_conf(struct config_loader *l, const struct local_addresses *local,
			    struct config_resolvers *to)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	size_t len;
	int r = config_read_file(l->resolv_conf, 1 << 20, &text, &len);

	if (r < 0)
		return config_warn(l,
				   "resolvers: none, and %s cannot be read (%s): names outside "
				   "the domain are refused",
				   l->resolv_conf, strerror(-r));
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		r = add_nameserver(l, line, local, to);
		if (r < 0)
			return r;
	}
	if (to->count > 0)
		return 0;
	return config_warn(l,
			   "resolvers: none, and %s names none that is not this host: names "
			   "outside the domain are refused",
			   l->resolv_conf);
}

/* 0 if the zone may be forwarded. Its own domain is answered here, with all that is below it. */
static int check_zone(struct config_loader *l, const struct raw_zone *raw)
{
	const char *domain = l->cfg->domain;
	size_t zone_len = strlen(raw->zone), domain_len = strlen(domain);
	const char *tail = raw->zone + (zone_len > domain_len ? zone_len - domain_len : 0);

	if (!config_is_domain(raw->zone))
		return config_fail(l, KEY_ZONE_RESOLVERS, raw->zone, "not a domain name");
	if (strcasecmp(tail, domain) == 0 && (tail == raw->zone || tail[-1] == '.'))
		return config_fail(l, KEY_ZONE_RESOLVERS, raw->zone,
				   "it is in the domain %s, which is answered here", domain);
	if (raw->resolvers.count == 0)
		return config_fail(l, KEY_ZONE_RESOLVERS, raw->zone, "its list is empty");
	return 0;
}

static int add_zone(struct config_loader *l, const struct raw_zone *raw,
		    const struct local_addresses *local)
{
	struct config *cfg = l->cfg;
	struct config_zone_resolvers *grown, *zone;
	uint8_t wire[DNAME_WIRE_MAX];
	int len, r = check_zone(l, raw);

	if (r < 0)
		return r;
	for (size_t i = 0; i < cfg->zone_resolvers_count; i++)
		if (strcasecmp(cfg->zone_resolvers[i].zone, raw->zone) == 0)
			return config_fail(l, KEY_ZONE_RESOLVERS, raw->zone,
					   "given twice, in different spellings");
	grown = reallocarray(cfg->zone_resolvers, cfg->zone_resolvers_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	cfg->zone_resolvers = grown;
	zone = &grown[cfg->zone_resolvers_count++];
	len = dname_from_text(raw->zone, strlen(raw->zone), wire);
	dname_lower(wire, (size_t)len);
	*zone = (struct config_zone_resolvers){
		.zone = strdup(raw->zone), .wire = malloc((size_t)len), .wire_len = (size_t)len};
	if (!zone->zone || !zone->wire)
		return -ENOMEM;
	memcpy(zone->wire, wire, (size_t)len);
	for (char *p = zone->zone; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return add_resolvers(l, KEY_ZONE_RESOLVERS, &raw->resolvers, local, &zone->resolvers);
}

int config_check_resolvers(struct config_loader *l)
{
	_cleanup_(local_done) struct local_addresses local = {0};
	struct config *cfg = l->cfg;
	int r;

	/* Without forwarding Mesos-DNS looks at neither list. */
	if (!cfg->external_on)
		return 0;
	r = local_read(&local);
	if (r < 0)
		return r;
	if (l->raw.resolvers.count == 0)
		r = read_resolv_conf(l, &local, &cfg->resolvers);
	else
		r = add_resolvers(l, KEY_RESOLVERS, &l->raw.resolvers, &local, &cfg->resolvers);
	for (size_t i = 0; i < l->raw.zones_count && r == 0; i++)
		r = add_zone(l, &l->raw.zones[i], &local);
	return r;
}
