# SPDX-License-Identifier: GPL-2.0-only
# Find the words that complete a command line of dnatctl(8).  bash runs this as
# it is, zsh under "emulate ksh".  The caller must have the variables "line",
# "rest", "socket" and "dnatctl".
# shellcheck shell=bash disable=SC2154,SC2183

# Print the table: COMMAND, WORD, VALUES and HELP in each line, see generate.c.
__dnatctl_table()
{
	printf '%s\n'@table@
}

# Copy "line" without options to "rest", and set "socket" to the value of
# --socket.  The last word is incomplete and always copied.
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

# Query the dnatd that the command line names.  Prints nothing on error.
__dnatctl_ask()
{
	local -a ask
	ask=("$dnatctl")

	[[ -z $socket ]] || ask+=(--socket "$socket")
	timeout 2 "${ask[@]}" "$@" 2>/dev/null | tail -n +2
}

# Print the address of ADDRESS:PORT.
__dnatctl_host()
{
	local host=${1%:*}

	host=${host#[[]}
	printf '%s\n' "${host%[]]}"
}

# Print the addresses (with "addrs") of the backends of $service, or of all
# services; or (with "ports") the ports of those with the address $addr.
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

# Print the words for VALUES of the table, one per line.  Prints "@files" as it
# is; the shell completes files.
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
			# There may be too many: take the first.
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

# Print the words that can follow $1 in the name of a command.  A word that
# completes a command has the command's help.
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

# Set "at" to the index of the word $1 in "keywords".  Fails if it is not there.
__dnatctl_keyword()
{
	for ((at = 0; at < ${#keywords[@]}; at++)); do
		[[ ${keywords[at]} != "$1" ]] || return 0
	done
	return 1
}

# Print the words that can be the last in "rest", one per line, each with a tab
# and its help.
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

	# The index of the first word after the command.
	# shellcheck disable=SC2206
	title=($found)
	i=${#title[@]}
	if [[ -n $target ]] && ((i == count)); then
		__dnatctl_values "$names"
		[[ $target == "[" ]] || return 0
	elif [[ -n $target ]]; then
		# A word before a keyword is the target, even if it equals a
		# keyword.
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

# Print the options, with their help.
__dnatctl_options()
{
	local command word help

	while IFS=$'\t' read -r command word _ help; do
		[[ $command != - ]] || printf '%s\t%s\n' "$word" "$help"
	done < <(__dnatctl_table)
}
