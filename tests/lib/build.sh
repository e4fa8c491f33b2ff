# SPDX-License-Identifier: GPL-2.0-only
# Builds of the whole project, all of them outside the source tree, from a copy of it: a
# tree that was configured in place cannot be built from elsewhere, and is not ours to clean.
#
#   build/src/      the copy, with configure made
#   build/plain/    as a package would build it, but for the module
#   build/asan/     the same under ASan and UBSan, for the unit tests
#   build/root-HASH/  what "make install" of plain puts in place
# shellcheck shell=bash

# Trees that are worked on side by side need a build each.
BUILD=${DNAT_BUILD:-$CACHE/build}
export LC_ALL=C.UTF-8
SANITIZE='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all'

# The sources: what git would take, or everything in an unpacked release.
build_sources() {
	if git -C "$TOP" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git -C "$TOP" -c safe.directory='*' ls-files -co --exclude-standard
	else
		(cd "$TOP" && find . -type f ! -path './.git/*' -printf '%P\n')
	fi | while read -r file; do
		[ ! -f "$TOP/$file" ] || printf '%s\n' "$file"
	done | sort
}

# build_copy - bring the copy up to date. What is the same stays untouched, and what is not
# gets today's date: that is all that make has to go by.
build_copy() {
	local src=$BUILD/src list=$BUILD/list file

	mkdir -p "$src"
	build_sources >"$list.new"
	[ ! -e "$list" ] || comm -23 "$list" "$list.new" | (cd "$src" && tr '\n' '\0' | xargs -0r rm -f)
	while read -r file; do
		cmp -s "$TOP/$file" "$src/$file" && continue
		mkdir -p "$src/$(dirname "$file")" && cp "$TOP/$file" "$src/$file" || return 1
	done <"$list.new"
	mv "$list.new" "$list"
	[ -x "$src/configure" ] || (cd "$src" && autoreconf -i)
}

# build_tree NAME [CONFIGURE-ARGUMENT]... - configure once, then make.
build_tree() {
	local dir=$BUILD/$1

	shift
	mkdir -p "$dir"
	if [ ! -e "$dir/config.status" ]; then
		(cd "$dir" && "$BUILD/src/configure" --prefix=/usr --sysconfdir=/etc --localstatedir=/var \
			--with-kmod=no --enable-werror "$@") || return 1
	fi
	make -C "$dir" -j"$(nproc)"
}

build_plain() {
	build_tree plain
}

build_asan() {
	build_tree asan CFLAGS="$SANITIZE"
}

# build_install - install the plain build aside, and print where.
build_install() {
	local tmp root

	tmp=$(mktemp -d "$BUILD/tmp-XXXXXX")
	chmod 755 "$tmp"
	if ! make -C "$BUILD/plain" install DESTDIR="$tmp" >"$BUILD/install.log" 2>&1; then
		cat "$BUILD/install.log" >&2
		rm -rf "$tmp"
		return 1
	fi
	root=$BUILD/root-$(cd "$tmp" && find . -type f -print0 | sort -z | xargs -0 sha256sum |
		sha256sum | cut -c1-16)
	if [ -e "$root" ]; then
		rm -rf "$tmp"
	else
		mv "$tmp" "$root"
	fi
	touch "$root"
	find "$BUILD" -maxdepth 1 -name 'root-*' -mmin +600 -exec rm -rf {} +
	printf '%s\n' "$root"
}

# build_quietly WHAT COMMAND... - its output only if it fails.
build_quietly() {
	local log

	log=$(mktemp)
	say "$1"
	shift
	if ! "$@" >"$log" 2>&1; then
		tail -n 60 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

# build_root - the project as installed, built anew where sources changed; prints its place.
# Whoever has built it already says where in DNAT_ROOT.
build_root() {
	if [ -n "${DNAT_ROOT:-}" ]; then
		printf '%s\n' "$DNAT_ROOT"
		return
	fi
	mkdir -p "$BUILD"
	(
		flock 9
		build_quietly "preparing the sources" build_copy >&2 &&
		build_quietly "building" build_plain >&2 &&
		build_install
	) 9>"$BUILD/lock"
}
