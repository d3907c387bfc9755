// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a frame that was looked at says. */
#include "xdnsctl-tap.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "dns.h"

/* Where UDP's header stands; 0: there is none, or it is cut. */
static uint32_t udp_at(const struct tap_frame *f)
{
	uint8_t head[TAP_HEADERS_MAX] = {0};
	uint32_t at;

	memcpy(head, f->data, f->kept < sizeof(head) ? f->kept : sizeof(head));
	at = tap_udp_at(head);
	return at + UDP_HEADER_LEN <= f->kept ? at : 0;
}

void tap_question(const struct tap_frame *f, struct tap_question *ret)
{
	const uint8_t *end = f->data + f->kept, *p;
	const struct dns_header *h;
	uint32_t at = udp_at(f);
	struct xdns_qname q;

	*ret = (struct tap_question){0};
	if (!at || at + UDP_HEADER_LEN + sizeof(*h) > f->kept)
		return;
	h = (const void *)(f->data + at + UDP_HEADER_LEN);
	p = (const uint8_t *)(h + 1);
	/* labels end at the first zero octet unless something is wrong with them */
	if (!h->qdcount || xdns_qname_scan(p, end, &q))
		return;
	for (uint32_t label = 0; label < q.len - 1U; label += p[label] + 1)
		if (p[label] > DNS_LABEL_MAX || label + p[label] + 1 >= q.len)
			return;
	if (p + q.len + 4 > end)
		return;
	memcpy(ret->name, p, q.len);
	ret->type = ntohs(xdns_get16(p + q.len));
	ret->rcode = ntohs(h->flags) & 15;
	ret->answers = ntohs(h->ancount) > UINT8_MAX ? UINT8_MAX : ntohs(h->ancount);
	ret->there = true;
}

const char *tap_client(const struct tap_frame *f, char ret[TAP_CLIENT_MAX])
{
	uint32_t udp = udp_at(f), ip = udp ? tap_l3_at(f->data) : 0;
	bool ip6 = udp - ip == IP6_HEADER_LEN;
	size_t address = ip6 ? offsetof(struct ip6_header, src) : offsetof(struct ip4_header, src);
	size_t port = offsetof(struct udp_header, src);

	if (!udp)
		return strcpy(ret, "-");
	if (f->sent) {
		address = ip6 ? offsetof(struct ip6_header, dst) : offsetof(struct ip4_header, dst);
		port = offsetof(struct udp_header, dst);
	}
	inet_ntop(ip6 ? AF_INET6 : AF_INET, f->data + ip + address, ret, INET6_ADDRSTRLEN);
	snprintf(ret + strlen(ret), sizeof("#65535"), "#%u",
		 ntohs(xdns_get16(f->data + udp + port)));
	return ret;
}
