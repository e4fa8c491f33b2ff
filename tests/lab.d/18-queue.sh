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
