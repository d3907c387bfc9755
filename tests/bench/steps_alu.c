// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What an instruction makes of two numbers. */
#include "steps_internal.h"

bool steps_swap(const struct bpf_insn *insn, uint64_t *v)
{
	bool turn = BPF_CLASS(insn->code) == BPF_ALU64 || insn->code & BPF_X; /* ours are little */

	switch (insn->imm) {
	case 16:
		*v = turn ? __builtin_bswap16(*v) : (uint16_t)*v;
		return true;
	case 32:
		*v = turn ? __builtin_bswap32(*v) : (uint32_t)*v;
		return true;
	case 64:
		*v = turn ? __builtin_bswap64(*v) : *v;
		return true;
	}
	return false;
}

static bool shift(uint8_t op, bool wide, uint64_t *a, uint64_t b)
{
	b &= wide ? 63 : 31;
	switch (op) {
	case BPF_LSH:
		*a <<= b;
		return true;
	case BPF_RSH:
		*a >>= b;
		return true;
	case BPF_ARSH:
		*a = wide ? (uint64_t)((int64_t)*a >> b) : (uint64_t)((int32_t)*a >> b);
		return true;
	}
	return false;
}

static bool calculate_op(uint8_t op, bool wide, uint64_t *a, uint64_t b)
{
	switch (op) {
	case BPF_ADD:
		*a += b;
		return true;
	case BPF_SUB:
		*a -= b;
		return true;
	case BPF_MUL:
		*a *= b;
		return true;
	case BPF_DIV:
		*a = b ? *a / b : 0;
		return true;
	case BPF_MOD:
		*a = b ? *a % b : *a;
		return true;
	case BPF_OR:
		*a |= b;
		return true;
	case BPF_AND:
		*a &= b;
		return true;
	case BPF_XOR:
		*a ^= b;
		return true;
	case BPF_NEG:
		*a = -*a;
		return true;
	case BPF_MOV:
		*a = b;
		return true;
	}
	return shift(op, wide, a, b);
}

bool steps_calculate(const struct bpf_insn *insn, uint64_t *a, uint64_t b)
{
	if (BPF_CLASS(insn->code) == BPF_ALU64)
		return calculate_op(BPF_OP(insn->code), true, a, b);
	*a = (uint32_t)*a;
	if (!calculate_op(BPF_OP(insn->code), false, a, (uint32_t)b))
		return false;
	*a = (uint32_t)*a;
	return true;
}

/* sa, sb: the same with their signs. */
static int compare(uint8_t op, uint64_t a, uint64_t b, int64_t sa, int64_t sb)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSET:
		return !!(a & b);
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	case BPF_JSLE:
		return sa <= sb;
	}
	return -1;
}

int steps_compare(const struct bpf_insn *insn, uint64_t a, uint64_t b)
{
	uint8_t op = BPF_OP(insn->code);

	if (BPF_CLASS(insn->code) == BPF_JMP)
		return compare(op, a, b, (int64_t)a, (int64_t)b);
	return compare(op, (uint32_t)a, (uint32_t)b, (int32_t)a, (int32_t)b);
}
