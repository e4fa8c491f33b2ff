# SPDX-License-Identifier: GPL-2.0-only
# The admin's file of services: in force from the start, all of it, else what was saved.
# shellcheck shell=bash

CONF=$LAB/services.conf

ended() {
	! kill -0 "$DNATD" 2>/dev/null
}

# not_started [OPTION]... - dnatd ends by itself, with status 1.
not_started() {
	daemon_start "$@"
	wait_for 10 ended || { daemon_stop; return 1; }
	wait "$DNATD"
	[ $? -eq 1 ]
}

cat >"$CONF" <<EOT
vdport set range 5000-6000
service add web vip $VIP4 port 80 dev nosuch
backend add web addr $(addr4 b1) port 8080 weight 2
EOT
check "dnatd starts with a file of services" daemon_start --config "$CONF" || return
check_is "they are in force" "5 b1" "$(get c1 5 "$URL4/" 2>&1 | spread)"
check_is "and so are the settings" 5000-6000 "$(dnatctl -j status | jq -r .vdports.range)"
check_match "an interface that is missing is logged, and no more" 'no interface "nosuch"' "$(cat "$DNATD_LOG")"
check_match "so is a weight that counts for nothing" "$CONF:3: note: weight 2 of " "$(cat "$DNATD_LOG")"
check_match "status says where they are from" "services_from: +$CONF" "$(dnatctl status)"
before=$(generation) exported=$(dnatctl export)
daemon_stop
check "it starts again" daemon_start --config "$CONF"
check_is "and touches nothing" "$before" "$(generation)"
check "a service is added" dnatctl service add more vip "$VIP4" port 81
daemon_stop
daemon_start --config "$CONF"
check_is "which is there until the next start" "$exported" "$(dnatctl export)"
daemon_stop

sed -i '/^vdport/d; s/web/www/; s/ dev nosuch//; s/port 80$/port 82/; s/port 80 /port 82 /' "$CONF"
daemon_start --config "$CONF"
check_is "another file is in force at the next start" "5 b1" "$(get c1 5 "$URL4:82/" 2>&1 | spread)"
check_is "what it does not say is as in the beginning" 1024-65535 "$(dnatctl -j status | jq -r .vdports.range)"
exported=$(dnatctl export)
daemon_stop

before=$(cat "$STATE") at=$(generation)
printf 'x\nservice add web vip %s port 80\nbackend add web addr %s\n' "$VIP4" "$VIP4" >"$CONF"
: >"$DNATD_LOG"
check "with errors in the file it does not start" not_started --config "$CONF"
check_is "and tells all of them, each in a line" "$CONF:1: $CONF:3: " "$(grep -o "$CONF:[0-9]*: " "$DNATD_LOG" | tr -d '\n')"
check_match "and what to do" "nothing was changed: mend $CONF first\$" "$(cat "$DNATD_LOG")"
check_is "the rules are as they were" "$at" "$(generation)"
check_is "and serve" "5 b1" "$(get c1 5 "$URL4:82/" 2>&1 | spread)"
check "nor does it with a file that is not there" not_started --config "$LAB/none.conf"
check_match "which it names" "$LAB/none.conf: cannot be opened: No such file" "$(cat "$DNATD_LOG")"
check_is "the state is as it was" "$before" "$(cat "$STATE")"
check "without either it starts" daemon_start
check_is "with what was saved" "$exported" "$(dnatctl export)"
