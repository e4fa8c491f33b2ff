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

import "$golden/ipvs.save" >"$dir/out" 2>"$dir/err" || bad "the file is refused"
diff "$golden/ipvs.dnatctl" "$dir/out" >&2 || bad "the file gives something else"
wanted="$golden/ipvs.save: not all can be as it was; see $(grep -c '^# line ' "$dir/out") comments in the output"
[ "$(cat "$dir/err")" = "$wanted" ] || bad "said $(cat "$dir/err"), wanted $wanted"
head -n 3 "$golden/ipvs.save" | import - 2>&1 | cmp - <(head -n 5 "$dir/out") || bad "without a comment it speaks"
import - <"$golden/ipvs.save" 2>/dev/null | cmp - "$dir/out" || bad "from the standard input it is another"
[ "$(printf '' | import - | grep -c '^[^#]')" = 0 ] || bad "no services are some"

tcp='-A -t 192.0.2.10:80'
refused 'stdin:1: -t "web:http" is no address with a port; have ipvsadm-save -n write numbers' '-A -t web:http'
refused 'stdin:1: -t "192.0.2.10" is no address with a port; have ipvsadm-save -n write numbers' '-A -t 192.0.2.10'
refused 'stdin:1: there is no such service before this line; add its -A line' '-a -t 192.0.2.10:80 -r 10.1.0.11:80'
refused 'stdin:2: this service is in line 1 already; leave one of them out' "$tcp"$'\n'"$tcp -s rr"
refused 'stdin:3: this server is in line 2 already; leave one of them out' "$tcp
-a ${tcp#-A } -r 10.1.0.11:80
-a ${tcp#-A } -r 10.1.0.11:80 -m"
refused 'stdin:2: the server is missing; add -r' "$tcp"$'\n'"-a ${tcp#-A }"
refused 'stdin:1: the service is missing; add -t, -u or -f' '-A -s rr'
refused 'stdin:1: -s needs a value' "$tcp -s"
refused 'stdin:1: "-w" is not what ipvsadm-save -n writes; leave it out' "$tcp -w 1"
refused 'stdin:1: "-D" is not what a line of ipvsadm-save -n begins with; use -A or -a' '-D'
refused 'stdin:2: -w "x" is not a number from 0 to 2147483647' "$tcp"$'\n'"-a ${tcp#-A } -r 10.1.0.11:80 -w x"
refused "$(yes 'stdin:N: "-D" is not what a line of ipvsadm-save -n begins with; use -A or -a' |
	head -n 20 | awk '{ sub(/N/, NR) } 1'; echo 'stdin: and 981 more; mend these first')" "$(yes -- -D | head -n 1001)"
refused 'stdin:1: "-C" is not what a line of ipvsadm-save -n begins with; use -A or -a
stdin:3: "-D" is not what a line of ipvsadm-save -n begins with; use -A or -a' "-C
$tcp
-D"
exit $failed
