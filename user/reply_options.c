// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* EDNS options that are answered: COOKIE as in the kernel, and what only userspace sends. */
#include "reply_internal.h"

#include <string.h>

#include "cookie.h"

void reply_take_options(struct reply *r)
{
	struct xdns_question *q = &r->q;
	uint8_t asked = q->asked;

	q->asked = 0;
	if (!q->opt_len)
		return;
	if (asked & XDNS_ASKED_COOKIE && r->cfg->cookies.secrets) {
		q->asked = XDNS_ASKED_COOKIE;
		xdns_cookie_answer(&r->cfg->cookies, &r->client->address, r->client->now, q);
		q->opt_len = XDNS_OPT_COOKIE_LEN;
		r->cookie_refused = asked & XDNS_ASKED_SERVER && !q->cookie_valid;
	}
	if (asked & XDNS_ASKED_NSID && r->cfg->nsid_len) {
		r->nsid = true;
		q->opt_len += DNS_OPTION_HEADER_LEN + r->cfg->nsid_len;
	}
}

/* Behind what the OPT at `opt` has so far, which ends the body. */
static void put_option(struct reply *r, uint8_t *opt, uint16_t code, const void *data, uint16_t len)
{
	uint8_t *rdlen = opt + DNS_OPT_LEN - 2, *p = r->body + r->a.len;

	xdns_put16(rdlen, xdns_be16(xdns_be16(xdns_get16(rdlen)) + DNS_OPTION_HEADER_LEN + len));
	xdns_put16(p, xdns_be16(code));
	xdns_put16(p + 2, xdns_be16(len));
	memcpy(p + DNS_OPTION_HEADER_LEN, data, len);
	r->a.len += DNS_OPTION_HEADER_LEN + len;
}

void reply_put_opt(struct reply *r)
{
	uint8_t *opt = r->body + r->a.len;
	uint16_t ede = xdns_be16(r->ede);

	if (!r->q.opt_len)
		return;
	xdns_put_opt(&r->q, &r->a, r->body, REPLY_BODY_CAP);
	opt[5] = r->rcode >> 4; /* the upper bits (RFC 6891 6.1.3) */
	if (r->nsid)
		put_option(r, opt, DNS_NSID_OPTION, r->cfg->nsid_octets, r->cfg->nsid_len);
	if (r->ede >= 0)
		put_option(r, opt, DNS_EDE_OPTION, &ede, sizeof(ede));
}
