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

for page in 8/dnatctl 8/dnatd 4/nf_double_nat 5/dnatctl-json 5/services.conf 7/dnat-workflows; do
	section=${page%/*} name=${page#*/}
	check_match "man $section $name" "$name" "$(man -M "$DNAT_ROOT/usr/share/man" "$section" "$name" 2>&1)"
done
for program in dnatctl dnatd; do
	check_match "$program -V says a version" '[0-9]+\.[0-9]+' "$($program -V 2>&1)"
done

page=$(find "$DNAT_ROOT/usr/share/man" -name 'dnatd.8*')
check_is "dnatd -h and --help are the same" "$(dnatd --help)" "$(dnatd -h)"
check_is "and dnatd's page has the options that it lists" \
	"$(zcat -f "$page" | sed -nE 's/ (Ar|Cm) .*//; s/^\.It Fl //p' | tr -d , | tr -s ' ' '\n' | sed 's/^/-/' | sort)" \
	"$(dnatd --help | sed -nE 's/^  (-.*)  .*/\1/p' | grep -oE -e '--?[a-zA-Z]+(-[a-z]+)*' | sort)"
check_is "and its synopsis has all of them" "$(dnatd --help | sed '/^$/,$d' | grep -oE -e '--[a-z-]+' | sort)" \
	"$(zcat -f "$page" | sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/s/^\.\(Op \)*Fl -\([a-z-]*\).*/--\2/p' | sort)"

check "dnatd starts" daemon_start || return
page=$(find "$DNAT_ROOT/usr/share/man" -name 'dnatctl.8*')
while read -r line; do
	check "the manual's example runs: $line" bash -c "$line"
done < <(zcat -f "$page" | sed -nE 's/^\.Dl +(# )(dnatctl .*)$/\2/p' | sed 's/\\&//g; s/\\-/-/g')

check "services are added" services live 8088 b1 || return

# offers WORD ARGUMENT... - it is given two seconds to ask dnatd, which can be too few here.
offers() {
	local wanted=$1

	shift
	complete_words dnatctl "$@" | grep -qxF -e "$wanted"
}
check "completion offers objects" offers service s
check "completion offers keywords" offers scheduler service set live4 sch
check "completion offers live names" wait_for 20 offers live4 service del li
check "completion offers live addresses" wait_for 20 offers "$(addr4 b1)" backend del live4 addr 10
check "IPv6 ones, too" wait_for 20 offers "$(addr6 b1)" backend del live6 addr fd00
check "and ports" wait_for 20 offers 8080 backend del live4 addr "$(addr4 b1)" port 8
