# SPDX-License-Identifier: GPL-2.0-only
# Connections that the module is told to end: those that were asked for and no others, and
# both ends of them know, whatever they were about.  How soon is printed: a guest that shares
# its processor may stand still for seconds.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"
# shellcheck source=/dev/null
. "$TOP/tests/lib/cut.sh"

VIP=192.0.2.10

rules() {
	in_ns lb nft -f - <<-'EOT'
		table inet own {
			ct helper dn { type "double-nat" protocol tcp; l3proto inet; }
			ct helper dnu { type "double-nat" protocol udp; l3proto inet; }
			chain vip {
				ip daddr 192.0.2.10 tcp dport { 80, 81 } ct helper set "dn" dnat ip to tcp dport map { 80 : 10.1.0.11 . 9000, 81 : 10.3.0.11 . 9000 }
				ip daddr 192.0.2.10 udp dport 53 ct helper set "dnu" dnat ip to 10.1.0.11:53
				ip6 daddr 2001:db8:0:1::10 tcp dport 80 ct helper set "dn" dnat ip6 to [fd00:1::11]:9000
			}
			chain pre {
				type nat hook prerouting priority dstnat;
				jump vip
			}
			chain out {
				type nat hook output priority -100;
				jump vip
			}
		}
	EOT
}

# ended [ATTR=VALUE]... - how many the module says it has ended.
ended() {
	dnl end "$@" | cut -d ' ' -f 1
}

# resets NODE - how many connections were reset there.
resets() {
	in_ns "$1" nstat -asz TcpEstabResets | awk '/^Tcp/ { print $2 }'
}

lost() {
	in_ns c2 nft list table inet lossy | grep -qE 'counter packets ([3-9]|[0-9]{2,}) '
}

# all_reset WHAT NODE BACKEND ADDR - connections of each kind, and both ends of each are reset.
all_reset() {
	local what=$1 node=$2 backend=$3 addr=$4 kind since

	cut_forget "$backend"
	for kind in idle down hang up; do
		check "$what: five connections, $kind" cut_hold $kind "$node" "$addr" $kind 5
	done
	check "$what: something goes both ways" wait_for 20 moved "$addr"
	since=$EPOCHREALTIME
	# A packet that was under way begins another one, to conntrack, which nobody has answered yet.
	check_is "$what: twenty are ended" 20 "$(ended VIP="$addr" L4PROTO=6 CLASS=0 RESET=1)"
	for kind in idle down hang up; do
		check "$what: the client's ends know, $kind" wait_for 30 cut_ended $kind 5
		check_is "$what: by a reset" "5 $kind ECONNRESET" "$(cut_how $kind)"
		echo "# $what: $kind after $(cut_late $kind "$since") ms"
	done
	check "$what: so do the backend's" wait_for 30 cut_ended "$backend" 20
	check_is "$what: by a reset each" "$(printf '5 %s ECONNRESET\n' down hang idle up)" "$(cut_how "$backend")"
	echo "# $what: the backend's after $(cut_late "$backend" "$since") ms"
	check "$what: no port is held any more" wait_for 10 stat_is IN_USE 0
}

# The client of the connections that stand still has taken all that it can.
moved() {
	in_ns b1 ss -Htn state established '( sport = :9000 )' | awk '$2 > 100000 { n++ } END { exit n < 5 }' &&
	listed 20 VIP="$1" CLASS=0
}

check "rules" rules || return
check "a server in b1" cut_serve b1
check "and one in b4" cut_serve b4

all_reset "fast" c1 b1 $VIP
dnl set FAST=0
all_reset "slow" c1 b1 $VIP
dnl set FAST=1
all_reset "IPv6" c1 b1 2001:db8:0:1::10
in_ns lb ip address add $VIP/32 dev lo
all_reset "a client on the balancer" lb b1 $VIP
in_ns lb ip address del $VIP/32 dev lo

# Each filter ends its own.
cut_forget b1
cut_hold web c1 $VIP idle 6
cut_hold web2 c2 $VIP idle 5
cut_hold other c1 $VIP idle 4 81
cut_hold six c3 2001:db8:0:1::10 idle 3
check "18 connections" wait_for 20 listed 18 CLASS=0
check_is "no connection is as none of them is" 0 "$(ended VIP=192.0.2.11 RESET=1)"
check_is "none is closed" 0 "$(ended CLASS=2 RESET=1)"
check_is "3 go to an IPv6 backend" 3 "$(ended BACKEND=fd00:1::11 RESET=1)"
check_is "4 to that port" 4 "$(ended VIP=$VIP L4PROTO=6 SERVICE_PORT=81 RESET=1)"
check_is "5 are of that client" 5 "$(ended CLIENT=10.2.0.12 RESET=1)"
check_is "the others are there still" 6 "$(conns)"
check_is "6 go to that backend's port" 6 "$(ended BACKEND=10.1.0.11 BACKEND_PORT=9000 RESET=1)"
for name in web web2 other six; do
	check "their clients know, $name" wait_for 20 test ! -e "/proc/${CUT[$name]}"
	check_match "by a reset" "^[0-9] idle ECONNRESET$" "$(cut_how $name)"
done

# Nobody is told, and nobody hears of it.
before=$(resets c1)
cut_hold web c1 $VIP idle 3
check_is "three end in silence" 3 "$(ended CLIENT=10.2.0.11 RESET=0)"
check_is "which their client does not know of" "$before" "$(resets c1)"
check_is "nor conntrack of them" 0 "$(in_ns lb conntrack -L -p tcp --orig-src 10.2.0.11 2>/dev/null | grep -c ESTABLISHED)"
kill "${CUT[web]}"

# The two ends of a connection that is not there yet.
in_ns b1 nft 'add table inet deaf; add chain inet deaf in { type filter hook input priority 0; }; add rule inet deaf in tcp dport 9000 drop'
cut_hold try c2 $VIP try 4
check "four clients wait for an answer" wait_for 20 listed 4 CLASS=1 CLIENT=10.2.0.12
check_is "they are ended" 4 "$(ended CLASS=1 CLIENT=10.2.0.12 RESET=1)"
check "and know" wait_for 20 cut_ended try 4
check_is "by what a SYN is refused with" "4 try ECONNREFUSED" "$(cut_how try)"
in_ns b1 nft delete table inet deaf

# What was sent and lost behind the balancer is not what the end waits for.
check "a download" cut_hold down c2 $VIP down 3
in_ns c2 nft 'add table inet lossy; add chain inet lossy in { type filter hook prerouting priority -300; }; add rule inet lossy in tcp sport 80 meta length > 100 counter drop'
check "of which packets are lost" wait_for 20 lost
# What it would answer to a reset that it doubts helps nobody.
in_ns c2 nft 'add chain inet lossy out { type filter hook output priority 0; }; add rule inet lossy out ip daddr 192.0.2.10 drop'
since=$EPOCHREALTIME
check_is "whose packets the client gets no longer is ended" 3 "$(ended CLIENT=10.2.0.12 RESET=1)"
check "and it knows" wait_for 20 cut_ended down 3
check_is "by a reset" "3 down ECONNRESET" "$(cut_how down)"
echo "# a download: after $(cut_late down "$since") ms"
in_ns c2 nft delete table inet lossy

# A port that is used again: what the backend sees is shifted, and so is its reset.
check "a single port" dnl set PORT_MIN=50000 PORT_MAX=50000
cut_forget b1
shifted=0 rounds=0
while [ $shifted -lt 3 ] && [ $rounds -lt 40 ]; do
	rounds=$((rounds + 1))
	cut_hold again "c$((rounds % 3 + 1))" $VIP idle 1 || break
	status=$(dnl conns CLASS=0 | sed -E 's/.* STATUS=([0-9]+) .*/\1/')
	shifted=$((shifted + (status >> 6 & 1)))
	[ "$(ended RESET=1)" -eq 1 ] || break
	wait_for 20 cut_ended again 1 || break
done
check "a connection after the other, three of them shifted ($rounds)" test $shifted -eq 3
check "the backend knows of all" wait_for 20 cut_ended b1 $rounds
check_is "by a reset each" "$rounds idle ECONNRESET" "$(cut_how b1)"
dnl set PORT_MIN=1024 PORT_MAX=65535

# UDP has nobody to tell: the next packet is a new flow's.
in_ns c3 "$TOP/tests/lib/knock.py" udp $VIP 53 >/dev/null 2>&1
check "a UDP flow" wait_for 10 listed 1 L4PROTO=17
check_is "is ended" 1 "$(ended L4PROTO=17 RESET=1)"
check "and gone" listed 0

# In parts, as many as it takes.
check "three thousand connections" hold 3000
read -r count messages < <(dnl end RESET=1)
check_is "are ended" 3000 "$count"
check "in some messages ($messages)" test "$messages" -ge 3
check "no port is held any more" wait_for 10 stat_is IN_USE 0
let_go

check_match "a reset is sent or not" "^(ERANGE|EINVAL) .+" "$(dnl end RESET=2)"
check_match "an attribute that is no filter is refused" "^EINVAL .+" "$(dnl end VDPORT=1)"
check_is "an address of 3 bytes, too" "EINVAL an address has 4 or 16 bytes" "$(dnl raw "$(dnl number CONN_DEL)" dump 07000600c0000200)"
check_match "it is a dump and nothing else" "^E(OP)?NOTSUPP?" "$(dnl raw "$(dnl number CONN_DEL)" one '')"
cut_down
