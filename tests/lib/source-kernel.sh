# SPDX-License-Identifier: GPL-2.0-only
# Kernels built from Debian's linux-source package, and the module built for them: User-Mode
# Linux, and for QEMU one with every check that finds a bug of ours.
#
#   uml/src/                 the package's sources, which all builds share
#   kernel-NAME/build-HASH/  one build (O=), HASH being that of its options and sources
#   kernel-NAME/stage-HASH/  as for the packaged kernels
#
# shellcheck shell=bash disable=SC2034,SC2154

SOURCE_KERNELS=(uml uml-debug debug)
SOURCE_SERIES=6.12
SOURCE_DEPS=(flex bison bc libelf-dev)
SOURCE=$CACHE/uml/src

# source_is NAME - whether this kernel is one of ours.
source_is() {
	[[ " ${SOURCE_KERNELS[*]} " = *" $1 "* ]]
}

source_arch() {
	case $1 in
	uml*)	echo um ;;
	*)	echo x86_64 ;;
	esac
}

# The options of NAME, one file over the other. What only User-Mode Linux has drops out elsewhere.
source_configs() {
	printf '%s\n' "$TOP/tests/lib/uml.config"
	[ "$1" = uml ] || printf '%s\n' "$TOP/tests/lib/uml-debug.config"
	[ "$1" != debug ] || printf '%s\n' "$TOP/tests/lib/debug.config"
}

source_build_dir() {
	local -a configs

	mapfile -t configs < <(source_configs "$1")
	printf '%s/build-%s\n' "$(kernel_dir "$1")" \
		"$(cat "${configs[@]}" "$SOURCE/debian-version" | sha256sum | cut -c1-16)"
}

source_version() {
	cat "$(source_build_dir "$1")/include/config/kernel.release"
}

# The registers of a processor with AMX are larger than the room that this kernel has for its
# guest's; a host that finds them cut short refuses them all, and init dies. Later kernels ask
# the host for the size.
uml_patch() {
	sed -i 's/\(DEFINE_LONGS(HOST_FP_SIZE\), 2696)/\1, 12288)/' "$1/arch/x86/um/user-offsets.c" &&
	grep -q 'HOST_FP_SIZE, 12288' "$1/arch/x86/um/user-offsets.c" &&
	: >"$1/patched"
}

source_unpack() {
	local dir=$1 package=linux-source-$SOURCE_SERIES

	apt-cache show "$package" >/dev/null 2>&1 || apt-get update -q >&2
	say "kernel sources: fetching $package"
	mkdir "$dir/deb" "$dir/src" || return 1
	# apt drops to a user of its own, who may not write below a private home.
	(cd "$dir/deb" && apt-get download -qq -o APT::Sandbox::User=root "$package") >&2 || return 1
	dpkg -x "$dir"/deb/*.deb "$dir/deb" || return 1
	nice tar -C "$dir/src" --strip-components=1 -xf "$dir/deb/usr/src/$package.tar.xz" || return 1
	uml_patch "$dir/src" || return 1
	dpkg-deb -f "$dir"/deb/*.deb Version >"$dir/src/debian-version"
}

# source_fetch - have the sources unpacked.
source_fetch() {
	local tmp

	[ ! -e "$SOURCE/patched" ] || return 0
	mkdir -p "$CACHE/uml"
	(
		flock 9
		[ ! -e "$SOURCE/patched" ] || exit 0
		rm -rf "$CACHE"/uml/tmp-* "$SOURCE"
		tmp=$(mktemp -d "$CACHE/uml/tmp-XXXXXX")
		if ! source_unpack "$tmp"; then
			rm -rf "$tmp"
			exit 1
		fi
		mv "$tmp/src" "$SOURCE" && rm -rf "$tmp"
	) 9>"$CACHE/uml/lock"
}

# source_make NAME [ARGUMENT]...
source_make() {
	nice -n 15 make -C "$SOURCE" ARCH="$(source_arch "$1")" O="$(source_build_dir "$1")" -j"$(nproc)" "${@:2}"
}

source_image() {
	case $1 in
	uml*)	printf '%s/linux\n' "$(source_build_dir "$1")" ;;
	*)	printf '%s/arch/x86/boot/bzImage\n' "$(source_build_dir "$1")" ;;
	esac
}

source_make_kernel() {
	local name=$1 dir=$2
	local -a configs

	mapfile -t configs < <(source_configs "$name")
	source_make "$name" tinyconfig &&
	(cd "$SOURCE" && scripts/kconfig/merge_config.sh -m -O "$dir" "$dir/.config" "${configs[@]}") &&
	source_make "$name" olddefconfig &&
	source_make "$name" "$(basename "$(source_image "$name")")" modules
}

# source_build NAME - build NAME, unless that is done. One that was interrupted
# goes on where it was.
source_build() {
	local name=$1 dir build

	source_fetch || return 1
	dir=$(kernel_dir "$name")
	build=$(source_build_dir "$name")
	[ ! -e "$build/built" ] || return 0
	mkdir -p "$build"
	(
		flock 9
		[ ! -e "$build/built" ] || exit 0
		find "$dir" -maxdepth 1 -name 'build-*' ! -path "$build" -exec rm -rf {} +
		say "building kernel $name; this takes some 10 minutes, once"
		if ! source_make_kernel "$name" "$build" >"$build/log" 2>&1; then
			tail -n 40 "$build/log" >&2
			die "kernel $name does not build"
		fi
		: >"$build/built"
	) 9>"$dir/lock"
}

# source_module NAME SOURCE - make the module in SOURCE, a copy, for NAME.
source_module() {
	local name=$1 src=$2

	source_make "$name" M="$src" "${@:3}" modules
}

source_stage_fill() {
	local name=$1 tmp=$2 build modules

	build=$(source_build_dir "$name")
	modules=$tmp/lib/modules/$(source_version "$name")
	kmod_copy "$tmp/src" || return 1
	if ! source_module "$name" "$tmp/src" KCFLAGS=-Werror >"$tmp/make.log" 2>&1; then
		cat "$tmp/make.log" >&2
		return 1
	fi
	mkdir -p "$modules/updates"
	cp "$build"/modules.{order,builtin,builtin.modinfo} "$modules/" &&
	find "$tmp/src" -name '*.ko' -exec cp -t "$modules/updates" {} + &&
	depmod -b "$tmp" -F "$build/System.map" "$(source_version "$name")"
}
