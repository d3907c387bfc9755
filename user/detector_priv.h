/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What detector.c and detector_session.c share. One thread, the worker, decides and does
 * everything: it opens and closes sessions, asks, reports. The threads of ZooKeeper's library only
 * note what came, under the lock, and wake it. A session is never closed from them, which the
 * library does not allow; and the lock is not held in calls of the library, which may take locks of
 * its own before it calls us.
 */
#ifndef XDNS_DETECTOR_PRIV_H
#define XDNS_DETECTOR_PRIV_H

#include <pthread.h>
#include <zookeeper/zookeeper.h>

#include "candidates.h"
#include "detector.h"
#include "text_list.h"
#include "zk_url.h"

/*
 * What is asked of ZooKeeper as a session's timeout. The library pings after a third of it, takes
 * a silent server for dead after two thirds (4 s), and gives another that does not even refuse as
 * long. Mesos masters' own sessions last 10 s: when a leader dies together with the server we
 * talk to, we have to be at another before the next leader is elected, and 8 s leave room for one
 * more dead server. A server that dies by itself closes its connections, which is seen at once.
 * Losing a session costs nothing, we have no ephemeral nodes. Servers allow 2 to 20 ticks (of
 * 2 s, by default) and the library goes by what they grant.
 */
#define SESSION_MS 6000

enum session_end { SESSION_GOES_ON, SESSION_EXPIRED, SESSION_AUTH_FAILED };

/* Of one round: read the children, then what is not known of the candidates among them. */
enum phase {
	PHASE_IDLE,
	PHASE_CHILDREN,	     /* asked for */
	PHASE_CHILDREN_HERE, /* rc and, if it is ZOK, the candidates are there */
	PHASE_DATA,	     /* asked for, until `pending` is 0 */
	PHASE_PATH,	     /* there was no path: asked for, with a watch that it is made */
	PHASE_PATH_HERE,     /* rc is there */
};

/* One reading of a candidate's data. */
struct reading {
	struct detector *d;
	struct candidate *one;
};

struct masters_copy {
	struct text_list names;
	bool leader;
};

struct detector {
	struct zk_url url;
	struct detector_ops ops;
	void *ctx;
	pthread_t worker;

	pthread_mutex_t lock; /* for all down to the next comment */
	pthread_cond_t changed;
	unsigned refs; /* who started it, and a look-up that is under way */
	bool stop;
	bool looking, looked; /* a look-up is under way, has a result: */
	char *found;	      /* NULL: nothing */
	const char *no_address;
	bool connected;
	enum session_end end;
	uint64_t lost_ns; /* since when there is no connection */
	bool dirty;	  /* something has changed since the children were asked for */
	enum phase phase;
	int rc; /* of the last answer */
	unsigned pending;
	bool lost;    /* an answer of this round was lost with the connection */
	bool refused; /* something could not be read: asked for again after a while */
	struct candidates candidates;

	/* for the worker */
	zhandle_t *zh;
	char *servers;				/* addresses zh was opened with */
	uint64_t open_ns, look_up_ns, retry_ns; /* when next; retry_ns 0: not at all */
	uint64_t wake_ns;			/* the next of all times waited for */
	struct reading readings[CANDIDATES_MAX];
	char *trouble;
	bool reported; /* at least once: */
	struct masters_copy masters;
};

/* --- detector_session.c; the worker calls these with the lock, which they release meanwhile --- */

/* A new session with d->servers. 0 or -errno. */
int session_open(struct detector *d);
void session_close(struct detector *d);

/* From PHASE_IDLE to PHASE_CHILDREN, from PHASE_CHILDREN_HERE to PHASE_DATA or PHASE_PATH. */
void session_ask_children(struct detector *d);
void session_ask_data(struct detector *d);
void session_ask_path(struct detector *d);

#endif
