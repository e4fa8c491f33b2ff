# SPDX-License-Identifier: GPL-2.0-only
# One command in a kernel of our own choice, with the host's files in view: a stock Debian one
# under QEMU, or User-Mode Linux.
# shellcheck shell=bash

# An out-of-tree (4096) and unsigned (8192) module is what we are, and KUnit tells that tests
# of its kind have run (262144).
VM_TAINT_OK=$((4096 | 8192 | 262144))

vm_usage() {
	cat <<'EOT'
Usage: tests/lab vm [OPTIONS] -- COMMAND [ARGUMENT]...

Runs COMMAND as root in a stock Debian kernel under QEMU, or in User-Mode Linux. The guest
sees the host's files; what it writes is kept in its memory and lost at its end. The module built for that kernel
lies in its /lib/modules. COMMAND's output and exit status become ours; a warning in the
kernel's log makes it fail.

  --kernel NAME   6.1 (default), 6.12, uml, or, with KASAN, lockdep and kmemleak, uml-debug or debug,
                  which has more than one processor
  --smp N         processors (default 2; User-Mode Linux has one)
  --mem M         memory in MiB (default 2048)
  --timeout S     end the guest after S seconds (default 900)
  --log FILE      keep the kernel's log in FILE
  --env NAME      hand this environment variable on (may be repeated)
EOT
}

vm_accel() {
	if [ "${LAB_ACCEL:-}" != tcg ] && [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then
		echo kvm
	else
		echo tcg
	fi
}

# The guest's orders: where its first script is, its modules, and what to run.
vm_orders() {
	local share=$1 stage=$2 name

	shift 2
	printf '%s\n' "$TOP/tests/lib/vm-init.sh" >"$share/init"
	printf '%s\n' "$stage/lib/modules" >"$share/modules"
	{
		for name in "${vm_env[@]}"; do
			[ -z "${!name+set}" ] || printf 'export %s=%q\n' "$name" "${!name}"
		done
		printf 'cd %q || exit 1\n' "$PWD"
		printf 'exec'
		printf ' %q' "$@"
		printf '\n'
	} >"$share/command"
}

# vm_qemu ACCEL DIR KERNEL INITRD - start it; its process id goes to vm_pid.
vm_qemu() {
	local accel=$1 dir=$2 kernel=$3 initrd=$4
	local -a cpu=(-accel "tcg,thread=multi")

	[ "$accel" = tcg ] || cpu=(-accel kvm -cpu host)
	setpriv --pdeathsig KILL qemu-system-x86_64 "${cpu[@]}" -smp "$vm_smp" -m "$vm_mem" \
		-nodefaults -no-user-config -display none -no-reboot \
		-kernel "$kernel" -initrd "$initrd" \
		-append 'console=ttyS0 quiet panic=-1 mitigations=off slab_nomerge' \
		-serial "file:$dir/console" \
		-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
		-virtfs local,path="$dir/share",mount_tag=share,security_model=none \
		-device virtio-serial-pci \
		-chardev file,id=out,path="$dir/out" -device virtserialport,chardev=out,name=out \
		-chardev file,id=err,path="$dir/err" -device virtserialport,chardev=err,name=err \
		-device virtio-rng-pci \
		</dev/null >"$dir/qemu.log" 2>&1 9>&- &
	vm_pid=$!
}

vm_end() {
	[ -z "${vm_pid:-}" ] || kill -KILL "$vm_pid" 2>/dev/null
	[ ${#vm_cats[@]} -eq 0 ] || kill "${vm_cats[@]}" 2>/dev/null
	rm -rf "$vm_dir"
}

vm_started() {
	[ -e "$vm_dir/share/up" ] || ! kill -0 "$vm_pid" 2>/dev/null
}

# vm_wait SECONDS - until QEMU ends of itself.
vm_wait() {
	local end=$((SECONDS + $1))

	while kill -0 "$vm_pid" 2>/dev/null; do
		if [ "$SECONDS" -ge "$end" ]; then
			kill -KILL "$vm_pid"
			return 1
		fi
		sleep 0.2
	done
}

# The kernel's own verdict. Prints what is wrong.
vm_verdict() {
	local log=$1 share=$2 taint rc=0

	if grep -vE "$VM_FINE" "$log" | grep -E "$VM_BAD"; then
		rc=1
	fi
	if [ -s "$share/kmemleak" ]; then
		echo "memory that nobody knows any more:"
		head -n 100 "$share/kmemleak"
		rc=1
	fi
	taint=$(cat "$share/tainted" 2>/dev/null || echo 0)
	if [ $((taint & ~VM_TAINT_OK)) -ne 0 ]; then
		echo "kernel tainted: $taint"
		rc=1
	fi
	return "$rc"
}

# vm_qemu_start NAME DIR - with KVM, where that works.
vm_qemu_start() {
	local name=$1 dir=$2 accel kernel initrd

	kernel=$(kernel_image "$name")
	initrd=$(initramfs_build "$name")
	accel=$(vm_accel)
	vm_qemu "$accel" "$dir" "$kernel" "$initrd"
	if [ "$accel" = kvm ] && { ! wait_for 20 vm_started || [ ! -e "$dir/share/up" ]; }; then
		kill -KILL "$vm_pid" 2>/dev/null
		wait "$vm_pid" 2>/dev/null
		say "KVM does not start a guest here: going on without"
		vm_qemu tcg "$dir" "$kernel" "$initrd"
	fi
}

vm_run() {
	local name=$1 start=vm_qemu_start stage status log

	shift
	[[ $name != uml* ]] || start=uml_start
	kernel_build_module "$name" || return 1
	stage=$(kernel_stage "$name")

	vm_dir=$(mktemp -d "${TMPDIR:-/tmp}/dnat-vm-XXXXXX")
	trap vm_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir "$vm_dir/share"
	mkfifo "$vm_dir/out" "$vm_dir/err"
	vm_orders "$vm_dir/share" "$stage" "$@"

	# Held open for reading and writing, a pipe outlives a first QEMU that did not start.
	cat "$vm_dir/out" &
	vm_cats=($!)
	cat "$vm_dir/err" >&2 &
	vm_cats+=($!)
	exec 7>"$vm_dir/out" 8>"$vm_dir/err"
	"$start" "$name" "$vm_dir"
	exec 7>&- 8>&-

	if ! vm_wait "$vm_timeout"; then
		say "Error: the guest did not end within $vm_timeout s"
	fi
	vm_pid=
	wait "${vm_cats[@]}"
	vm_cats=()

	log=$vm_dir/share/dmesg
	[ -s "$log" ] || log=$vm_dir/console
	[ -z "$vm_log" ] || cp "$log" "$vm_log"
	status=$(cat "$vm_dir/share/status" 2>/dev/null)
	if [ -z "$status" ]; then
		say "Error: the guest ended before the command did; the last of its console:"
		find "$vm_dir" -maxdepth 1 \( -name console -o -name '*.log' \) -type f -exec tail -qn 60 {} + >&2
		return 1
	fi
	if ! vm_verdict "$log" "$vm_dir/share" >"$vm_dir/verdict"; then
		say "Error: the kernel complained:"
		cat "$vm_dir/verdict" >&2
		say "its log, from a little before:"
		grep -vE "$VM_FINE" "$log" | grep -E -m 1 -B 20 -A 80 "$VM_BAD" >&2
		[ "$status" -ne 0 ] || status=1
	fi
	return "$status"
}

vm_main() {
	local name=6.1

	vm_smp=2 vm_mem=2048 vm_timeout=900 vm_log='' vm_env=() vm_cats=()
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel)	name=${2:?} ;;
		--smp)		vm_smp=${2:?} ;;
		--mem)		vm_mem=${2:?} ;;
		--timeout)	vm_timeout=${2:?} ;;
		--log)		vm_log=${2:?} ;;
		--env)		vm_env+=("${2:?}") ;;
		--)		shift; break ;;
		-h|--help)	vm_usage; return 0 ;;
		*)		vm_usage >&2; return 1 ;;
		esac
		shift 2
	done
	if [ $# -eq 0 ]; then
		vm_usage >&2
		return 1
	fi
	kernel_known "$name"
	need_root
	if source_is "$name"; then
		deps_install "${SOURCE_DEPS[@]}"
	else
		deps_install
	fi
	vm_run "$name" "$@"
}
