#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Who may ask the HTTP API, and how much they can take: token, TLS, ten thousand clients that are
# slow, requests in a row, half-closed connections.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

TOKEN=0123456789abcdef-one
MEMORY_MAX=32768 # KiB that clients can make the daemon grow by (docs/http-api.md)

# code URL [CURL-ARGUMENTS...]: the status, or curl's exit status if there is none
code() {
	local url=$1
	shift
	net_exec client curl -s --max-time 20 -o "$NET_DIR/body" -w '%{http_code}' "$@" "$url" || echo " $?"
}

bearer() {
	echo "Authorization: Bearer $1"
}

# answers SCHEME [CURL-ARGUMENTS...]: who gets what, with the token of $TOKEN
answers() {
	local url="$1://$SERVER:8123"
	shift
	equal "$1: without a token" 401 "$(code "$url/v1/version" "${@:2}")"
	equal "$1: body" "401: Unauthorized" "$(cat "$NET_DIR/body")"
	matches "$1: what is wanted" '^WWW-Authenticate: Bearer' "$(code "$url/v1/axfr" "${@:2}" -D -)"
	equal "$1: with the token" 200 "$(code "$url/v1/version" "${@:2}" -H "$(bearer "$TOKEN")")"
	equal "$1: with another" 401 "$(code "$url/v1/version" "${@:2}" -H "$(bearer "${TOKEN}x")")"
	equal "$1: with a part of it" 401 "$(code "$url/v1/version" "${@:2}" -H "$(bearer "${TOKEN%?}")")"
	equal "$1: another scheme" 401 "$(code "$url/v1/version" "${@:2}" -u "x:$TOKEN")"
	equal "$1: the scheme in other letters" 200 "$(code "$url/v1/version" "${@:2}" -H "authorization: bearer $TOKEN")"
	equal "$1: a path that is not" 401 "$(code "$url/nowhere" "${@:2}")"
	equal "$1: metrics" 401 "$(code "$url/metrics" "${@:2}")"
	equal "$1: watch" 401 "$(code "$url/v1/watch" "${@:2}")"
	equal "$1: healthz is open" 200 "$(code "$url/healthz" "${@:2}")"
	equal "$1: ready is open" 200 "$(code "$url/ready" "${@:2}")"
}

certificates() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=xdns \
		-addext "subjectAltName=IP:$SERVER" -keyout "$NET_DIR/key.pem" -out "$NET_DIR/cert.pem" 2>/dev/null
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other \
		-keyout /dev/null -out "$NET_DIR/other.pem" 2>/dev/null
}

# A new token by SIGHUP.
another_token() {
	local old=$TOKEN
	TOKEN=abcdefabcdef0123
	echo "$TOKEN" >"$NET_DIR/token"
	kill -HUP "$DAEMON"
	becomes "SIGHUP: the new token" 200 code "https://$SERVER:8123/v1/version" -k -H "$(bearer "$TOKEN")"
	equal "SIGHUP: not the old one" 401 "$(code "https://$SERVER:8123/v1/version" -k -H "$(bearer "$old")")"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=new \
		-keyout "$NET_DIR/key.pem" -out "$NET_DIR/cert.pem" 2>/dev/null
	kill -HUP "$DAEMON"
	succeeds "SIGHUP: a new certificate is taken up, and the log says so" \
		within 10 said 'httpCertFile changed, in effect now'
	becomes "SIGHUP: it is served" 200 code "https://$SERVER:8123/v1/version" -k -H "$(bearer "$TOKEN")"
	equal "SIGHUP: no secret is logged" 0 "$(grep -cE "$TOKEN|$old|PRIVATE" "$DAEMON_LOG")"
	echo short >"$NET_DIR/token"
	kill -HUP "$DAEMON"
	succeeds "SIGHUP: a bad token file changes nothing" within 10 said 'httpTokenFile.*keeping the previous configuration'
	equal "SIGHUP: and the token holds" 200 "$(code "https://$SERVER:8123/v1/version" -k -H "$(bearer "$TOKEN")")"
}

tls() {
	local url=https://$SERVER:8123
	equal "TLS: the certificate is verified" 200 "$(code "$url/healthz" --cacert "$NET_DIR/cert.pem")"
	equal "TLS: and not by another" "000 60" "$(code "$url/healthz" --cacert "$NET_DIR/other.pem")"
	equal "TLS 1.3" 200 "$(code "$url/healthz" -k --tlsv1.3)"
	equal "TLS 1.2" 200 "$(code "$url/healthz" -k --tls-max 1.2)"
	equal "TLS 1.1 is refused" "000 35" "$(code "$url/healthz" -k --tls-max 1.1 --tlsv1.0 --ciphers DEFAULT@SECLEVEL=0)"
	equal "HTTP is not spoken" 000 "$(code "http://$SERVER:8123/healthz" | cut -c1-3)"
	equal "config: the files, and no contents" "\"$NET_DIR/key.pem\"" \
		"$(net_exec client curl -sk -H "$(bearer "$TOKEN")" "$url/v1/config" | jq .httpKeyFile)"
	equal "config: no secrets" 0 "$(net_exec client curl -sk -H "$(bearer "$TOKEN")" "$url/v1/config" | grep -cE "$TOKEN|PRIVATE")"
}

# xdnsctl watch over all that
ctl() {
	net_start client "$NET_DIR/told" "$CTL" --url "https://$SERVER:8123" --cacert "$NET_DIR/cert.pem" \
		--token "$NET_DIR/token" --json watch
	local watch=$NET_PID
	succeeds "xdnsctl watch: TLS and token" within 20 grep -q '"reason": "start"' "$NET_DIR/told"
	net_stop "$watch"
	echo wrong-token-wrong-token >"$NET_DIR/wrong"
	matches "xdnsctl watch: a wrong token" 'HTTP status 401' "$(net_exec client "$CTL" --url "https://$SERVER:8123" \
		--cacert "$NET_DIR/cert.pem" --token "$NET_DIR/wrong" watch 2>&1)"
}

rss() {
	awk '/^VmRSS/ { print $2 }' "/proc/$DAEMON/status"
}

# Ten thousand clients that are slow, some hundred at a time. DNS does not notice.
slow() {
	local before after
	before=$(rss)
	echo "172.16.1.1 web.marathon.mesos" >/dev/null
	net_start client "$NET_DIR/slow.log" "$PYTHON" tests/e2e/slow_clients.py "$SERVER" 10000
	local slow=$NET_PID
	equal "meanwhile: UDP" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data web.marathon.mesos)"
	task late late.1 0 '["172.16.5.1"]' '[]'
	becomes "meanwhile: a change is served" 172.16.5.1 data late.marathon.mesos
	within 60 grep -q '^begun' "$NET_DIR/slow.log"
	matches "ten thousand came" '^begun 10000 said [1-9]' "$(cat "$NET_DIR/slow.log")"
	equal "then: UDP" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data web.marathon.mesos)"
	equal "then: TCP" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data +tcp web.marathon.mesos)"
	equal "then: another host is answered" 200 \
		"$(net_exec master curl -s --max-time 20 -o /dev/null -w '%{http_code}' http://10.53.1.2:8123/healthz)"
	after=$(rss)
	memory_bounded $((after - before)) $MEMORY_MAX
	net_stop "$slow"
	within 30 is 200 code "http://$SERVER:8123/healthz"
	equal "then: they are gone, the next is answered" 200 "$(code "http://$SERVER:8123/healthz")"
}

rows() {
	results "" net_exec client "$PYTHON" -c '
import socket, sys

def talk(octets, half_close):
    s = socket.create_connection((sys.argv[1], 8123), timeout=20)
    s.sendall(octets)
    if half_close:
        s.shutdown(socket.SHUT_WR)
    got = b""
    while piece := s.recv(65536):
        got += piece
    return got.count(b"HTTP/1.1 200")

def verdict(text, wanted, got):
    print("pass" if wanted == got else "fail", text, f"({got} answers)")

one = b"GET /v1/version HTTP/1.1\r\nHost: x\r\n\r\n"
last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
verdict("fifty requests in a row", 51, talk(one * 50 + last, False))
verdict("a client that has no more to say", 2, talk(one + last, True))
verdict("half a request, and no more to say", 0, talk(one[:20], True))
' "$SERVER"
}

# serving_http SCHEME KEYS...
guard_daemon() {
	daemon_xdp native httpOn true "$@"
}

command -v jq >/dev/null || skip_all "jq is not installed"
stage
few_tasks
certificates
echo "$TOKEN" >"$NET_DIR/token"
guard_daemon httpTokenFile "\"$NET_DIR/token\""
within 20 is 172.16.2.1 data six.marathon.mesos
answers http HTTP
daemon_stop
guard_daemon httpTokenFile "\"$NET_DIR/token\"" httpCertFile "\"$NET_DIR/cert.pem\"" httpKeyFile "\"$NET_DIR/key.pem\""
answers https HTTPS -k
tls
ctl
another_token
daemon_stop
guard_daemon
within 20 is 200 code "http://$SERVER:8123/healthz"
rows
slow
equal "nothing went wrong" "" "$(grep -E 'Sanitizer|error: |Assert' "$DAEMON_LOG")"
daemon_stop
finish
