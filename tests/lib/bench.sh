# SPDX-License-Identifier: GPL-2.0-only
# The bench farm's module, built for a kernel, and the benchmark in it.
# shellcheck shell=bash

bench_usage() {
	cat <<'EOT'
Usage: tests/lab bench [--kernel NAME] [--mem M] [OPTION]...
       tests/lab bench [--kernel NAME] [--mem M] check|list [OPTION]...
       tests/lab bench [--kernel uml-debug] nomem [--count N]

Measures Double-NAT beside other ways to do its work, in User-Mode Linux, packet by packet.
A table goes to standard error and everything measured, as JSON, to standard output.
"check" tries, with the same farm, whether Double-NAT does what it promises; "list" times
dnatctl's lists of 500,000 connections (--count, --rounds and --servers are its options);
"nomem" tries what Double-NAT does when the kernel makes its allocations fail, which only
uml-debug can.

  --rounds N          how often each takes its turn (default 5)
  --count N           connections a turn (default 20000)
  --servers N         backends (default 6)
  --close HOW         client (default), server or rst
  --contestants A,B   forward, ipvs-nat, ipvs-snat, nft, nft-flowtable, nftlb, double-nat,
                      double-nat-slow
  --fill A,B          instead: open connections through these until there is no room
  --short A,B         instead: --count short connections through these, one after the other
  --slices N          tell of each N-th part of those two (default 20)
  --stop N            end those two after so many failures (default 1; 0: never)
  --buckets N         of conntrack's hash table (default 1048576)
  --kernel NAME       uml (default), uml-debug, 6.1 or 6.12; only uml is worth measuring
  --mem M             memory in MiB (default 6144)
EOT
}

BENCH_DEPS=(ipvsadm nftlb)

# bench_module NAME - build dnat_bench.ko for NAME, unless that is done, and print its path.
bench_module() {
	local copy

	copy=$(module_build "$1" bench tests/bench/kmod) || return 1
	printf '%s\n' "$copy/dnat_bench.ko"
}

bench_main() {
	local name='' mem=6144 script=bench module

	while [ $# -gt 0 ]; do
		case $1 in
		--kernel)	name=${2:?}; shift 2 ;;
		--mem)		mem=${2:?}; shift 2 ;;
		check|list|nomem)
				script=$1; shift; break ;;
		-h|--help)	bench_usage; return 0 ;;
		*)		break ;;
		esac
	done
	[ -n "$name" ] || name=$([ "$script" = nomem ] && echo uml-debug || echo uml)
	case " ${UML_KERNELS[*]} ${KERNELS[*]} " in
	*" $name "*) ;;
	*) die "kernel \"$name\": the lab knows ${UML_KERNELS[*]} ${KERNELS[*]}" ;;
	esac
	need_root
	deps_install "${UML_DEPS[@]}" "${BENCH_DEPS[@]}"
	module=$(bench_module "$name") || die "the bench farm does not build for kernel $name"
	if [ "$script" = list ]; then
		DNAT_ROOT=$(build_root) || die "the project does not build"
		export DNAT_ROOT
	fi
	vm_main --kernel "$name" --mem "$mem" --timeout 3600 --env DNAT_ROOT -- \
		"$TOP/tests/bench/$script.py" --module "$module" "$@"
}
