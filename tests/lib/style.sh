# SPDX-License-Identifier: GPL-2.0-only
# What the text of the project must be, whatever it does. Each check prints what is wrong.
# shellcheck shell=bash

# The project's own files of some kinds: style_files PATTERN...
style_files() {
	build_sources | grep -E "$1"
}

style_shell() {
	local -a files

	mapfile -t files < <(build_sources | while read -r file; do
		case $file in
		*.sh)	printf '%s\n' "$file" ;;
		*)	! head -n 1 "$file" | grep -qaE '^#!.*\b(ba)?sh\b' || printf '%s\n' "$file" ;;
		esac
	done; style_files '^completion/bash')
	shellcheck -s bash "${files[@]}"
}

# Whether pages that are referred to are installed here says nothing about ours.
style_man() {
	local out

	out=$(style_files '^man/.*\.[0-9]$' | xargs -r mandoc -Tlint 2>&1 |
		grep -v -e 'outdated mandoc.db' -e 'referenced manual not found')
	[ -z "$out" ] || { printf '%s\n' "$out"; return 1; }
}

style_cppcheck() {
	style_files '^(common|lang|daemon|cli|completion)/.*\.c$' |
		xargs cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability \
			--inline-suppr --suppress=missingIncludeSystem --std=c11 \
			-I. -Idaemon -Ikmod/uapi -DHAVE_CONFIG_H=0 '-DDNAT_CONF=""'
}

style_spdx() {
	local file rc=0

	while read -r file; do
		if ! head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0'; then
			echo "$file: no SPDX line"
			rc=1
		fi
	done < <(style_files '\.([ch]|sh)$|(^|/)(Makefile(\.am)?|Kbuild|configure\.ac)$|^tests/(lab|run)$')
	return $rc
}

style_space() {
	! style_files '\.([ch]|sh|am|ac|[0-9])$|^(README|completion/.*)$' | xargs grep -nE '[[:space:]]+$'
}

style_size() {
	local file lines rc=0

	while read -r file; do
		lines=$(wc -l <"$file")
		if [ "$lines" -gt 600 ]; then
			echo "$file: $lines lines"
			rc=1
		fi
	done < <(style_files '\.([ch]|sh)$')
	[ "$(wc -l <README)" -lt 150 ] || { echo "README: 150 lines or more"; rc=1; }
	return $rc
}
