# SPDX-License-Identifier: GPL-2.0-only
# The backends' programs: nginx on 8080 and dnsmasq on 53 in every backend's namespace,
# IPv4 and IPv6. Both are listening by the time their starting process returns.
# shellcheck shell=bash

BIG_BYTES=$((200 * 1024 * 1024))

nginx_conf() {
	local node=$1 dir=$LAB/$1

	cat <<-EOT
		user root;
		worker_processes 1;
		pid $dir/nginx.pid;
		error_log $dir/error.log;
		events { worker_connections 4096; }
		http {
			default_type text/plain;
			log_format peer '\$remote_addr \$remote_port "\$request" \$status';
			access_log $dir/access.log peer;
			client_body_temp_path $dir/body;
			client_max_body_size 0;
			keepalive_requests 100000;
			client_header_timeout 1h;
			sendfile on;
			server {
				listen 8080 backlog=1024;
				listen [::]:8080 backlog=1024 ipv6only=on;
				location / { return 200 "$node\n"; }
				location = /big { alias $LAB/big; }
				location /up/ { root $dir; dav_methods PUT; create_full_put_path on; }
			}
		}
	EOT
}

# servers_up - start all of them.
servers_up() {
	local node dir

	for node in "${NET_BACKENDS[@]}"; do
		dir=$LAB/$node
		mkdir -p "$dir"
		nginx_conf "$node" >"$dir/nginx.conf"
		in_ns "$node" nginx -p "$dir" -c "$dir/nginx.conf" -e "$dir/error.log" || return 1
		in_ns "$node" dnsmasq --conf-file=/dev/null --pid-file="$dir/dnsmasq.pid" --user=root \
			--no-resolv --no-hosts --txt-record="who.lab,$node" \
			--host-record=who.lab,192.0.2.53,2001:db8::53 || return 1
	done
}

# servers_big - the file for long downloads, the same on every machine, no two blocks alike.
servers_big() {
	[ -e "$LAB/big" ] || seq 100000000 999999999 | head -c "$BIG_BYTES" >"$LAB/big"
}

# nginx's log of one backend, emptied: what is in it afterwards is the test's own.
logs_clear() {
	local node

	for node in "${NET_BACKENDS[@]}"; do
		: >"$LAB/$node/access.log"
	done
}
