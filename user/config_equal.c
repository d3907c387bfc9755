// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "config_equal.h"

#include <string.h>

#include "config_internal.h"

static bool strings_equal(char *const *a, size_t a_count, char *const *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

bool config_equal_masters(const struct config *a, const struct config *b)
{
	return strings_equal(a->masters, a->masters_count, b->masters, b->masters_count);
}

bool config_equal_interfaces(const struct config *a, const struct config *b)
{
	return strings_equal(a->xdp_interfaces, a->xdp_interfaces_count, b->xdp_interfaces,
			     b->xdp_interfaces_count);
}

/* A certificate is renewed under the name it had. */
bool config_equal_ca_cert(const struct config *a, const struct config *b)
{
	return strcmp(a->ca_cert_file, b->ca_cert_file) == 0 &&
	       memcmp(a->ca_cert_sha256, b->ca_cert_sha256, sizeof(a->ca_cert_sha256)) == 0;
}

bool config_equal_cert(const struct config *a, const struct config *b)
{
	return strcmp(a->cert_file, b->cert_file) == 0 &&
	       memcmp(a->cert_sha256, b->cert_sha256, sizeof(a->cert_sha256)) == 0;
}

bool config_equal_key(const struct config *a, const struct config *b)
{
	return strcmp(a->key_file, b->key_file) == 0 &&
	       memcmp(a->key_sha256, b->key_sha256, sizeof(a->key_sha256)) == 0;
}

static bool texts_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool config_equal_http_cert(const struct config *a, const struct config *b)
{
	return strcmp(a->http_cert_file, b->http_cert_file) == 0 &&
	       texts_equal(a->http_cert, b->http_cert);
}

bool config_equal_http_key(const struct config *a, const struct config *b)
{
	return strcmp(a->http_key_file, b->http_key_file) == 0 &&
	       texts_equal(a->http_key, b->http_key);
}

bool config_equal_http_token(const struct config *a, const struct config *b)
{
	return strcmp(a->http_token_file, b->http_token_file) == 0 &&
	       memcmp(a->http_token_sha256, b->http_token_sha256, sizeof(a->http_token_sha256)) ==
		       0;
}

/* A secret of our own making is no change. */
bool config_equal_cookie_secret(const struct config *a, const struct config *b)
{
	if (strcmp(a->cookie_secret_file, b->cookie_secret_file) != 0)
		return false;
	return !*a->cookie_secret_file || !a->cookies_on || !b->cookies_on ||
	       memcmp(&a->cookies, &b->cookies, sizeof(a->cookies)) == 0;
}

/* The host's name may have changed. */
bool config_equal_nsid(const struct config *a, const struct config *b)
{
	return strcmp(a->nsid, b->nsid) == 0 && a->nsid_len == b->nsid_len &&
	       memcmp(a->nsid_octets, b->nsid_octets, a->nsid_len) == 0;
}

bool config_equal_auth(const struct config *a, const struct config *b)
{
	return a->mesos_auth == b->mesos_auth;
}

bool config_equal_credentials(const struct config *a, const struct config *b)
{
	return strcmp(a->mesos_principal, b->mesos_principal) == 0 &&
	       strcmp(a->mesos_secret, b->mesos_secret) == 0;
}

/* What the file held counts, too. */
bool config_equal_iam(const struct config *a, const struct config *b)
{
	return strcmp(a->iam_config_file, b->iam_config_file) == 0 &&
	       strcmp(a->iam.uid, b->iam.uid) == 0 &&
	       strcmp(a->iam.private_key, b->iam.private_key) == 0 &&
	       strcmp(a->iam.login_endpoint, b->iam.login_endpoint) == 0;
}

/* Is NAME "PREFIX.DOMAIN.", as config_check.c makes it for a key that is not given? */
static bool follows_domain(const char *name, const char *prefix, const char *domain)
{
	size_t prefix_len = strlen(prefix), domain_len = strlen(domain);

	return strlen(name) == prefix_len + 1 + domain_len + 1 &&
	       memcmp(name, prefix, prefix_len) == 0 && name[prefix_len] == '.' &&
	       memcmp(name + prefix_len + 1, domain, domain_len) == 0;
}

/* Where the domain changed, a name that only follows it is no change of its own. */
static bool soa_name_equal(const struct config *a, const char *a_name, const struct config *b,
			   const char *b_name, const char *prefix)
{
	return strcmp(a_name, b_name) == 0 || (follows_domain(a_name, prefix, a->domain) &&
					       follows_domain(b_name, prefix, b->domain));
}

bool config_equal_soa_mname(const struct config *a, const struct config *b)
{
	return soa_name_equal(a, a->soa_mname, b, b->soa_mname, "ns1");
}

bool config_equal_soa_rname(const struct config *a, const struct config *b)
{
	return soa_name_equal(a, a->soa_rname, b, b->soa_rname, "root.ns1");
}

bool config_equal_ip_sources(const struct config *a, const struct config *b)
{
	if (a->ip_sources_count != b->ip_sources_count)
		return false;
	for (size_t i = 0; i < a->ip_sources_count; i++)
		if (a->ip_sources[i] != b->ip_sources[i])
			return false;
	return true;
}

bool config_equal_listener(const struct config *a, const struct config *b)
{
	struct address x, y;

	if (a->listener_any || b->listener_any)
		return a->listener_any == b->listener_any; /* 0.0.0.0 and :: mean the same */
	address_from_sockaddr(&a->listener, &x);
	address_from_sockaddr(&b->listener, &y);
	return address_equal(&x, &y);
}

static bool resolvers_equal(const struct config_resolvers *a, const struct config_resolvers *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->list[i].text, b->list[i].text) != 0)
			return false;
	return true;
}

/* Without externalOn there are none, whatever the file says: that key's change is enough said. */
static bool no_resolvers(const struct config *a, const struct config *b)
{
	return !a->external_on || !b->external_on;
}

bool config_equal_resolvers(const struct config *a, const struct config *b)
{
	return no_resolvers(a, b) || resolvers_equal(&a->resolvers, &b->resolvers);
}

bool config_equal_zones(const struct config *a, const struct config *b)
{
	if (no_resolvers(a, b))
		return true;
	if (a->zone_resolvers_count != b->zone_resolvers_count)
		return false;
	for (size_t i = 0; i < a->zone_resolvers_count; i++) {
		const struct config_zone_resolvers *x = &a->zone_resolvers[i];
		const struct config_zone_resolvers *y = &b->zone_resolvers[i];

		if (strcmp(x->zone, y->zone) != 0 || !resolvers_equal(&x->resolvers, &y->resolvers))
			return false;
	}
	return true;
}

static bool networks_equal(const struct config_networks *a, const struct config_networks *b)
{
	return strings_equal(a->list, a->count, b->list, b->count);
}

bool config_equal_exempt(const struct config *a, const struct config *b)
{
	return networks_equal(&a->responses_exempt, &b->responses_exempt);
}

bool config_equal_allow(const struct config *a, const struct config *b)
{
	return networks_equal(&a->clients_allow, &b->clients_allow);
}

bool config_equal_deny(const struct config *a, const struct config *b)
{
	return networks_equal(&a->clients_deny, &b->clients_deny);
}

bool config_equal_xdp_mode(const struct config *a, const struct config *b)
{
	return a->xdp_mode == b->xdp_mode;
}

bool config_equal_tsig_keys(const struct config *a, const struct config *b)
{
	size_t n = a->tsig_keys_count;

	return strings_equal(a->tsig_key_files, n, b->tsig_key_files, b->tsig_keys_count) &&
	       (!n || !memcmp(a->tsig_keys, b->tsig_keys, n * sizeof(*a->tsig_keys)));
}

bool config_equal_secondaries(const struct config *a, const struct config *b)
{
	if (a->secondaries_count != b->secondaries_count)
		return false;
	for (size_t i = 0; i < a->secondaries_count; i++) {
		const struct config_secondary *x = &a->secondaries[i], *y = &b->secondaries[i];

		if (!address_equal(&x->address, &y->address) || x->prefix != y->prefix ||
		    x->port != y->port || x->notify != y->notify || x->key != y->key)
			return false;
	}
	return true;
}
