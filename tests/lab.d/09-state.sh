# SPDX-License-Identifier: GPL-2.0-only
# A state file that is not whole: without a file of services dnatd refuses to start, says where, and
# leaves it alone; with one it starts, and keeps the state aside. Two daemons never share a state.
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

out=$(timeout 120 ip netns exec b1 dnatd --socket "$LAB/other.sock" --state "$STATE" 2>&1)
check_is "another dnatd, in another network namespace, does not take the same state" 1 $?
check_match "and says why" "another dnatd uses the state in $STATE; give each dnatd its own --state" "$out"
daemon_stop

head -c 100 "$LAB/state" >"$STATE"
printf 'service add web4 vip %s port 80\nbackend add web4 addr %s port 8080\n' "$VIP4" "$(addr4 b1)" >"$LAB/services.conf"
check "a damaged one does not stop a start with a file of services" daemon_start --config "$LAB/services.conf"
check_is "which is in force" "5 b1" "$(get c1 5 "$URL4/" 2>&1 | spread)"
check_is "the damaged one is kept" 100 "$(stat -c %s "$STATE.damaged")"
check_match "and the log says so" "$STATE: .*line" "$(cat "$DNATD_LOG")"
daemon_stop
STATE=$LAB/made/state.json
check "a directory that is missing is made" daemon_start
check_is "for root alone" 700 "$(stat -c %a "${STATE%/*}")"
check "and changes are taken" dnatctl service add web vip "$VIP4" port 81
