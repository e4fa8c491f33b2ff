# SPDX-License-Identifier: GPL-2.0-only
# The balancer's own processes and the vdports do not get into each other's way.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

LOCAL=$([ -n "${LAB_LONG:-}" ] && echo 20000 || echo 2000)
PORTS=50

# keep NAME NODE ADDR PORT COUNT [SOURCE] - connections that stay, and what they had to say.
keep() {
	local name=$1 node=$2

	shift 2
	mkfifo "$LAB/keep.$name"
	in_ns "$node" "$TOP/tests/lib/echo.py" keep "$@" <"$LAB/keep.$name" >"$LAB/keep.$name.out" 2>&1 &
	KEPT[$name]=$!
	exec {fd}>"$LAB/keep.$name"
	FD[$name]=$fd
	rm "$LAB/keep.$name"
	wait_for 300 reports "$name" 1
}

# reports NAME N - whether it has told how things went N times.
reports() {
	[ "$(grep -c '^good' "$LAB/keep.$1.out")" -ge "$2" ]
}

# report NAME N - the Nth.
report() {
	grep '^good' "$LAB/keep.$1.out" | sed -n "$2p"
}

# once_more NAME N - another message on each, which makes the Nth.
once_more() {
	echo again >&"${FD[$1]}"
	wait_for 300 reports "$1" "$2"
}

# Said aloud, for those that were started later have the pipe open as well.
keep_end() {
	local fd=${FD[$1]}

	echo end >&"$fd"
	exec {fd}>&-
	wait "${KEPT[$1]}"
}

# Who was remapped and who was not: vdports of the range, and what answers to them.
vdports_held() {
	in_ns lb conntrack -L -p tcp --orig-dst 192.0.2.10 --state ESTABLISHED 2>/dev/null |
		sed -E 's/.* dport=([0-9]+) .*/\1/' | sort -n | uniq -c | awk '$1 == 1' | wc -l
}

echo_on() {
	ip netns exec "$1" "$TOP/tests/lib/echo.py" serve "$2" "$3" >"$LAB/echo.$1.$3" &
	SERVERS+=($!)
	wait_for 10 test -s "$LAB/echo.$1.$3"
}

# udp_on NODE ADDR PORT - answer in that node's name.
udp_on() {
	ip netns exec "$1" "$TOP/tests/lib/udp.py" serve "$1" "$2" "$3" >"$LAB/udp.$1.$3" &
	SERVERS+=($!)
	wait_for 10 test -s "$LAB/udp.$1.$3"
}

# udp_ask NODE NAME PORT - of the VIP, where NAME should answer.
udp_ask() {
	in_ns "$1" "$TOP/tests/lib/udp.py" ask "$2" 192.0.2.10 "$3" 20
}

declare -A KEPT FD
SERVERS=()
echo_on b1 10.1.0.11 7
check "a ruleset that hands connections over" ours 7 || return
in_ns lb ip address add 192.0.2.10/32 dev lo
in_ns lb sysctl -qw net.ipv4.ip_local_port_range="30000 60000"

# Vdports first: the local process meets each of them among its own ports.
check "a small range among the ports of local processes" dnl set PORT_MIN=40000 PORT_MAX=$((39999 + PORTS))
keep clients c1 192.0.2.10 80 $PORTS
check_is "clients use all of it" "good $PORTS failed 0 wrong 0" "$(report clients 1)"
keep local lb 10.1.0.11 7 "$LOCAL" 192.0.2.10
check_is "a local process opens $LOCAL connections from the VIP to their backend" \
	"good $LOCAL failed 0 wrong 0" "$(report local 1)"
once_more clients 2
check_is "the clients get their own answers" "good $PORTS failed 0 wrong 0" "$(report clients 2)"
once_more local 2
check_is "and so does the local process" "good $LOCAL failed 0 wrong 0" "$(report local 2)"
check_is "each vdport is one connection's" $PORTS "$(vdports_held)"
keep_end clients
keep_end local
in_ns lb conntrack -F 2>/dev/null

# The other way round: local processes hold many of the ports, some of them in a row, but none
# that is to be listened on later.
check "a range that holds those of local processes" dnl set PORT_MIN=6100 PORT_MAX=$((6100 + 2 * LOCAL))
in_ns lb sysctl -qw net.ipv4.ip_local_port_range="6100 $((6100 + LOCAL + LOCAL / 4))"
keep local lb 10.1.0.11 7 "$LOCAL" 192.0.2.10
check_is "a local process opens $LOCAL connections from the VIP" "good $LOCAL failed 0 wrong 0" "$(report local 1)"
clients=$((LOCAL / 2))
skipped=$(stat STATS_SKIPPED) exhausted=$(stat STATS_EXHAUSTED)
keep clients c1 192.0.2.10 80 $clients
check_is "clients open $clients to the same backend" "good $clients failed 0 wrong 0" "$(report clients 1)"
check "some of which passed over a local port" test "$(stat STATS_SKIPPED)" -gt "$skipped"
check_is "and no SYN found none" "$exhausted" "$(stat STATS_EXHAUSTED)"
once_more local 2
check_is "the local process gets its own answers" "good $LOCAL failed 0 wrong 0" "$(report local 2)"
once_more clients 2
check_is "and so do the clients" "good $clients failed 0 wrong 0" "$(report clients 2)"
keep_end clients
keep_end local
in_ns lb conntrack -F 2>/dev/null

# A listener on the very port that is the only vdport.
check "vdport 5000 alone" dnl set PORT_MIN=5000 PORT_MAX=5000
check "a local process listens on it" echo_on lb 192.0.2.10 5000 || return
keep clients c1 192.0.2.10 80 1
check_is "a client uses it" "good 1 failed 0 wrong 0" "$(report clients 1)"
asked=$(in_ns c2 "$TOP/tests/lib/echo.py" keep 192.0.2.10 5000 200 </dev/null)
check_match "a listener on the VIP's port 5000 is reached" "^good 200 failed 0 wrong 0" "$asked"
asked=$(in_ns c1 "$TOP/tests/lib/echo.py" keep 192.0.2.10 5000 200 </dev/null)
check_match "from that client, too" "^good 200 failed 0 wrong 0" "$asked"
asked=$(in_ns b1 "$TOP/tests/lib/echo.py" keep 192.0.2.10 5000 200 </dev/null)
check_match "and from the backend" "^good 200 failed 0 wrong 0" "$asked"
once_more clients 2
check_is "and the client still gets its own answers" "good 1 failed 0 wrong 0" "$(report clients 2)"
keep_end clients

# The same over UDP, where no sequence number tells whose a packet is.
in_ns lb nft -f - <<-'EOT'
	table inet own {
		ct helper dnu { type "double-nat" protocol udp; l3proto inet; }
		chain pre {
			ip daddr 192.0.2.10 udp dport 53 ct helper set "dnu" dnat ip to 10.1.0.11:7
		}
	}
EOT
check "a backend over UDP" udp_on b1 10.1.0.11 7 || return
check "UDP: a local process listens on the only vdport" udp_on lb 192.0.2.10 5000 || return
check_is "UDP: a client uses it" "good 20 failed 0 wrong 0" "$(udp_ask c1 b1 53)"
for node in c2 c1 b1; do
	check_is "UDP: the listener is reached from $node" "good 20 failed 0 wrong 0" "$(udp_ask $node lb 5000)"
done
check_is "UDP: and the backend still is" "good 20 failed 0 wrong 0" "$(udp_ask c1 b1 53)"

kill "${SERVERS[@]}"
wait "${SERVERS[@]}"
in_ns lb ip address del 192.0.2.10/32 dev lo
in_ns lb sysctl -qw net.ipv4.ip_local_port_range="32768 60999"
in_ns lb conntrack -F 2>/dev/null
check "at the end no port is held" wait_for 10 stat_is IN_USE 0
check_is "and each that was taken came back once" "$(stat STATS_TAKEN)" "$(stat STATS_GIVEN)"
