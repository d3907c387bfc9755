#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Who may know whom: each rule names included files and the base names that
# alone may include them, or must not. Prints each offence; exit status 1 if
# there is one.
set -u
cd "$(dirname "$0")/.." || exit 1
offences=0

# rule only|never INCLUDED FILES WHY
rule() {
	local line file
	while IFS= read -r line; do
		file=${line%%:*}
		[[ ${file##*/} =~ ^($3)\.[ch]$ ]] && is=never || is=only
		[ "$1" = "$is" ] || continue
		echo "$file: ${line#*:*:}: $4"
		offences=$((offences + 1))
	done < <(grep -nE "^#include [<\"]($2)[>\"]" user/*.[ch] include/*.h bpf/*.[ch])
}

rule only 'bpf/(libbpf|bpf|btf)\.h|mesos-xdns\.skel\.h' 'kernel.*|attach.*' \
	'only kernel*.c and attach*.c know libbpf'
rule only 'bpf/bpf_(helpers|endian)\.h' 'compat|.*\.bpf' 'BPF helpers are for BPF code'
rule only 'jansson\.h|json_cut\.h' 'config.*|iam.*|master_info|json_.*|state.*|event.*|cluster.*|source.*' \
	'JSON ends at the configuration, the state, the events and what masters say in ZooKeeper'
rule only 'curl/curl\.h' 'source.*|fetch.*|http.*|iam.*|main' 'only the fetch knows HTTP'
rule only 'zookeeper/zookeeper\.h' 'detector.*' 'only the detector knows ZooKeeper'
rule only 'uv\.h' 'server.*|forward.*|listeners|worker|udp.*|tcp.*|daemon.*|follower.*|inbox|ask_loop|watch|secondaries' \
	'only the daemon, what it follows and what serves have an event loop'
rule only 'microhttpd\.h' 'http_server' 'only the HTTP server knows its library'
rule only 'uthash\.h|utlist\.h' 'model.*' 'the tables of ids are the model'\''s'
rule never '(cluster|source|state|records|.*_records)\.h' 'reply.*|server.*|forward.*|listeners|worker|udp.*|tcp.*' \
	'what serves reads the zone, not the cluster'
rule never '(zone|records|cluster)\.h' 'forward.*' 'the forwarder knows nothing of the zone'
rule never '(sys/.*|stdio|stdlib|unistd|pthread|errno)\.h' 'abi|answer|counters|csum|dname|dns|pkt|question' \
	'include/ compiles for BPF'

[ $offences -eq 0 ]
