// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* SIGHUP: the configuration is read again. */
#include "daemon_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_reload.h"
#include "log.h"
#include "util.h"

static void log_changes(const struct config *cfg, const struct config_changes *c)
{
	for (size_t i = 0; i < c->live_count; i++)
		log_notice("%s: %s changed, in effect now", cfg->file, c->live[i]);
	for (size_t i = 0; i < c->restart_count; i++)
		log_warn("%s: %s changed, takes effect with a restart", cfg->file, c->restart[i]);
	if (!c->live_count && !c->restart_count)
		log_notice("%s: reread, nothing changed", cfg->file);
}

/* Everybody goes on with `fresh`. -ENOMEM: somebody still needs the old one. */
static int switch_config(struct daemon *d, const struct config *old, const struct config *fresh,
			 unsigned classes)
{
	_cleanup_free_ char *error = NULL;
	int r = 0, s;

	daemon_limit(d);
	if (classes & CONFIG_TRANSFER)
		daemon_set_transfers(d);
	if (d->server)
		r = server_reconfigure(d->server, fresh);
	if (d->kernel)
		kernel_reconfigure(d->kernel, fresh);
	if (classes & CONFIG_API)
		daemon_restart_http(d, old);
	else
		api_token_set(&d->api.token, fresh);
	s = follower_reload(d->follower, fresh, classes & CONFIG_SOURCE, classes & CONFIG_RECORDS,
			    &error);
	if (s)
		log_error("following the masters: %s; trying again", error ? error : strerror(-s));
	if (d->kernel && classes & CONFIG_XDP)
		kernel_sync(d->kernel, &d->interfaces);
	return r ? r : s == -ENOMEM ? s : 0;
}

/* A file that is wrong changes nothing. In any case the cluster is looked at afresh. */
void daemon_reload(struct daemon *d)
{
	_cleanup_free_ char *error = NULL;
	const struct config *looked_at;
	struct config_changes changes;
	struct config *fresh, *old = d->cfg, *feeds = d->feeds_cfg;
	bool switched;

	if (config_reload(old, &fresh, &changes, &error)) {
		log_error("%s; keeping the previous configuration", error ? error : "no memory");
		follower_refresh(d->follower);
		return;
	}
	for (size_t i = 0; i < fresh->warnings_count; i++)
		log_warn("%s", fresh->warnings[i]);
	d->cfg = fresh;
	switched = switch_config(d, old, fresh, changes.classes) == 0;
	log_changes(fresh, &changes);
	/* the feeds look at the one they were started with, maybe by a later attempt */
	looked_at = follower_feeds_config(d->follower);
	d->feeds_cfg = looked_at == fresh ? fresh : looked_at == old ? old : feeds;
	if (switched && feeds != d->feeds_cfg && feeds != old)
		config_free(feeds);
	if (switched && old != d->feeds_cfg)
		config_free(old);
	follower_refresh(d->follower);
}
