# SPDX-License-Identifier: GPL-2.0-only
# Stock Debian kernels, unpacked beside the system and never installed into it,
# and the module built for each of them and of source-kernel.sh's.
#
#   kernel-NAME/pkg/          the packages' files, headers made relocatable
#   kernel-NAME/stage-HASH/   lib/modules/VERSION with the module, HASH being that of its sources
#                             and, where we built the kernel, of its build
#
# Every directory is made aside and renamed, so whatever has its final name is complete.
# shellcheck shell=bash

kernel_dir() {
	printf '%s\n' "$CACHE/kernel-$1"
}

kernel_version() {
	if source_is "$1"; then
		source_version "$1"
	else
		cat "$(kernel_dir "$1")/pkg/version"
	fi
}

# kernel_known NAME - end, unless the lab has such a kernel.
kernel_known() {
	local known="${KERNELS[*]} ${SOURCE_KERNELS[*]}"

	[[ " $known " = *" $1 "* ]] || die "kernel \"$1\": the lab knows $known"
}

# kernel_image NAME - what is started: what QEMU takes, or an ordinary program.
kernel_image() {
	if source_is "$1"; then
		source_image "$1"
	else
		printf '%s\n' "$(kernel_dir "$1")/pkg/boot/vmlinuz-$(kernel_version "$1")"
	fi
}

kernel_kdir() {
	printf '%s\n' "$(kernel_dir "$1")/pkg/usr/src/linux-headers-$(kernel_version "$1")"
}

# The newest plain image of a series: "6.1.0-56-amd64", "6.12.117+deb12-amd64".
kernel_newest() {
	apt-cache pkgnames "linux-image-$1." |
		sed -nE "s/^linux-image-(${1/./\\.}\.[0-9]+(-[0-9]+|\+deb[0-9]+)-amd64)$/\1/p" |
		sort -V | tail -n 1
}

kernel_unpack() {
	local name=$1 dir=$2 version kbuild src

	version=$(kernel_newest "$name")
	if [ -z "$version" ]; then
		say "Error: no Debian package of a $name kernel"
		return 1
	fi
	kbuild=$(apt-cache depends "linux-headers-$version" |
		 sed -nE 's/^ *Depends: (linux-kbuild-[^ ]+)$/\1/p')

	say "kernel $name: fetching $version"
	mkdir -p "$dir/deb" || return 1
	# apt drops to a user of its own, who may not write below a private home.
	(cd "$dir/deb" && apt-get download -qq -o APT::Sandbox::User=root \
		"linux-image-$version" "linux-headers-$version" \
		"linux-headers-${version%-amd64}-common" "$kbuild") >&2 || return 1
	for deb in "$dir"/deb/*.deb; do
		dpkg -x "$deb" "$dir" || return 1
	done
	rm -r "$dir/deb"

	# The packages expect to lie in /usr/src; the flavour's Makefile can find its neighbour itself.
	src=$dir/usr/src
	# shellcheck disable=SC2016
	printf 'include $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../%s)/Makefile\n' \
		"linux-headers-${version%-amd64}-common" >"$src/linux-headers-$version/Makefile"
	rm -f "$dir/lib/modules/$version"/{build,source}
	printf '%s\n' "$version" >"$dir/version"
}

# kernel_fetch NAME - have the packages of series NAME (6.1, 6.12) unpacked, or NAME built.
kernel_fetch() {
	local name=$1 dir tmp

	if source_is "$name"; then
		source_build "$name"
		return
	fi
	dir=$(kernel_dir "$name")
	[ ! -e "$dir/pkg/version" ] || return 0
	mkdir -p "$dir"
	(
		flock 9
		[ ! -e "$dir/pkg/version" ] || exit 0
		rm -rf "$dir"/tmp-*
		tmp=$(mktemp -d "$dir/tmp-XXXXXX")
		chmod 755 "$tmp"
		# A package that apt knows of may have given way to a newer one since.
		if ! kernel_unpack "$name" "$tmp" &&
		   ! { rm -rf "${tmp:?}"/* && apt-get update -q >&2 && kernel_unpack "$name" "$tmp"; }; then
			rm -rf "$tmp"
			exit 1
		fi
		mv "$tmp" "$dir/pkg"
	) 9>"$dir/lock"
}

# The module's sources alone, so that what a build in the tree left there is not taken along.
kmod_sources() {
	(cd "${KMOD:-$TOP/kmod}" &&
	 find . -type f \( -name '*.[ch]' ! -name '*.mod.c' -o -name Kbuild -o -name Makefile \) | LC_ALL=C sort)
}

kmod_hash() {
	(cd "${KMOD:-$TOP/kmod}" && kmod_sources | tr '\n' '\0' | xargs -0 sha256sum | sha256sum | cut -c1-16)
}

kmod_copy() {
	mkdir -p "$1" &&
	kmod_sources | tar -C "${KMOD:-$TOP/kmod}" -cf - -T - | tar -C "$1" -xf -
}

# kernel_kmod_hash NAME - what a build of the present module for NAME is known by.
kernel_kmod_hash() {
	local build

	if source_is "$1"; then
		build=$(source_build_dir "$1")
		printf '%s-%s\n' "$(kmod_hash)" "${build##*-}"
	else
		kmod_hash
	fi
}

# kernel_stage NAME - print NAME's staged tree with the present module in it.
kernel_stage() {
	printf '%s\n' "$(kernel_dir "$1")/stage-$(kernel_kmod_hash "$1")"
}

kernel_stage_fill() {
	local name=$1 tmp=$2 version kdir

	version=$(kernel_version "$name")
	kdir=$(kernel_kdir "$name")
	kmod_copy "$tmp/src" || return 1
	if ! make -C "$tmp/src" KDIR="$kdir" KCFLAGS=-Werror >"$tmp/make.log" 2>&1; then
		cat "$tmp/make.log" >&2
		return 1
	fi
	mkdir -p "$tmp/lib/modules/$version/updates"
	cp -al "$(kernel_dir "$name")/pkg/lib/modules/$version/." "$tmp/lib/modules/$version/" || return 1
	find "$tmp/src" -name '*.ko' -exec cp -t "$tmp/lib/modules/$version/updates" {} +
	# depmod writes new files and renames them: the linked originals stay as they are.
	depmod -b "$tmp" -F "$(kernel_dir "$name")/pkg/boot/System.map-$version" "$version"
}

# kernel_build_module NAME - build the module for NAME and stage it, unless that is done.
kernel_build_module() {
	local name=$1 fill=kernel_stage_fill dir stage tmp

	! source_is "$name" || fill=source_stage_fill
	kernel_fetch "$name" || return 1
	dir=$(kernel_dir "$name")
	stage=$(kernel_stage "$name")
	if [ -e "$stage" ]; then
		touch "$stage"
		return 0
	fi
	(
		flock 9
		[ ! -e "$stage" ] || exit 0
		find "$dir" -maxdepth 1 -name 'stage-*' -mmin +600 -exec rm -rf {} +
		rm -rf "$dir"/tmp-*
		tmp=$(mktemp -d "$dir/tmp-XXXXXX")
		chmod 755 "$tmp"
		if ! "$fill" "$name" "$tmp"; then
			say "Error: the module does not build for kernel $name"
			rm -rf "$tmp"
			exit 1
		fi
		mv "$tmp" "$stage"
	) 9>"$dir/lock"
}

# kernel_check_module NAME - the strictest build there is; any warning fails.
kernel_check_module() {
	local name=$1 tmp rc=0

	kernel_fetch "$name" || return 1
	tmp=$(mktemp -d)
	kmod_copy "$tmp/src"
	make -C "$tmp/src" KDIR="$(kernel_kdir "$name")" KCFLAGS=-Werror W=1 C=2 >"$tmp/log" 2>&1 || rc=1
	grep -qE '(warning|error):' "$tmp/log" && rc=1
	[ "$rc" -eq 0 ] || cat "$tmp/log"
	rm -rf "$tmp"
	return "$rc"
}
