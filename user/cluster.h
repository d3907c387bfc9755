/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What mesos-xdns keeps of a Mesos cluster: only what records are made of.
 * Sources: the master's /master/state document (fields named in the comments).
 *
 * A task is one block of memory that owns its strings and arrays, so that one
 * task can be replaced without touching the rest (cluster_task_free()).
 */
#ifndef XDNS_CLUSTER_H
#define XDNS_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

/* resources.ports, inclusive; 0 <= first <= last <= 65535. */
struct port_range {
	uint16_t first, last;
};

/* discovery.ports.ports[] */
struct discovery_port {
	uint16_t number;
	const char *name;     /* "" if absent */
	const char *protocol; /* "" if absent; raw */
};

struct task_addresses {
	const struct address *list; /* in document order, valid ones only */
	size_t count;
};

enum task_phase {
	TASK_RUNNING, /* has records */
	TASK_WAITING, /* may run (again): staging, starting, killing, unreachable; stream only */
	TASK_ENDED,   /* of no further interest; in updates only */
};

/* One task. Strings are never NULL; UTF-8, made valid with U+FFFD. */
struct task {
	const char *id, *name, *agent_id;
	const char *discovery_name; /* "" if there is none */
	const struct discovery_port *discovery_ports;
	const struct port_range *ranges;
	size_t discovery_ports_count, ranges_count;
	/* from the TASK_RUNNING status with the greatest timestamp; "host" comes from the agent */
	struct task_addresses netinfo, docker, mesos;
	uint64_t digest; /* of all of the above: unequal means changed */
	enum task_phase phase;
	const char *waits;  /* static: the state of a waiting task, "" if it has no name here */
	double status_time; /* of that status, seconds since 1970; 0: there was none */
	uint32_t owners;    /* beside the first; cluster_task_share() */
};

struct framework {
	char *id, *name;
	char *host;    /* of the pid, else hostname, "" if neither */
	uint16_t port; /* of the pid */
	bool has_port;
	struct address *addresses; /* of host, resolved */
	size_t addresses_count;
	struct task **tasks; /* document order */
	size_t tasks_count;
};

struct agent {
	char *id;
	char *host; /* of the pid */
	uint16_t port;
	struct address *addresses; /* of host, resolved */
	size_t addresses_count;
};

/* Elements left out because they could not be used, by reason. */
struct cluster_skipped {
	uint64_t tasks, frameworks, agents; /* wrong types, bad pid: the element is left out */
	uint64_t ports; /* port numbers or ranges outside 0..65535, unreadable ranges */
};

struct cluster {
	char *leader_host; /* "10.0.0.1" or "fd00::1"; an IP or a name */
	uint16_t leader_port;
	struct address leader_address; /* resolved; family 0 if that failed */
	struct framework *frameworks;  /* document order */
	size_t frameworks_count;
	struct agent *agents; /* document order; of equal ids the last counts */
	size_t agents_count;
	struct cluster_skipped skipped;
	char *master_id;  /* "id" of the document: another one is another master; "" if absent */
	char **recovered; /* ids of agents the master waits for after an election */
	size_t recovered_count;
	bool stream;	       /* from a SUBSCRIBED event: no leader, no addresses of frameworks */
	uint32_t *agent_index; /* of cluster_index_agents(); NULL: agents are searched one by one */
	size_t agent_index_size;
};

/* Makes cluster_find_agent() O(1); to be called again when agents change. 0 or -errno. */
int cluster_index_agents(struct cluster *c);

/* The agent with this id (of several the last), NULL if there is none. */
const struct agent *cluster_find_agent(const struct cluster *c, const char *id);

/* One more owner of a block; each frees it. Any thread. */
struct task *cluster_task_share(struct task *t);
void cluster_task_free(struct task *t);
void cluster_agent_done(struct agent *a);	  /* what it owns, not a itself */
void cluster_framework_done(struct framework *f); /* the same; its tasks, too */
struct cluster *cluster_free(struct cluster *c);

#endif
