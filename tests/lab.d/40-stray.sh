# SPDX-License-Identifier: GPL-2.0-only
# What is for a VIP and of no service: segments that conntrack does not take, other ports of a VIP
# that is on no interface, and connections that another program's rules would take.
# shellcheck shell=bash

# listen NODE COMMAND... - a server there that says when it is ready.
listen() {
	local node=$1

	shift
	ip netns exec "$node" "$@" >"$LAB/listen.$node" 2>&1 &
	SERVERS+=($!)
	wait_for 20 grep -q . "$LAB/listen.$node"
}

# strays_pass WHAT - connections outlive them, whichever end sends them.
strays_pass() {
	check_is "$1: IPv4" alive "$(in_ns c1 "$TOP/tests/lib/stray.py" ask "$VIP4" 7)"
	check_is "$1: IPv6" alive "$(in_ns c1 "$TOP/tests/lib/stray.py" ask "$VIP6" 7)"
}

# services_on KEYWORD... - services web and echo on both VIPs.
services_on() {
	local f vip

	for f in 4 6; do
		vip=VIP$f
		dnatctl service add "echo$f" vip "${!vip}" port 7 "$@" &&
		dnatctl backend add "echo$f" addr "$(addr$f b1)" || return
	done
	EXTRA="$*" services web 80 b1
}

services_off() {
	for s in echo4 echo6 web4 web6; do
		dnatctl service del $s
	done
}

# c3 is the balancer's next router, and routes the VIPs to it. c1 may send to it itself, redirected by
# the balancer: that has not lost a hop yet.
route_back() {
	in_ns c3 sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 &&
	ip -n lb route add default via "$(addr4 c3)" &&
	ip -n lb route add default via "$(addr6 c3)" &&
	in_ns c3 nft -f - <<-EOT
		table inet seen {
			counter c4 { }
			counter c6 { }
			chain pre {
				type filter hook prerouting priority -300;
				ip daddr $VIP4 ip ttl < 64 counter name c4
				ip6 daddr $VIP6 ip6 hoplimit < 64 counter name c6
			}
		}
	EOT
}

# came_back FAMILY - packets for the VIP that the balancer gave to c3.
came_back() {
	in_ns c3 nft list counter inet seen "c$1" | sed -nE 's/.*packets ([0-9]+) .*/\1/p'
}

# knock NODE VIP PORT - a SYN and no more.
knock() {
	in_ns "$1" timeout 1 bash -c "</dev/tcp/$2/$3" 2>/dev/null
}

no_loop() {
	local f vip url

	for f in 4 6; do
		vip=VIP$f url=URL$f
		knock c1 "${!vip}" 9999
		knock b1 "${!vip}" 40000
		in_ns c1 "$TOP/tests/lib/stray.py" ping "${!vip}" .1 >/dev/null
		in_ns c1 bash -c "echo hello >/dev/udp/${!vip}/9999"
		check "$1, IPv$f: answers to nothing come to the VIP" in_ns c1 "$TOP/tests/lib/stray.py" lost "${!vip}" 9999
		check_is "$1, IPv$f: a service answers" "$(printf '5 b1')" "$(get c1 5 "${!url}/" 2>&1 | spread)"
		check_is "$1, IPv$f: nothing for the VIP is passed on" 0 "$(came_back $f)"
	done
}

SERVERS=()
check "an echo server" listen b1 "$TOP/tests/lib/stray.py" serve 7 || return
check "dnatd starts" daemon_start || return
for dev in lo clients; do
	for fast in on off; do
		check "services with their VIP on $dev, fast $fast" services_on dev $dev fast $fast
		strays_pass "$dev, fast $fast"
		services_off
	done
done

check "another program takes what comes to the VIP" in_ns lb nft -f - <<-EOT
	table ip other {
		chain pre {
			type nat hook prerouting priority dstnat;
			ip daddr $VIP4 tcp dport 80 dnat to $(addr4 b4):8080
		}
	}
EOT
check "services come later" services_on dev lo
check_is "a service has its clients" "5 b1" "$(get c1 5 "$URL4/" 2>&1 | spread)"
in_ns lb nft delete table inet dnatd
check "the table is made anew, behind the other's" wait_for 20 in_ns lb nft list chain inet dnatd svc-web4
check_is "and the service still has them" "5 b1" "$(get c1 5 "$URL4/" 2>&1 | spread)"
in_ns lb nft delete table ip other
for f in 4 6; do
	vip=VIP$f
	check_is "IPv$f: the VIP itself answers to a ping" answered "$(in_ns c1 "$TOP/tests/lib/stray.py" ping "${!vip}" 20)"
done
services_off

check "services whose VIP is on no interface" services_on
# Not before: what clients of the services above still send is passed on while there are none.
check "the balancer's default route leads to a router that routes the VIPs to it" route_back
no_loop "the module"
strays_pass "the module, routed"
check "dnatd stops" daemon_stop

check "dnatd starts with nf_nat" daemon_start --allocator nf_nat
no_loop "nf_nat"
strays_pass "nf_nat, routed"
check_is "no segment was passed on" "0 0" "$(came_back 4) $(came_back 6)"
for f in 4 6; do
	check "IPv$f: the VIP comes to lo" dnatctl service set "echo$f" dev lo
done
strays_pass "nf_nat, lo"

kill "${SERVERS[@]}"
wait "${SERVERS[@]}"
ip -n lb route del default
ip -n lb -6 route del default
