# SPDX-License-Identifier: GPL-2.0-only
# The Debian packages, built from a copy of the sources as their maintainer would.
# shellcheck shell=bash disable=SC2034

PACKAGE_DEPS=(debhelper dh-dkms dkms dpkg-dev fakeroot lintian)

# package_build DIR - the packages, in DIR.
package_build() {
	local dir=$1

	grep -qF "\"$(dpkg-parsechangelog -l "$TOP/debian/changelog" -S Version)\"" "$TOP/kmod/dnat.h" ||
		{ echo "debian/changelog and kmod/dnat.h have different versions"; return 1; }
	mkdir -p "$dir/src" &&
	build_sources | tar -C "$TOP" -cf - -T - | tar -C "$dir/src" -xf - &&
	(cd "$dir/src" && dpkg-buildpackage -us -uc -b)
}

package_lint() {
	lintian --allow-root --fail-on error,warning "$1"/*.changes
}

# package_dkms DIR KERNEL - what dnat-dkms would have DKMS do, for a kernel of the lab, with a
# compiler that warns of something new: a balancer must not be left without its module for that.
package_dkms() {
	local dir=$1 name=$2 version tree

	version=$(kernel_version "$name")
	tree=$dir/dkms-$name
	mkdir -p "$tree/lib" "$tree/install/$version" &&
	dpkg -x "$dir"/dnat-dkms_*.deb "$tree/root" &&
	KCFLAGS=-Wunused-macros dkms install dnat/"$(dpkg-deb -f "$dir"/dnat-dkms_*.deb Version)" -k "$version" \
		--kernelsourcedir "$(kernel_kdir "$name")" --no-depmod \
		--sourcetree "$tree/root/usr/src" --dkmstree "$tree/lib" --installtree "$tree/install" &&
	find "$tree/install" -name 'nf_double_nat.ko*' | grep .
}
