// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "traffic.h"

#include <stddef.h>

#include "stat.h"

enum traffic_type traffic_type_of(uint16_t qtype)
{
	static const uint16_t code[] = {
#define X(name, code) code,
		TRAFFIC_TYPES(X)
#undef X
	};
	int i = 0;

	while (i < QTYPE_other && code[i] != qtype)
		i++;
	return (enum traffic_type)i;
}

static void add(uint64_t *sum, const uint64_t *one, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += stat_get(&one[i]);
}

void traffic_add(struct traffic *sum, const struct traffic *one)
{
	add(sum->queries, one->queries, TRAFFIC_TYPES_COUNT);
	add(sum->answers, one->answers, TRAFFIC_ANSWERS_COUNT);
	add(sum->dropped, one->dropped, TRAFFIC_DROPS_COUNT);
}

static uint64_t total(const uint64_t *count, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += count[i];
	return sum;
}

uint64_t traffic_queries(const struct traffic *t)
{
	return total(t->queries, TRAFFIC_TYPES_COUNT);
}

uint64_t traffic_answers(const struct traffic *t)
{
	return total(t->answers, TRAFFIC_ANSWERS_COUNT);
}

uint64_t traffic_dropped(const struct traffic *t)
{
	return total(t->dropped, TRAFFIC_DROPS_COUNT);
}
