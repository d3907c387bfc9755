#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Dashboard, alerts, metrics and runbook fit together.

usage: dashboards.py metrics.md dashboard.json rules.yml runbook.md FOLDER

The metrics are those of metrics.md, which a unit test compares with the code. Writes the dashboard's
queries as rules into FOLDER/queries.yml, for promtool. Prints "pass TEXT" and "fail TEXT".
"""
import json
import re
import sys

ALWAYS = {"instance", "job"}  # labels that Prometheus puts there
SUFFIX = {"histogram": ("_bucket", "_sum", "_count")}


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def known_metrics(page):
    """By name: the labels."""
    known = {}
    for name, kind, labels in re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, ]*) ?\|", page, re.M):
        labels = set(re.findall(r"\w+", labels)) - {"le"}
        for suffix in SUFFIX.get(kind, ("",)):
            known[name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return known


def strangers(query, known):
    """What a query has that no metric has."""
    bad = [m for m in re.findall(r"mesos_xdns_\w+", query) if m not in known]
    for name, selector in re.findall(r"(mesos_xdns_\w+)\{([^}]*)\}", query):
        for label in re.findall(r'(\w+) *(?:=~|!~|!=|=) *"', selector):
            if label not in known.get(name, ()) and label not in ALWAYS:
                bad.append("%s{%s}" % (name, label))
    used = set(re.findall(r"mesos_xdns_\w+", query))
    labels = set().union(*(known.get(m, set()) for m in used)) | ALWAYS
    for group in re.findall(r"\b(?:by|on|without) *\(([^)]*)\)", query):
        bad += ["by (%s)" % label for label in re.findall(r"\w+", group) if label not in labels]
    return bad


def report(wrong, text):
    print("%s %s%s" % ("fail" if wrong else "pass", text, ": " + ", ".join(wrong) if wrong else ""))


def dashboard_queries(board):
    """Panel's title and query."""
    return [(panel["title"], target["expr"])
            for panel in board["panels"] for target in panel.get("targets", ())]


def check_dashboard(text, known, folder):
    board = json.loads(text)
    queries = dashboard_queries(board)
    report([] if len(queries) > 30 else ["%d" % len(queries)], "the dashboard has its queries")
    report(["%s: %s" % (title, bad) for title, query in queries for bad in strangers(query, known)],
           "its queries are of metrics and labels that there are")
    shown = {m for _, query in queries for m in re.findall(r"mesos_xdns_\w+", query)}
    report([] if len(shown) > 30 else sorted(shown), "it shows most of them")
    ids = [panel["id"] for panel in board["panels"]]
    report([] if len(ids) == len(set(ids)) else ["an id twice"], "its panels have numbers of their own")
    with open(folder + "/queries.yml", "w", encoding="utf-8") as out:
        out.write("groups:\n  - name: dashboard\n    rules:\n")
        for i, (_, query) in enumerate(queries):
            query = query.replace("$__rate_interval", "5m").replace("$instance", ".*")
            out.write("      - record: query:%d\n        expr: %s\n" % (i, json.dumps(query)))


def check_alerts(text, runbook, known):
    alerts = re.split(r"^      - alert: ", text, flags=re.M)[1:]
    names = [alert.split("\n")[0] for alert in alerts]
    report([] if len(names) > 15 else names, "the alerts are found")
    report(["%s: %s" % (name, bad) for name, alert in zip(names, alerts)
            for bad in strangers(re.sub(r"annotations:.*", "", alert, flags=re.S), known)],
           "they are of metrics and labels that there are")
    report([name for name, alert in zip(names, alerts)
            if not re.search(r"runbook: docs/runbook\.md#%s\n" % name.lower(), alert + "\n")],
           "each names its section of the runbook")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", runbook, re.M | re.S))
    report([name for name in names if name not in sections], "the section is there")
    report([name for name in sections if name not in names], "no section is left of an alert that is gone")
    report([name for name, body in sections.items()
            if not all("**%s:**" % part in body for part in ("Means", "Look at", "Do"))],
           "it says what it means, what to look at, what to do")
    report(sorted(m for m in set(re.findall(r"mesos_xdns_\w+", runbook)) if m not in known and
                  m + "_count" not in known), "the runbook's metrics are there")


def main():
    metrics, dashboard, rules, runbook, folder = sys.argv[1:]
    known = known_metrics(read(metrics))
    check_dashboard(read(dashboard), known, folder)
    check_alerts(read(rules), read(runbook), known)


if __name__ == "__main__":
    main()
