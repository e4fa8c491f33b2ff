# SPDX-License-Identifier: GPL-2.0-only
# The module, and whole balancers, go while connections live.
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

# A balancer of its own that vanishes under load, again and again.
for i in 1 2 3 4 5; do
	for node in xc xl xs; do ip netns add $node; done
	ip link add name left netns xc type veth peer name c netns xl
	ip link add name right netns xs type veth peer name s netns xl
	printf 'link set lo up\nlink set left up\naddr add 10.5.0.2/24 dev left\nroute add default via 10.5.0.1\n' | ip -n xc -b -
	printf 'link set lo up\nlink set right up\naddr add 10.6.0.2/24 dev right\nroute add default via 10.6.0.1\n' | ip -n xs -b -
	printf 'link set c up\nlink set s up\naddr add 10.5.0.1/24 dev c\naddr add 10.6.0.1/24 dev s\n' | ip -n xl -b -
	in_ns xl sysctl -qw net.ipv4.ip_forward=1
	in_ns xl nft -f - <<-'EOT'
		table inet own {
			ct helper dn { type "double-nat" protocol tcp; l3proto inet; }
			chain pre {
				type nat hook prerouting priority dstnat;
				ip daddr 192.0.2.10 tcp dport 80 ct helper set "dn" dnat ip to 10.6.0.2:80
			}
		}
	EOT
	# Nobody listens: every connection is one SYN, one RST and a conntrack in CLOSE.
	mkfifo "$LAB/x"
	in_ns xc "$TOP/tests/lib/conns.py" 192.0.2.10 80 2000 0 <"$LAB/x" >"$LAB/x.out" &
	exec 8>"$LAB/x"
	rm "$LAB/x"
	[ "$i" -gt 1 ] && wait_for 20 test -s "$LAB/x.out"
	[ "$i" -lt 4 ] || in_ns xl "$TOP/tests/lib/unhelp.py" 192.0.2.10 >"$LAB/unhelped"
	for node in xl xc xs; do ip netns del $node; done
	exec 8>&-
	wait $!
	rm -f "$LAB/x.out"
done
check "five balancers with connections have gone, and the module still unloads" wait_for 30 unload
check "with none of its slab left" test ! -e /sys/kernel/slab/dnat_conn
