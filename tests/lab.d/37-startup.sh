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

before=$(jq -cS 'del(.serial)' "$STATE") at=$(generation)
printf 'x\nservice add web vip %s port 80\nbackend add web addr %s\n' "$VIP4" "$VIP4" >"$CONF"
: >"$DNATD_LOG"
check_rc "dnatd --config-test finds errors in the file" 1 dnatd --config-test --config "$CONF"
check "with errors in the file it starts with what it had" daemon_start --config "$CONF"
check_is "and tells all of them, each in a line" "$CONF:1: $CONF:3: " \
	"$(grep -o "^dnatd: $CONF:[0-9]*: " "$DNATD_LOG" | sed 's/^dnatd: //' | tr -d '\n')"
check_match "status says so, and what to do" "-> dnatd could not use its file .* $CONF:1: .* \"dnatctl apply -f $CONF\"" "$(dnatctl status)"
check_is "and the metric" 'dnat_config_ok 0' "$(in_ns lb curl -s http://127.0.0.1:9527/metrics | grep '^dnat_config_ok')"
check_is "the rules are as they were" "$at" "$(generation)"
check_is "and serve" "5 b1" "$(get c1 5 "$URL4:82/" 2>&1 | spread)"
check_is "nothing is lost" "$exported" "$(dnatctl export)"
check "an apply ends that" dnatctl apply -f - <<<"$exported"
check_none "in status" "could not use" "$(dnatctl status)"
check_is "and the metric" 'dnat_config_ok 1' "$(in_ns lb curl -s http://127.0.0.1:9527/metrics | grep '^dnat_config_ok')"
daemon_stop
: >"$DNATD_LOG"
check "so it does with a file that is not there" daemon_start --config "$LAB/none.conf"
check_match "which it names" "$LAB/none.conf: cannot be opened: No such file" "$(cat "$DNATD_LOG")"
daemon_stop
: >"$CONF"
check "and with an empty one" daemon_start --config "$CONF"
check_match "which says why it is not taken" "$CONF: has no service; where that is meant" "$(cat "$DNATD_LOG")"
check_is "nothing is lost, again" "$exported" "$(dnatctl export)"
daemon_stop
check_is "the state is as it was" "$before" "$(jq -cS 'del(.serial)' "$STATE")"

# What a file lacks is removed, which is logged, and the way back is kept.
printf 'service add other vip %s port 83\n' "$VIP4" >"$CONF"
check_rc "dnatd --config-test finds nothing" 0 dnatd --config-test --config "$CONF"
: >"$DNATD_LOG"
check "a file without the services that there were" daemon_start --config "$CONF"
check_match "what it removes is logged" "start with $CONF: services: 1 added, 0 changed, 1 removed" "$(cat "$DNATD_LOG")"
check_match "service by service" 'removed: service www vip 192[.]0[.]2[.]10 port 82 proto tcp, 1 backends' "$(cat "$DNATD_LOG")"
check "what was there before is kept" dnatctl apply -f "$STATE.old"
check_is "all of it" "$exported" "$(dnatctl export)"
check_match "and the log says who it was" "change by uid 0 pid [0-9]+: apply of $STATE.old: services: 1 added, 0 changed, 1 removed" \
	"$(cat "$DNATD_LOG")"
daemon_stop
check "without a file it starts" daemon_start
check_is "with what was saved" "$exported" "$(dnatctl export)"
daemon_stop

mv "$STATE" "$STATE.away"
rm -f "$STATE.journal"
echo x >"$CONF"
check "with neither it does not start" not_started --config "$CONF"
check_match "and says what to do" "nothing was changed: mend $CONF first; no services are saved" "$(cat "$DNATD_LOG")"
