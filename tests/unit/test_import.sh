#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dnatctl import, which asks no daemon: what comes of a saved file, and what is refused.
set -u
export LC_ALL=C

golden=${srcdir:?}/tests/golden
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

bad()
{
	echo "test_import: $*" >&2
	failed=1
}

import()
{
	"${DNATCTL:?}" --socket /nowhere import ipvs -f "$@"
}

# refused SENTENCE LINES: exit status 1, nothing on stdout, this on stderr
refused()
{
	local out err

	out=$(printf '%s\n' "$2" | import - 2>"$dir/err")
	[ $? -eq 1 ] || bad "was taken: $2"
	[ -z "$out" ] || bad "'$2' gave '$out'"
	err=$(cat "$dir/err")
	[ "$err" = "$1" ] || bad "'$2' said '$err', wanted '$1'"
}

# taken NAME: the file NAME.save gives NAME.dnatctl, and how many comments there are is said
taken()
{
	local file=$golden/$1.save wanted

	import "$file" >"$dir/out" 2>"$dir/err" || bad "$1 is refused: $(cat "$dir/err")"
	diff "$golden/$1.dnatctl" "$dir/out" >&2 || bad "$1 gives something else"
	wanted="$file: not all can be as it was; see $(grep -c '^# line ' "$dir/out") comments in the output"
	[ "$(cat "$dir/err")" = "$wanted" ] || bad "said $(cat "$dir/err"), wanted $wanted"
}

taken ipvs-fullnat
taken ipvs-1.26
taken ipvs-kube-proxy
taken ipvs-by-hand
taken ipvs
sed '$!s/$/ \t\r/; 1s/^/\xef\xbb\xbf/' "$golden/ipvs.save" | import - 2>/dev/null | cmp - "$dir/out" ||
	bad "a mark, blanks and CRs make another of it"
head -n 2 "$golden/ipvs.save" | import - 2>&1 | cmp - <(head -n 7 "$dir/out") || bad "without a comment it speaks"
import - <"$golden/ipvs.save" 2>/dev/null | cmp - "$dir/out" || bad "from the standard input it is another"
[ "$(printf '' | import - | grep -c '^[^#]')" = 0 ] || bad "no services are some"

# What dnatd has no room for: more than 1024 backends, or shares that are too fine.
{
	echo '-A -t 192.0.2.11:80 -s rr'
	for i in $(seq 0 1099); do
		echo "-a -t 192.0.2.11:80 -r 10.9.$((i / 250)).$((i % 250 + 1)):80 -m -w 1"
	done
} >"$dir/many.save"
import "$dir/many.save" >"$dir/out" 2>/dev/null
[ "$(grep -c '^backend add' "$dir/out")" = 1024 ] || bad "not 1024 backends come of 1100"
[ "$(grep -c '^# line .* is one too many: a service takes 1024; use a second service$' "$dir/out")" = 76 ] ||
	bad "not 76 are named as too many"
{
	echo '-A -t 192.0.2.10:80 -s wrr'
	for i in $(seq 0 199); do
		echo "-a -t 192.0.2.10:80 -r 10.9.$((i / 100)).$((i % 100 + 1)):80 -m -w $((i % 2 ? 100 : 99))"
	done
} >"$dir/sum.save"
import "$dir/sum.save" >"$dir/out" 2>/dev/null
grep -q '^# line 1: weights are made smaller in proportion: 82 is the largest$' "$dir/out" || bad "weights do not fit"
[ "$(sed -n 's/.* weight //p' "$dir/out" | sort | uniq -c | xargs)" = '100 81 100 82' ] || bad "weights lose their shares"

# Files of another kind get one line.
wrong()
{
	refused 'stdin: not from ipvsadm-save -n' "$1"
}
wrong 'global_defs {
	router_id LVS
}
virtual_server 192.0.2.10 80 {
	lb_algo rr
}'
wrong 'global
	daemon
frontend web
	bind *:80'
wrong 'IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  192.0.2.10:80 rr
  -> 10.1.0.11:80                 Masq    1      0          0'
wrong '{"farms": [{"name": "web"}]}'
wrong 'service add web vip 192.0.2.10 port 80'
wrong '#!/bin/sh
iptables -L'

tcp='-A -t 192.0.2.10:80'
refused 'stdin:1: -t "web:http" is not an address with a port; have ipvsadm-save -n write numbers' '-A -t web:http'
refused 'stdin:1: "prot" is not what ipvsadm-save -n writes; leave it out' '-A -t 192.0.2.10:80 prot
-a -t 192.0.2.10:80 -r 10.1.0.11:80'
refused 'stdin:1: there is no such service before this line; add its -A line' '-a -t 192.0.2.10:80 -r 10.1.0.11:80'
refused 'stdin:2: this service is in line 1 already; leave one of them out' "$tcp"$'\n'"$tcp -s rr"
refused 'stdin:3: this server is in line 2 already; leave one of them out' "$tcp
-a ${tcp#-A } -r 10.1.0.11:80
-a ${tcp#-A } -r 10.1.0.11:80 -m"
refused 'stdin:3: this server is in line 2 already; leave one of them out' "$tcp
-a ${tcp#-A } -r 10.1.0.11
-a ${tcp#-A } -r 10.1.0.11:80"
refused 'stdin:2: the server is missing; add -r' "$tcp"$'\n'"-a ${tcp#-A }"
refused 'stdin:1: the service is missing; add -t, -u or -f' '-A -s rr'
refused 'stdin:1: the service is named twice; leave one of them out' '-A -f 2 -t 192.0.2.10:80'
refused 'stdin:1: -s needs a value' "$tcp -s"
refused 'stdin:1: "-w" is not what ipvsadm-save -n writes; leave it out' "$tcp -w 1"
refused 'stdin:1: "-D" is not what a line of ipvsadm-save -n begins with; use -A or -a' '-D'
refused 'stdin:2: -w "x" is not a number from 0 to 2147483647' "$tcp"$'\n'"-a ${tcp#-A } -r 10.1.0.11:80 -w x"
refused "$(yes 'stdin:N: "-D" is not what a line of ipvsadm-save -n begins with; use -A or -a' |
	head -n 20 | awk '{ sub(/N/, NR) } 1'; echo 'stdin: and 981 more; mend these first')" "$(yes -- -D | head -n 1001)"
refused 'stdin:1: "-E" is not what a line of ipvsadm-save -n begins with; use -A or -a
stdin:4: "-D" is not what a line of ipvsadm-save -n begins with; use -A or -a' "-E
-C
$tcp
-D"
exit $failed
