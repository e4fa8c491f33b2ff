# SPDX-License-Identifier: GPL-2.0-only
# The same guest as under QEMU, in User-Mode Linux: one processor, and at native speed.
# shellcheck shell=bash disable=SC2034,SC2154

# uml_start NAME DIR - start it; its process id goes to vm_pid. Terminal 0 is the command's
# output, terminal 1 its errors, and terminal 2 the kernel's console. All of them must be
# pipes: it waits for them with epoll, which files do not know.
uml_start() {
	local name=$1 dir=$2

	# Each file that the guest knows of is one that the process holds open.
	ulimit -n "$(ulimit -Hn)"
	mkfifo "$dir/log"
	cat "$dir/log" >"$dir/console" &
	vm_cats+=($!)
	TMPDIR=/dev/shm setpriv --pdeathsig KILL "$(kernel_image "$name")" \
		mem="${vm_mem}M" umid=lab uml_dir="$dir" panic=-1 slab_nomerge \
		rootfstype=hostfs rootflags=/ ro init="$TOP/tests/lib/uml-init.sh" share="$dir/share" \
		ssl=null con=null con0=null,fd:1 con1=null,fd:2 con2=null,fd:3 console=tty2 quiet \
		</dev/null >"$dir/out" 2>"$dir/err" 3>"$dir/log" 9>&- &
	vm_pid=$!
}
