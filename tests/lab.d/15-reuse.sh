# SPDX-License-Identifier: GPL-2.0-only
# Fifty ports, a backend that closes first and keeps TIME_WAIT for each of them, and clients
# that come faster than TIME_WAIT ends: nobody's SYN is taken for an old one, nobody is reset.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

# count NODES COUNTER... - the sum of these counters of the kernel's, over these nodes.
count() {
	local nodes=$1 node

	shift
	for node in $nodes; do
		in_ns "$node" nstat -asz "$@"
	done | awk '/^Tcp/ { sum += $2 } END { print sum }'
}

# A SYN that the backend takes for an old one is answered with an ACK, which makes the client
# reset the connection; or it is passed over, and counted as such.
refused() {
	count "c1 c2 c3 b1" TcpOutRsts TcpExtPAWSEstab TcpExtTCPACKSkippedTimeWait
}

# How often the backend went into TIME_WAIT.
closed() {
	count b1 TcpExtTW
}

closed_is() {
	[ "$(closed)" -eq "$1" ]
}

in_time_wait() {
	in_ns b1 ss -Htn state time-wait '( dport >= :50000 and dport <= :50049 )' | wc -l
}

in_time_wait_least() {
	[ "$(in_time_wait)" -ge "$1" ]
}

# Where the machine has much else to do, a few are seen all the same. A backend that does not
# take the new connection for the old client's is in trouble at every other one.
EACH=250
FEW=$((3 * EACH / 20))

# rush WHAT [SYSCTL]... - so many requests from each client, with these settings of theirs. A
# client that does not know how long an answer is reads until the backend closes.
rush() {
	local what=$1 refused closed node
	local -a pids=()

	shift
	for node in c1 c2 c3; do
		[ $# -eq 0 ] || in_ns $node sysctl -qw "$@"
	done
	refused=$(refused) closed=$(closed)
	for node in c1 c2 c3; do
		get $node $EACH http://192.0.2.10/ --ignore-content-length >"$LAB/rush.$node" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
	check_is "$what: $((3 * EACH)) requests are answered" $((3 * EACH)) "$(cat "$LAB"/rush.c? | grep -cx b1)"
	refused=$(($(refused) - refused))
	check "$what: no SYN is refused, no connection reset, or few ($refused)" test $refused -le $FEW
	check "$what: each of them ends in TIME_WAIT at the backend" wait_for 20 closed_is $((closed + 3 * EACH))
	# A reset ends it.
	check "$what: which it now holds for every port" wait_for 20 in_time_wait_least $((50 - refused)) ||
		echo "# $what: for $(in_time_wait) of them"
}

check "a ruleset that hands connections over" ours || return
check "fifty ports" dnl set PORT_MIN=50000 PORT_MAX=50049
rush "with timestamps"
rush "without" net.ipv4.tcp_timestamps=0
rush "and with them again" net.ipv4.tcp_timestamps=1
rush "without SACK" net.ipv4.tcp_sack=0
for node in c1 c2 c3; do
	in_ns $node sysctl -qw net.ipv4.tcp_sack=1
done

# A sequence number that is shifted must be so in SACK blocks, too.
in_ns lb tc qdisc add dev v1 root netem loss 1%
servers_big
check_is "with loss, a download is whole" "$(head -c 3000000 "$LAB/big" | sha256sum)" \
	"$(in_ns c2 curl -sS --max-time 600 -r 0-2999999 http://192.0.2.10/big 2>&1 | sha256sum)"
head -c 3000000 "$LAB/big" >"$LAB/some"
check "and an upload" in_ns c3 curl -sS --fail --max-time 600 -T "$LAB/some" http://192.0.2.10/up/some
check_is "is, too" "$(sha256sum <"$LAB/some")" "$(sha256sum <"$LAB/b1/up/some")"
in_ns lb tc qdisc del dev v1 root
rm -f "$LAB/some" "$LAB/b1/up/some"
check_is "each port was given out many times" 50 "$(peers b1 | cut -d ' ' -f 2 | sort | uniq -c | awk '$1 > 20' | wc -l)"

# A client that closes first has TIME_WAIT itself: the backend remembers nothing.
in_ns lb conntrack -F 2>/dev/null
in_ns b1 nft -f - <<-'EOT'
	table inet seen {
		counter syn { }
		counter stripped { }
		chain in {
			type filter hook input priority 0;
			tcp dport 8080 tcp flags & (syn | ack) == syn counter name syn
			tcp dport 8080 tcp flags & (syn | ack) == syn tcp option timestamp missing counter name stripped
		}
	}
EOT
# seen COUNTER - so many SYNs.
seen() {
	in_ns b1 nft -j list counter inet seen "$1" | jq '.nftables[] | select(.counter).counter.packets'
}
all_closed() {
	[ "$(dnl pools | grep -o ' CLOSED=[0-9]*')" = " CLOSED=50" ]
}
hold 50
let_go
check "fifty connections end, the clients' ends first" wait_for 20 all_closed
stripped=$(seen stripped) syn=$(seen syn)
hold 50
check_is "their ports are used again" "open 50 failed 0" "$(cat "$LAB/held")"
let_go
check "by new SYNs" test "$(seen syn)" -ge $((syn + 50))
check_is "which keep their timestamps" "$stripped" "$(seen stripped)"
check "others had to go without" test "$stripped" -gt 0
in_ns b1 nft delete table inet seen
dnl set PORT_MIN=1024 PORT_MAX=65535
