# SPDX-License-Identifier: GPL-2.0-only
# What was acknowledged stays, whatever becomes of dnatd, and what cannot be kept is refused.
# shellcheck shell=bash

KILLS=$([ -n "${LAB_LONG:-}" ] && echo 200 || echo 20)

check "dnatd starts" daemon_start || return
check "a service" dnatctl service add web vip "$VIP4" port 80
check "and its backends" dnatctl backend add web addr "$(addr4 b1)" port 9000
check "on two VLANs" dnatctl backend add web addr "$(addr4 b4)" port 9000
daemon_stop

servers=()
for node in b1 b4; do
	ip netns exec $node "$TOP/tests/lib/echo.py" serve 0.0.0.0 9000 >"$LAB/echo.$node" &
	servers+=($!)
	wait_for 10 test -s "$LAB/echo.$node"
done
mkfifo "$LAB/load"
in_ns c1 "$TOP/tests/lib/echo.py" load "$VIP4" 80 16 60 <"$LAB/load" >"$LAB/load.out" 2>&1 &
load=$!
exec 8>"$LAB/load"
rm "$LAB/load"
check "a client asks without a break" wait_for 30 test -s "$LAB/load.out"

mkdir -p /run/dnat
in_ns lb "$TOP/tests/lib/durable.py" "$KILLS" "$SOCKET" "$STATE" \
	dnatd --socket "$SOCKET" --state "$STATE" 8>&- >"$LAB/durable" 2>>"$DNATD_LOG"
check_match "killed $KILLS times while services change: nothing acknowledged is lost, nothing half done" \
	"^done: kills $KILLS .* wrong 0$" "$(cat "$LAB/durable")"
sed 's/^/# /' "$LAB/durable" | cut -c 1-400 | tail -n 5
exec 8>&-
check "the client comes to its end" wait "$load"
grep -v '^served' "$LAB/load.out" | sed 's/^/# the client: /'
check_match "not one of its connections failed" '^good [1-9][0-9]+ failed 0 wrong 0$' "$(grep -v '^served' "$LAB/load.out")"
kill "${servers[@]}"

# no_room WHAT PATTERN - the state cannot be written: each kind of change is refused with the
# reason, and afterwards all is as it was.
no_room() {
	local before generation out line

	before=$(snapshot) generation=$(generation)
	while read -r line; do
		# shellcheck disable=SC2086
		out=$(dnatctl $line 2>&1)
		check_is "$1: refused: $line" 2 $?
		check_match "$1: with the reason" "$2" "$out"
	done <<-EOT
		service add new vip 192.0.2.99 port 80 dev clients
		service set web scheduler wrr
		backend add web addr $(addr4 b2) port 9000
		backend del web addr $(addr4 b1)
		vdport set on-exhausted $exhausted
	EOT
	check_is "$1: nothing has changed" "$before" "$(snapshot)"
	check_is "$1: no transaction was sent" "$generation" "$(generation)"
	check_none "$1: no address stays behind" "192[.]0[.]2[.]99/" "$(ip -n lb -o address show dev clients)"
}

# room WHAT - it works again, and is there after a kill.
room() {
	check "$1: with room, it is taken" dnatctl backend add web addr "$(addr4 b2)" port 9000
	kill -KILL "$DNATD"
	wait "$DNATD" 2>/dev/null
	check "$1: dnatd starts again" daemon_start
	check_match "$1: and knows it" "$(addr4 b2)" "$(dnatctl backend show web)"
	check "$1: and the next" dnatctl backend del web addr "$(addr4 b2)"
}

# Changes until no page of the journal has room for one more, be it ever so small.
fill_up() {
	local way

	for ((;;)); do
		for way in reset drop; do
			exhausted=$way
			dnatctl vdport set on-exhausted $way 2>/dev/null || return 0
		done
	done
}

disk=$LAB/disk dir=$LAB/disk/dnat exhausted=reset
mkdir -p "$disk"
mount -t tmpfs -o size=64k,mode=700 disk "$disk"
mkdir "$dir"
cp "$STATE" "$dir/state.json"
STATE=$dir/state.json
check "dnatd starts with its state on a small disk" daemon_start
dd if=/dev/zero of="$disk/full" bs=4k count=16 status=none 2>/dev/null
check_match "which becomes full" ' 100% ' "$(df "$disk")"
no_room "full, no journal" "$STATE.new cannot be written: No space left on device"
rm "$disk/full"
room "full, no journal"
dd if=/dev/zero of="$disk/full" bs=4k count=16 status=none 2>/dev/null
fill_up
no_room "full, and the journal" "$STATE.journal cannot be written: No space left on device"
rm "$disk/full"
room "full, and the journal"

mv "$dir" "$dir.away"
no_room "no directory" "$dir does not exist; create it"
mv "$dir.away" "$dir"
room "no directory"

# Nothing of it is held open for writing, or there would be no way to make it read-only.
daemon_stop
rm -f "$STATE.journal"
check "dnatd starts" daemon_start
check "the disk becomes read-only" mount -o remount,ro "$disk"
no_room "read-only" "$STATE.new cannot be created: Read-only file system"
mount -o remount,rw "$disk"
room "read-only"
kill -KILL "$DNATD"
wait "$DNATD" 2>/dev/null
mount -o remount,ro "$disk"
check "dnatd starts on one that is read-only" daemon_start
no_room "read-only from the start" "$STATE.new cannot be created: Read-only file system"
# "ip netns exec" gave it mounts of its own.
nsenter -t "$DNATD" -m mount -o remount,rw "$disk"
mount -o remount,rw "$disk"
room "read-only from the start"

# As its unit has it: without the right to write where its permissions do not let it.
daemon_stop
ip netns exec lb setpriv --bounding-set -dac_override,-dac_read_search \
	dnatd --socket "$SOCKET" --state "$STATE" >>"$DNATD_LOG" 2>&1 &
DNATD=$!
check "dnatd starts without all of root's rights" wait_for 30 daemon_answers
rm -f "$STATE.journal"
chmod 500 "$dir"
no_room "not writable" "$STATE.new cannot be created: Permission denied"
chmod 700 "$dir"
room "not writable"
chown 1:1 "$STATE" "$STATE.journal"
chmod 640 "$STATE"
check "a journal of another user is replaced" dnatctl apply -f - <<<'services none'
check "and takes changes" dnatctl service add last vip "$VIP4" port 99
daemon_stop
umount "$disk"
