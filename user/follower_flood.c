// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A stream has no end, so its events could make the model larger than any document may be: as many
 * octets as a document has are believed, then a document has to say what there is.
 */
#include "follower_internal.h"

#include <inttypes.h>

#include "log.h"

bool follower_flooded(struct follower *f, const struct event *e)
{
	f->unchecked += e->octets;
	if (f->unchecked <= f->cfg->state_max_bytes)
		return false;
	if (!f->flooded)
		log_warn("mesos: events of more than stateMaxBytes, %" PRIu64
			 ", since there was a document; no more are believed before the next",
			 f->cfg->state_max_bytes);
	f->flooded = true;
	follower_plan(f, true);
	return true;
}

void follower_flood_over(struct follower *f)
{
	f->wanted |= f->flooded; /* what came while the document was on its way was not believed */
	f->flooded = false;
	f->unchecked = 0;
}
