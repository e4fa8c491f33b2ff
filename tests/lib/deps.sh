# SPDX-License-Identifier: GPL-2.0-only
# Installs what building and testing need, and only what is missing.
# shellcheck shell=bash

DEPS_BUILD=(autoconf automake make gcc pkg-config libc6-dev
	libmnl-dev libnftnl-dev libnetfilter-conntrack-dev libevent-dev
	libjansson-dev libncurses-dev libpcre2-dev libssl-dev libsystemd-dev
	pahole xz-utils)
DEPS_CHECK=(cppcheck mandoc shellcheck sparse jq systemd tmux zsh fish)
DEPS_LAB=(qemu-system-x86 busybox-static cpio kmod util-linux e2fsprogs
	iproute2 nftables conntrack ethtool nginx-light curl dnsmasq-base
	keepalived bind9-dnsutils openssl procps prometheus python3 socat man-db
	bash-completion ipvsadm valgrind libc6-dbg bsdutils git)

deps_missing() {
	comm -23 <(printf '%s\n' "$@" | sort) \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		  sed -n 's/^installed //p' | sort -u)
}

# deps_install [PACKAGE]... - make sure that all of it is there, and these; silent when it is.
deps_install() {
	local -a missing
	local log

	mapfile -t missing < <(deps_missing "${DEPS_BUILD[@]}" "${DEPS_CHECK[@]}" "${DEPS_LAB[@]}" "$@")
	[ ${#missing[@]} -gt 0 ] || return 0

	need_root
	say "installing: ${missing[*]}"
	log=$(mktemp)
	if ! { apt-get update -q &&
	       DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
		       -o DPkg::Lock::Timeout=300 "${missing[@]}"; } >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		rm -f "$log"
		die "apt could not install ${missing[*]}"
	fi
	rm -f "$log"

	# Only the programs are wanted: no server of the distribution's must start with them.
	[ -d /run/systemd/system ] || return 0
	[[ " ${missing[*]} " != *" nginx-light "* ]] || systemctl -q disable --now nginx || true
	[[ " ${missing[*]} " != *" prometheus "* ]] || systemctl -q disable --now prometheus || true
}
