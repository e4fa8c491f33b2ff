# SPDX-License-Identifier: GPL-2.0-only
# What every script of the lab shares: where things are, and how it speaks.
# shellcheck shell=bash disable=SC2034

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/dnat
KERNELS=(6.1 6.12)

# What no test may leave in the kernel's log.
VM_BAD='WARNING:|BUG:|BUG |Oops|KASAN|KCSAN|UBSAN|general protection|rcu.*(stall|detected)|INFO: (task|possible|rcu)|lockdep|refcount_t|[Ll]eak|unregister_netdevice: waiting|soft lockup|hung_task'
# What a kernel says of itself at its start, and nothing is wrong with.
VM_FINE='kmemleak: (Kernel memory leak detector|Automatic memory scanning)|RCU lockdep checking is enabled'

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "Error: $*"
	exit 1
}

need_root() {
	[ "$(id -u)" -eq 0 ] || die "$0 needs root"
}

# wait_for SECONDS COMMAND... - until COMMAND succeeds, or fail after SECONDS and four tries for
# each of them: where a machine is slow, a try takes long, and there is more time for all of them.
wait_for() {
	local end=$((SECONDS + $1)) tries=$(($1 * 4))

	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || [ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}
