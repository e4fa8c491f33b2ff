# SPDX-License-Identifier: GPL-2.0-only
# A state file that is not whole: dnatd refuses to start, says where, and leaves it alone.
# shellcheck shell=bash

# refuses WHAT PATTERN - start on the present state file: must fail with one line that matches.
refuses() {
	local before out rc

	before=$(sha256sum "$STATE")
	out=$(timeout 120 ip netns exec lb dnatd 2>&1)
	rc=$?
	check_is "$1: dnatd does not start" 1 "$rc"
	check_match "$1: it says which line" "$2" "$out"
	check_is "$1: in one line" 1 "$(wc -l <<<"$out")"
	check_is "$1: and leaves the file alone" "$before" "$(sha256sum "$STATE")"
}

check "dnatd starts" daemon_start || return
check "services are added" services web 80 b1 b2 || return
check_is "the state file is not for others to read" 600 "$(stat -c %a "$STATE")"
daemon_stop
ruleset=$(ruleset)
cp "$STATE" "$LAB/state"
lines=$(wc -l <"$LAB/state")

head -c $(($(stat -c %s "$LAB/state") / 2)) "$LAB/state" >"$STATE"
refuses "cut off" "$STATE.*line $(($(wc -l <"$STATE") + 1))\b"
echo 'this is not JSON' >"$STATE"
refuses "not JSON" "$STATE.*line 1\b"
: >"$STATE"
refuses "empty" "$STATE.*line"
sed 's/"192\.0\.2\.10"/"192.0.2.300"/' "$LAB/state" >"$STATE"
refuses "not an address" "$STATE.*192\.0\.2\.300"
sed '$d' "$LAB/state" >"$STATE"
refuses "last line missing" "$STATE.*line $lines\b"
check_is "the ruleset stayed as it was" "$ruleset" "$(ruleset)"

cp "$LAB/state" "$STATE"
check "the right one is taken" daemon_start
check_is "and the ruleset is still that of before" "$ruleset" "$(ruleset)"
