// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The table of probes, what it is told of the configuration, and the report. */
#include "xdnsctl-doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

#define INDENT 20

static const char *const verdicts[DOCTOR_VERDICTS] = {"ok", "warn", "fail"};

/* In this order: a later probe may know what an earlier one has found. */
static const struct probe {
	const char *name;
	void (*run)(struct doctor *d);
	bool config; /* makes no sense without a configuration */
	bool xdp;    /* nor if XDP is not wanted */
} probes[] = {
	{"kernel", doctor_kernel, false, true},
	{"btf", doctor_btf, false, true},
	{"privileges", doctor_privileges, false, false},
	{"bpffs", doctor_bpffs, false, true},
	{"program", doctor_program, false, true},
	{"clock", doctor_clock, false, false},
	{"interfaces", doctor_interfaces, true, true},
	{"port", doctor_port, true, false},
	{"resolv.conf", doctor_resolv_conf, true, false},
	{"zookeeper", doctor_zookeeper, true, false},
	{"masters", doctor_masters, true, false},
	{"state", doctor_state, true, false},
	{"daemon", doctor_daemon, false, false},
	{"pins", doctor_pins, false, true},
	{"api", doctor_api, true, false},
};

static void print_finding(const struct doctor *d, enum verdict v, const char *text,
			  const char *todo)
{
	_cleanup_free_ char *line = NULL, *more = NULL;

	if (asprintf(&line, "%-6s%-14s%s", verdicts[v], d->probe, text) < 0)
		return;
	ctl_print_wrapped(line, INDENT);
	if (todo && asprintf(&more, "%*s-> %s", INDENT - 1, "", todo) >= 0)
		ctl_print_wrapped(more, INDENT + 3);
	fflush(stdout); /* the next probe may take its time */
}

/* What comes from elsewhere must not move the cursor. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

void doctor_say(struct doctor *d, enum verdict v, const char *todo, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	d->count[v]++;
	if (!text)
		return;
	make_plain(text);
	if (!d->findings)
		print_finding(d, v, text, todo);
	else
		json_array_append_new(d->findings, json_pack("{s:s, s:s, s:s, s:s?}", "probe",
							     d->probe, "verdict", verdicts[v],
							     "text", text, "todo", todo));
}

/* The one that was named; else the service's, if it is there. */
static struct config *load_config(struct doctor *d)
{
	const char *file = d->ctl.config_file ? d->ctl.config_file : CONFIG_DEFAULT;
	_cleanup_free_ char *error = NULL;
	struct config *cfg = NULL;

	d->probe = "config";
	if (!d->ctl.config_file && access(file, F_OK)) {
		doctor_say(d, DOCTOR_WARN, "name the daemon's by --config FILE",
			   "no configuration: what depends on one is not looked at");
		return NULL;
	}
	if (config_load(file, &cfg, &error)) {
		doctor_say(d, DOCTOR_FAIL, "the daemon does not start with it: mend the file", "%s",
			   error ? error : strerror(ENOMEM));
		return NULL;
	}
	for (size_t i = 0; i < cfg->warnings_count; i++)
		doctor_say(d, DOCTOR_WARN, NULL, "%s", cfg->warnings[i]);
	doctor_say(d, DOCTOR_OK, NULL, "%s: the daemon takes it", file);
	return cfg;
}

static void run_probes(struct doctor *d)
{
	if (!doctor_xdp(d)) {
		d->probe = "xdp";
		doctor_say(d, DOCTOR_OK, NULL,
			   "xdpOn is false: userspace answers everything, and what XDP needs is "
			   "not looked at");
	}
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		d->probe = probes[i].name;
		if ((!probes[i].config || d->cfg) && (!probes[i].xdp || doctor_xdp(d)))
			probes[i].run(d);
	}
}

static void print_sum(const struct doctor *d)
{
	if (d->findings)
		ctl_json_print(json_pack("{s:O, s:i, s:i, s:i}", "findings", d->findings, "ok",
					 (int)d->count[DOCTOR_OK], "warn",
					 (int)d->count[DOCTOR_WARN], "fail",
					 (int)d->count[DOCTOR_FAIL]));
	else
		printf("\n%u failed, %u warned, %u ok\n", d->count[DOCTOR_FAIL],
		       d->count[DOCTOR_WARN], d->count[DOCTOR_OK]);
}

int ctl_doctor(const struct ctl *c, int argc, char **argv)
{
	struct doctor d = {.ctl = *c, .findings = c->json ? json_array() : NULL};
	struct config *cfg = load_config(&d);

	(void)argc;
	(void)argv;
	d.cfg = cfg;
	if (!d.ctl.bpf_dir)
		d.ctl.bpf_dir = cfg ? cfg->bpf_dir : BPF_DIR_DEFAULT;
	if (interfaces_scan(&d.in))
		memset(&d.in, 0, sizeof(d.in));
	doctor_look_for_daemon(&d);
	run_probes(&d);
	print_sum(&d);
	interfaces_done(&d.in);
	text_list_done(&d.masters);
	json_decref(d.findings);
	config_free(cfg);
	return d.count[DOCTOR_FAIL] ? CTL_NOT : CTL_OK;
}
