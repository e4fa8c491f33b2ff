# SPDX-License-Identifier: GPL-2.0-only
# The module driven by rules of one's own, without dnatd: one backend, b1, behind VIP
# 192.0.2.10, and connections to it that stay open.
# shellcheck shell=bash

dnl() {
	in_ns lb "$TOP/tests/lib/dnl.py" "$@"
}

stat() {
	dnl stats | awk -v name="$1" '$1 == name { print $2 }'
}

stat_is() {
	[ "$(stat "$1")" -eq "$2" ]
}

# conns [ATTR=VALUE]... - how many connections the module lists.
conns() {
	dnl conns "$@" | wc -l
}

# listed COUNT [ATTR=VALUE]...
listed() {
	local count=$1

	shift
	[ "$(conns "$@")" -eq "$count" ]
}

# ours [PORT] - the rules; PORT (8080) is the backend's.
ours() {
	in_ns lb nft -f - <<-EOT
		table inet own {
			ct helper dn { type "double-nat" protocol tcp; l3proto inet; }
			chain pre {
				type nat hook prerouting priority dstnat;
				ip daddr 192.0.2.10 tcp dport 80 ct helper set "dn" dnat ip to 10.1.0.11:${1:-8080}
			}
		}
	EOT
}

# hold COUNT [WANTED] - connections from c1 that stay open; what it printed is in $LAB/held.
# WANTED is how many will find a port, if not all of them do.
hold() {
	rm -f "$LAB/held"
	mkfifo "$LAB/hold"
	in_ns c1 "$TOP/tests/lib/conns.py" 192.0.2.10 80 "$@" <"$LAB/hold" >"$LAB/held" &
	HOLDER=$!
	exec 7>"$LAB/hold"
	rm "$LAB/hold"
	wait_for 150 test -s "$LAB/held"
}

let_go() {
	exec 7>&-
	wait "$HOLDER"
}
