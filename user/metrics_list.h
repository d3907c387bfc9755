/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every metric, once: the text of /metrics and the table of docs/metrics.md come from here.
 * m is a const struct metrics (metrics.h).
 */
#ifndef XDNS_METRICS_LIST_H
#define XDNS_METRICS_LIST_H

/* X(name, type, help, value): one value. The name is preceded by mesos_xdns_. */
#define METRICS(X)                                                                                 \
	X(zone_ready, gauge, "a zone is served (1) or there is none yet (0)", m->ready)            \
	X(zone_expired, gauge,                                                                     \
	  "nothing was heard of the cluster for SOAExpire: names get "                             \
	  "SERVFAIL",                                                                              \
	  m->expired)                                                                              \
	X(zone_complete, gauge, "no name is missing of a zone taken over from the maps",           \
	  m->complete)                                                                             \
	X(zone_serial, gauge, "serial of the SOA", m->serial)                                      \
	X(zone_names, gauge, "names that exist, those between included", m->counts.names)          \
	X(zone_age_seconds, gauge, "time since the zone last changed; NaN: it never has",          \
	  m->zone_age)                                                                             \
	X(zone_commits_total, counter, "changes of the zone", m->follower.commits)                 \
	X(tcp_connections_total, counter, "TCP connections taken", m->server.tcp_connections)      \
	X(tcp_refused_total, counter, "TCP connections closed at once: too many",                  \
	  m->server.tcp_refused)                                                                   \
	X(tcp_evicted_total, counter, "TCP connections closed to make room for others",            \
	  m->server.tcp_evicted)                                                                   \
	X(tcp_denied_total, counter, "TCP connections of clients in clientsDeny, closed at once",  \
	  m->server.tcp_denied)                                                                    \
	X(forward_queries_total, counter, "queries taken to be forwarded",                         \
	  m->server.forward.queries)                                                               \
	X(forward_answered_total, counter, "forwarded queries that were answered",                 \
	  m->server.forward.answered)                                                              \
	X(forward_failed_total, counter, "forwarded queries that no resolver answered",            \
	  m->server.forward.failed)                                                                \
	X(forward_tries_total, counter, "queries sent to resolvers", m->server.forward.tries)      \
	X(forward_tcp_total, counter, "tries over TCP", m->server.forward.retried_tcp)             \
	X(forward_joined_total, counter, "forwarded queries that another client's answered, too",  \
	  m->server.forward.joined)                                                                \
	X(forward_full_total, counter,                                                             \
	  "queries refused: too many under way, in all or of a network",                           \
	  m->server.forward.refused_full)                                                          \
	X(master_heard_age_seconds, gauge, "time since the last word from the master; NaN: none",  \
	  m->heard_age)                                                                            \
	X(master_failing, gauge, "state documents cannot be had", m->status.failing)               \
	X(master_documents_total, counter, "state documents fetched", m->follower.documents)       \
	X(master_documents_failed_total, counter, "fetches that failed",                           \
	  m->follower.documents_failed)                                                            \
	X(master_document_bytes_total, counter, "octets of state documents, decompressed",         \
	  m->follower.document_bytes)                                                              \
	X(stream_connected, gauge, "the master's event stream is heard", m->status.stream)         \
	X(stream_connects_total, counter, "times the stream was opened",                           \
	  m->follower.stream_opened)                                                               \
	X(stream_lost_total, counter, "times it broke", m->follower.stream_lost)                   \
	X(stream_events_total, counter, "events of the stream", m->follower.events)                \
	X(stream_bytes_total, counter, "octets of streams, decompressed",                          \
	  m->follower.stream_bytes)                                                                \
	X(tasks, gauge, "running tasks known", m->status.tasks)                                    \
	X(agents, gauge, "agents known", m->status.agents)                                         \
	X(frameworks, gauge, "frameworks known", m->status.frameworks)                             \
	X(frameworks_alike, gauge,                                                                 \
	  "frameworks whose name in the domain an earlier one has (/v1/conflicts)",                \
	  m->frameworks_alike)                                                                     \
	X(hold, gauge, "what a new leader does not know yet is kept (1)", m->status.holding)       \
	X(held_tasks, gauge, "tasks kept so", m->status.held_tasks)                                \
	X(xdp_serving, gauge, "the program answers on an interface", m->xdp_serving)               \
	X(xdp_check_walks_total, counter, "times all maps were compared with the zone",            \
	  m->checked.walks)                                                                        \
	X(xdp_check_names_total, counter, "names compared so", m->checked.names)                   \
	X(xdp_check_missing_total, counter,                                                        \
	  "names found missing in the map `names`, and put back", m->checked.missing)              \
	X(xdp_check_wrong_total, counter, "names found with another record, and put right",        \
	  m->checked.wrong)                                                                        \
	X(xdp_check_extra_total, counter, "entries found that no name has, and taken out",         \
	  m->checked.extra)                                                                        \
	X(xdp_check_front_total, counter, "names found missing in the front index, and put back",  \
	  m->checked.front)                                                                        \
	X(xdp_check_failed_total, counter,                                                         \
	  "of these, not repaired; tried again with the next walk", m->checked.failed)

/* X(name, type, help, labels): several values; metrics.c has a function put_NAME for each. */
#define METRICS_FAMILIES(X)                                                                        \
	X(build_info, gauge, "1", "version")                                                       \
	X(queries_total, counter, "queries that userspace took, by type", "plane, type")           \
	X(answers_total, counter,                                                                  \
	  "answers by who sent them, the program (xdp) or userspace (udp, tcp), and what they "    \
	  "say; each query is one answer or one of mesos_xdns_dropped_total",                      \
	  "plane, answer")                                                                         \
	X(dropped_total, counter, "queries that userspace did not answer", "plane, reason")        \
	X(forward_upstream_tries_total, counter,                                                   \
	  "ended tries by resolver; other: beyond the first 32", "upstream, outcome")              \
	X(forward_upstream_mismatches_total, counter,                                              \
	  "replies that did not fit what was asked: ignored", "upstream")                          \
	X(forward_upstream_seconds, histogram, "from a try to its reply, whatever that says",      \
	  "upstream, le")                                                                          \
	X(transfers_total, counter, "queries for zone transfers, by what became of them",          \
	  "outcome")                                                                               \
	X(notify_total, counter, "what happened when secondaries were told of changes", "event")   \
	X(zone_records, gauge, "resource records served", "type")                                  \
	X(records_left_out_total, counter,                                                         \
	  "records left out: of names the daemon owns (conflict), that no query can ask for "      \
	  "(unreachable), of hosts without address (unresolved)",                                  \
	  "reason")                                                                                \
	X(records_left_out_now, gauge, "records left out at present, by the same reasons",         \
	  "reason")                                                                                \
	X(zone_publish_seconds, histogram, "making a change's records and serving them", "le")     \
	X(event_served_seconds, histogram,                                                         \
	  "from an event's arrival to its being served by kernel and userspace; of one burst "     \
	  "1024 are timed",                                                                        \
	  "le")                                                                                    \
	X(xdp_total, counter, "frames by what the program did with them (docs/bpf.md)", "reason")  \
	X(xdp_interface, gauge, "1: the program is attached there, in that mode",                  \
	  "interface, mode")                                                                       \
	X(xdp_map_used, gauge,                                                                     \
	  "how full the map is; but for `names` and `front`: elements that were ever used", "map") \
	X(xdp_map_room, gauge, "elements it has", "map")                                           \
	X(xdp_run_seconds_total, counter,                                                          \
	  "time the present program has run; 0 unless kernel.bpf_stats_enabled", "")               \
	X(xdp_runs_total, counter, "times it ran; 0 unless kernel.bpf_stats_enabled", "")

#endif
