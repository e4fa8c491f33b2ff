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
check "dnatd stops" daemon_stop
wait "$monitor"
check_is "then monitor ends, with status 3" 3 $?
wait "$lines"
check_is "both of them" 3 $?
