# SPDX-License-Identifier: GPL-2.0-only
# The guest's first few milliseconds: load 9p and overlay where they are modules, lay a memory-backed layer
# over the host's read-only root, and hand over to vm-init.sh.
# shellcheck shell=bash

initramfs_init() {
	cat <<'INIT'
#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
while read -r m; do
	$B insmod /modules/$m || echo "initramfs: cannot load $m"
done </modules/order
$B mount -t 9p -o version=9p2000.L,msize=262144,cache=loose,trans=virtio,ro host /host || exec $B poweroff -f
$B mount -t tmpfs -o size=80% tmpfs /rw
$B mkdir /rw/up /rw/work
$B mount -t overlay -o lowerdir=/host,upperdir=/rw/up,workdir=/rw/work root /new || exec $B poweroff -f
$B mount -t tmpfs -o mode=755 tmpfs /new/run
$B mkdir /new/run/lab
$B mount -t 9p -o version=9p2000.L,msize=262144,trans=virtio share /new/run/lab || exec $B poweroff -f
for d in proc sys dev; do $B mount --move /$d /new/$d; done
read -r init </new/run/lab/init
exec $B switch_root /new /bin/bash "$init"
INIT
}

# initramfs_build NAME - print the path of the initramfs for series NAME, made if need be.
initramfs_build() {
	local name=$1 dir out tmp version path file

	dir=$(kernel_dir "$name")
	version=$(kernel_version "$name")
	out=$dir/initramfs-$(initramfs_init | sha256sum | cut -c1-16)
	if [ ! -e "$out" ]; then
		tmp=$(mktemp -d "$dir/initramfs-tmp-XXXXXX")
		mkdir -p "$tmp"/root/{bin,modules,proc,sys,dev,host,rw,new}
		cp /bin/busybox "$tmp/root/bin/"
		initramfs_init >"$tmp/root/init"
		chmod +x "$tmp/root/init"
		modprobe -d "$(kernel_stage "$name")" -S "$version" --show-depends -a \
			virtio_pci 9pnet_virtio 9p overlay virtio_console crc32c_generic |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
		while read -r path; do
			file=${path##*/}
			case $file in
			*.xz)	file=${file%.xz}; xz -dc "$path" >"$tmp/root/modules/$file" ;;
			*)	cp "$path" "$tmp/root/modules/" ;;
			esac
			printf '%s\n' "$file"
		done >"$tmp/order"
		mv "$tmp/order" "$tmp/root/modules/order"
		(cd "$tmp/root" && find . | cpio -o -H newc --quiet) >"$tmp/img"
		mv "$tmp/img" "$out"
		rm -rf "$tmp"
	fi
	printf '%s\n' "$out"
}
