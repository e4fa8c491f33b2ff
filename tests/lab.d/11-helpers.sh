# SPDX-License-Identifier: GPL-2.0-only
# Conntrack helpers are unloaded while connections come. Where the kernel takes the extensions
# of all unconfirmed connections out of use then (6.1), that may be at any moment; first at
# moments that are chosen, then as it comes.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

HELPERS=(nf_conntrack_sip nf_conntrack_ftp nf_conntrack_tftp nf_conntrack_irc nf_conntrack_pptp)

# On the way of a first packet, in order: where it becomes a connection of the module's, gets its
# port and its shift, is rewritten, confirmed and adjusted.
MOMENTS=(dnat_pool_get nf_conntrack_tuple_taken dnat_vdport_recall dnat_reclaim_add nf_nat_manip_pkt dnat_conn_help
	 nf_ct_seq_adjust)

# asked COUNT - so many connections, on half of the ports at a time, all of which have their answer.
asked() {
	in_ns c1 "$TOP/tests/lib/echo.py" ask 192.0.2.10 80 "$1" 10 >"$LAB/asked"
	cat "$LAB/asked"
	grep -qx "good $1 failed 0 wrong 0" "$LAB/asked"
}

# chosen MOMENT GENID - connections, some of which lose their extensions then, and are tried again.
# Ports that are used again at once, behind a backend that closed first, have the sequence numbers
# of about half of them shifted.
chosen() {
	check "$1: extensions go out of use there" insmod "$GENID_MODULE" at="$1" genid="0x$2" || return
	check "$1: all connections are there in the end" asked 20
	check "$1: it was called" test "$(cat /sys/module/dnat_genid/parameters/calls)" -ge 4
	check "$1: the probe goes" rmmod dnat_genid
}

# Until the shell that runs it is told to end.
unload_on() {
	local helper

	trap 'exit 0' TERM
	while :; do
		for helper in "${HELPERS[@]}"; do
			modprobe -q "$helper" && rmmod "$helper" && echo "$helper"
		done
	done >>"$LAB/unloaded"
}

unloaded_more() {
	[ "$(sort -u "$LAB/unloaded" | wc -l)" -ge ${#HELPERS[@]} ]
}

if ! modprobe -qn nf_conntrack_sip; then
	skip "helpers come and go" "this kernel has them built in, or not at all"
	return
fi
check "a ruleset that hands connections over" ours 9000 || return
check "twenty ports" dnl set PORT_MIN=50000 PORT_MAX=50019
rm -f "$LAB/echo"
ip netns exec b1 "$TOP/tests/lib/echo.py" serve 0.0.0.0 9000 1 >"$LAB/echo" &
server=$!
check "a server that closes first" wait_for 20 test -s "$LAB/echo"
check "their first use" asked 20

genid=$(awk '$3 == "nf_conntrack_ext_genid" { print $1 }' /proc/kallsyms)
if [ -n "$genid" ]; then
	nomem=$(stat STATS_NOMEM)
	for moment in "${MOMENTS[@]}"; do
		chosen "$moment" "$genid"
	done
	check_is "none of that is counted as a lack of memory" "$nomem" "$(stat STATS_NOMEM)"
else
	skip "extensions go out of use at the worst moment" "this kernel's extensions stay"
fi

: >"$LAB/unloaded"
unload_on &
unloader=$!
rounds=0
until unloaded_more || [ $rounds -ge 200 ]; do
	rounds=$((rounds + 1))
	asked 100 || break
done
check "while connections came ($rounds rounds), each helper was unloaded" unloaded_more ||
	sed 's/^/# /' "$LAB/asked"
kill $unloader
wait $unloader
rm "$LAB/unloaded"
check "connections come as before" asked 20
kill $server
in_ns lb conntrack -F 2>/dev/null
check "at the end no port is held" wait_for 20 stat_is IN_USE 0
check_is "and each that was taken came back once" "$(stat STATS_TAKEN)" "$(stat STATS_GIVEN)"
dnl set PORT_MIN=1024 PORT_MAX=65535
