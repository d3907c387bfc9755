// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The kernel's functions that the program calls, by their symbols. Results as theirs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/if_ether.h>

#include "steps_internal.h"
#include "util.h"

#define RANDOM 0x9e3779b9 /* the same for each frame: so is the count */

/* r: the registers; r[0] is for the result. Not 0: see steps_stop(). */
struct helper {
	const char *symbol;
	int (*run)(struct steps *s, uint64_t *r);
};

static int give(uint64_t *r, int64_t result)
{
	r[0] = (uint64_t)result;
	return 0;
}

static void move_ends(struct steps *s, int64_t head, int64_t tail)
{
	s->frame.data += head;
	s->frame.data_meta += head;
	s->frame.data_end += tail;
	steps_frame_moved(s);
}

static int adjust_head(struct steps *s, uint64_t *r)
{
	const struct steps_frame *f = &s->frame;
	int64_t by = (int32_t)r[2], at = f->data - f->data_hard_start + by;

	if (at < s->kernel.frame_head || at > f->data_end - f->data_hard_start - ETH_HLEN)
		return give(r, -EINVAL);
	move_ends(s, by, 0);
	return give(r, 0);
}

static int adjust_tail(struct steps *s, uint64_t *r)
{
	const struct steps_frame *f = &s->frame;
	int64_t by = (int32_t)r[2], len = f->data_end - f->data + by;
	int64_t room = s->buffer + s->buffer_size - s->kernel.frame_tail - f->data;

	if (len > room || len < ETH_HLEN)
		return give(r, -EINVAL);
	if (by > 0)
		memset(f->data_end, 0, by);
	move_ends(s, 0, by);
	return give(r, 0);
}

/* The helper's octets of the frame; NULL: it has not so many, *ret is what the program gets. */
static uint8_t *frame_octets(const struct steps *s, const uint64_t *r, int *ret)
{
	uint64_t at = (uint32_t)r[2], len = (uint32_t)r[4];

	*ret = at > 0xffff || len > 0xffff ? -EFAULT : -EINVAL;
	if (at > 0xffff || len > 0xffff || at + len > (uint64_t)(s->frame.data_end - s->frame.data))
		return NULL;
	return s->frame.data + at;
}

/* To or from the frame. */
static int copy_octets(struct steps *s, uint64_t *r, bool store)
{
	uint8_t *with = steps_memory(s, r[3], (uint32_t)r[4], !store), *octets;
	int refused;

	if (!with)
		return steps_stop(s, "a helper is given memory that is not known");
	octets = frame_octets(s, r, &refused);
	if (!octets)
		return give(r, refused);
	if (store)
		memmove(octets, with, (uint32_t)r[4]);
	else
		memmove(with, octets, (uint32_t)r[4]);
	return give(r, 0);
}

static int store_bytes(struct steps *s, uint64_t *r)
{
	return copy_octets(s, r, true);
}

static int load_bytes(struct steps *s, uint64_t *r)
{
	return copy_octets(s, r, false);
}

static int buff_len(struct steps *s, uint64_t *r)
{
	return give(r, s->frame.data_end - s->frame.data);
}

static int clock_ns(struct steps *s, uint64_t *r)
{
	(void)s;
	return give(r, (int64_t)now_ns());
}

static int random_u32(struct steps *s, uint64_t *r)
{
	(void)s;
	return give(r, RANDOM);
}

/* Of the look-up the verifier leaves this call; the way from element to value is the program's. */
static int hash_look_up(struct steps *s, uint64_t *r)
{
	const struct steps_map *m = steps_map_by_pointer(s, r[1]);
	const uint8_t *key = m ? steps_memory(s, r[2], m->info.key_size, false) : NULL;
	uint64_t before;

	if (!key || m->info.type != BPF_MAP_TYPE_HASH)
		return steps_stop(s, "a look-up in a hash that is not known");
	if (bpf_map_lookup_elem(m->fd, key, m->values))
		return errno == ENOENT ? give(r, 0)
				       : steps_stop(s, "looking into the map %s: %s", m->info.name,
						    strerror(errno));
	before = s->kernel.element_key + ((uint64_t)m->info.key_size + 7) / 8 * 8;
	return give(r, (int64_t)((uint64_t)(uintptr_t)m->values - before));
}

static const struct helper helpers[] = {
	{"bpf_xdp_adjust_head", adjust_head},	  {"bpf_xdp_adjust_tail", adjust_tail},
	{"bpf_xdp_store_bytes", store_bytes},	  {"bpf_xdp_load_bytes", load_bytes},
	{"bpf_xdp_get_buff_len", buff_len},	  {"bpf_ktime_get_ns", clock_ns},
	{"bpf_user_rnd_u32", random_u32}, /* bpf_get_prandom_u32() */
	{"__htab_map_lookup_elem", hash_look_up},
};

_Static_assert(ARRAY_SIZE(helpers) <= STEPS_HELPERS, "struct steps_kernel has room for each");

void steps_helper_symbol(struct steps_kernel *k, const char *name, uint64_t at)
{
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		if (!k->helper[i] && !strcmp(helpers[i].symbol, name))
			k->helper[i] = at;
}

static int unknown(struct steps *s, uint64_t want)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char symbol[256] = "?";
	uint64_t at = 0;

	while (f && at != want && fscanf(f, "%" SCNx64 " %*c %255s%*[^\n]", &at, symbol) == 2)
		;
	if (f)
		fclose(f);
	return steps_stop(s, "the program calls %s, which is not known here",
			  at == want ? symbol : "a function");
}

int steps_call(struct steps *s, int32_t imm, uint64_t *r)
{
	uint64_t at = s->kernel.call_base + (int64_t)imm;

	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		if (s->kernel.helper[i] == at)
			return helpers[i].run(s, r);
	return unknown(s, at);
}
