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

# path 0|1 - switch the forwarding path; it is on unless told otherwise.
path() {
	dnl set "FAST=$1"
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

# What comes in large, its checksum left to hardware, goes out small and with a checksum.
sums_here() {
	in_ns lb ethtool -K clients tx off tso off gso off &&
	in_ns lb ethtool -K trunk tx off tso off gso off
}

# transfer WHAT - with the path off and on in turn: machines differ from minute to minute.
transfer() {
	local what=$1 vip way out fast before taken

	for vip in 192.0.2.10 2001:db8:0:1::10; do
		for way in get put; do
			for fast in 0 1; do
				path $fast
				before=$(stat STATS_FAST)
				out=$(in_ns c1 "$TOP/tests/lib/stream.py" "$way" "$vip" 80 $((mb << 20)) 2>&1)
				check_match "$what: $way of $mb MB by $vip, path $fast, is whole" \
					'^[0-9]+ same$' "$out"
				taken=$(($(stat STATS_FAST) - before))
				echo "# ${out%% *} Mbit/s, $taken packets fast"
				check "the path was taken if it was on" test $((taken > 0)) -eq $fast
			done
		done
	done
}

check "a ruleset that hands connections over" both || return
ip netns exec b1 "$TOP/tests/lib/stream.py" serve 9999 >"$LAB/serving" &
server=$!
check "the backend is ready" wait_for 20 test -s "$LAB/serving"

check "TSO and GSO, as veth has them" offloads tso on gso on tx on gro off
transfer "sent large"
check "GRO too" offloads gro on
transfer "sent and received large"
check "none of them" offloads gro off gso off tso off tx off
transfer "packet by packet"
# Only a device that sums up itself shows what sum it was given to begin with.
check "all of them" offloads tx on tso on gso on
check "but those of the balancer" sums_here
transfer "cut and summed up on the way out"
check "all is as it was" offloads tso on gso on tx on gro off
kill "$server"
wait "$server" 2>/dev/null
check_is "nothing was refused for want of memory" 0 "$(stat STATS_NOMEM)"
