# SPDX-License-Identifier: GPL-2.0-only
# monitor tells when a pool is nearly full, exhausted, and has recovered.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

# states [BACKEND] - what it has told of b1's pool by now, or of another one's.
states() {
	jq -r --arg backend "${1:-10.1.0.11}" 'select(.event == "pool" and .backend == $backend).state' <"$LAB/events" | xargs
}

# state_is STATE - the last one.
state_is() {
	[ "$(tail -n 1 "$LAB/events" | jq -r .state)" = "$1" ]
}

# states_are STATES [BACKEND]
states_are() {
	[ "$(states "${@:2}")" = "$1" ]
}

check "dnatd starts" daemon_start || return
check "a service is added" dnatctl service add web vip "$VIP4" port 80
check "with a backend" dnatctl backend add web addr 10.1.0.11 port 8080
check "and ten ports" dnatctl vdport set range 50000-50009
dnatctl -j monitor >"$LAB/events" &
monitor=$!
check "monitor listens" wait_for 20 test -s "$LAB/events"

hold 8
let_go
hold 9
check "nine of ten are open: that is told" wait_for 30 states_are nearly-full
check_is "of which pool" '{"vip":"192.0.2.10","proto":"tcp","backend":"10.1.0.11","port":8080,"open":9,"capacity":10,"failures":0}' \
	"$(jq -c 'select(.event == "pool") | del(.time, .event, .state)' <"$LAB/events")"

# Another pool fills and recovers, which takes two looks at all of them.
dnatctl service add more vip "$VIP4" port 81
dnatctl backend add more addr 10.1.0.12 port 8080
mkfifo "$LAB/hold2"
in_ns c2 "$TOP/tests/lib/conns.py" "$VIP4" 81 9 <"$LAB/hold2" >"$LAB/held2" 7>&- &
second=$!
exec 8>"$LAB/hold2"
check "another pool is nearly full, too" wait_for 60 states_are nearly-full 10.1.0.12
exec 8>&-
wait $second
check "and recovers" wait_for 30 states_are "nearly-full recovered" 10.1.0.12
check_is "the first is told of no more meanwhile" nearly-full "$(states)"
let_go
check "when they are closed, it has recovered" wait_for 30 states_are "nearly-full recovered"
hold 12 10
check_is "twelve want ten" "open 10 failed 2" "$(cat "$LAB/held")"
check "that is exhausted" wait_for 30 grep -q '"exhausted"' "$LAB/events"
check "with how many it has refused" jq -e 'select(.state == "exhausted").failures > 0' "$LAB/events"
let_go
check "and recovers, too" wait_for 30 state_is recovered
log_has() {
	grep -q "$1" "$DNATD_LOG"
}

refusing() {
	dnatctl -j status | jq -r '.checks[] | select(.name == "pools_exhausted") | "\(.ok) \(.value) \(.advice)"'
}

check "the log has both" log_has "VIP $VIP4 tcp backend 10.1.0.11 port 8080: connections are refused"
check "of each other" log_has 'port 8080: vdports are available again'
check_match "status notes it for a while" '^true 0 VIP 192.0.2.10 tcp backend 10.1.0.11 port 8080 refused connections [0-9]+ seconds ago' "$(refusing)"
check_match "each is told once" '^nearly-full recovered( nearly-full)? exhausted recovered$' "$(states)"
kill $monitor
wait $monitor

# Nobody follows when it gets nearly full: who comes then is told of it, and of it alone.
hold 9
sleep 2 # two looks that would tell nobody
: >"$LAB/events"
dnatctl -j monitor >"$LAB/events" 7>&- &
monitor=$!
check "who follows later is told of what is nearly full by then" wait_for 30 states_are nearly-full
let_go
check "and of its recovery" wait_for 30 states_are "nearly-full recovered"
kill $monitor
wait $monitor

# And nobody follows when it refuses.
: >"$DNATD_LOG"
hold 12 10
check "the log says so" wait_for 30 log_has 'connections are refused'
check_match "so does status" '^false 1 VIP 192.0.2.10 .* refused connections [0-9]+ seconds ago, .*add a backend' "$(refusing)"
check_match "and backend show" 'connections are refused: no free vdport; see vdport show$' "$(dnatctl backend show web)"
let_go
check "and that it is over" wait_for 30 log_has 'vdports are available again'
check_match "backend show as well" ' - +-$' "$(dnatctl backend show web)"
check "dnatd stops" daemon_stop
