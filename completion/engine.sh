# SPDX-License-Identifier: GPL-2.0-only
# What can stand at the end of a line of dnatctl(8).  bash runs this as it is, zsh under
# "emulate ksh".  Who calls it has the variables "line", "rest", "socket" and "dnatctl".
# shellcheck shell=bash disable=SC2154,SC2183

# COMMAND, WORD, VALUES and HELP in a line, see generate.c.
__dnatctl_table()
{
	printf '%s\n'@table@
}

# Part the options in "line" from the other words, which come to "rest", and find the
# "socket"; the last word is the one that is not finished.
__dnatctl_split()
{
	local letters="" flags=" " command word values i

	while IFS=$'\t' read -r command word values _; do
		[[ "$command $values" == "- -" ]] || continue
		flags+="$word "
		[[ $word == --* ]] || letters+=${word#-}
	done < <(__dnatctl_table)

	rest=()
	for ((i = 1; i < ${#line[@]} - 1; i++)); do
		word=${line[i]}
		if [[ $word == --socket=* ]]; then
			socket=${word#*=}
		elif [[ $word == --socket ]]; then
			((++i))
			socket=${line[i]}
		elif [[ $flags != *" $word "* ]] &&
		     [[ $word != -[$letters]* || -n ${word//[-$letters]/} ]]; then
			rest+=("$word")
		fi
	done
	rest+=("${line[${#line[@]} - 1]}")
}

# Ask the daemon that the command line names; silent when it is not there.
__dnatctl_ask()
{
	local -a ask
	ask=("$dnatctl")

	[[ -z $socket ]] || ask+=(--socket "$socket")
	timeout 2 "${ask[@]}" "$@" 2>/dev/null | tail -n +2
}

# The address in ADDRESS:PORT.
__dnatctl_host()
{
	local host=${1%:*}

	host=${host#[[]}
	printf '%s\n' "${host%[]]}"
}

# The backends of $service, or of all, with "addrs"; with "ports" those that $addr has.
__dnatctl_backends()
{
	local -a show
	local backend host
	show=(backend show)

	[[ -z $service ]] || show+=("$service")
	__dnatctl_ask "${show[@]}" | while read -r _ backend _; do
		host=$(__dnatctl_host "$backend")
		if [[ $1 == addrs ]]; then
			printf '%s\n' "$host"
		elif [[ $host == "$addr" ]]; then
			printf '%s\n' "${backend##*:}"
		fi
	done | sort -u
}

# What the values in the table stand for, one a line; "@files" is left for the shell.
__dnatctl_values()
{
	local word name vip client dir

	for word in $1; do
		case $word in
		- | .) ;;
		@services)
			__dnatctl_ask service show | while read -r name _; do
				printf '%s\n' "$name"
			done ;;
		@vips)
			__dnatctl_ask service show | while read -r _ _ vip _; do
				__dnatctl_host "$vip"
			done | sort -u ;;
		@clients)
			# not all of a great many
			__dnatctl_ask connection show | head -n 1000 |
				while read -r _ client _; do
					__dnatctl_host "$client"
				done | sort -u ;;
		@addrs | @ports)
			__dnatctl_backends "${word#@}" ;;
		@devs)
			for dir in /sys/class/net/*/; do
				dir=${dir%/}
				printf '%s\n' "${dir##*/}"
			done ;;
		*)	printf '%s\n' "$word" ;;
		esac
	done
}

# The words that go on from $1 to commands, with the help of those that are one.
__dnatctl_commands()
{
	local seen=" " command word help next

	while IFS=$'\t' read -r command word _ help; do
		[[ $word == . && "$command " == "$1"?* ]] || continue
		next=${command#"$1"}
		word=${next%% *}
		[[ $seen != *" $word "* ]] || continue
		seen+="$word "
		[[ $word == "$next" ]] || help=""
		printf '%s\t%s\n' "$word" "$help"
	done < <(__dnatctl_table)
}

# The place of the word $1 in "keywords", or none.
__dnatctl_keyword()
{
	for ((at = 0; at < ${#keywords[@]}; at++)); do
		[[ ${keywords[at]} != "$1" ]] || return 0
	done
	return 1
}

# What can stand at the end of "rest", a line each: the word, and behind a tab its help.
__dnatctl_next()
{
	local count=$((${#rest[@]} - 1)) so_far="" found="" target="" names=""
	local used=" " service="" addr="" command word values help i at
	local -a keywords takes helps title
	keywords=() takes=() helps=()

	for ((i = 0; i < count; i++)); do
		so_far+="${rest[i]} "
	done
	if [[ $so_far == "help "* ]]; then
		__dnatctl_commands "${so_far#help }"
		return
	fi
	__dnatctl_commands "$so_far"

	while IFS=$'\t' read -r command word _; do
		[[ $word == . && $so_far == "$command "* ]] || continue
		((${#command} < ${#found})) || found=$command
	done < <(__dnatctl_table)
	if ((count <= 1)) || [[ $so_far == "$found " ]]; then
		printf 'help\ttell what there is\n'
	fi
	[[ -n $found ]] || return 0

	while IFS=$'\t' read -r command word values help; do
		[[ $command == "$found" ]] || continue
		case $word in
		.) ;;
		"<" | "[")
			target=$word names=$values ;;
		*)	keywords+=("$word") takes+=("$values") helps+=("$help") ;;
		esac
	done < <(__dnatctl_table)

	# The place behind the words of the command.
	# shellcheck disable=SC2206
	title=($found)
	i=${#title[@]}
	if [[ -n $target ]] && ((i == count)); then
		__dnatctl_values "$names"
		[[ $target == "[" ]] || return 0
	elif [[ -n $target ]]; then
		# A word that a keyword follows is the target, whatever it is called.
		if [[ $target == "<" ]] || ! __dnatctl_keyword "${rest[i]}" ||
		   { [[ ${rest[i]} != -* ]] && __dnatctl_keyword "${rest[i + 1]}"; }; then
			service=${rest[i]}
			((++i))
		fi
	fi

	for (( ; i < count; i++)); do
		word=${rest[i]} values=.
		used+="$word "
		! __dnatctl_keyword "$word" || values=${takes[at]}
		[[ $values != - ]] || continue
		((++i))
		if ((i == count)); then
			__dnatctl_values "$values"
			return
		fi
		case $word in
		service) service=${rest[i]} ;;
		addr) addr=${rest[i]} ;;
		esac
	done
	for ((at = 0; at < ${#keywords[@]}; at++)); do
		[[ $used == *" ${keywords[at]} "* ]] ||
			printf '%s\t%s\n' "${keywords[at]}" "${helps[at]}"
	done
}

# The options, for a last word that begins like one.
__dnatctl_options()
{
	local command word help

	while IFS=$'\t' read -r command word _ help; do
		[[ $command != - ]] || printf '%s\t%s\n' "$word" "$help"
	done < <(__dnatctl_table)
}
