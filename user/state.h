/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A master's state document to a struct cluster, as the bytes arrive. Memory is bounded by what
 * the cluster keeps and by one element, not by the document.
 *
 * A wrong type or an unusable pid costs the element (task, framework, agent) it is in,
 * counted in cluster->skipped. A document that is not JSON, not an object, has no usable
 * leader, lists that are none, or breaks a limit is refused as a whole.
 */
#ifndef XDNS_STATE_H
#define XDNS_STATE_H

#include "cluster.h"
#include "known_tasks.h"

/* How host names of pids become addresses. */
struct state_resolver {
	/*
	 * Addresses of host, which is not an IP, to be freed by the caller. Called on
	 * several threads at once. -ENOENT or another error: none; -ECANCELED, -ENOMEM:
	 * give up the whole document.
	 */
	int (*resolve)(void *ctx, const char *host, struct address **ret_list, size_t *ret_count);
	void *ctx;
};

#define STATE_ELEMENT_MAX (16U << 20)

struct state;

/* max_bytes: bound on the document. */
int state_new(uint64_t max_bytes, const struct state_resolver *resolver, struct state **ret);

/* Before the first piece: tasks that are known already, until state_free(). */
void state_set_known(struct state *s, struct known_tasks *known);

/* The next piece of the document. An error is final. */
int state_feed(struct state *s, const void *data, size_t len);

/* The document has ended: is it complete, and does it name a leader? */
int state_end(struct state *s);

/* Who leads; good after state_end(), until state_finish(). */
const char *state_leader_host(const struct state *s);
uint16_t state_leader_port(const struct state *s);

/* After state_end(): resolves each host name once and hands over the cluster. */
int state_finish(struct state *s, struct cluster **ret);

/* Why feed or end failed: "state document is truncated after 17 bytes". */
const char *state_error(struct state *s);

/* Octets seen. */
uint64_t state_bytes(const struct state *s);

struct state *state_free(struct state *s);

#endif
