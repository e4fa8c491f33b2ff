# SPDX-License-Identifier: GPL-2.0-only
# Modules that only tests need, built for a kernel of the lab.
#
#   kernel-NAME/WHAT-HASH/   copies of the sources, and the module, HASH being that of its
#                            sources and, where we built the kernel, of its build
#
# shellcheck shell=bash disable=SC2034

module_make() {
	if source_is "$1"; then
		source_module "$1" "$2" W=1
	else
		make -C "$(kernel_kdir "$1")" M="$2" W=1 modules
	fi
}

# module_hash NAME DIR... - what a build for kernel NAME of what lies there is known by.
module_hash() {
	local name=$1 part

	shift
	for part in "$@"; do
		KMOD=$TOP/$part kernel_kmod_hash "$name"
	done | sha256sum | cut -c1-16
}

# module_build NAME WHAT DIR... - for kernel NAME build the module in DIR, the first of them, which
# may include sources of the others; print where that lies. They are directories of ours.
module_build() {
	local name=$1 what=$2 dir out tmp part

	shift 2
	kernel_fetch "$name" || return 1
	dir=$(kernel_dir "$name")
	out=$dir/$what-$(module_hash "$name" "$@")
	(
		flock 9
		[ ! -e "$out" ] || exit 0
		find "$dir" -maxdepth 1 -name "$what-*" -mmin +600 -exec rm -rf {} +
		tmp=$(mktemp -d "$dir/tmp-XXXXXX")
		for part in "$@"; do
			KMOD=$TOP/$part kmod_copy "$tmp/$part"
		done
		if ! module_make "$name" "$tmp/$1" >"$tmp/make.log" 2>&1; then
			cat "$tmp/make.log" >&2
			rm -rf "$tmp"
			exit 1
		fi
		mv "$tmp" "$out"
	) 9>"$dir/lock" || return 1
	touch "$out"
	printf '%s\n' "$out/$1"
}
