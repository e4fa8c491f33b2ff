# SPDX-License-Identifier: GPL-2.0-only
# The bench farm's module, built for a kernel, and the benchmark in it.
# shellcheck shell=bash

bench_usage() {
	cat <<'EOT'
Usage: tests/lab bench [--kernel NAME] [--mem M] [--before COMMIT] [OPTION]...
       tests/lab bench [--kernel NAME] [--mem M] check|list|services [OPTION]...
       tests/lab bench checks [SECONDS [BACKENDS]]
       tests/lab bench [--kernel NAME] [--mem M] loop [OPTION]...
       tests/lab bench [--mem M] [--before COMMIT] many [OPTION]...
       tests/lab bench [--kernel uml-debug] nomem [--count N]
       tests/lab bench [--kernel NAME] [--mem M] figures [--out DIR] [OPTION]...
       tests/lab bench [--kernel NAME] [--mem M] smp [--out DIR] [OPTION]...

Measures Double-NAT beside other ways to do its work, in User-Mode Linux, packet by packet.
A table goes to standard error and everything measured, as JSON, to standard output.
"check" tries, with the same farm, whether Double-NAT does what it promises; "list" times
dnatctl's lists of 500,000 connections (--count, --rounds and --servers are its options);
"services" times whole configurations from one file and single changes among so many services
(--counts 1,1000,10000, --changes and --servers are its options): in the kernel that runs here,
without the module, unless a kernel is named; where others use the machine, under chrt -f 20;
"checks" tells what dnatd takes of a core for 2,000 checks a second, in the kernel that runs here;
"loop" asks everything of dnatd at once: 1,000 services with 10,000 backends, of which 2,000 are
dark, 500,000 connections, 100 drains, 50 readers that take nothing and 200 clients (--help tells
the options); it tells how long the longest turn of dnatd's loop was, and fails where a healthy
backend was found down; in the kernel that runs here, with the connections that this has room for
and without the module, unless a kernel is named;
"many" measures where many connections are open: 30,000, 150,000, 300,000 and 1,000,000 of them;
what the first packet of one more costs, all packets of a short one, and one of each of those in
and out, from cold caches;
"conntrack -F" of 200,000; short connections that take ports of closed ones, with all cycles of
the kernel, RCU and work in the background included; and memory (--help tells the options);
"nomem" tries what Double-NAT does when the kernel makes its allocations fail, which only
uml-debug can. "figures" redoes the paper's figures 8 to 13, with IPVS NAT and nftables beside
Double-NAT: connections a second and packets a second over time, connections held over time,
and throughput by packet size. It leaves pictures (SVG) and their data (figures.json) in DIR.
"smp" has two processors work at once, in 6.12 under QEMU, and tells how much more they do
than one: processors.svg and smp.json. Where QEMU has to emulate them, only the ratio tells.

  --rounds N          how often each takes its turn (default 5)
  --count N           connections a turn (default 20000)
  --servers N         backends (default 6)
  --close HOW         client (default), server or rst
  --contestants A,B   forward, ipvs-nat, ipvs-snat, nft, nft-flowtable, nftlb, double-nat,
                      double-nat-slow, double-nat-uncounted (without counters by service);
                      and before, with --before
  --before COMMIT     has the module of that commit take part
  --fill A,B          instead: open connections through these until there is no room
  --short A,B         instead: --count short connections through these, one after the other
  --slices N          tell of each N-th part of those two (default 20)
  --stop N            end those two after so many failures (default 1; 0: never)
  --buckets N         of conntrack's hash table (default 1048576)
  --kernel NAME       uml (default), uml-debug, debug, 6.1 or 6.12; only uml is worth
                      measuring, but for smp
  --mem M             memory in MiB (default 6144; many 3072)

figures takes --rounds N (default 3), --contestants A,B, and
  --servers N,N       backends, one picture of connections held for each (default 6,8,16)
  --seconds S         of connections, and of packets (default 8)
  --slices N          points of a line (default 50)
smp takes --rounds, --servers, --contestants, and
  --cpus N            processors against one (default 2)
  --ms N              milliseconds of a measurement (default 1000)
Both take
  --out DIR           where pictures and data go; figures has "figures" as a default, and smp
                      draws nothing without it
EOT
}

BENCH_DEPS=(ipvsadm nftlb)
BENCH_DRAW_DEPS=(gnuplot-nox)

# bench_module NAME - build dnat_bench.ko for NAME, unless that is done, and print its path.
bench_module() {
	local copy

	copy=$(module_build "$1" bench tests/bench/kmod) || return 1
	printf '%s\n' "$copy/dnat_bench.ko"
}

# bench_before NAME COMMIT - build the module of COMMIT for NAME, unless that is done, and print
# its path.
bench_before() {
	local dir ko=''

	dir=$(mktemp -d) || return 1
	if git -C "$TOP" archive "$2" kmod | tar -x -C "$dir" && KMOD=$dir/kmod kernel_build_module "$1"; then
		ko=$(find "$(KMOD=$dir/kmod kernel_stage "$1")/lib" -name nf_double_nat.ko)
	fi
	rm -rf "$dir"
	[ -n "$ko" ] && printf '%s\n' "$ko"
}

# bench_draw SCRIPT DIR - what the guest's SCRIPT measures as JSON to DIR, and pictures of it.
bench_draw() {
	local script=$1 dir=$2 data=$2/$1.json

	shift 2
	deps_install "${BENCH_DRAW_DEPS[@]}"
	mkdir -p "$dir" || return 1
	bench_run "$script" "$@" >"$data.new" || { rm -f "$data.new"; return 1; }
	mv "$data.new" "$data" && printf '%s\n' "$data" && "$TOP/tests/bench/plot.py" "$data" "$dir"
}

# In a shell of its own, for the guest's end is the shell's.
bench_run() (
	script=$1
	shift
	BENCH_LOAD=$(cut -d ' ' -f 1-3 /proc/loadavg)
	export BENCH_LOAD
	vm_main --kernel "$name" --mem "$mem" --timeout "$timeout" \
		--env DNAT_ROOT --env BENCH_LOAD --env BENCH_BEFORE -- \
		"$TOP/tests/bench/$script.py" --module "$module" "$@"
)

bench_main() {
	local name='' mem='' script=bench out='' before='' timeout=3600 module
	local -a args=()

	while [ $# -gt 0 ]; do
		case $1 in
		--kernel)	name=${2:?}; shift 2 ;;
		--mem)		mem=${2:?}; shift 2 ;;
		--before)	before=${2:?}; shift 2 ;;
		check|checks|list|loop|many|services|nomem|figures|smp)
				script=$1; shift; break ;;
		-h|--help)	bench_usage; return 0 ;;
		*)		break ;;
		esac
	done
	while [ $# -gt 0 ]; do
		case $script:$1 in
		figures:--out|smp:--out)	out=${2:?}; shift 2 ;;
		*)				args+=("$1"); shift ;;
		esac
	done
	[ "$script" != figures ] || out=${out:-figures}
	if [ "$script" = checks ] || { [[ $script = loop || $script = services ]] && [ -z "$name" ]; }; then
		need_root
		DNAT_ROOT=$(build_root) || die "the project does not build"
		export DNAT_ROOT
		exec "$TOP/tests/bench/$script.py" "${args[@]}"
	fi
	if [ -z "$name" ]; then
		case $script in
		nomem)	name=uml-debug ;;
		smp)	name=6.12 ;;
		*)	name=uml ;;
		esac
	fi
	kernel_known "$name"
	# It touches all of its memory first.
	if [ "$script" = many ]; then
		[[ $name = uml* ]] || die "bench many needs User-Mode Linux, which can tell its CPU time"
		mem=${mem:-3072} timeout=14400
	fi
	mem=${mem:-6144}
	need_root
	deps_install "${SOURCE_DEPS[@]}" "${BENCH_DEPS[@]}"
	module=$(bench_module "$name") || die "the bench farm does not build for kernel $name"
	if [ -n "$before" ]; then
		BENCH_BEFORE=$(bench_before "$name" "$before") || die "the module of $before does not build"
		export BENCH_BEFORE
	fi
	if [[ $script = list || $script = services || $script = loop ]]; then
		DNAT_ROOT=$(build_root) || die "the project does not build"
		export DNAT_ROOT
	fi
	if [ -n "$out" ]; then
		bench_draw "$script" "$out" "${args[@]}"
	else
		bench_run "$script" "${args[@]}"
	fi
}
