# SPDX-License-Identifier: GPL-2.0-only
# What the module counts, as dnatctl tells it.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

# counted KEY - a figure of "dnatctl stats", such as .slow.flags
counted() {
	dnatctl -j stats | jq "$1"
}

# counted_is KEY NUMBER
counted_is() {
	[ "$(counted "$1")" -eq "$2" ]
}

check "dnatd starts" daemon_start || return
check "services are added" services web 80 b1 || return
begun=$(counted .begun) ended=$(counted .ended) in_use=$(counted .in_use)
exhausted=$(counted .exhausted)
fast=$(counted .fast) flags=$(counted .slow.flags)

hold 10
check "ten connections are counted" counted_is .begun $((begun + 10))
check "which are in use" counted_is .in_use $((in_use + 10))
check "their first packets were left to nf_nat" test "$(counted .slow.flags)" -ge $((flags + 10))
check "and others forwarded by the module" test "$(counted .fast)" -gt "$fast"
check_is "the text has the same figures" \
	"$(counted .begun) $(counted .in_use) $(counted .slow.flags)" \
	"$(dnatctl stats | sed -nE 's/^(connections begun|vdports in use|.*SYN, RST or no ACK): //p' | xargs)"
let_go
in_ns lb conntrack -F 2>/dev/null
check "they have ended" wait_for 20 counted_is .ended $((ended + 10))

check "a range of four ports" dnatctl vdport set range 5000-5003
hold 6 4
let_go
check "who finds none is counted" test "$(counted .exhausted)" -gt "$exhausted"
dnatctl vdport set range 1024-65535

check "the way by nf_nat is asked for" dnatctl service set web4 fast off
off=$(counted .slow.off)
get c1 10 "$URL4/" >/dev/null 2>&1
check "its packets are counted by this reason" test "$(counted .slow.off)" -gt "$off"

check_is "rates come line by line, in figures alone" 3 \
	"$(dnatctl stats -i 1 | head -n 4 | grep -cE '^( *[0-9]+){8}$')"
check_is "and as JSON" 8 "$(dnatctl -j stats -i 1 | head -n 1 | jq '.slow | length')"
daemon_stop

check "allocator nf_nat" daemon_start --allocator nf_nat
check_rc "has nothing to show" 2 dnatctl stats
check_rc "nor any rates" 2 dnatctl stats -i 1
check_match "and says why" 'allocator nf_nat is in force; start dnatd without --allocator nf_nat, see dnatctl status$' "$(dnatctl stats 2>&1)"
daemon_stop
