#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The unit's place in a boot: systemd drops a service where the order is a circle.

set -u
unit=${srcdir:?}/init/dnatd.service.in
system=$(systemd-path systemd-search-system-unit 2>/dev/null | tr : '\n' | grep '^/lib/\|^/usr/lib/')
command -v systemd-analyze >/dev/null && [ -n "$system" ] || exit 77
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# service NAME LINE... - one that a boot starts, with its package's own order
service() {
	local name=$1

	shift
	printf '%s\n' '[Unit]' "$@" '[Service]' 'ExecStart=/bin/true' >"$dir/$name.service"
}

sed 's,@sbindir@/[a-z]*,/bin/true,' "$unit" >"$dir/dnatd.service"
service keepalived After=network-online.target Wants=network-online.target
service bird After=network.target
service frr Wants=network.target 'After=network-pre.target systemd-sysctl.service' Before=network.target
service nftables Wants=network-pre.target 'Before=network-pre.target shutdown.target' DefaultDependencies=no
printf '%s\n' '[Unit]' 'Wants=network.target dnatd.service nftables.service' \
	'Wants=keepalived.service bird.service frr.service' >"$dir/boot.target"

order() {
	SYSTEMD_UNIT_PATH=$dir:$(paste -sd : <<<"$system") systemd-analyze --no-pager verify boot.target 2>&1
}

out=$(order)
if grep -q 'cycle' <<<"$out"; then
	printf 'failed: the order of the unit is a circle:\n%s\n' "$out" >&2
	failed=1
fi

# Such a circle would be seen.
echo 'Before=frr.service' >"$dir/circle"
sed -i "/^After=/r $dir/circle" "$dir/dnatd.service"
if ! order | grep -q 'cycle'; then
	echo 'failed: systemd-analyze sees no circle' >&2
	failed=1
fi
exit $failed
