#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dnatctl against a daemon that is not one: requests, output, exit codes,
# completion, and that help, man page and completion know the same words.
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
	request '{"op":"connection.show","args":{"backend":"fd00:1::11","service":"web"}}' \
		connection show backend fd00:1:0::11 service web
	request '{"op":"connection.del","args":{"client":"10.2.0.5","backend":"fd00:1::11","state":"open","service":"web"}}' \
		connection del client 10.2.0.5 backend fd00:1::11 state open service web
	request '{"op":"connection.flush","args":{}}' connection del all
	request '{"op":"stats","args":{}}' stats
	request '{"op":"stats.services","args":{}}' stats service
	request '{"op":"stats.services","args":{"service":"web"}}' stats service web
	request '{"op":"stats.backends","args":{"service":"web"}}' stats backend web
	request '{"op":"status","args":{}}' status
	run 3 monitor
	check "$ran: request" "$(tail -n 1 "$dir/log")" '{"op":"monitor","args":{}}'
}

test_output()
{
	run 0 service show
	check "$ran" "$out" 'NAME  PROTO  VIP                    MODE        SCHEDULER  DEV         FAST  CHECK  BACKENDS  UP  DRAIN  DOWN  LEFT
dns   udp    [2001:db8:0:1::10]:53  double-nat  rr         v\x1b[31m0  off   none          1   0      0     1     -
web   tcp    192.0.2.10:80          double-nat  wrr        -           on    http          2   1      1     0  1234'
	run 0 backend show
	check "$ran" "$out" 'SERVICE  BACKEND          WEIGHT  STATE   LEFT  DEADLINE_IN  HEALTH  FAULT
dns      [fd00:1::11]:53       1  up         -            -  -       -
web      10.1.0.9:8080        10  remove  1234           61  down    status 500
web      10.1.0.11:8080        2  up         -            -  up      -'
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
	check "$ran" "$out" 'SERVICE  CONNECTIONS  IN_USE  PACKETS_IN  BYTES_IN  PACKETS_OUT            BYTES_OUT  EXHAUSTED  NO_MEMORY  TAKEN_BACK
dns              100       7        1000    123456          900  4611686018427387905          0          1           2
web              100       7        1000    123456          900           9876543210          0          1           2'
	run 0 stats backend
	check "$ran" "$out" 'SERVICE  BACKEND          CONNECTIONS  IN_USE  PACKETS_IN  BYTES_IN  PACKETS_OUT   BYTES_OUT  EXHAUSTED  NO_MEMORY  TAKEN_BACK
dns      [fd00:1::11]:53          100       7        1000    123456          900  9876543210          0          1           2
web      10.1.0.9:8080            100       0        1000    123456          900  9876543210         12          1           2
web      10.1.0.11:8080           100       7        1000    123456          900  9876543210          0          1           2'
	# Nothing moves in a second; the header comes with each list.
	check 'stats backend -i' "$("$dnatctl" --socket "$sock" stats backend -i 1 | head -n 8)" \
		"$(printf '%s\n' 'SERVICE  BACKEND          CONNECTIONS/s  IN_USE  PACKETS_IN/s  BYTES_IN/s  PACKETS_OUT/s  BYTES_OUT/s  EXHAUSTED/s  NO_MEMORY/s  TAKEN_BACK/s
dns      [fd00:1::11]:53              0       7             0           0              0            0            0            0             0
web      10.1.0.9:8080                0       0             0           0              0            0            0            0             0
web      10.1.0.11:8080               0       7             0           0              0            0            0            0             0'{,})"
	check '-j stats service -i' "$("$dnatctl" -j --socket "$sock" stats service web -i 1 | head -n 1)" \
		'[{"connections":0,"in_use":7,"packets_in":0,"bytes_in":0,"packets_out":0,"bytes_out":0,"exhausted":0,"no_memory":0,"taken_back":0,"service":"web"},{"connections":0,"in_use":7,"packets_in":0,"bytes_in":0,"packets_out":0,"bytes_out":0,"exhausted":0,"no_memory":0,"taken_back":0,"service":"dns"}]'
	run 0 status
	check "$ran" "$out" 'dnatd: 0.1.0
module: 0.1.0
allocator: module
allocator asked for: auto
allocator reason: the module is there
services: 2
backends: 3
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
		'[{"addr":"fd00:1::11","port":53,"weight":1,"service":"dns","state":"up","left":null,"deadline_in":null}]'
	run 0 -p backend show dns
	check "$ran" "$out" '[
  {
    "addr": "fd00:1::11",
    "port": 53,
    "weight": 1,
    "service": "dns",
    "state": "up",
    "left": null,
    "deadline_in": null
  }
]'
	local where
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
	check "$ran" "$err" 'dnatctl: dnatd has ended or cut us off; see its log, and start again'
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
	wrong 'service: "ad" is not a command' service ad
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
	wrong 'service set: nothing to change' service set web
	wrong 'service show: "x" is too much' service show web x
	wrong 'status: "x" is too much' status x
	wrong 'stats: "x" is not a keyword here; use service, backend, -i' stats x
	wrong 'stats service: "x" is not a keyword here; use -i' stats service web x
	wrong 'stats backend: -i needs a value' stats backend -i
	wrong 'service "-x" ' stats backend -x
	wrong 'monitor: "x" is too much' monitor x
	wrong 'stats: -i needs a value; write "-i SECONDS"' stats -i
	wrong 'stats: -i is given twice' stats -i 1 -i 1
	local seconds
	for seconds in 0 86401 -1 1.5 1s ''; do
		wrong "-i \"$seconds\" is not a number from 1 to 86400" \
			stats -i "$seconds"
	done
	wrong 'apply: -f is missing; add "-f FILE"' apply
	wrong 'apply: -f is missing; add "-f FILE"' apply --dry-run
	wrong 'apply: -f needs a value; write "-f FILE"' apply -f
	wrong '-f needs the name of a file' apply -f ''
	wrong 'apply: "x" is not a keyword here; use -f, --dry-run' apply -f x x
	wrong 'apply: --dry-run is given twice' apply --dry-run --dry-run
	wrong 'export: "x" is too much' export x
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
	wrong 'vdport show: "port" is too much' vdport show port
	wrong 'vdport show ports: "range" is not a keyword here; use vip, proto' \
		vdport show ports range 1-2
	wrong 'vdport set: nothing to change; give one or more of range, on-exhausted' \
		vdport set
	wrong 'on-exhausted "accept" is not known; use drop|reset' \
		vdport set on-exhausted accept
	wrong 'state "closing" is not known; use open|half-open|closed' \
		connection show state closing
	local range
	for range in '' - 1 1- -1 0-1 1-65536 2-1 1-2-3 ' 1-2' 1024:65535 1024- 123456789-3; do
		wrong "range \"$range\" is not a range of ports; use MIN-MAX, from 1 to 65535" \
			vdport set range "$range"
	done
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
	wrong 'state "down" is not known; use up|drain|remove' \
		backend set web addr 10.1.0.11 state down
	wrong 'deadline "60" is not a time; use a number with ms, s, m or h' \
		backend set web addr 10.1.0.11 state drain deadline 60
	wrong 'drain "1001h" is not a time from 0ms to 1000h' \
		backend del web addr 10.1.0.11 drain 1001h
	wrong 'backend "x" is not' connection del backend x
	wrong 'connection del: it is not said which; give one or more of service, backend, client, state' \
		connection del
	wrong 'connection del all: "client" is too much' connection del all client 10.2.0.5
	local port
	for port in 0 65536 -1 +1 ' 1' 0x50 80a '' 99999999999999999999; do
		wrong "port \"$port\" is not a number from 1 to 65535" \
			service add web vip 192.0.2.1 port "$port"
	done
	wrong 'weight "257" is not a number from 0 to 256' \
		backend set web addr 10.1.0.1 weight 257
	wrong 'proto "TCP" is not known; use tcp|udp' \
		service add web vip 192.0.2.1 port 80 proto TCP
	wrong 'proto "" is not known' \
		service add web vip 192.0.2.1 port 80 proto ''
	wrong 'mode "nat" is not known; use double-nat' \
		service add web vip 192.0.2.1 port 80 mode nat
	wrong 'scheduler "rr|wrr" is not known' \
		service set web scheduler 'rr|wrr'
	wrong 'fast "yes" is not known; use on|off' service set web fast yes
	wrong 'dev "a/b" is not an interface' service set web dev a/b
	wrong 'dev "eth0123456789abc" is not' service set web dev eth0123456789abc
	wrong 'name "" is not a service name' service del ''
	wrong 'name "a\x0ab\x1b" is not a service name' service del $'a\nb\x1b'
	wrong 'service "help" is a word of dnatctl' connection show service help
	wrong 'has 300 bytes; use 63' service del "$(printf '%0300d' 0)"
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
	refused 3 'nobody listens there; start dnatd' --socket "$dir/file" status
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

# complete LINE WORDS: what is offered at the end of LINE, sorted
completes()
{
	COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
	_dnatctl 2>"$dir/err"
	check "completion of '$1'" \
		"$(printf '%s\n' "${COMPREPLY[@]}" | sort | xargs)" "$2"
	check "completion of '$1': stderr" "$(cat "$dir/err")" ""
}

test_completion()
{
	# shellcheck source=completion/dnatctl
	. "$top/completion/dnatctl"
	local c="$dnatctl --socket $sock" COMP_LINE COMP_POINT

	completes "$c " 'apply backend batch connection export help import monitor service stats status top vdport'
	completes "$c top " '-i help'
	completes "$c -j s" 'service stats status'
	completes "$c stats " '-i backend help service'
	completes "$c stats service " '-i dns help web'
	completes "$c stats backend web " '-i'
	completes "$c stats backend -i " ''
	completes "$c stats backend web -i " ''
	completes "$c stats -i " ''
	completes "$dnatctl -" '--help --json --pretty --socket --version -V -h -j -p'
	completes "$c apply " '--dry-run -f help'
	completes "$c apply -f $dir/so" "$sock"
	completes "$c apply --dry-run " '-f'
	completes "$c apply -f x " '--dry-run'
	completes "$c apply --dry-run -f $dir/so" "$sock"
	completes "$c batch -f x --" '--force --help --json --pretty --socket --version'
	completes "$c import " 'help ipvs'
	completes "$c import ipvs " '-f help'
	completes "$c import ipvs -f $dir/so" "$sock"
	completes "$c import ipvs -f x " ''
	completes "$c export " 'help'
	completes "$c service " 'add del help set show'
	completes "$c status " 'help'
	completes "$c help " 'apply backend batch connection export import monitor service stats status top vdport'
	completes "$c help s" 'service stats status'
	completes "$c help service " 'add del set show'
	completes "$c help stats " 'backend service'
	completes "$c help vdport show " 'ports'
	completes "$c help status " ''
	completes "$c help service add " ''
	completes "$c service -j s" 'set show'
	completes "$c service show --json " 'dns help web'
	completes "$c service show web -" '--help --json --pretty --socket --version -V -h -j -p'
	completes "$dnatctl service -p --socket $sock del " 'dns help web'
	completes "$c bogus " 'help'
	completes "$c bogus bogus " ''
	completes "$c service add " 'help'
	completes "$c service add x " 'check dev dns-name exec-command fall fast http-body http-host http-path http-status interval mode on-down port proto rise scheduler timeout vip when-empty'
	completes "$c service add x vip 192.0.2.1 p" 'port proto'
	completes "$c service add x port 80 proto tcp p" ''
	completes "$c service add x proto " 'tcp udp'
	completes "$c service add x mode " 'double-nat'
	completes "$c service add x scheduler w" 'wrr'
	completes "$c service add x dev l" 'lo'
	completes "$c service add x fast " 'off on'
	completes "$c service set web fast of" 'off'
	completes "$c service set web dev n" 'none'
	completes "$c service del " 'dns help web'
	completes "$c service del web " ''
	completes "$c backend add w" 'web'
	completes "$c backend del web addr " '10.1.0.11 10.1.0.9'
	completes "$c backend del web addr 10.1.0.11 port " '8080'
	completes "$c backend set dns addr fd00:1:" ':11'
	completes "$c backend set web addr 10.1.0.9 " 'backup check-addr check-port deadline port state weight'
	completes "$c connection show service " 'dns web'
	completes "$c connection show backend 1" '10.1.0.11 10.1.0.9'
	completes "$c connection show service dns backend " 'fd00:1::11'
	completes "$c connection show client " '10.2.0.5 2001:db8:0:2::5'
	completes "$c backend set web state " 'drain remove up'
	completes "$c backend add web state d" 'drain'
	completes "$c connection show state " 'closed half-open open'
	completes "$c connection del " 'all backend client help service state'
	completes "$c connection del all " 'help'
	completes "$c connection del all x " ''
	completes "$c connection del state " 'closed half-open open'
	completes "$c connection del state open service " 'dns web'
	completes "$c vdport " 'help set show'
	completes "$c vdport show " 'help ports'
	completes "$c vdport show x " ''
	completes "$c vdport show ports " 'help proto vip'
	completes "$c vdport show ports vip 1" '192.0.2.10'
	completes "$c vdport show ports vip 192.0.2.10 " 'proto'
	completes "$c vdport show ports proto u" 'udp'
	completes "$c vdport set " 'help on-exhausted range'
	completes "$c vdport set on-exhausted " 'drop reset'
	completes "$c --socket=$sock vdport s" 'set show'
	completes "$dnatctl --socket $dir/none service del " 'help'
	completes "$dnatctl --socket $dir/none backend del web addr " ''
	completes "$dnatctl --socket $dir/so" "$sock"
}

test_words()
{
	local page="$top/man/dnatctl.8" line object verb words word

	"$dnatctl" help | sed -n 's/^  dnatctl //p' >"$dir/synopses"
	[ -s "$dir/synopses" ] || bad 'help lists no commands'

	# Completion: a line a command, the keywords in the order of the help.
	while read -r line; do
		echo "$line" | sed 's/\[\([a-z-]*\)\( [^]]*\)\?\]/\1/g' |
			tr ' ' '\n' | grep -xE '[a-z-]+' | xargs
	done <"$dir/synopses" >"$dir/from_help"
	check 'help and completion' "$(__dnatctl_grammar)" "$(cat "$dir/from_help")"

	# Help of one command: every keyword stands in it.
	while read -r object verb words; do
		local -a command=("$object" ${verb:+"$verb"})

		case "$object $verb $words" in
		"vdport show ports "*)
			command+=(ports)
			words=${words#ports } ;;
		"stats -i "* | "top -i "*)
			command=("$object")
			words=-i ;;
		"apply "* | "batch "*)
			command=("$object")
			words="$verb $words" ;;
		"connection del all")
			command+=(all)
			words= ;;
		esac
		run 0 "${command[@]}" help
		for word in $words; do
			grep -q "^  $word " "$dir/out" ||
				bad "$ran: nothing about $word"
		done
		head -n 1 "$dir/out" | sed 's/^usage: dnatctl //' |
			grep -qxFf - "$dir/synopses" || bad "$ran: another synopsis"
	done <"$dir/from_help"

	# Options that ask for help do so wherever the word does.
	for word in -h --help; do
		check "$word" "$("$dnatctl" $word)" "$("$dnatctl" help)"
		check "service $word" "$("$dnatctl" service $word)" "$("$dnatctl" service help)"
		check "backend add $word" "$("$dnatctl" backend add $word)" \
			"$("$dnatctl" backend add help)"
		check "status $word" "$("$dnatctl" status $word)" "$("$dnatctl" status help)"
		check "service del web $word" "$("$dnatctl" service del web $word)" \
			"$("$dnatctl" help service del)"
		check "backend set vip $word x" "$("$dnatctl" backend set vip $word x)" \
			"$("$dnatctl" help backend set)"
		check "$word service" "$("$dnatctl" $word service)" "$("$dnatctl" help service)"
		check "-V $word" "$("$dnatctl" -V $word)" "$("$dnatctl" -V)"
	done
	for word in 'service add' 'vdport show ports' 'stats service' status; do
		# shellcheck disable=SC2086
		check "help $word" "$("$dnatctl" help $word)" "$("$dnatctl" $word help)"
	done
	for word in service stats vdport; do
		check "help $word" "$("$dnatctl" help $word)" "$("$dnatctl" $word help)"
	done
	check 'help service' "$("$dnatctl" help service | grep -c '^dnatctl service ')" 4
	check 'help service add' "$("$dnatctl" help service add | head -n 1 | cut -c -30)" \
		'usage: dnatctl service add NAM'

	# Options: in the completion, and in the page in mdoc's words.
	COMP_LINE="$dnatctl -" COMP_POINT=$((${#dnatctl} + 2))
	_dnatctl
	for word in "${COMPREPLY[@]}"; do
		"$dnatctl" help | grep -q -e "^  .*$word" ||
			bad "help: nothing about $word"
		grep -q -e "^\.It Fl .*${word#-}" "$page" ||
			bad "man page: nothing about $word"
	done

	# Man page: the same commands with the same arguments.
	sed -n 's/^\.It Ic //p' "$page" | sed -e 's/ \(Ic\|Cm\|Ar\) / /g' \
		-e 's/Fl /-/g' -e 's/ Oo \(Cm \)\?\(Ar \)\?/ [/g' -e 's/ Oc/]/g' >"$dir/from_page"
	check 'help and man page' "$(cat "$dir/from_page")" "$(cat "$dir/synopses")"
}

# What the page and the README show can be typed.
test_examples()
{
	local -a words

	echo 'vdport set range 1-9' >"$dir/conf"
	{
		sed -n 's/^\.Dl # dnatctl //p' "$top/man/dnatctl.8"
		sed -n 's/^   dnatctl \([a-z]\)/\1/p' "$top/README"
	} | sed "s| >.*||; s| [^ ]*services.conf| $dir/conf|" >"$dir/examples"
	[ "$(wc -l <"$dir/examples")" -gt 20 ] || bad 'where are the examples?'
	while read -ra words; do
		# These go on until they are told to end, and have tests of their own.
		case ${words[0]} in
		top|monitor) ;;
		*)	run 0 "${words[@]}" ;;
		esac
	done <"$dir/examples"
}

test_pages()
{
	command -v mandoc >/dev/null || return 0
	# Our own pages are found by each other once they are installed.
	check 'mandoc -Tlint' "$(mandoc -Tlint "$top"/man/*.[4578] 2>/dev/null |
		grep -v 'not found: Xr \(dnatctl\|dnatd\|nf_double_nat\|services.conf\|dnat-workflows\) ')" ""
}

test_requests
test_output
test_usage
test_refusals
test_completion
test_words
test_examples
test_pages
[ "$failed" -eq 0 ]
