# SPDX-License-Identifier: GPL-2.0-only
# A check's program that waits for a disk cannot be killed.  dnatd goes on without it, ends, and
# starts again.
# shellcheck shell=bash

B1=10.1.0.11
DISK=/run/frozen

is_health() {
	[ "$(dnatctl -j backend show "$1" | jq -r '.[0].health')" = "$2" ]
}

# is_stuck N - whether so many programs of the check are in a sleep that nothing ends.
is_stuck() {
	[ "$(pgrep -c -r D -f "^/usr/bin/touch $DISK/x")" -eq "$1" ]
}

is_told() {
	grep -q 'service disk4: the program of its check, process [0-9]*, cannot be killed' "$DNATD_LOG"
}

mkdir "$DISK"
truncate -s 16M "$DISK.img"
check "a disk" mkfs.ext4 -qF "$DISK.img" || return
modprobe -a loop ext4
check "which is mounted" mount -o loop "$DISK.img" "$DISK" || return
chmod 1777 "$DISK"

check "dnatd starts" daemon_start || return
dnatctl service add disk4 vip "$VIP4" port 80 check exec exec-command "/usr/bin/touch $DISK/x" interval 500ms timeout 2s rise 1 fall 1
dnatctl backend add disk4 addr $B1 port 8080
dnatctl service add other4 vip "$VIP4" port 81 check tcp interval 500ms timeout 2s rise 1 fall 1
dnatctl backend add other4 addr $B1 port 8080
check "the program can write: up" wait_for 60 is_health disk4 up
check "the other, too" wait_for 60 is_health other4 up

# Whatever becomes of the test, the guest ends.
(sleep 300; fsfreeze -u "$DISK") &
failsafe=$!
check "the disk is frozen" fsfreeze -f "$DISK"
check "the program waits for it: down" wait_for 60 is_health disk4 down
check "the log says what cannot be killed" wait_for 60 is_told
check "which is one process" is_stuck 1
dnatctl backend set other4 addr $B1 port 8080 check-port 9
check "the other is checked: down" wait_for 60 is_health other4 down
dnatctl backend set other4 addr $B1 port 8080 check-port 8080
check "and up" wait_for 60 is_health other4 up
check "it is still one process" is_stuck 1
check "dnatd ends" daemon_stop
check "the process does not" is_stuck 1
check "dnatd starts again" daemon_start
check "checks the other: up" wait_for 60 is_health other4 up
check "and the disk: down" wait_for 60 is_health disk4 down
check "the disk is back" fsfreeze -u "$DISK"
kill $failsafe
check "so is the backend" wait_for 60 is_health disk4 up
check "and nothing waits" wait_for 20 is_stuck 0
dnatctl service del disk4
dnatctl service del other4
check "dnatd ends" daemon_stop

# The disk with the state: a change waits for it, and nothing else does.
is_fault() {
	[ "$(dnatctl -j status | jq -r '.checks[] | select(.name == "changes") | "\(.value) \(.ok)"')" = "$1" ]
}

# has_rule ADDR - whether service wait4 sends to that backend.
has_rule() {
	in_ns lb nft list table inet dnatd | grep -q "$1"
}

lacks_rule() {
	! has_rule "$1"
}

check "dnatd starts with its state on the disk" daemon_start --state "$DISK/state.json"
dnatctl service add wait4 vip "$VIP4" port 80 check tcp interval 500ms timeout 2s rise 1 fall 1
dnatctl backend add wait4 addr $B1 port 8080
check "a backend is up" wait_for 60 is_health wait4 up
check "nothing is under way" is_fault "none true" || dnatctl -j status | jq -c '.checks[]' | sed 's/^/# /'
(sleep 300; fsfreeze -u "$DISK") &
failsafe=$!
check "the disk is frozen" fsfreeze -f "$DISK"
dnatctl service add late4 vip "$VIP4" port 82 >"$LAB/late" 2>&1 &
late=$!
check "a change waits" wait_for 60 is_fault "a change false"
check_match "the fault says for what" "a change has been under way for [0-9]+ s, and the next ones wait: the disk with the state file does not answer" \
	"$(dnatctl status)"
ip netns exec b1 nft -f - <<-'EOT'
	table inet frozen {
		chain in { type filter hook input priority 0; tcp dport 8080 reject with tcp reset; }
	}
EOT
check "checks go on: down" wait_for 60 is_health wait4 down
check "and it is out of the rules" wait_for 60 lacks_rule $B1
ip netns exec b1 nft delete table inet frozen
check "up again" wait_for 60 is_health wait4 up
check "and in the rules" wait_for 60 has_rule $B1
check "the change waits still" kill -0 $late
check "its rules are not there" lacks_rule late4
check "the disk is back" fsfreeze -u "$DISK"
kill $failsafe
check "so the change is made" wait $late
check "its rules are there" has_rule late4
check "nothing is under way any more" wait_for 20 is_fault "none true" || dnatctl -j status | jq -c '.checks[]' | sed 's/^/# /'
daemon_stop
umount "$DISK"
