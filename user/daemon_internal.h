/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the files of the daemon share: daemon.c, daemon_kernel.c, daemon_http.c,
 * daemon_transfer.c, daemon_reload.c. */
#ifndef XDNS_DAEMON_INTERNAL_H
#define XDNS_DAEMON_INTERNAL_H

#include <uv.h>

#include "api.h"
#include "config.h"
#include "daemon.h"
#include "follower.h"
#include "interfaces.h"
#include "kernel.h"
#include "limiter.h"
#include "server.h"

struct daemon {
	struct config *cfg;
	struct config *feeds_cfg; /* what the feeds look at: cfg, or one before it */
	uv_loop_t loop;
	struct zone *zone;
	struct history *history;
	struct server *server;
	struct secondaries *secondaries;
	struct follower *follower;
	struct kernel *kernel;
	struct limiter limiter;
	uint64_t kernel_retry_ns; /* after a failure not before */
	struct api api;
	struct http_server *http;
	struct interfaces interfaces;
	bool closing, reclaiming;
	bool limit_calls;	  /* see privileges.h */
	bool secondaries_missing; /* some found no memory */
	bool refused;		  /* there is no program now */
	char *refusal;		  /* why; the same reason is said once */
	uv_signal_t terminate, interrupt, hangup, usr1;
	uv_poll_t netlink;
	int netlink_fd;
	uv_timer_t settle, status, watchdog, check;
	uv_work_t reclaim;
};

/* daemon_kernel.c */
/* The pins' folder. -EBUSY: another daemon serves; anything else leaves userspace to serve alone.
 */
int daemon_claim_kernel(struct daemon *d);
/* Their secrets, before anybody is answered: the file's, those in the pins, or new ones. */
int daemon_settle_cookies(struct daemon *d);
/* The zone that the daemon before has left in the kernel's maps. */
void daemon_restore(struct daemon *d);
/* After each update: starts the program with the first zone; later, mends what failed. */
void daemon_follow_kernel(struct daemon *d);
/* The SOA's name server is this machine (Mesos-DNS: records for the listener). */
void daemon_tell_listeners(struct daemon *d);
/* Cells for response-rate limiting, once the configuration asks for it. */
void daemon_limit(struct daemon *d);
/* Compares a part of the maps with the zone. */
void daemon_on_check(uv_timer_t *timer);
/* Links or addresses changed. */
void daemon_on_netlink(uv_poll_t *poll, int status, int events);

/* daemon_http.c */
/* Last, when there is something to look at. DNS goes before: without the port the rest goes on. */
void daemon_start_http(struct daemon *d);
/* As the configuration has it now, or else as `old` had it. Clients are cut off, and may come back.
 */
void daemon_restart_http(struct daemon *d, const struct config *old);
void daemon_stop_http(struct daemon *d);
/* After the loop has ended. */
void daemon_free_http(struct daemon *d);

/* daemon_transfer.c */
/* Secondaries as the configuration has them now; before a worker knows of one. */
void daemon_set_transfers(struct daemon *d);
/* The zone may have changed. */
void daemon_follow_transfers(struct daemon *d);

/* daemon_reload.c */
/* A file that is wrong changes nothing. In any case the cluster is looked at afresh. */
void daemon_reload(struct daemon *d);

#endif
