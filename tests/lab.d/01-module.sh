# SPDX-License-Identifier: GPL-2.0-only
# The module by itself, driven by a ruleset written by hand.
# shellcheck shell=bash

rules() {
	cat <<-'EOT'
		table inet own {
			ct helper dn-tcp { type "double-nat" protocol tcp; l3proto inet; }
			ct helper dn-udp { type "double-nat" protocol udp; l3proto inet; }
			chain pre {
				type nat hook prerouting priority dstnat; policy accept;
				ip daddr 192.0.2.10 tcp dport 80 ct helper set "dn-tcp" dnat ip to numgen inc mod 6 map { 0 : 10.1.0.11 . 8080, 1 : 10.1.0.12 . 8080, 2 : 10.1.0.13 . 8080, 3 : 10.3.0.11 . 8080, 4 : 10.3.0.12 . 8080, 5 : 10.3.0.13 . 8080 }
				ip6 daddr 2001:db8:0:1::10 tcp dport 80 ct helper set "dn-tcp" dnat ip6 to numgen inc mod 2 map { 0 : fd00:1::11 . 8080, 1 : fd00:3::11 . 8080 }
				ip daddr 192.0.2.10 udp dport 53 ct helper set "dn-udp" dnat ip to 10.1.0.11:53
			}
		}
	EOT
}

nft_rules() {
	rules | in_ns lb nft -f -
}

check "a ruleset with type \"double-nat\" loads, and the module with it" nft_rules || return
check "the module is there" grep -q '^nf_double_nat ' /proc/modules

for c in c1 c2 c3; do
	get "$c" 20 http://192.0.2.10/
done >"$LAB/answers" 2>"$LAB/errors"
check_is "60 requests over IPv4 are answered, 10 by each backend" \
	"$(printf '10 %s\n' b1 b2 b3 b4 b5 b6)" "$(spread <"$LAB/answers"; cat "$LAB/errors")"
wait_for 20 logged 60
check_is "nginx saw the VIP as its peer, and nothing else" 192.0.2.10 "$(peers b1 b2 b3 b4 b5 b6 | cut -d ' ' -f 1 | sort -u)"
check_is "no vdport is outside 1024-65535" '' "$(peers b1 b2 b3 b4 b5 b6 | awk '$2 < 1024 || $2 > 65535')"
check_is "no vdport was used twice towards a backend" '' "$(peers b1 | sort | uniq -d)"
check_match "conntrack has both directions" \
	'src=10\.2\.0\.11 dst=192\.0\.2\.10 sport=[0-9]+ dport=80 src=10\.[13]\.0\.1[123] dst=192\.0\.2\.10 sport=8080 dport=[0-9]+' \
	"$(in_ns lb conntrack -L -p tcp 2>/dev/null)"

logs_clear
check_is "20 requests over IPv6 are answered, 10 by each backend" \
	"$(printf '10 %s\n' b1 b4)" "$(get c1 20 'http://[2001:db8:0:1::10]/' 2>&1 | spread)"
wait_for 20 logged 20
check_is "nginx saw the IPv6 VIP as its peer" 2001:db8:0:1::10 "$(peers b1 b4 | cut -d ' ' -f 1 | sort -u)"

check_is "DNS over UDP is answered" '"b1"' "$(in_ns c2 dig +short +tries=1 +timeout=60 @192.0.2.10 who.lab TXT 2>&1)"

in_ns lb conntrack -F 2>/dev/null
check "the table can be deleted" in_ns lb nft delete table inet own
unload() {
	rmmod nf_double_nat
}
check "the module unloads" wait_for 20 unload
check "and loads again" modprobe nf_double_nat
check "and goes" wait_for 20 unload
