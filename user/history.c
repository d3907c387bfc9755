// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "history.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "dname_text.h"
#include "reply_env.h"
#include "answer.h"
#include "util.h"
#include "zone_observer.h"
#include "zone_read.h"

#define OVERHEAD (sizeof(struct change) + 2 * sizeof(void *)) /* the allocator's, too */

struct history {
	uint32_t epoch;

	/* the writer's: of the commit under way */
	struct zone *zone; /* NULL: nothing is remembered */
	void (*told)(void *ctx);
	void *ctx;
	struct change **staged; /* HISTORY_CHANGES of them */
	size_t staged_count, staged_octets;
	bool lost; /* a change that cannot be kept */

	pthread_mutex_t lock;	 /* of all below; held for some loads and stores only */
	struct change **ring;	 /* by number modulo HISTORY_CHANGES */
	uint64_t oldest, newest; /* numbers; oldest is newest + 1 if there is none */
	size_t octets;
	uint32_t serial; /* after `newest` */
	uint32_t since;	 /* all that came after this serial is there */
};

int history_new(struct history **ret)
{
	struct history *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	if (getrandom(&h->epoch, sizeof(h->epoch), 0) != sizeof(h->epoch)) {
		free(h);
		return -EIO;
	}
	pthread_mutex_init(&h->lock, NULL);
	h->oldest = 1;
	*ret = h;
	return 0;
}

void change_put(struct change *c)
{
	if (!__atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL))
		free(c);
}

static struct change **slot(const struct history *h, uint64_t number)
{
	return &h->ring[number % HISTORY_CHANGES];
}

static void forget_oldest(struct history *h)
{
	struct change *c = *slot(h, h->oldest++);

	h->octets -= OVERHEAD + c->len;
	h->since = c->serial;
	change_put(c);
}

static void drop_staged(struct history *h)
{
	while (h->staged_count)
		change_put(h->staged[--h->staged_count]);
	h->staged_octets = 0;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	drop_staged(h);
	while (h->oldest <= h->newest)
		forget_oldest(h);
	pthread_mutex_destroy(&h->lock);
	free(h->staged);
	free(h->ring);
	free(h);
}

/* The writer's half */

static uint16_t set_count(const struct xdns_record *r, uint16_t type)
{
	if (!r)
		return 0;
	return type == DNS_TYPE_A ? r->n_a : type == DNS_TYPE_AAAA ? r->n_aaaa : r->n_srv;
}

static size_t element_size(uint16_t type)
{
	return type == DNS_TYPE_A ? 4 : type == DNS_TYPE_AAAA ? 16 : sizeof(struct xdns_srv);
}

/* Element i as it stands in the record. */
static const void *element(const struct pool *p, const struct xdns_record *r, uint16_t type,
			   uint32_t i)
{
	return type == DNS_TYPE_A      ? (const void *)xdns_record_a(p, r, i)
	       : type == DNS_TYPE_AAAA ? (const void *)xdns_record_aaaa(p, r, i)
				       : (const void *)xdns_record_srv(p, r, i);
}

static bool sets_equal(const struct pool *p, const struct xdns_record *a,
		       const struct xdns_record *b, uint16_t type)
{
	uint16_t n = set_count(a, type);

	if (n != set_count(b, type))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (memcmp(element(p, a, type, i), element(p, b, type, i), element_size(type)))
			return false;
	return true;
}

/* An SRV as its port, weight and the target's name. Returns the octets, 0: no such target. */
static size_t put_srv(const struct pool *p, const struct xdns_srv *srv, uint8_t *to)
{
	const struct xdns_record *target = xdns_env_target(p, srv->target);
	uint8_t name[DNS_NAME_MAX + 1];

	if (!target || xdns_put_name(p, target, name))
		return 0;
	memcpy(to, &srv->port, sizeof(srv->port));
	memcpy(to + sizeof(srv->port), &srv->weight, sizeof(srv->weight));
	memcpy(to + 4, name, target->name_len);
	return 4 + target->name_len;
}

/* Appends a set. -E2BIG: there is no room. */
static int put_set(const struct pool *p, const struct xdns_record *r, uint16_t type,
		   struct change *c, uint32_t room)
{
	uint16_t n = set_count(r, type);

	for (uint32_t i = 0; i < n; i++) {
		const void *from = element(p, r, type, i);
		size_t size = element_size(type);

		if (c->len + 4 + DNS_NAME_MAX + 1 > room)
			return -E2BIG;
		if (type == DNS_TYPE_SRV) {
			size = put_srv(p, from, c->data + c->len);
			if (!size)
				return -ENOENT;
		} else {
			memcpy(c->data + c->len, from, size);
		}
		c->len += (uint32_t)size;
	}
	return 0;
}

/* An upper bound of what a set takes. */
static size_t set_room(const struct xdns_record *r, uint16_t type)
{
	return set_count(r, type) * (type == DNS_TYPE_A	     ? 4U
				     : type == DNS_TYPE_AAAA ? 16U
							     : 4U + DNS_NAME_MAX + 1);
}

static struct change *make_change(const struct pool *p, uint16_t type, const uint8_t *wire,
				  size_t wire_len, const struct xdns_record *was,
				  const struct xdns_record *is)
{
	/* the last element is checked against the longest name, whatever it is */
	size_t room = wire_len + set_room(was, type) + set_room(is, type) + 4 + DNS_NAME_MAX + 1;
	struct change *c, *fit;

	if (room > HISTORY_CHANGE_OCTETS)
		room = HISTORY_CHANGE_OCTETS;
	c = malloc(sizeof(*c) + room);
	if (!c)
		return NULL;
	*c = (struct change){.type = type,
			     .was_count = set_count(was, type),
			     .is_count = set_count(is, type),
			     .len = (uint32_t)wire_len,
			     .refs = 1};
	memcpy(c->data, wire, wire_len);
	if (put_set(p, was, type, c, (uint32_t)room) || put_set(p, is, type, c, (uint32_t)room)) {
		free(c);
		return NULL;
	}
	fit = realloc(c, sizeof(*c) + c->len);
	return fit ? fit : c;
}

/* What cannot be kept is no error of the zone's: readers will be told that they lost something. */
static void on_changed(void *ctx, const uint8_t *wire, size_t wire_len,
		       const struct xdns_record *was, const struct xdns_record *is)
{
	static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA, DNS_TYPE_SRV};
	struct history *h = ctx;
	const struct pool *p = zone_read_pool(h->zone);

	for (size_t i = 0; i < ARRAY_SIZE(types) && !h->lost; i++) {
		struct change *c;

		if (sets_equal(p, was, is, types[i]))
			continue;
		c = make_change(p, types[i], wire, wire_len, was, is);
		h->lost = !c || h->staged_count == HISTORY_CHANGES ||
			  h->staged_octets + OVERHEAD + c->len > HISTORY_OCTETS;
		if (h->lost) {
			free(c);
			drop_staged(h);
			break;
		}
		h->staged[h->staged_count++] = c;
		h->staged_octets += OVERHEAD + c->len;
	}
}

/* A number that nobody gets: whoever has not seen it has lost something. */
static void skip_one(struct history *h, uint32_t serial)
{
	while (h->oldest <= h->newest)
		forget_oldest(h);
	h->newest++;
	h->oldest = h->newest + 1;
	h->since = serial;
}

static void keep(struct history *h, struct change *c, uint32_t serial)
{
	c->number = ++h->newest;
	c->serial = serial;
	h->octets += OVERHEAD + c->len;
	while (h->octets > HISTORY_OCTETS || h->newest - h->oldest >= HISTORY_CHANGES)
		forget_oldest(h);
	*slot(h, c->number) = c;
}

static void on_committed(void *ctx, uint32_t serial)
{
	struct history *h = ctx;
	bool any = h->lost || h->staged_count;

	pthread_mutex_lock(&h->lock);
	if (h->lost)
		skip_one(h, serial);
	for (size_t i = 0; i < h->staged_count; i++)
		keep(h, h->staged[i], serial);
	h->serial = serial;
	pthread_mutex_unlock(&h->lock);
	h->staged_count = h->staged_octets = 0;
	h->lost = false;
	if (any && h->told)
		h->told(h->ctx);
}

int history_begin(struct history *h, struct zone *z)
{
	static const struct zone_observer observer = {.changed = on_changed,
						      .committed = on_committed};

	if (h->zone)
		return 0;
	h->staged = calloc(HISTORY_CHANGES, sizeof(struct change *));
	h->ring = h->staged ? calloc(HISTORY_CHANGES, sizeof(struct change *)) : NULL;
	if (!h->ring) {
		free(TAKE_PTR(h->staged));
		return -ENOMEM;
	}
	h->zone = z;
	pthread_mutex_lock(&h->lock);
	h->serial = h->since = zone_serial(z);
	pthread_mutex_unlock(&h->lock);
	zone_set_observer(z, &observer, h);
	return 0;
}

void history_tell(struct history *h, void (*changed)(void *ctx), void *ctx)
{
	h->told = changed;
	h->ctx = ctx;
}

void history_end(struct history *h)
{
	if (h && h->zone)
		zone_set_observer(h->zone, NULL, NULL);
}

/* The readers' half */

uint32_t history_epoch(const struct history *h)
{
	return h->epoch;
}

uint64_t history_newest(struct history *h, uint32_t *ret_serial)
{
	uint64_t newest;

	pthread_mutex_lock(&h->lock);
	newest = h->newest;
	*ret_serial = h->serial;
	pthread_mutex_unlock(&h->lock);
	return newest;
}

/* a after b, RFC 1982 */
static bool after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

int history_find(struct history *h, uint32_t serial, uint64_t *ret_number)
{
	uint64_t low, high;
	int r = -ESTALE;

	pthread_mutex_lock(&h->lock);
	low = h->oldest;
	high = h->newest + 1;
	if (!after(h->since, serial) && !after(serial, h->serial)) {
		while (low < high) { /* to the first change with a later serial */
			uint64_t middle = low + (high - low) / 2;

			if (after((*slot(h, middle))->serial, serial))
				high = middle;
			else
				low = middle + 1;
		}
		*ret_number = low - 1;
		r = 0;
	}
	pthread_mutex_unlock(&h->lock);
	return r;
}

int history_next(struct history *h, uint64_t number, struct change **ret)
{
	int r = 0;

	pthread_mutex_lock(&h->lock);
	if (number == h->newest) {
		r = -EAGAIN;
	} else if (number > h->newest || number + 1 < h->oldest) {
		r = -ESTALE;
	} else {
		*ret = *slot(h, number + 1);
		__atomic_add_fetch(&(*ret)->refs, 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&h->lock);
	return r;
}

void change_for_each_rr(const struct change *c, bool is, void (*fn)(void *ctx, const struct rr *rr),
			void *ctx)
{
	const uint8_t *p = c->data + dname_wire_len(c->data);

	for (unsigned i = 0; i < (unsigned)c->was_count + c->is_count; i++) {
		struct rr rr = {.type = c->type};

		if (c->type == DNS_TYPE_A) {
			memcpy(rr.a, p, 4);
			p += 4;
		} else if (c->type == DNS_TYPE_AAAA) {
			memcpy(rr.aaaa, p, 16);
			p += 16;
		} else {
			memcpy(&rr.srv.port, p, 2);
			memcpy(&rr.srv.weight, p + 2, 2);
			rr.srv.target = p + 4;
			p += 4 + dname_wire_len(p + 4);
		}
		if ((i >= c->was_count) == is)
			fn(ctx, &rr);
	}
}
