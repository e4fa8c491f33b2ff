# SPDX-License-Identifier: GPL-2.0-only
# Packets that a queue has handed to a process and back come to the module in that process's
# context, where the next packet may interrupt the one that is worked on: conntrack has them.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

queue() {
	in_ns lb nft -f - <<-'EOT'
		table inet queued {
			chain pre {
				type filter hook prerouting priority raw;
				ip daddr 192.0.2.10 counter queue num 0
			}
		}
	EOT
}

if ! queue 2>/dev/null; then
	skip "packets from a queue go the slow way" "this kernel has no queue"
	return
fi
in_ns lb nft delete table inet queued

check "a ruleset that hands connections over" ours || return
servers_big
check "a download is under way" halfway c1 http://192.0.2.10/big --range 0-2999999
check "the module forwards it" test "$(stat STATS_FAST)" -gt 0

ip netns exec lb "$TOP/tests/lib/queued.py" >"$LAB/queued" &
QUEUED=$!
check "somebody accepts what is queued" wait_for 20 test -s "$LAB/queued"
check "all packets to the VIP are queued" queue
fast=$(stat STATS_FAST)
check "the download goes on" go_on
check_is "to its last byte" "$(head -c 3000000 "$LAB/big" | sha256sum)" "$(sha256sum <"$LAB/got")"
check_is "none of its packets took the fast path" "$fast" "$(stat STATS_FAST)"
check_none "they were queued" 'counter packets 0 ' "$(in_ns lb nft list table inet queued)"
in_ns lb nft delete table inet queued
kill "$QUEUED"
check "without the queue another one" halfway c1 http://192.0.2.10/big --range 0-2999999
check "is forwarded by the module" test "$(stat STATS_FAST)" -gt "$fast"
check "and ends" go_on

# Two first packets of a flow that are under way at the same time become two connections. Of
# these conntrack takes one away again, which must not hide the other one from the path.
twins() {
	in_ns lb nft -f - <<-'EOT'
		table inet twins {
			ct helper dnu { type "double-nat" protocol udp; l3proto inet; }
			chain pre {
				type nat hook prerouting priority dstnat;
				ip daddr 192.0.2.10 udp dport 53 ct helper set "dnu" dnat ip to 10.1.0.11:9000
			}
			chain both {
				type filter hook forward priority 0;
				ip daddr 10.1.0.11 udp dport 9000 queue num 0
			}
		}
	EOT
}

good() {
	grep -cx good "$LAB/twins.out"
}

good_more() {
	[ "$(good)" -gt "$1" ]
}

# Whether the client's packets are found by the path: it asks for as long as both hold a port.
twin_found() {
	local slow good

	while stat_is IN_USE 2; do
		slow=$(stat STATS_SLOW_NEW) good=$(good)
		echo another >&5
		wait_for 20 good_more "$good" || return
		! stat_is STATS_SLOW_NEW "$slow" || return 0
	done
	return 1
}

# The server hears neither of the two, so that conntrack knows both for a while.
twins_try() {
	local queued rc

	ip netns exec lb "$TOP/tests/lib/queued.py" 2 >"$LAB/queued" &
	queued=$!
	wait_for 20 test -s "$LAB/queued"
	in_ns b1 nft 'add table inet deaf; add chain inet deaf in { type filter hook input priority 0; }; add rule inet deaf in udp dport 9000 drop'
	twins
	mkfifo "$LAB/twins"
	in_ns c1 "$TOP/tests/lib/udp.py" twins b1 192.0.2.10 53 <"$LAB/twins" >"$LAB/twins.out" 2>&1 &
	exec 5>"$LAB/twins"
	rm "$LAB/twins"
	two=no
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		stat_is IN_USE 2 && two=yes && met=yes && break
	done
	in_ns lb nft delete chain inet twins both
	in_ns b1 nft delete table inet deaf
	[ $two = yes ] && twin_found
	rc=$?
	exec 5>&-
	kill "$queued"
	in_ns lb nft delete table inet twins
	in_ns lb conntrack -F 2>/dev/null
	wait_for 20 stat_is IN_USE 0
	return $rc
}

in_ns lb nft delete table inet own
in_ns lb conntrack -F 2>/dev/null
check "nobody holds a port" wait_for 20 stat_is IN_USE 0
rm -f "$LAB/udp"
ip netns exec b1 "$TOP/tests/lib/udp.py" serve b1 0.0.0.0 9000 >"$LAB/udp" &
SERVE=$!
check "there is a server" wait_for 20 test -s "$LAB/udp"
# conntrack's collector may come by at any time, and takes the loser along within a second: an
# emulated machine may be too slow to see the two.
met=no
for _ in 1 2 3; do
	twins_try && found=yes && break
	found=no
done
if [ $met = yes ]; then
	check_is "the path finds the client's packets while conntrack has both" yes "$found"
else
	skip "the path finds the client's packets while conntrack has both" "the two were not seen at once in three tries"
fi
kill $SERVE
