// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a secondary sends when it is told of a change (RFC 1996), signed or not: the answer to the
 * last message is counted as what it says, once, and nothing else changes anything.
 *
 * Input: an octet that says how, then datagrams and silences: an octet that says which (WHAT_*),
 * one for the length of what follows, so many octets.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "dns_walk.h"
#include "fuzz.h"
#include "log.h"
#include "octets.h"
#include "secondaries.h"
#include "transfer_zone.h"
#include "tsig_peer.h"

#define MESSAGE_MAX 1024
#define NOTIFY	    (4 << DNS_OPCODE_SHIFT)

/* The first octet. */
#define HOW_BY_KEY 0x01

/* The lower bits of a datagram's first octet. */
enum what {
	WHAT_SILENCE, /* until the timer runs out */
	WHAT_OCTETS,  /* these */
	WHAT_ANSWER,  /* the last message as its answer, octets changed: place, bits, place, bits...
		       */
	WHAT_SIGNED,  /* the same, signed with the key that the last message was signed with */
	WHATS,
};

/* In place of libuv, and what is known of the secondary. */
static struct {
	uv_loop_t loop;
	struct secondaries *s;
	uv_udp_t *socket;
	uv_alloc_cb alloc;
	uv_udp_recv_cb take;
	uv_timer_t *timer;
	uv_timer_cb ring;	   /* NULL: the timer does not run */
	uint8_t last[MESSAGE_MAX]; /* message */
	size_t last_len;
	unsigned tries; /* since the last answer */
	struct tsig_peer peer;
	bool by_key;
	uint64_t counts[NOTIFY_EVENTS_COUNT];
} stage;

int uv_udp_bind(uv_udp_t *socket, const struct sockaddr *addr, unsigned flags)
{
	(void)socket, (void)addr, (void)flags;
	return 0;
}

int uv_udp_connect(uv_udp_t *socket, const struct sockaddr *addr)
{
	(void)socket, (void)addr;
	return 0;
}

int uv_udp_recv_start(uv_udp_t *socket, uv_alloc_cb alloc, uv_udp_recv_cb take)
{
	stage.socket = socket;
	stage.alloc = alloc;
	stage.take = take;
	return 0;
}

int uv_timer_start(uv_timer_t *timer, uv_timer_cb ring, uint64_t timeout, uint64_t repeat)
{
	(void)timeout, (void)repeat;
	stage.timer = timer;
	stage.ring = ring;
	return 0;
}

int uv_timer_stop(uv_timer_t *timer)
{
	(void)timer;
	stage.ring = NULL;
	return 0;
}

int uv_udp_try_send(uv_udp_t *socket, const uv_buf_t bufs[], unsigned count,
		    const struct sockaddr *addr)
{
	unsigned error;
	struct dns_walk w;

	(void)socket;
	MUST(count == 1 && !addr && bufs->len <= MESSAGE_MAX);
	stage.last_len = bufs->len;
	memcpy(stage.last, bufs->base, bufs->len);
	stage.tries++;
	stage.counts[NOTIFY_sent]++;
	MUST(dns_walk(stage.last, bufs->len, &w) && w.end == bufs->len && w.questions == 1);
	MUST((get16(stage.last + 2) & ~DNS_FLAG_AA) == NOTIFY);
	stage.peer = (struct tsig_peer){.key = &transfer_zone()->keys[0]};
	if (stage.by_key)
		MUST(tsig_peer_accepts(&stage.peer, stage.last, bufs->len, &error) && !error);
	else
		MUST(!w.tsigs);
	return (int)bufs->len;
}

/* In place of the log: each input makes a secondary that is complained about anew. */
void log_init(int verbosity)
{
	(void)verbosity;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	(void)level, (void)fmt;
}

void log_about(enum log_level level, const char *field, const char *value, const char *fmt, ...)
{
	(void)level, (void)field, (void)value, (void)fmt;
}

/* Is it about the zone? The question may be left out. */
static bool is_of_zone(const uint8_t *msg, size_t len)
{
	static const uint8_t apex[] = "\5mesos";
	uint8_t name[DNS_NAME_MAX + 1];
	size_t at = DNS_HEADER_LEN, octets = 0;

	if (!get16(msg + 4))
		return true;
	if (get16(msg + 4) != 1)
		return false;
	while (at < len && octets + msg[at] < sizeof(name) && msg[at] < 64) {
		name[octets++] = msg[at];
		if (!msg[at])
			break;
		for (size_t i = 1; i <= msg[at] && at + i < len; i++)
			name[octets++] = msg[at + i];
		at += 1U + msg[at];
	}
	return octets == sizeof(apex) && !strncasecmp((char *)name, (const char *)apex, octets);
}

/* Does it answer the last message, rightly signed if that was? */
static bool is_answer(const uint8_t *msg, size_t len)
{
	struct tsig_peer as_asked = stage.peer;
	unsigned error;

	if (!stage.tries || len < DNS_HEADER_LEN || memcmp(msg, stage.last, 2) ||
	    (get16(msg + 2) & (DNS_FLAG_QR | DNS_OPCODE_MASK)) != (DNS_FLAG_QR | NOTIFY) ||
	    !is_of_zone(msg, len))
		return false;
	as_asked.answers = 0;
	return !stage.by_key || (tsig_peer_accepts(&as_asked, msg, len, &error) && !error);
}

static void check_counts(void)
{
	MUST(!memcmp(secondaries_counts(stage.s), stage.counts, sizeof(stage.counts)));
}

static void give(const uint8_t *octets, size_t len)
{
	static const struct sockaddr from = {.sa_family = AF_INET};
	enum notify_event event = NOTIFY_ignored;
	uv_buf_t buf;
	uint8_t *msg;
	void *memory;

	if (!len)
		return; /* libuv's sign that there is no more */
	memory = fuzz_copy(octets, len, &msg);
	stage.alloc((uv_handle_t *)stage.socket, len, &buf);
	MUST(buf.len >= len);
	buf = uv_buf_init((char *)msg, (unsigned)len); /* of its exact size */
	if (is_answer(msg, len))
		event = msg[3] & DNS_RCODE_MASK ? NOTIFY_refused : NOTIFY_acknowledged;
	stage.counts[event]++;
	stage.take(stage.socket, (ssize_t)len, &buf, &from, 0);
	if (event != NOTIFY_ignored)
		stage.tries = 0;
	check_counts();
	MUST(event == NOTIFY_ignored || !stage.ring);
	free(memory);
}

static void be_silent(void)
{
	uv_timer_cb ring = stage.ring;

	if (!ring)
		return;
	stage.ring = NULL;
	if (stage.tries == NOTIFY_TRIES) {
		stage.counts[NOTIFY_unanswered]++;
		stage.tries = 0;
	}
	ring(stage.timer);
	check_counts();
}

/* The answer that was to be expected, but for what the octets say. */
static void answer(enum what what, const uint8_t *changes, size_t len)
{
	uint8_t msg[MESSAGE_MAX + TSIG_PEER_ROOM];
	struct tsig_peer as_asked = stage.peer;
	size_t msg_len = DNS_HEADER_LEN + 7 + 4; /* header and question */

	if (!stage.last_len)
		return;
	memcpy(msg, stage.last, msg_len);
	memset(msg + 6, 0, 6);
	msg[2] |= DNS_FLAG_QR >> 8;
	for (size_t i = 0; i + 1 < len; i += 2)
		msg[changes[i] % msg_len] ^= changes[i + 1];
	as_asked.answers = 0;
	if (what == WHAT_SIGNED && get16(msg + 10) != UINT16_MAX)
		msg_len = tsig_peer_sign(&as_asked, msg, msg_len, (uint64_t)time(NULL));
	give(msg, msg_len);
}

static void open_stage(uint8_t how)
{
	struct transfer_zone *z = transfer_zone();
	struct config_secondary *first = &z->cfg->secondaries[0];

	memset(&stage, 0, sizeof(stage));
	stage.by_key = how & HOW_BY_KEY;
	for (size_t i = 0; i < z->cfg->secondaries_count; i++)
		z->cfg->secondaries[i].notify = false;
	first->notify = true;
	first->port = 53;
	first->key = stage.by_key ? 0 : -1;
	MUST(!uv_loop_init(&stage.loop));
	MUST(!secondaries_new(&stage.loop, z->zone, &stage.s));
	MUST(!secondaries_configure(stage.s, z->cfg));
	MUST(stage.ring);
	be_silent();
	MUST(stage.tries == 1);
}

static void close_stage(void)
{
	secondaries_close(stage.s);
	uv_run(&stage.loop, UV_RUN_DEFAULT);
	MUST(!uv_loop_close(&stage.loop));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};

	open_stage(fuzz_octet(&in));
	while (in.left) {
		enum what what = fuzz_octet(&in) % WHATS;
		size_t len = fuzz_octet(&in);

		len = len < in.left ? len : in.left;
		switch (what) {
		case WHAT_SILENCE:
			be_silent();
			break;
		case WHAT_OCTETS:
			give(in.at, len);
			break;
		default:
			answer(what, in.at, len);
			break;
		}
		in.at += len;
		in.left -= len;
	}
	close_stage();
	return 0;
}
