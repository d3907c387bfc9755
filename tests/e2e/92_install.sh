#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# `make install` into an empty folder, again over a configuration, and `make uninstall`.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# do_make TARGET: quietly, and not as a part of the make that runs the tests
do_make() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s "$1" DESTDIR="$root" PREFIX=/usr
}

files() {
	(cd "$root" && find . -type f ! -path './usr/share/doc/*/docs/*' ! -path './usr/share/man/*' | sort)
}

succeeds "make install" do_make install
equal "the files, beside documents and manual" "./etc/mesos-xdns/config.json
./usr/lib/systemd/system/mesos-xdns-pins.service
./usr/lib/systemd/system/mesos-xdns.service
./usr/lib/sysusers.d/mesos-xdns.conf
./usr/sbin/mesos-xdns
./usr/sbin/xdnsctl
./usr/share/bash-completion/completions/mesos-xdns
./usr/share/bash-completion/completions/xdnsctl
./usr/share/doc/mesos-xdns/README.md
./usr/share/doc/mesos-xdns/copyright
./usr/share/doc/mesos-xdns/examples/config.json
./usr/share/mesos-xdns/grafana/mesos-xdns.json
./usr/share/mesos-xdns/prometheus/mesos-xdns.rules.yml
./usr/share/zsh/vendor-completions/_mesos-xdns
./usr/share/zsh/vendor-completions/_xdnsctl" "$(files)"
shopt -s nullglob
for page in docs/*.[58]; do
	succeeds "${page##*/} is there" cmp "$page" "$root/usr/share/man/man${page##*.}/${page##*/}"
done
matches "the installed daemon runs" '^[0-9]+\.[0-9]+' "$("$root/usr/sbin/mesos-xdns" -version)"
for program in mesos-xdns xdnsctl; do
	elf=$(readelf -Whldn "$root/usr/sbin/$program")
	matches "$program can be loaded anywhere (PIE)" 'Type: +DYN' "$elf"
	matches "$program: relocations are read-only (RELRO)" 'GNU_RELRO' "$elf"
	matches "$program: and bound at the start" 'BIND_NOW|Flags: .*NOW' "$elf"
	matches "$program: no executable stack" 'GNU_STACK .* RW ' "$elf"
	matches "$program: the stack is guarded, copies are checked" '__stack_chk_fail.*__(mem|str|s)[a-z]*_chk|__(mem|str|s)[a-z]*_chk' \
		"$(readelf -Ws --dyn-syms "$root/usr/sbin/$program" | grep -o '__[a-z_]*chk[a-z_]*' | sort -u | paste -sd ' ')"
done
matches "the unit starts it" '^ExecStart=/usr/sbin/mesos-xdns -config=/etc/mesos-xdns/config.json ' \
	"$(cat "$root/usr/lib/systemd/system/mesos-xdns.service")"
if command -v systemd-analyze >/dev/null; then
	mkdir "$root/units"
	for unit in mesos-xdns mesos-xdns-pins; do
		sed 's,^ExecStart=/usr/sbin/mesos-xdns,ExecStart=/bin/true,' \
			"$root/usr/lib/systemd/system/$unit.service" >"$root/units/$unit.service"
	done
	equal "systemd finds nothing wrong with the units" "" \
		"$(SYSTEMD_UNIT_PATH="$root/units:" systemd-analyze verify --man=no "$root/units/mesos-xdns.service" 2>&1 |
			grep mesos-xdns)"
	equal "their exposure is at most 2.0" "" "$(systemd-analyze security --offline=true --threshold=20 \
		--no-pager "$root/units/mesos-xdns.service" 2>&1 >/dev/null || echo more)"
	rm -r "$root/units"
else
	skip "systemd finds nothing wrong with the units" "no systemd-analyze here"
fi
echo changed >"$root/etc/mesos-xdns/config.json"
succeeds "make install again" do_make install
equal "leaves the configuration" changed "$(cat "$root/etc/mesos-xdns/config.json")"
succeeds "make uninstall" do_make uninstall
equal "leaves the configuration alone" "./etc/mesos-xdns/config.json" "$(cd "$root" && find . -type f)"
# Completion knows every option.
for option in $("$BIN" -help 2>&1 | sed -n 's/^  -\([a-z_-]*\).*/\1/p'); do
	matches "-$option is completed by bash" "[' ]-$option([= ]|\$)" "$(sed "s/'/ /g; s/\t/ /g" tools/completion/mesos-xdns.bash)"
	matches "-$option is completed by zsh" "-${option}[[},=]" "$(cat tools/completion/_mesos-xdns)"
done
finish
