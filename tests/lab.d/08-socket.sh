# SPDX-License-Identifier: GPL-2.0-only
# Bad input on the socket itself: answered with an error or cut off; dnatd goes on.
# shellcheck shell=bash

# talk - send stdin as it is, half-close, print the answer.
talk() {
	timeout 120 socat -t 60 - "UNIX-CONNECT:$SOCKET"
}

check "dnatd starts" daemon_start || return
check "services are added" services web 80 b1 b2 || return
before=$(snapshot) generation=$(generation)
add='{"op": "service.add", "args": {"name": "new", "vip": "192.0.2.11", "port": 80'

check_match "a request cut in half is answered with an error" '"ok": *false' "$(printf '%s' "$add" | talk 2>&1)"
check_match "a whole one without its newline, too" '"ok": *false' "$(printf '%s}}' "$add" | talk 2>&1)"
head -c 1048576 /dev/zero | tr '\0' 'x' >"$LAB/mega"
check_none "1 MB without a newline is not taken" '"ok": *true' "$(talk <"$LAB/mega" 2>&1)"
check_none "1 MB of a name is not taken" '"ok": *true' \
	"$({ printf '{"op": "service.show", "args": {"name": "'; cat "$LAB/mega"; printf '"}}\n'; } | talk 2>&1)"
check_none "1 MB of opening brackets is not taken" '"ok": *true' "$({ tr x '[' <"$LAB/mega"; echo; } | talk 2>&1)"
check_none "60 kB of opening brackets is not taken" '"ok": *true' \
	"$({ head -c 60000 "$LAB/mega" | tr x '['; echo; } | talk 2>&1)"
while read -r line; do
	check_match "refused: $line" '"ok": *false.*"msg": *"[^"]' "$(printf '%s\n' "$line" | talk 2>&1)"
done <<'EOT'
not json
[]
"status"
{}
{"op": 1}
{"op": "frobnicate"}
{"op": "status", "op": "status"}
{"op": "status", "args": []}
{"op": "status", "more": 1}
{"op": "service.add", "args": {}}
{"op": "service.add", "args": {"name": "new", "vip": "192.0.2.11", "port": "80"}}
{"op": "service.add", "args": {"name": "new", "vip": "192.0.2.11", "port": 0}}
{"op": "service.add", "args": {"name": "new", "vip": "192.0.2.11", "port": 65536}}
{"op": "service.add", "args": {"name": "new", "vip": "192.0.2.11", "port": 80.5}}
{"op": "service.add", "args": {"name": "new", "vip": "192.0.2.11", "port": 80, "colour": 1}}
{"op": "service.add", "args": {"name": "a\u001bb", "vip": "192.0.2.11", "port": 80}}
{"op": "service.add", "args": {"name": "a\u0000b", "vip": "192.0.2.11", "port": 80}}
{"op": "service.add", "args": {"name": "a}b", "vip": "192.0.2.11", "port": 80}}
EOT
check_is "two requests in one write get two answers" 2 \
	"$(printf '{"op": "status"}\n{"op": "status"}\n' | talk 2>&1 | grep -c '"ok": *true')"
check_is "nothing of this changed anything" "$before" "$(snapshot)"
check_is "nor was a transaction sent" "$generation" "$(generation)"
check "dnatd still answers" dnatctl status
check "a second dnatd on the socket is refused" \
	bash -c "! timeout 120 ip netns exec lb dnatd --socket $SOCKET --state $LAB/other.json"
check "and the first goes on" dnatctl status
