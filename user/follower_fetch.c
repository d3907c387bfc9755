// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* When state documents are asked for, and from whom. */
#include "follower_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "log.h"
#include "util.h"

/*
 * A document that the stream has not reached yet looks as if the stream had missed something:
 * events that are on their way get this long.
 */
#define SETTLE_MS 250

#define FEEDS_RETRY_MS 1000

#define SPACING_MIN_NS (NSEC_PER_SEC)	  /* between two documents that are asked for at once */
#define SPACING_FACTOR 3		  /* and in times of what the last one took */
#define BACKOFF_MIN_NS (NSEC_PER_SEC / 2) /* between failures: an election takes about a second */
#define BACKOFF_MAX_NS (4 * NSEC_PER_SEC)
#define COMPLAINTS_NS  (60 * NSEC_PER_SEC) /* between lines that differ in numbers only */

/* Between 3/4 and 5/4 of ns, so that daemons started together do not ask together. */
static uint64_t jitter(uint64_t ns)
{
	uint32_t r = UINT32_MAX / 2;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) < 0)
		r = UINT32_MAX / 2;
	return ns - ns / 4 + (uint64_t)((double)(ns / 2) * r / UINT32_MAX);
}

static uint64_t period_ns(const struct follower *f)
{
	uint64_t refresh = (uint64_t)f->cfg->refresh_seconds * NSEC_PER_SEC;

	if (!f->streaming)
		return refresh;
	return f->cfg->reconcile_seconds ? (uint64_t)f->cfg->reconcile_seconds * NSEC_PER_SEC
					 : refresh * 10;
}

/* A master is not asked for one document after the other. */
static uint64_t decent_ns(const struct follower *f)
{
	uint64_t spacing = f->took_ns * SPACING_FACTOR;

	if (!f->begun_ns)
		return 0;
	return f->begun_ns + (spacing > SPACING_MIN_NS ? spacing : SPACING_MIN_NS);
}

static void begin(uv_timer_t *timer)
{
	struct follower *f = timer->data;
	struct known_tasks known;

	if (f->fetching || f->settling)
		return;
	f->fetching = true;
	f->wanted = false;
	f->begun_ns = now_ns();
	/* from here on events are newer than the document */
	model_expect_documents(f->model, true);
	model_share_tasks(f->model, &known);
	feeds_fetch(f->feeds, &known);
}

static void begin_feeds(uv_timer_t *timer)
{
	struct follower *f = timer->data;
	char *error = NULL;
	int r = follower_start_feeds(f, &error);

	log_write(r ? LOG_LEVEL_DEBUG : LOG_LEVEL_NOTICE, "following the masters: %s",
		  r ? error ? error : strerror(-r) : "again");
	free(error);
}

void follower_plan_feeds(struct follower *f)
{
	uv_timer_start(&f->fetch, begin_feeds, FEEDS_RETRY_MS, 0);
}

/* Ticks keep their rhythm and are left out while a document is on its way. */
static uint64_t next_tick(struct follower *f, uint64_t now)
{
	uint64_t period = period_ns(f);

	if (f->tick_ns > now + period) /* the period is another now */
		f->tick_ns = now;
	if (now >= f->tick_ns)
		f->tick_ns += ((now - f->tick_ns) / period + 1) * period;
	return f->tick_ns;
}

void follower_plan(struct follower *f, bool soon)
{
	uint64_t now = now_ns(), when;

	f->wanted |= soon;
	if (!f->feeds || f->fetching || f->settling || f->waiting_for_zk)
		return;
	when = next_tick(f, now);
	if (f->failure && when > f->retry_ns)
		when = f->retry_ns;
	else if (f->wanted && when > decent_ns(f))
		when = decent_ns(f);
	/* rounded up: a timer that fires early would be planned again for nothing */
	uv_timer_start(&f->fetch, begin,
		       when > now ? (when - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC : 0, 0);
}

static void on_settled(uv_timer_t *timer)
{
	struct follower *f = timer->data;
	struct message *m = TAKE_PTR(f->settling);

	follower_take_document(f, m);
	message_free(m);
	model_expect_documents(f->model, false);
	follower_plan(f, model_wants_state(f->model));
}

void follower_on_document(struct follower *f, struct message *m)
{
	f->fetching = false;
	f->took_ns = m->fetch_ns;
	f->backoff_ns = BACKOFF_MIN_NS;
	if (f->failure)
		log_notice("mesos: state again from %s", m->text);
	free(TAKE_PTR(f->failure));
	log_info("mesos: state from %s: %" PRIu64 " octets in %" PRIu64 " ms", m->text, m->bytes,
		 m->fetch_ns / NSEC_PER_MSEC);
	f->stats.documents++;
	f->stats.document_bytes += m->bytes;
	f->settling = m;
	uv_timer_start(&f->settle, on_settled, f->streaming ? SETTLE_MS : 0, 0);
}

/* The same but for numbers: octets that had come, a place in the document. */
static bool much_the_same(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "0123456789");
		b += strspn(b, "0123456789");
		if (*a != *b || !*a)
			return *a == *b;
	}
}

/* Is the failure worth a line? One that goes on is, once; the numbers in it are, now and then. */
static bool is_news(struct follower *f, const char *error)
{
	uint64_t now = now_ns();

	if (f->failure && (!strcmp(f->failure, error) || (much_the_same(f->failure, error) &&
							  now - f->complained_ns < COMPLAINTS_NS)))
		return false;
	f->complained_ns = now;
	return true;
}

void follower_on_failed(struct follower *f, char *error)
{

	f->fetching = false;
	model_expect_documents(f->model, false);
	f->stats.documents_failed += error != NULL;
	if (!error) { /* given up for other masters */
		f->begun_ns = 0;
		follower_plan(f, true);
		return;
	}
	log_write(is_news(f, error) ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "mesos: %s; %s", error,
		  f->known || f->given.count ? "keeping the previous zone"
					     : "no zone yet, names of the domain get SERVFAIL");
	free(f->failure);
	f->failure = error;
	f->retry_ns = now_ns() + jitter(f->backoff_ns);
	follower_plan(f, false);
	f->backoff_ns *= 2;
	if (f->backoff_ns > BACKOFF_MAX_NS)
		f->backoff_ns = BACKOFF_MAX_NS;
}

const char *const *follower_masters(const struct follower *f, size_t *ret_count)
{
	bool known = f->masters.list != NULL;

	*ret_count = known ? f->masters.count : f->cfg->masters_count;
	return (const char *const *)(known ? f->masters.list : f->cfg->masters);
}

/* A document from before an election is not worth believing. */
static void drop_settling(struct follower *f)
{
	if (!f->settling)
		return;
	uv_timer_stop(&f->settle);
	message_free(TAKE_PTR(f->settling));
	model_expect_documents(f->model, false);
}

/* ZooKeeper's masters. */
void follower_on_masters(struct follower *f, struct message *m)
{
	const char *const *list = (const char *const *)m->masters.list;
	size_t count = m->masters.count;

	if (!count)
		return; /* the detector has said so; what is known stays */
	uv_timer_stop(&f->zk_patience);
	f->waiting_for_zk = false;
	log_about(f->masters.count && !strcmp(f->masters.list[0], list[0]) ? LOG_LEVEL_INFO
									   : LOG_LEVEL_NOTICE,
		  "MASTER", list[0], "zk: %s %s, %zu masters",
		  m->leader ? "leader" : "no leader; first", list[0], count);
	drop_settling(f);
	f->retry_ns = 0;
	f->zk_leads = m->leader;
	f->resubscribed |= f->masters.count && strcmp(f->masters.list[0], list[0]);
	text_list_done(&f->masters);
	f->masters = m->masters;
	m->masters = (struct text_list){0};
	f->input_changed = true;
	feeds_set_masters(f->feeds, list, count);
	if (f->known) /* the zone begins with a document, which alone has everything */
		feeds_follow(f->feeds, list, count);
	if (m->leader && f->known && !model_set_leader(f->model, list[0]))
		follower_publish(f, false);
	follower_plan(f, true);
}

/* At the start only: later the masters that are known serve. */
static void on_zk_patience(uv_timer_t *timer)
{
	struct follower *f = timer->data;

	log_error("zk: no leader found within %d s; %s", f->cfg->zk_detection_timeout,
		  f->cfg->masters_count ? "asking the configured masters, and trying on"
					: "trying on (no masters are configured to ask instead)");
	f->waiting_for_zk = !f->cfg->masters_count;
	follower_plan(f, true);
}

static void wait_for_zk(struct follower *f)
{
	f->waiting_for_zk = *f->cfg->zk && !f->masters.list;
	if (f->waiting_for_zk && f->cfg->zk_detection_timeout)
		uv_timer_start(&f->zk_patience, on_zk_patience,
			       (uint64_t)f->cfg->zk_detection_timeout * 1000, 0);
	else
		uv_timer_stop(&f->zk_patience);
}

void follower_fetch_reset(struct follower *f)
{
	uv_timer_stop(&f->fetch);
	drop_settling(f);
	model_expect_documents(f->model, false);
	f->fetching = f->zk_leads = false;
	f->begun_ns = f->retry_ns = 0;
	if (!*f->cfg->zk)
		text_list_done(&f->masters);
	wait_for_zk(f);
}

int follower_fetch_init(struct follower *f)
{
	uv_timer_init(f->loop, &f->fetch);
	uv_timer_init(f->loop, &f->settle);
	uv_timer_init(f->loop, &f->zk_patience);
	f->fetch.data = f->settle.data = f->zk_patience.data = f;
	f->backoff_ns = BACKOFF_MIN_NS;
	f->tick_ns = now_ns();
	wait_for_zk(f);
	return 0;
}

void follower_fetch_close(struct follower *f)
{
	uv_close((uv_handle_t *)&f->fetch, NULL);
	uv_close((uv_handle_t *)&f->settle, NULL);
	uv_close((uv_handle_t *)&f->zk_patience, NULL);
	if (f->settling)
		message_free(TAKE_PTR(f->settling));
	text_list_done(&f->masters);
	free(TAKE_PTR(f->failure));
}
