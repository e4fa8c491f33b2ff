# SPDX-License-Identifier: GPL-2.0-only
# A connection in a zone of conntrack's is not found by packets that are in none.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

zone() {
	in_ns lb nft -f - <<-'EOT'
		table inet zone {
			chain pre {
				type filter hook prerouting priority raw;
				meta l4proto tcp ct zone set 7
			}
		}
	EOT
}

more() {
	[ "$(stat "$1")" -gt "$2" ]
}

if ! zone 2>/dev/null; then
	skip "packets in no zone find no connection that is in one" "this kernel has no zones"
	return
fi

check "a ruleset that hands connections over" ours || return
servers_big
fast=$(stat STATS_FAST)
check "a download is under way" halfway c1 http://192.0.2.10/big --max-time 60
check_is "in its zone" 1 "$(in_ns lb conntrack -L -p tcp --zone 7 2>/dev/null | grep -c ESTABLISHED)"
slow=$(stat STATS_SLOW_OFF)
in_ns lb nft delete table inet zone
: >"$LAB/go"
check "its packets come in no zone" wait_for 20 more STATS_SLOW_OFF "$slow"
check_is "none of all these has taken the fast path" "$fast" "$(stat STATS_FAST)"
# To conntrack it is another connection, which need not go to the same backend.
wait "$HALFWAY" || true
