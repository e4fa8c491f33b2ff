// SPDX-License-Identifier: GPL-2.0-only
/* Connections through the table, who they come from, and how conntrack lists them. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn/ct.h"
#include "net/link.h"
#include "nft_table.h"
#include "long_answer_json.h"
#include "unit.h"

static struct err err;

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	NEED(fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
}

static struct sockaddr_in at(const char *addr, uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	sin.sin_port = htons(port);
	inet_pton(AF_INET, addr, &sin.sin_addr);
	return sin;
}

static int listen_at(const char *addr)
{
	struct sockaddr_in sin = at(addr, 8080);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	NEED(fd >= 0);
	NEED(!bind(fd, (struct sockaddr *)&sin, sizeof(sin)));
	NEED(!listen(fd, 64));
	return fd;
}

static json_t *show(const struct model *model, const struct conn_filter *filter)
{
	struct long_answer *parts;

	NEED(!ct_show(model, filter, &parts, &err));
	return long_answer_json(parts, &err);
}

/* Connects to the VIP, here in the same namespace, and sees who it is. */
static void test_connections(void)
{
	static const char *const addrs[] = {
		"10.1.0.11", "10.3.0.12", "192.0.2.10", "10.2.0.2",
	};
	struct sockaddr_in vip = at("192.0.2.10", 80), client = at("10.2.0.2", 0);
	struct model *model = model_of(WEB);
	int servers[2], taken[2] = { 0 }, fds[20], fd;
	struct sockaddr_in peer;
	struct conn_filter filter = { .class = CONN_ANY };
	json_t *list, *first;
	struct addr addr;
	socklen_t len;

	loopback_up();
	for (size_t i = 0; i < 4; i++) {
		NEED(!addr_parse(addrs[i], "addr", &addr, &err));
		CHECK_INT(link_vips_add(&(struct vip){ addr, "lo" }, 1, &err), 0);
		CHECK_INT(link_vips_add(&(struct vip){ addr, "lo" }, 1, &err), 0);
	}
	reconcile(model, true);
	for (int i = 0; i < 2; i++)
		servers[i] = listen_at(addrs[i]);
	for (int i = 0; i < 20; i += 2) {
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		NEED(!bind(fds[i], (struct sockaddr *)&client, sizeof(client)));
		CHECK(!connect(fds[i], (struct sockaddr *)&vip, sizeof(vip)));
		for (int s = 0; s < 2; s++) {
			len = sizeof(peer);
			fd = accept(servers[s], (struct sockaddr *)&peer, &len);
			if (fd < 0)
				continue;
			taken[s]++;
			fds[i + 1] = fd;
			CHECK_INT(ntohl(peer.sin_addr.s_addr), 0xc000020a);
			CHECK(ntohs(peer.sin_port) != 80);
		}
	}
	CHECK_INT(taken[0], 5);
	CHECK_INT(taken[1], 5);
	check_lists("counter packets 10 bytes 600 ", true);

	list = show(model, &filter);
	CHECK_INT(json_array_size(list), 10);
	first = json_array_get(list, 0);
	CHECK_STR(json_string_value(json_object_get(first, "service")), "web");
	CHECK_STR(json_string_value(json_object_get(first, "client")), "10.2.0.2");
	CHECK_STR(json_string_value(json_object_get(first, "vip")), "192.0.2.10");
	CHECK_STR(json_string_value(json_object_get(first, "state")), "ESTABLISHED");
	CHECK_INT(json_integer_value(json_object_get(first, "port")), 80);
	CHECK_INT(json_integer_value(json_object_get(first, "backend_port")), 8080);
	CHECK(json_integer_value(json_object_get(first, "vdport")) > 0);
	json_decref(list);
	filter = conn_filter_of(model_find(model, "web"),
				&model_find(model, "web")->backends[1]);
	filter.class = CONN_OPEN;
	list = show(model, &filter);
	CHECK_INT(json_array_size(list), 5);
	json_decref(list);
	filter.client = filter.vip;
	list = show(model, &filter);
	CHECK_INT(json_array_size(list), 0);
	json_decref(list);
	filter.client.addr.family = 0;
	filter.client.port = 0;
	filter.backend.port = 8081;
	list = show(model, &filter);
	CHECK_INT(json_array_size(list), 0);
	json_decref(list);

	/* Established connections go on while the service changes under them. */
	CHECK_INT(change(model, "backend.del",
			 "{\"service\":\"web\",\"addr\":\"10.1.0.11\"}"), 1);
	for (int i = 0; i < 20; i += 2) {
		char byte = 0;

		CHECK_INT(send(fds[i], "x", 1, MSG_NOSIGNAL), 1);
		CHECK_INT(recv(fds[i + 1], &byte, 1, 0), 1);
		close(fds[i]);
		close(fds[i + 1]);
	}

	/* Nobody to serve it: refused at once. */
	CHECK_INT(change(model, "backend.del",
			 "{\"service\":\"web\",\"addr\":\"10.3.0.12\"}"), 1);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(fd, (struct sockaddr *)&vip, sizeof(vip)) < 0 &&
	      errno == ECONNREFUSED);
	close(fd);
	close(servers[0]);
	close(servers[1]);
	model_free(model);
}

int main(void)
{
	if (!table_begin())
		return SKIP;
	test_connections();
	nft_close(nft);
	return unit_result();
}
