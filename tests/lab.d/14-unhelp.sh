# SPDX-License-Identifier: GPL-2.0-only
# An admin takes the helper off connections. conntrack then does not report their end, and their
# ports come back all the same: at once where they are needed, else within a minute.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

unhelp() {
	in_ns lb "$TOP/tests/lib/unhelp.py" 192.0.2.10
}

established() {
	in_ns lb conntrack -L -p tcp --state ESTABLISHED --orig-dst 192.0.2.10 2>/dev/null | wc -l
}

check "a ruleset that hands connections over" ours || return
check "ten ports" dnl set PORT_MIN=50000 PORT_MAX=50009
hold 10
check_is "ten connections" "open 10 failed 0" "$(cat "$LAB/held")"
check_is "lose their helper" 10 "$(unhelp)"
in_ns c1 ss -K dst 192.0.2.10 >/dev/null
let_go
in_ns lb conntrack -F 2>/dev/null
hold 10
check_is "when they have ended, ten others find their ports" "open 10 failed 0" "$(cat "$LAB/held")"

check_is "these lose their helper, and go on" "10 10" "$(unhelp) $(established)"
check "the module lets go of their ports" wait_for 150 stat_is IN_USE 0
check_is "which come back once each" "$(stat STATS_TAKEN)" "$(stat STATS_GIVEN)"
check_is "while they live" 10 "$(established)"
let_go
in_ns lb conntrack -F 2>/dev/null
dnl set PORT_MIN=1024 PORT_MAX=65535
