/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which names are asked for most, from samples, lately. */
#ifndef XDNS_TOOLS_XDNSCTL_TOP_H
#define XDNS_TOOLS_XDNSCTL_TOP_H

#include "dname_text.h"

#define HOT_NAMES_MAX 512 /* followed at once; the least of them gives way to a new one */

struct hot_name {
	char name[DNAME_TEXT_MAX];
	double weight; /* samples, old ones counting less */
};

struct hot_names {
	struct hot_name list[HOT_NAMES_MAX];
	size_t count;
	double samples; /* the weight of all, also of those that gave way */
};

/* One more sample. */
void hot_names_add(struct hot_names *h, const char *name);

/* A second later: what was counts less. */
void hot_names_age(struct hot_names *h);

/* The most frequent first. */
void hot_names_sort(struct hot_names *h);

#endif
