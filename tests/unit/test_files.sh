#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dnatctl export, apply and batch against a daemon that is not one.
set -u

# shellcheck source=tests/unit/cli.sh
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/unit/cli.sh"

# file TEXT: into $dir/conf, which is what a command's -f names
file()
{
	printf '%s\n' "$1" >"$dir/conf"
}

test_files()
{
	run 0 export
	check "$ran" "$out" 'vdport set range 1-9

service add dns vip 2001:db8:0:1::10 port 53 proto udp fast off

service add web vip 192.0.2.10 port 80
backend add web addr 10.1.0.11 weight 2'
	check "$ran: request" "$(tail -n 1 "$dir/log")" \
		'{"op":"config.show","args":{"brief":true}}'
	file "$out"
	run 0 -j export
	check "$ran: request" "$(tail -n 1 "$dir/log")" \
		'{"op":"config.show","args":{"brief":false}}'
	check "$ran" "${out:0:42}" '{"version":1,"vdports":{"range":"1-9"},"se'

	# What was exported is what there is.
	run 0 apply -f "$dir/conf" --dry-run
	check "$ran" "$out$err" ''
	done_silently "{\"op\":\"config.apply\",\"args\":{\"config\":$(
		"$dnatctl" --socket "$sock" -j export |
			python3 -c 'import json, sys
config = json.load(sys.stdin)
for service in config["services"]:
    for key in ("proto", "fast"):
        if key in service:
            service[key] = service.pop(key)
    service["backends"] = service.pop("backends")
order = {"version": 1, "services": config["services"], "vdports": config["vdports"]}
print(json.dumps(order, separators=(",", ":")))'),\"dry_run\":false,\"from\":\"$dir/conf\"}}" \
		apply -f "$dir/conf"
	run 0 apply --dry-run -f - <"$dir/conf"
	check "$ran" "$out$err" ''

	file '# comment
service add web vip 192.0.2.10 \
	port 81 # comment
backend add web weight 2 addr "10.1.0.11"
service add api port 1 vip 192.0.2.11
backend add web addr 10.1.0.12
backend add api addr 10.1.0.12'
	run 0 apply -f "$dir/conf" --dry-run
	check "$ran" "$out" '-vdport set range 1-9
+service add api vip 192.0.2.11 port 1
+backend add api addr 10.1.0.12
-service add dns vip 2001:db8:0:1::10 port 53 proto udp fast off
-service add web vip 192.0.2.10 port 80
+service add web vip 192.0.2.10 port 81
+backend add web addr 10.1.0.12'
	run 0 -j apply -f "$dir/conf" --dry-run
	check "$ran" "$(python3 -c 'import json, sys; print(*json.load(sys.stdin))' <"$dir/out")" \
		'before after'

	# Every error has its line, the daemon's as well.
	file 'service add a vip 192.0.2.66 port 80
service add b vip 192.0.2.1 prot 80
backend add b addr 10.1.0.1

backend add a addr 10.6.6.6
backend add x addr 10.1.0.1
stats -i 1'
	run 1 apply -f "$dir/conf"
	check "$ran" "$err" "$dir/conf: of the file
$dir/conf:1: bad vip
$dir/conf:2: service add: \"prot\" is not a keyword here; use vip, port, proto, mode, scheduler, dev, fast, check, interval, timeout, rise, fall, check-source, http-path, http-host, http-status, http-body, dns-name, exec-command, on-down, when-empty
$dir/conf:5: bad addr
$dir/conf:6: there is no service x in this file; add a line \"service add x ...\"
$dir/conf:7: \"stats\" is not for a file that says what there is; use service add, backend add, vdport set or services none"
	check "$ran: nothing is changed" "$(tail -n 1 "$dir/log" | grep -o '"dry_run":.*')" '"dry_run":true,"from":"'"$dir"'/conf"}}'
	run 2 apply -f - <<<'{"version": 1, "services": [
{"name": "a", "vip":
"192.0.2.66",
"backends": [
{"addr": "10.6.6.6"}]}]}'
	check "$ran" "$err" 'stdin: services[0].vip: bad vip
stdin: services[0].backends[0].addr: bad addr
stdin: of the file'
	run 1 apply -f - <<<'{"version": 1,
,}'
	check "$ran" "${err:0:9}" 'stdin:2: '
	file 'service add kernel vip 192.0.2.1 port 1'
	refused 2 'the kernel refused\x1b' apply -f "$dir/conf"
	file 'service add strange vip 192.0.2.1 port 1'
	refused 3 'the answer makes no sense' apply -f "$dir/conf" --dry-run
	refused 3 'no such socket; start dnatd' --socket "$dir/none" export
	wrong 'none cannot be opened: No such file' apply -f "$dir/none"
	wrong "$dir cannot be read: Is a directory" apply -f "$dir"
	wrong 'none cannot be opened: No such file' batch -f "$dir/none"
	head -c 17000000 /dev/zero >"$dir/large"
	wrong 'large is longer than 16777216 bytes' apply -f "$dir/large"
	rm "$dir/large"

	# A batch: in order, up to the first error or through all of them.
	local before
	file 'service add web vip 192.0.2.10 port 80 # one
service show empty
service add taken vip 192.0.2.10 port 80
service set x
'"service del 'web"'
vdport set range 1-9'
	before=$(wc -l <"$dir/log")
	run 2 batch -f "$dir/conf"
	check "$ran" "$out" 'NAME  PROTO  VIP  MODE  SCHEDULER  DEV  FAST  CHECK  BACKENDS  UP  DRAIN  DOWN  LEFT'
	check "$ran" "$err" "$dir/conf:3: name: service \"taken\" is there\x0aalready\x1b"
	check "$ran: requests" $(($(wc -l <"$dir/log") - before)) 3
	run 2 -j batch --force -f - <"$dir/conf"
	check "$ran" "$out" '[]'
	check "$ran" "$err" 'stdin:3: name: service "taken" is there\x0aalready\x1b
stdin:4: service set: nothing to change; give one or more of scheduler, dev, fast, check, interval, timeout, rise, fall, check-source, http-path, http-host, http-status, http-body, dns-name, exec-command, on-down, when-empty
stdin:5: a quote '\'' is not closed; close it in the same line'
	check "$ran: requests" $(($(wc -l <"$dir/log") - before)) 7
	run 0 batch -f /dev/null
	local line
	for line in 'apply -f x' 'batch -f x' export 'stats -i 1'; do
		file "$line"
		run 1 batch -f "$dir/conf"
		check "$ran" "$err" "$dir/conf:1: \"$(sed 's/ -f.*//; s/ 1$//' <<<"$line")\" has no place in a batch; leave it out"
	done
}

# What is no text has one error, and of others there are 20 at most.
test_wrong()
{
	local bytes line

	for bytes in '\0' '\033' '\177' '\xff' '\xc3(' '\xe2\x82' '\xc0\xaf' '\xf5\x80\x80\x80'; do
		# shellcheck disable=SC2059
		printf "# one\nservice add a vip 192.0.2.1 port 1 # $bytes\nx\n" >"$dir/conf"
		for line in apply batch 'import ipvs'; do
			# shellcheck disable=SC2086
			wrong "conf is not a text file: line 2 has a byte 0x" $line -f "$dir/conf"
		done
	done
	for line in 'service add web vip 192.0.2.10 port 80\n' '{"version": 1, "services": []}'; do
		# shellcheck disable=SC2059
		printf "\xef\xbb\xbf$line" >"$dir/conf"
		run 0 apply -f "$dir/conf"
	done
	head -c 100000 "$dnatctl" >"$dir/conf"
	wrong 'conf is not a text file: line ' apply -f "$dir/conf"
	file $'service add web vip 192.0.2.10 port 80\t# \u00e9 \u20ac \U1f600'
	run 0 apply -f "$dir/conf"

	yes -- -bogus | head -n 146 >"$dir/conf"
	for line in apply 'batch --force' 'import ipvs'; do
		# shellcheck disable=SC2086
		run 1 $line -f "$dir/conf"
		check "$ran: lines" "$(wc -l <"$dir/err")" 21
		check "$ran: the last" "$(tail -n 1 "$dir/err")" "$dir/conf: and 126 more; mend these first"
	done
}

test_warnings()
{
	file 'service add noted vip 192.0.2.10 port 80

backend add noted addr 10.1.0.11 weight 2'
	run 0 apply -f "$dir/conf"
	check "$ran" "$out" ''
	check "$ran" "$(sort -u "$dir/err")" "$dir/conf:3: note: in vain
dnatctl: and 2 notes more"
	check "$ran" "$(wc -l <"$dir/err")" 21
	run 0 apply -f "$dir/conf" --dry-run
	check "$ran" "$(wc -l <"$dir/err")" 21
	check "$ran" "$(tail -n 1 "$dir/out")" '-backend add web addr 10.1.0.11 weight 2'
	run 0 -j apply -f "$dir/conf"
	check "$ran" "$err$(jq -r '.notes[0]' <"$dir/out")" "$dir/conf:3: note: in vain"
	run 0 -j apply -f "$dir/conf" --dry-run
	check "$ran" "$err$(jq -c '[(.notes | length), keys]' <"$dir/out")" '[22,["after","before","notes"]]'
	run 0 batch -f "$dir/conf"
	check "$ran" "$out" ''
	check "$ran" "$err" "$dir/conf:1: note: in\x1b vain
$dir/conf:1: note: too
$dir/conf:3: note: in\x1b vain
$dir/conf:3: note: too"
}

# A file that says nothing, and one that ends within a line, is what a tool leaves that failed.
test_cut()
{
	local line

	for line in '' '# a comment'; do
		printf '%s' "${line:+$line
}" >"$dir/conf"
		run 1 apply -f "$dir/conf"
		check "$ran: '$line'" "$out$err" "$dir/conf: has no service; where that is meant, write the line \"services none\" into it"
		check "$ran: nothing is changed" "$(tail -n 1 "$dir/log" | grep -o '"dry_run":.*')" '"dry_run":true,"from":"'"$dir"'/conf"}}'
	done
	file 'services none'
	done_silently '{"op":"config.apply","args":{"config":{"version":1,"services":[]},"dry_run":false,"from":"'"$dir"'/conf"}}' apply -f "$dir/conf"

	printf 'service add web vip 192.0.2.10 port 80\nbackend add web addr 10.1.0.1' >"$dir/conf"
	for line in apply batch 'import ipvs'; do
		# shellcheck disable=SC2086
		wrong 'conf does not end with a newline, so its last line may be cut off; look at that line' $line -f "$dir/conf"
		# shellcheck disable=SC2086
		wrong 'stdin does not end with a newline' $line -f - <"$dir/conf"
	done
	printf '{"version": 1, "services": []}' >"$dir/conf"
	run 0 apply -f "$dir/conf"
}

# The unit leaves root without the right to read what is another user's.
test_denied()
{
	[ "$(id -u)" -eq 0 ] || return 0
	file 'services none'
	chown 12 "$dir/conf"
	chmod 600 "$dir/conf"
	check 'a file of another user' "$(setpriv --bounding-set -dac_override,-dac_read_search \
		"$dnatctl" --socket "$sock" apply -f "$dir/conf" 2>&1)" \
		"dnatctl: $dir/conf cannot be opened: Permission denied; root has no CAP_DAC_OVERRIDE here, as in dnatd.service: chown it to root, and the directories above"
	rm "$dir/conf"
}

# export -f: the old file or the new one, whatever happens.
test_export()
{
	local text

	run 0 export
	text=$out
	cd "$dir" || return
	rm -f conf conf.*
	(umask 027 && exec "$dnatctl" --socket "$sock" export -f conf)
	check 'a new file' "$(stat -c %a conf) $(cat conf)" "640 $text"
	echo old >conf
	chmod 604 conf
	[ "$(id -u)" -ne 0 ] || chown 12:34 conf
	ln -s conf link
	run 0 export -f link
	check 'through a link' "$(cat conf)" "$text"
	check 'which stays one' "$(readlink link)" conf
	[ "$(id -u)" -ne 0 ] || check 'mode and owner stay' "$(stat -c '%a %u %g' conf)" '604 12 34'
	run 0 -j export -f conf
	check 'as JSON' "$(head -c 12 conf)" '{"version":1'
	run 0 export -f -
	check 'to the standard output' "$out" "$text"
	run 0 export -f /dev/stdout
	check 'or by its name' "$out" "$text"
	mkfifo pipe
	cat pipe >got &
	run 0 export -f pipe
	wait $!
	check 'to a pipe, which stays one' "$(cat got) $(stat -c %F pipe)" "$text fifo"

	echo old >conf
	refused 3 'no such socket; start dnatd' --socket "$dir/none" export -f conf
	# The file may not grow: as on a full disk.
	text=$( (ulimit -f 0; trap '' XFSZ; exec "$dnatctl" --socket "$sock" export -f conf) 2>&1)
	check 'a full disk' "$? $text" "1 dnatctl: $dir/conf cannot be written: File too large"
	refused 1 '/dev/full cannot be written: No space left on device' export -f /dev/full
	check 'the old file is left' "$(cat conf)" old
	check 'and nothing beside it' "$(echo conf*)" conf
	refused 1 'none/conf cannot be written: No such file or directory' export -f none/conf
	refused 1 'directory' export -f "$dir"
	ln -s nothing dangling
	refused 1 'dangling is a link to a file that does not exist; make that file or remove the link' export -f dangling
	cd - >/dev/null || return
}

test_files
test_wrong
test_warnings
test_cut
test_denied
test_export
[ "$failed" -eq 0 ]
