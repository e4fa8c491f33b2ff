# SPDX-License-Identifier: GPL-2.0-only
# A crowd on dnatd's socket, half of whose requests are malformed, neither stops it nor fattens it.
# shellcheck shell=bash

CROWD=$([ -n "${LAB_LONG:-}" ] && echo 100000 || echo 10000)

check "dnatd starts" daemon_start || return
check "services are added" services web 80 b1 b2
check "$CROWD requests of 200 clients, half of them malformed, are answered" \
	"$TOP/tests/lib/crowd.py" "$SOCKET" "$DNATD" "$CROWD"
grep '^#' "$LAB/out.check"
check "dnatd does its work" dnatctl service show
daemon_stop
