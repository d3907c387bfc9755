// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "transfer_world.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>

#include "array.h"
#include "transfer_out.h"
#include "wire_walk.h"

#define QUERY_ID 0x4321

void texts_add(struct texts *t, const char *text)
{
	assert_int_equal(array_reserve(&t->list, &t->capacity, t->count + 1, sizeof(char *)), 0);
	t->list[t->count++] = strdup(text);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void texts_sort(struct texts *t, size_t from, size_t to)
{
	if (to > from)
		qsort(t->list + from, to - from, sizeof(char *), compare);
}

void texts_done(struct texts *t)
{
	while (t->count)
		free(t->list[--t->count]);
	free(t->list);
	*t = (struct texts){0};
}

void world_start(struct world *w, const char *members)
{
	char json[1024], *error = NULL;
	struct xdns_config zc;

	*w = (struct world){0};
	snprintf(json, sizeof(json),
		 "{\"masters\":[\"127.0.0.1:5050\"],\"resolvers\":[\"127.0.0.9\"]%s%s}",
		 *members ? ", " : "", members);
	if (config_parse("test.json", json, strlen(json), &w->cfg, &error))
		fail_msg("%s", error);
	assert_int_equal(zone_config_make(w->cfg, &zc), 0);
	assert_int_equal(zone_new(&zc, &w->zone), 0);
	change_a(w->zone, true, "a.mesos", htonl(0x01010101));
	commit(w->zone, 100);
	w->source.zone = w->zone;
	assert_int_equal(history_new(&w->source.history), 0);
	assert_int_equal(history_begin(w->source.history, w->zone), 0);
}

void world_end(struct world *w)
{
	assert_int_equal(w->source.running, 0);
	history_end(w->source.history);
	history_free(w->source.history);
	zone_free(w->zone);
	config_free(w->cfg);
}

size_t world_query(uint16_t type, uint32_t has, uint8_t *ret)
{
	static const uint8_t head[] = {QUERY_ID >> 8,
				       QUERY_ID & 0xff,
				       0,
				       0,
				       0,
				       1,
				       0,
				       0,
				       0,
				       0,
				       0,
				       0,
				       5,
				       'm',
				       'e',
				       's',
				       'o',
				       's',
				       0};
	static const uint8_t soa[] = {0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0};
	uint8_t *p = ret + sizeof(head);

	memcpy(ret, head, sizeof(head));
	memcpy(p, (uint8_t[]){(uint8_t)(type >> 8), (uint8_t)type, 0, 1}, 4);
	if (type != DNS_TYPE_IXFR)
		return sizeof(head) + 4;
	ret[9] = 1;
	memcpy(p + 4, soa, sizeof(soa));
	memset(p + 4 + sizeof(soa), 0, 20);
	has = htonl(has);
	memcpy(p + 4 + sizeof(soa), &has, 4);
	return sizeof(head) + 4 + sizeof(soa) + 20;
}

struct transfer *world_begin(struct world *w, bool tcp, const uint8_t *query, size_t len,
			     uint8_t *out, size_t *ret_len, enum transfer_outcome *ret_outcome)
{
	struct sockaddr_storage peer = {.ss_family = AF_INET};
	const struct transfer_query q = {
		.cfg = w->cfg, .peer = &peer, .tcp = tcp, .octets = query, .len = len};
	struct transfer *t;

	inet_pton(AF_INET, "127.0.0.1", &((struct sockaddr_in *)&peer)->sin_addr);
	transfer_begin(&w->source, &q, out, DNS_TCP_MAX, &t, ret_len, ret_outcome);
	return t;
}

static void take_rr(const uint8_t *msg, size_t len, size_t at, struct texts *to)
{
	uint8_t owner[DNS_NAME_MAX + 1];
	char name[DNAME_TEXT_MAX], text[DNAME_TEXT_MAX + 600];
	struct wire_rr rr;
	size_t skip;
	uint32_t serial;

	assert_int_equal(wire_read_rr(msg + at, len - at, &rr), 0);
	assert_true(wire_expand_name(msg, len, at, owner) > 0);
	assert_int_equal(rr.rclass, DNS_CLASS_IN);
	assert_int_equal(rr.ttl, 60);
	if (rr.type == DNS_TYPE_SOA) {
		skip = wire_skip_name(rr.rdata, rr.rdlen);
		skip += wire_skip_name(rr.rdata + skip, rr.rdlen - skip);
		memcpy(&serial, rr.rdata + skip, 4);
		snprintf(text, sizeof(text), "SOA %u", ntohl(serial));
	} else {
		int n = snprintf(text, sizeof(text), "%s %u ", dname_to_text(owner, name), rr.type);

		for (size_t i = 0; i < rr.rdlen; i++)
			n += snprintf(text + n, sizeof(text) - (size_t)n, "%02x", rr.rdata[i]);
	}
	texts_add(to, text);
}

static void take_message(const uint8_t *msg, size_t len, struct texts *to)
{
	unsigned records = (unsigned)msg[6] << 8 | msg[7];
	size_t at = DNS_HEADER_LEN + 7 + 4;
	struct wire_rr rr;

	assert_in_range(len, at, TRANSFER_MESSAGE_MAX);
	assert_int_equal(msg[0] << 8 | msg[1], QUERY_ID);
	assert_int_equal(msg[2] << 8 | msg[3], DNS_FLAG_QR | DNS_FLAG_AA);
	assert_int_equal(msg[5], 1);
	assert_true(records > 0);
	for (unsigned i = 0; i < records; i++) {
		take_rr(msg, len, at, to);
		assert_int_equal(wire_read_rr(msg + at, len - at, &rr), 0);
		at += rr.len;
	}
	if (msg[11]) { /* a signature */
		assert_int_equal(wire_read_rr(msg + at, len - at, &rr), 0);
		assert_int_equal(rr.type, DNS_TYPE_TSIG);
		at += rr.len;
	}
	assert_int_equal(at, len);
}

struct filling {
	struct transfer *t;
	int r;
};

static void *fill(void *arg)
{
	struct filling *f = arg;

	f->r = transfer_fill(f->t);
	return NULL;
}

int world_fill(struct transfer *t, struct texts *to)
{
	struct filling f = {.t = t};
	pthread_t thread;
	const uint8_t *octets;
	size_t len;

	assert_int_equal(pthread_create(&thread, NULL, fill, &f), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	if (f.r < 0)
		return f.r;
	octets = transfer_octets(t, &len);
	while (len) {
		size_t message = (size_t)octets[0] << 8 | octets[1];

		assert_in_range(message, DNS_HEADER_LEN, len - TRANSFER_PREFIX);
		take_message(octets + TRANSFER_PREFIX, message, to);
		octets += TRANSFER_PREFIX + message;
		len -= TRANSFER_PREFIX + message;
	}
	return f.r;
}

enum transfer_outcome world_finish(struct transfer *t, struct texts *to)
{
	enum transfer_outcome outcome;
	int r;

	while ((r = world_fill(t, to)) > 0)
		;
	outcome = r ? TRANSFER_broken : transfer_done(t);
	transfer_free(t);
	return outcome;
}

static void take_record(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	char name[DNAME_TEXT_MAX], text[DNAME_TEXT_MAX + 600];
	int n = snprintf(text, sizeof(text), "%s %u ", dname_to_text(owner, name), rr->type);
	uint8_t srv[6 + DNS_NAME_MAX + 1] = {0};
	const uint8_t *data = rr->type == DNS_TYPE_SRV ? srv : rr->a;
	size_t len = rr->type == DNS_TYPE_A ? 4 : 16;

	if (rr->type == DNS_TYPE_PTR)
		return;
	if (rr->type == DNS_TYPE_SRV) {
		srv[3] = (uint8_t)rr->srv.weight;
		srv[4] = (uint8_t)(rr->srv.port >> 8);
		srv[5] = (uint8_t)rr->srv.port;
		len = 6 + dname_wire_len(rr->srv.target);
		memcpy(srv + 6, rr->srv.target, len - 6);
	}
	for (size_t i = 0; i < len; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%02x", data[i]);
	texts_add(ctx, text);
}

void world_records(const struct world *w, struct texts *to)
{
	texts_add(to, "mesos. 2 036e7331056d65736f7300");
	zone_for_each_rr(w->zone, take_record, to);
	texts_sort(to, 0, to->count);
}
