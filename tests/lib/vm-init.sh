#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Process 1 of the lab's guest: set the machine up, run the one command, look at what
# the kernel had to say, power off. Its orders and its report are files in /run/lab,
# a directory that host and guest share.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root TERM=dumb LC_ALL=C.UTF-8

# Where the command's output goes to: a port named "out" or "err", or in User-Mode Linux a terminal.
port() {
	local dir

	if [ ! -d /sys/class/virtio-ports ]; then
		[ "$1" = out ] && echo /dev/tty0 || echo /dev/tty1
		return
	fi
	for dir in /sys/class/virtio-ports/*; do
		if [ "$(cat "$dir/name")" = "$1" ]; then
			printf '/dev/%s\n' "${dir##*/}"
			return
		fi
	done
}

# Everything but this shell and the two that carry the output: so that those see the end of it.
end_the_rest() {
	local pid

	for pid in /proc/[0-9]*; do
		pid=${pid#/proc/}
		case " 1 $out $err " in
		*" $pid "*) continue ;;
		esac
		[ -e "/proc/$pid/exe" ] && kill -KILL "$pid" 2>/dev/null
	done
}

mount -t cgroup2 cgroup /sys/fs/cgroup 2>/dev/null
mount -t debugfs debug /sys/kernel/debug 2>/dev/null
mkdir -p /dev/pts /dev/shm /var/lib/dnat /lib/modules
mount -t devpts -o ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs var /var/lib/dnat
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
mount --bind "$(cat /run/lab/modules)" /lib/modules
hostname lab
ip link set lo up

# The ports appear when the driver has spoken with the host.
until [ -n "$(port out)" ] && [ -n "$(port err)" ]; do
	sleep 0.05
done
mkfifo /run/out /run/err
cat /run/out >"$(port out)" &
out=$!
cat /run/err >"$(port err)" &
err=$!
exec 3>/run/out 4>/run/err
: >/run/lab/up

# A session of its own: what the command does to its process group is not our end.
setsid -w bash /run/lab/command </dev/null >&3 2>&4 3>&- 4>&-
echo $? >/run/lab/status.tmp

exec 3>&- 4>&-
end_the_rest
wait "$out" "$err"
cat /proc/sys/kernel/tainted >/run/lab/tainted
# Asked twice, for what was made just now is not looked at the first time.
if [ -w /sys/kernel/debug/kmemleak ]; then
	echo scan >/sys/kernel/debug/kmemleak
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	cat /sys/kernel/debug/kmemleak >/run/lab/kmemleak
fi
dmesg >/run/lab/dmesg
mv /run/lab/status.tmp /run/lab/status
sync
[ ! -e /proc/sysrq-trigger ] || echo o >/proc/sysrq-trigger
busybox poweroff -f
while :; do sleep 1; done
