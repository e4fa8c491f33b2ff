# SPDX-License-Identifier: GPL-2.0-only
# What is counted for each service and backend, beside what conntrack and nft count.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

# counted NAME - "ADDRESS CONNECTIONS PACKETS-IN BYTES-IN PACKETS-OUT BYTES-OUT" for each
# backend of the service, without those that nobody asked.
counted() {
	dnatctl -j stats backend "$1" | jq -r '.[] | select(.connections > 0) |
		"\(.addr) \(.connections) \(.packets_in) \(.bytes_in) \(.packets_out) \(.bytes_out)"' | sort
}

# tracked FAMILY PORT - the same from conntrack's accounting, of connections to that port of VIP.
tracked() {
	in_ns lb conntrack -L -f "$1" -p tcp --orig-port-dst "$2" 2>/dev/null | awk '
		{
			split("", seen)
			for (i = 1; i <= NF; i++) {
				split($i, word, "=")
				seen[word[1], ++n[word[1]]] = word[2]
			}
			to = seen["src", 2]
			conns[to]++
			packets_in[to] += seen["packets", 1]; bytes_in[to] += seen["bytes", 1]
			packets_out[to] += seen["packets", 2]; bytes_out[to] += seen["bytes", 2]
			split("", n)
		}
		END {
			for (to in conns)
				print to, conns[to], packets_in[to], bytes_in[to], packets_out[to], bytes_out[to]
		}' | sort
}

# sums NAME - a service's figures, without what is in use now.
sums() {
	dnatctl -j stats service "$1" | jq -c '.[0] | del(.in_use)'
}

# figure NAME KEY
figure() {
	dnatctl -j stats service "$1" | jq ".[0].$2"
}

figure_is() {
	[ "$(figure "$1" "$2")" -eq "$3" ]
}

# All closed: a packet less than a second old may still be on its way.
settled() {
	[ "$(in_ns lb conntrack -L -p tcp 2>/dev/null | grep -cvE 'TIME_WAIT|CLOSE ')" -eq 0 ] &&
	in_ns lb conntrack -L -f ipv6 -p tcp 2>/dev/null | grep -qvE 'TIME_WAIT|CLOSE ' && return 1
	return 0
}

# Known transfers to both services, those of one larger than those of the other.
transfers() {
	local f url

	for f in 4 6; do
		url=URL$f
		get c1 6 "${!url}/" &&
		get c2 4 "${!url}:81/big" -r 0-2999999 -o /dev/null || return 1
	done >"$LAB/got" 2>&1
	wait_for 30 settled
}

# as_conntrack WHAT - each service's backends are counted as conntrack counts them.
as_conntrack() {
	check_is "$1: web, IPv4" "$(tracked ipv4 80)" "$(counted web4)"
	check_is "$1: big, IPv4" "$(tracked ipv4 81)" "$(counted big4)"
	check_is "$1: web, IPv6" "$(tracked ipv6 80)" "$(counted web6)"
	check_is "$1: big, IPv6" "$(tracked ipv6 81)" "$(counted big6)"
}

# begin [KEYWORD VALUE] - services anew, whose counters are new with them, and no connections.
begin() {
	dnatctl service del web4; dnatctl service del web6
	dnatctl service del big4; dnatctl service del big6
	in_ns lb conntrack -F
	EXTRA="$*" services web 80 b1 b2 && EXTRA="$*" services big 81 b2 b4
} 2>/dev/null

in_ns lb sysctl -qw net.netfilter.nf_conntrack_acct=1
servers_big
check "dnatd starts" daemon_start || return
check "services are added" begin || return
check_is "nothing is counted for them yet" '4 0' \
	"$(dnatctl -j stats service | jq '[length, ([.[].connections] | add)] | "\(.[0]) \(.[1])"' -r)"
check_is "nor for any backend" '8 0' \
	"$(dnatctl -j stats backend | jq '[length, ([.[].packets_in] | add)] | "\(.[0]) \(.[1])"' -r)"

check "transfers are done" transfers
check_is "connections are counted by service" '6 4' "$(figure web4 connections) $(figure big4 connections)"
as_conntrack "as conntrack counts"
check "more bytes came than the file has" test "$(figure big4 bytes_out)" -gt 12000000
check_is "a service's figures are its backends'" \
	"$(dnatctl -j stats backend big4 | jq '[.[].bytes_out] | add')" "$(figure big4 bytes_out)"
check_is "the text has the same figures" \
	"$(counted web4)" "$(dnatctl stats backend web4 | awk 'NR > 1 { sub(":8080", "", $2); print $2, $3, $5, $6, $7, $8 }' | sort)"

was=$(sums web4)
daemon_stop
daemon_start
check_is "dnatd started again knows what was counted" "$was" "$(sums web4)"
check_rc "a service that is not there is refused" 2 dnatctl stats service nobody

check "the way by nf_nat: services anew" begin fast off
check_is "their counters begin at 0" 0 "$(figure web4 packets_in)"
check "transfers are done" transfers
as_conntrack "by nf_nat"

check "the VIP is the balancer's own, too" begin dev clients
in_ns lb nft -f - <<-EOT
	table ip beside {
		set in {
			typeof ip saddr . tcp sport
			flags dynamic
			counter
		}
		set out {
			typeof ip saddr . tcp dport
			flags dynamic
			counter
		}
		chain pre {
			type filter hook prerouting priority raw
			ip daddr $VIP4 tcp dport 80 add @in { ip saddr . tcp sport }
			ip saddr 10.1.0.0/16 tcp sport 8080 add @out { ip saddr . tcp dport }
		}
	}
EOT
check "a connection of the client's" get c1 4 "$URL4/"
check "and one of the balancer's own" in_ns lb curl -sS "$URL4/" -H 'Connection: close'
wait_for 30 settled
check_is "counts as conntrack does" "$(tracked ipv4 80)" "$(counted web4)"
# ruled SET - "ADDRESS PORT PACKETS BYTES" for each connection.
ruled() {
	in_ns lb nft -j list set ip beside "$1" | jq -r '.nftables[].set | select(.) | .elem[].elem |
		"\(.val.concat[0]) \(.val.concat[1]) \(.counter.packets) \(.counter.bytes)"' | sort
}
# in_rules SET COUNT SED-SCRIPT - conntrack's lines, so rewritten, are as many, and nft has each of
# them. It may have more: a client still repeats the end of a connection that was forgotten.
in_rules() {
	in_ns lb conntrack -L -p tcp --orig-port-dst 80 2>/dev/null | sed -nE "$3" | sort >"$LAB/tracked"
	check_is "nft counts the same: $1" "$2 " "$(wc -l <"$LAB/tracked") $(comm -13 <(ruled "$1") "$LAB/tracked")"
}
# What the balancer sends itself does not come in.
in_rules in 4 "/ src=$VIP4 .* src=10/d
	s/.* src=(.*) dst=$VIP4 sport=(.*) dport=80 packets=(.*) bytes=(.*) src=10.*/\1 \2 \3 \4/p"
in_rules out 5 's/.* src=(.*) dst=.* sport=8080 dport=(.*) packets=([0-9]+) bytes=([0-9]+) .*/\1 \2 \3 \4/p'
in_ns lb nft delete table ip beside

check "services anew" begin
dnatctl backend del web4 addr "$(addr4 b2)" port 8080
hold 10
check_is "connections that are open are in use" 10 "$(figure web4 in_use)"
dnatctl backend add web4 addr "$(addr4 b2)" port 8080
dnatctl backend del web4 addr "$(addr4 b1)" port 8080
check_is "those to a backend that was deleted, too" '10.1.0.12 0 10.1.0.11 10' \
	"$(dnatctl -j stats backend web4 | jq -r '.[] | .addr, .in_use' | xargs)"
let_go
in_ns lb conntrack -F 2>/dev/null
check "until they end" wait_for 30 figure_is web4 in_use 0
check_is "then it is gone" 10.1.0.12 "$(dnatctl -j stats backend web4 | jq -r '.[].addr')"
check_is "and still in the service's sums" 10 "$(figure web4 connections)"

check "a range of four ports" dnatctl vdport set range 5000-5003
exhausted=$(dnatctl -j stats | jq .exhausted)
hold 6 4
check "who finds none is counted" test "$(figure web4 exhausted)" -gt 0
check_is "as often as in all" $(($(dnatctl -j stats | jq .exhausted) - exhausted)) "$(figure web4 exhausted)"
check_is "and not for another service" 0 "$(figure web6 exhausted)"
let_go
check "what is closed gives its port" get c1 8 "$URL4/"
check_is "which is counted" "$(dnatctl -j stats | jq .taken_back)" "$(figure web4 taken_back)"
check "and was" test "$(figure web4 taken_back)" -gt 0
dnatctl vdport set range 1024-65535

rates=$(dnatctl stats service web4 -i 1 | head -n 4)
check_is "rates come list by list, each with its header" '2 2' \
	"$(grep -c '^SERVICE' <<<"$rates") $(grep -cE '^web4( +[0-9]+){10}$' <<<"$rates")"
check_is "and as JSON" 13 "$(dnatctl -j stats backend web4 -i 1 | head -n 1 | jq '.[0] | length')"
check "services go" dnatctl service del web4
check_is "and their counters with them" 0 "$(dnl counters VIP="$VIP4" SERVICE_PORT=80 | wc -l)"
daemon_stop

check "allocator nf_nat" daemon_start --allocator nf_nat
check_rc "counts nothing" 2 dnatctl stats service
check_match "and says why" 'allocator nf_nat is in force; start dnatd without --allocator nf_nat, see dnatctl status$' "$(dnatctl stats backend 2>&1)"
daemon_stop
in_ns lb nft delete table inet dnatd 2>/dev/null
in_ns lb conntrack -F 2>/dev/null

# Without dnatd, and with more counters than a message takes.
web="VIP=192.0.2.10 L4PROTO=6 SERVICE_PORT=80"
# shellcheck disable=SC2086
dnl unname $web >/dev/null
in_ns lb nft -f - <<-EOT
	table inet own {
		ct helper dn { type "double-nat" protocol tcp; l3proto inet; }
		chain pre {
			type nat hook prerouting priority dstnat;
			ip daddr 192.0.2.10 tcp dport 80 ct helper set "dn" dnat ip to numgen inc mod 200 map { $(
				for ((i = 0; i < 200; i++)); do echo "$i : 10.1.0.11 . $((9000 + i)), "; done) }
		}
	}
EOT
uncounted=$(stat STATS_UNCOUNTED)
hold 10 0
let_go
check_is "connections to what is no service are counted as such" $((uncounted + 10)) "$(stat STATS_UNCOUNTED)"
check_is "and have no counter" 0 "$(dnl counters VIP=192.0.2.10 | wc -l)"
# shellcheck disable=SC2086
check "the service is named" dnl name $web
hold 200 0
let_go
check_is "each backend has a counter" 200 "$(dnl counters | wc -l)"
check_is "and is told of once" 200 "$(dnl counters | grep -o 'BACKEND_PORT=[0-9]*' | sort -u | wc -l)"
check_is "one can be asked for" 1 "$(dnl counters BACKEND_PORT=9007 BACKEND=10.1.0.11 | wc -l)"
# Conntrack forgets a connection as soon as it sees its first answer to be a reset.
check_is "each has counted a SYN, and not its reset" 'BEGUN=1 PACKETS_IN=1 PACKETS_OUT=0' \
	"$(dnl counters | grep -oE '(BEGUN|PACKETS_IN|PACKETS_OUT)=[0-9]+' | sort -u | xargs)"
check_is "which is an answer" 'UNANSWERED=0' "$(dnl counters | grep -oE 'UNANSWERED=[0-9]+' | sort -u)"
in_ns b1 nft -f - <<-'EOT'
	table inet deaf {
		chain in {
			type filter hook input priority 0;
			tcp dport 9000-9199 drop
		}
	}
EOT
hold 200 0
let_go
check_is "no answer is not counted while the connection lasts" 'UNANSWERED=0' \
	"$(dnl counters | grep -oE 'UNANSWERED=[0-9]+' | sort -u)"
in_ns lb conntrack -F 2>/dev/null
check_is "but at its end" 'UNANSWERED=1' "$(dnl counters | grep -oE 'UNANSWERED=[0-9]+' | sort -u)"
check_is "for another port there is none" 0 "$(dnl counters SERVICE_PORT=81 | wc -l)"
check_match "an attribute that has no business here is refused" "^EINVAL .+" \
	"$(dnl raw "$(dnl number COUNTER_GET)" dump 0500220001000000)"
check_is "an address of 3 bytes, too" "EINVAL an address has 4 or 16 bytes" \
	"$(dnl raw "$(dnl number COUNTER_GET)" dump 07000600c0000200)"
# shellcheck disable=SC2086
check "the service is none any more" dnl unname $web
check_is "and all its counters are gone" 0 "$(dnl counters | wc -l)"
in_ns lb nft delete table inet own
in_ns lb conntrack -F 2>/dev/null

# unanswered COUNT - of UDP to 192.0.2.10, port 53.
unanswered() {
	dnl counters | grep -q "L4PROTO=17 .*UNANSWERED=$1\$"
}
check "a UDP service" dnl name VIP=192.0.2.10 L4PROTO=17 SERVICE_PORT=53
in_ns lb nft -f - <<-'EOT'
	table inet own {
		ct helper dn { type "double-nat" protocol udp; l3proto inet; }
		chain pre {
			type nat hook prerouting priority dstnat;
			ip daddr 192.0.2.10 udp dport 53 ct helper set "dn" dnat ip to 10.1.0.11:53
		}
	}
EOT
check_is "is answered" '"b1"' "$(in_ns c1 dig +short +tries=1 +timeout=60 @192.0.2.10 who.lab TXT 2>&1)"
in_ns lb conntrack -F 2>/dev/null
check "which is not counted" unanswered 0
in_ns b1 nft add rule inet deaf in udp dport 53 drop
in_ns c1 dig +tries=1 +timeout=1 @192.0.2.10 who.lab TXT >/dev/null 2>&1
in_ns lb conntrack -F 2>/dev/null
check "a question without an answer is" unanswered 1
in_ns b1 nft delete table inet deaf
in_ns lb nft delete table inet own
dnl unname VIP=192.0.2.10 L4PROTO=17 SERVICE_PORT=53
