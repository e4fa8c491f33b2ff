# SPDX-License-Identifier: GPL-2.0-only
# Another balancer takes connections over with conntrackd: whatever this one has changed in them
# is in conntrack's listing, and in its events. Here both are one machine, which forgets its
# connections and makes them again from what was learned.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

# serve [MESSAGES] - a server, which closes connections first after so many.
serve() {
	rm -f "$LAB/echo"
	ip netns exec b1 "$TOP/tests/lib/echo.py" serve 0.0.0.0 9000 "$@" >"$LAB/echo" &
	server=$!
	wait_for 20 test -s "$LAB/echo"
}

serve_end() {
	kill "$server"
	wait "$server"
}

# keep NODE - 20 connections, each with a message there and back; their orders go to 5.
keep() {
	rm -f "$LAB/kept" "$LAB/keep"
	mkfifo "$LAB/keep"
	in_ns "$1" "$TOP/tests/lib/echo.py" keep 192.0.2.10 80 20 <"$LAB/keep" >"$LAB/kept" 2>&1 &
	keeper=$!
	exec 5>"$LAB/keep"
	rm "$LAB/keep"
	wait_for 60 kept 1
}

# kept COUNT - so many times all 20 messages came back.
kept() {
	[ "$(grep -c "^good 20 failed 0 wrong 0" "$LAB/kept")" -eq "$1" ]
}

kept_end() {
	exec 5>&-
	wait "$keeper"
}

# over listing|events
over() {
	local how=$1 shifted

	mkfifo "$LAB/over"
	in_ns lb "$TOP/tests/lib/failover.py" "$how" 192.0.2.10 <"$LAB/over" >"$LAB/over.out" 2>&1 &
	failover=$!
	exec 6>"$LAB/over"
	rm "$LAB/over"
	check "$how: somebody learns" wait_for 20 grep -q ready "$LAB/over.out"

	# Numbers are shifted where the backend may remember others, for which it has closed first.
	check "$how: a server that closes first" serve 1
	check_match "$how: 20 connections" '^good 20 ' "$(in_ns c1 "$TOP/tests/lib/echo.py" ask 192.0.2.10 80 20 20)"
	check "$how: are closed" wait_for 20 listed 20 CLASS=2
	serve_end
	check "$how: one that does not" serve
	check "$how: 20 more on the same ports" keep c2 || sed 's/^/# /' "$LAB/kept"
	shifted=$(dnl conns CLASS=0 | sed -nE 's/.* STATUS=([0-9]+) .*/\1/p' | awk 'int($1 / 64) % 2' | wc -l)
	check "$how: some of them have their sequence numbers shifted ($shifted)" test "$shifted" -gt 0
	echo >&6
	check "$how: 20 of them, and knows what was shifted" wait_for 60 grep -qx "20 $shifted" "$LAB/over.out"
	echo again >&5
	check "$how: which go on, each of them" wait_for 100 kept 2 || sed 's/^/# /' "$LAB/kept" "$LAB/over.out"
	kept_end
	serve_end
	exec 6>&-
	wait "$failover"
	in_ns lb conntrack -F 2>/dev/null
}

check "a ruleset that hands connections over" ours 9000 || return
check "20 ports" dnl set PORT_MIN=50000 PORT_MAX=50019
over listing
over events
dnl set PORT_MIN=1024 PORT_MAX=65535
