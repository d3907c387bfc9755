// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "secondaries.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <urcu/list.h>

#include "endpoint.h"
#include "log.h"
#include "transfer_out.h"
#include "util.h"
#include "wire_walk.h"
#include "zone_read.h"

#define OPCODE_NOTIFY (4 << DNS_OPCODE_SHIFT)
#define ANSWER_MAX    4096

/* One that is told. */
struct secondary {
	struct cds_list_head node;
	struct secondaries *all;
	struct sockaddr_storage addr, from; /* from: of no family, any address of ours */
	struct tsig_key key;
	bool by_key, bound, connected;
	uv_udp_t socket;
	uv_timer_t timer; /* to the next message */
	unsigned handles;
	unsigned tries;	  /* since the last answer; 0: none is awaited */
	bool silent;	  /* it did not answer last time, or not well; said once */
	uint64_t sent_ms; /* when the last message went; 0: never */
	uint32_t serial;  /* that it has been told of, or is being */
	uint16_t id;	  /* of the last message */
	struct tsig tsig; /* of the last message */
};

struct secondaries {
	uv_loop_t *loop;
	const struct zone *zone;
	struct cds_list_head list;
	unsigned count; /* that are not freed yet, those that left the list included */
	bool closing;
	uint64_t counts[NOTIFY_EVENTS_COUNT];
	char answer[ANSWER_MAX];
};

static void schedule(struct secondary *n, uint64_t ms);
static int connect_to(struct secondary *n);

static void count(struct secondary *n, enum notify_event what)
{
	n->all->counts[what]++;
}

/* As soon as it may be told again. */
static void schedule_soon(struct secondary *n)
{
	uint64_t now = uv_now(n->all->loop), next = n->sent_ms + NOTIFY_INTERVAL_MS;

	schedule(n, n->sent_ms && next > now + NOTIFY_DELAY_MS ? next - now : NOTIFY_DELAY_MS);
}

/* The message, made anew each time: with the serial of now (RFC 1996 3.7). */
static int make_message(struct secondary *n, struct transfer_out *o)
{
	const struct xdns_config *zc = zone_config(n->all->zone);
	int r;

	if (getrandom(&n->id, sizeof(n->id), 0) != sizeof(n->id))
		return -EIO;
	o->id = n->id;
	o->flags = OPCODE_NOTIFY | DNS_FLAG_AA;
	memcpy(o->question, zc->domain, zc->domain_len);
	memcpy(o->question + zc->domain_len, "\0\6\0\1", 4); /* SOA, IN */
	o->question_len = zc->domain_len + 4U;
	o->is_signed = n->by_key;
	if (n->by_key)
		tsig_begin(&o->tsig, &n->key);
	n->serial = zone_serial(n->all->zone);
	r = transfer_out_soa(o, zc, n->serial);
	if (!r)
		r = transfer_out_flush(o);
	n->tsig = o->tsig;
	return r;
}

/* Says a thing once until all is well again. */
static void complain(struct secondary *n, const char *what)
{
	char text[ENDPOINT_TEXT_MAX];

	if (!n->silent)
		log_warn("notify: %s %s; it learns of changes when it asks by itself (SOARefresh)",
			 endpoint_text(&n->addr, text), what);
	n->silent = true;
}

static void send_message(struct secondary *n)
{
	int r = n->connected ? 0 : connect_to(n);
	struct transfer_out o = {0};
	uv_buf_t buf;

	if (r)
		complain(n, uv_strerror(r));
	n->tries++;
	n->sent_ms = uv_now(n->all->loop);
	if (!r && !make_message(n, &o)) {
		buf = uv_buf_init((char *)o.octets + TRANSFER_PREFIX,
				  (unsigned)(o.len - TRANSFER_PREFIX));
		if (uv_udp_try_send(&n->socket, &buf, 1, NULL) > 0)
			count(n, NOTIFY_sent);
	}
	free(o.octets);
	schedule(n, (uint64_t)NOTIFY_WAIT_MS << (n->tries - 1));
}

static void on_timer(uv_timer_t *timer)
{
	struct secondary *n = timer->data;

	if (n->tries < NOTIFY_TRIES) {
		send_message(n);
		return;
	}
	count(n, NOTIFY_unanswered);
	complain(n, "does not answer");
	n->tries = 0;
	if (n->serial != zone_serial(n->all->zone))
		schedule_soon(n);
}

static void schedule(struct secondary *n, uint64_t ms)
{
	uv_update_time(n->all->loop);
	uv_timer_start(&n->timer, on_timer, ms, 0);
}

/* Is this an answer to the last message? */
static bool fits(struct secondary *n, const uint8_t *msg, size_t len)
{
	const struct xdns_config *zc = zone_config(n->all->zone);
	uint8_t name[DNS_NAME_MAX + 1];
	int name_len;

	if (!n->tries || len < DNS_HEADER_LEN || msg[0] != n->id >> 8 || msg[1] != (n->id & 0xff) ||
	    !(msg[2] & 0x80) || (msg[2] & DNS_OPCODE_MASK >> 8) != OPCODE_NOTIFY >> 8)
		return false;
	if (msg[4] || msg[5] > 1)
		return false;
	if (msg[5]) {
		name_len = wire_expand_name(msg, len, DNS_HEADER_LEN, name);
		if (name_len != zc->domain_len || memcmp(name, zc->domain, zc->domain_len))
			return false;
	}
	return !n->by_key || !tsig_verify_answer(&n->tsig, msg, len, (uint64_t)time(NULL));
}

static void take_answer(struct secondary *n, const uint8_t *msg, size_t len)
{
	unsigned rcode;
	char text[64];

	if (!fits(n, msg, len)) {
		count(n, NOTIFY_ignored);
		return;
	}
	rcode = msg[3] & DNS_RCODE_MASK;
	n->tries = 0;
	uv_timer_stop(&n->timer);
	if (rcode) {
		count(n, NOTIFY_refused);
		snprintf(text, sizeof(text), "answers with rcode %u", rcode);
		complain(n, text);
	} else {
		count(n, NOTIFY_acknowledged);
		n->silent = false;
	}
	if (n->serial != zone_serial(n->all->zone)) /* it has changed meanwhile */
		schedule_soon(n);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct secondary *n = handle->data;

	(void)suggested;
	*buf = uv_buf_init(n->all->answer, sizeof(n->all->answer));
}

/* The socket is connected: what comes is from there. */
static void on_answer(uv_udp_t *socket, ssize_t len, const uv_buf_t *buf,
		      const struct sockaddr *from, unsigned flags)
{
	(void)flags;
	if (len > 0 && from)
		take_answer(socket->data, (const uint8_t *)buf->base, (size_t)len);
}

static void on_closed(uv_handle_t *handle)
{
	struct secondary *n = handle->data;
	struct secondaries *s = n->all;

	if (--n->handles)
		return;
	explicit_bzero(&n->key, sizeof(n->key));
	free(n);
	if (!--s->count && s->closing)
		free(s);
}

static void secondary_close(struct secondary *n)
{
	cds_list_del(&n->node);
	uv_close((uv_handle_t *)&n->timer, on_closed);
	uv_close((uv_handle_t *)&n->socket, on_closed);
}

/* Is there a zone that they could get? */
static bool has_zone(const struct secondaries *s)
{
	return zone_ready(s->zone) && !zone_incomplete(s->zone);
}

/* From the address that the listener has, if it has one: secondaries may know no other. */
static int connect_to(struct secondary *n)
{
	int r = 0;

	if (n->from.ss_family == n->addr.ss_family && !n->bound) {
		r = uv_udp_bind(&n->socket, (const struct sockaddr *)&n->from, 0);
		n->bound = !r;
	}
	if (!r)
		r = uv_udp_connect(&n->socket, (const struct sockaddr *)&n->addr);
	if (!r)
		r = uv_udp_recv_start(&n->socket, on_alloc, on_answer);
	n->connected = !r;
	return r;
}

static int add(struct secondaries *s, const struct config *cfg, const struct config_secondary *from)
{
	struct secondary *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->all = s;
	n->socket.data = n->timer.data = n;
	address_to_sockaddr(&from->address, from->port, &n->addr);
	if (!cfg->listener_any)
		n->from = cfg->listener;
	n->by_key = from->key >= 0;
	if (n->by_key)
		n->key = cfg->tsig_keys[from->key];
	uv_timer_init(s->loop, &n->timer);
	uv_udp_init(s->loop, &n->socket);
	n->handles = 2;
	s->count++;
	cds_list_add_tail(&n->node, &s->list);
	if (has_zone(s))
		schedule_soon(n);
	return 0;
}

int secondaries_new(uv_loop_t *loop, const struct zone *zone, struct secondaries **ret)
{
	struct secondaries *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->zone = zone;
	CDS_INIT_LIST_HEAD(&s->list);
	*ret = s;
	return 0;
}

static void close_all(struct secondaries *s)
{
	struct secondary *n, *next;

	cds_list_for_each_entry_safe(n, next, &s->list, node) secondary_close(n);
}

int secondaries_configure(struct secondaries *s, const struct config *cfg)
{
	int r = 0;

	close_all(s);
	for (size_t i = 0; i < cfg->secondaries_count && !r; i++)
		if (cfg->secondaries[i].notify)
			r = add(s, cfg, &cfg->secondaries[i]);
	return r;
}

void secondaries_follow(struct secondaries *s)
{
	uint32_t serial = zone_serial(s->zone);
	struct secondary *n;

	if (!has_zone(s))
		return;
	cds_list_for_each_entry(n, &s->list, node) {
		/* while an answer is awaited, or the moment to tell, the timer runs */
		if ((n->serial != serial || !n->sent_ms) && !uv_is_active((uv_handle_t *)&n->timer))
			schedule_soon(n);
	}
}

const uint64_t *secondaries_counts(const struct secondaries *s)
{
	return s->counts;
}

void secondaries_close(struct secondaries *s)
{
	if (!s)
		return;
	s->closing = true;
	close_all(s);
	if (!s->count)
		free(s);
}
