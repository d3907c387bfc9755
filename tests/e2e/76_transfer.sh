#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The zone goes to secondaries, and to nobody else: NSD, Knot and BIND, with a key and without one,
# have it at once and follow it while the cluster changes many times a second.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/secondaries.sh
. tests/e2e/secondaries.sh

for program in nsd knotd named kdig jq; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done

ALL=(nsd:10.53.0.11: nsd:10.53.0.12:one knot:10.53.0.13: knot:10.53.0.14:two bind:10.53.0.15: bind:10.53.0.16:two)

# write_keys: the secrets as the daemon wants them
write_keys() {
	local name
	for name in one two; do
		(umask 077 && echo "${SECRET[$name]#*:}" >"$NET_DIR/key.$name")
	done
	KEYS="[{\"name\": \"one\", \"secretFile\": \"$NET_DIR/key.one\"},
		{\"name\": \"two\", \"algorithm\": \"hmac-sha512\", \"secretFile\": \"$NET_DIR/key.two\"}]"
}

# secondaries: the list for the configuration, and who reads for the tests
secondaries() {
	local one address key
	echo '[{"address": "10.53.0.2", "notify": false}, {"address": "10.53.1.0/24", "key": "one"}'
	for one in "${ALL[@]}"; do
		IFS=: read -r _ address key <<<"$one"
		echo ", {\"address\": \"$address\"${key:+, \"key\": \"$key\"}}"
	done
	echo ']'
}

# metric NAME{LABELS}
metric() {
	net_exec client curl -s "http://$SERVER:8123/metrics" | sed -n "s/^mesos_xdns_$1 //p"
}

same_serial() {
	[ "$(serial_of "$1")" = "$(serial_of)" ]
}

# all_current TEXT: every secondary comes to hold exactly our zone
all_current() {
	local one program address key
	zone_at >"$NET_DIR/ours"
	for one in "${ALL[@]}"; do
		IFS=: read -r program address key <<<"$one"
		within 20 same_serial "$address"
		zone_at "$address" >"$NET_DIR/theirs"
		if cmp -s "$NET_DIR/ours" "$NET_DIR/theirs"; then
			ok "$program${key:+ with a key}: $1, $(wc -l <"$NET_DIR/theirs") records"
		else
			not_ok "$program${key:+ with a key}: $1" "$(diff "$NET_DIR/ours" "$NET_DIR/theirs" | head)
$(tail -5 "$NET_DIR/$address.log") $(grep -E 'transfer|notify' "$DAEMON_LOG" | tail -5)"
		fi
	done
}

# quiet: the zone has stopped to change
quiet() {
	local before
	before=$(serial_of)
	sleep 0.5
	[ "$(serial_of)" = "$before" ]
}

# Each change of the cluster by its own event, starts, ends and moves.
churn() {
	local before
	before=$(metric 'zone_commits_total')
	sim_post events '{"rate": 40, "seconds": 4}'
	sleep 4
	within 20 quiet
	CHANGES=$(($(metric 'zone_commits_total') - before))
}

by_notify() {
	local one program address key
	for one in "${ALL[@]}"; do
		IFS=: read -r program address key <<<"$one"
		matches "$program${key:+ with a key}: took the changes, and no more (IXFR)" \
			"transfer: ixfr to $address:[0-9]+: serial" "$(grep transfer: "$DAEMON_LOG")"
	done
	succeeds "they were told: $(metric 'notify_total{event="acknowledged"}') of $(metric 'notify_total{event="sent"}') messages acknowledged for $CHANGES changes" \
		[ "$(metric 'notify_total{event="acknowledged"}')" -ge 12 ]
	equal "none refused a message, or gave a bad answer" "0 0" \
		"$(metric 'notify_total{event="refused"}') $(metric 'notify_total{event="ignored"}')"
}

# who_may: dig and kdig, from where it is allowed, by key or not at all
who_may() {
	local records good bad
	records=$(zone_at | wc -l)
	good=$(net_exec master dig @10.53.1.2 -y "$(dig_key one)" mesos AXFR | grep -c ' *IN\b')
	equal "dig with the key: all records, the SOA twice" $((records + 1)) "$good"
	good=$(net_exec master kdig @10.53.1.2 -y "$(dig_key one)" mesos AXFR | grep -vc '^;\|^$\|TSIG')
	equal "kdig with the key" $((records + 1)) "$good"
	bad=$(net_exec master dig @10.53.1.2 mesos AXFR)
	matches "without the key: nothing" 'Transfer failed' "$bad"
	bad=$(net_exec master dig @10.53.1.2 -y "$(dig_key two)" mesos AXFR)
	matches "with another's key: nothing" 'Transfer failed' "$bad"
	bad=$(net_exec master dig @10.53.1.2 -y "$(dig_key one lost)" mesos AXFR)
	matches "with another secret: BADSIG" 'BADSIG' "$bad"
	bad=$(net_exec master dig @10.53.1.2 -y "$(dig_key lost)" mesos AXFR)
	matches "with an unknown key: BADKEY" 'BADKEY' "$bad"
	equal "a signed question has a signed answer, by UDP and by TCP" "verified verified" \
		"$(for how in notcp tcp; do
			net_exec master dig "+$how" @10.53.1.2 -y "$(dig_key two)" leader.mesos >"$NET_DIR/signed" 2>&1
			grep -q 'status: NOERROR' "$NET_DIR/signed" && grep -q 'TSIG.*NOERROR' "$NET_DIR/signed" &&
				! grep -qi "couldn't verify" "$NET_DIR/signed" && echo verified
		done | paste -sd ' ')"
	matches "a question with an unknown key: NOTAUTH" 'status: NOTAUTH' \
		"$(net_exec master dig @10.53.1.2 -y "$(dig_key lost)" leader.mesos)"
	bad=$(net_exec server dig @127.0.0.1 mesos AXFR +noall +comments)
	matches "from nowhere in the list: nothing" 'Transfer failed' "$bad"
	matches "REFUSED, by UDP, too" 'REFUSED' "$(net_exec server kdig @127.0.0.1 +notcp mesos IXFR=1 2>&1)"
	equal "refused and bad ones are counted" "4 2" \
		"$(metric 'transfers_total{outcome="refused"}') $(metric 'transfers_total{outcome="bad_signature"}')"
}

# The forms of IXFR, by dig.
forms() {
	local serial
	serial=$(serial_of)
	equal "IXFR from the version of now: one SOA" 1 "$(ask +tcp "mesos" "IXFR=$serial" | grep -c SOA)"
	equal "IXFR by UDP: one SOA" 1 "$(ask +notcp mesos "IXFR=$((serial - 1))" | grep -c SOA)"
	equal "IXFR from a version nobody remembers: the zone" "$(zone_at | sed 's/^/x/' | wc -l)" \
		"$(ask +tcp mesos IXFR=1 | grep -v '^;' | grep . | sort -u | wc -l)"
	task form form.1 0 '["172.16.5.1"]' '[]'
	within 20 is 172.16.5.1 data form.marathon.mesos
	equal "IXFR of one change: what came, between SOAs" "SOA SOA SOA A A A A SOA" \
		"$(ask +tcp mesos "IXFR=$serial" | grep -v '^;' | grep . | awk '{ print $4 }' | paste -sd ' ')"
}

# A reload takes a secondary off and lets another key in.
reload() {
	config xdpMode '"native"' httpOn true SOARefresh 3600 SOARetry 3600 tsigKeys "$KEYS" \
		transfer '[{"address": "10.53.0.2", "notify": false}]'
	kill -HUP "$DAEMON"
	within 20 said 'transfer changed, in effect now' || not_ok "the list is reread" "$(tail "$DAEMON_LOG")"
	matches "after a reload: nothing for those who left the list" 'Transfer failed' \
		"$(net_exec master dig @10.53.1.2 -y "$(dig_key one)" mesos AXFR)"
	matches "the secrets are nowhere to be seen" '^0$' "$({
		cat "$DAEMON_LOG"
		net_exec client curl -s "http://$SERVER:8123/v1/config"
		tr '\0' ' ' <"/proc/$DAEMON/cmdline"
	} | grep -cF -e "${SECRET[one]#*:}" -e "${SECRET[two]#*:}")"
}

stage --tasks 300 --agents 8 --seed 7
write_keys
for one in "${ALL[@]}"; do
	IFS=: read -r program address key <<<"$one"
	"secondary_$program" "$address" "$key"
done
daemon_xdp native httpOn true SOARefresh 3600 SOARetry 3600 tsigKeys "$KEYS" transfer "$(secondaries)"
all_current "has the zone"
churn
all_current "has the zone after $CHANGES changes"
by_notify
who_may
forms
reload
finish
