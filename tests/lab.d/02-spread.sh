# SPDX-License-Identifier: GPL-2.0-only
# Requests spread over six backends in two VLANs, and everything an admin can see of it.
# shellcheck shell=bash

ALL=(b1 b2 b3 b4 b5 b6)

# The longest run of answers from one backend.
longest_run() {
	uniq -c | sort -n | awk 'END { print $1 }'
}

check "dnatd starts" daemon_start || return
EXTRA='scheduler rr' check "services and backends are added" services web 80 "${ALL[@]}" || return
check_is "nft list ruleset is the one of the design" "$(cat "$TOP/tests/golden/web.nft")" "$(ruleset)"
check "nft takes its own listing back" in_ns lb bash -c 'nft list ruleset | nft -c -f -'

# What conntrack holds, as "client port backend vdport".
in_conntrack() {
	in_ns lb conntrack -L -f "$1" -p tcp 2>/dev/null |
		sed -nE 's/.* src=([^ ]+) dst=[^ ]+ sport=([0-9]+) dport=80 src=([^ ]+) dst=[^ ]+ sport=8080 dport=([0-9]+).*/\1 \2 \3 \4/p' |
		sort
}

# Entries come to their end while one looks: the two must agree at some time.
agree() {
	local shown wanted

	shown=$(dnatctl -j connection show service "web$1" |
		jq -r '.[] | "\(.client) \(.client_port) \(.backend) \(.vdport)"' | sort)
	wanted=$(in_conntrack "ipv$1")
	[ -n "$shown" ] && [ "$shown" = "$wanted" ]
}

# Likewise for the numbers of vdport show, and conntrack's for each backend.
counts_agree() {
	local vip=VIP$1 shown wanted

	shown=$(dnatctl -j vdport show |
		jq -r --arg vip "${!vip}" '.[] | select(.vip == $vip) | "\(.in_use) \(.backend)"' | sort)
	wanted=$(in_conntrack "ipv$1" | cut -d ' ' -f 3 | spread | sort)
	[ -n "$shown" ] && [ "$shown" = "$wanted" ]
}

for f in 4 6; do
	url=URL$f vip=VIP$f
	logs_clear
	clients=()
	for c in "${NET_CLIENTS[@]}"; do
		get "$c" 200 "${!url}/" >"$LAB/answers.$c" 2>&1 &
		clients+=($!)
	done
	wait "${clients[@]}"
	check_is "IPv$f, rr: 600 requests of 3 clients, 100 from each backend" \
		"$(printf '100 %s\n' "${ALL[@]}")" "$(cat "$LAB"/answers.c? | spread)"
	check "IPv$f: connection show agrees with conntrack on client, backend and vdport" wait_for 20 agree $f
	check "IPv$f: vdport show counts what conntrack holds" wait_for 20 counts_agree $f
	wait_for 20 logged 600
	check_is "IPv$f: every peer that nginx saw is the VIP" "${!vip}" "$(peers "${ALL[@]}" | cut -d ' ' -f 1 | sort -u)"
	check_is "IPv$f: no peer's port is the service's or below 1024" '' "$(peers "${ALL[@]}" | awk '$2 < 1024')"
done

check_match "conntrack -L has both directions of an IPv4 connection" \
	"src=10\.2\.0\.11 dst=192\.0\.2\.10 sport=[0-9]+ dport=80 src=10\.3\.0\.11 dst=192\.0\.2\.10 sport=8080 dport=[0-9]+" \
	"$(in_ns lb conntrack -L -p tcp 2>/dev/null)"
check_match "and of an IPv6 one" \
	"src=fd00:2::12 dst=2001:db8:0:1::10 sport=[0-9]+ dport=80 src=fd00:1::11 dst=2001:db8:0:1::10 sport=8080 dport=[0-9]+" \
	"$(in_ns lb conntrack -L -f ipv6 -p tcp 2>/dev/null)"
check_is "connection show backend shows that backend's alone" 10.1.0.12 \
	"$(dnatctl -j connection show service web4 backend 10.1.0.12 | jq -r '.[].backend' | sort -u)"
check_match "its text shows client, VIP, vdport, backend and state" \
	'10\.2\.0\.11:[0-9]+ +192\.0\.2\.10:80 +[0-9]+ +10\.[13]\.0\.1[123]:8080 +TIME_WAIT' "$(dnatctl connection show)"
check_is "status: the module is in force" module "$(dnatctl -j status | jq -r .allocator.in_force)"

in_ns lb conntrack -F 2>/dev/null
check "all closed and flushed, no vdport is held" wait_for 20 none_held

# Sixty connections that stay open, ten to each backend.
mkfifo "$LAB/hold"
for f in 4 6; do
	vip=VIP$f
	in_ns c1 "$TOP/tests/lib/conns.py" "${!vip}" 80 60 <"$LAB/hold" >"$LAB/held" &
	exec 7>"$LAB/hold"
	wait_for 150 test -s "$LAB/held"
	check_is "IPv$f: 60 connections that stay" 'open 60 failed 0' "$(cat "$LAB/held")"
	check_match "IPv$f: vdport show names VIP and backend, and counts 10 there" \
		"^${!vip//./\\.} +tcp +$([ $f = 4 ] && echo '10\.1\.0\.11:8080' || echo '\[fd00:1::11\]:8080') +10 " \
		"$(dnatctl vdport show)"
	check_is "IPv$f: and 60 in all" 60 "$(held)"
	check_match "IPv$f: connection show says ESTABLISHED" ESTABLISHED "$(dnatctl connection show service web$f)"
	exec 7>&-
	wait $!
	in_ns lb conntrack -F 2>/dev/null
	check "IPv$f: closed and flushed, no vdport is held" wait_for 20 none_held
	rm -f "$LAB/held"
done
rm "$LAB/hold"

EXTRA='scheduler wrr' check "services with weights 3:2:1 are added" services wrr 81 'b1*3' 'b2*2' b3
for f in 4 6; do
	url=URL$f
	for c in "${NET_CLIENTS[@]}"; do
		get "$c" 200 "${!url}:81/"
	done >"$LAB/answers" 2>&1
	check_is "IPv$f, wrr 3:2:1: 600 requests in that proportion" \
		"$(printf '%s\n' '300 b1' '200 b2' '100 b3')" "$(spread <"$LAB/answers")"
	check "IPv$f, wrr: never more than 3 in a row from one backend" \
		test "$(longest_run <"$LAB/answers")" -le 3
	check "IPv$f: a weight is changed" dnatctl backend set "wrr$f" addr "$(addr$f b3)" port 8080 weight 4
	check_is "IPv$f, wrr 3:2:4" "$(printf '%s\n' '30 b1' '20 b2' '40 b3')" \
		"$(get c1 90 "${!url}:81/" 2>&1 | spread)"
	check "IPv$f: and the scheduler" dnatctl service set "wrr$f" scheduler rr
	check_is "IPv$f, rr knows no weights" "$(printf '30 %s\n' b1 b2 b3)" \
		"$(get c1 90 "${!url}:81/" 2>&1 | spread)"
done
