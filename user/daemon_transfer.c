// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the daemon does for secondaries: remembers changes, and tells of them. */
#include "daemon_internal.h"

#include "history.h"
#include "log.h"
#include "secondaries.h"
#include "zone_read.h"

/* Before there is a zone nothing has changed. */
static void remember(struct daemon *d)
{
	if (d->cfg->secondaries_count && zone_ready(d->zone) && history_begin(d->history, d->zone))
		log_error("transfer: no memory for the history of changes; trying again with the "
			  "next change");
}

void daemon_set_transfers(struct daemon *d)
{
	bool missing;

	remember(d);
	missing = secondaries_configure(d->secondaries, d->cfg);
	if (missing && !d->secondaries_missing)
		log_error("notify: no memory for all secondaries; trying again with the next "
			  "change");
	d->secondaries_missing = missing;
}

void daemon_follow_transfers(struct daemon *d)
{
	if (d->secondaries_missing) {
		daemon_set_transfers(d);
		return;
	}
	remember(d);
	secondaries_follow(d->secondaries);
}
