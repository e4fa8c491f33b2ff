# SPDX-License-Identifier: GPL-2.0-only
# No client stays with a backend that is down or gone: whoever has no answer yet, and whoever
# sends datagrams, is served by another one, with either allocator.  Nor does he stay with
# nobody for having asked before the service was there.
# shellcheck shell=bash

B1=10.1.0.11 B2=10.1.0.12
CHECKS="interval 200ms timeout 200ms rise 2 fall 2"

health_is() {
	[ "$(dnatctl -j backend show "$1" | jq -r --arg a "$2" '.[] | select(.addr == $a).health')" = "$3" ]
}

both_up() {
	health_is "$1" $B1 up && health_is "$1" $B2 up
}

flows_to() {
	[ "$(dnatctl -j connection show service dns4 backend "$1" | jq length)" -eq "$2" ]
}

# b2 neither answers nor refuses.
cut_off() {
	in_ns b2 nft 'add table inet cut; add chain inet cut in { type filter hook input priority 0; policy drop; }'
}

back() {
	in_ns b2 nft delete table inet cut
}

# wait_there N - whether so many SYNs to b2 have no answer.
wait_there() {
	[ "$(in_ns lb conntrack -L -p tcp --state SYN_SENT 2>/dev/null | grep -c "src=$B2 ")" -ge "$1" ]
}

# ask WHAT - four clients, of whom two are sent to b2.
ask() {
	local i

	for i in 1 2 3 4; do
		in_ns c1 curl -s -m 40 -o /dev/null -w '%{http_code}\n' "$URL4/" &
		ASKED[i]=$!
	done >"$LAB/asked.$1"
}

# answered WHAT NAME - all four are; each SYN is sent again after 1, 3, 7, 15 and 31 seconds.
answered() {
	wait "${ASKED[@]}"
	check_is "$1" "4 200" "$(sort "$LAB/asked.$2" | uniq -c | xargs)"
}

# early PORT - a client from that port who asks before anybody is there to answer.
early() {
	in_ns c1 curl -s -m 40 --local-port "$1" -o /dev/null -w '%{http_code}\n' "http://$VIP4:81/" >"$LAB/early" &
	EARLY=$!
}

asks_nobody() {
	in_ns lb conntrack -L -p tcp --state SYN_SENT --orig-port-dst 81 2>/dev/null | grep -q UNREPLIED
}

in_ns lb ip link add nowhere type dummy
in_ns lb ip link set nowhere up
in_ns lb ip route add "$VIP4" dev nowhere

# Below those that the kernel gives to other tests' clients, which may be in TIME_WAIT.
port=20000
for how in module nf_nat; do
	check "$how: dnatd starts" daemon_start --allocator $how || return
	early $((port++))
	check "$how: a client asks too early" wait_for 20 asks_nobody
	# In a slow guest he asks again before there is a backend, and is not to be refused.
	dnatctl service add late vip "$VIP4" port 81 when-empty drop
	check "$how: then there is a service" dnatctl backend add late addr $B1 port 8080
	wait $EARLY
	check_is "$how: which serves him" 200 "$(cat "$LAB/early")"

	# shellcheck disable=SC2086
	dnatctl service add web4 vip $VIP4 port 80 check tcp $CHECKS
	dnatctl backend add web4 addr $B1 port 8080
	dnatctl backend add web4 addr $B2 port 8080
	check "$how: both are up" wait_for 30 both_up web4
	cut_off
	ask down
	check "$how: b2 is down" wait_for 30 health_is web4 $B2 down
	answered "$how: who was sent to it is served by the other" down
	back
	check "$how: both are up again" wait_for 30 both_up web4

	dnatctl service set web4 check none
	cut_off
	ask gone
	check "$how: two wait for b2" wait_for 20 wait_there 2
	check "$how: which is removed" dnatctl backend del web4 addr $B2 port 8080
	answered "$how: they are served by the other" gone
	back
	dnatctl service del web4

	# Each flow has its port and goes on for ever.
	# shellcheck disable=SC2086
	dnatctl service add dns4 vip $VIP4 port 53 proto udp check tcp $CHECKS
	dnatctl backend add dns4 addr $B1 check-port 8080
	dnatctl backend add dns4 addr $B2 check-port 8080
	check "$how: both are up for UDP" wait_for 30 both_up dns4
	mkfifo "$LAB/ask.$how"
	ip netns exec c1 "$TOP/tests/lib/askers.py" "$VIP4" 53 4 <>"$LAB/ask.$how" &
	askers=$!
	check "$how: two flows to b2" wait_for 20 flows_to $B2 2
	cut_off
	check "$how: it is down" wait_for 30 health_is dns4 $B2 down
	check "$how: they go to the other" wait_for 20 flows_to $B1 4
	check "$how: and none to b2" flows_to $B2 0
	back

	# Nor to a backup while there is another.
	dnatctl service set dns4 when-empty backup
	dnatctl backend set dns4 addr $B2 backup on
	check "$how: both are up, one as a backup" wait_for 30 both_up dns4
	check "$how: the other goes down" dnatctl backend set dns4 addr $B1 check-port 9
	check "$how: the backup has them" wait_for 20 flows_to $B2 4

	# Nor to one that is not there any more when dnatd starts.
	{
		dnatctl export | grep ' late '
		echo "service add dns4 vip $VIP4 port 53 proto udp"
		echo "backend add dns4 addr $B1"
	} >"$LAB/forget.conf"
	daemon_stop
	check "$how: dnatd starts without the backup" daemon_start --allocator $how --config "$LAB/forget.conf"
	check "$how: which leaves them to the other" wait_for 20 flows_to $B1 4
	check "$how: a service that goes" dnatctl service del dns4
	gone() {
		[ -z "$(in_ns lb conntrack -L -p udp --orig-port-dst 53 --dst-nat 2>/dev/null)" ]
	}
	check "$how: leaves no flow behind" wait_for 20 gone
	kill $askers
	wait $askers 2>/dev/null
	dnatctl service del late
	daemon_stop
	in_ns lb conntrack -F 2>/dev/null
done
in_ns lb ip link del nowhere
