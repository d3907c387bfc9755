// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* /v1/version, /v1/hosts/{host}, /v1/services/{service}: look-ups in the zone under RCU. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <urcu.h>

#include "api_internal.h"
#include "zone_read.h"

/* first, for answer.h */
#include "reply_env.h"

#include "answer.h"

int api_version(struct api *a, const char *name, struct json_writer *w)
{
	(void)a;
	(void)name;
	json_open(w, NULL, '{');
	json_put_text(w, "Service", "Mesos-DNS"); /* what clients look for */
	json_put_text(w, "URL", "https://github.com/mesosphere/mesos-dns");
	json_put_text(w, "Version", XDNS_VERSION);
	json_put_text(w, "Implementation", "mesos-xdns");
	json_close(w);
	return 200;
}

/* Under RCU. */
static const struct xdns_record *find(const struct zone *z, const uint8_t *wire, int len)
{
	struct xdns_qname q;

	if (xdns_qname_read(wire, wire + len, zone_config(z)->hash_key, &q))
		return NULL;
	return zone_find(z, &q);
}

/* The octets of one address: 4 or 16 of them. */
static const uint8_t *address(const struct pool *p, const struct xdns_record *r, bool v6,
			      uint32_t i)
{
	if (v6)
		return r->n_aaaa <= XDNS_AAAA_INLINE
			       ? r->aaaa[i]
			       : xdns_env_aaaa_set(p, r->aaaa_set + i / XDNS_AAAA_PER_SET)
					 ->aaaa[i % XDNS_AAAA_PER_SET];
	return r->n_a <= XDNS_A_INLINE
		       ? xdns_inline_a(r, i)
		       : xdns_env_a_set(p, r->a_set + i / XDNS_A_PER_SET)->a[i % XDNS_A_PER_SET];
}

const char *api_address_text(const struct pool *p, const struct xdns_record *r, bool v6, uint32_t i,
			     char buf[INET6_ADDRSTRLEN])
{
	return inet_ntop(v6 ? AF_INET6 : AF_INET, address(p, r, v6, i), buf, INET6_ADDRSTRLEN);
}

static void put_host(struct json_writer *w, const char *host, const char *ip)
{
	json_open(w, NULL, '{');
	json_put_text(w, "host", host);
	json_put_text(w, "ip", ip);
	json_close(w);
}

int api_hosts(struct api *a, const char *name, struct json_writer *w)
{
	const struct pool *pool = zone_read_pool(a->zone);
	char text[INET6_ADDRSTRLEN], host[DNAME_TEXT_MAX];
	const struct xdns_record *r = NULL;
	uint8_t wire[DNAME_WIRE_MAX];
	int len = api_name(name, wire);

	if (!strcmp(name, ".*"))
		return -EINVAL; /* nothing is left: Mesos-DNS fails */
	if (zone_expired(a->zone))
		return -EAGAIN;
	json_open(w, NULL, '[');
	rcu_read_lock();
	if (len > 0)
		r = find(a->zone, wire, len);
	if (r) {
		dname_to_text(wire, host);
		for (uint32_t i = 0; i < r->n_a; i++)
			put_host(w, host, api_address_text(pool, r, false, i, text));
		for (uint32_t i = 0; i < r->n_aaaa; i++)
			put_host(w, host, api_address_text(pool, r, true, i, text));
	}
	if (!r || !(r->n_a + r->n_aaaa))
		put_host(w, "", "");
	rcu_read_unlock();
	json_close(w);
	return 200;
}

static void put_service(struct json_writer *w, const char *service, const char *host,
			const char *ip, const char *port)
{
	json_open(w, NULL, '{');
	json_put_text(w, "service", service);
	json_put_text(w, "host", host);
	json_put_text(w, "ip", ip);
	json_put_text(w, "port", port);
	json_close(w);
}

/* One A and one AAAA of the target, as Mesos-DNS. Returns how many. */
static unsigned put_target(struct json_writer *w, const struct pool *pool, const char *service,
			   const struct xdns_srv *srv)
{
	const struct xdns_record *target = xdns_env_target(pool, srv->target);
	char host[DNAME_TEXT_MAX], port[sizeof("65535")], ip[INET6_ADDRSTRLEN];
	uint8_t wire[DNS_NAME_MAX + 1];
	unsigned n = 0;

	if (!target || xdns_put_name(pool, target, wire))
		return 0;
	dname_to_text(wire, host);
	snprintf(port, sizeof(port), "%u", srv->port);
	if (target->n_a && ++n)
		put_service(w, service, host, api_address_text(pool, target, false, 0, ip), port);
	if (target->n_aaaa && ++n)
		put_service(w, service, host, api_address_text(pool, target, true, 0, ip), port);
	return n;
}

int api_services(struct api *a, const char *name, struct json_writer *w)
{
	const struct pool *pool = zone_read_pool(a->zone);
	const struct xdns_record *r = NULL;
	uint8_t wire[DNAME_WIRE_MAX];
	int len = api_name(name, wire);
	unsigned n = 0;

	if (!strcmp(name, ".*"))
		return -EINVAL;
	if (zone_expired(a->zone))
		return -EAGAIN;
	json_open(w, NULL, '[');
	rcu_read_lock();
	if (len > 0)
		r = find(a->zone, wire, len);
	if (r && !(r->flags & XDNS_RECORD_REVERSE))
		for (uint32_t i = 0; i < r->n_srv; i++)
			n += put_target(w, pool, name, xdns_record_srv(pool, r, i));
	rcu_read_unlock();
	if (!n)
		put_service(w, "", "", "", "");
	json_close(w);
	return 200;
}
