#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The leader by a real ZooKeeper: at the start, after an election, and when ZooKeeper is away.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
SIM_CONTROL=10.53.1.1:6000
JAR=/usr/share/java/zookeeper.jar
ZK=10.53.1.1:2181

zookeeper_start() {
	net_start master "$NET_DIR/zk.log" java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
		-Dzookeeper.admin.enableServer=false -cp "$JAR" \
		org.apache.zookeeper.server.ZooKeeperServerMain 2181 "$NET_DIR/zk" 200
	ZOOKEEPER=$NET_PID
}

# What must be answered, whatever happens.
tasks() {
	local i
	: >"$NET_DIR/names"
	for i in 0 1 2 3; do
		task "app$i" "app.$i" "$i" "[\"172.16.5.$i\"]" '[]'
		echo "app$i.marathon.mesos A NOERROR 172.16.5.$i" >>"$NET_DIR/names"
	done
	echo "none.marathon.mesos A NXDOMAIN" >>"$NET_DIR/names"
}

# The cold start: neither ZooKeeper nor a zone; then both.
cold() {
	config masters '[]' zk "\"zk://$ZK/mesos\"" zkDetectionTimeout 1 xdpMode '"native"' \
		refreshSeconds 3600 failoverHoldSeconds 60
	DAEMON_LOG=$NET_DIR/daemon.log
	net_start server "$DAEMON_LOG" "$BIN" -config="$NET_DIR/config.json" -v=1
	DAEMON=$NET_PID
	succeeds "without ZooKeeper the daemon says so and stays" within 20 said 'no leader found within 1 s'
	equal "in-domain names are not ready" SERVFAIL "$(status app0.marathon.mesos)"
	matches "which says so" 'EDE: 14' "$(ask +edns app0.marathon.mesos)"
	zookeeper_start
	succeeds "ZooKeeper comes, and with it a leader" within 60 said 'zk: leader 10\.53\.1\.'
	succeeds "the zone is served" within 30 serving
	succeeds "by the kernel" within 20 kernel_serving
	equal "the leader is there" 10.53.1.1 "$(data leader.mesos)"
	equal "and all masters" 3 "$(data master.mesos | wc -w)"
}

elections() {
	sim_post elect '{"master": 2, "empty": true}'
	becomes "an election in ZooKeeper" 10.53.1.4 data leader.mesos
	succeeds "the new leader is empty: everything is held" within 40 said 'does not know 4 tasks'
	sim_post agent '{"register": 4}'
	succeeds "all agents are back" within 40 said 'hold over \(everything'
	sim_post elect '{"master": 1, "empty": true, "reregister": 5, "down": true}'
	becomes "and another, the old leader gone" 10.53.1.3 data leader.mesos
}

# node STATEMENTS: to ZooKeeper by another client, zk
node() {
	net_exec master "$PYTHON" - <<-END
		from kazoo.client import KazooClient
		zk = KazooClient("$ZK")
		zk.start(20)
		path = "/mesos/info_0"
		$1
		zk.stop()
	END
}

# A node like a master's that is none: the simulated masters do not look at such, the daemon does.
garbage() {
	local well
	well=$(times_said 'zk: well again')
	node 'zk.create(path, b"x" * 1000000)'
	succeeds "a node of a million octets: the log says so" within 40 said 'info_0 .*does not tell a master'
	task odd odd.1 0 '["172.16.6.2"]' '[]'
	becomes "the leader's events are followed on" 172.16.6.2 data odd.marathon.mesos
	node 'zk.set(path, b"\0" * 1000)'
	node 'zk.set(path, b"")'
	equal "the leader is still there" 10.53.1.3 "$(data leader.mesos)"
	node 'zk.delete(path)'
	succeeds "gone, and the log says so" within 40 more_said 'zk: well again' "$well"
}

away() {
	local well kept
	well=$(times_said 'zk: well again')
	kept=$(times_said 'zk: .*keeping the masters that are known')
	net_stop "$ZOOKEEPER"
	succeeds "ZooKeeper goes: the log says so" within 40 more_said 'zk: .*keeping the masters that are known' "$kept"
	task late late.1 0 '["172.16.6.1"]' '[]'
	becomes "the leader's events are followed on" 172.16.6.1 data late.marathon.mesos
	equal "the leader is still there" 10.53.1.3 "$(data leader.mesos)"
	zookeeper_start
	succeeds "ZooKeeper comes back" within 90 more_said 'zk: well again' "$well"
	sim_post elect '{"master": 0, "empty": true, "reregister": 5}'
	becomes "and its elections count again" 10.53.1.1 data leader.mesos
}

[ -e "$JAR" ] || skip_all "no ZooKeeper here (Debian's package zookeeper)"
$PYTHON -c 'import kazoo' 2>/dev/null || skip_all "no python3-kazoo here"
stage --listen 10.53.1.3:5050 --listen 10.53.1.4:5050 --control $SIM_CONTROL --tasks 0 --agents 4 \
	--zk "$ZK/mesos" --heartbeat 2
tasks
cold
asking_start
elections
garbage
away
asking_end "all in-domain answers were right throughout"
daemon_stop
finish
