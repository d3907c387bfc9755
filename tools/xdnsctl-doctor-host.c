// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The port, and what this host itself asks. */
#include "xdnsctl-doctor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "config_internal.h"
#include "util.h"

#define RESOLV_CONF	"/etc/resolv.conf"
#define RESOLV_MAX	(1 << 16)
#define NAMESERVERS_MAX 3 /* of which the C library takes notice */
#define TIMEOUT_DEFAULT 5 /* seconds, resolv.conf(5) */
#define TIMEOUT_LONG	2

static struct sockaddr_storage listened(const struct config *cfg)
{
	struct sockaddr_storage ss = cfg->listener;

	if (ss.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&ss)->sin6_port = htons(cfg->port);
	else
		((struct sockaddr_in *)&ss)->sin_port = htons(cfg->port);
	return ss;
}

static void look_at_port(struct doctor *d, bool tcp)
{
	struct sockaddr_storage local = listened(d->cfg);
	const char *protocol = tcp ? "TCP" : "UDP";
	char who[OWNER_TEXT_MAX];
	struct owner o;

	if (owner_of_port(tcp, (struct sockaddr *)&local, &o)) {
		if (d->running)
			doctor_say(d, DOCTOR_FAIL,
				   "is it of another configuration? see its log, or name its by "
				   "--config",
				   "the daemon runs, but nobody has %s port %u here", protocol,
				   d->cfg->port);
		else
			doctor_say(d, DOCTOR_OK, NULL, "%s port %u is free", protocol,
				   d->cfg->port);
		return;
	}
	owner_text(&o, who, sizeof(who));
	if (d->running && (o.pid == d->daemon.pid || !o.pid))
		doctor_say(d, DOCTOR_OK, NULL, "%s port %u is the daemon's", protocol,
			   d->cfg->port);
	else if (o.pid && !strcmp(o.name, "mesos-xdns"))
		doctor_say(d, d->running ? DOCTOR_FAIL : DOCTOR_OK,
			   d->running ? "end one of the two" : NULL, "%s port %u is that of %s%s",
			   protocol, d->cfg->port, who,
			   d->running ? ", which is not the daemon that has the pins"
				      : ", which has no pins here");
	else
		doctor_say(d, DOCTOR_FAIL,
			   "end it, or name another address or port in listener and port; "
			   "systemd-resolved: DNSStubListener=no",
			   "%s port %u is in use by %s", protocol, d->cfg->port, who);
}

void doctor_port(struct doctor *d)
{
	if (!d->cfg->dns_on) {
		doctor_say(d, DOCTOR_OK, NULL, "dnsOn is false: no port is needed");
		return;
	}
	look_at_port(d, false);
	look_at_port(d, true);
}

struct resolv_conf {
	unsigned servers;
	unsigned ours; /* which of them is this server, from 1; 0: none */
	unsigned timeout;
	bool rotate;
};

static bool is_served(const struct doctor *d, const struct address *a)
{
	struct address listener = {0};

	if (d->cfg->port != DNS_PORT)
		return false;
	if (!d->cfg->listener_any) {
		address_from_sockaddr(&d->cfg->listener, &listener);
		return address_equal(a, &listener);
	}
	for (size_t i = 0; i < d->in.addresses_count; i++)
		if (address_equal(a, &d->in.addresses[i].address))
			return true;
	return a->family == AF_INET && a->bytes[0] == 127;
}

static void read_line(const struct doctor *d, char *line, struct resolv_conf *r)
{
	char *rest, *word = strtok_r(line, " \t", &rest);
	bool server = word && !strcmp(word, "nameserver");
	bool options = word && !strcmp(word, "options");
	struct address a;

	while (word && (word = strtok_r(NULL, " \t", &rest))) {
		if (server) {
			r->servers++;
			if (!r->ours && !address_parse(word, &a) && is_served(d, &a))
				r->ours = r->servers;
			return;
		}
		r->rotate |= options && !strcmp(word, "rotate");
		if (options && !strncmp(word, "timeout:", 8))
			r->timeout = (unsigned)strtoul(word + 8, NULL, 10);
	}
}

static int read_resolv_conf(const struct doctor *d, struct resolv_conf *ret)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	size_t len;
	int r = config_read_file(RESOLV_CONF, RESOLV_MAX, &text, &len);

	*ret = (struct resolv_conf){.timeout = TIMEOUT_DEFAULT};
	if (r)
		return r;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		read_line(d, line, ret);
	return 0;
}

static void look_at_servers(struct doctor *d, const struct resolv_conf *r)
{
	const char *domain = d->cfg->domain;

	if (!r->ours)
		doctor_say(d, DOCTOR_OK, NULL,
			   "names %u servers, not this one: programs of this host see the names "
			   "below %s only if one of these forwards them",
			   r->servers, domain);
	else if (r->ours > NAMESERVERS_MAX)
		doctor_say(d, DOCTOR_WARN, "put it first",
			   "names this server as the %uth: the C library asks only the first %d",
			   r->ours, NAMESERVERS_MAX);
	else if (r->ours > 1 && !r->rotate)
		doctor_say(d, DOCTOR_WARN,
			   "put it first, unless the others serve or forward the domain, too",
			   "names this server as number %u: \"no such name\" from one before it "
			   "is the end of a look-up below %s",
			   r->ours, domain);
	else
		doctor_say(d, DOCTOR_OK, NULL, "names this server, as number %u of %u", r->ours,
			   r->servers);
}

void doctor_resolv_conf(struct doctor *d)
{
	struct resolv_conf r;
	int rc = read_resolv_conf(d, &r);

	if (rc) {
		doctor_say(d, DOCTOR_WARN, NULL, "%s: %s", RESOLV_CONF, strerror(-rc));
		return;
	}
	look_at_servers(d, &r);
	if (r.ours && r.rotate && r.servers > 1)
		doctor_say(d, DOCTOR_WARN,
			   "name only servers of this domain (the daemons of the other masters), "
			   "or leave rotate out",
			   "options rotate: every server is asked in turn, also for names below "
			   "%s",
			   d->cfg->domain);
	if (r.ours && r.servers > 1 && r.timeout > TIMEOUT_LONG)
		doctor_say(d, DOCTOR_WARN, "options timeout:1 attempts:2",
			   "a server that is down costs each look-up %u s", r.timeout);
}
