// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the forwarder reads of a message: enough to tell a reply from anything else. */
#include <errno.h>
#include <string.h>

#include "dns.h"
#include "forward_priv.h"
#include "octets.h"

#define FLAGS_OFFSET   2
#define QDCOUNT_OFFSET 4

int forward_question_end(const uint8_t *msg, size_t len, size_t *ret_end)
{
	size_t at = DNS_HEADER_LEN;

	if (len < DNS_HEADER_LEN || len > DNS_TCP_MAX || get16(msg + QDCOUNT_OFFSET) != 1)
		return -EINVAL;
	while (at < len && msg[at]) {
		if (msg[at] > DNS_LABEL_MAX)
			return -EINVAL;
		at += 1U + msg[at];
	}
	at += 1 + 4; /* the root, type and class */
	if (at > len || at - 5 - DNS_HEADER_LEN >= DNS_NAME_MAX)
		return -EINVAL;
	*ret_end = at;
	return 0;
}

enum forward_outcome forward_message_outcome(const uint8_t *msg)
{
	switch (get16(msg + FLAGS_OFFSET) & DNS_RCODE_MASK) {
	case DNS_RCODE_FORMERR:
		return FORWARD_formerr;
	case DNS_RCODE_SERVFAIL:
		return FORWARD_servfail;
	case DNS_RCODE_NOTIMP:
		return FORWARD_notimp;
	case DNS_RCODE_REFUSED:
		return FORWARD_refused;
	default:
		return FORWARD_answered;
	}
}

bool forward_message_has_question(const uint8_t *msg)
{
	return get16(msg + QDCOUNT_OFFSET) != 0;
}

bool forward_message_fits(const uint8_t *query, size_t question_end, const uint8_t *msg, size_t len)
{
	uint16_t flags;

	if (len < DNS_HEADER_LEN || memcmp(msg, query, 2) != 0)
		return false;
	flags = get16(msg + FLAGS_OFFSET);
	if (!(flags & DNS_FLAG_QR) || ((flags ^ get16(query + FLAGS_OFFSET)) & DNS_OPCODE_MASK))
		return false;
	/* servers that could not read the query say so without it */
	if (!forward_message_has_question(msg))
		return forward_message_outcome(msg) != FORWARD_answered;
	return get16(msg + QDCOUNT_OFFSET) == 1 && len >= question_end &&
	       memcmp(msg + DNS_HEADER_LEN, query + DNS_HEADER_LEN,
		      question_end - DNS_HEADER_LEN) == 0;
}
