// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Who has to go when there is no room (RFC 7766 6.2.3 leaves it to the server): connections are
 * closed for new ones, so that slow ones, however many, keep nobody out.
 */
#include <errno.h>

#include "stat.h"
#include "tcp_priv.h"

/* Has never asked anything, or if there is none, whose query is longest ago. */
static struct tcp_conn *missed_least(struct tcp *t)
{
	struct tcp_conn *c, *idle = NULL;

	cds_list_for_each_entry(c, &t->conns, node) {
		if (!c->asked)
			return c;
		if (!idle && !c->forwards_count && !c->transfer)
			idle = c;
	}
	return idle;
}

static void evict(struct tcp_conn *c)
{
	stat_add(&c->t->env->stats->tcp_evicted, 1);
	tcp_conn_close(c);
}

int tcp_make_room(struct tcp *t)
{
	struct tcp_conn *c = missed_least(t);

	if (!c)
		return -EMFILE;
	evict(c);
	return 0;
}

static struct tcp_conn *keeps_most(struct tcp *t)
{
	struct tcp_conn *c, *most = NULL;

	cds_list_for_each_entry(c, &t->conns, node) {
		if (!most || c->held > most->held)
			most = c;
	}
	return most;
}

void tcp_note_held(struct tcp_conn *c)
{
	struct tcp *t = c->t;
	size_t held = c->rest_len + c->out_len, before = c->held;
	struct tcp_conn *most;

	t->held = t->held - before + held;
	c->held = held;
	/* only what grows can be too much: nobody else goes while the connections are gone through
	 */
	if (held <= before || t->held <= TCP_HELD_MAX)
		return;
	most = keeps_most(t);
	if (most != c)
		evict(most);
	else
		c->broken = true;
}
