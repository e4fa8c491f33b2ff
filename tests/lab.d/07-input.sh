# SPDX-License-Identifier: GPL-2.0-only
# Bad input on the command line: one clear line, the right exit status, nothing changed.
# shellcheck shell=bash

long=$(printf 'n%.0s' {1..300})

# A line is the wanted exit status and dnatctl's arguments, as bash would read them.
cases() {
	cat <<-'EOT'
		1 frobnicate
		1 service
		1 service frobnicate
		1 service add
		1 service add new
		1 service add new vip
		1 service add new vip 192.0.2.11
		1 service add new vip 192.0.2.11 port
		1 service add new vip 192.0.2.11 port 80 colour red
		1 service add new vip 192.0.2.11 port 80 port 81
		1 service add new vip 192.0.2.11 vip 192.0.2.12 port 80
		1 service add new vip 192.0.2.11 port 0
		1 service add new vip 192.0.2.11 port 65536
		1 service add new vip 192.0.2.11 port -1
		1 service add new vip 192.0.2.11 port 80x
		1 service add new vip 192.0.2.11 port ''
		1 service add new vip 192.0.2.11 port 99999999999999999999
		1 service add new vip 192.0.2.256 port 80
		1 service add new vip example.org port 80
		1 service add new vip '' port 80
		1 service add new vip 2001:db8::1::2 port 80
		1 service add new vip 192.0.2.11/24 port 80
		2 service add new vip 192.0.2.11 port 80 proto sctp
		2 service add new vip 192.0.2.11 port 80 mode triple-nat
		2 service add new vip 192.0.2.11 port 80 scheduler random
		2 service add web4 vip 192.0.2.11 port 80
		2 service add other vip 192.0.2.10 port 80
		2 service set nobody scheduler wrr
		1 service set web4 port 81
		2 service del nobody
		2 service show nobody
		1 service del
		1 backend add web4
		1 backend add web4 addr
		1 backend add web4 addr 10.1.0.14 port 8080 weight
		1 backend add web4 addr 10.1.0.14 port 0
		1 backend add web4 addr 10.1.0.14 port 65536
		1 backend add web4 addr 10.1.0.14 port 8080 weight -1
		1 backend add web4 addr 10.1.0.14 port 8080 weight many
		1 backend add web4 addr 10.1.0.14 addr 10.1.0.15
		1 backend add web4 addr nowhere port 8080
		2 backend add web4 addr 10.1.0.11 port 8080
		2 backend add web4 addr fd00:1::11 port 8080
		2 backend add web6 addr 10.1.0.11 port 8080
		2 backend add web4 addr 192.0.2.10 port 8080
		2 backend add web6 addr 2001:db8:0:1::10 port 8080
		2 backend add web4 addr 127.0.0.1 port 8080
		2 backend add web6 addr ::1 port 8080
		2 backend add nobody addr 10.1.0.11 port 8080
		2 backend set web4 addr 10.1.0.99 port 8080 weight 2
		2 backend set nobody addr 10.1.0.11 port 8080 weight 2
		2 backend del web4 addr 10.1.0.99 port 8080
		2 backend del nobody addr 10.1.0.11 port 8080
		2 backend show nobody
		2 connection show service nobody
		1 connection show backend nowhere
		1 vdport
		1 status now
		1 --frobnicate
	EOT
}

# A sentence of dnatd's, and the arguments with the value that it is about.
values() {
	local range

	for range in '' - 1 1- -1 0-1 1-65536 2-1 1-2-3 ' 1-2' 1024:65535 1024- 123456789-3; do
		echo "range \"$range\" is not a range of ports; use MIN-MAX, from 1 to 65535# vdport set range '$range'"
	done
	cat <<-'EOT'
		service "-x" is not a service name; use letters, # stats backend -x
		service "help" is a word of dnatctl; use another name# connection show service help
		name "" is not a service name; use letters, # service del ''
		has 300 bytes; use 63 at most# service del "$long"
		health "dead" is not known; use up, down, checking or none# backend show health dead
		on-exhausted "accept" is not known; use drop or reset# vdport set on-exhausted accept
		state "closing" is not known; use open, half-open, closed, or one that connection show prints# connection show state closing
		connections are ended by their class; use state open, half-open or closed# connection del state TIME_WAIT
		state "down" is not known; use up, drain or remove# backend set web4 addr 10.1.0.11 port 8080 state down
		deadline "60d" is not a time; use seconds, or a number with ms, s, m or h# backend set web4 addr 10.1.0.11 port 8080 state drain deadline 60d
		drain "1001h" is not a time from 0ms to 1000h# backend del web4 addr 10.1.0.11 port 8080 drain 1001h
		proto "TCP" is not a protocol; use tcp or udp# service add new vip 192.0.2.11 port 80 proto TCP
		proto "" is not a protocol; use tcp or udp# service add new vip 192.0.2.11 port 80 proto ''
		mode "nat" is not known; use double-nat# service add new vip 192.0.2.11 port 80 mode nat
		scheduler "rr|wrr" is not known; use rr or wrr# service set web4 scheduler 'rr|wrr'
		fast "yes" is not known; use on or off# service set web4 fast yes
		check "ping" is not known; use # service set web4 check ping
		dev "a/b" cannot be an interface's name; use one that ip link lists, or none# service set web4 dev a/b
		dev "eth0123456789abc" cannot be an interface's name; use # service set web4 dev eth0123456789abc
	EOT
}

# refused STATUS ARGUMENT... - that exit status, and one printable line on stderr alone.
refused() {
	local wanted=$1 got

	shift
	dnatctl "$@" >"$LAB/out" 2>"$LAB/err" </dev/null
	got=$?
	cat "$LAB/out" "$LAB/err"
	[ "$got" -eq "$wanted" ] || { echo "exit status $got"; return 1; }
	[ ! -s "$LAB/out" ] || { echo "output"; return 1; }
	[ "$(wc -l <"$LAB/err")" -eq 1 ] || { echo "not one line"; return 1; }
	! LC_ALL=C grep -q '[^ -~]' "$LAB/err" || { echo "not printable"; return 1; }
}

# says SENTENCE ARGUMENT... - refused by dnatd, with this sentence.
says() {
	refused 2 "${@:2}" && grep -qF -- "$1" "$LAB/err"
}

check "dnatd starts" daemon_start || return
check "services are added" services web 80 b1 b2 || return
before=$(snapshot) generation=$(generation)

arguments=()
while read -r status line; do
	eval "arguments=($line)"
	case $line in
	service|'service frobnicate'|frobnicate|vdport)
		# What is missing is the choice: the help that lists it may take its lines.
		check_rc "refused with $status: $line" "$status" dnatctl "${arguments[@]}" ;;
	*)
		check "refused with $status: $line" refused "$status" "${arguments[@]}" ;;
	esac
done < <(cases)
while IFS='#' read -r sentence line; do
	eval "arguments=($line)"
	check "dnatd refuses $line" says "$sentence" "${arguments[@]}"
done < <(values)
check "refused: a name of 300 bytes" refused 2 service add "$long" vip 192.0.2.11 port 80
check "refused: an empty name" refused 2 service add '' vip 192.0.2.11 port 80
check "refused: a control character in a name" refused 1 service add $'a\eb' vip 192.0.2.11 port 80
check "refused: a newline in a name" refused 1 service add $'a\nb' vip 192.0.2.11 port 80
check "refused: a path as interface" refused 2 service add new vip 192.0.2.11 port 80 dev ../x
check "refused: an interface that is not there" refused 2 service add new vip 192.0.2.11 port 80 dev nowhere0
check_is "nothing of this changed anything" "$before" "$(snapshot)"
check_is "nor was a transaction sent" "$generation" "$(generation)"

as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups dnatctl status
}
check_rc "somebody who is not root is told so" 3 as_nobody
check_match "in these words" root "$(as_nobody 2>&1)"
daemon_stop
check "no daemon" refused 3 status
check "no daemon, a change" refused 3 service del web4
check "no socket at that path" refused 3 --socket /run/nowhere status

# dnatd's own command line: one line, and nothing started.
while read -r options; do
	eval "arguments=($options)"
	check_rc "dnatd refuses $options" 1 timeout 120 ip netns exec lb dnatd "${arguments[@]}"
	check_is "dnatd $options: in one line" 1 \
		"$(timeout 120 ip netns exec lb dnatd "${arguments[@]}" 2>&1 | grep -c '^dnatd: [ -~]*$')"
done <<-'EOT'
	--frobnicate
	--socket
	--socket ''
	--state ''
	--state=/run
	--allocator $'a\nb'
	--metrics 127.0.0.1
	--metrics localhost:80
	start
EOT
check_rc "help needs no daemon" 0 dnatctl service add help
