# SPDX-License-Identifier: GPL-2.0-only
# Backends that are checked: whatever is wrong with one, it gets no request once it is found
# down, comes back when it is well, and does not flap.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/cut.sh"

B2=10.1.0.12
CHECKS="interval 200ms timeout 1s rise 2 fall 2"

health_of() {
	dnatctl -j backend show "$1" | jq -r --arg a "$2" '.[] | select(.addr == $a).health'
}

is_health() {
	[ "$(health_of "$1" "$2")" = "$3" ]
}

all_up() {
	[ "$(dnatctl -j backend show "$1" | jq -r '[.[].health] | unique | join(" ")')" = up ]
}

fault_of() {
	dnatctl -j backend show "$1" | jq -r --arg a "$2" '.[] | select(.addr == $a).health_fault'
}

# changes STATE - how often dnatd has said that b2's web server is so.
changes() {
	grep -c "service web4 backend $B2 port 8080 is $1" "$DNATD_LOG"
}

nginx_signal() {
	ip netns pids b2 | while read -r pid; do
		[ "$(cat "/proc/$pid/comm")" != nginx ] || kill "-$1" "$pid"
	done
}

nginx_start() {
	in_ns b2 nginx -p "$LAB/b2" -c "$LAB/b2/nginx.conf" -e "$LAB/b2/error.log"
}

nginx_status() {
	sed -i "s/return [0-9]*/return $1/" "$LAB/b2/nginx.conf"
	in_ns b2 nginx -p "$LAB/b2" -c "$LAB/b2/nginx.conf" -s reload
}

hurt() {
	case $1 in
	stopped)	nginx_signal STOP ;;
	killed)		nginx_signal KILL ;;
	cut)		in_ns b2 nft 'add table inet cut; add chain inet cut in { type filter hook input priority 0; policy drop; }' ;;
	"answering 500")	nginx_status 500 ;;
	slow)		in_ns b2 tc qdisc add dev "$(ip -n b2 -j addr show to $B2 | jq -r '.[] | select(.ifname).ifname')" root netem delay 3s ;;
	esac
}

heal() {
	case $1 in
	stopped)	nginx_signal CONT ;;
	killed)		nginx_start ;;
	cut)		in_ns b2 nft delete table inet cut ;;
	"answering 500")	nginx_status 200 ;;
	slow)		in_ns b2 tc qdisc del dev "$(ip -n b2 -j addr show to $B2 | jq -r '.[] | select(.ifname).ifname')" root ;;
	esac
}

check "dnatd starts" daemon_start || return
# shellcheck disable=SC2086
check "a service that is checked" dnatctl service add web4 vip $VIP4 port 80 check http $CHECKS http-body '^b[1-6]$' || return
for node in b1 b2 b3; do
	dnatctl backend add web4 addr "$(addr4 $node)" port 8080
done
check "all of its backends are found up" wait_for 30 all_up web4
check_is "and get requests" "$(printf '10 %s\n' b1 b2 b3)" "$(get c1 30 "$URL4/" 2>&1 | spread)"

for what in stopped killed cut "answering 500" slow; do
	downs=$(changes down) ups=$(changes up)
	begin=$EPOCHREALTIME
	hurt "$what"
	check "$what: down" wait_for 30 is_health web4 $B2 down
	check_is "$what: and listed as such" "web4 $B2" "$(dnatctl -j backend show health down | jq -r '.[] | "\(.service) \(.addr)"')"
	check_is "$what: the service, too" web4 "$(dnatctl -j service show health down | jq -r '.[].name')"
	check_match "$what: and told by status" '^backends down: 1 of [0-9]+$' "$(dnatctl status)"
	echo "# $what: after $(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { print int((b - a) * 1000) }') ms: $(fault_of web4 $B2)"
	logs_clear
	check_is "$what: no request to it" "$(printf '10 %s\n' b1 b3)" "$(get c1 20 "$URL4/" 2>&1 | spread)"
	heal "$what"
	check "$what: up again" wait_for 30 is_health web4 $B2 up
	check_is "$what: it gets requests" "$(printf '10 %s\n' b1 b2 b3)" "$(get c1 30 "$URL4/" 2>&1 | spread)"
	check_is "$what: it went down once" $((downs + 1)) "$(changes down)"
	check_is "$what: and came up once" $((ups + 1)) "$(changes up)"
done

# What is not kept is found out again.
hurt killed
check "down" wait_for 30 is_health web4 $B2 down
daemon_stop
check "dnatd starts again" daemon_start
check "the first check tells" wait_for 30 is_health web4 $B2 down
check_is "the service says so" "2 0 1 null" \
	"$(dnatctl -j service show web4 | jq -r '.[] | "\(.up) \(.drain) \(.down) \(.left)"')"
check_is "the others serve" "$(printf '10 %s\n' b1 b3)" "$(get c1 20 "$URL4/" 2>&1 | spread)"
heal killed
check "up" wait_for 30 is_health web4 $B2 up
check "nobody is down who is not checked" dnatctl service set web4 check none
check_is "nor up" null "$(health_of web4 $B2)"

# Nobody is left.
# shellcheck disable=SC2086
dnatctl service set web4 check tcp $CHECKS
check_is "a check elsewhere" "" "$(for node in b1 b2 b3; do dnatctl backend set web4 addr "$(addr4 $node)" check-port 9; done 2>&1)"
for node in b1 b2 b3; do
	check "$node: down" wait_for 30 is_health web4 "$(addr4 $node)" down
done
check_is "a client is refused" 7 "$(in_ns c1 curl -s -m 20 "$URL4/" >/dev/null; echo $?)"
check "or left alone" dnatctl service set web4 when-empty drop
check_is "then" 28 "$(in_ns c1 curl -s -m 2 "$URL4/" >/dev/null; echo $?)"
check "or sent to a backup" dnatctl service set web4 when-empty backup
dnatctl backend add web4 addr "$(addr4 b4)" port 8080 backup on check-port 8080
check_is "then" "10 b4" "$(get c1 10 "$URL4/" 2>&1 | spread)"
for node in b1 b2 b3; do
	dnatctl backend set web4 addr "$(addr4 $node)" check-port 8080
done
check "all are up" wait_for 30 all_up web4
check_is "the backup has nothing to do" "$(printf '10 %s\n' b1 b2 b3)" "$(get c1 30 "$URL4/" 2>&1 | spread)"
dnatctl service del web4

# Who waits for a backend that is down need not wait any longer, where the service says so.
# What is checked is its web server; what it serves goes on and sends nothing.
cut_serve b2
for what in keep reset; do
	# shellcheck disable=SC2086
	dnatctl service add hold4 vip $VIP4 port 80 check tcp $CHECKS on-down $what
	dnatctl backend add hold4 addr $B2 port 9000 check-port 8080
	check "on-down $what: up" wait_for 30 all_up hold4
	cut_forget b2
	check "on-down $what: three connections" cut_hold $what c1 "$VIP4" idle 3
	hurt killed
	check "on-down $what: down" wait_for 30 is_health hold4 $B2 down
	if [ $what = reset ]; then
		check "on-down reset: the clients know" wait_for 30 cut_ended reset 3
		check_is "on-down reset: by a reset" "3 idle ECONNRESET" "$(cut_how reset)"
		check "on-down reset: so does the backend" wait_for 30 cut_ended b2 3
	else
		check_is "on-down keep: all three go on" 3 "$(dnatctl -j connection show service hold4 state open | jq length)"
	fi
	heal killed
	check "on-down $what: up again" wait_for 30 all_up hold4
	kill "${CUT[$what]}" 2>/dev/null
	dnatctl service del hold4
done
cut_down

# Name servers.
# shellcheck disable=SC2086
check "DNS" dnatctl service add dns4 vip $VIP4 port 53 proto udp check dns dns-name who.lab $CHECKS
dnatctl backend add dns4 addr "$(addr4 b1)"
dnatctl backend add dns4 addr "$(addr4 b6)"
check "both are up" wait_for 30 all_up dns4
kill "$(cat "$LAB/b6/dnsmasq.pid")"
check "one is killed: down" wait_for 30 is_health dns4 "$(addr4 b6)" down
check_match "for a reason" "refused" "$(fault_of dns4 "$(addr4 b6)")"
in_ns b6 dnsmasq --conf-file=/dev/null --pid-file="$LAB/b6/dnsmasq.pid" --user=root --no-resolv --no-hosts --host-record=who.lab,192.0.2.53,2001:db8::53
check "up again" wait_for 30 all_up dns4
dnatctl service set dns4 dns-name who.else
check "a name that it refuses: down" wait_for 30 is_health dns4 "$(addr4 b6)" down
check_is "for that reason" "DNS answers REFUSED" "$(fault_of dns4 "$(addr4 b6)")"

# Programs.
cat >"$LAB/probe" <<'EOT'
#!/bin/sh
env >"$2/$$" && mv "$2/$$" "$2/env"
case $(cat "$1") in
hang)	sleep 1000 & wait ;;
bad)	exit 3 ;;
esac
EOT
chmod +x "$LAB/probe"
mkdir -m 1777 "$LAB/env"
echo good >"$LAB/say"
check "a program" dnatctl service set dns4 check exec exec-command "$LAB/probe $LAB/say $LAB/env" timeout 2s
check "says: up" wait_for 60 all_up dns4
check_is "of its environment dnatd has nothing in it" \
	"DNAT_ADDR DNAT_PORT DNAT_SERVICE LANG PATH PWD" "$(cut -d = -f 1 "$LAB/env/env" | sort | grep -vx -e _ -e OLDPWD -e SHLVL | paste -sd ' ')"
echo bad >"$LAB/say"
check "says: down" wait_for 60 is_health dns4 "$(addr4 b1)" down
check_is "with its status" "the program ended with status 3" "$(fault_of dns4 "$(addr4 b1)")"
echo hang >"$LAB/say"
timed_out() {
	[ "$(fault_of dns4 "$(addr4 b1)")" = "no answer within 2s" ]
}
check "takes too long" wait_for 60 timed_out
dnatctl service del dns4
check_rc "and nothing of it is left" 1 pgrep -f "^sleep 1000"

# A backend without a way back to the VIP answers checks from elsewhere, and no client.
# shellcheck disable=SC2086
check "checks from the VIP" dnatctl service add path4 vip $VIP4 port 81 dev clients check http check-source vip $CHECKS
dnatctl backend add path4 addr $B2 port 8080
check "up" wait_for 30 all_up path4
ip -n b2 route add blackhole "$VIP4/32"
check "without a way back: down" wait_for 30 is_health path4 $B2 down
dnatctl service set path4 check-source own
check "which checks from elsewhere do not see" wait_for 30 is_health path4 $B2 up
if [ "$(dnatctl -j status | jq -r .allocator.in_force)" = module ]; then
	in_ns lb sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_syn_sent=1
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		in_ns c1 curl -s -m 0.2 "http://$VIP4:81/" >/dev/null
	done
	silent() {
		[ "$(dnatctl -j backend show path4 | jq '.[0].unanswered')" -ge 10 ]
	}
	check "the connections without an answer are counted" wait_for 90 silent
	told() {
		dnatctl status | grep -Eq 'service path4: backend 10.1.0.12 port 8080 passes its checks, but [0-9]+ of its connections'
	}
	check "and told by status" wait_for 20 told
	in_ns lb sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_syn_sent=120
fi
ip -n b2 route del blackhole "$VIP4/32"
dnatctl service del path4

# An interface that is missing keeps nobody's dead backend in the rules.
in_ns lb ip link add gone0 type dummy
in_ns lb ip link set gone0 up
for name in dev4 no4; do
	dev=
	[ $name = no4 ] || dev="dev gone0"
	# shellcheck disable=SC2086
	dnatctl service add $name vip $VIP4 port "$((${#name} + 6000))" $dev check tcp $CHECKS
	dnatctl backend add $name addr $B2 port 8080
	check "$name: up" wait_for 30 all_up $name
done
in_ns lb ip link del gone0
hurt killed
in_rules() {
	in_ns lb nft list table inet dnatd | grep -q "$B2 . 8080"
}
not_in_rules() {
	! in_rules
}
for name in dev4 no4; do
	check "$name: down" wait_for 30 is_health $name $B2 down
done
check "without its interface dev4 has its dead backend no more, nor has no4" wait_for 30 not_in_rules
check_is "status has nothing against it" true "$(dnatctl -j status | jq '.checks[] | select(.name == "health_pending").ok')"
heal killed
for name in dev4 no4; do
	check "$name: up again" wait_for 30 all_up $name
done
check "it is in the rules" wait_for 30 in_rules
check "it may drain" dnatctl backend set dev4 addr $B2 port 8080 state drain
dnatctl service del dev4
dnatctl service del no4

# HTTPS.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$LAB/key" -out "$LAB/cert" -days 1 -subj /CN=web >/dev/null 2>&1
cat >"$LAB/https.conf" <<EOT
user root; pid $LAB/https.pid; events { }
http { access_log off; server { listen 8443 ssl; ssl_certificate $LAB/cert; ssl_certificate_key $LAB/key; location / { return 204; } } }
EOT
in_ns b1 nginx -p "$LAB" -c "$LAB/https.conf" -e "$LAB/https.log"
# shellcheck disable=SC2086
check "HTTPS" dnatctl service add tls4 vip $VIP4 port 443 check https http-host web http-status 204 interval 200ms timeout 2s
dnatctl backend add tls4 addr "$(addr4 b1)" port 8443
dnatctl backend add tls4 addr "$(addr4 b2)" port 8080
dnatctl backend add tls4 addr "$(addr4 b3)" port 9
check "up" wait_for 60 is_health tls4 "$(addr4 b1)" up
check "where there is none: down" wait_for 60 is_health tls4 "$(addr4 b2)" down
check_is "for that reason" "TLS failed: wrong version number" "$(fault_of tls4 "$(addr4 b2)")"
check "where nobody listens: down" wait_for 60 is_health tls4 "$(addr4 b3)" down
check_is "for that one" "Connection refused" "$(fault_of tls4 "$(addr4 b3)")"
kill "$(cat "$LAB/https.pid")"
dnatctl service del tls4
daemon_stop
