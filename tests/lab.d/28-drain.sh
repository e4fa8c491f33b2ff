# SPDX-License-Identifier: GPL-2.0-only
# Backends that drain: nobody new comes, who is there stays to the deadline, a daemon that is
# killed forgets neither, and backends are restarted one by one without losing a request.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/cut.sh"

B1=10.1.0.11 B4=10.3.0.11

# of SERVICE ADDR KEY - what "backend show" says of a backend.
of() {
	dnatctl -j backend show "$1" | jq -r --arg addr "$2" '.[] | select(.addr == $addr) | '"$3"
}

# service_of SERVICE - how many of its backends are up, drain and are down; what is left.
service_of() {
	dnatctl -j service show "$1" | jq -r '.[] | "\(.up) \(.drain) \(.down) \(.left)"'
}

of_is() {
	[ "$(of "$1" "$2" "$3")" = "$4" ]
}

# open_to ADDR COUNT [SERVICE] - whether so many connections to a backend are open.
open_to() {
	[ "$(dnatctl -j connection show service "${3:-web}" backend "$1" | jq '[.[] | select(.state != "TIME_WAIT" and .state != "CLOSE")] | length')" -eq "$2" ]
}

# let_go NAME - its client is killed, and its connections are closed.
let_go() {
	kill "${CUT[$1]}"
	wait "${CUT[$1]}" 2>/dev/null
}

again() {
	kill -KILL "$DNATD"
	wait "$DNATD" 2>/dev/null
	daemon_start "$@"
}

gone() {
	[ -z "$(of "$1" "$2" .addr)" ]
}

# told_both SERVICE ADDR PORT - whether the events tell of its deadline and its removal.
told_both() {
	[ "$(sed -n "s/.* drain service $1 addr $2 port $3 what //p" "$LAB/events" | xargs)" = "deadline removed" ]
}

for node in b1 b4; do
	check "a server in $node" cut_serve $node
done
check "dnatd starts" daemon_start --allocator module || return
dnatctl service add web vip 192.0.2.10 port 80
for addr in $B1 $B4; do
	dnatctl backend add web addr "$addr" port 9000
done
check_is "a backend is up" "up null null" "$(of web $B1 '"\(.state) \(.left) \(.deadline_in)"')"
check_is "both are, in their service" "2 0 0 null" "$(service_of web)"

check "idle connections" cut_hold idle c1 192.0.2.10 idle 6
check "downloads" cut_hold down c2 192.0.2.10 down 4
check "half of them to each" open_to $B1 5
check "b1 is drained" dnatctl backend set web addr $B1 state drain deadline 1h
check_is "and says so" "drain 5" "$(of web $B1 '"\(.state) \(.left)"')"
check_match "with the time that is left" '^3[0-9]{3}$' "$(of web $B1 .deadline_in)"
check_is "as its service does" "1 1 0 5" "$(service_of web)"
check_match "in words, too" "^web +$B1:9000 +1 +drain +5 +3[0-9]{3} " "$(dnatctl backend show)"
check_match "of the service, too" "^web .* 2 +1 +1 +0 +5$" "$(dnatctl service show)"
check_is "it is in no rule" 0 "$(ruleset | grep -c "$B1")"
check "others come" cut_hold new c3 192.0.2.10 idle 4
check "to the other backend" open_to $B4 9
check "none to b1" open_to $B1 5
check_is "nobody was cut off" "" "$(cut_how idle; cut_how down; cut_how b1)"
check "b1 is up again" dnatctl backend set web addr $B1 state up
check_is "and says so" "up null null" "$(of web $B1 '"\(.state) \(.left) \(.deadline_in)"')"
let_go new
check "others come" cut_hold new c3 192.0.2.10 idle 4
check "to both" open_to $B1 7
let_go new

# A daemon that is killed: what was asked for goes on, and so does the time.
check "b1 is drained" dnatctl backend set web addr $B1 state drain deadline 1h
before=$(of web $B1 .deadline_in)
check "dnatd is killed and starts" again --allocator module
check_is "b1 drains still" "drain 5 1h" "$(of web $B1 '"\(.state) \(.left) \(.deadline)"')"
check "and has got no more time ($before)" test "$(of web $B1 .deadline_in)" -le "$before"
check "a shorter time" dnatctl backend set web addr $B1 state drain deadline 3s
check "dnatd is killed and starts" again --allocator module
check "b1's ends are told" wait_for 60 cut_ended b1 5
check_is "by a reset" "$(printf '%s ECONNRESET\n' '2 down' '3 idle')" "$(cut_how b1 | grep -v EOF)"
check "and the clients'" wait_for 30 cut_ended idle 3
check_is "by a reset" "$(printf '%s ECONNRESET\n' '2 down' '3 idle')" "$(cut_how down; cut_how idle)"
check_is "nobody else was" "" "$(cut_how b4 | grep -v EOF)"
check "none is left" of_is web $B1 .left 0
check_is "it is there yet, and drains" "drain 0" "$(of web $B1 '"\(.state) \(.deadline_in)"')"
let_go idle
let_go down

# Weight 0 is a drain, too.
dnatctl backend set web addr $B1 state up
check "a weight of 0" dnatctl backend set web addr $B1 weight 0
check_is "is a drain" "drain 0 null" "$(of web $B1 '"\(.state) \(.left) \(.deadline_in)"')"
check_is "in the service, too" "1 1 0 0" "$(service_of web)"
check_match "that a state does not undo" "weight is 0, which means no new connections" \
	"$(dnatctl backend set web addr $B1 state up 2>&1)"
check "but a weight" dnatctl backend set web addr $B1 weight 1

# To be removed: with its last connection, or at the deadline; also by another daemon.
check "connections" cut_hold idle c1 192.0.2.10 idle 6
check "b1 is to be removed" dnatctl backend del web addr $B1 drain 1h
check_is "and says so" "remove 3" "$(of web $B1 '"\(.state) \(.left)"')"
check "dnatd is killed and starts" again --allocator module
check_is "it remembers" "remove 3" "$(of web $B1 '"\(.state) \(.left)"')"
let_go idle
check "b1 goes with the last connection" wait_for 60 gone web $B1
check_none "nor does the state have it" "$B1" "$(tail -n 1 "$STATE.journal")"
dnatctl backend add web addr $B1 port 9000
cut_forget b1
check "connections" cut_hold idle c1 192.0.2.10 idle 6
dnatctl monitor >"$LAB/events" &
monitor=$!
check "monitor listens" wait_for 20 test -s "$LAB/events"
check "b1 is to be removed soon" dnatctl backend del web addr $B1 drain 1s
check "it goes" wait_for 60 gone web $B1
check "monitor tells of the deadline and of that" wait_for 20 told_both web $B1 9000
kill $monitor
wait $monitor
check "its end knows" wait_for 30 cut_ended b1 3
check_is "by a reset" "3 idle ECONNRESET" "$(cut_how b1)"
check "what goes to the other goes on" open_to $B4 3
dnatctl backend add web addr $B1 port 9000
check "others come" cut_hold new c3 192.0.2.10 idle 4
check "b1 is removed at once" dnatctl backend del web addr $B1
check "its connections go on" open_to $B1 2
check_is "nobody was cut off" "" "$(cut_how new)"
let_go idle
let_go new
dnatctl service del web

# UDP: a flow would go on for ever, and its next packet has to go to a backend that is there.
dnatctl service add dns vip 192.0.2.10 port 53 proto udp
for addr in $B1 $B4; do
	dnatctl backend add dns addr "$addr"
done
mkfifo "$LAB/ask"
ip netns exec c1 "$TOP/tests/lib/askers.py" 192.0.2.10 53 6 <>"$LAB/ask" &
ASKERS=$!
check "six flows, half of them to each" wait_for 20 open_to $B1 3 dns
check "b1 drains" dnatctl backend set dns addr $B1 state drain
check_is "its flows go on" 3 "$(of dns $B1 .left)"
check "until the deadline" dnatctl backend set dns addr $B1 state drain deadline 0s
check "when they go to the other" wait_for 20 open_to $B4 6 dns
check "and none to b1" open_to $B1 0 dns
dnatctl backend set dns addr $B1 state up
check "b4 is removed" dnatctl backend del dns addr $B4
check "all go to b1 at once" wait_for 20 open_to $B1 6 dns
check "and none to b4" open_to $B4 0 dns
dnatctl service del dns
# The balancer itself refuses them now, and conntrack knows them as its.
in_ns lb ip address add 192.0.2.10/32 dev lo
refused() {
	[ "$(in_ns lb conntrack -L -p udp --orig-dst 192.0.2.10 2>/dev/null | grep -c UNREPLIED)" -eq 6 ]
}
check "no service, no answer" wait_for 20 refused
dnatctl service add dns2 vip 192.0.2.10 port 53 proto udp
dnatctl backend add dns2 addr $B4
check "another service in its place has them" wait_for 20 open_to $B4 6 dns2
check "and not those of the one before" open_to $B1 0 dns2
in_ns lb ip address del 192.0.2.10/32 dev lo
kill $ASKERS
wait $ASKERS 2>/dev/null
dnatctl service del dns2

# A rolling restart under load.
dnatctl service add roll vip 192.0.2.10 port 81
for node in b1 b2 b4; do
	dnatctl backend add roll addr "$(addr4 $node)" port 8080
done
ask() {
	local client=$1

	while [ ! -e "$LAB/enough" ]; do
		get "$client" 20 "$URL4:81/" || echo failed
	done >"$LAB/roll.$client" 2>&1
}
rm -f "$LAB/enough"
asking=()
for client in c1 c2; do
	ask $client &
	asking+=($!)
done
asked() {
	[ "$(cat "$LAB"/roll.c? | wc -l)" -ge "$1" ]
}
stopped() {
	! kill -0 "$1" 2>/dev/null
}
check "requests are answered" wait_for 60 asked 60
for node in b1 b2 b4; do
	check "$node is drained" dnatctl backend set roll addr "$(addr4 $node)" state drain deadline 10m
	check "to the last connection" wait_for 60 of_is roll "$(addr4 $node)" .left 0
	pid=$(cat "$LAB/$node/nginx.pid")
	kill -TERM "$pid"
	check "its server ends" wait_for 30 stopped "$pid"
	before=$(cat "$LAB"/roll.c? | wc -l)
	check "requests are answered ($before)" wait_for 60 asked $((before + 40))
	check "a new one starts" in_ns $node nginx -p "$LAB/$node" -c "$LAB/$node/nginx.conf" -e "$LAB/$node/error.log"
	check "$node is up" dnatctl backend set roll addr "$(addr4 $node)" state up
done
before=$(cat "$LAB"/roll.c? | wc -l)
check "requests are answered ($before)" wait_for 60 asked $((before + 40))
: >"$LAB/enough"
wait "${asking[@]}"
check_is "not one of them failed ($(cat "$LAB"/roll.c? | wc -l))" "b1 b2 b4" \
	"$(cat "$LAB"/roll.c? | sort -u | xargs)"
dnatctl service del roll
daemon_stop
in_ns lb conntrack -F 2>/dev/null

# Without the module nobody is told, but all of it is so.
check "dnatd starts without the module" daemon_start --allocator nf_nat
dnatctl service add web vip 192.0.2.10 port 80
for addr in $B1 $B4; do
	dnatctl backend add web addr "$addr" port 9000
done
check "connections" cut_hold idle c1 192.0.2.10 idle 6
check "b1 is to be removed" dnatctl backend del web addr $B1 drain 1h
check_is "and has three left" "remove 3" "$(of web $B1 '"\(.state) \(.left)"')"
check "a shorter time" dnatctl backend set web addr $B1 state remove deadline 0s
check "it goes" wait_for 60 gone web $B1
check "conntrack has none to it" open_to $B1 0
check "those to the other are there" open_to $B4 3
daemon_stop
cut_down
