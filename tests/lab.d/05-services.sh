# SPDX-License-Identifier: GPL-2.0-only
# DNS over UDP; one VIP and port for tcp and udp; several services on a VIP; a backend of two
# services; the balancer's own requests; the VIP on an interface.
# shellcheck shell=bash

# dns CLIENT VIP [OPTION]... - twenty questions, a socket each.
dns() {
	local client=$1 vip=$2
	local -a questions

	shift 2
	mapfile -t questions < <(for _ in {1..20}; do printf '%s\n' who.lab TXT; done)
	in_ns "$client" dig +short +tries=1 +timeout=60 "$@" "@$vip" "${questions[@]}" 2>&1 | tr -d '"'
}

# Is the VIP on lb's interface "clients"?
on_clients() {
	ip -n lb -o addr show dev clients to "$1" | grep -q "inet"
}

check "dnatd starts" daemon_start || return
check "a web service on both VIPs" services web 80 b1 b2 b3 b4 || return
check "a second one on the same VIPs, with a backend of the first" services alt 81 b4 b5 || return
for f in 4 6; do
	vip=VIP$f
	for p in udp tcp; do
		check "IPv$f: a DNS service over $p, port 53" \
			dnatctl service add "dns-$p$f" vip "${!vip}" port 53 proto $p dev clients
		dnatctl backend add "dns-$p$f" addr "$(addr$f b1)" port 53
		dnatctl backend add "dns-$p$f" addr "$(addr$f b6)" port 53
	done
done

for f in 4 6; do
	url=URL$f vip=VIP$f
	check_is "IPv$f: DNS over UDP, 20 answers, 10 from each backend" "$(printf '10 b1\n10 b6')" \
		"$(dns c1 "${!vip}" | spread)"
	check_is "IPv$f: over TCP on the same VIP and port, too" "$(printf '10 b1\n10 b6')" \
		"$(dns c2 "${!vip}" +tcp | spread)"
	check_is "IPv$f: the first web service" "$(printf '5 %s\n' b1 b2 b3 b4)" "$(get c1 20 "${!url}/" 2>&1 | spread)"
	check_is "IPv$f: the second, on the same VIP" "$(printf '10 %s\n' b4 b5)" "$(get c3 20 "${!url}:81/" 2>&1 | spread)"
	check_is "IPv$f: pools of one backend address under two services" 2 \
		"$(dnatctl -j vdport show | jq --arg a "$(addr$f b1)" '[.[] | select(.backend == $a and .proto == "tcp")] | length')"
	check "IPv$f: the VIP is on the interface asked for" on_clients "${!vip}"
	check_is "IPv$f: the balancer's own requests to its VIP are answered" "$(printf '5 %s\n' b1 b2 b3 b4)" \
		"$(get lb 20 "${!url}/" 2>&1 | spread)"
	check_is "IPv$f: its own DNS questions, too" "$(printf '10 b1\n10 b6')" "$(dns lb "${!vip}" | spread)"
	dnatctl service del "dns-udp$f"
	check "IPv$f: the VIP stays while a service uses it" on_clients "${!vip}"
	dnatctl service del "dns-tcp$f"
	check_rc "IPv$f: and goes with the last" 1 on_clients "${!vip}"
	check_is "IPv$f: the other services still answer" "$(printf '5 %s\n' b1 b2 b3 b4)" \
		"$(get c1 20 "${!url}/" 2>&1 | spread)"
done
