# SPDX-License-Identifier: GPL-2.0-only
# What dnatctl monitor tells, and when it ends.
# shellcheck shell=bash

# events JQ-FILTER - what it has told by now.
events() {
	jq -c "$1" <"$LAB/events"
}

# event_seen JQ-CONDITION
event_seen() {
	[ -n "$(events "select($1)")" ]
}

check "dnatd starts" daemon_start || return
dnatctl -j monitor >"$LAB/events" &
monitor=$!
dnatctl monitor >"$LAB/lines" &
lines=$!
check "monitor tells since when dnatd runs" wait_for 20 event_seen '.event == "start" and .allocator == "module"'
check "a service is added" dnatctl service add web vip "$VIP4" port 80
check "that is told, and who asked for it" wait_for 20 \
	event_seen '.event == "change" and .op == "service.add" and .service == "web" and .uid == 0'
check_rc "a change is refused" 2 dnatctl service add web vip "$VIP4" port 80
check "another is not" dnatctl service del web
check "and told" wait_for 20 event_seen '.op == "service.del"'
check_is "what was refused is not" '"service.add" "service.del"' "$(events 'select(.event == "change").op' | xargs -d '\n')"
check_match "so in words" '^[0-9TZ:.-]{24} change op service.add uid 0 service web$' "$(cat "$LAB/lines")"

# Somebody else's sysctl takes all services down, while the backends pass their checks.
forwarding() {
	in_ns lb curl -gsf http://127.0.0.1:9527/metrics | grep -cxF "dnat_forwarding{family=\"$1\"} $2"
}

fault() {
	event_seen ".event == \"$1\" and .name == \"$2\""
}

check "services of both families" dnatctl batch -f - <<EOT
service add web vip $VIP4 port 80
service add web6 vip $VIP6 port 80
EOT
check_is "both are forwarded" "1 1" "$(forwarding ipv4 1) $(forwarding ipv6 1)"
check "forwarding goes off" in_ns lb sysctl -qw net.ipv4.ip_forward=0
check "that is told" wait_for 20 fault fault ip_forward
check_match "in the log as well" 'fault: ip_forward is 0: backends are not reached; sysctl -w net.ipv4.ip_forward=1' "$(cat "$DNATD_LOG")"
check_is "and to Prometheus" "1 1" "$(forwarding ipv4 0) $(forwarding ipv6 1)"
check "it goes on again" in_ns lb sysctl -qw net.ipv4.ip_forward=1
check "which is told, too" wait_for 20 fault fault-over ip_forward
check "forwarding of IPv6 goes off" in_ns lb sysctl -qw net.ipv6.conf.all.forwarding=0
check "and is told" wait_for 20 fault fault ipv6_forwarding
check_is "to Prometheus as well" "1 1" "$(forwarding ipv4 1) $(forwarding ipv6 0)"
check "it is on again" in_ns lb sysctl -qw net.ipv6.conf.all.forwarding=1
check "which is told" wait_for 20 fault fault-over ipv6_forwarding
check "dnatd stops" daemon_stop
wait "$monitor"
check_is "then monitor ends, with status 3" 3 $?
wait "$lines"
check_is "both of them" 3 $?
