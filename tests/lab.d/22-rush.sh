# SPDX-License-Identifier: GPL-2.0-only
# Fifty ports, a backend that closes first, and thousands of connections as fast as they go:
# the backend meets each port again long before it has forgotten it.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

# Retransmitted SYNs, resets, challenges and refused timestamps, of all who talk.
trouble() {
	local node

	for node in c1 c2 c3 b1; do
		in_ns $node nstat -asz TcpExtTCPSynRetrans TcpOutRsts TcpExtTCPChallengeACK TcpExtPAWSEstab
	done | awk '/^Tcp/ { sum += $2 } END { print sum }'
}

# A guest that stands still for a second sends some SYNs twice. A backend that does not take the
# new connection for the old client's has it done at every other one.
EACH=$([ -n "${LAB_LONG:-}" ] && echo 6667 || echo 1000)
FEW=$((3 * EACH / 20))

# ask NODE - whole connections to the backend, twelve at a time, which it closes first.
ask() {
	in_ns "$1" "$TOP/tests/lib/echo.py" ask 192.0.2.10 80 "$EACH" 12
}

# rush WHAT [SYSCTL]... - connections from each client, with these settings of theirs.
rush() {
	local what=$1 before node
	local -a pids=()

	shift
	for node in c1 c2 c3; do
		[ $# -eq 0 ] || in_ns $node sysctl -qw "$@"
	done
	before=$(trouble)
	for node in c1 c2 c3; do
		ask $node >"$LAB/rush.$node" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
	check_is "$what: $((3 * EACH)) connections get their answers" "3 good $EACH failed 0 wrong 0" \
		"$(cat "$LAB"/rush.c? | grep -v ^slow | spread)"
	before=$(($(trouble) - before))
	check "$what: no SYN twice, no reset, no challenge, or few ($before)" test $before -le $FEW
	echo "# $what: $(awk '$1 == "slow" { n += $2 } END { print n }' "$LAB"/rush.c?) connects took over 200 ms"
}

ip netns exec b1 "$TOP/tests/lib/echo.py" serve 10.1.0.11 7 1 >"$LAB/server" &
server=$!
check "a server that closes first" wait_for 10 test -s "$LAB/server"
check "a ruleset that hands connections over" ours 7 || return
check "fifty ports" dnl set PORT_MIN=50000 PORT_MAX=50049
rush "with timestamps"
rush "without" net.ipv4.tcp_timestamps=0
rush "and with them again" net.ipv4.tcp_timestamps=1
rush "without SACK" net.ipv4.tcp_sack=0
for node in c1 c2 c3; do
	in_ns $node sysctl -qw net.ipv4.tcp_sack=1
done

in_ns lb tc qdisc add dev v1 root netem loss 1%
lossy=()
for node in c1 c2 c3; do
	ask $node >"$LAB/rush.$node" 2>&1 &
	lossy+=($!)
done
wait "${lossy[@]}"
check_is "with loss, all get their answers" "3 good $EACH failed 0 wrong 0" \
	"$(cat "$LAB"/rush.c? | grep -v ^slow | spread)"
in_ns lb tc qdisc del dev v1 root
check "each port was given out many times" test "$(stat STATS_TAKEN)" -ge $((15 * EACH))
kill $server
wait $server
dnl set PORT_MIN=1024 PORT_MAX=65535
in_ns lb conntrack -F 2>/dev/null
check "at the end no port is held" wait_for 10 stat_is IN_USE 0
check_is "and each that was taken came back once" "$(stat STATS_TAKEN)" "$(stat STATS_GIVEN)"
