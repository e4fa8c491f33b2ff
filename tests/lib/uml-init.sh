#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The first process in User-Mode Linux, whose root is the host's, read-only: lay a layer of
# memory over it, and hand over to vm-init.sh. The kernel's command line says in "share"
# which directory guest and host have in common.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin

mount -n -t tmpfs -o size=80% rw /mnt
mkdir /mnt/up /mnt/work /mnt/new
mount -n -t overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work root /mnt/new || exec busybox poweroff -f
cd /mnt/new || exec busybox poweroff -f
mount -n -t proc proc proc
mount -n -t sysfs sys sys
mount -n -t devtmpfs dev dev
mount -n -t tmpfs -o mode=755 tmpfs run
mkdir run/lab
mount -n -t hostfs -o "${share:?}" share run/lab || exec busybox poweroff -f
for tty in 0 1; do
	stty -opost <"dev/tty$tty"
done
mount -n --move . /
exec chroot . /bin/bash "$(cat run/lab/init)"
