# SPDX-License-Identifier: GPL-2.0-only
# A backend at another site, behind a router "r" whose way to it takes 1300 bytes only, and
# a way back to the clients that takes 1400: every "fragmentation needed" must reach the
# end that sent too much, translated to what that end knows. Another client downloads than
# uploads: one that has learnt of a small path asks for small segments itself.
# shellcheck shell=bash

# "lock": ip6_forward() looks at the device's MTU alone where the route's is not locked.
far_up() {
	ip netns add r && ip netns add far || return 1
	net_sysctl r
	net_sysctl far
	ip -batch - <<-'EOT'
		link add tor netns lb type veth peer name tolb netns r
		link add tofar netns r type veth peer name eth0 netns far
	EOT
	ip -n r -batch - <<-EOT
		link set tolb up
		link set tofar up
		addr add 10.9.0.2/24 dev tolb
		addr add 10.8.0.1/24 dev tofar
		addr add fd00:9::2/64 dev tolb nodad
		addr add fd00:8::1/64 dev tofar nodad
		route change 10.8.0.0/24 dev tofar src 10.8.0.1 mtu lock 1300
		route add fd00:8::11/128 dev tofar mtu lock 1300
		route add $NET_VIPS4 via 10.9.0.1
		route add $NET_VIPS6 via fd00:9::1
	EOT
	in_ns r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n lb -batch - <<-'EOT'
		link set tor up
		addr add 10.9.0.1/24 dev tor
		addr add fd00:9::1/64 dev tor nodad
		route add 10.8.0.0/24 via 10.9.0.2
		route add fd00:8::/64 via fd00:9::2
		route change 10.2.0.0/16 dev clients src 10.2.0.1 mtu lock 1400
		route add fd00:2::12/128 dev clients mtu lock 1400
	EOT
	ip -n far -batch - <<-EOT
		link set eth0 up
		addr add 10.8.0.11/24 dev eth0
		addr add fd00:8::11/64 dev eth0 nodad
		route add $NET_VIPS4 via 10.8.0.1
		route add $NET_VIPS6 via fd00:8::1
	EOT
	mkdir -p "$LAB/far"
	nginx_conf far >"$LAB/far/nginx.conf"
	in_ns far nginx -p "$LAB/far" -c "$LAB/far/nginx.conf" -e "$LAB/far/error.log"
	head -c 4000000 "$LAB/big" >"$LAB/some"
	sed -i "s,alias $LAB/big,alias $LAB/some," "$LAB/far/nginx.conf"
	in_ns far nginx -p "$LAB/far" -c "$LAB/far/nginx.conf" -s reload
}

far_down() {
	ip netns pids far | xargs -r kill -KILL
	ip netns del far
	ip netns del r
	ip -n lb -batch - <<-'EOT'
		route change 10.2.0.0/16 dev clients src 10.2.0.1
		route del fd00:2::12/128 dev clients
	EOT
	rm -rf "$LAB/far" "$LAB/some"
}

servers_big
check "a backend behind a router with a small MTU" far_up || return
check "dnatd starts" daemon_start || return
dnatctl service add far4 vip "$VIP4" port 80
dnatctl backend add far4 addr 10.8.0.11 port 8080
dnatctl service add far6 vip "$VIP6" port 80
dnatctl backend add far6 addr fd00:8::11 port 8080
sum=$(sha256sum <"$LAB/some")

for f in 4 6; do
	url=URL$f vip=VIP$f
	check_is "IPv$f: a short request is answered" far "$(get c1 1 "${!url}/" 2>&1)"
	check "IPv$f: an upload goes through" \
		in_ns c1 curl -sS --fail --max-time 300 -T "$LAB/some" "${!url}/up/$f"
	check_is "IPv$f: and arrives whole" "$sum" "$(sha256sum <"$LAB/far/up/$f")"
	check_match "IPv$f: the client has learnt of 1300 bytes towards the VIP" 'mtu 1300' \
		"$(ip -n c1 route get "${!vip}")"
	check_is "IPv$f: a download arrives whole" "$sum" \
		"$(in_ns c2 curl -sS --max-time 300 "${!url}/big" 2>&1 | sha256sum)"
	check_match "IPv$f: the backend has learnt of 1400 bytes towards the VIP" 'mtu 1400' \
		"$(ip -n far route get "${!vip}")"
done
far_down
