# SPDX-License-Identifier: GPL-2.0-only
# IPVS's services, saved by the real ipvsadm, become services of dnatd.
# shellcheck shell=bash

ipvs_setup() {
	in_ns lb ipvsadm -R <<-'EOT'
		-A -t 192.0.2.10:80 -s rr
		-a -t 192.0.2.10:80 -r 10.1.0.11:8080 -m
		-a -t 192.0.2.10:80 -r 10.3.0.11:8080 -m
		-A -t [2001:db8:0:1::10]:80 -s wrr -p 300
		-a -t [2001:db8:0:1::10]:80 -r [fd00:1::11]:8080 -m -w 3
		-a -t [2001:db8:0:1::10]:80 -r [fd00:1::12]:8080 -m -w 1
		-A -u 192.0.2.10:53 -s wlc
		-a -u 192.0.2.10:53 -r 10.1.0.11:53 -g -w 70000
		-a -u 192.0.2.10:53 -r 10.1.0.12:53 -i -w 35000
		-A -f 7 -s wrr
		-a -f 7 -r 10.1.0.11:0 -g
	EOT
}

check "dnatd starts" daemon_start || return
for file in "$TOP"/tests/golden/ipvs*.save; do
	check "what is printed for ${file##*/} is taken" \
		bash -c "dnatctl import ipvs -f $file 2>/dev/null | dnatctl apply -f - --dry-run"
done

modprobe -qa ip_vs ip_vs_rr ip_vs_wrr ip_vs_wlc
if ! in_ns lb ipvsadm -A -t "[$VIP6]:80" -s wlc 2>/dev/null; then
	skip "IPVS's services become ours" "this kernel has no IPVS with IPv6 and all schedulers"
	daemon_stop
	return
fi
in_ns lb ipvsadm -C
check "IPVS has services" ipvs_setup || return
in_ns lb ipvsadm-save -n >"$LAB/ipvs.save"
check_is "ipvsadm saves them" 11 "$(wc -l <"$LAB/ipvs.save")" || note <"$LAB/ipvs.save"
in_ns lb ipvsadm -C

check "they can be read" bash -c "dnatctl import ipvs -f $LAB/ipvs.save >$LAB/services.conf" || return
check_is "without a change" "[]" "$(dnatctl -j service show)"
check "and taken, straight from ipvsadm-save's output" \
	bash -c "dnatctl import ipvs -f - <$LAB/ipvs.save | dnatctl apply -f -"
check_is "they are what they were" "$(cat <<-'EOT'
	tcp-192.0.2.10-80 10.1.0.11 8080 1
	tcp-192.0.2.10-80 10.3.0.11 8080 1
	tcp-2001_db8_0_1__10-80 fd00:1::11 8080 3
	tcp-2001_db8_0_1__10-80 fd00:1::12 8080 1
	udp-192.0.2.10-53 10.1.0.11 53 256
	udp-192.0.2.10-53 10.1.0.12 53 128
EOT
	)" "$(dnatctl -j backend show | jq -r '.[] | "\(.service) \(.addr) \(.port) \(.weight)"' | sort)"
check_is "with their schedulers" "rr wrr wrr" "$(dnatctl -j service show | jq -r '.[].scheduler' | xargs)"
check_is "requests are spread as before" "$(printf '10 %s\n' b1 b4)" "$(get c1 20 "$URL4/" 2>&1 | spread)"
check_is "by weight, too" "$(printf '%s\n' '15 b1' '5 b2')" "$(get c1 20 "$URL6/" 2>&1 | spread)"
for what in '-p has no counterpart' 'scheduler wlc becomes wrr' \
	'-g becomes Double-NAT' '-i becomes Double-NAT' 'weights are made smaller' 'mark 7 has no counterpart'; do
	check_match "it says: $what" "^# line [0-9]+: $what" "$(cat "$LAB/services.conf")"
done
check "what was taken is the same again" \
	bash -c "[ -z \"\$(dnatctl apply -f $LAB/services.conf --dry-run)\" ]"
daemon_stop
