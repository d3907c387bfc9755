// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Any message, signed or not, to a server that has keys and secondaries: a signature is taken if,
 * and only if, it was made with the key it names and nothing that it covers has changed since; who
 * may get the zone gets all of one version, or what leads to it, in messages signed one after the
 * other; nobody else gets any of it.
 *
 * Input: an octet that says how, one that says who, three for what is changed after it was signed
 * (where, as two octets; which bits), then the message.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <time.h>
#include <urcu.h>

#include "dns_walk.h"
#include "fuzz.h"
#include "judge.h"
#include "octets.h"
#include "reply.h"
#include "transfer_out.h"
#include "transfer_zone.h"
#include "tsig_peer.h"

#define INPUT_MAX 4000
#define HOUR	  3600

/* The first octet. */
#define HOW_TCP	      0x01
#define HOW_SIGN      0x02
#define HOW_KEY	      0x0c /* which; the last is unknown to the server */
#define HOW_OLD	      0x10 /* signed an hour ago */
#define HOW_KEY_SHIFT 2

static struct transfer_zone *z;

/* The query, and what is known of it beforehand. */
struct asked {
	struct judged_query q;
	struct tsig_peer peer;
	unsigned key;	/* of HOW_SIGN */
	bool whole;	/* a message, without a signature until then: only such is signed */
	bool is_signed; /* and what the signature covers is as it was */
	bool in_time;
	uint8_t address; /* enum transfer_peer */
};

/* Is that octet in a name of the signature, where only its case has changed? Or of the ID? */
static bool is_uncovered(const uint8_t *msg, size_t unsigned_len, size_t at, uint8_t bits,
			 const struct tsig_key *k)
{
	size_t name_end = unsigned_len + k->name_len, algorithm = name_end + 10;

	if (at < 2)
		return true;
	if (bits != 0x20 || !isalpha(msg[at]))
		return false;
	return (at > unsigned_len && at < name_end) ||
	       (at > algorithm && at <= algorithm + msg[algorithm]);
}

/* Signs what may be signed, and changes it. */
static size_t sign(struct asked *a, uint8_t how, size_t at, uint8_t bits, uint8_t *msg, size_t len)
{
	uint64_t now = (uint64_t)time(NULL) - (how & HOW_OLD ? HOUR : 0);
	size_t signed_len;

	if (!(how & HOW_SIGN) || !a->whole || get16(msg + 10) == UINT16_MAX)
		return len;
	a->key = (how & HOW_KEY) >> HOW_KEY_SHIFT;
	a->peer = (struct tsig_peer){.key = &z->keys[a->key]};
	signed_len = tsig_peer_sign(&a->peer, msg, len, now);
	at %= signed_len;
	a->is_signed = (!bits || is_uncovered(msg, len, at, bits, a->peer.key));
	a->in_time = !(how & HOW_OLD);
	msg[at] ^= bits;
	return signed_len;
}

/* The signature alone. */
static void check_signature(const struct asked *a)
{
	size_t at;
	struct tsig t;

	if (tsig_find(a->q.msg, a->q.len, &at)) {
		MUST(!a->is_signed);
		return;
	}
	MUST(at || !a->is_signed);
	if (!at)
		return;
	MUST(at < a->q.len);
	if (tsig_verify(z->keys, ZONE_KEYS, a->q.msg, a->q.len, at, (uint64_t)time(NULL), &t)) {
		MUST(!a->is_signed);
		return;
	}
	MUST((t.error == 0) == (a->is_signed && a->in_time && a->key < ZONE_KEYS));
	MUST(t.error || t.key == &z->keys[a->key]);
	if (a->is_signed && a->key == ZONE_KEYS)
		MUST(t.error == DNS_TSIG_BADKEY);
	else if (a->is_signed && !a->in_time)
		MUST(t.error == DNS_TSIG_BADTIME);
}

static bool is_good(const struct asked *a)
{
	return a->is_signed && a->in_time && a->key < ZONE_KEYS;
}

static bool may_have_zone(const struct asked *a)
{
	switch (a->address) {
	case PEER_KEY_0:
		return is_good(a) && a->key == 0;
	case PEER_OPEN:
		return true;
	case PEER_KEY_1:
		return is_good(a) && a->key == 1;
	default:
		return false;
	}
}

/* Type of the question; *ret_has: the serial in the authority section. */
static unsigned read_question(const struct judged_query *q, uint32_t *ret_has)
{
	struct dns_walk_rr rr;
	struct dns_walk w;
	size_t at;

	*ret_has = 0;
	MUST(dns_walk(q->msg, q->len, &w) && w.questions == 1);
	at = w.question_end;
	for (unsigned i = 0; i < (unsigned)get16(q->msg + 6) + get16(q->msg + 8); i++) {
		dns_walk_rr(q->msg, q->len, at, &rr);
		if (i >= get16(q->msg + 6) && rr.type == DNS_TYPE_SOA)
			*ret_has = get32(q->msg + rr.end - 20);
		at = rr.end;
	}
	return get16(q->msg + w.question_end - 4);
}

/* One message of a transfer. */
static void take_message(struct asked *a, const uint8_t *msg, size_t len, struct sent *to)
{
	struct judged_query tcp = a->q;
	struct dns_walk w;
	unsigned error;

	tcp.tcp = true;
	judge_answer(&tcp, msg, len);
	MUST(dns_walk(msg, len, &w) && w.questions == 1);
	MUST(get16(msg + 2) & DNS_FLAG_AA && !(get16(msg + 2) & DNS_RCODE_MASK));
	MUST(get16(msg + 6) && !get16(msg + 8));
	if (is_good(a))
		MUST(tsig_peer_accepts(&a->peer, msg, len, &error) && !error);
	else
		MUST(w.last.type != DNS_TYPE_TSIG);
	sent_add(to, msg, len, w.question_end);
}

static void take_octets(struct asked *a, const uint8_t *p, size_t left, struct sent *to)
{
	while (left) {
		uint8_t *msg;
		void *memory;
		size_t len;

		MUST(left > TRANSFER_PREFIX);
		len = get16(p);
		MUST(len <= left - TRANSFER_PREFIX);
		memory = fuzz_copy(p + TRANSFER_PREFIX, len, &msg);
		take_message(a, msg, len, to);
		free(memory);
		p += TRANSFER_PREFIX + len;
		left -= TRANSFER_PREFIX + len;
	}
}

static void take_transfer(struct asked *a, struct transfer *t)
{
	static struct sent got;
	uint32_t has;
	unsigned type = read_question(&a->q, &has);
	const uint8_t *octets;
	size_t len;
	int r;

	got.count = 0;
	rcu_unregister_thread(); /* as libuv's threads are not */
	do {
		r = transfer_fill(t);
		MUST(r >= 0);
		octets = transfer_octets(t, &len);
		take_octets(a, octets, len, &got);
	} while (r > 0);
	rcu_register_thread();
	sent_judge(&got, type == DNS_TYPE_IXFR, has);
	transfer_done(t);
	transfer_free(t);
}

/* The message that says no, or the SOA that stands for a transfer by UDP. */
static void take_answer(struct asked *a, const uint8_t *out, size_t len)
{
	struct dns_walk w;
	unsigned error;

	judge_answer(&a->q, out, len);
	MUST(dns_walk(out, len, &w));
	if (w.last.type == DNS_TYPE_TSIG && is_good(a))
		MUST(tsig_peer_accepts(&a->peer, out, len, &error) && !error);
	if (get16(out + 2) & DNS_FLAG_AA) /* what the zone says, not what is wrong with the query */
		MUST(!is_good(a) || w.last.type == DNS_TYPE_TSIG);
}

/* The whole zone asked for, and nothing said but that, and who asks. */
static bool is_plain(const struct asked *a)
{
	static const uint8_t plain[] = "\0\0\0\1\0\0\0\0\0\0\5mesos\0\0\xfc\0\1";
	const size_t len = sizeof(plain) - 1;
	uint8_t said[sizeof(plain) - 1];

	if (!a->q.tcp || a->q.len < 2 + len || (!a->is_signed && a->q.len != 2 + len))
		return false;
	memcpy(said, a->q.msg + 2, len);
	said[9] -= a->is_signed; /* the additional records */
	return !memcmp(said, plain, len);
}

static void ask_transfer(struct asked *a, uint8_t *out)
{
	struct sockaddr_storage peer = {.ss_family = AF_INET};
	const struct transfer_query q = {
		.cfg = z->cfg, .peer = &peer, .tcp = a->q.tcp, .octets = a->q.msg, .len = a->q.len};
	enum transfer_outcome outcome;
	struct transfer *t;
	size_t len;

	((struct sockaddr_in *)&peer)->sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + a->address);
	transfer_begin(&z->source, &q, out, a->q.tcp ? DNS_TCP_MAX : DNS_UDP_EDNS_MAX, &t, &len,
		       &outcome);
	if (t) {
		MUST(may_have_zone(a) && a->q.tcp);
		if (a->whole)
			take_transfer(a, t);
		else /* names in it that nobody needs lead nowhere: what has it asked for? */
			transfer_free(t);
		return;
	}
	MUST(!is_plain(a) || !may_have_zone(a) || a->is_signed != is_good(a));
	MUST(outcome != TRANSFER_busy && outcome != TRANSFER_unready);
	MUST(outcome != TRANSFER_ixfr_udp || (may_have_zone(a) && !a->q.tcp));
	MUST(len);
	take_answer(a, out, len);
}

static void ask(struct asked *a)
{
	const struct reply_client client = {.tcp = a->q.tcp, .now = (uint32_t)time(NULL)};
	size_t cap = a->q.tcp ? DNS_TCP_MAX : DNS_UDP_EDNS_MAX;
	uint8_t *out = malloc(cap);
	struct reply_result result;

	MUST(out);
	switch (reply_query(z->cfg, z->zone, &client, a->q.msg, a->q.len, out, cap, &result)) {
	case REPLY_SEND:
		take_answer(a, out, result.len);
		break;
	case REPLY_TRANSFER:
		ask_transfer(a, out);
		break;
	case REPLY_FORWARD:
		MUST(!is_good(a)); /* nobody could sign that answer */
		break;
	case REPLY_DROP:
		MUST(a->q.len < DNS_HEADER_LEN || a->q.msg[2] & 0x80);
		break;
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t space[INPUT_MAX + TSIG_PEER_ROOM];
	struct fuzz_input in = {data, size};
	uint8_t how = fuzz_octet(&in), who = fuzz_octet(&in), bits, *msg;
	size_t at = (size_t)fuzz_octet(&in) << 8, len;
	struct asked a = {.address = who % PEER_STRANGER + 1};
	struct dns_walk w;
	void *memory;

	at |= fuzz_octet(&in);
	bits = fuzz_octet(&in);
	if (in.left > INPUT_MAX)
		return 0;
	if (!z)
		z = transfer_zone();
	memcpy(space, in.at, in.left);
	a.whole = dns_walk(space, in.left, &w) && w.end == in.left && !w.tsigs;
	len = sign(&a, how, at, bits, space, in.left);
	memory = fuzz_copy(space, len, &msg);
	a.q = (struct judged_query){msg, len, how & HOW_TCP};
	check_signature(&a);
	ask(&a);
	free(memory);
	return 0;
}
