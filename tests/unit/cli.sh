# SPDX-License-Identifier: GPL-2.0-only
# What the tests of dnatctl are written with, and the daemon that is not one.
# shellcheck shell=bash disable=SC2034
export LC_ALL=C

top=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
dnatctl=${DNATCTL:-./dnatctl}
dir=$(mktemp -d)
sock=$dir/sock
failed=0
daemon=

cleanup()
{
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT

bad()
{
	echo "test_cli: $*" >&2
	failed=$((failed + 1))
}

# check WHAT GOT WANTED
check()
{
	[ "$2" = "$3" ] || bad "$1: got
$2
wanted
$3"
}

# run STATUS ARGS...: what it prints is in $out and $err afterwards
run()
{
	local want=$1 status

	shift
	"$dnatctl" --socket "$sock" "$@" >"$dir/out" 2>"$dir/err"
	status=$?
	out=$(cat "$dir/out")
	err=$(cat "$dir/err")
	ran="dnatctl $*"
	[ "$status" -eq "$want" ] ||
		bad "$ran: exit $status, wanted $want: $out $err"
}

# request JSON ARGS...: a command that succeeds, and what it asks for
request()
{
	local want=$1

	shift
	run 0 "$@"
	check "$ran: request" "$(tail -n 1 "$dir/log")" "$want"
}

# done_silently JSON ARGS...: the same for a change
done_silently()
{
	request "$@"
	check "$ran: output" "$out$err" ""
}

# refused STATUS SENTENCE ARGS...: one line on stderr, with the sentence in it
refused()
{
	local want=$1 sentence=$2

	shift 2
	run "$want" "$@"
	check "$ran: stdout" "$out" ""
	[ "$(wc -l <"$dir/err")" -eq 1 ] || bad "$ran: not one line: $err"
	if LC_ALL=C grep -q '[^ -~]' "$dir/err"; then
		bad "$ran: control bytes: $(od -c "$dir/err")"
	fi
	case $err in
	"dnatctl: "*"$sentence"*) ;;
	*) bad "$ran: said '$err', wanted '$sentence'" ;;
	esac
}

wrong()
{
	local before

	before=$(wc -l <"$dir/log")
	refused 1 "$@"
	check "$ran: nothing asked" "$(wc -l <"$dir/log")" "$before"
}

python3 "$top/tests/unit/fake_dnatd.py" "$sock" "$dir/log" &
daemon=$!
for _ in {1..1200}; do
	[ -S "$sock" ] && [ -f "$dir/log" ] && break
	sleep 0.05
done
[ -S "$sock" ] || { bad 'the fake daemon does not start'; exit 1; }
