# SPDX-License-Identifier: GPL-2.0-only
# The lab tests and the demonstration, each in a guest or where they can run.
# shellcheck shell=bash

# Some kernel of QEMU's may have the counter that this is about; none of ours has.
test_genid_module() {
	local copy

	source_is "$1" || {
		copy=$(module_build "$1" genid tests/genid) && printf '%s\n' "$copy/dnat_genid.ko"
	}
}

# Where processors are tried against each other there must be more than one.
test_smp_module() {
	local copy

	case $1 in
	uml*)	return ;;
	esac
	copy=$(module_build "$1" smp tests/smp kmod) || return 1
	printf '%s\n' "$copy/dnat_smp.ko"
}

# test_main - tests/lab test [--kernel NAME] [--long] [TEST]...
test_main() {
	local name=6.1 timeout=4500 root test
	local -a files=()

	while [ $# -gt 0 ]; do
		case $1 in
		--kernel)	name=${2:?}; shift 2 ;;
		--long)		timeout=14400; export LAB_LONG=yes; shift ;;
		-*)		die "test: unknown option $1" ;;
		*)		break ;;
		esac
	done
	need_root
	deps_install
	for test in "$@"; do
		test=$(basename "$test" .sh)
		mapfile -t -O ${#files[@]} files < <(printf '%s\n' "$TOP"/tests/lab.d/*"$test"*.sh)
		[ -e "${files[-1]}" ] || die "no test \"$test\" in tests/lab.d"
	done
	[ ${#files[@]} -gt 0 ] || files=("$TOP"/tests/lab.d/*.sh)
	root=$(build_root) || die "the project does not build"
	SMP_MODULE=$(test_smp_module "$name") || die "the test of two processors does not build for kernel $name"
	GENID_MODULE=$(test_genid_module "$name") || die "the test of extensions does not build for kernel $name"
	export DNAT_ROOT=$root SMP_MODULE GENID_MODULE
	vm_main --kernel "$name" --env DNAT_ROOT --env LAB_LONG --env SMP_MODULE --env GENID_MODULE --env SMP_COUNT --env OFFLOAD_MB --env SAME_RANDOM \
		--timeout $timeout -- "$TOP/tests/lib/guest.sh" "${files[@]}"
}

# Whether this kernel takes our module, and has what the test bed is made of.
demo_here() {
	[ -e /proc/modules ] && [ -e "/lib/modules/$(uname -r)/build/Makefile" ] &&
	modprobe -qa nf_tables nf_conntrack 8021q bridge veth
}

# The module for this very kernel. insmod asks for no place in /lib/modules.
demo_module() {
	local tmp

	[ ! -d /sys/module/nf_double_nat ] || return 0
	tmp=$(mktemp -d)
	kmod_copy "$tmp" || return 1
	build_quietly "building the module for $(uname -r)" \
		make -C "$tmp" KDIR="/lib/modules/$(uname -r)/build" || return 1
	modprobe -a nf_conntrack nf_nat nf_tables nf_reject_ipv4 nf_reject_ipv6
	insmod "$tmp/nf_double_nat.ko" && rm -rf "$tmp"
}

demo_main() {
	local name=6.1 here=auto root loaded rc

	while [ $# -gt 0 ]; do
		case $1 in
		--kernel)	name=${2:?}; here=no; shift 2 ;;
		*)		die "demo: unknown argument $1" ;;
		esac
	done
	need_root
	deps_install
	root=$(build_root) || die "the project does not build"
	export DNAT_ROOT=$root
	if [ $here = auto ] && demo_here; then
		loaded=$([ ! -d /sys/module/nf_double_nat ] || echo yes)
		demo_module || die "the module does not load"
		"$TOP/tests/lib/demo.sh"
		rc=$?
		# The namespaces' rules hold it for a little longer than the namespaces' names.
		[ -n "$loaded" ] || wait_for 20 rmmod nf_double_nat
		return $rc
	else
		say "starting a Debian $name kernel"
		vm_main --kernel "$name" --env DNAT_ROOT -- "$TOP/tests/lib/demo.sh"
	fi
}
