// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One screen, or JSON. */
#include "xdnsctl-status.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dname_text.h"
#include "util.h"

#define LINE "%-11s"

static void print_zone(const struct status *s, FILE *out)
{
	const struct xdns_state *st = &s->zone.state;
	char domain[DNAME_TEXT_MAX], ago[32], left[32];

	fprintf(out, LINE " %s  serial %u  %" PRIu64 " names, %" PRIu64 " records%s\n", "zone",
		dname_to_text(s->zone.config.domain, domain), st->serial, s->zone.names,
		s->zone.records,
		st->names_complete ? "" : " (xdpMemory reached: userspace has more)");
	fprintf(out, LINE " %s, heard %s ago, ", "", status_serving(s),
		ctl_duration((double)s->heard_ns / (double)NSEC_PER_SEC, ago));
	if (!st->expire)
		fputs("never expires\n", out);
	else if (st->serving == XDNS_SERVING_EXPIRED || status_expires_in(s) < 0)
		fprintf(out, "SOAExpire is %u s\n", st->expire);
	else
		fprintf(out, "expires in %s\n", ctl_duration(status_expires_in(s), left));
	if (s->zone.broken)
		fprintf(out, LINE " %" PRIu64 " names lead nowhere\n", "", s->zone.broken);
	if (s->zone.torn)
		fprintf(out, LINE " the daemon changes the zone all the time: figures may be off\n",
			"");
}

static void print_program(const struct status *s, FILE *out)
{
	char who[OWNER_TEXT_MAX];

	fprintf(out, LINE " %s\n", "daemon",
		s->running ? owner_text(&s->daemon, who, sizeof(who))
			   : "not running: the kernel answers alone");
	if (!s->program_there)
		fprintf(out, LINE " id %u, which cannot be looked at (gone, or no CAP_SYS_ADMIN)\n",
			"program", s->zone.state.program);
	else if (s->run_count)
		fprintf(out, LINE " id %u, %.0f ns a frame\n", "program", s->zone.state.program,
			(double)s->run_ns / (double)s->run_count);
	else
		fprintf(out, LINE " id %u\n", "program", s->zone.state.program);
}

static void print_links(const struct status *s, FILE *out)
{
	if (!s->links)
		fprintf(out, LINE " none: userspace answers alone\n", "interfaces");
	for (size_t i = 0; i < s->links; i++) {
		const struct status_link *l = &s->link[i];

		fprintf(out, LINE " ", i ? "" : "interfaces");
		if (*l->name)
			fprintf(out, "%-15s  %-7s  %-9s  mtu %u\n", l->name, l->mode, l->driver,
				l->mtu);
		else
			fprintf(out, "index %-9u  (of another network namespace)\n", l->index);
	}
}

/* fn is given each of the addresses that the program answers for. */
static void for_each_address(const struct status *s, void (*fn)(void *ctx, const char *text),
			     void *ctx)
{
	const struct xdns_state *st = &s->zone.state;
	char text[INET6_ADDRSTRLEN];

	for (uint32_t i = 0; i < st->ip4_count && i < XDNS_ADDRESSES_MAX; i++)
		fn(ctx, inet_ntop(AF_INET, st->ip4[i].address, text, sizeof(text)));
	for (uint32_t i = 0; i < st->ip6_count && i < XDNS_ADDRESSES_MAX; i++)
		fn(ctx, inet_ntop(AF_INET6, st->ip6[i].address, text, sizeof(text)));
}

static void print_address(void *ctx, const char *text)
{
	fprintf(ctx, " %s", text);
}

static void print_maps(const struct status *s, FILE *out)
{
	fprintf(out, "\n%-24s %10s %10s %6s %8s\n", "map", "entries", "used", "", "KiB");
	for (int i = 0; i < XDNS_ZONE_MAPS_COUNT; i++) {
		const struct status_map *m = &s->map[i];
		char used[24] = "-", share[8] = "";

		if (m->counted && m->entries) {
			snprintf(used, sizeof(used), "%" PRIu64, m->used);
			snprintf(share, sizeof(share), "%.0f%%",
				 100 * (double)m->used / (double)m->entries);
		}
		fprintf(out, "  %-22s %10u %10s %6s %8" PRIu64 "\n", m->name, m->entries, used,
			share, m->bytes / 1024);
	}
}

/* Those that counted, in the order of the list. */
static void print_counters(const struct status *s, FILE *out)
{
	fprintf(out, "\n%-24s %10s %10s   over %.1f s\n", "frames", "all", "a second", s->interval);
	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		if (s->counter[i])
			fprintf(out, "  %-22s %10" PRIu64 " %10.1f   %s\n", ctl_counter_names[i],
				s->counter[i], s->rate[i], ctl_counter_help[i]);
}

void status_print(const struct status *s)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	print_zone(s, out);
	print_program(s, out);
	print_links(s, out);
	fprintf(out, LINE, "addresses");
	for_each_address(s, print_address, out);
	fprintf(out, "  port %u\n", ntohs(s->zone.config.port));
	print_maps(s, out);
	print_counters(s, out);
	if (!memstream_close(out, &text))
		ctl_print_cut(text);
}

static json_t *links_json(const struct status *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->links; i++) {
		const struct status_link *l = &s->link[i];

		json_array_append_new(list, json_pack("{s:s?, s:i, s:s, s:s, s:i}", "name",
						      *l->name ? l->name : NULL, "index",
						      (int)l->index, "mode", l->mode, "driver",
						      l->driver, "mtu", (int)l->mtu));
	}
	return list;
}

static json_t *maps_json(const struct status *s)
{
	json_t *list = json_array();

	for (int i = 0; i < XDNS_ZONE_MAPS_COUNT; i++) {
		const struct status_map *m = &s->map[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:I, s:o, s:I}", "name", m->name, "entries",
						(json_int_t)m->entries, "used",
						m->counted ? json_integer(m->used) : json_null(),
						"bytes", (json_int_t)m->bytes));
	}
	return list;
}

static json_t *counters_json(const struct status *s)
{
	json_t *all = json_object();

	for (int i = 0; i < XDNS_COUNTERS_COUNT; i++)
		json_object_set_new(all, ctl_counter_names[i],
				    json_pack("{s:I, s:f}", "count", (json_int_t)s->counter[i],
					      "rate", s->rate[i]));
	return all;
}

static json_t *zone_json(const struct status *s)
{
	const struct xdns_state *st = &s->zone.state;
	char domain[DNAME_TEXT_MAX];

	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:b, s:I, s:b, s:f, s:I, s:o}", "domain",
			 dname_to_text(s->zone.config.domain, domain), "state", status_serving(s),
			 "serial", (json_int_t)st->serial, "names", (json_int_t)s->zone.names,
			 "records", (json_int_t)s->zone.records, "complete",
			 st->names_complete && !s->zone.broken, "broken",
			 (json_int_t)s->zone.broken, "torn", s->zone.torn, "heard_seconds_ago",
			 (double)s->heard_ns / (double)NSEC_PER_SEC, "expire_seconds",
			 (json_int_t)st->expire, "expires_in_seconds",
			 st->expire ? json_real(status_expires_in(s)) : json_null());
}

static void add_address(void *ctx, const char *text)
{
	json_array_append_new(ctx, json_string(text));
}

void status_print_json(const struct status *s)
{
	json_t *addresses = json_array();
	json_t *daemon =
		json_pack("{s:b, s:o, s:s?}", "running", s->running, "pid",
			  s->running && s->daemon.pid ? json_integer(s->daemon.pid) : json_null(),
			  "name", s->running && s->daemon.pid ? s->daemon.name : NULL);
	json_t *program = json_pack("{s:I, s:b, s:I, s:I}", "id", (json_int_t)s->zone.state.program,
				    "seen", s->program_there, "run_ns", (json_int_t)s->run_ns,
				    "run_count", (json_int_t)s->run_count);

	for_each_address(s, add_address, addresses);
	ctl_json_print(json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:f, s:o}", "bpf_dir",
				 s->ctl->bpf_dir, "zone", zone_json(s), "daemon", daemon, "program",
				 program, "interfaces", links_json(s), "addresses", addresses,
				 "port", ntohs(s->zone.config.port), "maps", maps_json(s),
				 "interval_seconds", s->interval, "counters", counters_json(s)));
}
