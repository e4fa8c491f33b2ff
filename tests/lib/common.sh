# SPDX-License-Identifier: GPL-2.0-only
# What every script of the lab shares: where things are, and how it speaks.
# shellcheck shell=bash disable=SC2034

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/dnat
KERNELS=(6.1 6.12)

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "Error: $*"
	exit 1
}

need_root() {
	[ "$(id -u)" -eq 0 ] || die "this needs root: sudo $0"
}

# wait_for SECONDS COMMAND... - until COMMAND succeeds, or fail after SECONDS.
wait_for() {
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}
