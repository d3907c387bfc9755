/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every way a name of the zone is made, and every reason why one is not, once: what is told of them
 * over HTTP and the tables of docs/http-api.md come from here.
 */
#ifndef XDNS_NAMING_RULES_H
#define XDNS_NAMING_RULES_H

/* X(ID, word, pattern, what its records say) */
#define NAMING_RULES(X)                                                                            \
	X(TASK, "task", "{task}.{framework}.{domain}", "the task's addresses")                     \
	X(TASK_SLAVE, "task-slave", "{task}.{framework}.slave.{domain}",                           \
	  "the addresses of the task's agent")                                                     \
	X(INSTANCE, "instance", "{task}-{hash}-{agent}.{framework}.{domain}",                      \
	  "the addresses of this one task")                                                        \
	X(INSTANCE_SLAVE, "instance-slave", "{task}-{hash}-{agent}.{framework}.slave.{domain}",    \
	  "the addresses of its agent")                                                            \
	X(PORT, "port", "_{task}._{protocol}.{framework}.{domain}",                                \
	  "a port of the task's resources; only of tasks without a discovery name")                \
	X(PORT_SLAVE, "port-slave", "_{task}._{protocol}.{framework}.slave.{domain}",              \
	  "a port of the task's resources")                                                        \
	X(DISCOVERY, "discovery", "_{task}._{protocol}.{framework}.{domain}",                      \
	  "a port of the task's DiscoveryInfo")                                                    \
	X(DISCOVERY_SLAVE, "discovery-slave", "_{task}._{protocol}.{framework}.slave.{domain}",    \
	  "the same, at the agent")                                                                \
	X(DISCOVERY_NAMED, "discovery-named", "_{port}._{task}._{protocol}.{framework}.{domain}",  \
	  "a port of the task's DiscoveryInfo that has a name")                                    \
	X(DISCOVERY_NAMED_SLAVE, "discovery-named-slave",                                          \
	  "_{port}._{task}._{protocol}.{framework}.slave.{domain}", "the same, at the agent")      \
	X(REVERSE, "reverse", "{address, backwards}.in-addr.arpa or .ip6.arpa",                    \
	  "the task that has the address; with reverseDnsOn")                                      \
	X(FRAMEWORK, "framework", "{framework}.{domain}", "the addresses of its scheduler")        \
	X(FRAMEWORK_PORT, "framework-port", "_framework._tcp.{framework}.{domain}",                \
	  "the port of its scheduler")                                                             \
	X(LEADER, "leader", "leader.{domain}", "the address of the leading master")                \
	X(LEADER_PORT, "leader-port", "_leader._{tcp,udp}.{domain}", "the leading master's port")  \
	X(MASTER, "master", "master.{domain}", "the addresses of all masters")                     \
	X(MASTER_NUMBER, "master-number", "master{N}.{domain}",                                    \
	  "the address of one master, in the order of the list")                                   \
	X(SLAVE, "slave", "slave.{domain}", "the addresses of all agents")                         \
	X(SLAVE_PORT, "slave-port", "_slave._tcp.{domain}", "the ports of all agents")             \
	X(NAME_SERVER, "name-server", "{SOAMname}", "the addresses the daemon listens at")         \
	X(APEX, "apex", "{domain}", "SOA and NS, of the configuration")

/* X(ID, word, why) */
#define LEFT_OUT_REASONS(X)                                                                        \
	X(OWNED, "owned", "the daemon owns this name")                                             \
	X(UNREACHABLE, "unreachable",                                                              \
	  "no query can ask for this name, or DNS cannot carry it: an empty label, one of more "   \
	  "than 63 octets, more than 255 octets, or characters Mesos-DNS cannot be asked for")     \
	X(TARGET, "target", "DNS cannot carry the name that the record leads to")                  \
	X(UNRESOLVED, "unresolved", "the host has no known address")                               \
	X(NO_ADDRESS, "no-address", "none of IPSources knows an address of the task")              \
	X(NOT_RUNNING, "not-running", "the task is not running")                                   \
	X(AGENT_UNKNOWN, "agent-unknown", "the task's agent is not known yet")

enum naming_rule {
#define X(id, word, pattern, help) RULE_##id,
	NAMING_RULES(X)
#undef X
		RULES_COUNT
};

enum left_out {
#define X(id, word, why) LEFT_##id,
	LEFT_OUT_REASONS(X)
#undef X
		LEFT_OUT_COUNT
};

#endif
