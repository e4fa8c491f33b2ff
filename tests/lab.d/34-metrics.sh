# SPDX-License-Identifier: GPL-2.0-only
# What dnatd exports: the text, to promtool and to a real Prometheus, and who may ask.
# shellcheck shell=bash

# shellcheck source=/dev/null
. "$TOP/tests/lib/own.sh"

METRICS=http://127.0.0.1:9527/metrics
API=http://127.0.0.1:9090/api/v1

# scrape [URL] - the page.
scrape() {
	in_ns lb curl -gsf "${1:-$METRICS}"
}

# names - of all that is exported, with samples or without.
names() {
	scrape | sed -n 's/^# HELP \([^ ]*\) .*/\1/p'
}

# metric SAMPLE - its value, such as of dnat_connections{state="open"}.
metric() {
	scrape | awk -v sample="$1" '{ value = $NF; sub(/ [^ ]*$/, "") } $0 == sample { print value }'
}

# A page that took long to make, on a machine with much to do, is given out for a while.
metric_is() {
	[ "$(metric "$1")" = "$2" ]
}

metric_above() {
	[ "$(metric "$1")" -gt "$2" ]
}

# query EXPRESSION - what Prometheus says that it is.
query() {
	in_ns lb curl -gsf "$API/query" --data-urlencode "query=$1" | jq -r '.data.result[].value[1]'
}

query_is() {
	[ "$(query "$1")" = "$2" ]
}

query_above() {
	[ "$(query "$1")" -gt "$2" ]
}

# The page, to the real promtool, which is silent where all is well.
promtool_content() {
	scrape >"$LAB/page" && promtool check metrics <"$LAB/page" >"$LAB/promtool" 2>&1 || return
	[ ! -s "$LAB/promtool" ] || { cat "$LAB/promtool"; return 1; }
}

# lines OBJECT - "stats service" or "stats backend" as the page should have it, sorted.
lines() {
	# shellcheck disable=SC2016
	dnatctl -j stats "$1" | jq -r --arg of "$1" '
		def line(name; more; value):
			([["service", .service]] +
			 if $of == "service" then [] else
				[["backend", (if .addr | contains(":") then "[\(.addr)]" else .addr end) + ":\(.port)"]]
			 end + more | map("\(.[0])=\"\(.[1])\"") | join(",")) as $labels |
			"dnat_\($of)_\(name){\($labels)} \(value)";
		.[] | line("connections_total"; []; .connections),
			line("connections_active"; []; .in_use),
			line("packets_total"; [["direction", "in"]]; .packets_in),
			line("packets_total"; [["direction", "out"]]; .packets_out),
			line("bytes_total"; [["direction", "in"]]; .bytes_in),
			line("bytes_total"; [["direction", "out"]]; .bytes_out),
			line("failures_total"; [["reason", "exhausted"]]; .exhausted),
			line("failures_total"; [["reason", "no_memory"]]; .no_memory),
			line("connections_taken_back_total"; []; .taken_back),
			line("connections_unanswered_total"; []; .unanswered)' | sort
}

COUNTED='(service|backend)_(connections|packets|bytes|failures)_.*'

# What the page has of the same.
page_lines() {
	scrape | grep -E "^dnat_$COUNTED" | sort
}

# And what Prometheus has made of it.
prometheus_lines() {
	in_ns lb curl -gsf "$API/query" --data-urlencode "query={__name__=~\"dnat_$COUNTED\"}" |
		jq -r '.data.result[] | .metric as $m | [("service", "backend", "direction", "reason") |
			select($m[.]) | "\(.)=\"\($m[.])\""] as $labels |
			"\($m.__name__){\($labels | join(","))} \(.value[1])"' | sort
}

prometheus_has_all() {
	diff <({ lines service; lines backend; } | sort) <(prometheus_lines)
}

# The totals as "stats" and the page have them, "name value" a line.
totals() {
	dnatctl -j stats | jq -r 'to_entries[] | if .key == "slow" then .value | to_entries[] | "slow \(.key) \(.value)"
		else "\(.key) \(.value)" end' | grep -v '^in_use ' | sort
}

page_totals() {
	scrape | sed -nE '
		s/^dnat_connections_total /begun /p
		s/^dnat_connections_(ended|unconfirmed|taken_back|uncounted)_total /\1 /p
		s/^dnat_dropped_packets_total\{reason="(.*)"\} /\1 /p
		s/^dnat_vdports_skipped_total /skipped /p
		s/^dnat_fast_packets_total /fast /p
		s/^dnat_slow_packets_total\{reason="(.*)"\} /slow \1 /p' | sort
}

# The pools, likewise.
pools() {
	dnatctl -j vdport show | jq -r '.[] | "\(.vip) \(.proto) \(.backend) \(.port)" as $pool |
		{in_use, half_open, closed, capacity, taken_back, failures} | to_entries[] | "\($pool) \(.key) \(.value)"' | sort
}

page_pools() {
	scrape | sed -nE 's/^dnat_vdports_([a-z_]*)\{vip="(.*)",proto="(.*)",backend="\[?([^]"]*[^]":])\]?:([0-9]*)"\} (.*)/\2 \3 \4 \5 \1 \6/p' |
		sed 's/_total / /' | sort
}

# labels - of each metric that has samples, as the manual writes them.
labels() {
	scrape | grep -v '^#' | sed -E 's/ [^ ]*$//; s/="([^"\\]|\\.)*"//g; s/\}//; s/\{/ /; s/,/ , /g' | sort -u
}

manual_labels() {
	zcat -f "$page" | sed -nE 's/^\.It Li ((dnat|process)_[a-z_]+)( Pq (.*))?$/\1 \4/p' | sed 's/ $//' |
		grep -wF "$(labels | cut -d ' ' -f 1)" | sort -u
}

status_of_metrics() {
	dnatctl -j status | jq -r '.checks[] | select(.name == "metrics") | "\(.ok) \(.value)"'
}

check "dnatd starts" daemon_start || return
check "services are added" services web 80 b1 || return
check_is "status says where metrics are" "true $METRICS" "$(status_of_metrics)"
check "promtool has nothing to say" promtool_content
page=$(find "$DNAT_ROOT/usr/share/man" -name 'dnatd.8*')
check_is "the manual has all metrics, and no others" "$(names | sort)" \
	"$(zcat -f "$page" | sed -nE 's/^\.It Li ((dnat|process)_[a-z_]+).*/\1/p' | sort)"

check_is "nothing was counted, and that is told of each" "0 40" \
	"$(page_lines | awk '{ sum += $NF } END { print sum, NR }')"

changes=$(metric dnat_config_changes_total) begun=$(metric dnat_connections_total)
fast=$(metric dnat_fast_packets_total)
hold 10
check "ten connections are counted" wait_for 30 metric_is dnat_connections_total $((begun + 10))
check "as open" wait_for 30 metric_is 'dnat_connections{state="open"}' 10
check "which has so many vdports in use" wait_for 30 metric_is \
	'dnat_vdports_in_use{vip="192.0.2.10",proto="tcp",backend="10.1.0.11:8080"}' 10
check_is "the figures of services are those of stats while they are open" "$(lines service)" \
	"$(page_lines | grep '^dnat_service_')"
check_is "and those of backends" "$(lines backend)" "$(page_lines | grep '^dnat_backend_')"
check_is "the pools are those of vdport show" "$(pools)" "$(page_pools)"
check "of 64512 ports" wait_for 30 metric_is \
	'dnat_vdports_capacity{vip="192.0.2.10",proto="tcp",backend="10.1.0.11:8080"}' 64512
let_go
get c1 2 "$URL6/" >/dev/null 2>&1
check "IPv6 backends stand in brackets" wait_for 30 metric_is \
	"dnat_vdports_capacity{vip=\"$VIP6\",proto=\"tcp\",backend=\"[$(addr6 b1)]:8080\"}" 64512
check_is "the labels are those of the manual" "$(manual_labels)" "$(labels)"
check "packets are counted" wait_for 30 metric_above dnat_fast_packets_total "$fast"
check "a change of a weight" dnatctl backend set web4 addr "$(addr4 b1)" weight 7
check "is exported" wait_for 30 metric_is "dnat_backend_weight{service=\"web4\",backend=\"$(addr4 b1):8080\"}" 7
check "and counted" wait_for 30 metric_is dnat_config_changes_total $((changes + 1))
check_is "as many services as there are" "$(dnatctl -j service show | jq length)" "$(metric dnat_services)"
check_is "as many backends" "$(dnatctl -j backend show | jq length)" "$(metric dnat_backends)"
check_is "a backend that nobody checks is neither up nor down" '' "$(scrape | grep '^dnat_backend_up{')"
backend="service=\"web4\",backend=\"$(addr4 b1):8080\""
check "it is checked" dnatctl service set web4 check tcp interval 200ms timeout 200ms fall 5 rise 1
check "and up" wait_for 30 metric_is "dnat_backend_up{$backend}" 1
check "good checks are counted" wait_for 30 metric_above "dnat_backend_checks_total{$backend,result=\"passed\"}" 1
check "where nobody listens" dnatctl backend set web4 addr "$(addr4 b1)" check-port 9
check "it goes down" wait_for 30 metric_is "dnat_backend_up{$backend}" 0
check "bad ones are counted" wait_for 30 metric_above "dnat_backend_checks_total{$backend,result=\"failed\"}" 1
check "it is not checked any more" dnatctl service set web4 check none
repairs=$(metric dnat_repairs_total)
in_ns lb nft flush chain inet dnatd svc-web4
check "a repair is counted" wait_for 30 metric_is dnat_repairs_total $((repairs + 1))
check_is "and none is held back" 0 "$(metric dnat_repairs_held)"

check "there are five ports" dnatctl vdport set range 50001-50005
hold 8 5
check "three connections are refused" wait_for 30 metric_is "dnat_backend_failures_total{$backend,reason=\"exhausted\"}" 3
check "by the service" wait_for 30 metric_is 'dnat_service_failures_total{service="web4",reason="exhausted"}' 3
check "a backend with connections is removed" dnatctl backend del web4 addr "$(addr4 b1)"
check "and told of while it has some" wait_for 30 metric_is "dnat_backend_connections_active{$backend}" 5
let_go
check "they are forgotten" dnatctl connection del service web4
check "and no more is told of it" wait_for 30 metric_is "dnat_backend_connections_active{$backend}" ''
check "its service's sum has them yet" wait_for 30 metric_is 'dnat_service_failures_total{service="web4",reason="exhausted"}' 3
check "it is added again" dnatctl backend add web4 addr "$(addr4 b1)" port 8080
check "and goes on counting" wait_for 30 metric_is "dnat_backend_failures_total{$backend,reason=\"exhausted\"}" 3
check "there are all ports again" dnatctl vdport set range 1024-65535
check_is "the totals are those of stats" "$(totals)" "$(page_totals)"
before=$(page_lines)
daemon_stop
check "dnatd starts again" daemon_start
check_is "and no counter of traffic has moved" "$before" "$(page_lines)"
check_is "the memory is that of /proc" "$(awk '/^VmSize/ { print $2 * 1024 }' "/proc/$DNATD/status")" \
	"$(metric process_virtual_memory_bytes)"
check "another page is not there" bash -c "ip netns exec lb curl -sI ${METRICS%/*}/ | grep -q '^HTTP/1.1 404 '"
check "nothing is taken" bash -c "ip netns exec lb curl -si -d x=y $METRICS | grep -q '^HTTP/1.1 405 '"
in_ns lb ip address add "$VIP4/32" dev lo
check_rc "nobody from outside gets through" 7 in_ns c1 curl -s --max-time 20 "http://$VIP4:9527/metrics"
in_ns lb ip address del "$VIP4/32" dev lo

mkdir -p "$LAB/prometheus"
cat >"$LAB/prometheus/prometheus.yml" <<-'EOT'
	global:
	  scrape_interval: 1s
	scrape_configs:
	  - job_name: dnat
	    static_configs:
	      - targets: ["127.0.0.1:9527"]
EOT
ip netns exec lb prometheus --config.file="$LAB/prometheus/prometheus.yml" --storage.tsdb.path="$LAB/prometheus/data" \
	--web.listen-address=127.0.0.1:9090 >"$LAB/prometheus/log" 2>&1 &
prometheus=$!
if check "a real Prometheus scrapes it" wait_for 240 query_is up 1; then
	seen=$(query dnat_connections_total)
	get c1 20 "$URL4/" >/dev/null 2>&1
	check "and sees a counter rise with the traffic" wait_for 60 query_above dnat_connections_total $((seen + 19))
	check "its figures are those of stats" wait_for 60 prometheus_has_all || prometheus_has_all | note
	check "has every kind of sample" wait_for 60 query_is 'count(dnat_backend_weight)' 2
	check "and says which version runs" wait_for 60 query_is "dnat_build_info{version=\"$(dnatd -V | cut -d ' ' -f 2)\"}" 1
	daemon_stop
	check "it sees dnatd end" wait_for 60 query_is up 0
	check "dnatd starts again at once on the same port" daemon_start
	check "and is scraped" wait_for 60 query_is up 1
else
	tail -n 5 "$LAB/prometheus/log" | note
fi
kill $prometheus
wait $prometheus
daemon_stop

ip netns exec lb socat TCP4-LISTEN:9527,bind=127.0.0.1,fork,reuseaddr PIPE 2>/dev/null &
socat=$!
port_taken() {
	in_ns lb ss -Hltn 'sport = 9527' | grep -q .
}
check "somebody has the port" wait_for 20 port_taken
check "dnatd starts all the same" daemon_start
check_is "and status says so" "false not exported" "$(status_of_metrics)"
check_match "with advice" "127\.0\.0\.1:9527.*: Address already in use; dnatd tries again" "$(dnatctl status)"
check_match "the log, too" "127\.0\.0\.1:9527: Address already in use" "$(tail -n 5 "$DNATD_LOG")"
check "and dnatd does its work" dnatctl service show
kill $socat
wait $socat 2>/dev/null
answered() {
	scrape "$METRICS" | grep -q '^dnat_up 1$'
}
check "when the port is free it is answered" wait_for 20 answered
check_match "and status says so" "true http://127" "$(status_of_metrics)"
daemon_stop

check "another address is asked for" daemon_start --metrics '[::1]:9999'
check_match "which answers" '^dnat_up 1$' "$(scrape 'http://[::1]:9999/metrics')"
check_rc "and the first does not" 7 in_ns lb curl -s "$METRICS"
daemon_stop
for address in 192.0.2.95/32 2001:db8:0:1::95/128; do
	url=${address%/*}
	case $url in *:*) url="[$url]" ;; esac
	check "an address that no interface has" daemon_start --metrics "$url:9527"
	ip -n lb addr add $address dev lo
	check_match "$url: is answered when it comes" '^dnat_up 1$' "$(scrape "http://$url:9527/metrics")"
	ip -n lb addr del $address dev lo
	daemon_stop
done
check "none is asked for" daemon_start --metrics none
check_rc "and nobody answers" 7 in_ns lb curl -s "$METRICS"
check_is "which is fine" "true none" "$(status_of_metrics)"
daemon_stop

check "allocator nf_nat" daemon_start --allocator nf_nat
check "has metrics, too" wait_for 30 metric_is 'dnat_allocator_info{allocator="nf_nat",configured="nf_nat",module=""}' 1
check_is "but no connections" "" "$(metric dnat_connections_total)"
check "promtool has nothing to say" promtool_content
daemon_stop
