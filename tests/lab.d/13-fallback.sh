# SPDX-License-Identifier: GPL-2.0-only
# A module that cannot be loaded, and a kernel without nf_tables.
# shellcheck shell=bash

block() {
	printf 'install %s /bin/false\n' "$1" >"/etc/modprobe.d/dnat-lab-$1.conf"
}

rmmod nf_double_nat 2>/dev/null
block nf_double_nat
out=$(timeout 120 ip netns exec lb dnatd --allocator module 2>&1)
check_is "--allocator module without the module: dnatd does not start" 1 $?
check_match "and says why" 'nf_double_nat' "$out"
check_is "in one line" 1 "$(wc -l <<<"$out")"

check "--allocator auto: it does" daemon_start || return
check "services are added" services web 80 b1 b2 b3 b4 b5 b6 || return
check_is "status: nf_nat is in force" nf_nat "$(dnatctl -j status | jq -r .allocator.in_force)"
check_match "and why" 'nf_double_nat' "$(dnatctl -j status | jq -r .allocator.reason)"
for f in 4 6; do
	url=URL$f vip=VIP$f
	logs_clear
	check_is "IPv$f: 60 requests, 10 from each backend" "$(printf '10 %s\n' b1 b2 b3 b4 b5 b6)" \
		"$(get c1 60 "${!url}/" 2>&1 | spread)"
	wait_for 20 logged 60
	check_is "IPv$f: the backends see the VIP" "${!vip}" \
		"$(peers b1 b2 b3 b4 b5 b6 | cut -d ' ' -f 1 | sort -u)"
done
# What the flowtable speeds up, it does on an interface that came later, too.
in_flowtable() {
	in_ns lb nft list flowtable inet dnatd flows | grep -Eq "[ ,]$1[ ,]"
}
if [ "$(dnatctl -j status | jq -r '.checks[] | select(.name == "flowtable").value')" = used ]; then
	in_ns lb ip link add later type veth peer name later0
	in_ns lb ip link set later up
	check "an interface that came later is in the flowtable" wait_for 20 in_flowtable later
	in_ns lb ip link set later down
	in_ns lb ip link set later name renamed
	in_ns lb ip link set renamed up
	check "so is one that was renamed" wait_for 20 in_flowtable renamed
	in_ns lb ip link del renamed
	check_match "which is no repair" "^0$" "$(dnatctl -j status | jq .repairs.total)"
else
	skip "an interface that came later is in the flowtable" "the kernel has no flowtable"
fi
dnatctl export -f "$LAB/services.conf"
echo 'vdport set range 5000-6000' >>"$LAB/services.conf"
line=$(wc -l <"$LAB/services.conf")
said=$(dnatctl apply -f "$LAB/services.conf" 2>&1)
check_is "settings of the vdports in a file are kept, as at a start" "0 $LAB/services.conf:$line: note: vdport set is kept and has no effect" \
	"$? ${said%%:\ the*}"
check_match "in what is saved" 'vdport set range 5000-6000' "$(dnatctl export)"
check_is "what is exported is applied again, here and elsewhere" 0 "$(dnatctl export | dnatctl apply -f - >/dev/null 2>&1; echo $?)"
check "and a file without them is the way back" dnatctl apply -f - <<<"$(sed '$d' "$LAB/services.conf")"
check_none "which they are gone with" 'vdport set' "$(dnatctl export)"
check_rc "the command is refused, for it would do nothing" 2 dnatctl vdport set range 5000-6000
check "with them again" dnatctl apply -f "$LAB/services.conf" 2>/dev/null
: >"$DNATD_LOG"
daemon_stop
check "dnatd starts with them" daemon_start
check_match "and says the same" 'note: vdport set is kept and has no effect: .*allocator nf_nat is in force' "$(cat "$DNATD_LOG")"
daemon_stop
rm /etc/modprobe.d/dnat-lab-*
check "with the module there again, dnatd starts" daemon_start
check_is "and uses it" module "$(dnatctl -j status | jq -r .allocator.in_force)"
check_is "they are in force" 5000-6000 "$(dnatctl -j status | jq -r .vdports.range)"
check_match "in its rules, too" 'ct helper set "double-nat-tcp"' "$(ruleset)"
check_is "requests are answered" "$(printf '10 %s\n' b1 b2 b3 b4 b5 b6)" "$(get c1 60 "$URL4/" 2>&1 | spread)"
daemon_stop

# Tables that tests before this one made in other namespaces hold it, too.
for node in lb "${NET_CLIENTS[@]}" "${NET_BACKENDS[@]}"; do
	in_ns "$node" nft flush ruleset
done
in_ns lb conntrack -F 2>/dev/null
block nf_tables
unload_nf_tables() {
	rmmod nf_double_nat
	# shellcheck disable=SC2046
	modprobe -r $(lsmod | awk '$1 == "nf_tables" { gsub(",", " ", $4); print $4 }')
	modprobe -r nf_tables
	[ ! -d /sys/module/nf_tables ]
}
if ! grep -q '^nf_tables ' /proc/modules; then
	skip "a kernel without nf_tables: dnatd does not start" "nf_tables is part of this kernel"
elif wait_for 20 unload_nf_tables; then
	out=$(timeout 120 ip netns exec lb dnatd 2>&1)
	check_is "a kernel without nf_tables: dnatd does not start" 1 $?
	check_match "and says so" 'nf_tables' "$out"
	check_is "in one line" 1 "$(wc -l <<<"$out")"
else
	fail "nf_tables can be unloaded: $(lsmod | grep nf_tables)"
fi
rm -f /etc/modprobe.d/dnat-lab-*
