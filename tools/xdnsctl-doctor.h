/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * `xdnsctl doctor`: probes, each a function that says what it found. What later probes need of
 * earlier ones is in struct doctor.
 */
#ifndef XDNS_TOOLS_XDNSCTL_DOCTOR_H
#define XDNS_TOOLS_XDNSCTL_DOCTOR_H

#include "http.h"
#include "owner.h"
#include "text_list.h"
#include "xdnsctl.h"

/* How long one question over the network may take, in seconds. */
#define DOCTOR_PATIENCE 5

enum verdict { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL, DOCTOR_VERDICTS };

struct doctor {
	struct ctl ctl;
	const struct config *cfg; /* NULL: none, or none that can be used */
	struct interfaces in;
	json_t *findings;  /* NULL: they are printed */
	const char *probe; /* that runs now */
	unsigned count[DOCTOR_VERDICTS];
	bool running; /* the daemon: somebody has the folder's lock */
	struct owner daemon;
	int pins; /* of kernel_peek() */
	struct kernel_peeked zone;
	struct text_list masters; /* "host:port", by the configuration or by ZooKeeper */
	char leader[288];	  /* "host:port"; "": not known */
};

/* todo: what to do, one line; NULL: nothing. Control characters are not shown. */
void doctor_say(struct doctor *d, enum verdict v, const char *todo, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Is XDP wanted at all? */
static inline bool doctor_xdp(const struct doctor *d)
{
	return !d->cfg || d->cfg->xdp_on;
}

/* xdnsctl-doctor-machine.c */
void doctor_kernel(struct doctor *d);
void doctor_btf(struct doctor *d);
void doctor_privileges(struct doctor *d);
void doctor_bpffs(struct doctor *d);
void doctor_program(struct doctor *d);
void doctor_clock(struct doctor *d);
/* Is this kernel at least that old? "5.18" */
bool doctor_kernel_has(const char *version);

/* xdnsctl-doctor-links.c */
void doctor_interfaces(struct doctor *d);

/* xdnsctl-doctor-host.c */
void doctor_port(struct doctor *d);
void doctor_resolv_conf(struct doctor *d);

/* xdnsctl-doctor-http.c */
/*
 * One request within DOCTOR_PATIENCE; its deadline and body are set here. The JSON of a 2xx
 * answer, or NULL; ret is filled in whatever happens.
 */
json_t *doctor_ask(struct http *http, struct http_request *req, struct http_result *ret);

/* xdnsctl-doctor-cluster.c */
void doctor_zookeeper(struct doctor *d);
void doctor_masters(struct doctor *d);
void doctor_state(struct doctor *d);

/* xdnsctl-doctor-daemon.c */
/* Looks for the daemon and its pins; says nothing. */
void doctor_look_for_daemon(struct doctor *d);
void doctor_daemon(struct doctor *d);
void doctor_pins(struct doctor *d);
void doctor_api(struct doctor *d);

#endif
