# SPDX-License-Identifier: GPL-2.0-only
# The module goes while connections live.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

check "a ruleset that hands connections over" ours || return
servers_big

check "a download is under way" halfway c1 http://192.0.2.10/big --range 0-19999999
# conntrack and nf_nat do their work for as long as some table asks for it.
in_ns lb nft -f - <<-'EOT'
	table inet other {
		chain pre {
			type nat hook prerouting priority dstnat;
			ct state invalid drop
		}
	}
	delete table inet own
EOT
unload() {
	rmmod nf_double_nat
}
check "the module unloads under a connection" wait_for 20 unload
check "and none of its slab is left" test ! -e /sys/kernel/slab/dnat_conn
check "which goes on over nf_nat" go_on
check_is "to its last byte" "$(head -c 20000000 "$LAB/big" | sha256sum)" "$(sha256sum <"$LAB/got")"

# Whose helper was taken off, conntrack no longer tells of its end.
in_ns lb conntrack -F 2>/dev/null
check "the rules are there again" ours
hold 10
check_is "ten connections" "open 10 failed 0" "$(cat "$LAB/held")"
check_is "an admin takes the helper off them" 10 "$(in_ns lb "$TOP/tests/lib/unhelp.py" 192.0.2.10)"
let_go
in_ns lb nft delete table inet own
check "the module unloads all the same" wait_for 20 unload
check "with none of its slab left" test ! -e /sys/kernel/slab/dnat_conn
in_ns lb conntrack -F 2>/dev/null
