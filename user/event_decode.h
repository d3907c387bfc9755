/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One record of the event stream to a struct event, as its octets arrive. Memory is bounded by what
 * the event keeps and by one element, not by the record.
 *
 * In a snapshot a wrong type costs the element it is in, counted in its cluster->skipped; any other
 * event is dropped as a whole. A record that is not JSON, not an object, has lists that are none,
 * or breaks a limit is refused: the stream cannot be trusted any further.
 */
#ifndef XDNS_EVENT_DECODE_H
#define XDNS_EVENT_DECODE_H

#include "event.h"
#include "state.h"

struct event_decoder;

/* max_bytes: bound on one record. */
int event_decoder_new(uint64_t max_bytes, const struct state_resolver *resolver,
		      struct event_decoder **ret);

/* A record begins. 0 or -ENOMEM. */
int event_decoder_begin(struct event_decoder *d);

/* Its next octets. An error is final for the record. */
int event_decoder_feed(struct event_decoder *d, const void *data, size_t len);

/*
 * The record has ended. *ret is NULL if there is nothing in it that mesos-xdns wants: a heartbeat,
 * an event of another kind, one that cannot be used. -EBADMSG and others: refused; -ECANCELED
 * from the resolver; -ENOMEM.
 */
int event_decoder_end(struct event_decoder *d, struct event **ret);

/* Why begin, feed or end failed: "event is truncated after 17 bytes". */
const char *event_decoder_error(struct event_decoder *d);

/* Why the last record gave no event, one line; "" for heartbeats and the like. */
const char *event_decoder_dropped(const struct event_decoder *d);

/* heartbeat_interval_seconds of the last SUBSCRIBED; 0: none so far, or it had none. */
double event_decoder_heartbeat(const struct event_decoder *d);

struct event_decoder *event_decoder_free(struct event_decoder *d);

#endif
