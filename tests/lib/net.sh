# SPDX-License-Identifier: GPL-2.0-only
# The paper's test bed in network namespaces: three clients, the balancer, a switch that
# keeps the VLANs apart, and two VLANs of three backends each. No backend knows a way to
# the clients; all it knows is that the VIPs are behind the balancer.
#
#   c1 c2 c3    10.2.0.11-13    fd00:2::11-13   VLAN 102, untagged
#   lb          10.2.0.1        fd00:2::1       "clients"
#               10.1.0.1        fd00:1::1       "v1", VLAN 101 on "trunk"
#               10.3.0.1        fd00:3::1       "v3", VLAN 103 on "trunk"
#   b1 b2 b3    10.1.0.11-13    fd00:1::11-13   VLAN 101
#   b4 b5 b6    10.3.0.11-13    fd00:3::11-13   VLAN 103
#   VIPs        192.0.2.0/24    2001:db8:0:1::/64
# shellcheck shell=bash

LAB=/run/dnat-lab
NET_CLIENTS=(c1 c2 c3)
NET_BACKENDS=(b1 b2 b3 b4 b5 b6)
NET_ALL=(sw lb "${NET_CLIENTS[@]}" "${NET_BACKENDS[@]}")
NET_VIPS4=192.0.2.0/24
NET_VIPS6=2001:db8:0:1::/64

# in_ns NAME COMMAND... - COMMAND in the network namespace NAME. Not for what is killed later:
# in the background it is a shell that waits for COMMAND. "ip netns exec" becomes COMMAND itself.
in_ns() {
	ip netns exec "$@"
}

# net_place NODE - its VLAN's number and the last number of its address: "1 12" for b2.
net_place() {
	case $1 in
	c?)	echo "2 1${1#c}" ;;
	b[123])	echo "1 1${1#b}" ;;
	b[456])	echo "3 1$((${1#b} - 3))" ;;
	esac
}

addr4() {
	local vlan last

	read -r vlan last < <(net_place "$1")
	echo "10.$vlan.0.$last"
}

addr6() {
	local vlan last

	read -r vlan last < <(net_place "$1")
	echo "fd00:$vlan::$last"
}

# Nobody else's addresses here, so there is nothing for duplicate detection to find.
net_sysctl() {
	in_ns "$1" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.dad_transmits=0 \
		net.ipv6.conf.default.router_solicitations=0
}

net_links() {
	local node

	printf 'netns add %s\n' "${NET_ALL[@]}"
	printf 'link add clients netns lb type veth peer name clients netns sw\n'
	printf 'link add trunk netns lb type veth peer name trunk netns sw\n'
	for node in "${NET_CLIENTS[@]}" "${NET_BACKENDS[@]}"; do
		printf 'link add eth0 netns %s type veth peer name %s netns sw\n' "$node" "$node"
	done
}

net_switch() {
	local port vlan

	ip -n sw link add br0 type bridge vlan_filtering 1 vlan_default_pvid 0 mcast_snooping 0 stp_state 0
	for port in clients trunk "${NET_CLIENTS[@]}" "${NET_BACKENDS[@]}"; do
		printf 'link set %s master br0 up\n' "$port"
	done | ip -n sw -batch -
	ip -n sw link set br0 up
	{
		printf 'vlan add dev trunk vid 101\nvlan add dev trunk vid 103\n'
		for port in clients "${NET_CLIENTS[@]}"; do
			printf 'vlan add dev %s vid 102 pvid untagged\n' "$port"
		done
		for port in "${NET_BACKENDS[@]}"; do
			read -r vlan _ < <(net_place "$port")
			printf 'vlan add dev %s vid 10%s pvid untagged\n' "$port" "$vlan"
		done
	} | bridge -n sw -batch -
}

net_balancer() {
	ip -n lb -batch - <<-'EOT'
		link set lo up
		link set clients up
		link set trunk up
		link add link trunk name v1 type vlan id 101
		link add link trunk name v3 type vlan id 103
		link set v1 up
		link set v3 up
		addr add 10.2.0.1/16 dev clients
		addr add 10.1.0.1/16 dev v1
		addr add 10.3.0.1/16 dev v3
		addr add fd00:2::1/64 dev clients nodad
		addr add fd00:1::1/64 dev v1 nodad
		addr add fd00:3::1/64 dev v3 nodad
	EOT
	# What is closed stays to be looked at, however long a slow guest takes to come to that.
	in_ns lb sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.netfilter.nf_conntrack_timestamp=1 net.netfilter.nf_conntrack_tcp_timeout_time_wait=3600
}

net_node() {
	local node=$1 vlan last

	read -r vlan last < <(net_place "$node")
	ip -n "$node" -batch - <<-EOT
		link set lo up
		link set eth0 up
		addr add 10.$vlan.0.$last/16 dev eth0
		addr add fd00:$vlan::$last/64 dev eth0 nodad
		route add $NET_VIPS4 via 10.$vlan.0.1
		route add $NET_VIPS6 via fd00:$vlan::1
	EOT
}

# net_up - build it all; fails when namespaces of these names are there already.
net_up() {
	local node

	for node in "${NET_ALL[@]}"; do
		if [ -e "/run/netns/$node" ]; then
			say "Error: a network namespace \"$node\" exists already"
			return 1
		fi
	done
	modprobe -a nf_conntrack 8021q bridge veth 2>/dev/null
	mkdir -p "$LAB"
	: >"$LAB/up"
	net_links | ip -batch - || return 1
	for node in "${NET_ALL[@]}"; do
		net_sysctl "$node" || return 1
	done
	net_switch && net_balancer || return 1
	for node in "${NET_CLIENTS[@]}" "${NET_BACKENDS[@]}"; do
		net_node "$node" || return 1
	done
}

# net_down - end what runs in the namespaces, and the namespaces.
net_down() {
	local node

	[ -e "$LAB/up" ] || return 0
	for node in "${NET_ALL[@]}"; do
		ip netns pids "$node" 2>/dev/null
	done | xargs -r kill -KILL 2>/dev/null
	for node in "${NET_ALL[@]}"; do
		ip netns del "$node" 2>/dev/null
	done
	rm -rf "$LAB"
}
