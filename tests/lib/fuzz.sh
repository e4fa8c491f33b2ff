# SPDX-License-Identifier: GPL-2.0-only
# The fuzz targets, under libFuzzer with ASan and UBSan. What it comes to know stays in the
# cache, and the next run begins with it.
# shellcheck shell=bash disable=SC2034

FUZZ_DEPS=(clang libclang-rt-14-dev)
FUZZ=$BUILD/fuzz

fuzz_targets() {
	find "$TOP/tests/fuzz" -name 'fuzz_*.c' -printf '%f\n' | sed 's/\.c$//' | sort
}

# fuzz_build TARGET... - with the project's own code looked at by libFuzzer, too.
fuzz_build() {
	mkdir -p "$FUZZ"
	if [ ! -e "$FUZZ/config.status" ]; then
		(cd "$FUZZ" && "$BUILD/src/configure" --enable-fuzzers --with-kmod=no CC=clang \
			CFLAGS='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all') ||
			return 1
	fi
	make -C "$FUZZ" -j"$(nproc)" "${@/#/tests/fuzz/}"
}

# fuzz_one TARGET SECONDS SEEDS - SEEDS is the target as built by "make check", which has lines
# to begin with. Prints how many inputs were tried; what is found stays in $FUZZ/found.
fuzz_one() {
	local target=$1 seconds=$2 seeds=$3 log=$FUZZ/$1.log

	mkdir -p "$FUZZ/corpus/$target" "$FUZZ/found"
	"$seeds" --save "$FUZZ/corpus/$target" || return 1
	"$FUZZ/tests/fuzz/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -max_len=4096 \
		-print_final_stats=1 -artifact_prefix="$FUZZ/found/$target-" \
		"$FUZZ/corpus/$target" >"$log" 2>&1 ||
		{ grep -vE '^#[0-9]' "$log" | tail -n 60; return 1; }
	sed -n 's/^stat::number_of_executed_units: */'"$target"' inputs tried: /p' "$log"
}

# fuzz_main - tests/lab fuzz [--seconds N] [TARGET]...
fuzz_main() {
	local seconds=600 target rc=0
	local -a targets

	while [ $# -gt 0 ]; do
		case $1 in
		--seconds)	seconds=${2:?}; shift 2 ;;
		-*)		die "fuzz: unknown option $1" ;;
		*)		break ;;
		esac
	done
	need_root
	deps_install "${FUZZ_DEPS[@]}"
	targets=("$@")
	[ $# -gt 0 ] || mapfile -t targets < <(fuzz_targets)
	mkdir -p "$BUILD"
	(
		flock 9
		build_quietly "preparing the sources" build_copy &&
		build_quietly "building the fuzz targets" fuzz_build "${targets[@]}" &&
		build_quietly "building their seeds" fuzz_seeds "${targets[@]}"
	) 9>"$BUILD/lock" || die "the fuzz targets do not build"
	for target in "${targets[@]}"; do
		fuzz_one "$target" "$seconds" "$BUILD/asan/tests/fuzz/$target" || rc=1
	done
	return $rc
}

# fuzz_seeds TARGET... - the same targets without libFuzzer.
fuzz_seeds() {
	[ -e "$BUILD/asan/config.status" ] || build_asan || return 1
	make -C "$BUILD/asan" -j"$(nproc)" "${@/#/tests/fuzz/}"
}
