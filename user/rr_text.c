// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "rr_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "dns.h"

const char *rr_type_text(uint16_t type)
{
	return type == DNS_TYPE_A      ? "A"
	       : type == DNS_TYPE_AAAA ? "AAAA"
	       : type == DNS_TYPE_SRV  ? "SRV"
				       : "PTR";
}

const char *rr_data_text(const struct rr *rr, const uint8_t *target, char buf[RR_TEXT_MAX])
{
	size_t len;

	switch (rr->type) {
	case DNS_TYPE_A:
		return inet_ntop(AF_INET, rr->a, buf, RR_TEXT_MAX);
	case DNS_TYPE_AAAA:
		return inet_ntop(AF_INET6, rr->aaaa, buf, RR_TEXT_MAX);
	default:
		dname_to_text(target, buf);
		len = strlen(buf);
		if (rr->type == DNS_TYPE_SRV)
			snprintf(buf + len, RR_TEXT_MAX - len, ":%u", rr->srv.port);
		return buf;
	}
}
