# SPDX-License-Identifier: GPL-2.0-only
# The fast path while routes come and go, and for UDP without answers or without checksums.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

# said FILE COUNT - echo.py has printed so many lines.
said() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# keep NUMBER ADDR - one connection, whose client waits for lines on file descriptor NUMBER.
keep() {
	mkfifo "$LAB/keep$1"
	in_ns c1 "$TOP/tests/lib/echo.py" keep "$2" 80 1 <"$LAB/keep$1" >"$LAB/kept$1" &
	eval "exec $1>'$LAB/keep$1'"
	rm "$LAB/keep$1"
	wait_for 60 said "$LAB/kept$1" 2
}

# again NUMBER - a message there and back.
again() {
	local lines

	lines=$(wc -l <"$LAB/kept$1")
	echo again >&"$1"
	wait_for 60 said "$LAB/kept$1" $((lines + 2))
}

# churn COMMAND... - ten messages on both connections, each when routes have changed twice that
# have nothing to do with them.
churn() {
	local i

	for ((i = 0; i < 10; i++)); do
		ip -n lb route add blackhole 198.51.100.0/24
		ip -n lb route del blackhole 198.51.100.0/24
		ip -n lb -6 route add blackhole 2001:db8:ff::/48
		ip -n lb -6 route del blackhole 2001:db8:ff::/48
		again 7 && again 8 || return 1
	done
}

check "a ruleset that hands connections over" ours 7007 || return
in_ns lb nft -f - <<-'EOT'
	table inet own {
		ct helper du { type "double-nat" protocol udp; l3proto inet; }
		chain pre {
			ip6 daddr 2001:db8:0:1::10 tcp dport 80 ct helper set "dn" dnat ip6 to [fd00:1::11]:7007
			ip daddr 192.0.2.10 udp dport 514 ct helper set "du" dnat ip to 10.1.0.11:5140
		}
	}
EOT
fast=$(stat STATS_FAST) header=$(stat STATS_SLOW_HEADER)
in_ns c1 "$TOP/tests/lib/udp.py" tell x 192.0.2.10 514 21
check "datagrams without an answer go fast, all but the first" wait_for 20 stat_is STATS_FAST $((fast + 20))
check_is "though they have no checksum" "$header" "$(stat STATS_SLOW_HEADER)"
check_match "conntrack takes them for unanswered" 'UNREPLIED' "$(in_ns lb conntrack -L -p udp 2>/dev/null)"
in_ns lb conntrack -F 2>/dev/null

ip netns exec b1 "$TOP/tests/lib/udp.py" serve b1 10.1.0.11 5140 >"$LAB/server4" & server4=$!
wait_for 20 said "$LAB/server4" 1
fast=$(stat STATS_FAST)
check_is "a question is answered" "good 1 failed 0 wrong 0" "$(in_ns c1 "$TOP/tests/lib/udp.py" ask b1 192.0.2.10 514 1)"
check_is "and the answer is fast already" $((fast + 1)) "$(stat STATS_FAST)"
check_none "conntrack has seen it" 'UNREPLIED' "$(in_ns lb conntrack -L -p udp 2>/dev/null)"

# The hook that AppArmor has is none of a rule's; a chain of the same priority is.
in_ns lb nft 'table ip watch { chain post { type filter hook postrouting priority -225; counter; }; }'
check_is "where there is a chain, a question is answered" "good 1 failed 0 wrong 0" \
	"$(in_ns c1 "$TOP/tests/lib/udp.py" ask b1 192.0.2.10 514 1)"
check_is "and the chain sees both" 2 "$(in_ns lb nft list table ip watch | sed -nE 's/.*packets ([0-9]+) .*/\1/p')"
in_ns lb nft delete table ip watch
kill $server4
in_ns lb conntrack -F 2>/dev/null

# In IPv6 each change of a route puts the default route out of date.
ip -n lb -6 route del fd00:2::/64 dev clients
ip -n lb -6 route add default dev clients
ip netns exec b1 "$TOP/tests/lib/echo.py" serve 10.1.0.11 7007 >"$LAB/server4" & server4=$!
ip netns exec b1 "$TOP/tests/lib/echo.py" serve fd00:1::11 7007 >"$LAB/server6" & server6=$!
wait_for 20 said "$LAB/server4" 1
wait_for 20 said "$LAB/server6" 1
check "a connection over IPv4" keep 7 192.0.2.10
check "and one over IPv6" keep 8 2001:db8:0:1::10
again 7
again 8

slow=$(stat STATS_SLOW_ROUTE) fast=$(stat STATS_FAST)
check "they go on while other routes change" churn
check_is "and no packet takes the slow way for that" "$slow" "$(stat STATS_SLOW_ROUTE)"
check "but the fast one" test "$(stat STATS_FAST)" -ge $((fast + 40))

# Where they leave by another device, rules have to see it.
ip -n lb route add 10.1.0.11 dev v3
ip -n lb neigh replace 10.1.0.11 lladdr 02:00:00:00:00:01 dev v3
in_ns lb nft -f - <<-'EOT'
	table inet watch {
		counter other { }
		chain pass { type filter hook forward priority 0; oifname "v3" counter name other drop; }
	}
EOT
echo again >&7
other() {
	[ "$(in_ns lb nft -j list counter inet watch other | jq '.nftables[] | select(.counter).counter.packets')" -gt 0 ]
}
check "a packet that would leave by another device is seen by rules" wait_for 20 other
ip -n lb route del 10.1.0.11 dev v3
in_ns lb nft delete table inet watch
check "and the connection goes on as soon as it may" wait_for 60 said "$LAB/kept7" 26
exec 7>&- 8>&-
kill $server4 $server6
ip -n lb -6 route del default dev clients
ip -n lb -6 route add fd00:2::/64 dev clients proto kernel metric 256
