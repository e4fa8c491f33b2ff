#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What dnatctl's words are said to be: completion, that help, man page and
# completion know the same ones, and that the examples can be typed.
set -u

# shellcheck source=tests/unit/cli.sh
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/unit/cli.sh"

completion=${COMPLETION:-completion}

# The last word of LINE may be offered without what it has up to its last colon: readline
# replaces only the rest. The other shells have the whole word.
whole_words()
{
	local cur=${1##* }

	case $2 in
	:*)	echo "$cur$2" ;;
	*)	echo "$2" ;;
	esac
}

# What zsh and fish have at the end of LINE, a line each; which of it matches what was
# typed is for them to say.
offers_zsh()
{
	# shellcheck disable=SC2016
	zsh -f -c '
		_describe() { print -rl -- ${${found//\\:/;}%%:*}; }
		_files() { print -rl -- $PREFIX*(N); }
		compdef() { }
		. $1/_dnatctl
		words=(${(z)2}) PREFIX=
		[[ $2 == *" " ]] && words+=("") || PREFIX=$words[-1]
		CURRENT=$#words
		_dnatctl' - "$completion" "$1" | tr ';' ':'
}

offers_fish()
{
	# shellcheck disable=SC2016
	fish --no-config -c '
		source $argv[1]/dnatctl.fish
		complete -C $argv[2]' "$completion" "$1" | cut -f 1
}

# completes LINE WORDS: what is offered at the end of LINE, sorted
completes()
{
	local shell word

	COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
	_dnatctl 2>"$dir/err"
	check "completion of '$1'" \
		"$(printf '%s\n' "${COMPREPLY[@]}" | sort | xargs)" "$2"
	check "completion of '$1': stderr" "$(cat "$dir/err")" ""
	for shell in "${shells[@]}"; do
		check "completion of '$1' by $shell" \
			"$("offers_$shell" "$1" 2>"$dir/err" | while read -r word; do
				[[ $word != "${1##* }"* ]] || echo "$word"
			done | sort | xargs)" \
			"$(whole_words "$1" "$2")"
		check "completion of '$1' by $shell: stderr" "$(cat "$dir/err")" ""
	done
}

test_completion()
{
	# shellcheck source=/dev/null
	. "$completion/dnatctl"
	local c="$dnatctl --socket $sock" COMP_LINE COMP_POINT shell
	local -a shells=()
	local PATH=$dir/bin:$PATH

	# The completions wait for an answer for two seconds, which can be too few here.
	mkdir "$dir/bin"
	printf '#!/bin/sh\nshift\nexec "$@"\n' >"$dir/bin/timeout"
	chmod +x "$dir/bin/timeout"
	for shell in zsh fish; do
		if command -v "$shell" >/dev/null; then
			shells+=("$shell")
		else
			echo "test_words: $shell is not installed, its completion is not tried"
		fi
	done
	[[ " ${shells[*]} " != *" zsh "* ]] || zsh -n "$completion/_dnatctl" || bad 'zsh -n'
	[[ " ${shells[*]} " != *" fish "* ]] || fish -n "$completion/dnatctl.fish" || bad 'fish -n'

	completes "$c " 'apply backend batch connection export help import monitor service stats status top vdport'
	completes "$c top " '-i help'
	completes "$c -j s" 'service stats status'
	completes "$c stats " '-i backend help service'
	completes "$c stats service " '-i dns help web'
	completes "$c stats backend web " '-i'
	completes "$c stats backend -i " ''
	completes "$c stats backend web -i " ''
	completes "$c stats -i " ''
	completes "$dnatctl -" '--help --json --pretty --socket --version -V -h -j -p'
	completes "$c apply " '--dry-run -f help'
	completes "$c apply -f $dir/so" "$sock"
	completes "$c apply --dry-run " '-f'
	completes "$c apply -f x " '--dry-run'
	completes "$c apply --dry-run -f $dir/so" "$sock"
	completes "$c batch -f x --" '--force --help --json --pretty --socket --version'
	completes "$c import " 'help ipvs'
	completes "$c import ipvs " '-f help'
	completes "$c import ipvs -f $dir/so" "$sock"
	completes "$c import ipvs -f x " ''
	completes "$c export " '-f help'
	completes "$c export -f $dir/so" "$sock"
	completes "$c export -f x " ''
	completes "$c service " 'add del help set show'
	completes "$c status " 'check help'
	completes "$c status check " 'dns help web'
	completes "$c help " 'apply backend batch connection export import monitor service stats status top vdport'
	completes "$c help s" 'service stats status'
	completes "$c help service " 'add del set show'
	completes "$c help stats " 'backend service'
	completes "$c help vdport show " 'ports'
	completes "$c help status " 'check'
	completes "$c help service add " ''
	completes "$c service -j s" 'set show'
	completes "$c service show --json " 'dns health help web'
	completes "$c service show web -" '--help --json --pretty --socket --version -V -h -j -p'
	completes "$dnatctl service -p --socket $sock del " 'dns help web'
	completes "$c bogus " 'help'
	completes "$c bogus bogus " ''
	completes "$c service add " 'help'
	completes "$c service add x " 'check check-source dev dns-name exec-command fall fast http-body http-host http-path http-status interval mode on-down port proto rise scheduler timeout vip when-empty'
	completes "$c service add x vip 192.0.2.1 p" 'port proto'
	completes "$c service add x port 80 proto tcp p" ''
	completes "$c service add x proto " 'tcp udp'
	completes "$c service add x mode " 'double-nat'
	completes "$c service add x scheduler w" 'wrr'
	completes "$c service add x dev l" 'lo'
	completes "$c service add x fast " 'off on'
	completes "$c service set web fast of" 'off'
	completes "$c service set web dev n" 'none'
	completes "$c service del " 'dns help web'
	completes "$c service del web " ''
	completes "$c backend add w" 'web'
	completes "$c backend del web addr " '10.1.0.11 10.1.0.9'
	completes "$c backend del web addr 10.1.0.11 port " '8080'
	completes "$c backend set dns addr fd00:1:" ':11'
	completes "$c backend set web addr 10.1.0.9 " 'backup check-addr check-port deadline port state weight'
	completes "$c connection show service " 'dns web'
	completes "$c connection show backend 1" '10.1.0.11 10.1.0.9'
	completes "$c connection show service dns backend " 'fd00:1::11'
	completes "$c connection show client " '10.2.0.5 2001:db8:0:2::5'
	completes "$c backend set web state " 'drain remove up'
	completes "$c backend add web state d" 'drain'
	completes "$c connection show state " 'ASSURED CLOSE CLOSE_WAIT ESTABLISHED FIN_WAIT LAST_ACK OFFLOAD REPLIED SYN_RECV SYN_SENT TIME_WAIT UNREPLIED closed half-open open'
	completes "$c connection show state E" 'ESTABLISHED'
	completes "$c backend show " 'dns health help web'
	completes "$c backend show health " 'checking down none up'
	completes "$c backend show web " 'health'
	completes "$c backend show web health d" 'down'
	completes "$c service show web health n" 'none'
	completes "$c service show health down " ''
	completes "$c connection del " 'all backend client help service state'
	completes "$c connection del all " 'help'
	completes "$c connection del all x " ''
	completes "$c connection del state " 'closed half-open open'
	completes "$c connection del state open service " 'dns web'
	completes "$c vdport " 'help set show'
	completes "$c vdport show " 'help ports'
	completes "$c vdport show x " ''
	completes "$c vdport show ports " 'help proto vip'
	completes "$c vdport show ports vip 1" '192.0.2.10'
	completes "$c vdport show ports vip 192.0.2.10 " 'proto'
	completes "$c vdport show ports proto u" 'udp'
	completes "$c vdport set " 'help on-exhausted range'
	completes "$c vdport set on-exhausted " 'drop reset'
	completes "$c --socket=$sock vdport s" 'set show'
	completes "$dnatctl --socket $dir/none service del " 'help'
	completes "$dnatctl --socket $dir/none backend del web addr " ''
	completes "$dnatctl --socket $dir/so" "$sock"
}

# The commands with their keywords in a completion's table, a line each.
completion_words()
{
	sed -n "s/^\t\t'\(.*\)'\( \\\\\)\?$/\1/p" "$1" | awk -F '\t' '
		$1 == "-" || $2 == "<" || $2 == "[" { next }
		$2 == "." && line { print line }
		{ line = $2 == "." ? $1 : line " " $2 }
		END { print line }'
}

test_words()
{
	local page="$top/man/dnatctl.8" line object verb words word

	"$dnatctl" help | sed -n 's/^  dnatctl //p' >"$dir/synopses"
	[ -s "$dir/synopses" ] || bad 'help lists no commands'

	# Completion: a line a command, the keywords in the order of the help.
	while read -r line; do
		echo "$line" | sed 's/\[\([a-z-]*\)\( [^]]*\)\?\]/\1/g' |
			tr ' ' '\n' | grep -xE '[a-z-]+' | xargs
	done <"$dir/synopses" >"$dir/from_help"
	for word in dnatctl _dnatctl dnatctl.fish; do
		check "help and completion/$word" "$(completion_words "$completion/$word")" \
			"$(cat "$dir/from_help")"
	done

	# Help of one command: every keyword stands in it.
	while read -r object verb words; do
		local -a command=("$object" ${verb:+"$verb"})

		case "$object $verb $words" in
		"vdport show ports "*)
			command+=(ports)
			words=${words#ports } ;;
		"stats -i "* | "top -i "*)
			command=("$object")
			words=-i ;;
		"apply "* | "batch "* | "export "*)
			command=("$object")
			words="$verb $words" ;;
		"connection del all")
			command+=(all)
			words= ;;
		esac
		run 0 "${command[@]}" help
		for word in $words; do
			grep -q "^  $word " "$dir/out" ||
				bad "$ran: nothing about $word"
		done
		head -n 1 "$dir/out" | sed 's/^usage: dnatctl //' |
			grep -qxFf - "$dir/synopses" || bad "$ran: another synopsis"
	done <"$dir/from_help"

	# Options that ask for help do so wherever the word does.
	for word in -h --help; do
		check "$word" "$("$dnatctl" $word)" "$("$dnatctl" help)"
		check "service $word" "$("$dnatctl" service $word)" "$("$dnatctl" service help)"
		check "backend add $word" "$("$dnatctl" backend add $word)" \
			"$("$dnatctl" backend add help)"
		check "status $word" "$("$dnatctl" status $word)" "$("$dnatctl" status help)"
		check "service del web $word" "$("$dnatctl" service del web $word)" \
			"$("$dnatctl" help service del)"
		check "backend set vip $word x" "$("$dnatctl" backend set vip $word x)" \
			"$("$dnatctl" help backend set)"
		check "$word service" "$("$dnatctl" $word service)" "$("$dnatctl" help service)"
		check "-V $word" "$("$dnatctl" -V $word)" "$("$dnatctl" -V)"
	done
	for word in 'service add' 'vdport show ports' 'stats service' status; do
		# shellcheck disable=SC2086
		check "help $word" "$("$dnatctl" help $word)" "$("$dnatctl" $word help)"
	done
	for word in service stats vdport; do
		check "help $word" "$("$dnatctl" help $word)" "$("$dnatctl" $word help)"
	done
	check 'help service' "$("$dnatctl" help service | grep -c '^dnatctl service ')" 4
	check 'help service add' "$("$dnatctl" help service add | head -n 1 | cut -c -30)" \
		'usage: dnatctl service add NAM'

	# Options: in the completion, and in the page in mdoc's words.
	COMP_LINE="$dnatctl -" COMP_POINT=$((${#dnatctl} + 2))
	_dnatctl
	for word in "${COMPREPLY[@]}"; do
		"$dnatctl" help | grep -q -e "^  .*$word" ||
			bad "help: nothing about $word"
		grep -q -e "^\.It Fl .*${word#-}" "$page" ||
			bad "man page: nothing about $word"
	done

	# Man page: the same commands with the same arguments.
	sed -n 's/^\.It Ic //p' "$page" | sed -e 's/ \(Ic\|Cm\|Ar\) / /g' \
		-e 's/Fl /-/g' -e 's/ Oo \(Cm \)\?\(Ar \)\?/ [/g' -e 's/ Oc/]/g' >"$dir/from_page"
	check 'help and man page' "$(cat "$dir/from_page")" "$(cat "$dir/synopses")"
}

# What the page and the README show can be typed.
test_examples()
{
	local -a words

	echo 'vdport set range 1-9' >"$dir/conf"
	{
		sed -n 's/^\.Dl # dnatctl //p' "$top/man/dnatctl.8"
		sed -n 's/^   dnatctl \([a-z]\)/\1/p' "$top/README"
	} | sed "s| >.*||; s| [^ ]*services.conf| $dir/conf|" >"$dir/examples"
	[ "$(wc -l <"$dir/examples")" -gt 20 ] || bad 'where are the examples?'
	while read -ra words; do
		# These go on until they are told to end, and have tests of their own.
		case ${words[0]} in
		top|monitor) ;;
		*)	run 0 "${words[@]}" ;;
		esac
	done <"$dir/examples"
}

test_pages()
{
	command -v mandoc >/dev/null || return 0
	# Whose pages are installed here is another matter.
	check 'mandoc -Tlint' "$(mandoc -Tlint "$top"/man/*.[4578] 2>/dev/null |
		grep -v 'referenced manual not found')" ""
}

test_completion
test_words
test_examples
test_pages
[ "$failed" -eq 0 ]
