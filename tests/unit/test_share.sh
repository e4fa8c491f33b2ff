#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The manual has all that dnatd exports, and nothing else. Dashboard and alerts: they parse,
# name only what is exported, and the alerts are raised when they should be. METRICS prints
# the page of an empty dnatd.

set -u
share=${srcdir:?}/share
dashboard=$share/dnat-dashboard.json
rules=$share/dnat-rules.yml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
	printf 'failed: %s\n' "$*" >&2
	failed=1
}

"${METRICS:?}" print | sed -n 's/^# HELP \([^ ]*\) .*/\1/p' | sort >"$work/exported"
[ -s "$work/exported" ] || fail "nothing is exported"

# Each metric once, and no other.
sed -nE 's/^\.It Li ((dnat|process)_[a-z_]+).*/\1/p' "$srcdir/man/dnatd.8" | sort >"$work/manual"
diff "$work/exported" "$work/manual" >"$work/out" || fail "dnatd.8 (>) and the page (<) differ: $(cat "$work/out")"

# used FILE - the metrics that it names. Those of the alerts' own texts count, too.
used() {
	grep -oE '\<(dnat|process)_[a-z_]+' "$1" | sort -u
}

for file in "$dashboard" "$rules"; do
	[ "$(used "$file" | wc -l)" -ge 5 ] || fail "$file names hardly any metrics"
	unknown=$(used "$file" | comm -13 "$work/exported" -)
	[ -z "$unknown" ] || fail "$file names what is not exported: $unknown"
done

# A panel's number and its place are its own, and each asks for something.
python3 - "$dashboard" <<'EOT' || fail "the dashboard is not as it should be"
import json, sys
dashboard = json.load(open(sys.argv[1]))
panels = dashboard["panels"]
assert len({panel["id"] for panel in panels}) == len(panels)
taken = set()
for panel in panels:
    assert panel["title"] and panel["targets"], panel["id"]
    at = panel["gridPos"]
    assert at["x"] + at["w"] <= 24, panel["title"]
    cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
    assert not cells & taken, panel["title"]
    taken |= cells
    for target in panel["targets"]:
        assert target["expr"].count("(") == target["expr"].count(")"), target["expr"]
        assert '$instance' in target["expr"], target["expr"]
EOT

if ! command -v promtool >/dev/null; then
	[ $failed -eq 0 ] || exit 1
	echo "the alerts are not tried: promtool is missing (apt install prometheus)"
	exit 77
fi

# promtool takes the dashboard's expressions, too, once Grafana's variables are filled in.
python3 - "$dashboard" >"$work/panels.yml" <<'EOT'
import json, sys
print("groups:\n  - name: panels\n    rules:")
for panel in json.load(open(sys.argv[1]))["panels"]:
    for target in panel["targets"]:
        expr = target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")
        print("      - {record: panel, expr: %s}" % json.dumps(expr))
EOT
for file in "$rules" "$work/panels.yml"; do
	promtool check rules --lint=none "$file" >"$work/out" 2>&1 ||
		fail "promtool check rules $(basename "$file"): $(cat "$work/out")"
done

cp "$rules" "$srcdir/tests/unit/rules_test.yml" "$work"
promtool test rules "$work/rules_test.yml" >"$work/out" 2>&1 || fail "promtool test rules: $(cat "$work/out")"
sed -n 's/^ *- alert: //p' "$rules" | sort >"$work/alerts"
untried=$(sed -nE 's/^ *- alertname: //p' "$work/rules_test.yml" | sort -u | comm -23 "$work/alerts" -)
[ -z "$untried" ] || fail "not tried: $untried"
exit $failed
