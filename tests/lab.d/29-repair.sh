# SPDX-License-Identifier: GPL-2.0-only
# What others break in the kernel is put right at once, told and counted, and not fought over.
# shellcheck shell=bash

# repairs - how many there were.
repairs() {
	dnatctl -j status | jq .repairs.total
}

# repaired WHAT PATTERN - the last event tells of it, after the one before.
repaired() {
	[ "$(jq -r 'select(.event == "repair").what' <"$LAB/events" | wc -l)" -gt "$seen" ] &&
	jq -r 'select(.event == "repair").what' <"$LAB/events" | tail -n +$((seen + 1)) | grep -qx "$1"
}

# rules - dnatd's own, whatever order they were made in.
rules() {
	in_ns lb nft list table inet dnatd 2>/dev/null |
		sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/' | sort
}

# right - the ruleset and the addresses are as dnatd wants them.
right() {
	[ "$(rules)" = "$wanted" ] && ip -n lb -o addr show dev clients to "$VIP4" | grep -q inet
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

# repair_ms THING - when it was repaired, by the time that the event itself has.
repair_ms() {
	jq -r "select(.event == \"repair\") |
		\"\(.what) \((.time[0:19] + \"Z\" | fromdate) * 1000 + (.time[20:23] | tonumber))\"" <"$LAB/events" |
		tail -n +$((seen + 1)) | sed -n "s/^$1 //p" | head -n 1
}

# breaks WHAT THING COMMAND... - COMMAND breaks something, and it is put right, and told. The
# time from the command's start, which is what dnatd cannot be faster than, stands in the report.
breaks() {
	local what=$1 thing=$2 took

	shift 2
	seen=$(jq -r 'select(.event == "repair").what' <"$LAB/events" | wc -l)
	begun=$(now_ms)
	"$@" || fail "$what: $*"
	check "$what: it is told" wait_for 20 repaired "$thing" || return
	took=$(($(repair_ms "$thing") - begun))
	[ $took -le "$slowest" ] || slowest=$took
	echo "# $what: repaired $took ms after the command began"
	check "$what: it is right again" wait_for 20 right
}

nft_lb() {
	in_ns lb nft "$@"
}

# As an admin's script might: an interface goes and another has its name.
anew() {
	ip -n lb link del vips && ip -n lb link add vips type dummy && ip -n lb link set vips up
}

on_vips() {
	ip -n lb -o addr show dev vips | grep -qF 192.0.2.77
}

reload() {
	kill -STOP "$DNATD"
	nft_lb flush ruleset
	wait_for 20 rmmod nf_double_nat && modprobe nf_double_nat
	begun=$(now_ms)
	kill -CONT "$DNATD"
}

unload() {
	kill -STOP "$DNATD"
	nft_lb flush ruleset
	wait_for 20 rmmod nf_double_nat
	begun=$(now_ms)
	kill -CONT "$DNATD"
}

slowest=0
check "dnatd starts" daemon_start --repairs 100 || return
EXTRA='dev clients' check "services are added" services web 80 b1 b2 || return
ip -n lb link add vips type dummy
ip -n lb link set vips up
check "one has its VIP on an interface of its own" dnatctl service add far vip 192.0.2.77 port 80 dev vips
wanted=$(rules)
dnatctl -j monitor >"$LAB/events" &
check "monitor listens" wait_for 20 test -s "$LAB/events"

breaks "nft flush ruleset" rules nft_lb flush ruleset
breaks "the table is deleted" rules nft_lb delete table inet dnatd
breaks "a chain is emptied" rules nft_lb flush chain inet dnatd svc-web4
breaks "a rule is added" rules nft_lb add rule inet dnatd svc-web4 drop
breaks "a rule is put first" rules nft_lb insert rule inet dnatd prerouting accept
breaks "an element is deleted" rules nft_lb delete element inet dnatd services4 "{ tcp . $VIP4 . 80 }"
breaks "a chain is added" rules nft_lb add chain inet dnatd stranger
breaks "a VIP is taken away" addresses ip -n lb addr del "$VIP4/32" dev clients
breaks "addresses are flushed" addresses ip -n lb addr flush dev clients to "$VIP4"
breaks "an interface is made anew" addresses anew
check "with its VIP on it" wait_for 20 on_vips
breaks "the module is reloaded" module reload
breaks "the module is unloaded" module unload
echo "# the slowest repair was made $slowest ms after the command began"
check_is "requests are answered" "$(printf '5 %s\n' b1 b2)" "$(get c1 10 "$URL4/" 2>&1 | spread)"
check "the module is in force" test "$(dnatctl -j status | jq -r .allocator.in_force)" = module

total=$(repairs)
check_is "status counts what monitor told" "$(jq -r 'select(.event == "repair").what' <"$LAB/events" | wc -l)" "$total"
nft_lb add table inet other
nft_lb add table ip dnatd
ip -n lb addr add 192.0.2.99/32 dev clients
ip -n lb addr del 192.0.2.99/32 dev clients
for port in 1001 1002 1003; do
	dnatctl service add "own$port" vip 192.0.2.88 port $port dev clients
done
for port in 1001 1002 1003; do
	dnatctl service del "own$port"
done
before=$(generation)
nft_lb add rule inet dnatd svc-web4 drop
check "the next repair is seen" wait_for 20 right
check_is "what is none of ours, and our own changes, are not repaired" $((total + 1)) "$(repairs)"
check_is "nor sent again: a repair is one transaction" $((before + 2)) "$(generation)"
nft_lb delete table inet other
nft_lb delete table ip dnatd
daemon_stop

# A quarrel: who goes on for longer than that wins the minute.
check "dnatd starts, with three repairs a minute" daemon_start --repairs 3
check "status has nothing against it" test "$(dnatctl -j status | jq '.checks[] | select(.name == "repairs").ok')" = true
dnatctl -j monitor >"$LAB/events" &
check "monitor listens" wait_for 20 test -s "$LAB/events"
held() {
	jq -e 'select(.event == "repairs-held").a_minute == 3' <"$LAB/events"
}
for _ in 1 2 3; do
	breaks "somebody goes on" rules nft_lb flush chain inet dnatd svc-web4
done
nft_lb flush chain inet dnatd svc-web4
check "after three it is told that there is no fight" wait_for 20 held
check_is "three were made" 3 "$(repairs)"
check_match "status says what to do" '-> more than 3 were needed .* find out who else' "$(dnatctl status)"
check_is "the log says it, once" 1 "$(grep -c 'from now on one a minute' "$DNATD_LOG")"
nft_lb flush chain inet dnatd svc-web4
check "a minute later it is put right" wait_for 100 right
check_is "which is one more" 4 "$(repairs)"
check_is "and was told once" 1 "$(jq -c 'select(.event == "repairs-held")' <"$LAB/events" | wc -l)"
daemon_stop

check "with --repairs 0" daemon_start --repairs 0
nft_lb flush chain inet dnatd svc-web4
check "a change finds the table as it is" dnatctl service set web4 fast off
daemon_stop

check "dnatd starts" daemon_start
check_match "a second one in this network namespace is refused" \
	'^dnatd: process [0-9]+ of user 0 is dnatd in this network namespace already; stop it first$' \
	"$(ip netns exec lb dnatd --socket "$LAB/second.sock" --state "$LAB/second.json" 2>&1)"
check "and has left the first's socket alone" dnatctl status
ip -n lb link del vips
