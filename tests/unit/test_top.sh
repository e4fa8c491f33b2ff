#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dnatctl top on a terminal, tmux's, against a daemon that is not one.
set -u
export LC_ALL=C

top=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
dnatctl=$(readlink -f "${DNATCTL:-./dnatctl}")
dir=$(mktemp -d)
sock=$dir/sock
failed=0
daemon=

if ! command -v tmux >/dev/null; then
	echo "test_top: skipped, tmux is not installed" >&2
	exit 77
fi

cleanup()
{
	term kill-server 2>/dev/null
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT

bad()
{
	echo "test_top: $*" >&2
	failed=$((failed + 1))
}

terms=0
term()
{
	tmux -S "$dir/tmux$terms" -f /dev/null "$@"
}

# begin TERM ARGS...: dnatctl top on a terminal of 100 times 20, and what it exits with
begin()
{
	local type=$1

	shift
	# A server that is about to end takes no new session.
	term kill-server 2>/dev/null
	terms=$((terms + 1))
	rm -f "$dir/status"
	term new-session -d -x 100 -y 20 \
		"TERM=$type '$dnatctl' --socket '$sock' top $* 2>'$dir/err'; echo \$? >'$dir/status'; exec cat"
}

# seen WHAT LINE-PATTERN...: all of these are on the screen soon
seen()
{
	local what=$1 pattern i missing

	shift
	for ((i = 0; i < 600; i++)); do
		term capture-pane -p >"$dir/screen" 2>/dev/null
		missing=
		for pattern in "$@"; do
			grep -qE -- "$pattern" "$dir/screen" || missing=$pattern
		done
		[ -n "$missing" ] || return 0
		sleep 0.1
	done
	bad "$what: nothing like '$missing' on the screen:"
	cat "$dir/screen" >&2
}

# last LINE-PATTERN: the terminal's last line is like this soon
last()
{
	local i

	for ((i = 0; i < 600; i++)); do
		term capture-pane -p >"$dir/screen" 2>/dev/null
		! tail -n 1 "$dir/screen" | grep -qE -- "$1" || return 0
		sleep 0.1
	done
	bad "nothing like '$1' in the last line:"
	cat "$dir/screen" >&2
}

# ended STATUS: it does so soon
ended()
{
	local i

	for ((i = 0; i < 600; i++)); do
		[ ! -s "$dir/status" ] || break
		sleep 0.1
	done
	[ "$(cat "$dir/status" 2>/dev/null)" = "$1" ] ||
		bad "exit $(cat "$dir/status" 2>/dev/null), wanted $1: $(cat "$dir/err")"
}

serve()
{
	local i

	python3 "$top/tests/unit/fake_dnatd.py" "$sock" "$dir/log" &
	daemon=$!
	for ((i = 0; i < 1200; i++)); do
		[ ! -S "$sock" ] || return 0
		sleep 0.05
	done
	bad 'the fake daemon does not start'
	exit 1
}

serve
begin screen -i 1
seen 'services' '^dnatctl top: 2 of 2 services, every 1s, by CONN/s$' \
	'^all of them +0 +14 +0 +0 +0 +0 +0$' \
	'^SERVICE +CONN/s +IN_USE .*FAIL/s$' '^dns +0 +7 ' '^web +0 +7 ' \
	'^q quit  b backends'
term capture-pane -e -p >"$dir/colours"
grep -q $'\e\[.*36m' "$dir/colours" || bad 'no colours on a terminal that has them'
term send-keys b
seen 'backends' '3 of 3 backends' '^dns \[fd00:1::11\]:53 ' '^web 10\.1\.0\.9:8080 +0 +0 ' \
	'^web 10\.1\.0\.11:8080 +0 +7 '
term send-keys / 1 1
seen 'a filter' '^filter: 11_' '2 of 3 backends'
term send-keys Enter
seen 'its end' '^q quit' ', with 11$'
term send-keys Escape '>' r
seen 'the order' 'by IN_USE in reverse$' '3 of 3'
term resize-window -x 60 -y 10
seen 'a smaller terminal' '^BACKEND +CONN/s +IN_USE +PKTS_IN/s +BYTES_IN/s$'
last '^q quit'

# The daemon goes and comes.
kill "$daemon"
wait "$daemon" 2>/dev/null
seen 'no daemon' 'dnatd|connect'
grep -q '^web' "$dir/screen" || bad 'without a daemon the rows are gone'
rm -f "$sock"
serve
seen 'a daemon again' '^q quit'
term send-keys q
ended 0
seen 'the terminal as it was' '^$'

begin vt100
seen 'a terminal without colours' '2 of 2 services, every 1s' '^web '
term capture-pane -e -p >"$dir/colours"
! grep -q $'\e\[[0-9;]*3[0-7]m' "$dir/colours" || bad 'colours on a terminal that has none'
term send-keys q
ended 0

begin no-such-terminal
ended 1
grep -q "the terminal's type \"no-such-terminal\" is not known; set TERM" "$dir/err" ||
	bad "an unknown terminal: $(cat "$dir/err")"

for args in "</dev/null" ">'$dir/out'"; do
	begin screen "$args"
	ended 1
	grep -q 'dnatctl: top: standard input and output are not a terminal; use "stats service -i 1"' "$dir/err" ||
		bad "$args: $(cat "$dir/err")"
done

kill "$daemon"
wait "$daemon" 2>/dev/null
rm -f "$sock"
daemon=
begin screen
ended 3
[ "$failed" -eq 0 ]
