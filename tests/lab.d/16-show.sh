# SPDX-License-Identifier: GPL-2.0-only
# What the module tells: connections, filtered and in the midst of change; how many backends
# use a port; and what clients and listeners learn when there is no port left.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

rules() {
	in_ns lb nft -f - <<-'EOT'
		table inet own {
			ct helper dn { type "double-nat" protocol tcp; l3proto inet; }
			ct helper dnu { type "double-nat" protocol udp; l3proto inet; }
			chain pre {
				type nat hook prerouting priority dstnat;
				ip daddr 192.0.2.10 tcp dport { 80, 81 } ct helper set "dn" dnat ip to tcp dport map { 80 : 10.1.0.11 . 8080, 81 : 10.3.0.11 . 8080 }
				ip daddr 192.0.2.10 udp dport 53 ct helper set "dnu" dnat ip to 10.1.0.11:53
				ip6 daddr 2001:db8:0:1::10 tcp dport 80 ct helper set "dn" dnat ip6 to [fd00:1::11]:8080
				ip6 daddr 2001:db8:0:1::10 udp dport 53 ct helper set "dnu" dnat ip6 to [fd00:1::11]:53
			}
			chain out {
				type nat hook output priority -100;
				ip daddr 192.0.2.10 tcp dport 80 ct helper set "dn" dnat ip to 10.1.0.11:8080
				ip6 daddr 2001:db8:0:1::10 tcp dport 80 ct helper set "dn" dnat ip6 to [fd00:1::11]:8080
			}
		}
	EOT
}

# of_pool NAME PATTERN - a figure of the pool that PATTERN matches.
of_pool() {
	dnl pools | grep -E -e "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

pool_is() {
	[ "$(of_pool "$1" "$2")" -eq "$3" ]
}

# keep NAME NODE PROGRAM [ARG]... - a program that goes on until drop NAME.
declare -A KEPT
keep() {
	local name=$1 node=$2 program=$3

	shift 3
	[ -p "$LAB/never" ] || mkfifo "$LAB/never"
	ip netns exec "$node" "$TOP/tests/lib/$program.py" "$@" <>"$LAB/never" >"$LAB/kept.$name" &
	KEPT[$name]=$!
}

drop() {
	kill "${KEPT[$1]}"
	wait "${KEPT[$1]}" 2>/dev/null
}

# entries [ARG]... - what conntrack lists; it was seen to fail on a busy machine, and then says why.
entries() {
	in_ns lb conntrack -L "$@" 2>"$LAB/conntrack.err" || { note <"$LAB/conntrack.err" >&2; in_ns lb conntrack -L "$@"; }
}

knock() {
	in_ns c3 "$TOP/tests/lib/knock.py" "$@"
}

check "a ruleset that hands connections over" rules || return
keep web c1 conns 192.0.2.10 80 300 15
keep other c2 conns 192.0.2.10 81 20 15
keep six c1 conns 2001:db8:0:1::10 80 7 15
keep name c2 askers 192.0.2.10 53 4
check "300, 20, 7 and 4 connections are listed" wait_for 20 listed 331
check_match "with all there is to know" "^VIP=192\.0\.2\.10 BACKEND=10\.3\.0\.11 BACKEND_PORT=8080 L4PROTO=6 CLIENT=10\.2\.0\.12 CLIENT_PORT=[0-9]+ SERVICE_PORT=81 VDPORT=[0-9]+ CLASS=0 TCP_STATE=3 STATUS=[0-9]+ EXPIRES=4[0-9]{5} AGE=[0-9]+$" \
	"$(dnl conns SERVICE_PORT=81)"
check_is "IPv6 as well" "fd00:1::11 fd00:2::11 2001:db8:0:1::10" \
	"$(dnl conns VIP=2001:db8:0:1::10 | sed -E 's/VIP=(\S+) BACKEND=(\S+) .* CLIENT=(\S+) .*/\2 \3 \1/' | sort -u)"

while read -r count filter; do
	# shellcheck disable=SC2086
	check_is "$count with $filter" "$count" "$(conns $filter)"
done <<-'EOT'
	324 VIP=192.0.2.10
	7 VIP=2001:db8:0:1::10
	0 VIP=192.0.2.11
	327 L4PROTO=6
	4 L4PROTO=17
	307 SERVICE_PORT=80
	20 SERVICE_PORT=81
	0 SERVICE_PORT=0
	304 BACKEND=10.1.0.11
	7 BACKEND=fd00:1::11
	4 BACKEND_PORT=53
	4 BACKEND=10.1.0.11 BACKEND_PORT=53
	24 CLIENT=10.2.0.12
	300 CLIENT=10.2.0.11
	7 CLIENT=fd00:2::11
	0 CLIENT=10.2.0.11 SERVICE_PORT=81
	327 CLASS=0 L4PROTO=6
	0 CLASS=2
	300 VIP=192.0.2.10 L4PROTO=6 SERVICE_PORT=80 BACKEND=10.1.0.11 BACKEND_PORT=8080 CLIENT=10.2.0.11 CLASS=0
EOT
check_is "conntrack knows the same" \
	"$(entries | sed -nE 's/^.* src=(\S+) dst=\S+ sport=([0-9]+) dport=([0-9]+) src=(\S+) dst=192\.0\.2\.10 sport=([0-9]+) dport=([0-9]+) .*/\1 \2 \3 \4 \5 \6/p' | sort)" \
	"$(dnl conns VIP=192.0.2.10 | sed -E 's/.* BACKEND=(\S+) BACKEND_PORT=(\S+) .* CLIENT=(\S+) CLIENT_PORT=(\S+) SERVICE_PORT=(\S+) VDPORT=(\S+) .*/\3 \4 \5 \1 \2 \6/' | sort)"

check_is "an address of 3 bytes is refused" "EINVAL an address has 4 or 16 bytes" "$(dnl raw "$(dnl number CONN_GET)" dump 07000600c0000200)"
check_is "one of 5 bytes too" "EINVAL an address has 4 or 16 bytes" "$(dnl raw "$(dnl number CONN_GET)" dump 09000600c000020a01000000)"
check_match "a class that does not exist is refused" "^(ERANGE|EINVAL) .+" "$(dnl conns CLASS=3)"
check_match "an attribute that is no filter is refused" "^EINVAL .+" "$(dnl conns FAILED=1)"
check_is "ports want a VIP and a protocol" "EINVAL give VIP and L4PROTO" "$(dnl ports VIP=192.0.2.10)"

# What the module counts must be what conntrack's entries add up to.
check_is "each port is used towards as many backends as connections have it" \
	"$(dnl conns VIP=192.0.2.10 L4PROTO=6 | sed -E 's/.* VDPORT=(\S+) .*/\1/' | sort -n | uniq -c | awk '{ print $2, $1 }')" \
	"$(dnl ports VIP=192.0.2.10 L4PROTO=6)"
check_is "the other protocol's are others" 4 "$(dnl ports VIP=192.0.2.10 L4PROTO=17 | awk '{ n += $2 } END { print n }')"
check_is "nor has another VIP any" '' "$(dnl ports VIP=192.0.2.11 L4PROTO=6)"

# Others come and go between two parts of the dump, in pools old and new.
dnl slow 'ip netns exec c3 curl -s --max-time 5 "http://192.0.2.10:[80-81]/?[1-2]" >/dev/null; ip netns exec lb conntrack -D -p tcp --orig-src 10.2.0.13 >/dev/null 2>&1' >"$LAB/slow"
check "a dump that takes its time" test "$(wc -l <"$LAB/slow")" -ge 331
check_is "has each of those that stayed once" "$(dnl conns CLIENT=10.2.0.11 | sed 's/ CLASS.*//' | sort)" \
	"$(grep 'CLIENT=10\.2\.0\.11 ' "$LAB/slow" | sed 's/ CLASS.*//' | sort)"
check_is "the last of them, too" 20 "$(grep -c 'CLIENT=10\.2\.0\.12 .*SERVICE_PORT=81' "$LAB/slow")"
check "a listing that is given up half way leaves nothing behind" bash -c "'$TOP/tests/lib/dnl.py' 2>/dev/null; ip netns exec lb '$TOP/tests/lib/dnl.py' conns | head -n 1"

drop web
drop other
check "closed connections are listed as such" wait_for 10 listed 320 CLASS=2 L4PROTO=6 VIP=192.0.2.10
drop six
drop name
in_ns lb conntrack -F 2>/dev/null
check "at the end none is listed" wait_for 5 listed 0

# No port left.
check "ten ports" dnl set PORT_MIN=50000 PORT_MAX=50009
keep web c1 conns 192.0.2.10 80 10 15
keep other c1 conns 192.0.2.10 81 10 15
check "ten connections to either backend" wait_for 20 listed 20
check_is "have each port twice" "$(seq -f '%g 2' 50000 50009)" "$(dnl ports VIP=192.0.2.10 L4PROTO=6)"
drop web
drop other
in_ns lb conntrack -F 2>/dev/null
keep events lb dnl events
wait_for 5 test -s "$LAB/kept.events"
for vip in 192.0.2.10 2001:db8:0:1::10; do
	keep tcp c1 conns "$vip" 80 10 15
	keep udp c1 askers "$vip" 53 10
	for pool in "VIP=$vip BACKEND=(10\.1\.0\.11|fd00:1::11) .*L4PROTO="{6,17}" "; do
		check "$vip: ten that stay" wait_for 20 pool_is IN_USE "$pool" 10
		check "$vip: established" wait_for 20 pool_is HALF_OPEN "$pool" 0
	done
	check_is "$vip: the next is reset" ECONNREFUSED "$(knock tcp "$vip" 80)"
	check_is "$vip: the next finds no port open" ECONNREFUSED "$(knock udp "$vip" 53)"
	in_ns lb ip address add "$vip" dev lo
	check_is "$vip: the balancer itself is reset, too" ECONNREFUSED "$(in_ns lb "$TOP/tests/lib/knock.py" tcp "$vip" 80)"
	in_ns lb ip address del "$vip" dev lo
	check "$vip: silence instead" dnl set ON_EXHAUSTED=0
	check_is "$vip: for TCP" silence "$(knock tcp "$vip" 80)"
	check_is "$vip: for UDP" silence "$(knock udp "$vip" 53)"
	check "$vip: and answers again" dnl set ON_EXHAUSTED=1
	check_is "$vip: at once" ECONNREFUSED "$(knock tcp "$vip" 80)"
	in_ns c2 "$TOP/tests/lib/conns.py" "$vip" 80 200 15 </dev/null >"$LAB/others"
	check_is "$vip: all of 200 more" "open 0 failed 200" "$(cat "$LAB/others")"
	check_match "$vip: which was told to who listens" "^DNAT_CMD_EXHAUSTED VIP=$vip .*L4PROTO=6 FAILED=[1-9]" "$(cat "$LAB/kept.events")"
	check_match "$vip: of each pool" "^DNAT_CMD_EXHAUSTED VIP=$vip .*L4PROTO=17 FAILED=[1-9]" "$(cat "$LAB/kept.events")"
	drop tcp
	drop udp
	in_ns lb conntrack -F 2>/dev/null
done
check "not of each connection" test "$(grep -c ^DNAT "$LAB/kept.events")" -lt 100
drop events
in_ns lb nft delete table inet own
dnl set PORT_MIN=1024 PORT_MAX=65535

# fields SECTION [some] - compare JSON with that section of its page.
fields() {
	zcat -f "$(find "$DNAT_ROOT/usr/share/man" -name 'dnatctl-json.5*')" >"$LAB/page"
	"$TOP/tests/lib/json_fields.py" "$LAB/page" "$@"
}

some_are_down() {
	[ "$(dnatctl -j backend show health down | jq length)" -gt 0 ]
}

# The same by dnatd and dnatctl.
check "dnatd starts" daemon_start --allocator module || return
check "services are added" services web 80 b1 b4 || return
conntracks() {
	dnatctl -j connection show "$@" | jq length
}
conntracks_are() {
	local count=$1

	shift
	[ "$(conntracks "$@")" -eq "$count" ]
}
keep one c1 conns 192.0.2.10 80 600 15
keep two c2 conns 2001:db8:0:1::10 80 6 15
check "606 connections are listed, in parts" wait_for 20 conntracks_are 606
while read -r count filter; do
	# shellcheck disable=SC2086
	check_is "$count with $filter" "$count" "$(conntracks $filter)"
done <<-'EOT'
	600 service web4
	6 service web6
	300 backend 10.1.0.11
	3 backend fd00:3::11
	600 client 10.2.0.11
	0 client 10.2.0.12
	606 state open
	606 state established
	0 state TIME_WAIT
	0 state closed
	300 service web4 backend 10.3.0.11 client 10.2.0.11 state open
	0 service web6 backend 10.3.0.11
EOT
check_is "each line is one connection" 607 "$(dnatctl connection show | wc -l)"
check_is "pretty JSON is the same" "$(dnatctl -j connection show client 10.2.0.11 | jq -S 'map(del(.age, .expires)) | sort')" \
	"$(dnatctl -p connection show client 10.2.0.11 | jq -S 'map(del(.age, .expires)) | sort')"
check_is "they are conntrack's" \
	"$(entries -p tcp --orig-dst 192.0.2.10 | sed -nE 's/^.* src=(\S+) dst=\S+ sport=([0-9]+) dport=80 src=(\S+) dst=192\.0\.2\.10 sport=8080 dport=([0-9]+) .*/\1 \2 \3 \4/p' | sort)" \
	"$(dnatctl -j connection show service web4 | jq -r '.[] | "\(.client) \(.client_port) \(.backend) \(.vdport)"' | sort)"
check_is "ports add up to the connections" "600 6" \
	"$(dnatctl -j vdport show ports proto tcp vip 192.0.2.10 | jq '[.[].backends] | add') $(dnatctl -j vdport show ports vip 2001:db8:0:1::10 | jq '[.[].backends] | add')"
check_is "all of them" 606 "$(dnatctl vdport show ports | awk 'NR > 1 { n += $4 } END { print n }')"
check_is "of the other protocol there are none" '[]' "$(dnatctl -j vdport show ports proto udp)"

for command in "connection show" "vdport show" "vdport show ports" stats "stats service" "stats backend"; do
	# shellcheck disable=SC2086
	check_is "-j $command is as documented" "" "$(dnatctl -j $command | fields "$command" 2>&1)"
done

check "a service is deleted" dnatctl service del web6
check_is "its connections are listed under no name" "6 null" \
	"$(dnatctl -j connection show | jq -r 'map(select(.vip == "2001:db8:0:1::10").service) | "\(length) \(unique[])"')"
drop one
drop two
check "closed ones are listed as closed" wait_for 10 conntracks_are 600 state closed service web4
check_is "and by their states" 600 "$(($(conntracks state TIME_WAIT service web4) + $(conntracks state close service web4)))"

check "a range and silence are set" dnatctl vdport set range 50000-50009 on-exhausted drop
check_is "the module has them" "PORT_MIN 50000
PORT_MAX 50009
FAST 1
ON_EXHAUSTED 0" "$(dnl settings)"
check_match "status says so" '^vdport range: 50000-50009$' "$(dnatctl status)"
check "one of them alone" dnatctl vdport set on-exhausted reset
check_is "leaves the other" '{"range":"50000-50009","on-exhausted":"reset"}' "$(dnatctl -j status | jq -c .vdports)"
check_rc "a range that is none is refused" 2 dnatctl vdport set range 2-1
check_rc "so is nothing" 1 dnatctl vdport set

dnatctl -j monitor >"$LAB/events" &
monitor=$!
wait_for 10 test -s "$LAB/events"
check "services with all that there is" dnatctl batch -f - <<-'EOT'
	service add all vip 192.0.2.10 port 8001 dev lo check http http-path /x http-host h http-status 299 http-body x when-empty backup on-down reset interval 200ms check-source vip
	service add name vip 192.0.2.10 port 8002 proto udp check dns dns-name example.org
	service add run vip 192.0.2.10 port 8003 check exec exec-command /bin/true
	backend add all addr 10.1.0.11:8080 state drain deadline 60s backup on check-addr 10.1.0.12 check-port 81
	backend add all addr 10.1.0.12:8080
	backend add run addr 10.1.0.12
EOT
check "one is found down" wait_for 20 some_are_down
# One field is there only while rules cannot be changed: 26-health shows it.
for command in "service show" "backend show" status export; do
	# shellcheck disable=SC2086
	check_is "-j $command is as documented" "" "$(dnatctl -j $command | fields "$command" 2>&1 |
		grep -vx 'backend show: health_pending is documented and not printed')"
done
check_is "so is a dry run" "" "$(dnatctl -j apply -f - --dry-run <<<'service add x vip 192.0.2.10 port 81' | fields "apply --dry-run" some 2>&1)"
check_is "so is what was ended" "" "$(dnatctl -j connection del service all | fields "connection del" some 2>&1)"
check_is "so are notes" "" "$(dnatctl -j backend set run addr 10.1.0.12 weight 2 | fields Changes 2>&1)"
kill "$monitor"
check_is "so are events" "" "$(fields monitor some <"$LAB/events" 2>&1)"
for service in all name run; do
	check "$service goes" dnatctl service del "$service"
done
daemon_stop
kept=$(cat "$STATE")
dnl set PORT_MIN=1024 PORT_MAX=65535 ON_EXHAUSTED=0
check "dnatd starts again" daemon_start --allocator module
check_is "and sets what was kept" '{"range":"50000-50009","on-exhausted":"reset"}' "$(dnatctl -j status | jq -c .vdports)"
check_is "which is kept on" "$kept" "$(cat "$STATE")"
daemon_stop
in_ns lb conntrack -F 2>/dev/null

check "dnatd starts without the module" daemon_start --allocator nf_nat
for command in "vdport show" "vdport show ports" "vdport set range 1024-65535"; do
	# shellcheck disable=SC2086
	check_rc "refused: $command" 2 dnatctl $command
	# shellcheck disable=SC2086
	check_match "in these words" 'in the module only|by the module only' "$(dnatctl $command 2>&1)"
done
check_is "and keeps what was kept" "$kept" "$(cat "$STATE")"
keep one c1 conns 192.0.2.10 80 20 15
check "connections come from conntrack" wait_for 20 conntracks_are 20
while read -r count filter; do
	# shellcheck disable=SC2086
	check_is "nf_nat: $count with $filter" "$count" "$(conntracks $filter)"
done <<-'EOT'
	20 service web4
	10 backend 10.1.0.11
	20 client 10.2.0.11
	0 client 10.2.0.12
	20 state open
	0 state half-open
	10 service web4 backend 10.3.0.11 client 10.2.0.11 state open
EOT
for printed in ESTABLISHED OFFLOAD; do
	check_is "nf_nat: as many are $printed as are printed so" \
		"$(dnatctl -j connection show | jq --arg s "$printed" 'map(select(.state == $s)) | length')" \
		"$(conntracks state "${printed,,}")"
done
check_is "nf_nat: all are either" 20 "$(($(conntracks state established) + $(conntracks state offload)))"
drop one
check "and are closed" wait_for 10 conntracks_are 20 state closed
daemon_stop
