/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rereading the file while the daemon runs: which keys differ and what has to follow them, by the
 * one table of keys (config_keys.c), and a configuration that goes as far as a running daemon can.
 */
#ifndef XDNS_CONFIG_RELOAD_H
#define XDNS_CONFIG_RELOAD_H

#include "config.h"

/* What has to follow when a key changes. A key may have several, RESTART and UNUSED stand alone. */
enum config_class {
	CONFIG_SOURCE = 1 << 0,	 /* whom to ask for the cluster, and how */
	CONFIG_RECORDS = 1 << 1, /* every record has to be made again */
	CONFIG_SERVING = 1 << 2, /* server_reconfigure() */
	CONFIG_XDP = 1 << 3,	 /* interfaces, mode of new attachments, memory, what an end does */
	CONFIG_HTTP = 1 << 6,	 /* who may ask the API */
	CONFIG_API = 1 << 7,	 /* the API's server, which is started anew */
	CONFIG_CLIENTS = 1 << 8, /* who is answered, and how often */
	CONFIG_TRANSFER = 1 << 9, /* who may have the zone, and is told of changes */
	CONFIG_RESTART = 1 << 4,  /* in what is bound, pinned, or read-only data of the program */
	CONFIG_UNUSED = 1 << 5,	  /* has no effect, so neither has its change */
};

#define CONFIG_CHANGES_MAX 64 /* keys there can be */

/* Keys as the documentation spells them; the texts live for ever. */
struct config_changes {
	unsigned classes; /* of the keys in live[] */
	const char *live[CONFIG_CHANGES_MAX];
	size_t live_count;
	const char *restart[CONFIG_CHANGES_MAX]; /* these wait for a restart */
	size_t restart_count;
};

/*
 * Compares by value, the contents of named files included (as they were when each was loaded).
 * Returns how many keys differ that have an effect.
 */
int config_compare(const struct config *old, const struct config *fresh,
		   struct config_changes *ret);

/*
 * Gives `fresh` the values of `old` for all keys that need a restart, so that none of them takes
 * half an effect. -ENOMEM: fresh is of no use then but for config_free().
 */
int config_merge(struct config *fresh, const struct config *old);

/*
 * Loads old's file again, compares and merges. What the command line said (the *_flag fields)
 * stays said. On failure *ret_error is as config_load() has it, and old is still what holds. The
 * caller frees *ret, and old once nobody uses it.
 */
int config_reload(const struct config *old, struct config **ret, struct config_changes *ret_changes,
		  char **ret_error);

#endif
