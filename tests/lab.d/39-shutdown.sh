# SPDX-License-Identifier: GPL-2.0-only
# dnatd under valgrind ends in the midst of all that it does: it frees all, and what it read was there.
# shellcheck shell=bash

# What the C library keeps of the libraries that it loads by itself can be reached at the end.
LOST=definite,indirect,possible

# under_valgrind ALLOCATOR - start it and wait until it answers.
under_valgrind() {
	mkdir -p /run/dnat /var/lib/dnat
	ip netns exec lb valgrind --quiet --leak-check=full --show-leak-kinds="$LOST" --errors-for-leak-kinds="$LOST" \
		--error-exitcode=99 --suppressions="$TOP/tests/lib/valgrind.supp" --log-file="$LAB/valgrind" \
		dnatd --socket "$SOCKET" --state "$STATE" --allocator "$1" >>"$DNATD_LOG" 2>&1 &
	DNATD=$!
	wait_for 120 daemon_answers
}

# health_is SERVICE HEALTH - of all its backends.
health_is() {
	[ "$(dnatctl -j backend show "$1" | jq -r '[.[].health] | unique | join(" ")')" = "$2" ]
}

# One who listens has heard since when dnatd runs.
listens() {
	grep -q ' start ' "$LAB/told"
}

for allocator in module nf_nat; do
	check "$allocator: dnatd starts under valgrind" under_valgrind $allocator || return
	while read -r command; do
		# shellcheck disable=SC2086
		check "$allocator: $command" dnatctl $command
	done <<-EOT
		service add web vip $VIP4 port 80 check http interval 5s
		backend add web addr $(addr4 b1) port 8080
		backend add web addr $(addr4 b2) port 8080
		backend add web addr $(addr4 b3) port 8080
		service add tls vip $VIP4 port 81 check https interval 100ms timeout 100ms
		backend add tls addr $(addr4 b1) port 8080
		backend add tls addr $(addr4 b2) port 8080
		backend add tls addr $(addr4 b3) port 8080
		service add dns vip $VIP4 port 53 proto udp check dns dns-name example.org interval 5s timeout 1s
		backend add dns addr $(addr4 b1)
		service add run vip $VIP4 port 82 check exec exec-command /bin/false interval 1m
		backend add run addr $(addr4 b1)
		service add six vip $VIP6 port 80 check tcp interval 5s
		backend add six addr $(addr6 b1) port 8080
	EOT
	check_is "$allocator: requests are answered" 4 "$(get c1 4 "$URL4/" 2>&1 | grep -c '^b')"
	dnatctl monitor >"$LAB/told" 2>&1 &
	monitor=$!
	check "$allocator: one listens" wait_for 60 listens
	check "$allocator: checks have found who is up" wait_for 120 health_is web up
	check "$allocator: and who is down" wait_for 120 health_is run down
	check "$allocator: a drain goes on" dnatctl backend set web addr "$(addr4 b1)" state drain deadline 1h
	check "$allocator: and a removal" dnatctl backend del web addr "$(addr4 b2)" drain 1h
	# One who never asks to the end, on each socket.
	in_ns lb bash -c 'exec 3<>/dev/tcp/127.0.0.1/9527; printf "GET /metrics HTTP/1.1\r\nHost:" >&3; read -r <&3' 2>/dev/null &
	http=$!
	rm -f "$LAB/half"
	mkfifo "$LAB/half"
	exec 8<>"$LAB/half"
	printf '{"op": "sta' >&8
	socat - "UNIX-CONNECT:$SOCKET" <&8 >/dev/null 2>&1 &
	half=$!
	check_match "$allocator: metrics are told" '^dnat_services 5$' "$(in_ns lb curl -s http://127.0.0.1:9527/metrics)"
	kill -TERM "$DNATD"
	wait "$DNATD"
	check_is "$allocator: dnatd ends well" 0 $?
	check_is "$allocator: without a word of valgrind's" "" "$(head -n 40 "$LAB/valgrind")"
	kill $half 2>/dev/null
	wait $monitor $http $half 2>/dev/null
	exec 8>&-
	rm -f "$STATE" "$STATE.journal"
	in_ns lb conntrack -F 2>/dev/null
done
