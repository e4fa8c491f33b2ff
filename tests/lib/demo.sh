#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The demonstration: on this kernel, with the module loadable, show Double-NAT at work.
# DNAT_ROOT is where "make install" has put the project.

set -u
lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common net servers check daemon; do
	# shellcheck source=/dev/null
	. "$lib/$part.sh"
done
PATH=$DNAT_ROOT/usr/sbin:$DNAT_ROOT/usr/bin:$PATH

headline() {
	printf '\n== %s\n' "$*"
}

# show COMMAND... - print it as an admin would type it, and run it.
show() {
	printf '$ %s\n' "$*"
	"$@" || die "the demonstration ends here"
}

demo_end() {
	daemon_kill 2>/dev/null
	net_down
}

# A dnatd that is at work on this machine keeps its socket, and its state in any case.
demo_alone() {
	# shellcheck disable=SC2034 # daemon_start takes it
	STATE=$LAB/state.json
	if dnatctl status >/dev/null 2>&1; then
		die "a dnatd is running here; tests/lab demo --kernel 6.1 runs beside it"
	fi
}

# demo_bed - everything that the admin of the story finds there already.
demo_bed() {
	if ! { net_up && servers_up; }; then
		die "the test bed does not come up"
	fi
	modprobe nf_double_nat 2>/dev/null || [ -d /sys/module/nf_double_nat ] ||
		die "module nf_double_nat does not load"
	logs_clear
	# This machine's own services are not the demonstration's.
	echo 'services none' >"$LAB/services.conf"
	daemon_start --config "$LAB/services.conf" || die "dnatd does not start: $(cat "$DNATD_LOG")"
}

# Six backends, two VLANs; b1 and b4 take twice as much.
demo_services() {
	show dnatctl service add web vip "$VIP4" port 80 scheduler wrr
	show dnatctl service add web6 vip "$VIP6" port 80
	for b in "${NET_BACKENDS[@]}"; do
		weight=1
		[[ $b != b[14] ]] || weight=2
		show dnatctl backend add web addr "$(addr4 "$b")" port 8080 weight $weight
		show dnatctl backend add web6 addr "$(addr6 "$b")" port 8080
	done
}

demo_alone
trap demo_end EXIT
headline "The test bed: kernel $(uname -r), clients c1-c3, balancer lb, backends b1-b3 in VLAN 101, b4-b6 in VLAN 103"
demo_bed
ip -n lb -br addr show
echo "All that a backend knows of the rest of the world:"
show ip -n b4 route
headline "Two services"
demo_services
headline "80 requests from each of three clients; who answered how many"
for c in "${NET_CLIENTS[@]}"; do
	printf '%s: ' "$c"
	get "$c" 80 "$URL4/" | spread | paste -s -d ,
done
printf 'c1 over IPv6: '
get c1 60 "$URL6/" | spread | paste -s -d ,
headline "What dnatd has told the balancer's kernel"
show ip netns exec lb nft list ruleset
headline "What nginx on b4 saw as its peers: the VIP, and a vdport each"
wait_for 10 logged 300
head -n 3 "$LAB/b4/access.log"
tail -n 2 "$LAB/b4/access.log"
headline "Connections: the first few"
dnatctl connection show | head -n 8
headline "vdports"
show dnatctl vdport show
headline "The same in conntrack's own words"
in_ns lb conntrack -L -p tcp 2>/dev/null | head -n 2
headline "Status"
show dnatctl status
