// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Runs a translated program, counting each instruction (RFC 9669 has them). What is not known ends
 * the run: nothing is passed over.
 */
#include <string.h>

#include "steps_internal.h"

#define SIZE_BITS 0x18 /* of the code of a load or a store */

enum { RUN_ON, RUN_END };

/* One call of a function of the program. */
struct call {
	uint64_t r[STEPS_REGISTERS];
	uint32_t pc;
	unsigned depth;
};

static int run_call(struct steps *s, struct call *c);

static int unknown(struct steps *s, const struct bpf_insn *insn)
{
	return steps_stop(s, "the instruction %#04x (%u, %u, %d, %d) is not known here", insn->code,
			  insn->dst_reg, insn->src_reg, insn->off, insn->imm);
}

static size_t operand_size(const struct bpf_insn *insn)
{
	switch (insn->code & SIZE_BITS) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* The program's own memory is of little-endian words, as the kernel's that we are on. */
static int access_memory(struct steps *s, uint64_t at, size_t size, bool write, uint64_t *value)
{
	uint8_t *p = steps_memory(s, at, size, write);

	if (!p)
		return steps_stop(s, "the program %s memory that is not known here",
				  write ? "writes" : "reads");
	if (write) {
		memcpy(p, value, size);
	} else {
		*value = 0;
		memcpy(value, p, size);
	}
	return RUN_ON;
}

static int load(struct steps *s, struct call *c, const struct bpf_insn *insn)
{
	if (BPF_MODE(insn->code) != BPF_MEM)
		return unknown(s, insn);
	return access_memory(s, c->r[insn->src_reg] + (int64_t)insn->off, operand_size(insn), false,
			     &c->r[insn->dst_reg]);
}

/* Nobody else writes there while this runs. */
static int atomic(struct steps *s, struct call *c, const struct bpf_insn *insn)
{
	uint64_t at = c->r[insn->dst_reg] + (int64_t)insn->off, old, new = c->r[insn->src_reg];
	uint64_t *ret = insn->imm & BPF_FETCH ? &c->r[insn->src_reg] : NULL;
	size_t size = operand_size(insn);
	uint64_t mask = size == 8 ? UINT64_MAX : UINT32_MAX;
	int r = access_memory(s, at, size, false, &old);

	if (r)
		return r;
	switch (insn->imm) {
	case BPF_ADD:
	case BPF_ADD | BPF_FETCH:
		new += old;
		break;
	case BPF_OR:
	case BPF_OR | BPF_FETCH:
		new |= old;
		break;
	case BPF_AND:
	case BPF_AND | BPF_FETCH:
		new &= old;
		break;
	case BPF_XOR:
	case BPF_XOR | BPF_FETCH:
		new ^= old;
		break;
	case BPF_XCHG:
		break;
	case BPF_CMPXCHG:
		if (old != (c->r[BPF_REG_0] & mask))
			new = old;
		ret = &c->r[BPF_REG_0];
		break;
	default:
		return unknown(s, insn);
	}
	if (ret)
		*ret = old;
	return access_memory(s, at, size, true, &new);
}

static int store(struct steps *s, struct call *c, const struct bpf_insn *insn)
{
	bool on_register = BPF_CLASS(insn->code) == BPF_STX;
	uint64_t value = on_register ? c->r[insn->src_reg] : (uint64_t)(int64_t)insn->imm;

	if (BPF_MODE(insn->code) == BPF_ATOMIC && on_register && operand_size(insn) >= 4)
		return atomic(s, c, insn);
	if (BPF_MODE(insn->code) != BPF_MEM)
		return unknown(s, insn);
	return access_memory(s, c->r[insn->dst_reg] + (int64_t)insn->off, operand_size(insn), true,
			     &value);
}

/* A map, one of its values, or a constant: two places of the program, one instruction. */
static int load_wide(struct steps *s, struct call *c, const struct bpf_insn *insn)
{
	const struct steps_map *m = steps_map_by_id(s, insn->imm);
	uint64_t *ret = &c->r[insn->dst_reg];

	if (insn->code != (BPF_LD | BPF_DW | BPF_IMM) || c->pc >= s->count)
		return unknown(s, insn);
	c->pc++;
	if (!insn->src_reg) {
		*ret = (uint32_t)insn->imm | (uint64_t)insn[1].imm << 32;
		return RUN_ON;
	}
	if (!m || (insn->src_reg != BPF_PSEUDO_MAP_FD && insn->src_reg != BPF_PSEUDO_MAP_VALUE))
		return unknown(s, insn);
	if (!m->pointer)
		return steps_stop(
			s, "the program uses the map %s, of type %u, which is not known here",
			m->info.name, m->info.type);
	if (insn->src_reg == BPF_PSEUDO_MAP_FD)
		*ret = m->pointer;
	else if (m->info.type == BPF_MAP_TYPE_ARRAY)
		*ret = (uint64_t)(uintptr_t)m->values + (uint32_t)insn[1].imm;
	else
		return unknown(s, insn);
	return RUN_ON;
}

static uint64_t operand(const struct call *c, const struct bpf_insn *insn)
{
	return insn->code & BPF_X ? c->r[insn->src_reg] : (uint64_t)(int64_t)insn->imm;
}

static int arithmetic(struct steps *s, struct call *c, const struct bpf_insn *insn)
{
	uint64_t a = c->r[insn->dst_reg], b = operand(c, insn);

	/* other offsets make a signed division, or a move that extends a sign */
	if (insn->off &&
	    (insn->code != (BPF_ALU64 | BPF_MOV | BPF_X) || insn->off != STEPS_PERCPU_REG))
		return unknown(s, insn);
	if (BPF_OP(insn->code) == BPF_END ? !steps_swap(insn, &a) : !steps_calculate(insn, &a, b))
		return unknown(s, insn);
	c->r[insn->dst_reg] = a;
	return RUN_ON;
}

static int branch(struct steps *s, struct call *c, const struct bpf_insn *insn)
{
	uint64_t a = c->r[insn->dst_reg], b = operand(c, insn);
	int taken = steps_compare(insn, a, b);

	if (taken < 0)
		return unknown(s, insn);
	if (taken)
		c->pc += insn->off;
	return RUN_ON;
}

/* The callee has registers and a stack of its own. */
static int call_function(struct steps *s, struct call *c, const struct bpf_insn *insn)
{
	struct call callee = {.pc = c->pc + insn->off, .depth = c->depth + 1};
	int r;

	memcpy(&callee.r[BPF_REG_1], &c->r[BPF_REG_1], 5 * sizeof(*c->r));
	r = run_call(s, &callee);
	c->r[BPF_REG_0] = callee.r[BPF_REG_0];
	return r;
}

static int jump(struct steps *s, struct call *c, const struct bpf_insn *insn)
{
	switch (insn->code) {
	case BPF_JMP | BPF_JA:
		c->pc += insn->off;
		return RUN_ON;
	case BPF_JMP32 | BPF_JA:
		c->pc += insn->imm;
		return RUN_ON;
	case BPF_JMP | BPF_EXIT:
		return RUN_END;
	case BPF_JMP | BPF_CALL:
		if (insn->src_reg == BPF_PSEUDO_CALL)
			return call_function(s, c, insn);
		return insn->src_reg ? unknown(s, insn) : steps_call(s, insn->imm, c->r);
	default:
		return branch(s, c, insn);
	}
}

static int run_instruction(struct steps *s, struct call *c)
{
	const struct bpf_insn *insn = &s->code[c->pc];

	s->runs[c->pc++]++;
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		return load_wide(s, c, insn);
	case BPF_LDX:
		return load(s, c, insn);
	case BPF_ST:
	case BPF_STX:
		return store(s, c, insn);
	case BPF_ALU:
	case BPF_ALU64:
		return arithmetic(s, c, insn);
	default:
		return jump(s, c, insn);
	}
}

static int run_call(struct steps *s, struct call *c)
{
	int r = RUN_ON;

	if (c->depth >= STEPS_CALLS)
		return steps_stop(s, "calls are nested deeper than the kernel's");
	c->r[BPF_REG_10] = (uint64_t)(uintptr_t)(s->stack + (c->depth + 1) * STEPS_STACK);
	while (r == RUN_ON) {
		if (c->pc >= s->count || ++s->run > STEPS_RUN_MAX)
			return steps_stop(s, c->pc >= s->count ? "it leaves the program"
							       : "it does not come to an end");
		r = run_instruction(s, c);
	}
	return r == RUN_END ? 0 : r;
}

int steps_run(struct steps *s, uint32_t *ret)
{
	struct call c = {.r[BPF_REG_1] = (uint64_t)(uintptr_t)&s->frame};
	int r;

	memset(s->runs, 0, s->count * sizeof(*s->runs));
	memset(s->stack, 0, sizeof(s->stack));
	s->run = 0;
	r = run_call(s, &c);
	if (!r)
		*ret = (uint32_t)c.r[BPF_REG_0];
	return r;
}
