# SPDX-License-Identifier: GPL-2.0-only
# What is installed: manual pages with examples that run as printed, and completion.
# shellcheck shell=bash

# complete WORD... - what bash offers for the last word.
complete_words() {
	bash -c '
		. "$1/usr/share/bash-completion/bash_completion" 2>/dev/null ||
			. /usr/share/bash-completion/bash_completion
		. "$1/usr/share/bash-completion/completions/dnatctl"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		COMP_LINE="$*"
		COMP_POINT=${#COMP_LINE}
		spec=$(complete -p dnatctl)
		function=${spec#*-F }
		"${function%% *}" dnatctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}"' - "$DNAT_ROOT" "$@" | sed 's/ *$//'
}

for page in 8/dnatctl 8/dnatd 4/nf_double_nat; do
	section=${page%/*} name=${page#*/}
	check_match "man $section $name" "$name" "$(man -M "$DNAT_ROOT/usr/share/man" "$section" "$name" 2>&1)"
done
for program in dnatctl dnatd; do
	check_match "$program -V says a version" '[0-9]+\.[0-9]+' "$($program -V 2>&1)"
done

check "dnatd starts" daemon_start || return
page=$(find "$DNAT_ROOT/usr/share/man" -name 'dnatctl.8*')
while read -r line; do
	check "the manual's example runs: $line" bash -c "$line"
done < <(zcat -f "$page" | sed -nE 's/^\.Dl +(# )(dnatctl .*)$/\2/p' | sed 's/\\&//g; s/\\-/-/g')

check "services are added" services live 8088 b1 || return
check_match "completion offers objects" '^service$' "$(complete_words dnatctl s)"
check_match "completion offers live names" '^live4$' "$(complete_words dnatctl service del li)"
check_match "completion offers keywords" '^scheduler$' "$(complete_words dnatctl service set live4 sch)"
