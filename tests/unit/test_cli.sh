#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dnatctl against a daemon that is not one: requests, output, exit codes.
set -u

# shellcheck source=tests/unit/cli.sh
. "${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/unit/cli.sh"

test_requests()
{
	done_silently '{"op":"service.add","args":{"name":"web","vip":"192.0.2.10","port":80}}' \
		service add web vip 192.0.2.10 port 80
	done_silently '{"op":"service.add","args":{"name":"w.e_b-1","dev":"eth0.5","scheduler":"wrr","mode":"double-nat","proto":"udp","port":65535,"vip":"2001:db8:0:1::10"}}' \
		service add w.e_b-1 dev eth0.5 scheduler wrr mode double-nat \
		proto udp port 65535 vip 2001:DB8:0:1:0:0:0:10
	done_silently '{"op":"service.set","args":{"name":"web","dev":"none"}}' \
		service set web dev none
	done_silently '{"op":"service.set","args":{"name":"web","scheduler":"rr","dev":"v0"}}' \
		service set web scheduler rr dev v0
	done_silently '{"op":"service.add","args":{"name":"web","vip":"192.0.2.10","port":80,"fast":"off"}}' \
		service add web vip 192.0.2.10 port 80 fast off
	done_silently '{"op":"service.set","args":{"name":"web","fast":"on"}}' \
		service set web fast on
	done_silently '{"op":"service.del","args":{"name":"web"}}' \
		service del web
	done_silently '{"op":"backend.add","args":{"service":"web","addr":"10.1.0.11"}}' \
		backend add web addr 10.1.0.11
	done_silently '{"op":"backend.add","args":{"service":"web","weight":0,"port":1,"addr":"10.1.0.11"}}' \
		-j backend add web weight 0 port 1 addr 10.1.0.11
	done_silently '{"op":"backend.set","args":{"service":"web","addr":"10.1.0.11","weight":256}}' \
		backend set web addr 10.1.0.11 weight 256
	done_silently '{"op":"backend.set","args":{"service":"web","addr":"10.1.0.11","state":"drain","deadline":"60s"}}' \
		backend set web addr 10.1.0.11 state drain deadline 60s
	done_silently '{"op":"backend.set","args":{"service":"web","addr":"10.1.0.11","state":"up"}}' \
		backend set web addr 10.1.0.11 state up
	done_silently '{"op":"backend.add","args":{"service":"web","addr":"10.1.0.11","state":"remove","deadline":"0s"}}' \
		backend add web addr 10.1.0.11 state remove deadline 0s
	done_silently '{"op":"backend.del","args":{"service":"web","addr":"10.1.0.11","drain":"1000h"}}' \
		backend del web addr 10.1.0.11 drain 1000h
	done_silently '{"op":"backend.del","args":{"service":"web","addr":"10.1.0.11","port":8080}}' \
		backend del web addr 10.1.0.11 port 8080
	done_silently '{"op":"service.add","args":{"name":"web","vip":"192.0.2.10","port":80}}' \
		service add web vip 192.0.2.10:80
	done_silently '{"op":"service.add","args":{"name":"web","vip":"2001:db8::1","proto":"udp","port":80}}' \
		service add web vip '[2001:db8:0::1]:80' proto udp
	done_silently '{"op":"backend.add","args":{"service":"web","port":8080,"addr":"10.1.0.11"}}' \
		backend add web port 8080 addr 10.1.0.11:8080
	done_silently '{"op":"backend.set","args":{"service":"web","addr":"fd00:1::11","weight":2,"port":8080}}' \
		backend set web addr '[fd00:1::11]:8080' weight 2
	done_silently '{"op":"backend.del","args":{"service":"web","addr":"10.1.0.11","port":8080}}' \
		backend del web addr 10.1.0.11:8080
	# A keyword that a keyword follows is a name.
	done_silently '{"op":"service.add","args":{"name":"vip","vip":"192.0.2.10","port":80}}' \
		service add vip vip 192.0.2.10 port 80
	# Options do not stand where any text may.
	done_silently '{"op":"service.set","args":{"name":"web","http-body":"-h"}}' \
		service set web http-body -h
	request '{"op":"service.show","args":{}}' service show
	request '{"op":"service.show","args":{"name":"web"}}' service show web
	request '{"op":"backend.show","args":{"service":"web"}}' backend show web
	request '{"op":"vdport.show","args":{}}' vdport show
	request '{"op":"vdport.ports","args":{}}' vdport show ports
	request '{"op":"vdport.ports","args":{"proto":"udp","vip":"2001:db8:0:1::10"}}' \
		vdport show ports proto udp vip 2001:db8:0:1:0::10
	done_silently '{"op":"vdport.set","args":{"range":"1-65535"}}' \
		vdport set range 1-65535
	done_silently '{"op":"vdport.set","args":{"on-exhausted":"drop","range":"5000-5000"}}' \
		vdport set on-exhausted drop range 5000-5000
	request '{"op":"connection.show","args":{"client":"10.2.0.5","state":"half-open"}}' \
		connection show client 10.2.0.5 state half-open
	request '{"op":"connection.show","args":{"state":"time_wait"}}' \
		connection show state time_wait
	request '{"op":"backend.show","args":{"health":"down"}}' backend show health down
	request '{"op":"backend.show","args":{"service":"web","health":"none"}}' \
		backend show web health none
	request '{"op":"backend.show","args":{"service":"health","health":"up"}}' \
		backend show health health up
	request '{"op":"backend.show","args":{"service":"health"}}' backend show health
	request '{"op":"service.show","args":{"health":"checking"}}' service show health checking
	done_silently '{"op":"service.set","args":{"name":"web","interval":"1"}}' \
		service set web interval 1
	request '{"op":"connection.show","args":{"backend":"fd00:1::11","service":"web"}}' \
		connection show backend fd00:1:0::11 service web
	request '{"op":"connection.del","args":{"client":"10.2.0.5","backend":"fd00:1::11","state":"open","service":"web"}}' \
		connection del client 10.2.0.5 backend fd00:1::11 state open service web
	request '{"op":"connection.flush","args":{}}' connection del all
	request '{"op":"stats","args":{}}' stats
	request '{"op":"stats.services","args":{}}' stats service
	request '{"op":"stats.services","args":{"service":"web"}}' stats service web
	request '{"op":"stats.backends","args":{"service":"web"}}' stats backend web
	# What these may be is for dnatd to say: 07-input has its words.
	request '{"op":"stats.backends","args":{"service":"-x"}}' stats backend -x
	request '{"op":"backend.show","args":{"health":"dead"}}' backend show health dead
	done_silently '{"op":"vdport.set","args":{"on-exhausted":"accept"}}' \
		vdport set on-exhausted accept
	done_silently '{"op":"vdport.set","args":{"range":"1-2-3"}}' vdport set range 1-2-3
	done_silently '{"op":"backend.set","args":{"service":"web","addr":"10.1.0.11","state":"down","deadline":"60d"}}' \
		backend set web addr 10.1.0.11 state down deadline 60d
	done_silently '{"op":"service.add","args":{"name":"","vip":"192.0.2.1","port":80,"proto":"","dev":"a/b"}}' \
		service add '' vip 192.0.2.1 port 80 proto '' dev a/b
	request '{"op":"status","args":{}}' status
	done_silently '{"op":"status.check","args":{}}' status check
	done_silently '{"op":"status.check","args":{"service":"web"}}' status check web
	run 3 monitor
	check "$ran: request" "$(tail -n 1 "$dir/log")" '{"op":"monitor","args":{}}'
}

test_output()
{
	local where

	run 0 service show
	check "$ran" "$out" 'NAME  PROTO  VIP                    MODE        SCHEDULER  DEV         FAST  CHECK  BACKENDS  UP  DRAIN  DOWN  LEFT
dns   udp    [2001:db8:0:1::10]:53  double-nat  rr         v\x1b[31m0  off   none          1   0      0     1     -
web   tcp    192.0.2.10:80          double-nat  wrr        -           on    http          2   1      1     0  1234'
	run 0 backend show
	check "$ran" "$out" 'SERVICE  BACKEND          WEIGHT  STATE   LEFT  DEADLINE_IN  UNANSWERED  HEALTH  FAULT
dns      [fd00:1::11]:53       1  up         -            -           -  -       -
web      10.1.0.9:8080        10  remove  1234           61          77  down    status 500, wanted 200-399
web      10.1.0.11:8080        2  up         -            -           -  up      -'
	run 0 vdport show
	check "$ran" "$out" 'VIP               PROTO  BACKEND          IN_USE  HALF_OPEN  CLOSED  CAPACITY  TAKEN_BACK  FAILURES
192.0.2.10        tcp    10.1.0.11:8080        7          1       2     64512           0         0
2001:db8:0:1::10  udp    [fd00:1::11]:53    1000        900       0     64512        3456        12'
	run 0 vdport show ports
	check "$ran" "$out" 'VIP         PROTO  VDPORT  BACKENDS
192.0.2.10  tcp       999        12
192.0.2.10  tcp      1024         6'
	run 0 connection show
	check "$ran" "$out" 'PROTO  CLIENT                   VIP                    VDPORT  BACKEND          STATE        AGE
tcp    10.2.0.5:40000           192.0.2.10:80            1024  10.1.0.11:8080   ESTABLISHED   12
udp    [2001:db8:0:2::5]:50000  [2001:db8:0:1::10]:53   65535  [fd00:1::11]:53  REPLIED        -'
	run 0 connection del client 10.2.0.5
	check "$ran" "$out" 'ENDED
 1234'
	run 0 connection del service ended
	check "$ran" "$out" 'ENDED
 3000'
	# What counts for nothing is no error.
	run 0 backend add noted addr 10.1.0.11 weight 2
	check "$ran" "$out" ''
	check "$ran" "$err" 'dnatctl: note: in\x1b vain
dnatctl: note: too'
	run 0 backend add noted addr 10.1.0.11 weight 2 -j
	check "$ran" "$out$err" '{"notes":["in\u001B vain","too"]}'
	run 0 connection del service forgotten
	check "$ran" "$out" 'ENDED
    2'
	check "$ran" "$err" 'dnatctl: note: nobody\x1b hears'
	run 0 -j connection del service forgotten
	check "$ran" "$out$err" '[{"ended":2,"notes":["nobody\u001B hears"]}]'
	run 0 -j connection del service ended
	check "$ran" "$out" '[{"ended":3000}]'
	run 0 stats
	check "$ran" "$out" 'connections begun: 1200
connections ended: 1000
connections never confirmed: 3
vdports in use: 200
vdports taken back: 5
vdports passed over: 1
connections not counted by service: 4
packets dropped, no vdport free: 7
packets dropped, no memory: 0
packets forwarded by the module: 9007199254740993
packets left to nf_nat, service with fast off: 10
packets left to nf_nat, fragment, option or wrong header: 1
packets left to nf_nat, TTL at its end: 2
packets left to nf_nat, SYN, RST or no ACK: 2400
packets left to nf_nat, no connection that is set up: 4
packets left to nf_nat, no way out known: 5
packets left to nf_nat, larger than the way out takes: 6
packets left to nf_nat, out of window or order: 8'
	# The counters stand still, and one that falls began anew.
	check 'stats -i' "$("$dnatctl" --socket "$sock" stats -i 1 | head -n 3)" \
		'BEGUN/s  ENDED/s  IN_USE  TAKEN_BACK/s  EXHAUSTED/s  NO_MEMORY/s  FAST/s  SLOW/s
      0        0     200             0            0            0       0       0
      0        0     200             0            0            0       0       0'
	check '-j stats -i' "$("$dnatctl" -j --socket "$sock" stats -i 1 | head -n 2)" \
		"$(printf '%s\n' '{"begun":0,"ended":0,"in_use":200,"unconfirmed":0,"taken_back":0,"skipped":0,"uncounted":0,"exhausted":0,"no_memory":0,"fast":0,"slow":{"off":0,"header":0,"ttl":0,"flags":0,"new":0,"route":0,"size":0,"state":0}}'{,})"
	run 0 stats service
	check "$ran" "$out" 'SERVICE  CONNECTIONS  IN_USE  PACKETS_IN  BYTES_IN  PACKETS_OUT            BYTES_OUT  EXHAUSTED  NO_MEMORY  TAKEN_BACK  UNANSWERED
dns              100       7        1000    123456          900  4611686018427387905          0          1           2           3
web              100       7        1000    123456          900           9876543210          0          1           2           3'
	run 0 stats backend
	check "$ran" "$out" 'SERVICE  BACKEND          CONNECTIONS  IN_USE  PACKETS_IN  BYTES_IN  PACKETS_OUT   BYTES_OUT  EXHAUSTED  NO_MEMORY  TAKEN_BACK  UNANSWERED
dns      [fd00:1::11]:53          100       7        1000    123456          900  9876543210          0          1           2           3
web      10.1.0.9:8080            100       0        1000    123456          900  9876543210         12          1           2           3
web      10.1.0.11:8080           100       7        1000    123456          900  9876543210          0          1           2           3'
	# A plain number is seconds, and a time has its unit.
	for where in 1 1s 100ms; do
		check "stats -i $where" "$("$dnatctl" --socket "$sock" stats -i $where | head -n 2 | tail -n 1)" \
			'      0        0     200             0            0            0       0       0'
	done
	# Nothing moves in a second; the header comes with each list.
	check 'stats backend -i' "$("$dnatctl" --socket "$sock" stats backend -i 1 | head -n 8)" \
		"$(printf '%s\n' 'SERVICE  BACKEND          CONNECTIONS/s  IN_USE  PACKETS_IN/s  BYTES_IN/s  PACKETS_OUT/s  BYTES_OUT/s  EXHAUSTED/s  NO_MEMORY/s  TAKEN_BACK/s  UNANSWERED/s
dns      [fd00:1::11]:53              0       7             0           0              0            0            0            0             0             0
web      10.1.0.9:8080                0       0             0           0              0            0            0            0             0             0
web      10.1.0.11:8080               0       7             0           0              0            0            0            0             0             0'{,})"
	check '-j stats service -i' "$("$dnatctl" -j --socket "$sock" stats service web -i 1 | head -n 1)" \
		'[{"connections":0,"in_use":7,"packets_in":0,"bytes_in":0,"packets_out":0,"bytes_out":0,"exhausted":0,"no_memory":0,"taken_back":0,"unanswered":0,"service":"web"},{"connections":0,"in_use":7,"packets_in":0,"bytes_in":0,"packets_out":0,"bytes_out":0,"exhausted":0,"no_memory":0,"taken_back":0,"unanswered":0,"service":"dns"}]'
	run 0 status
	check "$ran" "$out" 'dnatd: 0.1.0
module: 0.1.0
allocator: module
allocator asked for: auto
allocator reason: the module is there
services: 2
backends: 3
backends down: 1 of 3
  -> "dnatctl backend show health down" lists them, and what checks found
vdport range: 1024-65535
vdports exhausted: reset
ip_forward: 0
  -> sysctl -w net.ipv4.ip_forward=1
nf_conntrack_max: 262144
  note: it could be more'

	run 0 service show empty
	check "$ran" "$out" 'NAME  PROTO  VIP  MODE  SCHEDULER  DEV  FAST  CHECK  BACKENDS  UP  DRAIN  DOWN  LEFT'
	run 0 service show control
	check "$ran" "$(printf '%s' "$out" | tail -n 1 | cut -d ' ' -f 1)" \
		'a\x0ab\xc2\x9b\x7f'
	run 0 -j backend show dns
	check "$ran" "$out" \
		'[{"addr":"fd00:1::11","port":53,"weight":1,"service":"dns","state":"up","left":null,"deadline_in":null,"unanswered":null}]'
	run 0 -p backend show dns
	check "$ran" "$out" '[
  {
    "addr": "fd00:1::11",
    "port": 53,
    "weight": 1,
    "service": "dns",
    "state": "up",
    "left": null,
    "deadline_in": null,
    "unanswered": null
  }
]'
	for where in '--json backend show dns' 'backend -j show dns' 'backend show --json dns' \
		'backend show dns -j'; do
		# shellcheck disable=SC2086
		run 0 $where
		check "$ran" "${out:0:9}" '[{"addr":'
	done
	run 0 backend show dns --pretty
	check "$ran" "${out:0:5}" '[
  {'
	run 0 -jp service show empty
	check "$ran" "$out" '[]'
	"$dnatctl" service show empty -j "--socket=$sock" >"$dir/out"
	check '--socket behind the command' "$(cat "$dir/out")" '[]'
	run 0 connection show service many
	check "$ran" "$(wc -l <"$dir/out")" 5001

	# Parts, as they come: columns grow, and JSON is one array.
	# As dnatd writes them, and as any other JSON that means the same.
	local flag name
	for name in parts spaced; do
		run 0 connection show service $name
		check "$ran" "$out" 'PROTO  CLIENT          VIP            VDPORT  BACKEND         STATE        AGE
tcp    10.2.0.5:40000  192.0.2.10:80    1024  10.1.0.11:8080  ESTABLISHED   12
tcp    10.2.0.5:40000  192.0.2.10:80    1024  10.1.0.11:8080  ESTABLISHED   12
udp    [2001:db8:0:2::5]:50000  [2001:db8:0:1::10]:53   65535  [fd00:1::11]:53  REPLIED        -'
		for flag in -j -p; do
			run 0 $flag connection show service $name
			check "$ran" "$(python3 -c 'import json, sys; print(*[c["client_port"] for c in json.load(sys.stdin)])' <"$dir/out")" \
				'40000 40000 50000'
			check "$ran: as in one piece" "$out" "$(python3 -c '
import json, sys
indent = {"-j": {"separators": (",", ":")}, "-p": {"indent": 2}}[sys.argv[1]]
print(json.dumps(json.load(sys.stdin), **indent))' $flag <"$dir/out")"
		done
	done
	for flag in -j -p; do
		run 0 $flag connection show service none
		check "$ran" "$out" '[]'
	done
	run 0 connection show service none
	check "$ran" "$out" 'PROTO  CLIENT  VIP  VDPORT  BACKEND  STATE  AGE'
	run 2 connection show service broken
	check "$ran" "$err" 'dnatctl: the rest is lost'
	check "$ran" "$(wc -l <"$dir/out")" 2
	for flag in '' -j -p; do
		# shellcheck disable=SC2086
		run 3 $flag connection show service torn
		check "$ran" "$err" 'dnatctl: the answer makes no sense; are dnatctl and dnatd of the same version?'
		check "$ran: what came before is printed" "$(grep -c tcp "$dir/out")" 1
	done

	# Events come in parts, and dnatd ends after these.
	run 3 monitor
	check "$ran" "$out" '2026-11-25T13:14:15.678Z start version 0.1.0 services 2
2026-11-25T13:14:16.000Z change op service.add uid 0 service web
2026-11-25T13:14:16.001Z repair why "a \x1b b" service -'
	check "$ran" "$err" 'dnatctl: dnatd has ended or closed the connection; see its log, and start again'
	run 3 -j monitor
	check "$ran" "$out" '{"time":"2026-11-25T13:14:15.678Z","event":"start","version":"0.1.0","services":2}
{"time":"2026-11-25T13:14:16.000Z","event":"change","op":"service.add","uid":0,"service":"web"}
{"time":"2026-11-25T13:14:16.001Z","event":"repair","why":"a \u001B b","service":null}'
	run 3 -p monitor
	check "$ran" "$(jq -c . <"$dir/out" | wc -l)" 3

	run 0 -V
	check "$ran" "${out% *}" dnatctl
	check "$ran" "$out" "$("$dnatctl" --version)"
}

test_usage()
{
	wrong 'not an object; use service, backend, vdport, connection, apply, batch, export, import, stats, top, status, monitor or help' servic
	wrong 'service: the command is missing; use add, set, del, show or help' service
	wrong 'service: "ad" is not a command; use add, set, del, show or help' service ad
	wrong 'service: "list" is not a command; write "service show"' service list
	wrong 'backend: "rm" is not a command; write "backend del"' backend rm web addr 10.1.0.11
	wrong '"show" is not an object; write "service show"' show service
	wrong '"ls" is not an object; write "backend show"' ls backend
	wrong '"show" is not an object; use service, ' show web
	wrong 'backend show: "addr" is not a keyword here; use SERVICE, health' backend show addr 10.1.0.11
	wrong 'backend show: "10.1.0.11" is not a keyword here; use health' backend show web 10.1.0.11
	wrong 'service add: NAME is missing; write "service add NAME vip ADDR port N ..."' service add
	wrong 'service add: NAME is missing; write "service add NAME vip ADDR port N ..."' \
		service add vip 192.0.2.10 port 80
	wrong 'service set: NAME is missing; write "service set NAME ..."' service set scheduler wrr
	wrong 'service del: NAME is missing; write "service del NAME"' service del
	wrong 'backend add: SERVICE is missing; write "backend add SERVICE addr ADDR ..."' \
		backend add addr 10.1.0.11
	wrong 'backend set: SERVICE is missing; write "backend set SERVICE addr ADDR ..."' \
		backend set weight 3 addr 10.1.0.11
	wrong 'backend del: SERVICE is missing' backend del addr 10.1.0.11 port 80
	wrong 'service add: vip is missing; add "vip ADDR"' service add web port 80
	wrong 'service add: port needs a value' service add web vip 192.0.2.1 port
	wrong 'service add: port is given twice' \
		service add web vip 192.0.2.1 port 80 port 80
	wrong '"ports" is not a keyword here; use vip, port, proto, mode, scheduler, dev, fast' \
		service add web ports 80
	wrong 'service add: "192.0.2.1:80" is not a keyword here; write "vip 192.0.2.1:80"' \
		service add web 192.0.2.1:80
	wrong 'backend add: "fd00:1::11" is not a keyword here; write "addr fd00:1::11"' \
		backend add web fd00:1::11 port 80
	wrong 'backend del: "[fd00:1::11]:80" is not a keyword here; write "addr [fd00:1::11]:80"' \
		backend del web '[fd00:1::11]:80'
	wrong '"10.1.0.11" is not a keyword here; use service, backend, client, state' \
		connection show 10.1.0.11
	wrong 'service set: nothing to change' service set web
	wrong 'service show: "x" is not a keyword here; use health' service show web x
	wrong 'status: "x" is not a keyword here; use check' status x
	wrong 'stats: "x" is not a keyword here; use service, backend, -i' stats x
	wrong 'stats service: "x" is not a keyword here; use -i' stats service web x
	wrong 'stats backend: -i needs a value' stats backend -i
	wrong 'monitor: "x" is not expected here' monitor x
	wrong 'stats: -i needs a value; write "-i TIME"' stats -i
	wrong 'backend show: health needs a value' backend show web health
	wrong 'stats: -i is given twice' stats -i 1 -i 1
	local seconds
	for seconds in 0 86401 25h 99ms; do
		wrong "-i \"$seconds\" is not a time from 100ms to 24h" \
			stats -i "$seconds"
	done
	for seconds in -1 1.5 1d ''; do
		wrong "-i \"$seconds\" is not a time; use seconds, or a number with ms, s, m or h" \
			stats -i "$seconds"
	done
	wrong 'apply: -f is missing; add "-f FILE"' apply
	wrong 'apply: -f is missing; add "-f FILE"' apply --dry-run
	wrong 'apply: -f needs a value; write "-f FILE"' apply -f
	wrong '-f needs the name of a file' apply -f ''
	wrong 'apply: "x" is not a keyword here; use -f, --dry-run' apply -f x x
	wrong 'apply: --dry-run is given twice' apply --dry-run --dry-run
	wrong 'export: "x" is not a keyword here; use -f' export x
	wrong 'export: -f needs a value; write "-f FILE"' export -f
	wrong 'apply: "-x" is not an option; see "dnatctl help apply"' apply -x
	wrong 'service show: "-x" is not an option; see "dnatctl help service show"' \
		service show web -x
	wrong '"-i" is not an option' service show web -i 1
	wrong '--socket needs a path' service show --socket
	wrong '"bogus" is not an object' help bogus
	wrong 'service: "bogus" is not a command' help service bogus
	wrong 'standard input and output are not a terminal; use "stats service -i 1"' top
	wrong 'top: -i needs a value' top -i
	wrong 'top: "x" is not a keyword here; use -i' top x
	wrong 'backend set: addr is missing' backend set web weight 1
	wrong 'backend set: nothing to change; give one or more of weight, state, deadline, backup, check-addr, check-port' \
		backend set web addr 10.1.0.1
	wrong 'backend set: nothing to change; give one or more of weight' \
		backend set web addr 10.1.0.1 port 80
	wrong 'backend del: addr is missing' backend del web
	wrong '"-x" is not an option' -x service show
	wrong '"-" is not an option' - service show
	wrong '"--jso" is not an option' --jso service show
	wrong '"-jx" is not an option' -jx service show
	wrong '--socket needs a path' --socket '' service show
	wrong '--socket needs a path' -j --socket
	wrong 'too long' "--socket=/$(printf '%0200d' 0)" service show

	wrong 'vdport: the command is missing; use show, show ports, set or help' vdport
	wrong 'vdport show: "port" is not expected here' vdport show port
	wrong 'vdport show ports: "range" is not a keyword here; use vip, proto' \
		vdport show ports range 1-2
	wrong 'vdport set: nothing to change; give one or more of range, on-exhausted' \
		vdport set
	wrong 'vip "192.0.2.256" is not' service add web vip 192.0.2.256 port 80
	wrong 'vip "192.0.2.1/32" is not' service add web vip 192.0.2.1/32 port 80
	wrong 'client "10.1.0.11:80" is not' connection show client 10.1.0.11:80
	wrong 'vip "192.0.2.1:80" is not' vdport show ports vip 192.0.2.1:80
	wrong 'check-addr "10.1.0.11:80" is not' \
		backend add web addr 10.1.0.11 check-addr 10.1.0.11:80
	wrong 'addr "[fd00:1::11]" is not' backend add web addr '[fd00:1::11]'
	wrong 'addr "fd00:1::11:99999" is not' backend add web addr fd00:1::11:99999
	wrong 'addr "" is not' backend add web addr :80
	wrong 'addr "" is not' backend add web addr '[]:80'
	wrong 'addr "localhost" is not' backend add web addr localhost:80
	wrong "addr \"$(printf '%080d' 0 | cut -c 1-76)...\" is not" \
		backend add web addr "$(printf '%0300d' 0):80"
	wrong 'port "99999" is not a number from 1 to 65535' \
		backend add web addr '[fd00:1::11]:99999'
	wrong 'port "" is not a number' backend add web addr 10.1.0.11:
	wrong 'port 81 is not that of addr 10.1.0.11:80; give one of them' \
		backend add web port 81 addr 10.1.0.11:80
	wrong 'port 81 is not that of vip [2001:db8::1]:80; give one of them' \
		service add web vip '[2001:db8::1]:80' port 81
	wrong 'backend set: nothing to change' backend set web addr 10.1.0.11:80
	wrong 'addr "localhost" is not' backend add web addr localhost
	wrong 'addr 224.0.0.1 is a multicast' backend add web addr 224.0.0.1
	wrong 'backend "x" is not' connection show backend x
	wrong 'backend "x" is not' connection del backend x
	wrong 'connection del: it is not said which; give one or more of service, backend, client, state' \
		connection del
	wrong 'connection del all: "client" is not expected here' connection del all client 10.2.0.5
	local port
	for port in 0 65536 -1 +1 ' 1' 0x50 80a '' 99999999999999999999; do
		wrong "port \"$port\" is not a number from 1 to 65535" \
			service add web vip 192.0.2.1 port "$port"
	done
	wrong 'weight "257" is not a number from 0 to 256' \
		backend set web addr 10.1.0.1 weight 257
	wrong 'name "a\x0ab\x1b" may have printable ASCII only' service del $'a\nb\x1b'
	wrong 'dev "\xe2\x82\xac" may have printable ASCII only' service set web dev $'\xe2\x82\xac'
	wrong '"\x1b[31m" is not an object' $'\x1b[31m'

	"$dnatctl" >"$dir/out" 2>"$dir/err"
	check 'no arguments: exit' $? 1
	check 'no arguments: stdout' "$(cat "$dir/out")" ""
	grep -q '^usage: dnatctl ' "$dir/err" || bad 'no arguments: no usage'
	run 0 help
	check 'help and no arguments' "$out" "$(cat "$dir/err" <("$dnatctl" 2>&1))"
}

test_refusals()
{
	refused 2 'name: service "taken" is there\x0aalready\x1b' \
		service add taken vip 192.0.2.1 port 80
	refused 3 'before its answer was complete' service del cut
	refused 3 'before its answer was complete' service del gone
	local name
	for name in junk number maybe mute; do
		refused 3 'the answer makes no sense' service del $name
	done
	for name in text rows; do
		refused 3 'the answer makes no sense' service show $name
	done
	run 0 service show hole
	run 0 service show deep

	refused 3 'no such socket; start dnatd' --socket "$dir/none" status
	: >"$dir/file"
	refused 3 'dnatd does not listen there; start it' --socket "$dir/file" status
	if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
		cp "$dnatctl" "$dir/dnatctl"
		chmod 755 "$dir" "$dir/dnatctl"
		chmod 600 "$sock"
		setpriv --reuid 65534 --clear-groups "$dir/dnatctl" \
			--socket "$sock" status 2>"$dir/err"
		check 'not root: exit' $? 3
		grep -q 'permission denied; run as root, or as a member of group dnat to look' "$dir/err" ||
			bad "not root: $(cat "$dir/err")"
	fi

	"$dnatctl" --socket "$sock" service show 2>"$dir/err" >/dev/full
	check 'full disk: exit' $? 1
	grep -q 'cannot write the output' "$dir/err" || bad 'full disk: silent'
}

test_requests
test_output
test_usage
test_refusals
[ "$failed" -eq 0 ]
