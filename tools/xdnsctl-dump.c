// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The zone as a master file (RFC 1035 5), or as JSON, in an order that does not change. */
#include "xdnsctl.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "dname_text.h"
#include "util.h"

struct dump {
	struct ctl_rrs rrs;
	uint32_t ttl;
};

static int take(void *ctx, const uint8_t *owner, const struct rr *rr)
{
	struct dump *d = ctx;

	return ctl_rrs_add(&d->rrs, owner, d->ttl, rr);
}

static void again(void *ctx)
{
	struct dump *d = ctx;

	ctl_rrs_done(&d->rrs);
}

/* By name, type and data, as texts. */
static int compare(const void *one, const void *other)
{
	const struct ctl_rr *a = one, *b = other;
	int r = strcmp(a->owner, b->owner);

	if (!r)
		r = (int)a->type - (int)b->type;
	return r ? r : strcmp(a->data, b->data);
}

/* One record at a time: a zone may have a million. */
static void print_json(const struct kernel_peeked *p, const struct ctl_rrs *apex,
		       const struct ctl_rrs *rrs)
{
	char domain[DNAME_TEXT_MAX], type[16];
	const char *comma = "";

	printf("{\"domain\": \"%s\", \"serial\": %u, \"complete\": %s, \"records\": [",
	       dname_to_text(p->config.domain, domain), p->state.serial,
	       p->state.names_complete && !p->broken ? "true" : "false");
	for (size_t i = 0; i < apex->count + rrs->count; i++) {
		const struct ctl_rr *rr =
			i < apex->count ? &apex->list[i] : &rrs->list[i - apex->count];
		json_t *one = json_pack("{s:s, s:I, s:s, s:s}", "name", rr->owner, "ttl",
					(json_int_t)rr->ttl, "type", ctl_type_name(rr->type, type),
					"data", rr->data);

		printf("%s\n  ", comma);
		json_dumpf(one, stdout, 0);
		json_decref(one);
		comma = ",";
	}
	puts("\n]}");
}

static void print_zone_file(const struct kernel_peeked *p, const struct ctl_rrs *apex,
			    const struct ctl_rrs *rrs)
{
	char domain[DNAME_TEXT_MAX];

	printf("; zone %s serial %u, from the maps of mesos-xdns; reverse names are in no map\n",
	       dname_to_text(p->config.domain, domain), p->state.serial);
	if (!p->state.names_complete)
		puts("; not all of it: names that xdpMemory has no room for are userspace's");
	if (p->state.serving != XDNS_SERVING_YES)
		puts("; not served now: it has expired, or could not be kept true");
	ctl_rrs_print(apex);
	ctl_rrs_print(rrs);
}

/* Half a zone is none. */
static int check(const struct ctl *c, const struct kernel_peeked *p)
{
	if (p->torn)
		return ctl_fail("%s: the daemon changes the zone faster than it can be read: try "
				"again",
				c->bpf_dir);
	if (p->broken)
		return ctl_fail("%s: %llu names of the maps lead nowhere, which is the daemon's "
				"fault: restart it",
				c->bpf_dir, (unsigned long long)p->broken);
	return CTL_OK;
}

int ctl_dump(const struct ctl *c, int argc, char **argv)
{
	struct ctl_rrs apex = {0};
	struct kernel_peeked p;
	struct dump d = {0};
	int r = ctl_read_zone(c, NULL, NULL, NULL, &p);

	(void)argc;
	(void)argv;
	if (!r) {
		d.ttl = ntohl(p.config.ttl); /* all records' */
		r = ctl_read_zone(c, take, again, &d, &p);
	}
	if (!r)
		r = ctl_apex(&p, &apex);
	r = r ? ctl_fail_pins(c, r) : check(c, &p);
	if (!r) {
		qsort(d.rrs.list, d.rrs.count, sizeof(*d.rrs.list), compare);
		if (c->json)
			print_json(&p, &apex, &d.rrs);
		else
			print_zone_file(&p, &apex, &d.rrs);
	}
	ctl_rrs_done(&apex);
	ctl_rrs_done(&d.rrs);
	return r;
}
