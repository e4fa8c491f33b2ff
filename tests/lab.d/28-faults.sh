# SPDX-License-Identifier: GPL-2.0-only
# What keeps packets from services: status names it, and what it advises cures it.
# shellcheck shell=bash

# advised NAME - what status has against it, nothing where it is well; notes as well.
advised() {
	dnatctl -j status | jq -r --arg name "$1" '.checks[] | select(.name == $name) | select(.advice) |
		"\(if .ok then "note" else "fault" end): \(.value): \(.advice)"'
}

# The command in an advice, for the VIP.
cure() {
	advised "$1" | sed -nE "s/.*(nft insert rule [^;]*).*/\1/p" | sed "s/VIP/$VIP4/"
}

is_well() {
	[ -z "$(advised "$1")" ]
}

in_lb() {
	in_ns lb nft "$@"
}

served() {
	get c1 1 "$URL4/" >/dev/null
}

# A packet that some rule drops is not answered, however long one waits.
not_served() {
	! in_ns c1 curl -sf --max-time 3 "$URL4/" >/dev/null
}

check "dnatd starts" daemon_start || return
check "a service" services web 80 b1 || return
check "it serves" served
check_is "nothing is wrong with rules" "" "$(advised forward_rules)$(advised nat_rules)$(advised raw_rules)"

# Others' rules that do not concern services.
check "a firewall" in_lb -f - <<EOT
table inet firewall {
	chain input { type filter hook input priority 0; policy drop; ct state established,related accept; }
	chain early { type filter hook prerouting priority raw; }
	chain forward { type filter hook forward priority 0; ct state established,related accept; }
}
table ip other {
	chain pre { type nat hook prerouting priority dstnat + 5; }
}
table ip6 fw6 {
	chain forward { type filter hook forward priority 0; policy drop; ct status dnat accept; }
}
EOT
check_is "is none of its business" "" "$(advised forward_rules)$(advised nat_rules)$(advised raw_rules)"

check "a chain that forwards nothing" in_lb add chain inet firewall drops '{ type filter hook forward priority 0; policy drop; }'
check "has clients wait" not_served
check_match "status names it" '^fault: inet firewall drops: .*new connections hang: nft insert rule inet firewall drops ct status dnat accept;' "$(advised forward_rules)"
check "what it advises is taken" in_ns lb sh -c "$(cure forward_rules)"
check "and cures it" served
check_is "status has nothing against it" "" "$(advised forward_rules)"
check "a chain that ends with a reject" in_lb add rule inet firewall forward counter reject
check "has them wait as well" not_served
check_match "status names it, too" '^fault: inet firewall forward: ' "$(advised forward_rules)"
check "the rule may be in another chain" in_lb -f - <<EOT
add chain inet firewall more
insert rule inet firewall forward jump more
add rule inet firewall more ct status dnat accept
EOT
check_is "status finds it there" "" "$(advised forward_rules)"
check "and it serves" served
check "a rule for the backends' network" in_lb -f - <<EOT
flush chain inet firewall more
add rule inet firewall more ip daddr 10.1.0.0/16 accept
add rule inet firewall more ip saddr 10.1.0.0/16 accept
EOT
check "does as well" served
check_match "status cannot know, and notes it" '^note: inet firewall forward: .*where no rule of it lets them pass' "$(advised forward_rules)"

# Docker's chain, as it would be where it is started after dnatd.
check "nat rules that come first" in_lb add chain ip other first '{ type nat hook prerouting priority -150; }'
check_match "are noted" '^note: ip other first: it has priority -150, before ' "$(advised nat_rules)"
ours=$(in_lb -j list chain inet dnatd prerouting | jq '.nftables[].chain.prio // empty')
check "rules of the same priority" in_lb -f - <<EOT
delete chain ip other first
add chain ip other same { type nat hook prerouting priority $ours; }
EOT
check_match "are a fault" "^fault: ip other same: it has priority $ours, the same as " "$(advised nat_rules)"
check "they go" in_lb delete table ip other
check_is "and are forgotten" "" "$(advised nat_rules)"

check "a notrack rule" in_lb add rule inet firewall early tcp dport 80 notrack
check "has the service vanish" not_served
check_match "status names it" '^fault: inet firewall early: .*nft insert rule inet firewall early ip daddr VIP return' "$(advised raw_rules)"
check "what it advises is taken" in_ns lb sh -c "$(cure raw_rules)"
check "and cures it" served
check "a notrack rule for another port" in_lb -f - <<EOT
flush chain inet firewall early
add rule inet firewall early udp dport 53 notrack
EOT
check_match "is noted only" '^note: inet firewall early' "$(advised raw_rules)"

# Without being asked, too.
check "all of it goes" in_lb -f - <<EOT
delete table inet firewall
delete table ip6 fw6
add table inet firewall
add chain inet firewall drops { type filter hook forward priority 0; policy drop; }
EOT
log_has() {
	grep -q "$1" "$DNATD_LOG"
}
check "the log speaks of a fault that nobody asks about" wait_for 60 log_has 'fault: forward_rules is inet firewall drops: '
check "the firewall goes" in_lb delete table inet firewall
check "and the log says so" wait_for 60 log_has 'the fault is over: forward_rules'
