#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# As its unit starts it: another user than root, four capabilities, one folder of the BPF file system.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

USER_ID=64711
UNIT=tools/systemd/mesos-xdns.service

# The unit's capabilities as setpriv writes them: +bpf,+perfmon,...
caps=$(sed -n 's/^CapabilityBoundingSet=//p' $UNIT | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
equal "capabilities are given as bounded" "$(sed -n 's/^CapabilityBoundingSet=//p' $UNIT)" \
	"$(sed -n 's/^AmbientCapabilities=//p' $UNIT)"

# as_the_unit CAPS COMMAND...
as_the_unit() {
	local set=-all,$1
	shift
	DAEMON_LOG=$NET_DIR/daemon.log
	net_start server "$DAEMON_LOG" setpriv --reuid $USER_ID --regid $USER_ID --clear-groups \
		--inh-caps "$set" --ambient-caps "$set" --bounding-set "$set" --no-new-privs "$@"
	DAEMON=$NET_PID
}

setpriv --inh-caps "-all,$caps" true 2>/dev/null || skip_all "setpriv knows no such capabilities"
stage
few_tasks
cp "$BIN" "$NET_DIR/mesos-xdns"
chmod 755 "$NET_DIR"
mkdir -m 700 "$BPF_DIR"
chown $USER_ID:$USER_ID "$BPF_DIR"
chmod 711 "$NET_BPF"
config externalOn false port 53
chmod 644 "$NET_DIR/config.json"
as_the_unit "$caps" "$NET_DIR/mesos-xdns" -config="$NET_DIR/config.json" -keep-serving
succeeds "the kernel answers" within 20 kernel_serving
equal "no user is root" "$USER_ID" "$(awk '/^Uid:/ { print $3 }' "/proc/$DAEMON/status")"
equal "from the maps" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data web.marathon.mesos A)"
equal "userspace, too" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data +tcp web.marathon.mesos A)"
daemon_stop
equal "stopped by -keep-serving the kernel goes on" "172.16.1.1 172.16.1.2 172.16.1.3" \
	"$(data web.marathon.mesos A)"
as_the_unit "$caps" "$NET_DIR/mesos-xdns" -config="$NET_DIR/config.json" -keep-serving
succeeds "started again it takes over" within 20 said 'taken over from the kernel'
daemon_stop
# What the second unit does at the end.
rm -rf "$BPF_DIR"
becomes "without the folder nothing is attached" 0 \
	sh -c "ip -n $(net_name server) link show client0 | grep -c xdp"
finish
