#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Sets the stage of `make soak` up, in namespaces of its own, and runs soak.py on it.
#
#   tests/soak/soak.sh HOURS [OPTION OF soak.py]...
#
# SOAK_ZOOKEEPER=no: the masters are found by the configuration alone.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/peers.sh
. tests/e2e/peers.sh

# What would leave a test out is a failure here.
skip_all() {
	echo "soak: $1"
	net_cleanup
	exit 1
}

HOURS=$1
shift
SIM_CONTROL=10.53.1.1:6000
zookeeper=()
if [ "${SOAK_ZOOKEEPER:-yes}" = no ]; then
	:
elif [ -e /usr/share/java/zookeeper.jar ] && "$PYTHON" -c 'import kazoo' 2>/dev/null; then
	zookeeper=(--zookeeper)
else
	echo "soak: without ZooKeeper (Debian's packages zookeeper and python3-kazoo are not here)"
fi
command -v nsd >/dev/null || skip_all "nsd is not installed"

# `stage` would start the simulator only: what is there of TAP is a complaint.
stage --listen 10.53.1.3:5050 --listen 10.53.1.4:5050 --control $SIM_CONTROL --tasks 300 --agents 8 \
	--heartbeat 2 --seed 3 ${zookeeper[0]:+--zk 10.53.1.1:2181/mesos --zk-session 6}
plain_path
cat >"$NET_DIR/example.zone" <<-'ZONE'
	$ORIGIN example.
	$TTL 60
	@ SOA ns root 1 60 60 60 60
	@ NS ns
	ns A 192.0.2.1
	www A 192.0.2.80
ZONE
stage_nsd example "$NET_DIR/example.zone"
net_stop "$NET_PID" # soak.py starts it, since it ends it, too
"$PYTHON" tests/soak/soak.py --prefix "$NET_PREFIX" --directory "$NET_DIR" --daemon "$BIN" --hours "$HOURS" \
	"${zookeeper[@]}" "$@" &
SOAK=$!
trap 'kill -TERM $SOAK' INT TERM HUP # it prints its table and ends
wait $SOAK
status=$?
[ $status -le 128 ] || { wait $SOAK; status=$?; }
mkdir -p build/soak
cp "$NET_DIR"/{daemon,sim,nsd,zk}.log build/soak/ 2>/dev/null
net_cleanup
exit $status
