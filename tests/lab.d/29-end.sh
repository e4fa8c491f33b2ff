# SPDX-License-Identifier: GPL-2.0-only
# "connection del": those that are asked for end, at both ends, and no others; the daemon
# answers others meanwhile, and a client that goes away leaves the rest.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/cut.sh"

# ended ARG... - how many dnatctl says it has ended.
ended() {
	dnatctl -j connection del "$@" | jq -r '.[].ended'
}

# open_are COUNT [FILTER]... - whether so many connections are listed as open.
open_are() {
	local count=$1

	shift
	[ "$(dnatctl -j connection show state open "$@" | jq length)" -eq "$count" ]
}

# ends HOW - connections of two clients, filtered; the ends that are told see HOW.
ends() {
	local how=$1 wanted

	wanted=${how:+"5 idle $how"}
	cut_hold one c1 192.0.2.10 idle 5 &&
	cut_hold two c2 192.0.2.10 idle 4 &&
	cut_hold six c1 2001:db8:0:1::10 idle 3 || return
	check "12 connections" wait_for 20 open_are 12
	check_is "none is in that state" 0 "$(ended state closed service web4)"
	check_is "none goes there" 0 "$(ended backend 10.1.0.12)"
	check_is "a client's are ended" 5 "$(ended client 10.2.0.11 service web4)"
	check "the others go on" open_are 7
	[ -z "$how" ] || check "it knows" wait_for 20 cut_ended one 5
	check_is "by what it shall" "$wanted" "$(cut_how one)"
	check_is "a service's are ended" 3 "$(ended service web6)"
	check_is "the rest" "ENDED
    4" "$(dnatctl connection del all)"
	check "none is left" open_are 0
	check_is "nor anything to end" '[{"ended":0}]' "$(dnatctl -j connection del state open)"
	cut_clients_down
}

cut_clients_down() {
	local name

	for name in one two six; do
		kill "${CUT[$name]}" 2>/dev/null
		wait "${CUT[$name]}" 2>/dev/null
	done
}

check "a server in b1" cut_serve b1 9000
check "dnatd starts" daemon_start --allocator module || return
for f in 4 6; do
	vip=VIP$f
	dnatctl service add web$f vip "${!vip}" port 80
	dnatctl backend add web$f addr "$(addr$f b1)" port 9000
done
ends ECONNRESET
check "the backend knows" wait_for 20 cut_ended b1 12
check_is "by a reset each" "12 idle ECONNRESET" "$(cut_how b1)"

check_rc "which ones has to be said" 1 dnatctl connection del
check_is "also by who knows the protocol" "EINVAL" \
	"$(printf '{"op":"connection.del","args":{}}\n' | in_ns lb socat -t 20 - "UNIX-CONNECT:$SOCKET" | jq -r .error.errno)"
check_match "a service that is not there" "there is no service no; see service show" \
	"$(dnatctl connection del service no 2>&1)"

# More than one message of the kernel's: dnatctl is told part after part.  No reset is sent
# again: those that find a queue full are lost, also where a dnatd with priority over ksoftirqd
# fills it.
backlog=$(sysctl -n net.core.netdev_max_backlog)
sysctl -qw net.core.netdev_max_backlog=500
chrt -a -f -p 1 "$DNATD"
check "3,000 connections" cut_hold one c1 192.0.2.10 idle 3000
check "are listed" wait_for 30 open_are 3000
lines=$(printf '{"op":"connection.flush","args":{}}\n' |
	in_ns lb socat -t 60 - "UNIX-CONNECT:$SOCKET")
check_is "and ended" 3000 "$(tail -n 1 <<<"$lines" | jq -r '.result[].ended')"
check "in some parts ($(wc -l <<<"$lines"))" test "$(wc -l <<<"$lines")" -ge 3
check "all know" wait_for 120 cut_ended one 3000
sysctl -qw net.core.netdev_max_backlog="$backlog"
daemon_stop
in_ns lb conntrack -F 2>/dev/null

check "dnatd starts without the module" daemon_start --allocator nf_nat
ends ''
daemon_stop
cut_down
