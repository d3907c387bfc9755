// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Questions under way, and those that ask the same. */
#include <stdlib.h>
#include <string.h>

#include "forward_priv.h"
#include "hash.h"
#include "util.h"

/* What is asked: all of the message but its ID. */
static const uint8_t *asked(const struct forward *fw)
{
	return fw->query + FORWARD_PREFIX + sizeof(fw->client_id);
}

static size_t asked_len(const struct forward *fw)
{
	return fw->len - sizeof(fw->client_id);
}

static bool asks_the_same(const struct forward *a, const struct forward *b)
{
	return a->hash == b->hash && a->tcp == b->tcp && a->resolvers == b->resolvers &&
	       a->len == b->len && memcmp(asked(a), asked(b), asked_len(a)) == 0;
}

static struct forward *find(const struct forward *fw, const struct cds_list_head *bucket)
{
	struct forward *other;

	cds_list_for_each_entry(other, bucket, alike) {
		if (asks_the_same(other, fw))
			return other;
	}
	return NULL;
}

bool forward_join(struct forward *fw)
{
	struct cds_list_head *bucket;
	struct forward *leader;

	fw->hash = hash_bytes(0, asked(fw), asked_len(fw));
	bucket = &fw->f->asked[fw->hash % FORWARD_BUCKETS];
	leader = find(fw, bucket);
	fw->leader = leader;
	if (!leader) {
		cds_list_add(&fw->alike, bucket);
		return false;
	}
	free(TAKE_PTR(fw->query));
	cds_list_del(&fw->node);
	cds_list_add_tail(&fw->node, &leader->joined);
	forward_udp_again(leader);
	return true;
}

void forward_join_init(struct forwarder *f)
{
	for (size_t i = 0; i < FORWARD_BUCKETS; i++)
		CDS_INIT_LIST_HEAD(&f->asked[i]);
}
