# SPDX-License-Identifier: GPL-2.0-only
# User-Mode Linux built from Debian's linux-source package, and the module built for it.
#
#   uml/src/                 the package's sources, which both builds share
#   kernel-NAME/build-HASH/  one build (O=), HASH being that of its options and sources
#   kernel-NAME/stage-HASH/  as for the packaged kernels
#
# shellcheck shell=bash disable=SC2034,SC2154

UML_KERNELS=(uml uml-debug)
UML_SERIES=6.12
UML_DEPS=(flex bison bc)
UML_SRC=$CACHE/uml/src

# The options of NAME, one file over the other.
uml_configs() {
	printf '%s\n' "$TOP/tests/lib/uml.config"
	[ "$1" = uml ] || printf '%s\n' "$TOP/tests/lib/$1.config"
}

uml_build_dir() {
	local -a configs

	mapfile -t configs < <(uml_configs "$1")
	printf '%s/build-%s\n' "$(kernel_dir "$1")" \
		"$(cat "${configs[@]}" "$UML_SRC/debian-version" | sha256sum | cut -c1-16)"
}

uml_version() {
	cat "$(uml_build_dir "$1")/include/config/kernel.release"
}

# The registers of a processor with AMX are larger than the room that this kernel has for its
# guest's; a host that finds them cut short refuses them all, and init dies. Later kernels ask
# the host for the size.
uml_patch() {
	sed -i 's/\(DEFINE_LONGS(HOST_FP_SIZE\), 2696)/\1, 12288)/' "$1/arch/x86/um/user-offsets.c" &&
	grep -q 'HOST_FP_SIZE, 12288' "$1/arch/x86/um/user-offsets.c" &&
	: >"$1/patched"
}

uml_unpack() {
	local dir=$1 package=linux-source-$UML_SERIES

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

# uml_fetch - have the sources unpacked.
uml_fetch() {
	local tmp

	[ ! -e "$UML_SRC/patched" ] || return 0
	mkdir -p "$CACHE/uml"
	(
		flock 9
		[ ! -e "$UML_SRC/patched" ] || exit 0
		rm -rf "$CACHE"/uml/tmp-* "$UML_SRC"
		tmp=$(mktemp -d "$CACHE/uml/tmp-XXXXXX")
		if ! uml_unpack "$tmp"; then
			rm -rf "$tmp"
			exit 1
		fi
		mv "$tmp/src" "$UML_SRC" && rm -rf "$tmp"
	) 9>"$CACHE/uml/lock"
}

uml_make() {
	nice -n 15 make -C "$UML_SRC" ARCH=um O="$1" -j"$(nproc)" "${@:2}"
}

uml_make_kernel() {
	local name=$1 dir=$2
	local -a configs

	mapfile -t configs < <(uml_configs "$name")
	uml_make "$dir" tinyconfig &&
	(cd "$UML_SRC" && scripts/kconfig/merge_config.sh -m -O "$dir" "$dir/.config" "${configs[@]}") &&
	uml_make "$dir" olddefconfig &&
	uml_make "$dir" linux modules
}

# uml_build NAME - build NAME (uml, uml-debug), unless that is done. One that was interrupted
# goes on where it was.
uml_build() {
	local name=$1 dir build

	uml_fetch || return 1
	dir=$(kernel_dir "$name")
	build=$(uml_build_dir "$name")
	[ ! -e "$build/built" ] || return 0
	mkdir -p "$build"
	(
		flock 9
		[ ! -e "$build/built" ] || exit 0
		find "$dir" -maxdepth 1 -name 'build-*' ! -path "$build" -exec rm -rf {} +
		say "building kernel $name; this takes some 10 minutes, once"
		if ! uml_make_kernel "$name" "$build" >"$build/log" 2>&1; then
			tail -n 40 "$build/log" >&2
			die "kernel $name does not build"
		fi
		: >"$build/built"
	) 9>"$dir/lock"
}

# uml_module NAME SOURCE - make the module in SOURCE, a copy, for NAME.
uml_module() {
	local name=$1 src=$2

	uml_make "$(uml_build_dir "$name")" M="$src" "${@:3}" modules
}

uml_stage_fill() {
	local name=$1 tmp=$2 build modules

	build=$(uml_build_dir "$name")
	modules=$tmp/lib/modules/$(uml_version "$name")
	kmod_copy "$tmp/src" || return 1
	if ! uml_module "$name" "$tmp/src" >"$tmp/make.log" 2>&1; then
		cat "$tmp/make.log" >&2
		return 1
	fi
	mkdir -p "$modules/updates"
	cp "$build"/modules.{order,builtin,builtin.modinfo} "$modules/" &&
	find "$tmp/src" -name '*.ko' -exec cp -t "$modules/updates" {} + &&
	depmod -b "$tmp" -F "$build/System.map" "$(uml_version "$name")"
}

# uml_build_module NAME - kernel and module, both up to date and staged.
uml_build_module() {
	local name=$1 dir stage tmp

	uml_build "$name" || return 1
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
		if ! uml_stage_fill "$name" "$tmp"; then
			say "Error: the module does not build for kernel $name"
			rm -rf "$tmp"
			exit 1
		fi
		mv "$tmp" "$stage"
	) 9>"$dir/lock"
}
