// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "event.h"

#include <stdlib.h>

struct event *event_free(struct event *e)
{
	if (!e)
		return NULL;
	cluster_free(e->snapshot);
	cluster_task_free(e->task);
	if (e->agent)
		cluster_agent_done(e->agent);
	if (e->framework)
		cluster_framework_done(e->framework);
	free(e->agent);
	free(e->framework);
	free(e->framework_id);
	free(e->id);
	free(e);
	return NULL;
}
