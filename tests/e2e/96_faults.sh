#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Calls of the daemon fail, one call site after the other: a few seconds of what `make faults` does.
# With --world it makes one more world for that, and takes it down when its standard input ends.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

SECRET=c2VjcmV0LW9mLWtleS1vbmUtc2VjcmV0LW9mLWtleS0= # as tests/faults/asking.py has it

# files: what the configurations name
files() {
	umask 077
	echo "$SECRET" >"$NET_DIR/key.one"
	echo 0123456789abcdef-one >"$NET_DIR/token.one"
	echo 0123456789abcdef-two >"$NET_DIR/token.two"
	echo 000102030405060708090a0b0c0d0e0f >"$NET_DIR/cookie.one"
	echo f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff >"$NET_DIR/cookie.two"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=xdns \
		-keyout "$NET_DIR/key.pem" -out "$NET_DIR/cert.pem" 2>/dev/null
	openssl genrsa -out "$NET_DIR/iam.pem" 2048 2>/dev/null
	"$PYTHON" - "$NET_DIR" <<-END
		import json, sys
		json.dump({'uid': 'xdns', 'private_key': open(sys.argv[1] + '/iam.pem').read(),
		           'login_endpoint': 'http://10.53.1.1:5051/login'}, open(sys.argv[1] + '/iam.json', 'w'))
	END
}

# configuration NAME [KEY JSON]...
configuration() {
	local name=$1
	shift
	config xdpKeepServing true httpOn true resolvers '["10.53.2.1"]' timeout 1 xdpMode '"native"' stateTimeoutSeconds 10 \
		tsigKeys "[{\"name\": \"one\", \"secretFile\": \"$NET_DIR/key.one\"}]" "$@"
	[ "$name" = config ] || mv "$NET_DIR/config.json" "$NET_DIR/$name.json"
}

# Those that SIGHUP brings (RELOADS of tests/faults/tries.py). The first is written last: lib.sh's is of that name.
configurations() {
	local secondary='{"address": "10.53.0.2", "key": "one"}' limits='"198.51.100.0/24", "2001:db8::/32"'
	local first=(httpTokenFile "\"$NET_DIR/token.one\"" cookieSecretFile "\"$NET_DIR/cookie.one\"" nsid '"one"'
		transfer "[$secondary]" clientsDeny "[$limits]")
	configuration other refreshSeconds 2 mesosAuthentication '"basic"' mesosCredentials '{"principal": "a", "secret": "b"}' \
		httpTokenFile "\"$NET_DIR/token.two\"" cookieSecretFile "\"$NET_DIR/cookie.two\"" nsid '"two"' \
		transfer "[$secondary, {\"address\": \"10.53.1.0/24\"}]" clientsDeny "[$limits, \"203.0.113.0/24\"]" \
		zoneResolvers '{"example": ["10.53.2.1"]}'
	configuration program "${first[@]}" responsesPerSecond 100000 responsesExempt '["10.53.0.0/16"]' reverseDnsOn true
	configuration login "${first[@]}" \
		httpCertFile "\"$NET_DIR/cert.pem\"" httpKeyFile "\"$NET_DIR/key.pem\"" \
		mesosAuthentication '"iam"' iamConfigFile "\"$NET_DIR/iam.json\""
	configuration config "${first[@]}"
}

stage --tasks 0 --agents 3
stage_upstream
net_start upstream "$NET_DIR/upstream.log" "$PYTHON" tests/e2e/upstream.py 10.53.2.1 "$NET_DIR/asked"
net_start master "$NET_DIR/iam.log" "$PYTHON" tests/faults/login.py 10.53.1.1 5051
task web web.1 0 '["172.16.1.1"]' '[31001]'
files
configurations
if [ "${1:-}" = --world ]; then
	echo "world $NET_PREFIX $NET_DIR"
	cat >/dev/null
	exit
fi
read -ra options <<<"${FAULTS:---seconds 10}"
results "" "$PYTHON" tests/faults/faults.py "$NET_PREFIX" "$NET_DIR" "${options[@]}"
finish
