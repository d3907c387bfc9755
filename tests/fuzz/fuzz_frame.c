// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The XDP program, built natively, over any frame: what packet_judge.h says of it, whatever state
 * the zone is in, whom it may answer, and however little room the driver leaves.
 *
 * Input: two octets that say how, one for lists of clients and a limit (0: there are none), then a
 * frame, or a DNS message that is put into one.
 */
#include <string.h>

#include "bpf/packet_frame.h"
#include "bpf/packet_judge.h"
#include "bpf/packet_rules.h"
#include "fuzz.h"
#include "zones.h"

#define INPUT_MAX 2000 /* a frame takes 4096, and has to hold the answer */

/* The first octet. */
#define HOW_QUIET	0x01 /* the other zone */
#define HOW_WRAP	0x02 /* a message, not a frame */
#define HOW_IP6		0x04 /* of HOW_WRAP */
#define HOW_TAGS	0x18 /* the same: how many, up to 2 */
#define HOW_STATE	0x60 /* 0: serving */
#define HOW_INCOMPLETE	0x80
#define HOW_TAGS_SHIFT	3
#define HOW_STATE_SHIFT 5

static void make_frame(uint8_t how, const struct fuzz_input *in, struct frame *ret)
{
	static const struct row plain;
	struct shape shape = {how & HOW_IP6, (how & HOW_TAGS) >> HOW_TAGS_SHIFT};
	struct bytes message;

	memset(ret, 0, sizeof(*ret));
	if (how & HOW_WRAP) {
		shape.tags = shape.tags > 2 ? 2 : shape.tags;
		memcpy(message.octet, in->at, in->left);
		message.len = in->left;
		query_frame(&plain, &shape, &message, ret);
		return;
	}
	memcpy(ret->octet, in->at, in->left);
	ret->len = in->left;
	ret->dns = 14 + 20 + 8;
}

/* With less room around it the frame is answered just so, or passed as it came. */
static void try_room(struct bench *b, uint8_t room, const struct frame *query,
		     const struct native_result *answer, const struct frame *reply)
{
	struct native_room little = {(room >> 4) * 16U, (room & 15) * 16U};
	struct frame other;
	struct native_result got =
		native_run(b->native, query->octet, query->len, little, other.octet, FRAME_MAX);
	const struct frame *want = got.verdict == NATIVE_TX ? reply : query;

	MUST(got.counter != XDNS_COUNTERS_COUNT);
	MUST(got.verdict == NATIVE_PASS || answer->verdict == got.verdict);
	if (got.verdict != NATIVE_DROP)
		MUST(got.len == want->len && !memcmp(other.octet, want->octet, want->len));
}

/* The zone, and which clients are answered. */
static struct bench *find_bench(enum packet_zone zone, uint8_t rules)
{
	struct bench *b;

	if (!rules)
		return fuzz_zone(zone);
	b = fuzz_limited_zone(zone);
	rules = (rules - 1) % PACKET_RULES;
	if (b->rules != rules)
		bench_set_rules(b, rules);
	return b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	uint8_t how = fuzz_octet(&in), room = fuzz_octet(&in), rules = fuzz_octet(&in);
	struct bench *b = find_bench(how & HOW_QUIET ? ZONE_QUIET : ZONE_MAIN, rules);
	struct xdns_state *state = native_state(b->native);
	struct native_result answer;
	struct frame query, reply;
	const char *wrong;

	if (!in.left || in.left > INPUT_MAX)
		return 0;
	make_frame(how, &in, &query);
	state->serving = XDNS_SERVING_YES ^ (how & HOW_STATE) >> HOW_STATE_SHIFT;
	state->names_complete = !(how & HOW_INCOMPLETE);
	wrong = packet_judge(b, &query, &answer, &reply);
	if (wrong)
		fprintf(stderr, "error: %s\n", wrong);
	MUST(!wrong);
	try_room(b, room, &query, &answer, &reply);
	return 0;
}
