# SPDX-License-Identifier: GPL-2.0-only
# What a lab test is written with. Every check prints one line, "ok" or "not ok", and a
# failed one prints what there is to know; nothing ends the test before its last line.
# shellcheck shell=bash

CHECK_FAILED=0

pass() {
	printf 'ok %s: %s\n' "$TEST" "$*"
}

fail() {
	printf 'not ok %s: %s\n' "$TEST" "$*"
	CHECK_FAILED=$((CHECK_FAILED + 1))
}

skip() {
	printf 'ok %s: %s # skip %s\n' "$TEST" "$1" "$2"
}

note() {
	sed 's/^/#   /'
}

# check WHAT COMMAND... - COMMAND must succeed. It runs in this very shell, so that it may
# start what outlives it.
check() {
	local what=$1

	shift
	if "$@" >"$LAB/out.check" 2>&1; then
		pass "$what"
	else
		fail "$what"
		{ printf '%s\n' "$*"; cat "$LAB/out.check"; } | head -n 60 | note
		return 1
	fi
}

# check_is WHAT WANTED GOT - two strings must be the same.
check_is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | head -n 60 | note
		return 1
	fi
}

# check_rc WHAT STATUS COMMAND... - COMMAND must exit with exactly STATUS.
check_rc() {
	local what=$1 wanted=$2 out got

	shift 2
	out=$("$@" 2>&1)
	got=$?
	if [ "$got" -eq "$wanted" ]; then
		pass "$what"
	else
		fail "$what (status $got, wanted $wanted)"
		printf '%s\n' "$*" "$out" | head -n 60 | note
		return 1
	fi
}

# check_match WHAT PATTERN GOT - an extended regular expression that must match somewhere.
check_match() {
	if grep -qE -e "$2" <<<"$3"; then
		pass "$1"
	else
		fail "$1 (no match for $2)"
		head -n 60 <<<"$3" | note
		return 1
	fi
}

# check_none WHAT PATTERN GOT - one that must not.
check_none() {
	if ! grep -qE -e "$2" <<<"$3"; then
		pass "$1"
	else
		fail "$1 (found $2)"
		grep -E -e "$2" <<<"$3" | head -n 20 | note
		return 1
	fi
}

# get CLIENT COUNT URL [CURL-OPTION]... - COUNT requests, a connection each, from one curl
# process; prints the answers' bodies. A URL takes "?": what follows it is the request's number.
get() {
	local client=$1 count=$2 url=$3

	shift 3
	in_ns "$client" curl -sS --fail-early --max-time 300 -H 'Connection: close' "$@" "$url?[1-$count]"
}

# halfway CLIENT URL [CURL-OPTION]... - a download that stands still with its first MB in
# $LAB/got until "go_on" has it end there; what curl exits with is go_on's status.
halfway() {
	local client=$1

	shift
	rm -f "$LAB/got" "$LAB/go"
	mkfifo "$LAB/go"
	(
		set -o pipefail
		in_ns "$client" curl -sS --max-time 600 "$@" | { head -c 1000000 && cat "$LAB/go" -; } >"$LAB/got"
	) &
	HALFWAY=$!
	wait_for 60 halfway_there
}

halfway_there() {
	[ "$(wc -c <"$LAB/got")" -ge 1000000 ]
}

go_on() {
	: >"$LAB/go"
	wait "$HALFWAY"
}

# spread - how many answers came from whom: "10 b1", one a line.
spread() {
	sort | uniq -c | sed -E 's/^ +//'
}

# peers NODE... - what these backends' nginx saw at the other end: "address port" a line.
peers() {
	local node

	for node in "$@"; do
		cut -d ' ' -f 1,2 "$LAB/$node/access.log"
	done
}

# logged COUNT - whether nginx has written that many requests down by now, all backends together.
logged() {
	[ "$(cat "$LAB"/b?/access.log | wc -l)" -ge "$1" ]
}
