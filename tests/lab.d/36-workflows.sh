# SPDX-License-Identifier: GPL-2.0-only
# dnat-workflows(7): the commands and files of each workflow, taken out of the page, do what it
# says.
# shellcheck shell=bash

WF=$LAB/workflows

# Of the page's part N, in order: the commands in N.cmd, "#", "client#" or "backend#" before
# each, and the literal block in N.block. "eth0" is this balancer's interface to clients.
workflows_take() {
	mkdir -p "$WF/bin"
	find "$DNAT_ROOT/usr/share/man" -name 'dnat-workflows.7*' -exec zcat -f {} + |
		sed -E 's/\\\(dq/"/g; s/\\e$/\\/; s/\\&//g; s/\\-/-/g; s/\beth0\b/clients/g; s/\beth1\b/v1/g; s/\beth2\b/v3/g' |
		awk -v dir="$WF" '
			/^\.Ss/			{ sub(/^\.Ss /, ""); print >(dir "/names"); n++ }
			/^\.Dl (client|backend)?# /	{ sub(/^\.Dl /, ""); print >(dir "/" n ".cmd") }
			/^\.Ed/			{ literal = 0 }
			literal			{ print >(dir "/" n ".block") }
			/^\.Bd/			{ literal = 1 }'
}

# workflow NAME - run its commands.
workflow() {
	local line node command

	PART=$(grep -nxF "$1" "$WF/names" | cut -d : -f 1)
	check "the page has a part \"$1\"" test -n "$PART" || return
	[ -e "$WF/$PART.cmd" ] || return 0
	while read -r line; do
		node=lb command=${line#*# }
		case $line in
		client*)	node=c1 ;;
		backend*)	node=b1 ;;
		esac
		case $command in
		systemctl*)
			continue ;;		# no systemd here: dnatd runs already
		*nf_conntrack_max*|*nf_conntrack_buckets*)
			check "$1: $command" bash -c "$command" ;;	# the machine's
		*)
			check "$1: $command" in_ns $node bash -c "$command" ;;
		esac
	done <"$WF/$PART.cmd"
}

# asks - requests without a break until there is a file "enough".
asks() {
	rm -f "$WF/enough"
	: >"$WF/answers"
	: >"$WF/failed"
	until [ -e "$WF/enough" ]; do
		get c1 10 "$URL4/" >>"$WF/answers" 2>>"$WF/failed" || echo "curl: status $?" >>"$WF/failed"
	done
}

answered() {
	[ "$(grep -c . "$WF/answers")" -ge "$1" ]
}

asks_start() {
	asks &
	ASKS=$!
	wait_for 60 answered 10
}

asks_end() {
	local more

	more=$(($(grep -c . "$WF/answers") + 20))
	check "$1: requests go on" wait_for 60 answered $more
	: >"$WF/enough"
	wait "$ASKS"
	check_is "$1: and none of them failed" "" "$(cat "$WF/failed")"
}

# What the page has ssh do: the backend's web server ends and starts again.
ssh_stub() {
	cat <<-EOT
		#!/bin/bash
		for node in b1 b2 b3 b4 b5 b6; do
			ip netns exec \$node ip -o address | grep -qF " \${1#root@}/" && break
		done
		[ "\$2 \$3 \$4" = "systemctl restart nginx" ] || exit
		ip netns exec \$node nginx -p $LAB/\$node -c $LAB/\$node/nginx.conf -s stop 2>/dev/null
		while [ -e $LAB/\$node/nginx.pid ]; do sleep 0.1; done
		echo \$node >>$WF/restarted
		exec ip netns exec \$node nginx -p $LAB/\$node -c $LAB/\$node/nginx.conf -e $LAB/\$node/error.log
	EOT
}

# flat - on one line, single blanks, no counters.
flat() {
	tr -s ' \t\n' ' ' | sed -E 's/[\] //g; s/counter packets [0-9]+ bytes [0-9]+/counter/g'
}

vip_is() {
	[ "$(ip -n lb -o address show dev clients | grep -c " $VIP4/")" -eq "$1" ]
}

check "the page's workflows are taken" workflows_take || return
check "dnatd starts" daemon_start || return

workflow "A first service"
check_none "nothing is missing then" '^->' "$(dnatctl status | grep -v -e IPv6 -e timestamp)"

asks_start
workflow "Replacing a backend"
asks_end "Replacing a backend"
check_match "the new one answers" b5 "$(tail -n 10 "$WF/answers")"
check_none "the old one does not" b4 "$(tail -n 10 "$WF/answers")"

asks_start
workflow "A rolling restart"
ssh_stub >"$WF/bin/ssh"
chmod +x "$WF/bin/ssh"
check "A rolling restart: its script" in_ns lb env PATH="$WF/bin:$PATH" bash -e "$WF/$PART.block"
asks_end "A rolling restart"
check_is "A rolling restart: of both" "$(printf 'b1\nb5')" "$(cat "$WF/restarted")"

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
cp "$WF/$PART.block" "$WF/keepalived.conf"
check "keepalived takes its file" in_ns lb keepalived -t -f "$WF/keepalived.conf"
in_ns lb keepalived -n -l -P -f "$WF/keepalived.conf" -p "$WF/ka.pid" -r "$WF/vrrp.pid" >"$WF/keepalived.log" 2>&1 &
keepalived=$!
check "and puts the VIP there" wait_for 60 vip_is 1 || note <"$WF/keepalived.log"
check_is "where it is served" 4 "$(get c1 4 "$URL4/" 2>&1 | grep -c '^b[15]$')"
kill -TERM "$(cat "$WF/ka.pid")"
wait $keepalived
check "and takes it away" vip_is 0
ip -n lb address replace 10.1.0.1/16 dev v1
ip -n lb address replace 10.3.0.1/16 dev v3
check "dnatd has it again" dnatctl service set web dev clients

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
