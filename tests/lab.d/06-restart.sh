# SPDX-License-Identifier: GPL-2.0-only
# dnatd is killed, stopped, started again, and finds its table gone or meddled with.
# shellcheck shell=bash

started() {
	[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -gt 1000000 ]
}

check "dnatd starts" daemon_start || return
check "services are added" services web 80 b1 b2 b3 || return
servers_big
sum=$(sha256sum <"$LAB/big")

for f in 4 6; do
	url=URL$f
	in_ns c1 curl -sS --limit-rate 30M --max-time 300 -o "$LAB/got" "${!url}/big" &
	curl=$!
	check "IPv$f: a download is under way" wait_for 20 started "$LAB/got"
	before=$(generation)
	kill -KILL "$DNATD"
	wait "$DNATD" 2>/dev/null
	check "IPv$f: dnatd is killed in the middle of it" kill -0 $curl
	check_is "IPv$f: new requests are answered while it is dead" "$(printf '10 %s\n' b1 b2 b3)" \
		"$(get c2 30 "${!url}/" 2>&1 | spread)"
	check "IPv$f: dnatd starts again" daemon_start
	check_is "IPv$f: and does not touch a ruleset that is right" "$before" "$(generation)"
	check "IPv$f: the download ends" wait $curl
	check_is "IPv$f: and is whole" "$sum" "$(sha256sum <"$LAB/got")"
	rm -f "$LAB/got"
	check "IPv$f: backend del is taken" dnatctl backend del "web$f" addr "$(addr$f b2)" port 8080
	check_is "IPv$f: and takes effect" "$(printf '15 %s\n' b1 b3)" "$(get c3 30 "${!url}/" 2>&1 | spread)"
done

before=$(generation) shown=$(dnatctl -j service show)
check "SIGTERM ends dnatd well" daemon_stop
check_is "the ruleset stays in force" "$(printf '15 %s\n' b1 b3)" "$(get c1 30 "$URL4/" 2>&1 | spread)"
daemon_start
check_is "started again, it touches nothing" "$before" "$(generation)"
check_is "and knows what it was told" "$shown" "$(dnatctl -j service show)"
check_is "the state file is its own" '600 0' "$(stat -c '%a %u' "$STATE")"

wanted=$(ruleset)
daemon_stop
in_ns lb nft flush ruleset
in_ns lb nft add table inet other
daemon_start
in_ns lb nft delete table inet other
check_is "after a reboot the ruleset is made anew" "$wanted" "$(ruleset)"
daemon_stop
in_ns lb nft -f - <<-'EOT'
	flush chain inet dnatd svc-web4
	delete element inet dnatd services6 { tcp . 2001:db8:0:1::10 . 80 }
	add chain inet dnatd stranger
	add rule inet dnatd prerouting counter
EOT
daemon_start
check_is "what others changed in the table is put right" "$wanted" "$(ruleset)"
check_is "and it works" "$(printf '15 %s\n' b1 b3)" "$(get c1 30 "$URL6/" 2>&1 | spread)"
