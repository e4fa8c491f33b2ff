# SPDX-License-Identifier: GPL-2.0-only
# Ports come back early, and never from an established connection.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

established() {
	in_ns lb conntrack -L -p tcp --state ESTABLISHED --orig-dst 192.0.2.10 2>/dev/null | wc -l
}

pool() {
	dnl pools | tr ' ' '\n' | sed -n "s/^$1=//p"
}

pool_is() {
	[ "$(pool "$1")" -eq "$2" ]
}

check "a ruleset that hands connections over" ours || return
check "ten ports" dnl set PORT_MIN=50000 PORT_MAX=50009

hold 10
check_is "ten connections" "open 10 failed 0" "$(cat "$LAB/held")"
let_go
check "once closed, they are counted as such" wait_for 20 pool_is CLOSED 10
hold 10
check_is "ten more get their ports at once" "open 10 failed 0" "$(cat "$LAB/held")"
check_is "from the closed ones" "10 0" "$(pool IN_USE) $(pool CLOSED)"
reclaimed=$(pool RECLAIMED)
check "which is counted" test "$reclaimed" -ge 10

# The ten stay; nothing is left for others.
exhausted=$(stat STATS_EXHAUSTED)
in_ns c2 "$TOP/tests/lib/conns.py" 192.0.2.10 80 5 0 </dev/null >"$LAB/others"
check_is "others find nothing" "open 0 failed 5" "$(cat "$LAB/others")"
check "which is counted" test "$(stat STATS_EXHAUSTED)" -gt "$exhausted"
check_is "the ten are still established" 10 "$(established)"
check_is "and none of them lost its port" "$reclaimed" "$(pool RECLAIMED)"
let_go
in_ns lb conntrack -F 2>/dev/null

# A backend that never answers: connections stay half-open.
in_ns b1 nft -f - <<-'EOT'
	table inet deaf {
		chain in {
			type filter hook input priority 0;
			tcp dport 8080 drop
		}
	}
EOT
reclaimed=$(pool RECLAIMED)
check_is "those that ended so far had been answered" 0 "$(pool UNANSWERED)"
in_ns c2 "$TOP/tests/lib/conns.py" 192.0.2.10 80 200 0 </dev/null >"$LAB/others"
check_is "200 SYNs to a backend that is deaf" "open 0 failed 200" "$(cat "$LAB/others")"
check_is "hold ten ports between them" "10 10" "$(pool IN_USE) $(pool HALF_OPEN)"
check "the older ones gave theirs up" test $(($(pool RECLAIMED) - reclaimed)) -ge 190
in_ns b1 nft delete table inet deaf
hold 10
check_is "honest connections displace them" "open 10 failed 0" "$(cat "$LAB/held")"
check_is "each that was displaced is counted as never answered" $(($(pool RECLAIMED) - reclaimed)) "$(pool UNANSWERED)"
check_is "and are established" "10 0" "$(established) $(pool HALF_OPEN)"

in_ns c1 ss -K dst 192.0.2.10 >/dev/null
let_go
in_ns lb conntrack -F 2>/dev/null
check "nobody holds a port" wait_for 20 stat_is IN_USE 0

# A backend that has answered remembers the SYN. If it is not told to forget it, it answers the
# next client's on that port with an ACK: that client resets it, and tries again after a second.
syn_recv() {
	[ "$(in_ns b1 ss -Htn state syn-recv | wc -l)" -eq "$1" ]
}

in_vain() {
	in_ns c1 nstat -asz TcpOutRsts | awk '/^Tcp/ { print $2 }'
}

in_ns lb ip neighbour add 10.2.0.200 lladdr 02:00:00:00:02:c8 dev clients nud permanent
in_ns c2 "$TOP/tests/lib/synflood.py" 192.0.2.10 80 10 10.2.0.200
check "ten SYNs of clients that are not there are answered by the backend" wait_for 20 syn_recv 10
check_is "and hold the ten ports" "10 10" "$(pool IN_USE) $(pool HALF_OPEN)"
in_vain=$(in_vain)
hold 10
check_is "honest connections displace them" "open 10 failed 0" "$(cat "$LAB/held")"
check_is "the backend takes no SYN for an older one's" "$in_vain" "$(in_vain)"
check "and remembers none of those" syn_recv 0
in_ns lb ip neighbour del 10.2.0.200 dev clients

check "the range is made smaller under them" dnl set PORT_MIN=50005 PORT_MAX=50009
check_is "nobody lost his port" "10 10" "$(established) $(pool IN_USE)"
let_go
in_ns lb conntrack -F 2>/dev/null
hold 7 5
check_is "five of the ports are left" "open 5 failed 2" "$(cat "$LAB/held")"
check_is "the right ones" "$(seq 50005 50009)" \
	"$(in_ns lb conntrack -L -p tcp --orig-dst 192.0.2.10 2>/dev/null | sed -E 's/.* dport=([0-9]+) .*/\1/' | sort -n)"
check "and larger" dnl set PORT_MIN=50000 PORT_MAX=50011
let_go
hold 12
check_is "the new ports are there" "open 12 failed 0" "$(cat "$LAB/held")"
let_go
in_ns lb conntrack -F 2>/dev/null

in_ns lb sysctl -qw net.ipv4.ip_local_reserved_ports=50000-50008
hold 5 3
check_is "ports that are reserved on this machine are left alone" "open 3 failed 2" "$(cat "$LAB/held")"
check_is "all of them" "$(seq 50009 50011)" \
	"$(in_ns lb conntrack -L -p tcp --state ESTABLISHED --orig-dst 192.0.2.10 2>/dev/null | sed -E 's/.* dport=([0-9]+) .*/\1/' | sort -n)"
let_go
in_ns lb sysctl -qw net.ipv4.ip_local_reserved_ports=
dnl set PORT_MIN=1024 PORT_MAX=65535
in_ns lb conntrack -F 2>/dev/null
check "at the end no port is held" wait_for 20 stat_is IN_USE 0
check_is "and each that was taken came back once" "$(stat STATS_TAKEN)" "$(stat STATS_GIVEN)"
