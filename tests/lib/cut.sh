# SPDX-License-Identifier: GPL-2.0-only
# Connections that somebody ends, and what either end sees of it: cut.py's programs.
# shellcheck shell=bash

declare -A CUT

# cut_serve NODE [PORT] - a server; what its connections' ends were is in $LAB/cut.NODE.
cut_serve() {
	rm -f "$LAB/cut.$1"
	ip netns exec "$1" "$TOP/tests/lib/cut.py" serve "${2:-9000}" >>"$LAB/cut.$1" 2>&1 &
	CUT[$1]=$!
	wait_for 20 grep -q ready "$LAB/cut.$1"
}

# cut_hold NAME NODE ADDR KIND COUNT [PORT] - clients; the same is in $LAB/cut.NAME.
cut_hold() {
	rm -f "$LAB/cut.$1"
	ip netns exec "$2" "$TOP/tests/lib/cut.py" hold "$3" "${6:-80}" "$4" "$5" >"$LAB/cut.$1" 2>&1 &
	CUT[$1]=$!
	wait_for 60 grep -qE '^(open|trying) ' "$LAB/cut.$1"
}

# cut_ended NAME COUNT - whether so many of them have ended.
cut_ended() {
	[ "$(grep -cE '^[0-9]+\.' "$LAB/cut.$1")" -ge "$2" ]
}

# cut_how NAME - how many ended how: "3 idle ECONNRESET" a line.
cut_how() {
	sed -nE 's/^[0-9]+\.[0-9]+ //p' "$LAB/cut.$1" | sort | uniq -c | sed -E 's/^ +//'
}

# cut_late NAME SINCE - milliseconds from SINCE (EPOCHREALTIME) to the last of these ends.
cut_late() {
	awk -v since="$2" '/^[0-9]+\./ { at = $1 } END { printf "%d\n", (at - since) * 1000 }' "$LAB/cut.$1"
}

# cut_forget NODE - the server's list starts again.
cut_forget() {
	: >"$LAB/cut.$1"
}

cut_down() {
	local name

	for name in "${!CUT[@]}"; do
		kill "${CUT[$name]}" 2>/dev/null
		wait "${CUT[$name]}" 2>/dev/null
	done
	CUT=()
}
