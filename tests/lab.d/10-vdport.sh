# SPDX-License-Identifier: GPL-2.0-only
# Every vdport taken comes back once, on every path, and none is given out twice.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

check "a ruleset that hands connections over" ours || return
check_is "the range is 1024-65535" "PORT_MIN 1024
PORT_MAX 65535
FAST 1
ON_EXHAUSTED 1" "$(dnl settings)"
check_is "its limits are known" "VERSION $(sed -n 's/^#define DNAT_VERSION "\(.*\)"/\1/p' "$TOP/kmod/dnat.h")
PORT_LIMIT_MIN 1
PORT_LIMIT_MAX 65535" "$(dnl info)"

check_is "a range the wrong way round is refused" "ERANGE PORT_MIN is above PORT_MAX" "$(dnl set PORT_MIN=2000 PORT_MAX=1999)"
check_match "port 0 is refused with a sentence" "^ERANGE .+" "$(dnl set PORT_MIN=0)"
check_is "nothing to set is refused" "EINVAL nothing to set: give PORT_MIN, PORT_MAX, ON_EXHAUSTED or FAST" "$(dnl set)"
check_match "an answer to exhaustion that does not exist is refused" "^(ERANGE|EINVAL) .+" "$(dnl set PORT_MIN=2000 ON_EXHAUSTED=2)"
check_match "an attribute of another command is refused with a sentence" "^EINVAL .+" "$(dnl set IN_USE=1)"
check_match "an unknown attribute is refused with a sentence" "^EINVAL .+" "$(dnl raw 3 ack 0600ff0001000000)"
for command in INFO_GET SETTINGS_GET STATS_GET; do
	check_match "any attribute of $command is refused with a sentence" "^EINVAL .+" \
		"$(dnl raw "$(dnl number $command)" ack 0600ff0001000000)"
done
for command in POOL_GET SERVICE_GET; do
	check_match "any attribute of $command is refused with a sentence" "^EINVAL .+" \
		"$(dnl raw "$(dnl number $command)" dump 0600ff0001000000)"
done
check_match "an attribute cut short is refused with a sentence" "^(EINVAL|ERANGE) .+" "$(dnl raw 3 ack 0500040001000000)"
check_match "a command that does not exist is refused" "^E(OP)?NOTSUPP?" "$(dnl raw 77 ack '')"
nobody() {
	in_ns lb setpriv --reuid 65534 --clear-groups --bounding-set=-all --inh-caps=-all "$TOP/tests/lib/dnl.py" "$@"
}
check_match "somebody without CAP_NET_ADMIN may not set" "^EPERM" "$(nobody set PORT_MIN=1)"
check_match "nor see the pools" "^EPERM" "$(nobody pools)"
check_match "but may ask for the version" "^VERSION" "$(nobody info)"
check_is "and nothing has changed" "PORT_MIN 1024
PORT_MAX 65535
FAST 1
ON_EXHAUSTED 1" "$(dnl settings)"

no_pools() {
	[ -z "$(dnl pools)" ]
}

# Dropped after the vdport was taken and before conntrack confirms.
in_ns lb nft -f - <<-'EOT'
	table inet late {
		chain post {
			type filter hook postrouting priority 200;
			ip daddr 10.1.0.11 drop
		}
	}
EOT
taken=$(stat STATS_TAKEN) unconfirmed=$(stat STATS_UNCONFIRMED)
hold 200 0
let_go
check_is "connections that a late rule drops are not made" "open 0 failed 200" "$(cat "$LAB/held")"
check "their ports come back, the last one too" wait_for 20 stat_is IN_USE 0
check_is "each port once" "$(stat STATS_TAKEN)" "$(stat STATS_GIVEN)"
check_is "counted as never confirmed" $(($(stat STATS_TAKEN) - taken)) $(($(stat STATS_UNCONFIRMED) - unconfirmed))
check "and their pool goes, for nothing reached the backend" wait_for 30 no_pools
in_ns lb nft delete table inet late

check "a small range is taken" dnl set PORT_MIN=50000 PORT_MAX=50009
logs_clear
before=$(stat STATS_EXHAUSTED)
hold 12 10
check_is "ten ports make ten connections" "open 10 failed 2" "$(cat "$LAB/held")"
check_is "the pool says so" "VIP=192.0.2.10 BACKEND=10.1.0.11 BACKEND_PORT=8080 L4PROTO=6 IN_USE=10 CAPACITY=10 HALF_OPEN=0 CLOSED=0" \
	"$(dnl pools | sed 's/ RECLAIMED=.*//')"
check "those that found no port are counted" test "$(stat STATS_EXHAUSTED)" -gt "$before"
check_is "each of the ten ports is in use once" "$(seq 50000 50009)" \
	"$(in_ns lb conntrack -L -p tcp --orig-dst 192.0.2.10 2>/dev/null | sed -E 's/.* dport=([0-9]+) .*/\1/' | sort -n)"
in_ns lb conntrack -D -p tcp --orig-dst 192.0.2.10 --reply-port-dst 50004 >"$LAB/deleted" 2>&1
check "conntrack -D of one gives one port back" wait_for 20 stat_is IN_USE 9
let_go
in_ns lb conntrack -F 2>/dev/null
check "conntrack -F gives all of them back" wait_for 20 stat_is IN_USE 0

# A connection by somebody else that already has the tuple of a vdport.
in_ns lb ip address add 192.0.2.10/32 dev lo
in_ns lb "$TOP/tests/lib/conns.py" 10.1.0.11 8080 1 1 192.0.2.10 50003 <"$TOP/tests/lib/dnl.py" >"$LAB/local"
check_is "a local process talks from the VIP" "open 1 failed 0" "$(cat "$LAB/local")"
hold 10 9
check_is "its port is passed over" "open 9 failed 1" "$(cat "$LAB/held")"
check "and counted" test "$(stat STATS_SKIPPED)" -gt 0
let_go
in_ns lb conntrack -F 2>/dev/null

# Packets from the backend's port that nobody has asked for take each port, as spoofed ones would.
in_ns lb nft -f - <<-'EOT'
	table inet own {
		ct helper du { type "double-nat" protocol udp; l3proto inet; }
		chain pre { ip daddr 192.0.2.10 udp dport 514 ct helper set "du" dnat ip to 10.1.0.11:5140; }
	}
EOT
for port in {50000..50009}; do
	in_ns b1 "$TOP/tests/lib/udp.py" tell x 192.0.2.10 "$port" 1 5140
done
check_is "ten packets from the backend's port hold ten ports" 10 \
	"$(in_ns lb conntrack -L -p udp --orig-src 10.1.0.11 2>/dev/null | wc -l)"
ip netns exec b1 "$TOP/tests/lib/udp.py" serve b1 10.1.0.11 5140 >"$LAB/server" &
server=$!
wait_for 20 test -s "$LAB/server"
check_is "which give way to a connection" "good 3 failed 0 wrong 0" \
	"$(in_ns c1 "$TOP/tests/lib/udp.py" ask b1 192.0.2.10 514 3)"
kill $server
in_ns lb ip address del 192.0.2.10/32 dev lo
in_ns lb conntrack -F 2>/dev/null
dnl set PORT_MIN=1024 PORT_MAX=65535
