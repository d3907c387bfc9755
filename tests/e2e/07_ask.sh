#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The client that checks answers, which other scripts rely on, against a server that errs on
# purpose (answers.py): nothing wrong or lost may escape it, and nothing right be called wrong. Needs no root.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

ASK=build/tests/e2e/ask
directory=$(mktemp -d)
trap 'kill $server 2>/dev/null; rm -rf "$directory"' EXIT
mkfifo "$directory/stop"
"$PYTHON" tests/e2e/answers.py <"$directory/stop" >"$directory/port" 2>"$directory/log" &
server=$!
exec 3>"$directory/stop"
within 20 test -s "$directory/port" || { not_ok "the server starts" "$(cat "$directory/log")"; finish; }
SERVER=127.0.0.1:$(cat "$directory/port")

# asking COUNT LINES [OPTION]...: what ask says and its exit status go to OUT. Answers that are
# expected get a minute: a loaded machine is no reason for a lost one.
asking() {
	local count=$1 names=$2
	shift 2
	printf '%b' "$names" >"$directory/names"
	OUT=$($ASK --server "$SERVER" --names "$directory/names" --rate 200 \
		--seconds "$(awk -v n="$count" 'BEGIN { print n / 200 }')" --wait 60 \
		--json "$directory/json" "$@" 2>&1; echo "status $?")
}

# told TEXT FIGURES: "NAME NUMBER NAME NUMBER...", each on a line of its own
told() {
	equal "$1" "$2" "$(awk -v names="$2" '
		BEGIN { n = split(names, word, " "); for (i = 1; i < n; i += 2) wanted[word[i]] = i }
		$1 == "rcode" { $1 = $2; $2 = $3 }
		$1 in wanted { got[wanted[$1]] = $1 " " $2 }
		END { for (i = 1; i < n; i += 2) printf "%s%s", (i > 1 ? " " : ""), got[i]; print "" }' <<<"$OUT")"
}

# wrong TEXT LINE REGEX: 20 wrong ones, and what is said of the first
wrong() {
	asking 20 "$2"
	told "$1: wrong" "sent 20 answered 20 wrong 20 lost 0 status 1"
	matches "$1: and said" "^wrong: after [0-9.]+ s, sent [0-9]+ seen [0-9]+: $3\$" "$OUT"
	equal "$1: ten times" 10 "$(grep -c '^wrong: ' <<<"$OUT")"
}

asking 400 'one.test A NOERROR 10.0.0.1\nset.test A NOERROR 10.0.0.3 10.0.0.1 10.0.0.2
srv.test SRV NOERROR 31000 a.test. 31001 B.test\nnone.test AAAA NOERROR\nONE.test A *\nset.test A +
nxdomain.test A NXDOMAIN\nservfail.test A SERVFAIL\nset.test A NOERROR 10.0.0.9
cut.test A NOERROR 10.0.0.1 10.0.0.2 10.0.0.3\n'
told "right answers" \
	"sent 400 answered 400 lost 0 wrong 0 duplicates 0 strays 0 late 0 cut 50 NOERROR 300 NXDOMAIN 50 SERVFAIL 50 status 0"
equal "the same as JSON" "400 0 0 50 True" "$("$PYTHON" -c '
import json, sys
d = json.load(open(sys.argv[1]))
us = d["latency_us"]
print(d["answered"], d["lost"], d["wrong"], d["rcodes"]["NXDOMAIN"],
      0 < us["p50"] <= us["p99"] <= us["p99.9"] <= us["max"])' "$directory/json" 2>&1)"

wrong "another address" 'one.test A NOERROR 10.0.0.2\n' \
	'one.test A: got NOERROR 10.0.0.1; right: NOERROR 10.0.0.2'
wrong "a record too few" 'short.test A NOERROR 10.0.0.1 10.0.0.2 10.0.0.3\nshort.test A NOERROR\n' \
	'short.test A: got NOERROR 10.0.0.1 10.0.0.2; right: NOERROR or NOERROR 10.0.0.1 10.0.0.2 10.0.0.3'
wrong "a record too many" 'set.test A NOERROR 10.0.0.1 10.0.0.2\n' \
	'set.test A: got NOERROR 10.0.0.1 10.0.0.2 10.0.0.3; right: NOERROR 10.0.0.1 10.0.0.2'
wrong "ports of other targets" 'srv.test SRV NOERROR 31001 a.test 31000 b.test\n' \
	'srv.test SRV: got NOERROR 31000 a.test 31001 b.test; right: NOERROR 31000 b.test 31001 a.test'
wrong "no data" 'none.test A +\n' 'none.test A: got NOERROR; right: NOERROR \+'
wrong "NXDOMAIN" 'nxdomain.test A *\n' 'nxdomain.test A: got NXDOMAIN; right: NOERROR \*'
wrong "SERVFAIL" 'servfail.test A NXDOMAIN\n' 'servfail.test A: got SERVFAIL; right: NXDOMAIN'
wrong "REFUSED" 'refused.test A *\n' 'refused.test A: got REFUSED; right: NOERROR \*'
wrong "cut, with a foreign record" 'cut.test A NOERROR 10.0.0.1 10.0.0.3\n' \
	'cut.test A: got NOERROR \(cut\) 10.0.0.2; right: NOERROR 10.0.0.1 10.0.0.3'
wrong "a query for an answer" 'query.test A *\n' \
	'query.test A: got \(no answer to a query\) NOERROR; right: NOERROR \*'
wrong "another question" 'foreign.test A *\n' \
	'foreign.test A: got \(another question\) NOERROR; right: NOERROR \*'
wrong "another owner" 'owner.test A *\n' 'owner.test A: got \(a record of another name\) NOERROR; right: NOERROR \*'
wrong "another type" 'alias.test A *\n' 'alias.test A: got \(a record of another type\) NOERROR; right: NOERROR \*'
wrong "a message cut off" 'broken.test A *\n' 'broken.test A: got \(malformed\) NOERROR; right: NOERROR \*'
wrong "a name without end" 'loop.test SRV *\n' 'loop.test SRV: got \(malformed data\) NOERROR.*; right: NOERROR \*'

asking 30 'twice.test A *\n'
told "answers that come twice" "sent 30 answered 30 lost 0 wrong 0 duplicates 30 status 0"
asking 30 'never.test A *\n' --wait 0.5
told "no answers" "sent 30 answered 0 lost 30 wrong 0 late 0 status 1"
asking 30 'third.test A *\n' --wait 3
told "each third one is not answered" "sent 30 answered 20 lost 10 wrong 0 status 1"
asking 30 'stray.test A *\n' --wait 0.5
told "answers to what was not asked" "sent 30 answered 0 lost 30 strays 30 status 1"
# the first of them come while the last queries are still to be sent
asking 30 'late.test A *\n' --rate 20 --seconds 1.5 --wait 0.3
told "late answers are lost" "sent 30 answered 0 lost 30 status 1"
late=$(sed -n 's/^late \([0-9]*\) .*/\1/p' <<<"$OUT")
if [ "$late" -gt 0 ]; then ok "and counted"; else not_ok "and counted" "$OUT"; fi
asking 100 'never.test A *\n' --wait 0.2 --outstanding 10
told "those under way are bounded" "sent 100 lost 100 status 1"
asking 50 'one.test A *\n' --from 127.0.0.1 --sockets 1 --edns 0
told "from one socket" "sent 50 answered 50 status 0"

SERVER=127.0.0.1:1 asking 20 'one.test A *\n' --wait 0.3
told "nobody is there" "sent 20 answered 0 lost 20 status 1"
matches "and ICMP said so" '^refused [1-9]' "$OUT"

for line in 'one.test' 'one.test B' 'one.test A NONSENSE' 'one..test A' 'one.test SRV NOERROR 1' 'one.test A * 1'; do
	asking 1 "# comment\n$line\n"
	matches "'$line' is refused by its line" '^ask: .*names:2: .*' "$OUT"
	matches "with status 2" '^status 2' "$OUT"
done
asking 1 '# nothing\n'
matches "no questions are no success" '^status 2' "$OUT"

asking 4000 'one.test A NOERROR 10.0.0.1\n' --rate 4000 --seconds 1 --runs "$directory/runs"
told "4,000 a second" "sent 4000 answered 4000 lost 0 wrong 0 dropped 0 status 0"
matches "all of them are one run" '^one.test A 4000 [0-9]+ [0-9]+ [0-9]+ [0-9]+ NOERROR 10.0.0.1$' \
	"$(cat "$directory/runs")"

# The answer changes each 40 queries.
OUT=$($ASK --server "$SERVER" --watch flip.test A --rate 200 --seconds 0.5 --wait 60; echo "status $?")
told "a watched name" "sent 100 answered 100 lost 0 wrong 0 status 0"
equal "each change is told, in order" "NOERROR 10.0.0.1;NOERROR 10.0.0.2;NOERROR 10.0.0.1" \
	"$(awk '/^[0-9]/ { print $4, $5 }' <<<"$OUT" | paste -sd ';')"
equal "with times that fit together" "3 lines" "$(awk '/^[0-9]/ {
		if ($1 < $3 || $3 < $2 || (NR > 1) != ($2 > 0) || $2 < sent) print "not", $0
		sent = $3; n++
	} END { print n, "lines" }' <<<"$OUT")"

# It goes on until its input ends.
mkfifo "$directory/go"
$ASK --server "$SERVER" --watch one.test A --rate 100 --until-eof --wait 60 <"$directory/go" >"$directory/out" &
client=$!
exec 4>"$directory/go"
within 20 grep -q '^[0-9]' "$directory/out"
exec 4>&-
wait "$client"
equal "the end of its input ends it" 0 $?
matches "with its figures" '^lost 0' "$(cat "$directory/out")"

# The bench's judge of what --runs writes, while the cluster changes.
results "judged: " "$PYTHON" tests/e2e/history_check.py
finish
