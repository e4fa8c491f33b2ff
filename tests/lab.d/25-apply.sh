# SPDX-License-Identifier: GPL-2.0-only
# Whole configurations as files: export gives what apply takes, apply changes what differs and
# nothing else, all of it or nothing; and a change among a thousand services is as large as itself.
# shellcheck shell=bash

CONF=$LAB/services.conf

# apply_says WHAT STATUS LINES [OPTION]... - apply $CONF, which must say just these lines of errors.
apply_says() {
	local what=$1 status=$2 wanted=$3 rc

	shift 3
	dnatctl apply -f "$CONF" "$@" >"$LAB/said" 2>&1
	rc=$?
	check_is "$what" "$status $wanted" "$rc $(sed "s|^$CONF|F|" "$LAB/said")"
}

# many_services N - N services with 10 backends each, as lines.
many_services() {
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++) {
			printf "service add s%d vip 198.51.%d.%d port 80 scheduler wrr\n", i, 100 + i / 250, 1 + i % 250
			for (j = 1; j <= 10; j++)
				printf "backend add s%d addr 10.1.%d.%d port 8080 weight %d\n", i, j, 1 + i % 250, j
		}
	}'
}

check "dnatd starts" daemon_start || return
check_is "at first there is nothing, and export says so" 'services none' "$(dnatctl export)"
EXTRA='scheduler wrr' check "services are added" services web 80 'b1*3' b2 || return
EXTRA='dev clients fast off proto tcp' check "with all keywords" services all 81 b4 || return
check "and a setting of the vdports" dnatctl vdport set range 2000-60000

before=$(generation) exported=$(dnatctl export) json=$(dnatctl -j export)
printf '%s\n' "$exported" >"$CONF"
check_match "export has a line for a service" '^service add web4 vip 192\.0\.2\.10 port 80 scheduler wrr$' "$exported"
check_match "with what differs from the defaults alone" \
	'^service add all6 vip 2001:db8:0:1::10 port 81 dev clients fast off$' "$exported"
check_match "and one for a backend" "^backend add web4 addr $(addr4 b1) port 8080 weight 3\$" "$exported"
apply_says "what was exported is what there is" 0 '' --dry-run
apply_says "applied, it changes nothing" 0 ''
check "and as JSON, it is the same" dnatctl apply -f - <<<"$json"
check_is "the ruleset was not touched" "$before" "$(generation)"

servers_big
sum=$(sha256sum <"$LAB/big")
check "a download through web4 is under way" halfway c1 "$URL4/big"
counted=$(in_ns lb nft -j list chain inet dnatd svc-web6 | jq '[.. | .counter? // empty | .packets]')
before=$(generation)
{
	echo '# other services, and one backend less'
	sed "/^backend add web4 addr $(addr4 b2) /d; /all4/d; s/^\\(vdport .*\\)60000/\\150000/" "$CONF"
	echo "service add new vip $VIP4 port 82; #"
} >"$CONF.new"
mv "$CONF.new" "$CONF"
apply_says "a character too much is an error" 1 "F:$(wc -l <"$CONF"): port \"82;\" is not a number from 1 to 65535"
sed -i 's/;//' "$CONF"
apply_says "--dry-run shows what would change" 0 "-vdport set range 2000-60000
+vdport set range 2000-50000
-service add all4 vip $VIP4 port 81 dev clients fast off
-backend add all4 addr $(addr4 b4) port 8080
+service add new vip $VIP4 port 82
-backend add web4 addr $(addr4 b2) port 8080" --dry-run
check_is "and changes nothing" "$before" "$(generation)"
apply_says "it is applied" 0 ''
check_is "in one transaction" $((before + 1)) "$(generation)"
apply_says "then there is no difference" 0 '' --dry-run
check_is "the settings are in force" 2000-50000 "$(dnatctl -j status | jq -r .vdports.range)"
check_is "the VIP of a service that went is gone" '' "$(ip -n lb -o addr show dev clients to "$VIP4")"
check_match "that of the other is there" "$VIP6" "$(ip -n lb -o addr show dev clients to "$VIP6")"
check_is "requests are answered by what is left" "5 b1" "$(get c1 5 "$URL4/" 2>&1 | spread)"
check "the download goes on and ends" go_on
check_is "and is whole" "$sum" "$(sha256sum <"$LAB/got")"
rm -f "$LAB/got"
check_is "the counter of a service that stays stays" "$counted" \
	"$(in_ns lb nft -j list chain inet dnatd svc-web6 | jq '[.. | .counter? // empty | .packets]')"

exported=$(dnatctl export) json=$(dnatctl -j export)
daemon_stop
check_is "the JSON is that of the state file" "$(jq -cS 'del(.serial)' "$STATE")" "$(jq -cS . <<<"$json")"
daemon_start
check_is "all of it is kept over a restart" "$exported" "$(dnatctl export)"

# Refused whole.
before=$(snapshot)
cat >"$CONF" <<EOT
service add one vip $VIP4 port 1
backend add one addr $VIP4
backend add one addr $(addr4 b1)
backend add one addr $(addr4 b1) port 1
service add two vip $VIP4 port 1
service add one vip $VIP4 port 3
service add three vip $VIP4 prt 3
backend add three addr $(addr4 b1)
vdport set range 9-1
EOT
apply_says "all errors are told" 1 "F:2: addr $VIP4 is the VIP of service one, connections would loop; use another address
F:4: service one has backend addr $(addr4 b1) port 1 already; use backend set
F:5: vip $VIP4 port 1 proto tcp is service one already; use another vip, port or proto
F:6: service one exists already; use another name
F:7: service add: \"prt\" is not a keyword here; use $(dnatctl service add help | sed -n 's/^  \([a-z-]*\) .*/\1/p' | tr '\n' ' ' | sed 's/ $//; s/ /, /g')
F:9: range \"9-1\" is not a range of ports; use MIN-MAX, from 1 to 65535"
cat >"$CONF" <<EOT
service add one vip $VIP4 port 1
service add two vip $VIP4 port 2 dev nosuch
EOT
apply_says "what the kernel does not have is refused by a dry run" 2 'dnatctl: there is no interface "nosuch"; see "ip link"' --dry-run
apply_says "as without" 2 'dnatctl: there is no interface "nosuch"; see "ip link"'
check_is "nothing has changed" "$before" "$(snapshot)"

# Services that change places, all at once.
cat >"$CONF" <<EOT
service add web4 vip $VIP4 port 81
service add other vip $VIP4 port 80
backend add other addr $(addr4 b5) port 8080
backend add web4 addr $(addr4 b6) port 8080
EOT
apply_says "services change places" 0 ''
check_is "the first" "5 b5" "$(get c1 5 "$URL4/" 2>&1 | spread)"
check_is "and the second" "5 b6" "$(get c1 5 "$URL4:81/" 2>&1 | spread)"
check_is "the settings that are not in the file are as the module has them" '1024-65535 reset' \
	"$(dnatctl -j status | jq -r '.vdports | .range + " " + ."on-exhausted"')"

cat >"$CONF" <<EOT
service add batch vip $VIP4 port 83
backend add batch addr $(addr4 b1) port 8080
backend add batch addr $(addr4 b1) port 8080
service del batch
EOT
dnatctl batch -f "$CONF" >"$LAB/said" 2>&1
rc=$?
check_is "a batch ends with the first error" "2 $CONF:3: service batch has backend addr $(addr4 b1) port 8080 already; use backend set" \
	"$rc $(cat "$LAB/said")"
check_is "and what came before is done" 1 "$(dnatctl -j backend show batch | jq length)"
dnatctl batch -f "$CONF" --force >"$LAB/said" 2>&1
check_is "--force goes through to the end" '2 3' "$? $(wc -l <"$LAB/said")"
check_rc "which is done" 2 dnatctl service show batch

# As large as itself.
many_services 1000 >"$CONF"
start=$(date +%s%N)
apply_says "a thousand services with ten backends each are applied" 0 ''
echo "# 1,000 services x 10 backends: $((($(date +%s%N) - start) / 1000000)) ms"
echo "# dnatd: $(sed -n 's/^VmRSS:\s*//p; s/^VmHWM:\s*/at most /p' "/proc/$DNATD/status" | tr '\n' ' ')"
apply_says "they are what there is" 0 '' --dry-run
told=$(in_ns lb "$TOP/tests/lib/told.py" dnatctl backend set s500 addr 10.1.3.1 weight 0)
check_is "one change among them replaces one rule, and touches nothing of another's" 'rules 2
svc-s500' "$(tail -n +2 <<<"$told")"
echo "# $(head -n 1 <<<"$told")"
: >"$CONF"
apply_says "an empty file is refused" 1 'F: has no service; where that is meant, write the line "services none" into it'
check_is "and takes nothing away" 1000 "$(dnatctl -j service show | jq length)"
dnatctl export -f "$CONF"
apply_says "export -f has written what there is" 0 '' --dry-run
check "they are all taken away where the file says so" dnatctl apply -f - <<<'services none'
check_is "which leaves nothing" 0 "$(dnatctl -j service show | jq length)"
