# SPDX-License-Identifier: GPL-2.0-only
# dnatd is killed, stopped, started again, and finds its table gone or meddled with.
# shellcheck shell=bash

check "dnatd starts" daemon_start || return
check "services are added" services web 80 b1 b2 b3 || return
servers_big
sum=$(sha256sum <"$LAB/big")

for f in 4 6; do
	url=URL$f
	check "IPv$f: a download is under way" halfway c1 "${!url}/big"
	before=$(generation)
	kill -KILL "$DNATD"
	wait "$DNATD" 2>/dev/null
	check_match "IPv$f: dnatd is killed in the middle of it" ESTABLISHED \
		"$(in_ns lb conntrack -L -f ipv$f -p tcp --dport 80 2>/dev/null)"
	check_is "IPv$f: new requests are answered while it is dead" "$(printf '10 %s\n' b1 b2 b3)" \
		"$(get c2 30 "${!url}/" 2>&1 | spread)"
	check "IPv$f: dnatd starts again" daemon_start
	check_is "IPv$f: and does not touch a ruleset that is right" "$before" "$(generation)"
	check "IPv$f: the download goes on and ends" go_on
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
