# SPDX-License-Identifier: GPL-2.0-only
# dnatd in the balancer's namespace, and what tests ask of it and of nft.
# shellcheck shell=bash disable=SC2034

DNATD_LOG=$LAB/dnatd.log
STATE=/var/lib/dnat/state.json
SOCKET=/run/dnat/control.sock
VIP4=192.0.2.10
VIP6=2001:db8:0:1::10
URL4=http://$VIP4
URL6="http://[$VIP6]"

# daemon_start [OPTION]... - start it and wait until it answers.
daemon_start() {
	mkdir -p /run/dnat /var/lib/dnat
	ip netns exec lb dnatd --socket "$SOCKET" --state "$STATE" "$@" >>"$DNATD_LOG" 2>&1 &
	DNATD=$!
	wait_for 30 daemon_answers
}

daemon_answers() {
	dnatctl status || ! kill -0 "$DNATD"
}

daemon_stop() {
	kill -TERM "$DNATD"
	wait "$DNATD"
}

# Whoever started it: the test may be over.
daemon_kill() {
	local pid

	for pid in $(ip netns pids lb); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != dnatd ] || kill -KILL "$pid"
	done
	rm -f "$DNATD_LOG"
}

daemon_report() {
	[ ! -s "$DNATD_LOG" ] || sed 's/^/# dnatd: /' "$DNATD_LOG" | tail -n 40
}

# services NAME PORT BACKEND... - the same service on both VIPs, NAME4 and NAME6, with these
# nodes' nginx behind it. "b1*3" gives b1 weight 3; EXTRA holds more keywords.
services() {
	local name=$1 port=$2 backend weight

	shift 2
	# shellcheck disable=SC2086
	dnatctl service add "${name}4" vip "$VIP4" port "$port" ${EXTRA:-} &&
	dnatctl service add "${name}6" vip "$VIP6" port "$port" ${EXTRA:-} || return 1
	for backend in "$@"; do
		weight=1
		case $backend in
		*\**)	weight=${backend#*\*}; backend=${backend%\**} ;;
		esac
		dnatctl backend add "${name}4" addr "$(addr4 "$backend")" port 8080 weight "$weight" &&
		dnatctl backend add "${name}6" addr "$(addr6 "$backend")" port 8080 weight "$weight" || return 1
	done
}

# generation - the number of lb's ruleset, which moves with every transaction: asked of
# nf_tables itself (NFT_MSG_GETGEN), since nft does not print it.
generation() {
	in_ns lb python3 -c '
import socket, struct
nl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
nl.send(struct.pack("=IHHIIBBH", 20, 10 << 8 | 16, 1, 1, 0, 0, 0, 0))
print(struct.unpack(">I", nl.recv(4096)[24:28])[0])'
}

# ruleset - "nft list ruleset" with what differs from run to run taken out.
ruleset() {
	in_ns lb nft list ruleset | sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/'
}

# held - vdports in use, over all pools.
held() {
	dnatctl -j vdport show | jq '[.[].in_use] | add // 0'
}

none_held() {
	[ "$(held)" -eq 0 ]
}

# snapshot - all that a refused request must leave as it is.
snapshot() {
	cat "$STATE" "$STATE.journal" 2>/dev/null
	ruleset
	dnatctl -j service show
}
