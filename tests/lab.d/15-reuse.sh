# SPDX-License-Identifier: GPL-2.0-only
# Fifty ports, a backend that closes first and keeps TIME_WAIT for each of them, and clients
# that come faster than TIME_WAIT ends: no SYN is sent twice, and nobody is reset.
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

# A guest that is slow at times sends a SYN twice, and curl resets now and then. A backend
# that does not take the new connection for the old client's does it at every other one.
FEW=15

# rush WHAT [SYSCTL]... - 500 requests from each client, with these settings of theirs.
rush() {
	local what=$1 before node
	local -a pids=()

	shift
	for node in c1 c2 c3; do
		[ $# -eq 0 ] || in_ns $node sysctl -qw "$@"
	done
	before=$(trouble)
	for node in c1 c2 c3; do
		get $node 500 http://192.0.2.10/ >"$LAB/rush.$node" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
	check_is "$what: 1500 requests are answered" 1500 "$(cat "$LAB"/rush.c? | grep -cx b1)"
	before=$(($(trouble) - before))
	check "$what: no SYN twice, no reset, no challenge, or few ($before)" test $before -le $FEW
}

in_time_wait() {
	in_ns b1 ss -Htan state time-wait | wc -l
}

check "a ruleset that hands connections over" ours || return
check "fifty ports" dnl set PORT_MIN=50000 PORT_MAX=50049
rush "with timestamps"
check "the backend holds TIME_WAIT for many of the ports" test "$(in_time_wait)" -ge 40
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
	"$(in_ns c2 curl -sS --max-time 60 -r 0-2999999 http://192.0.2.10/big 2>&1 | sha256sum)"
head -c 3000000 "$LAB/big" >"$LAB/some"
check "and an upload" in_ns c3 curl -sS --fail --max-time 60 -T "$LAB/some" http://192.0.2.10/up/some
check_is "is, too" "$(sha256sum <"$LAB/some")" "$(sha256sum <"$LAB/b1/up/some")"
in_ns lb tc qdisc del dev v1 root
rm -f "$LAB/some" "$LAB/b1/up/some"
check_is "each port was given out many times" 50 "$(peers b1 | cut -d ' ' -f 2 | sort | uniq -c | awk '$1 > 20' | wc -l)"
dnl set PORT_MIN=1024 PORT_MAX=65535
