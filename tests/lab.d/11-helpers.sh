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

# chosen MOMENT GENID - connections, some of which lose their extensions then, and are tried again.
# Ports that are used again at once have the sequence numbers of about half of them shifted.
chosen() {
	check "$1: extensions go out of use there" insmod "$GENID_MODULE" at="$1" genid="0x$2" || return
	hold 20
	check_is "$1: all connections are there in the end" "open 20 failed 0" "$(cat "$LAB/held")"
	let_go
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
check "a ruleset that hands connections over" ours || return
check "twenty ports" dnl set PORT_MIN=50000 PORT_MAX=50019
hold 20
check_is "their first use" "open 20 failed 0" "$(cat "$LAB/held")"
let_go

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
	hold 100 20
	let_go
done
check "while connections came ($rounds rounds), each helper was unloaded" unloaded_more
kill $unloader
wait $unloader
rm "$LAB/unloaded"
hold 20
check_is "connections come as before" "open 20 failed 0" "$(cat "$LAB/held")"
let_go
in_ns lb conntrack -F 2>/dev/null
check "at the end no port is held" wait_for 20 stat_is IN_USE 0
check_is "and each that was taken came back once" "$(stat STATS_TAKEN)" "$(stat STATS_GIVEN)"
dnl set PORT_MIN=1024 PORT_MAX=65535
