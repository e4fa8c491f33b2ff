# SPDX-License-Identifier: GPL-2.0-only
# A service's own port is no vdport, from the first connection on and for as long as the
# service is there.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

# vdports - those of the module's connections.
vdports() {
	dnl conns | grep -oE '\bVDPORT=[0-9]+' | cut -d = -f 2 | sort -n | xargs
}

# ports_are WHAT PORT... - what six connections get.
ports_are() {
	local what=$1

	shift
	hold 6 $#
	check_is "$what" "$*" "$(vdports)"
	let_go
	in_ns lb conntrack -F 2>/dev/null
	wait_for 20 stat_is IN_USE 0
}

# name_ports VIP PORT[-PORT]... - more than fit into one message of a list.
name_ports() {
	PYTHONPATH=$TOP/tests/lib in_ns lb python3 - "$@" <<-'EOT'
		import sys
		import dnl
		genl = dnl.Genl()
		family = genl.family()
		for word in sys.argv[2:]:
		    first, _, last = word.partition("-")
		    for port in range(int(first), int(last or first) + 1):
		        pairs = ["VIP=" + sys.argv[1], "L4PROTO=6", "SERVICE_PORT=%d" % port]
		        for _ in genl.ask(family, dnl.CMD["DNAT_CMD_SERVICE_ADD"], dnl.NLM_F_ACK, dnl.request(pairs)):
		            pass
	EOT
}

unload() {
	in_ns lb nft delete table inet dnatd 2>/dev/null
	wait_for 20 rmmod nf_double_nat
}

check "dnatd starts" daemon_start || return
check "a range of five ports" dnatctl vdport set range 5000-5004
check "a service on one of them" dnatctl service add other vip "$VIP4" port 5002
check "and one elsewhere" dnatctl service add web vip "$VIP4" port 80
dnatctl backend add web addr "$(addr4 b1)" port 8080
ports_are "whose first connections get the other four" 5000 5001 5003 5004

daemon_stop
daemon_start
ports_are "so they do when dnatd has started again" 5000 5001 5003 5004

# As one that is killed between the rules and its word to the module leaves them.
daemon_stop
dnl name VIP="$VIP6" L4PROTO=17 SERVICE_PORT=53
check "many ports of one VIP are named" name_ports "$VIP4" 5000 5001 20001-20700
check_is "ports of no service are named, and listed" "705 705" \
	"$(dnl named | sort | uniq | grep -c .) $(dnl named | grep -c .)"
daemon_start
check_is "dnatd has the module forget them" \
	"$(printf 'VIP=%s L4PROTO=6 SERVICE_PORT=%s\n' "$VIP4" 80 "$VIP4" 5002)" "$(dnl named | sort -V)"
ports_are "and their ports are used" 5000 5001 5003 5004

daemon_stop
check "the module is unloaded while dnatd does not run" unload
check "dnatd loads it" daemon_start
ports_are "and tells it" 5000 5001 5003 5004

# Before dnatd can say a word.
kill -STOP "$DNATD"
check "the module is unloaded behind dnatd's back" unload
modprobe nf_double_nat
kill -CONT "$DNATD"
check "the next change finds that out" dnatctl service set web fast off
ports_are "and the module is told again" 5000 5001 5003 5004

kill -STOP "$DNATD"
check "once more, and it is not there" unload
kill -CONT "$DNATD"
check "a new service loads it" dnatctl service add dns vip "$VIP4" port 5001 proto udp
ports_are "the port of a UDP service is free for TCP" 5000 5001 5003 5004

check_rc "a service that is refused" 2 dnatctl service add bad vip "$VIP4" port 5003 dev nosuch0
ports_are "keeps no port" 5000 5001 5003 5004
check "the service goes" dnatctl service del other
ports_are "and its port is used again" 5000 5001 5002 5003 5004
daemon_stop
