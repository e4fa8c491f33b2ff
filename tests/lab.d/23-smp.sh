# SPDX-License-Identifier: GPL-2.0-only
# Processors take and give vdports at the same time, and never get the same one.
# SMP_COUNT is how often.  And two of them change settings at the same time.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

# figure NAME - of the module's verdict.
figure() {
	grep -oP "\b$1 \K[0-9]+" <<<"$verdict"
}

if [ "$(nproc)" -lt 2 ]; then
	skip "no port is given out twice" "this guest has one processor"
	return
fi

count=${SMP_COUNT:-$([ -n "${LAB_LONG:-}" ] && echo 10000000 || echo 400000)}
dmesg -C
check "$count times a port is taken or given back" insmod "$SMP_MODULE" count="$count" || return
verdict=$(dmesg | grep -o 'dnat_smp: processors .*')
echo "# $verdict"
check "by all processors" test "$(figure processors)" -eq "$(nproc)"
check "each time something was done" \
	test $(($(figure taken) + $(figure given) + $(figure empty))) -ge "$count"
check "the small pool ran dry at times" test "$(figure empty)" -gt 0
check "ports went from one processor to another" test "$(figure moved)" -gt 0
check_is "no port was given out twice" 0 "$(figure twice)"
check_is "none was lost, and each came with its memory" 0 "$(figure wrong)"
check_is "each one that was taken came back" "$(figure taken)" "$(figure given)"
check "the test's module unloads" rmmod dnat_smp

check "a ruleset that hands connections over" ours || return
for port in 8080 9000 9001 9002; do
	in_ns lb nft flush chain inet own pre
	in_ns lb nft add rule inet own pre ip daddr 192.0.2.10 tcp dport 80 ct helper set '"dn"' dnat ip to 10.1.0.11:$port
	in_ns c1 "$TOP/tests/lib/knock.py" tcp 192.0.2.10 80 >/dev/null
done
check_is "four pools" 4 "$(dnl pools | wc -l)"
check_is "two processes set the two ends of the range: both are obeyed, and all pools have that range" \
	"lost 0 torn 0" "$(in_ns lb "$TOP/tests/lib/settings.py" 1000)"
dnl set PORT_MIN=1024 PORT_MAX=65535
