/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Memory of the zone's nodes, one behind the other in large pieces: nothing is kept about each, and
 * many are written with few page faults. What comes free is used for nodes of the same size, and
 * goes back to the system with the whole store only.
 */
#ifndef XDNS_NODE_STORE_H
#define XDNS_NODE_STORE_H

#include <stddef.h>
#include <stdint.h>

#define NODE_STORE_STEP	   8
#define NODE_STORE_CLASSES 64 /* sizes there are, in such steps */

struct node_store {
	struct node_piece *pieces; /* the one being used first */
	size_t used;		   /* octets of it */
	struct node_free {
		struct node_free *next;
	} * free[NODE_STORE_CLASSES];
};

/* Zeroed; size below NODE_STORE_STEP * NODE_STORE_CLASSES. NULL: no memory. */
void *node_store_take(struct node_store *s, size_t size);

/* What was taken with this size. */
void node_store_give(struct node_store *s, void *node, size_t size);

/* Whatever was taken from it is gone. */
void node_store_done(struct node_store *s);

#endif
