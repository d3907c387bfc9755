#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The dashboard, the alerts and their runbook: of metrics that there are, and as promtool likes them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

results "" "$PYTHON" tests/e2e/dashboards.py docs/metrics.md tools/grafana/mesos-xdns.json \
	tools/prometheus/mesos-xdns.rules.yml docs/runbook.md "$folder"

# A metric that is not there is noticed.
sed 's/mesos_xdns_zone_ready/mesos_xdns_zone_gone/' tools/grafana/mesos-xdns.json >"$folder/gone.json"
sed 's/xdp_total{reason=/xdp_total{why=/' tools/prometheus/mesos-xdns.rules.yml >"$folder/gone.yml"
sed 's/^## MesosXdnsHold/## MesosXdnsHeld/' docs/runbook.md >"$folder/gone.md"
equal "a metric, a label and a section that are gone are noticed" 4 "$("$PYTHON" tests/e2e/dashboards.py \
	docs/metrics.md "$folder/gone.json" "$folder/gone.yml" "$folder/gone.md" "$folder" | grep -c ^fail)"

if command -v promtool >/dev/null; then
	succeeds "promtool: the rules" promtool check rules tools/prometheus/mesos-xdns.rules.yml
	succeeds "promtool: the alerts fire when they should, and only then" \
		promtool test rules tools/prometheus/mesos-xdns.test.yml
	succeeds "promtool: the dashboard's queries" promtool check rules "$folder/queries.yml"
else
	skip "promtool" "promtool is not installed (Debian package prometheus)"
fi
finish
