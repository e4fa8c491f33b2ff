# SPDX-License-Identifier: GPL-2.0-only
# Packets that are larger than any wire takes, and checksums left to hardware: what goes through
# arrives whole, with and without them, with the forwarding path on and off.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

# User-Mode Linux takes seconds for what an emulated processor takes minutes for.
if grep -q 'User Mode Linux' /proc/cpuinfo; then
	mb=${OFFLOAD_MB:-2048}
else
	mb=${OFFLOAD_MB:-32}
fi

both() {
	in_ns lb nft -f - <<-'EOT'
		table inet own {
			ct helper dn { type "double-nat" protocol tcp; l3proto inet; }
			chain pre {
				type nat hook prerouting priority dstnat;
				ip daddr 192.0.2.10 tcp dport 80 ct helper set "dn" dnat ip to 10.1.0.11:9999
				ip6 daddr 2001:db8:0:1::10 tcp dport 80 ct helper set "dn" dnat ip6 to [fd00:1::11]:9999
			}
		}
	EOT
}

# path 0|1 - without a forwarding path there is nothing to switch.
path() {
	! grep -q DNAT_A_FAST "$TOP/kmod/uapi/linux/double_nat.h" || dnl set "FAST=$1"
}

# offloads FEATURE ON|OFF... - on every device of the way.
offloads() {
	in_ns lb ethtool -K clients "$@" &&
	in_ns lb ethtool -K trunk "$@" &&
	in_ns c1 ethtool -K eth0 "$@" &&
	in_ns b1 ethtool -K eth0 "$@" &&
	in_ns sw ethtool -K clients "$@" &&
	in_ns sw ethtool -K trunk "$@"
}

transfer() {
	local what=$1 vip way out

	for vip in 192.0.2.10 2001:db8:0:1::10; do
		for way in get put; do
			out=$(in_ns c1 "$TOP/tests/lib/stream.py" "$way" "$vip" 80 $((mb << 20)) 2>&1)
			check_match "$what: $way of $mb MB by $vip is whole" '^[0-9]+ same$' "$out"
			echo "# ${out%% *} Mbit/s"
		done
	done
}

check "a ruleset that hands connections over" both || return
in_ns b1 "$TOP/tests/lib/stream.py" serve 9999 >"$LAB/serving" &
server=$!
check "the backend is ready" wait_for 20 test -s "$LAB/serving"

for fast in 0 1; do
	check "the path is switched, $fast" path "$fast"
	check "TSO and GSO, as veth has them" offloads tso on gso on tx on gro off
	transfer "path $fast, sent large"
	check "GRO too" offloads gro on
	transfer "path $fast, sent and received large"
	check "none of them" offloads gro off gso off tso off tx off
	transfer "path $fast, packet by packet"
	check "a large packet meets a small one" in_ns c1 ethtool -K eth0 tx on tso on gso on
	transfer "path $fast, large from the client, small from the backend"
done
check "all is as it was" offloads tso on gso on tx on gro off
path 1
kill "$server"
wait "$server" 2>/dev/null
check_is "nothing was refused for want of memory" 0 "$(stat STATS_NOMEM)"
