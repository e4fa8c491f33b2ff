#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs lab tests in the lab's guest, one after the other over one test bed, and looks at the
# kernel's log after each. Usage: guest.sh TEST-FILE...
# DNAT_ROOT is where "make install" has put the project.

set -u
lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common net servers check daemon; do
	# shellcheck source=/dev/null
	. "$lib/$part.sh"
done
[ -e /run/lab/up ] || die "these tests change the whole machine: tests/lab test runs them in a guest"
DNAT_ROOT=${DNAT_ROOT:-}
PATH=$DNAT_ROOT/usr/sbin:$DNAT_ROOT/usr/bin:$PATH

unloaded() {
	[ ! -d /sys/module/nf_double_nat ] || rmmod nf_double_nat
}

# To the same state before every test: no daemon, no table, no connection, no module. The next
# module starts with the first port again, so what backends remember of this one has to go, too.
clean_up() {
	local node

	daemon_kill
	in_ns lb nft flush ruleset
	in_ns lb conntrack -F 2>/dev/null
	for node in "${NET_BACKENDS[@]}"; do
		in_ns "$node" ss -K state time-wait >/dev/null 2>&1
	done
	rm -rf /var/lib/dnat/* /run/dnat
	logs_clear
	check "the module goes when nothing needs it any more" wait_for 30 unloaded
}

run_test() {
	local file=$1 marker

	TEST=$(basename "$file" .sh)
	marker="lab: $TEST $$"
	echo "$marker" >/dev/kmsg
	rm -f "$LAB/ended"
	(
		# shellcheck source=/dev/null
		. "$file"
		: >"$LAB/ended"
		[ "$CHECK_FAILED" -eq 0 ]
	) || { failed=$((failed + 1)); daemon_report; }
	[ -e "$LAB/ended" ] || fail "runs to its end"
	clean_up
	dmesg | sed "1,/$marker/d" | grep -vE "$VM_FINE" >"$LAB/dmesg"
	if grep -qE "$VM_BAD" "$LAB/dmesg"; then
		fail "the kernel has nothing to complain of"
		note <"$LAB/dmesg"
	else
		pass "the kernel has nothing to complain of"
	fi
}

exec 2>&1
failed=0
if ! { net_up && servers_up; }; then
	echo "not ok test bed: comes up"
	exit 1
fi
for file in "$@"; do
	start=$SECONDS
	run_test "$file"
	echo "# $(basename "$file" .sh) took $((SECONDS - start)) s"
done
net_down
[ $((failed + CHECK_FAILED)) -eq 0 ]
