# SPDX-License-Identifier: GPL-2.0-only
# A service whose packets the module leaves to nf_nat, and back.
# shellcheck shell=bash

# turns - the ruleset, wherever a service's turn begins: that moves with what was counted.
turns() {
	ruleset | sed -E 's/ map \{[^}]*\}//'
}

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

# slow_helpers - those of the table.
slow_helpers() {
	ruleset | sed -n 's/.*ct helper \(double-nat-.*-slow\) {/\1/p' | sort | xargs
}

check "dnatd starts" daemon_start || return
check "services are added" services web 80 b1 b2 || return
plain=$(turns)

fast=$(stat STATS_FAST)
get c1 20 "$URL4/" >/dev/null 2>&1
check "the module forwards their packets" test "$(stat STATS_FAST)" -gt "$fast"

check "fast off is taken" dnatctl service set web4 fast off
check_is "service show says so" 'web4 off web6 on' \
	"$(dnatctl -j service show | jq -r '.[] | .name, .fast' | xargs)"
check_is "the table has the helper that this takes" double-nat-tcp-slow "$(slow_helpers)"
check_match "which has the slow type" 'type "doublenat-slow" protocol tcp' "$(ruleset)"
in_ns lb conntrack -F 2>/dev/null
for f in 4 6; do
	url=URL$f
	fast=$(stat STATS_FAST) off=$(stat STATS_SLOW_OFF)
	check_is "IPv$f: requests are answered" "$(printf '10 %s\n' b1 b2)" "$(get c1 20 "${!url}/" 2>&1 | spread)"
	if [ $f = 4 ]; then
		check_is "IPv4: none of their packets is forwarded by the module" "$fast" "$(stat STATS_FAST)"
		check "IPv4: and they are counted" test "$(stat STATS_SLOW_OFF)" -gt "$off"
	else
		check "IPv6: the other service's are" test "$(stat STATS_FAST)" -gt "$fast"
		check_is "IPv6: and none of them is left to nf_nat for that reason" "$off" "$(stat STATS_SLOW_OFF)"
	fi
done

before=$(generation)
daemon_stop
daemon_start
check_is "dnatd started again touches nothing" "$before" "$(generation)"
check_is "and still knows" off "$(dnatctl -j service show web4 | jq -r '.[0].fast')"

check "a UDP service is born slow" dnatctl service add dns vip "$VIP4" port 53 proto udp fast off
dnatctl backend add dns addr "$(addr4 b1)" port 53
check_is "with a helper of its own" 'double-nat-tcp-slow double-nat-udp-slow' "$(slow_helpers)"
check_is "and works" '"b1"' "$(in_ns c2 dig +short +tries=1 +timeout=60 "@$VIP4" who.lab TXT 2>&1)"
check "a second slow TCP service" dnatctl service set web6 fast off
check "the first one made fast again" dnatctl service set web4 fast on
check_is "takes nothing from the second" 'double-nat-tcp-slow double-nat-udp-slow' "$(slow_helpers)"
dnatctl service del dns
check "the second, too" dnatctl service set web6 fast on
check_is "and the table is as it was" "$plain" "$(turns)"
fast=$(stat STATS_FAST)
in_ns lb conntrack -F 2>/dev/null
get c1 20 "$URL4/" >/dev/null 2>&1
check "the module forwards packets again" test "$(stat STATS_FAST)" -gt "$fast"

dnatctl service set web4 fast off
daemon_stop
in_ns lb nft -f - <<-'EOT'
	flush chain inet dnatd svc-web4
	delete ct helper inet dnatd double-nat-tcp-slow
	add counter inet dnatd stranger
EOT
daemon_start
check_is "a helper that is missing is made anew" double-nat-tcp-slow "$(slow_helpers)"
check_none "an object that is not ours goes" stranger "$(ruleset)"
check_is "and it works" "$(printf '10 %s\n' b1 b2)" "$(get c1 20 "$URL4/" 2>&1 | spread)"

snapshot >"$LAB/before"
check_rc "fast takes on or off" 2 dnatctl service set web4 fast yes
check_is "and nothing has changed" "$(cat "$LAB/before")" "$(snapshot)"
daemon_stop
check "allocator nf_nat keeps the word" daemon_start --allocator nf_nat
check_is "as it was given" off "$(dnatctl -j service show web4 | jq -r '.[0].fast')"
check_is "and makes no use of it" '' "$(slow_helpers)"
check_is "but of the service" "$(printf '10 %s\n' b1 b2)" "$(get c1 20 "$URL4/" 2>&1 | spread)"
daemon_stop
