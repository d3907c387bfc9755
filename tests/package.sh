#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The Debian package in a fresh Debian 12: installed, run as its unit says, upgraded while it is asked, removed,
# purged. And the container image's steps, in another. Takes minutes: `make check-package`, not `make check`.
#
#   XDNS_DEB=build/deb/mesos-xdns_VERSION_ARCH.deb tests/package.sh
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/e2e/lib.sh"
DEB=${XDNS_DEB:-$(printf '%s\n' build/deb/mesos-xdns_*.deb | tail -1)}
PLACE=build/package BASE=build/package/base.tar
ROOT='' # of the system that is being looked at

# The package archive of this machine's own apt.
archive() {
	# shellcheck disable=SC2016 # apt's own
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian //p' | head -1
}

# The fresh system, made once: `make clean` takes it away.
base() {
	local uri log=$PLACE/debootstrap.log
	[ ! -e "$BASE" ] || return 0
	[ -x "$(command -v debootstrap)" ] || skip_all "no debootstrap here"
	uri=$(archive)
	[ -n "$uri" ] || skip_all "apt knows no Debian archive here"
	rm -rf "$PLACE/new"
	debootstrap --variant=minbase bookworm "$PLACE/new" "$uri" >"$log" 2>&1 ||
		skip_all "debootstrap of $uri failed: $(tail -1 "$log")"
	apt-config dump | grep '^Acquire::.*Proxy' >"$PLACE/new/etc/apt/apt.conf.d/90proxy"
	tar -C "$PLACE/new" -cf "$BASE.part" . && mv "$BASE.part" "$BASE"
	rm -rf "$PLACE/new"
}

# root_begin NAME: a fresh system of its own, on the server host's network
root_begin() {
	ROOT=$PWD/$PLACE/$1
	rm -rf "$ROOT"
	mkdir "$ROOT"
	tar -C "$ROOT" -xf "$BASE"
	mount -t proc proc "$ROOT/proc"
	# sysfs is that of the network namespace it was mounted in
	net_exec server mount -t sysfs sysfs "$ROOT/sys"
	mount -t bpf -o mode=0755 bpf "$ROOT/sys/fs/bpf"
	BPF_DIR=$ROOT/sys/fs/bpf/mesos-xdns
}

root_end() {
	[ -n "$ROOT" ] || return 0
	umount "$ROOT/sys/fs/bpf" "$ROOT/sys" "$ROOT/proc"
	rm -rf --one-file-system "$ROOT"
	ROOT=''
}

# inside COMMAND...: in the system, with this machine's network; outside_in: with the server host's
inside() {
	env -i PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin DEBIAN_FRONTEND=noninteractive \
		chroot "$ROOT" "$@" 9>&-
}

served() {
	nsenter --net="/run/netns/$(net_name server)" env -i DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin chroot "$ROOT" "$@" 9>&-
}

# What is on the disk, but for what each run of dpkg and apt writes.
files() {
	(cd "$ROOT" && find . -xdev ! -path './var/cache/*' ! -path './var/lib/dpkg/*' ! -path './var/lib/apt/*' \
		! -path './var/log/*' ! -path './run/*' ! -name '*-' | sort)
}

# unit KEY: its value in the installed unit
unit() {
	sed -n "s/^$1=//p" "$ROOT/lib/systemd/system/${2:-mesos-xdns}.service"
}

# systemd's part, as far as the package needs it: the maintainers' scripts ask it to restart or to stop.
stand_in() {
	local capabilities
	capabilities=$(unit AmbientCapabilities | tr '[:upper:]' '[:lower:]' | sed 's/cap_/+/g; s/ /,/g')
	cat >"$ROOT/usr/local/sbin/start-mesos-xdns" <<-END
		#!/bin/sh
		# the pins' unit
		$(unit ExecStart mesos-xdns-pins)
		# \$\$ is the daemon's number: exec keeps it
		setsid sh -c 'echo \$\$ >/run/daemon.pid; exec setpriv --reuid=$(unit User) --regid=$(unit Group) \
			--init-groups --inh-caps=-all,$capabilities --ambient-caps=-all,$capabilities \
			--bounding-set=-all,$capabilities --no-new-privs \
			$(unit ExecStart) -v=1' >>/run/daemon.log 2>&1 </dev/null &
	END
	cat >"$ROOT/usr/local/sbin/deb-systemd-invoke" <<-'END'
		#!/bin/sh
		echo "$*" >>/run/asked
		pid=$(cat /run/daemon.pid)
		kill -TERM "$pid"
		while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
		[ "$1" != try-restart ] || start-mesos-xdns
	END
	printf '#!/bin/sh\n' >"$ROOT/usr/local/sbin/systemctl"
	chmod 755 "$ROOT"/usr/local/sbin/*
	mkdir -p "$ROOT/run/systemd/system"
}

# The unit's work, undone at the end whatever happens.
package_cleanup() {
	local pid
	pid=$(cat "${ROOT:-/nowhere}/run/daemon.pid" 2>/dev/null)
	if [ -n "$pid" ] && [ "$(readlink "/proc/$pid/root")" = "$ROOT" ]; then
		kill -KILL "$pid"
		within 5 eval "! kill -0 $pid"
	fi
	root_end
	net_cleanup
}

# The same files under the version that comes next.
next_version() {
	local version=$1
	rm -rf "$PLACE/next"
	dpkg-deb -R "$DEB" "$PLACE/next"
	sed -i "s/^Version: .*/Version: $version/" "$PLACE/next/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$PLACE/next" "$PLACE/next.deb" >/dev/null
	rm -rf "$PLACE/next"
}

daemon_pid() {
	cat "$ROOT/run/daemon.pid"
}

configure_it() {
	cat >"$ROOT/etc/mesos-xdns/config.json" <<-END
		{"masters": ["10.53.1.1:5050"], "refreshSeconds": 1, "xdpInterfaces": ["client0"], "externalOn": false}
	END
}

many() {
	local i
	for i in 1 2 3; do
		printf 'web.marathon.mesos A NOERROR 172.16.1.1 172.16.1.2 172.16.1.3\n'
	done
	printf 'six.marathon.mesos AAAA NOERROR fd00:16::1\nnobody.marathon.mesos A NXDOMAIN\n'
}

installing() {
	local depends
	depends=$(dpkg-deb -f "$DEB" Depends)
	inside apt-get update -q >"$PLACE/apt.log" 2>&1 || skip_all "no package lists: $(tail -1 "$PLACE/apt.log")"
	succeeds "what it depends on is in Debian 12" inside apt-get satisfy -y -q --no-install-recommends "$depends"
	files >"$PLACE/before"
	cp "$DEB" "$ROOT/tmp/mesos-xdns.deb"
	succeeds "apt-get install" inside apt-get install -y -q --no-install-recommends /tmp/mesos-xdns.deb
	rm "$ROOT/tmp/mesos-xdns.deb"
	equal "it is configured" "install ok installed" \
		"$(inside dpkg-query -s mesos-xdns | sed -n 's/^Status: //p')"
	matches "the user is there" '^mesos-xdns:x:[0-9]+' "$(inside getent passwd mesos-xdns)"
	equal "only the daemon reads the configuration" "root:mesos-xdns 640" \
		"$(inside stat -c '%U:%G %a' /etc/mesos-xdns/config.json)"
	equal "it was not started" "" "$(cat "$ROOT/run/daemon.pid" 2>/dev/null)"
	matches "xdnsctl runs" '^[0-9]+\.[0-9]+' "$(inside xdnsctl --version)"
}

running() {
	stand_in
	configure_it
	served start-mesos-xdns
	within 20 test -s "$ROOT/run/daemon.pid"
	if ! within 30 kernel_serving; then
		not_ok "the kernel serves" "$(tail -20 "$ROOT/run/daemon.log")"
		finish
	fi
	ok "the daemon of the package serves from the kernel"
	equal "it is the user mesos-xdns" "$(inside id -u mesos-xdns)" \
		"$(awk '/^Uid:/ { print $2 }' "/proc/$(daemon_pid)/status")"
	equal "dig" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data web.marathon.mesos)"
	equal "by TCP" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data +tcp web.marathon.mesos)"
	succeeds "xdnsctl doctor finds nothing wrong" served xdnsctl doctor
	matches "xdnsctl status shows the interface" '^interfaces +client0 +generic' "$(served xdnsctl -i 0.1 status)"
}

upgrading() {
	local old
	old=$(daemon_pid)
	next_version "$1"
	cp "$PLACE/next.deb" "$ROOT/tmp/next.deb"
	many >"$NET_DIR/names"
	asking_start
	succeeds "dpkg -i of version $1" served dpkg -i /tmp/next.deb
	succeeds "another daemon runs" within 20 eval "[ \$(cat $ROOT/run/daemon.pid) != $old ]"
	succeeds "and follows the master" within 20 followed new
	asking_end "no answer was lost meanwhile, and none was wrong"
	rm "$ROOT/tmp/next.deb"
	equal "it was restarted as the package asked" "try-restart mesos-xdns.service" "$(cat "$ROOT/run/asked")"
	equal "the version" "$1" "$(inside dpkg-query -s mesos-xdns | sed -n 's/^Version: //p')"
	matches "the configuration stayed" '10\.53\.1\.1:5050' "$(cat "$ROOT/etc/mesos-xdns/config.json")"
}

# followed NAME: a task that has just been started has its answer
followed() {
	[ -e "$NET_DIR/started.$1" ] || task "$1" "$1.1" 0 '["172.16.7.7"]' '[]'
	: >"$NET_DIR/started.$1"
	[ "$(data "$1.marathon.mesos")" = 172.16.7.7 ]
}

removing() {
	succeeds "dpkg -r" served dpkg -r mesos-xdns
	equal "the daemon was stopped" "stop mesos-xdns.service mesos-xdns-pins.service" "$(tail -1 "$ROOT/run/asked")"
	# the kernel's own are always there
	equal "no pins are left" "" "$(find "$ROOT/sys/fs/bpf" -mindepth 1 ! -name "*.debug")"
	equal "no program is left" "" "$(net_exec server ip -d link show dev client0 | grep -o 'prog/xdp.*')"
	equal "nobody answers" "" "$(status +time=1 web.marathon.mesos)"
	equal "the configuration is left, and what remembers the package" "/etc/mesos-xdns/config.json" \
		"$(inside find /etc /usr/sbin /lib/systemd /usr/share/doc -name '*mesos-xdns*' ! -type d -o -path /etc/mesos-xdns/config.json)"
	rm "$ROOT"/usr/local/sbin/{start-mesos-xdns,deb-systemd-invoke,systemctl}
	succeeds "dpkg -P" served dpkg -P mesos-xdns
	files >"$PLACE/after"
	equal "nothing is left on the disk" "" "$(diff "$PLACE/before" "$PLACE/after")"
	equal "nor the user" "" "$(inside getent passwd mesos-xdns)"
	equal "nor the group" "" "$(inside getent group mesos-xdns)"
}

# The steps of the container's recipe in a fresh system, and its command with what Marathon gives it.
container() {
	local line capabilities recipe=tools/container/Containerfile
	cp "$DEB" "$ROOT/tmp/"
	while read -r line; do
		succeeds "the image: ${line:0:60}" inside sh -c "$line"
	done < <(sed -n 's/^RUN //p' "$recipe")
	equal "the image keeps no package" "" "$(ls "$ROOT"/tmp/*.deb 2>/dev/null)"
	configure_it
	capabilities=$(jq -r '[.container.docker.parameters[] | select(.key == "cap-add") | "+" + (.value | ascii_downcase)]
		| join(",")' tools/marathon/mesos-xdns.json)
	# shellcheck disable=SC2046 # words of the recipe
	served sh -c 'echo $$ >/run/daemon.pid; exec "$@" >/run/daemon.log 2>&1 </dev/null' sh \
		setpriv --bounding-set=-all,"$capabilities" --inh-caps=-all --no-new-privs \
		$(sed -n 's/^\(ENTRYPOINT\|CMD\) //p' "$recipe" | jq -r '.[]') &
	if within 30 kernel_serving; then
		ok "its command serves from the kernel, with the capabilities that Marathon gives it"
	else
		not_ok "its command serves from the kernel" "$(tail -20 "$ROOT/run/daemon.log")"
	fi
	equal "dig" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data web.marathon.mesos)"
	kill -TERM "$(daemon_pid)"
	within 10 eval "! kill -0 $(daemon_pid)"
	matches "stopped, the kernel goes on" '^kernel' "$(by_whom web.marathon.mesos)"
	rm -r "$ROOT/sys/fs/bpf/mesos-xdns"
	equal "until the folder goes" "" "$(status +time=1 web.marathon.mesos)"
}

trap package_cleanup EXIT
[ -r "$DEB" ] || { not_ok "there is a package" "$DEB: not there"; finish; }
equal "lintian has no error and no warning" "" "$(lintian --fail-on error,warning "${DEB%.deb}.changes" 2>&1 |
	grep -v 'running with root privileges')"
mkdir -p "$PLACE"
base
stage
trap package_cleanup EXIT
few_tasks
root_begin system
version=$(dpkg-deb -f "$DEB" Version)
installing
running
upgrading "$version+1"
removing
root_end
root_begin image
container
root_end
finish
