# SPDX-License-Identifier: GPL-2.0-only
# 200 MB each way, whole, while 500 short requests run beside them.
# shellcheck shell=bash

check "dnatd starts" daemon_start || return
check "services are added" services web 80 b1 b2 b3 b4 b5 b6 || return
check "and one more on the same VIPs" services files 8081 b4 || return
servers_big
sum=$(sha256sum <"$LAB/big")

for f in 4 6; do
	url=URL$f
	get c2 500 "${!url}/" >"$LAB/answers" 2>&1 &
	short=$!
	check_is "IPv$f: a 200 MB download arrives whole" "$sum" \
		"$(in_ns c1 curl -sS --max-time 300 "${!url}:8081/big" 2>&1 | sha256sum)"
	check "IPv$f: a 200 MB upload is taken" \
		in_ns c3 curl -sS --fail --max-time 300 -T "$LAB/big" "${!url}:8081/up/$f"
	check_is "IPv$f: and arrived whole" "$sum" "$(sha256sum <"$LAB/b4/up/$f")"
	rm -f "$LAB/b4/up/$f"
	wait $short
	check_is "IPv$f: 500 short requests beside them were all answered" 500 "$(grep -cx 'b[1-6]' "$LAB/answers")"
done
