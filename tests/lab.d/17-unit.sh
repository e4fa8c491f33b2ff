# SPDX-License-Identifier: GPL-2.0-only
# dnatd as systemd starts it: with the unit's capabilities alone, and telling when it is ready.
# shellcheck shell=bash

UNIT=$(find "$DNAT_ROOT" /lib/systemd/system -name dnatd.service 2>/dev/null | head -n 1)

# unit_start CAPABILITIES - with these alone, as in the unit: "CAP_NET_ADMIN CAP_KILL".
unit_start() {
	local set=-all name

	for name in $1; do
		name=${name#CAP_}
		set+=,+${name,,}
	done
	mkdir -p /run/dnat /var/lib/dnat
	chmod 700 /var/lib/dnat
	ip netns exec lb env NOTIFY_SOCKET="$LAB/notify" WATCHDOG_USEC=1000000 setpriv --bounding-set "$set" --inh-caps=-all --no-new-privs \
		dnatd --socket "$SOCKET" --state "$STATE" >>"$DNATD_LOG" 2>&1 &
	DNATD=$!
}

# Whether dnatd has told systemd so by now.
told() {
	grep -qF "$1" "$LAB/told"
}

capabilities=$(sed -n 's/^CapabilityBoundingSet=//p' "$UNIT")
check_is "the unit asks for these capabilities" "CAP_NET_ADMIN CAP_SETUID CAP_SETGID CAP_KILL CAP_NET_RAW" "$capabilities"
for other in keepalived bird; do
	check_match "the unit comes before $other" "^Before=.*\\b$other\\.service\\b" "$(cat "$UNIT")"
done
socat -u UNIX-RECV:"$LAB/notify" CREATE:"$LAB/told" &
listener=$!
wait_for 20 test -S "$LAB/notify"

unit_start ''
wait "$DNATD"
check_is "without it dnatd does not start" 1 $?
check_match "and says so" 'dnatd needs CAP_NET_ADMIN' "$(cat "$DNATD_LOG")"
check_is "in one line" 1 "$(wc -l <"$DNATD_LOG")"
check "and was not ready" test ! -s "$LAB/told"

unit_start "$capabilities"
check "with it, it does, and tells when it is ready" wait_for 60 told READY=1
check_match "the unit has a watchdog" '^WatchdogSec=[1-9]' "$(grep ^WatchdogSec "$UNIT")"
check "which it tells that its loop turns" wait_for 60 told WATCHDOG=1
check_is "the module is loaded and in force" module "$(dnatctl -j status | jq -r .allocator.in_force)"
EXTRA='dev clients' check "services are added, their VIPs put on an interface" services web 80 b1 b2 || return
for f in 4 6; do
	url=URL$f vip=VIP$f
	check_none "IPv$f: the VIP is announced" "not announced" "$(cat "$DNATD_LOG")"
	check_match "IPv$f: the VIP is there" "inet" "$(ip -n lb -o addr show dev clients to "${!vip}")"
	check_is "IPv$f: requests are answered" "$(printf '5 %s\n' b1 b2)" "$(get c1 10 "${!url}/" 2>&1 | spread)"
done
check_is "connections are shown" 20 "$(dnatctl -j connection show | jq length)"
check_is "and vdports" 20 "$(held)"

fault_is() {
	[ "$(dnatctl -j backend show web4 | jq -r '.[0].health_fault')" = "$1" ]
}
# shellcheck disable=SC2016
printf '#!/bin/sh\necho "$(id -u) $(id -G) $(grep ^CapPrm /proc/self/status)"; exit 3\n' >"$LAB/who"
printf '#!/bin/sh\nsleep 7777 & wait\n' >"$LAB/hangs"
chmod 755 "$LAB/who" "$LAB/hangs"
dnatctl service set web4 check exec exec-command "$LAB/who" interval 200ms fall 1
check "programs run as nobody, who may do nothing" wait_for 60 fault_is \
	"the program ended with status 3: 65534 65534 CapPrm:?0000000000000000"
dnatctl service set web4 exec-command "$LAB/hangs"
check "and are stopped all the same" wait_for 60 fault_is "no answer within 1s"
dnatctl service set web4 check none
check_rc "with all that they have started" 1 pgrep -f "^sleep 7777"
check "services are deleted" dnatctl service del web4
check_is "and the VIP is gone" '' "$(ip -n lb -o addr show dev clients to "$VIP4")"
check "it stops" daemon_stop
check "and tells so" wait_for 20 told STOPPING=1
kill "$listener"
rm -f "$LAB/notify" "$LAB/told"
ip -n lb addr del "$VIP6/128" dev clients
