# SPDX-License-Identifier: GPL-2.0-only
# Open connections outlive "nft flush ruleset". Without rules nothing is translated: what comes
# then must not be answered by the balancer's own TCP.
# shellcheck shell=bash

# grown - each download has more than it had.
grown() {
	local i sizes

	mapfile -t sizes < <(stat -c %s "$LAB"/got.[1-5] 2>/dev/null)
	[ ${#sizes[@]} -eq 5 ] || return
	for i in "${!sizes[@]}"; do
		[ "${sizes[i]}" -gt "${had[i]:-0}" ] || return
	done
}

check "dnatd starts" daemon_start --repairs 100 || return
EXTRA='dev lo fast off' check "services leave their packets to nf_nat" services web 80 b1 || return
servers_big
had=()
downloads=()
for i in 1 2 3 4 5; do
	url=$URL4
	[ $((i % 2)) -eq 0 ] || url=$URL6
	ip netns exec c1 curl -gsS --limit-rate 8M -o "$LAB/got.$i" "$url/big" &
	downloads+=($!)
done
check "five downloads are under way" wait_for 20 grown || return
for _ in 1 2 3 4 5; do
	in_ns lb nft flush ruleset
	check "the rules are back" wait_for 20 in_ns lb nft list chain inet dnatd svc-web4
	mapfile -t had < <(stat -c %s "$LAB"/got.[1-5])
	check "and all downloads go on" wait_for 20 grown
done
check "none has ended" kill "${downloads[@]}"
wait "${downloads[@]}"
rm -f "$LAB"/got.*
