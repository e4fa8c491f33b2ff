# SPDX-License-Identifier: GPL-2.0-only
# dnat-workflows(7): the commands and files of each workflow, taken out of the page, do what it
# says; and the files in services.conf(5) are what they are said to be.
# shellcheck shell=bash

WF=$LAB/workflows

# Of the page's part N, in order: the commands in N.cmd, "#", "client#" or "backend#" before
# each, and the literal block in N.block. "eth0" is this balancer's interface to clients.
workflows_take() {
	mkdir -p "$WF/bin"
	find "$DNAT_ROOT/usr/share/man" -name 'dnat-workflows.7*' -exec zcat -f {} + |
		sed -E 's/\\\(dq/"/g; s/\\e/\\/g; s/\\&//g; s/\\-/-/g; s/\beth0\b/clients/g; s/\beth1\b/v1/g; s/\beth2\b/v3/g' |
		awk -v dir="$WF" '
			/^\.Ss/			{ sub(/^\.Ss /, ""); print >(dir "/names"); n++ }
			/^\.Dl (client|backend)?# /	{ sub(/^\.Dl /, ""); print >(dir "/" n ".cmd") }
			/^\.Ed/			{ literal = 0 }
			literal			{ print >(dir "/" n ".block") }
			/^\.Bd/			{ literal = 1 }'
}

# until_stopped COMMAND - one that goes on until it is interrupted: what it prints in 3 seconds.
until_stopped() {
	in_ns lb timeout -s INT 3 bash -c "$1" >"$WF/printed"
	[ $? -eq 124 ] && [ -s "$WF/printed" ]
}

# at_terminal COMMAND - one that wants a terminal, and ends with "q".
at_terminal() {
	(sleep 3; printf q) | TERM=xterm in_ns lb timeout 30 script -qec "$1" "$WF/typescript" >/dev/null
}

# workflow NAME - run its commands.
workflow() {
	local line node command run

	PART=$(grep -nxF "$1" "$WF/names" | cut -d : -f 1)
	check "the page has a part \"$1\"" test -n "$PART" || return
	[ -e "$WF/$PART.cmd" ] || return 0
	while read -r line <&6; do
		node=lb command=${line#*# }
		case $line in
		client*)	node=c1 ;;
		backend*)	node=b1 ;;
		esac
		run=(in_ns "$node" bash -c "$command")
		case $command in
		systemctl*)
			continue ;;		# no systemd here: dnatd runs already
		"sysctl -p"*)
			# conntrack's limits are the machine's, not a namespace's.
			[ "$1" != Sizing ] || run=(bash -c "$command") ;;
		"dnatctl monitor"|*" -i 1")
			run=(until_stopped "$command") ;;
		"dnatctl top")
			run=(at_terminal "$command") ;;
		esac
		check "$1: $command" "${run[@]}" || note <"$DNATD_LOG"
	done 6<"$WF/$PART.cmd"
}

# asks - requests without a break until there is a file "enough".
asks() {
	until [ -e "$WF/enough" ]; do
		get c1 10 "$URL4/" >>"$WF/answers" 2>>"$WF/failed" || echo "curl: status $?" >>"$WF/failed"
	done
}

# downloads - the same with two seconds for each, so that a backend which drains has some.
downloads() {
	until [ -e "$WF/enough" ]; do
		in_ns c2 curl -sS --fail --max-time 60 -r 0-999999 --limit-rate 500k -o /dev/null -w '%{size_download}\n' \
			"$URL4/big" >>"$WF/downloads" 2>>"$WF/failed" || echo "download: status $?" >>"$WF/failed"
	done
}

# so_many FILE COUNT - whether it has as many lines.
so_many() {
	[ "$(grep -c . "$WF/$1")" -ge "$2" ]
}

asks_start() {
	local i

	rm -f "$WF/enough"
	for i in answers downloads failed; do
		: >"$WF/$i"
	done
	asks &
	ASKERS=($!)
	for i in 1 2 3 4; do
		downloads &
		ASKERS+=($!)
	done
	wait_for 60 so_many answers 10 && wait_for 60 so_many downloads 4
}

asks_end() {
	local more

	more=$(($(grep -c . "$WF/answers") + 20))
	check "$1: requests go on" wait_for 60 so_many answers $more
	: >"$WF/enough"
	wait "${ASKERS[@]}"
	check_is "$1: and none of them failed ($(wc -l <"$WF/answers"), and $(wc -l <"$WF/downloads") downloads)" "" "$(cat "$WF/failed")"
	check_is "$1: all downloads are whole" 1000000 "$(sort -u "$WF/downloads")"
}

# of ADDR MEMBER - what "backend show" says of a backend of the page's service.
of() {
	dnatctl -j backend show web | jq -r --arg addr "$1" --arg member "$2" '.[] | select(.addr == $addr)[$member]'
}

of_is() {
	[ "$(of "$1" "$2")" = "$3" ]
}

# What the page has ssh do: a backend's web server ends, or starts.
ssh_stub() {
	cat <<-EOT
		#!/bin/bash
		for node in b1 b2 b3 b4 b5 b6; do
			ip netns exec \$node ip -o address | grep -qF " \${1#root@}/" && break
		done
		nginx() {
			ip netns exec \$node nginx -p $LAB/\$node -c $LAB/\$node/nginx.conf -e $LAB/\$node/error.log "\$@"
		}
		case "\$2 \$3 \$4" in
		"systemctl stop nginx")
			nginx -s stop 2>/dev/null
			while [ -e $LAB/\$node/nginx.pid ]; do sleep 0.1; done
			;;
		"systemctl start nginx")
			nginx && echo \$node >>$WF/restarted
			;;
		*)
			exit 1
			;;
		esac
	EOT
}

# An editor in which somebody adds the line that the page shows.
editor_stub() {
	cat <<-EOT
		#!/bin/bash
		sed 's/^+//' "$WF/$1.block" >>"\$1"
	EOT
}

# flat - on one line, single blanks, no counters, maps in one order: a turn begins anywhere.
flat() {
	tr -s ' \t\n' ' ' | sed -E 's/[\] //g; s/counter packets [0-9]+ bytes [0-9]+/counter/g' |
		perl -pe 's/map \{ (.*?) \}/"map { " . join(", ", sort map { s{^\d+ : }{}r } split(m{, }, $1)) . " }"/ge'
}

vip_is() {
	[ "$(ip -n lb -o address show dev clients | grep -c " $VIP4/")" -eq "$1" ]
}

check "the page's workflows are taken" workflows_take || return
check "dnatd starts" daemon_start || return

servers_big
PATH=$WF/bin:$PATH
ssh_stub >"$WF/bin/ssh"
chmod +x "$WF/bin/ssh"

workflow "A first service"
check_none "nothing is missing then" '^->' "$(dnatctl status | grep -v -e IPv6 -e timestamp)"
check "both backends are found up" wait_for 60 of_is 10.1.0.11 health up
check "by their checks" wait_for 60 of_is 10.3.0.11 health up

asks_start
workflow "Replacing a backend"
asks_end "Replacing a backend"
check_match "the new one answers" b5 "$(tail -n 10 "$WF/answers")"
check_none "the old one does not" b4 "$(tail -n 10 "$WF/answers")"
check "the new one is up" wait_for 60 of_is 10.3.0.12 health up

asks_start
workflow "A rolling restart"
check "A rolling restart: its script" in_ns lb bash -e "$WF/$PART.block"
asks_end "A rolling restart"
check_is "A rolling restart: of both" "$(printf 'b1\nb5')" "$(cat "$WF/restarted")"
check_is "A rolling restart: which are in service" "up up" "$(of 10.1.0.11 state) $(of 10.3.0.12 state)"

part=$(grep -nx "Configuration in a file" "$WF/names" | cut -d : -f 1)
editor_stub "$part" >"$WF/bin/editor"
chmod +x "$WF/bin/editor"
export GIT_AUTHOR_NAME=admin GIT_AUTHOR_EMAIL=admin@example.org GIT_COMMITTER_NAME=admin GIT_COMMITTER_EMAIL=admin@example.org
mkdir -p /etc/dnat
before=$(dnatctl export)
asks_start
workflow "Configuration in a file"
asks_end "Configuration in a file"
check_is "Configuration in a file: it is again as it was" "$before" "$(dnatctl export)"
check_is "Configuration in a file: and so is the file" "$before" "$(cat /etc/dnat/services.conf)"
check_is "Configuration in a file: the edit is in git" "$(sed 's/^+//' "$WF/$part.block")" \
	"$(git -C /etc/dnat show HEAD~1 --format= | sed -n 's/^+\([^+]\)/\1/p')"
cp "$WF/$part.block" "$WF/added"
"$WF/bin/editor" /etc/dnat/services.conf
check_is "Configuration in a file: a dry run shows what the page says" "$(cat "$WF/added")" \
	"$(dnatctl apply -f /etc/dnat/services.conf --dry-run)"
git -C /etc/dnat checkout -q services.conf
daemon_stop
check "Configuration in a file: dnatd begins with it" daemon_start
check_is "Configuration in a file: with the same services" "$before" "$(dnatctl export)"
rm -rf /etc/dnat/services.conf /etc/dnat/.git

workflow "Watching"
check_match "Watching: top shows the service" web "$(cat "$WF/typescript")"

workflow "Sizing"

workflow "Beside an existing firewall"
check_is "a firewall that forwards nothing else lets it pass" 4 "$(get c1 4 "$URL4/" 2>&1 | grep -c '^b[15]$')"
in_ns lb nft flush chain inet firewall forward
check_rc "and by that rule alone" 28 get c1 1 "$URL4/" --max-time 2
sed 's/\.\.\.//' "$WF/$PART.block" >"$WF/firewall"
check "its file is taken" in_ns lb nft -f "$WF/firewall"
check_none "the old table is gone" policy "$(in_ns lb nft list table inet firewall)"
check_is "dnatd's is there" 4 "$(get c1 4 "$URL4/" 2>&1 | grep -c '^b[15]$')"
in_ns lb nft delete table inet firewall

workflow "Behind keepalived"
check "the VIP is gone from the interface" wait_for 10 vip_is 0
sed "s|/usr/sbin/dnatctl|$(command -v dnatctl)|" "$WF/$PART.block" >"$WF/keepalived.conf"
check "keepalived takes its file" in_ns lb keepalived -t -f "$WF/keepalived.conf"
in_ns lb keepalived -n -l -P -f "$WF/keepalived.conf" -p "$WF/ka.pid" -r "$WF/vrrp.pid" >"$WF/keepalived.log" 2>&1 &
keepalived=$!
check "and puts the VIP there" wait_for 60 vip_is 1 || note <"$WF/keepalived.log"
check "with the addresses that lead to the backends" wait_for 60 of_is 10.1.0.11 health up
check "to all of them" wait_for 60 of_is 10.3.0.12 health up
check_is "where it is served" 4 "$(get c1 4 "$URL4/" 2>&1 | grep -c '^b[15]$')"

# It follows whether the service is served.
keepalived_says() {
	grep -qF "$1" "$WF/keepalived.log"
}

check "its script says that the service is served" wait_for 60 keepalived_says 'VRRP_Script(served) succeeded'
check "all backends drain" dnatctl batch -f - <<EOT
backend set web addr 10.1.0.11 state drain
backend set web addr 10.3.0.12 state drain
EOT
check "the script says that it is not" wait_for 60 keepalived_says 'VRRP_Script(served) failed'
check_rc "with this status" 2 dnatctl status check web
check_match "and reason" 'service web is not served: none of its [0-9]+ backends takes new connections' "$(dnatctl status check web 2>&1)"
check "they are back" dnatctl batch -f - <<EOT
backend set web addr 10.1.0.11 state up
backend set web addr 10.3.0.12 state up
EOT
check_is "and nothing is said" "" "$(dnatctl status check web 2>&1 && dnatctl status check 2>&1)"
check_rc "a service that there is not is not served" 2 dnatctl status check nosuch
kill -TERM "$(cat "$WF/ka.pid")"
wait $keepalived
check "and takes it away" vip_is 0
ip -n lb address replace 10.1.0.1/16 dev v1
ip -n lb address replace 10.3.0.1/16 dev v3
check "dnatd has it again" dnatctl service set web dev clients
check "and finds the backends, which the addresses lead to" wait_for 60 of_is 10.1.0.11 health up
check "all of them" wait_for 60 of_is 10.3.0.12 health up

modprobe -qa ip_vs ip_vs_rr
in_ns lb ipvsadm -R <<-'EOT'
	-A -t 192.0.2.21:80 -s rr
	-a -t 192.0.2.21:80 -r 10.1.0.11:8080 -m -w 2
EOT
workflow "From ipvsadm"
check_match "From ipvsadm: what IPVS had is here" '^backend add tcp-192\.0\.2\.21-80 addr 10\.1\.0\.11 port 8080 weight 2$' \
	"$(dnatctl export)"
check_is "From ipvsadm: and not there" '' "$(in_ns lb ipvsadm-save -n)"
check "From ipvsadm: it goes" dnatctl service del tcp-192.0.2.21-80

workflow "Reading nft list ruleset"
shown=$(in_ns lb nft list table inet dnatd | flat)
while read -r piece; do
	check "nft prints: ${piece%%\{*}" grep -qF "$piece" <<<"$shown"
done < <(awk -v RS= '{ gsub(/\n/, " "); print }' "$WF/$PART.block" | while read -r piece; do flat <<<"$piece" | sed 's/ $//'; echo; done | sed 's/^ *//')

workflow "When ports run out"
check_match "the range is another" '512-65535' "$(dnatctl status)"

# The first example as a file, the second the same as JSON, its first service alone.
find "$DNAT_ROOT/usr/share/man" -name 'services.conf.5*' -exec zcat -f {} + |
	awk -v dir="$WF" '/^\.Ed/ { literal = 0 } literal { gsub(/\\e/, "\\"); print >(dir "/example" n) } /^\.Bd/ { literal = 1; n++ }'
check "services.conf(5) has two examples" test -s "$WF/example2"
check "the first is taken" dnatctl apply -f "$WF/example1"
dnatctl -j export | jq -S '{services: [.services[] | select(.name == "web")]}' >"$WF/exported"
check "the second, too" dnatctl apply -f "$WF/example2"
check_is "which is the same" "$(cat "$WF/exported")" "$(dnatctl -j export | jq -S '{services}')"
