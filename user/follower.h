/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Keeps the zone equal to the cluster: decides whom to ask and when, what to believe, what to
 * hold across a change of the leader, and commits. Runs on the loop; what blocks is the feeds'.
 */
#ifndef XDNS_FOLLOWER_H
#define XDNS_FOLLOWER_H

#include <uv.h>

#include "config.h"
#include "latency.h"
#include "record_list.h"
#include "records.h"
#include "zone.h"

struct follower;
struct model;

/* What has happened since the start. */
struct follower_stats {
	uint64_t documents, documents_failed, document_bytes; /* octets: decompressed */
	uint64_t events, stream_opened, stream_lost, stream_bytes;
	uint64_t commits;
	uint64_t committed_ns;	/* CLOCK_BOOTTIME of the last one; 0: none */
	struct latency publish; /* making a change's records and committing them, mirror included */
	struct latency events_served;	 /* from an event's arrival to its being served */
	struct records_skipped left_out; /* summed up, see records.h */
	struct records_skipped left_out_now;
};

struct follower_ops {
	/* The zone was committed, or found to be right as it is. */
	void (*current)(void *ctx);
	/* The source is alive; at most once a second. boot_ns: CLOCK_BOOTTIME. */
	void (*heard)(void *ctx, uint64_t boot_ns);
	/* Nothing was heard for SOAExpire seconds. */
	void (*expired)(void *ctx);
};

/* Nothing happens before follower_start(). All outlive the follower. */
int follower_new(uv_loop_t *loop, const struct config *cfg, struct zone *zone,
		 const struct follower_ops *ops, void *ctx, struct follower **ret);

/*
 * The zone holds these records already, from an earlier daemon that was alive at boot_ns; takes
 * over what is in the list. master: follower_zone_master() of that daemon. Before follower_start().
 */
void follower_restored(struct follower *f, struct record_list *records, uint64_t boot_ns,
		       const char *master);

/* Id of the master whose word the zone is; "": not known. While something is held: the last one's.
 */
const char *follower_zone_master(const struct follower *f);

/* Starts the feeds. *ret_error (to be freed): one line, if it is the configuration's fault. */
int follower_start(struct follower *f, char **ret_error);

/* Addresses of the SOA's name server; takes over the array. */
void follower_set_listeners(struct follower *f, struct address *listeners, size_t count);

/* Fetches a state document now. */
void follower_refresh(struct follower *f);

/*
 * Goes on with another configuration. sources: keys that the feeds read have changed; records:
 * keys that records are made by. The one before may be freed afterwards, but not after -ENOMEM,
 * when records that were made by it could not be replaced yet.
 */
int follower_reload(struct follower *f, const struct config *cfg, bool sources, bool records,
		    char **ret_error);

/* The configuration that the feeds look at: that of the last time they were started. */
const struct config *follower_feeds_config(const struct follower *f);

struct follower_status {
	const char *leader; /* who gave the last document; "" before */
	bool stream;	    /* events are heard */
	bool failing;	    /* documents cannot be had */
	uint64_t tasks, agents, frameworks, held_tasks;
	bool holding;	   /* what a new leader does not know is held */
	uint64_t heard_ns; /* CLOCK_BOOTTIME of the last word from the master; 0: none */
};
struct follower_status follower_status(const struct follower *f);

struct follower_stats follower_stats(const struct follower *f);

/*
 * What the zone's records are made of beside the cluster, which is not looked at; borrowed, on the
 * loop only.
 */
void follower_input(const struct follower *f, struct records_input *ret);

/* What is known of the cluster; on the loop only. */
struct model *follower_model(const struct follower *f);

/* Ends the feeds and closes the handles; the loop must run once more. Accepts NULL. */
void follower_close(struct follower *f);

/* After the loop has seen the handles off. Accepts NULL. */
void follower_free(struct follower *f);

#endif
