#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whom the files of a folder may include, besides each other and the system's headers.

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

# includes FOLDER - "FILE FOLDER-OF-THE-HEADER" for each.
includes() {
	local file header

	grep -Ho '^#include "[^"]*"' "$top/$1"/*.[ch] | sed 's/#include "\(.*\)"/\1/' |
	while IFS=: read -r file header; do
		case $header in
		config.h)	;;
		common/*|lang/*|cli/*)	echo "$file ${header%/*}" ;;
		*)		echo "$file daemon/${header%/*}" ;;
		esac
	done
}

while read -r folder rest; do
	allowed=" $folder ${rest##*:} "
	[[ $rest == *:* ]] || allowed=" $folder "
	while read -r file wanted; do
		[[ $allowed != *" $wanted "* ]] || continue
		echo "${file#"$top"/}: may not include $wanted"
		failed=1
	done < <(includes "$folder")
done < <(layers)

# Each folder has its line.
for folder in "$top"/daemon/*/; do
	folder=${folder#"$top"/}
	layers | grep -q "^${folder%/} " || { echo "$folder is not in the table"; failed=1; }
done
exit $failed
