# SPDX-License-Identifier: GPL-2.0-only
# Members of group dnat may look, others of another group may change, nobody else may ask.
# shellcheck shell=bash

# as GROUPS COMMAND... - as a user in these groups, the first his own: "dnat,daemon".
as() {
	local groups=$1

	shift
	setpriv --reuid nobody --regid "${groups%%,*}" --groups "$groups" "$@"
}

# only_looks COMMAND... - who may look is refused it for that very reason.
only_looks() {
	local said rc

	said=$(as dnat dnatctl "$@" 2>&1)
	rc=$?
	printf '%s\n' "$said"
	[ $rc -eq 2 ] && grep -q 'changes something, and user 65534 may only look; run it as root' <<<"$said"
}

made=
if ! getent group dnat >/dev/null; then
	made=yes
	# The guest's /etc is the host's, and not to be written to.
	cp /etc/group "$LAB/group"
	echo 'dnat:x:64999:' >>"$LAB/group"
	mount --bind "$LAB/group" /etc/group
fi

check "dnatd starts" daemon_start --admin-group daemon || return
check_is "the socket is the group's" '660 dnat' "$(stat -c '%a %G' "$SOCKET")"
check "a service is added" dnatctl service add web vip "$VIP4" port 80
before=$(snapshot)
echo 'services none' >"$LAB/none.conf"
for command in "service show" "backend show" status stats "vdport show" "connection show" export; do
	# shellcheck disable=SC2086
	check "a member may look: $command" as dnat dnatctl $command
done
as dnat dnatctl -j monitor >"$LAB/events" &
check "and listen" wait_for 20 test -s "$LAB/events"
for command in "service add x vip $VIP4 port 81" "service set web fast off" "service del web" \
	"backend add web addr 10.1.0.11" "vdport set range 1024-2048" "connection del service web" \
	"apply -f $LAB/none.conf" "apply --dry-run -f $LAB/none.conf"; do
	# shellcheck disable=SC2086
	check "but not, which is said: $command" only_looks $command
done
check "one who is of the group besides his own may look" as nogroup,dnat dnatctl status
check_rc "and no more than that" 2 as nogroup,dnat dnatctl service set web fast off
check_is "nothing has changed" "$before" "$(snapshot)"
check_rc "who is no member does not get to the socket" 3 as nogroup dnatctl status
check "one of the admin's group may change" as daemon,dnat dnatctl service set web fast off
check_rc "but not choose a program to run" 2 as daemon,dnat dnatctl service set web check exec exec-command /bin/true
dnatctl service set web check exec exec-command /bin/true interval 1m
check "one that root has chosen stays" as daemon,dnat dnatctl service set web fast off interval 2m
dnatctl export >"$LAB/exported"
check "also in a file" as daemon,dnat dnatctl apply -f "$LAB/exported"
sed -i s/true/false/ "$LAB/exported"
check_rc "but no other" 2 as daemon,dnat dnatctl apply --dry-run -f "$LAB/exported"
dnatctl service set web check none
check "and one who is besides his own" as nogroup,dnat,daemon dnatctl service set web fast on
check "and is told of with his number" wait_for 20 jq -e 'select(.event == "change" and .uid == 65534)' "$LAB/events"
chmod 666 "$SOCKET"
check_rc "nor is he let in when it stands open" 2 as nogroup dnatctl status
check_match "which is said, too" 'only root and members of group dnat may ask dnatd' "$(as nogroup dnatctl status 2>&1)"
daemon_stop
check_match "an admin's group that is not there is refused" '--admin-group "nosuch": there is no such group' \
	"$(ip netns exec lb dnatd --admin-group nosuch 2>&1)"
if [ -n "$made" ]; then
	umount /etc/group
fi
