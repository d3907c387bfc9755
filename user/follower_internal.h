/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the files of the follower share: follower.c, follower_fetch.c, follower_zone.c,
 * follower_hold.c, follower_kept.c. */
#ifndef XDNS_FOLLOWER_INTERNAL_H
#define XDNS_FOLLOWER_INTERNAL_H

#include "abi.h"
#include "feeds.h"
#include "follower.h"
#include "inbox.h"
#include "model.h"

struct follower {
	uv_loop_t *loop;
	const struct config *cfg;
	struct zone *zone;
	struct follower_ops ops;
	void *ctx;
	struct inbox *inbox;
	struct feeds *feeds; /* NULL: could not be started again, yet */
	const struct config *feeds_cfg;
	struct model *model;

	/* follower_zone.c: what the zone has been given */
	const struct config *given_cfg; /* the rules its records were made by */
	struct record_list given;
	struct address *listeners;
	size_t listeners_count;
	struct text_list masters; /* of ZooKeeper; no list: the configured ones */
	bool input_changed;	  /* listeners or masters */
	bool known;		  /* there was a document or a snapshot */
	bool published;		  /* and the zone has it */
	uv_timer_t retry;

	/* follower_fetch.c: when to ask for documents */
	uv_timer_t fetch, settle, zk_patience;
	bool fetching, wanted, waiting_for_zk;
	bool zk_leads; /* masters[0] leads by ZooKeeper, which is well */
	uint64_t tick_ns, begun_ns, took_ns, backoff_ns;
	uint64_t retry_ns;	/* after a failure not before, and not later */
	char *failure;		/* why there is no document now; the same reason is said once */
	uint64_t complained_ns; /* that was last said */
	struct message *settling;

	/* follower.c: what to believe */
	bool streaming;	      /* events are heard */
	bool suspected;	      /* the last document was not believed */
	bool compared;	      /* a document was compared since events are heard */
	bool resubscribed;    /* the next snapshot may be another master's */
	uint64_t snapshot_ns; /* the last snapshot of a stream came */
	uint64_t unchecked;   /* octets of events since a document or a snapshot said it all */
	bool flooded;	      /* they are too many: no more are believed */
	char *answered;	      /* who gave the last document */
	char *stream_said;

	/* follower_hold.c: what a new leader does not know yet; the model has it */
	bool provisional; /* until a document says which master it was */
	bool hold_told;
	uv_timer_t hold;

	/* follower_kept.c: what is kept of a zone that another master had made */
	struct record_list kept;
	uint64_t kept_until_ns;
	struct text_list awaited; /* agents that the leader waits for; no list: it has not said */
	uv_timer_t keep;
	char zone_master[XDNS_MASTER_ID_MAX]; /* whose zone it is, nothing of it being held */

	struct follower_stats stats;

	/* staleness */
	uv_timer_t expiry;
	uint64_t heard_ns; /* CLOCK_BOOTTIME */
};

/* follower.c */
void follower_take_document(struct follower *f, struct message *m);
void follower_heard(struct follower *f);
int follower_start_feeds(struct follower *f, char **ret_error);

/* follower_fetch.c */
/* Those of ZooKeeper, else the configured ones. */
const char *const *follower_masters(const struct follower *f, size_t *ret_count);
int follower_fetch_init(struct follower *f);
void follower_fetch_close(struct follower *f);
/* The feeds are others from now on. */
void follower_fetch_reset(struct follower *f);
/* Plans another attempt at starting them. */
void follower_plan_feeds(struct follower *f);
/* Plans the next document: as soon as is decent if `soon`. */
void follower_plan(struct follower *f, bool soon);
void follower_on_document(struct follower *f, struct message *m);
void follower_on_failed(struct follower *f, char *error); /* takes over error */
void follower_on_masters(struct follower *f, struct message *m);

/* follower_hold.c */
void follower_hold_init(struct follower *f);
void follower_hold_close(struct follower *f);
/* provisional: until a document says which master it was. */
void follower_begin_hold(struct follower *f, bool provisional);
/* Says what is held, or that nothing has to be. */
void follower_review_hold(struct follower *f);
void follower_end_hold(struct follower *f, const char *why);

/* follower_flood.c */
/* Counts the event; true: it is not to be believed, a document has to say what there is. */
bool follower_flooded(struct follower *f, const struct event *e);
/* A document or a snapshot has. */
void follower_flood_over(struct follower *f);

/* follower_kept.c */
void follower_kept_init(struct follower *f);
void follower_kept_close(struct follower *f);
/* Before a document is taken: is the restored zone from another master? Then it is kept. */
void follower_kept_document(struct follower *f, const struct cluster *c);
/* After a document or snapshot was taken. */
void follower_kept_taken(struct follower *f, struct cluster *c);
void follower_kept_event(struct follower *f, const struct event *e);
/* Sets that the cluster gives itself go; the caller commits. -ENOMEM: some are still there. */
int follower_kept_thin(struct follower *f);
/* The zone is all of the present master's word, unless something is held. */
void follower_kept_note_master(struct follower *f);

/* follower_zone.c */
void follower_publish(struct follower *f, bool quiet);

#endif
