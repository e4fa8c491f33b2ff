# SPDX-License-Identifier: GPL-2.0-only
# Open connections outlive "nft flush ruleset". Without rules nothing is translated: what comes
# then must not be answered by the balancer's own TCP.
# shellcheck shell=bash

# received - a line for each download: its port, and how many bytes its client's TCP has.
received() {
	in_ns c1 ss -HOtni state established | sed -nE 's/^[0-9]+ +[0-9]+ +[^ ]*:([0-9]+) .* bytes_received:([0-9]+) .*/\1 \2/p' | sort
}

# grown - each download has more than it had.
grown() {
	[ "$(join <(echo "$had") <(received) | awk '$3 > $2' | wc -l)" -eq 5 ]
}

# under_way - each has begun.
under_way() {
	[ "$(received | awk '$2 > 100000' | wc -l)" -eq 5 ]
}

# again TIMES - more often than that each download's last segment was sent again.
again() {
	[ "$(in_ns b1 ss -HOtnio state established | sed -nE 's/.* backoff:([0-9]+) .*/\1/p' | awk -v n="$1" '$1 > n' | wc -l)" -eq 5 ]
}

check "dnatd starts" daemon_start --repairs 100 || return
EXTRA='dev lo fast off' check "services leave their packets to nf_nat" services web 80 b1 || return
servers_big
downloads=()
for i in 1 2 3 4 5; do
	url=$URL4
	[ $((i % 2)) -eq 0 ] || url=$URL6
	ip netns exec c1 curl -gsS --limit-rate 4M -o /dev/null "$url/big" &
	downloads+=($!)
done
check "five downloads are under way" wait_for 20 under_way || return
for _ in 1 2 3 4 5; do
	in_ns lb nft flush ruleset
	check "the rules are back" wait_for 20 in_ns lb nft list chain inet dnatd svc-web4
	had=$(received)
	check "and all downloads go on" wait_for 20 grown
done
# A backend that has had no acknowledgement repeats what the client has long acknowledged. It must not
# be what conntrack begins with: it would take the next acknowledgement for one of unseen data.
in_ns c1 nft -f - <<-'EOT'
	table inet lost {
		chain out { type filter hook output priority 0; tcp dport 80 drop; }
	}
EOT
check "acknowledgements are lost, and all is sent again" wait_for 20 again 0
in_ns lb nft flush ruleset
check "the rules are back" wait_for 20 in_ns lb nft list chain inet dnatd svc-web4
check "and once more" wait_for 20 again 3
in_ns c1 nft delete table inet lost
had=$(received)
check "and all downloads go on" wait_for 20 grown
check "none has ended" kill "${downloads[@]}"
wait "${downloads[@]}"
