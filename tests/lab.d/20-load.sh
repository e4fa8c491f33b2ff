# SPDX-License-Identifier: GPL-2.0-only
# Things are taken away under load, again and again, and nothing stays behind.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

TIMES=$([ -n "${LAB_LONG:-}" ] && echo 100 || echo 2)
WIDTH=300
MOVED=0

# A balancer of its own, "xl", between clients in "xc" and two backends in "xs".
x_links() {
	ip netns add xl
	ip -batch - <<-'EOT'
		link add name left netns xc type veth peer name c netns xl
		link add name right netns xs type veth peer name s netns xl
	EOT
	printf 'link set lo up\nlink set left up\naddr add 10.5.0.2/24 dev left\nroute add default via 10.5.0.1\n' | ip -n xc -b -
	printf 'link set lo up\nlink set right up\naddr add 10.6.0.2/24 dev right\naddr add 10.6.0.3/24 dev right\nroute add default via 10.6.0.1\n' | ip -n xs -b -
	printf 'link set c up\nlink set s up\naddr add 10.5.0.1/24 dev c\naddr add 10.6.0.1/24 dev s\n' | ip -n xl -b -
	in_ns xl sysctl -qw net.ipv4.ip_forward=1
}

x_rules() {
	in_ns xl nft -f - <<-'EOT'
		table inet own {
			ct helper dn { type "double-nat" protocol tcp; l3proto inet; }
			chain pre {
				type nat hook prerouting priority dstnat;
				ip daddr 192.0.2.10 tcp dport 80 ct helper set "dn" dnat ip to numgen inc mod 2 map { 0 : 10.6.0.2 . 8080, 1 : 10.6.0.3 . 8080 }
			}
		}
	EOT
}

# The kernel patches itself when the first hook of a kind comes and when the last one goes,
# and an emulated processor may meet that half done: so there is one of each all the time.
hooks_stay() {
	local hook

	{
		echo "table inet still {"
		for hook in prerouting input forward output postrouting; do
			echo "chain $hook { type filter hook $hook priority 0; }"
		done
		echo "}"
	} | in_ns lb nft -f -
}

x_up() {
	hooks_stay
	ip netns add xc
	ip netns add xs
	x_links
	x_rules
	ip netns exec xs "$TOP/tests/lib/echo.py" serve 0.0.0.0 8080 >"$LAB/x.server" &
	X_SERVER=$!
	wait_for 10 test -s "$LAB/x.server"
	mkfifo "$LAB/x"
	in_ns xc "$TOP/tests/lib/echo.py" load 192.0.2.10 80 $WIDTH <"$LAB/x" >"$LAB/x.load" 2>&1 &
	X_LOAD=$!
	exec 8>"$LAB/x"
	rm "$LAB/x"
}

x_down() {
	exec 8>&-
	wait $X_LOAD
	kill $X_SERVER
	wait $X_SERVER
	ip netns del xc
	ip netns del xs
}

served() {
	wc -l <"$LAB/x.load"
}

moved() {
	[ "$(served)" -gt $((MOVED + 1)) ]
}

# Whole connections, hundreds of them, begun and ended since the last call.
x_moves() {
	MOVED=$(served)
	wait_for 60 moved
}

x_dnl() {
	in_ns xl "$TOP/tests/lib/dnl.py" "$@"
}

x_stat_is() {
	[ "$(x_dnl stats | awk -v name="$1" '$1 == name { print $2 }')" -eq "$2" ]
}

unload() {
	rmmod nf_double_nat
}

conntracks_flushed() {
	in_ns xl conntrack -F
}

# conntrack(8) gives up at the first one that has ended since it was listed: that, and no other
# error, has it asked again.
a_backend_cut_off() {
	local i

	for ((i = 0; i < 20; i++)); do
		in_ns xl conntrack -D -p tcp --reply-src 10.6.0.2 2>"$LAB/cut" >/dev/null && return
		grep -q "such conntrack doesn't exist" "$LAB/cut" || break
	done
	cat "$LAB/cut"
	return 1
}

the_netns_gone() {
	ip netns del xl
	x_links && x_rules
}

the_interface_gone() {
	ip -n xl link del s
	ip -batch - <<-'EOT'
		link add name right netns xs type veth peer name s netns xl
	EOT
	printf 'link set right up\naddr add 10.6.0.2/24 dev right\naddr add 10.6.0.3/24 dev right\nroute add default via 10.6.0.1\n' | ip -n xs -b - &&
	printf 'link set s up\naddr add 10.6.0.1/24 dev s\n' | ip -n xl -b -
}

the_rules_gone() {
	in_ns xl nft delete table inet own && x_rules
}

the_module_gone() {
	in_ns xl nft delete table inet own && wait_for 30 unload && x_rules
}

a_smaller_range() {
	x_dnl set PORT_MIN=50000 PORT_MAX=50999
}

a_larger_range() {
	x_dnl set PORT_MIN=1024 PORT_MAX=65535
}

helpers_taken_off() {
	in_ns xl "$TOP/tests/lib/unhelp.py" 192.0.2.10 >/dev/null && the_netns_gone
}

# again WHAT COMMAND... - TIMES times, and after each one there is traffic.
again() {
	local what=$1 i

	shift
	for ((i = 1; i <= TIMES; i++)); do
		if ! "$@" >"$LAB/again" 2>&1 || ! x_moves; then
			fail "$what: time $i of $TIMES"
			{ cat "$LAB/again"; tail -n 3 "$LAB/x.load"; x_dnl pools; } 2>&1 | note
			return 1
		fi
	done
	pass "$what, $TIMES times under load"
}

# routes - how many IPv4 routes the kernel has made for packets and not freed, of all netns.
routes() {
	printf '%d\n' "0x$(awk 'NR == 2 { print $1 }' /proc/net/stat/rt_cache)"
}

routes_gone() {
	[ "$(routes)" -le "$1" ]
}

small_and_large() {
	a_smaller_range && x_moves && a_larger_range
}

# Sockets that lose their peer in the midst of it keep a route for minutes: so nobody does yet.
before=$(routes)
x_up
check "there is load" x_moves
x_down
conntracks_flushed 2>/dev/null
ip netns del xl
check "every route that it took is given back" wait_for 30 routes_gone "$before" || note <<<"$before, and now $(routes)"

x_up
check "there is load again" x_moves
again "conntrack -F" conntracks_flushed
again "conntrack -D of one backend" a_backend_cut_off
again "a smaller range, and a larger one" small_and_large
again "an interface goes and comes" the_interface_gone
again "the rules go and come" the_rules_gone
again "the module goes, once the rules have, and comes" the_module_gone
again "the netns goes and comes" the_netns_gone
again "the netns goes, whose connections have lost the helper" helpers_taken_off
x_down
check_is "nobody got another's answer" "wrong 0" "$(grep -o 'wrong .*' "$LAB/x.load")"

conntracks_flushed 2>/dev/null
check "at the end no port is held" wait_for 30 x_stat_is IN_USE 0
check_is "and each that was taken came back once" \
	"$(x_dnl stats | awk '$1 == "STATS_TAKEN" { print $2 }')" "$(x_dnl stats | awk '$1 == "STATS_GIVEN" { print $2 }')"
in_ns xl nft delete table inet own
ip netns del xl
refs_gone() {
	[ "$(cat /sys/module/nf_double_nat/refcnt)" -eq 0 ]
}
check "nobody refers to the module" wait_for 30 refs_gone
check "it unloads" wait_for 30 unload
slabs() {
	find /sys/kernel/slab -maxdepth 1 -name 'dnat*'
}
check_is "and none of its slabs is left" "" "$(slabs)"
