// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* After an election: what the new leader does not know yet is held for a while. */
#include "follower_internal.h"

#include <inttypes.h>

#include "log.h"

void follower_hold_init(struct follower *f)
{
	uv_timer_init(f->loop, &f->hold);
	f->hold.data = f;
}

void follower_hold_close(struct follower *f)
{
	uv_close((uv_handle_t *)&f->hold, NULL);
}

void follower_end_hold(struct follower *f, const char *why)
{
	struct model_counts c = model_counts(f->model);

	if (!model_holding(f->model))
		return;
	uv_timer_stop(&f->hold);
	/* the same master after a break is no news */
	log_write(f->provisional ? LOG_LEVEL_DEBUG : LOG_LEVEL_NOTICE,
		  "mesos: hold over (%s): %" PRIu64 " tasks, %" PRIu64 " agents let go", why,
		  c.held_tasks, c.held_agents);
	f->provisional = false;
	if (model_hold(f->model, false))
		log_error("mesos: no memory to let go what was held; trying again with the next "
			  "document");
}

static void on_hold_over(uv_timer_t *timer)
{
	struct follower *f = timer->data;

	if (f->failure && !f->streaming) { /* no master is there that agents could register with */
		uv_timer_start(timer, on_hold_over, (uint64_t)f->cfg->failover_hold_seconds * 1000,
			       0);
		return;
	}
	follower_end_hold(f, "failoverHoldSeconds");
	follower_publish(f, false);
}

/* provisional: until a document says which master it was. */
void follower_begin_hold(struct follower *f, bool provisional)
{
	if (!f->cfg->failover_hold_seconds || (provisional && model_holding(f->model)))
		return;
	f->provisional = provisional;
	model_hold(f->model, true);
	uv_timer_start(&f->hold, on_hold_over, (uint64_t)f->cfg->failover_hold_seconds * 1000, 0);
}

/* Says what is held, or that nothing has to be. */
void follower_review_hold(struct follower *f)
{
	struct model_counts c = model_counts(f->model);

	if (!model_holding(f->model) || f->provisional)
		return;
	if (!c.held_tasks && !c.held_agents && !c.held_frameworks)
		follower_end_hold(f, "everything is known again");
	else if (!f->hold_told)
		log_warn("mesos: the new leader does not know %" PRIu64 " tasks, %" PRIu64
			 " agents, %" PRIu64 " frameworks yet: they are held for up to %d s",
			 c.held_tasks, c.held_agents, c.held_frameworks,
			 f->cfg->failover_hold_seconds);
	f->hold_told = model_holding(f->model);
}
