#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whom the files of a folder may include, besides each other and the system's headers.
# It also counts who includes whom, by files and by folders, and fails where they do in a circle.

top=${srcdir:-$(dirname "$0")/../..}
failed=0

# A line a folder: what it is for, and the folders it may include.
layers() {
	cat <<-'EOT'
		common          what both programs use: addresses, errors, text
		lang            the language of dnatctl and services.conf: common
		cli             dnatctl: common lang daemon/control
		daemon/base     what every part uses and that uses none: common
		daemon/model    what the admin asked for, data and rules: common lang daemon/base
		daemon/net      netlink, and interfaces: common daemon/base daemon/model
		daemon/store    the state on the disk: common daemon/base daemon/model
		daemon/check    one check of one backend: common daemon/base daemon/model
		daemon/conn     connections, and conntrack's view of them: common daemon/base daemon/model daemon/net
		daemon/nft      the table inet dnatd, and others' rules: common daemon/base daemon/model daemon/net
		daemon/module   the client of nf_double_nat: common daemon/base daemon/model daemon/net daemon/conn
		daemon/control  the socket, its clients, who may: common lang daemon/base
		daemon/engine   carries changes out and keeps them so: common lang daemon/base daemon/model daemon/net daemon/store daemon/check daemon/conn daemon/nft daemon/module daemon/control
		daemon/api      the operations of the socket: common lang daemon/base daemon/model daemon/net daemon/store daemon/check daemon/conn daemon/nft daemon/module daemon/control daemon/engine
		daemon/metrics  what Prometheus is told: common daemon/base daemon/model daemon/net daemon/module daemon/conn daemon/engine daemon/api
		daemon          options, locks, start and stop: common lang daemon/base daemon/model daemon/net daemon/store daemon/check daemon/conn daemon/nft daemon/module daemon/control daemon/engine daemon/api daemon/metrics
	EOT
}

# includes FOLDER - "FILE HEADER" for each.
includes() {
	local file header

	grep -Ho '^#include "[^"]*"' "$top/$1"/*.[ch] | sed 's/#include "\(.*\)"/\1/' |
	while IFS=: read -r file header; do
		file=${file#"$top"/}
		case $header in
		config.h)	;;
		common/*|lang/*|cli/*)	echo "$file $header" ;;
		*)		echo "$file daemon/$header" ;;
		esac
	done
}

# all_includes - the same for all folders, and each file alone.
all_includes() {
	local folder file

	while read -r folder _; do
		for file in "$top/$folder"/*.[ch]; do
			echo "${file#"$top"/}"
		done
		includes "$folder"
	done < <(layers)
}

# count WHAT - arrows, levels and circles between the nodes that come in lines: the one that
# includes, and the one included. A node is one level above the highest that it includes; those of
# a circle are on one level.
count() {
	awk -v what="$1" '
	function reach(from, node,	i) {
		for (i = 1; i <= degree[node]; i++) {
			if ((from, next_of[node, i]) in reaches)
				continue
			reaches[from, next_of[node, i]] = 1
			reach(from, next_of[node, i])
		}
	}
	function together(a, b) {
		return a == b || (((a, b) in reaches) && ((b, a) in reaches))
	}
	function level(node,	i, j, of, top) {
		if (node in levels)
			return levels[node]
		for (i = 1; i <= n; i++) {
			if (!together(node, nodes[i]))
				continue
			for (j = 1; j <= degree[nodes[i]]; j++) {
				of = next_of[nodes[i], j]
				if (!together(node, of) && level(of) > top)
					top = level(of)
			}
		}
		return levels[node] = top + 1
	}
	{
		if (!known[$1]++)
			nodes[++n] = $1
		if (!$2 || $1 == $2 || ($1, $2) in arrow)
			next
		arrow[$1, $2] = 1
		next_of[$1, ++degree[$1]] = $2
		arrows++
	}
	END {
		for (i = 1; i <= n; i++)
			reach(nodes[i], nodes[i])
		for (i = 1; i <= n; i++) {
			if (level(nodes[i]) > top)
				top = levels[nodes[i]]
			if (!((nodes[i], nodes[i]) in reaches) || told[nodes[i]])
				continue
			members = ""
			for (j = i; j <= n; j++) {
				if (!together(nodes[i], nodes[j]))
					continue
				told[nodes[j]] = 1
				members = members " " nodes[j]
			}
			print "circle:" members
			circles++
		}
		printf "%d %s, %d arrows, %d levels, %d circles\n",
			n, what, arrows, top, circles
		exit circles > 0
	}'
}

while read -r folder rest; do
	allowed=" $folder ${rest##*:} "
	[[ $rest == *:* ]] || allowed=" $folder "
	while read -r file header; do
		wanted=${header%/*}
		[[ $allowed != *" $wanted "* ]] || continue
		echo "$file: may not include $wanted"
		failed=1
	done < <(includes "$folder")
done < <(layers)

# Each folder has its line.
for folder in "$top"/daemon/*/; do
	folder=${folder#"$top"/}
	layers | grep -q "^${folder%/} " || { echo "$folder is not in the table"; failed=1; }
done

# NAME.c and NAME.h are one.
all_includes | sed -E 's/\.[ch]\>//g' | count "files" || failed=1
all_includes | sed -E 's,/[^/ ]*( |$),\1,g' | count "folders" || failed=1
exit $failed
