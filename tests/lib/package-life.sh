#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The packages' life on a machine, for a guest whose disk is thrown away: installed, upgraded
# with a service that is kept, removed, and purged. Usage: package-life.sh DIR

set -eu
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
dir=$1 next=/tmp/next
export DEBIAN_FRONTEND=noninteractive

# The same package with another version.
package_next() {
	dpkg-deb -R "$1" $next &&
	sed -i 's/^Version: .*/&+1/' $next/DEBIAN/control &&
	dpkg-deb -b $next "$next.deb" >/dev/null && rm -r $next
}

dnatd_run() {
	/usr/sbin/dnatd --allocator nf_nat 2>/tmp/dnatd.log &
	dnatd=$!
	wait_for 10 dnatctl status || { cat /tmp/dnatd.log; die "dnatd does not answer"; }
}

dnatd_end() {
	kill $dnatd
	wait $dnatd
}

# The guest keeps dnatd's state in memory, and a mount cannot be removed.
umount /var/lib/dnat
dpkg -i "$dir"/dnat_*.deb "$dir"/dnat-dkms_*.deb
dpkg -s dnat dnat-dkms | grep -c '^Status: install ok installed' | grep -x 2
man -w 8 dnatctl 8 dnatd 4 nf_double_nat
dkms status dnat | grep '^dnat/' || die "DKMS does not know the module's sources"

dnatd_run
[ "$(stat -c '%a %G' /run/dnat/control.sock)" = '660 dnat' ] || die "the control socket is not group dnat's"
dnatctl service add web vip 192.0.2.10 port 80
dnatd_end
package_next "$dir"/dnat_*.deb
dpkg -i $next.deb
dnatd_run
[ "$(dnatctl -j service show | jq -r '.[].name')" = web ] || die "the service is lost in the upgrade"
dnatd_end

dpkg -L dnat dnat-dkms >/tmp/files
dpkg -r dnat dnat-dkms
[ ! -e /usr/sbin/dnatd ] || die "the daemon is not removed"
[ -n "$(ls /var/lib/dnat)" ] || die "the services are lost before the purge"
[ -z "$(dkms status dnat)" ] || die "DKMS still knows the module's sources"
dpkg -P dnat dnat-dkms
[ ! -e /var/lib/dnat ] || [ -z "$(ls -A /var/lib/dnat)" ] || die "the services outlive the purge"
left=$(while read -r file; do [ -d "$file" ] || [ ! -e "$file" ] || echo "$file"; done </tmp/files)
[ -z "$left" ] || die "files outlive the purge: $left"
