// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table in a real kernel, in a network namespace of its own: what nft
 * lists, what a change sends, what is put right, and connections through it.
 *
 * Needs root; elsewhere it is skipped.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ct.h"
#include "link.h"
#include "netlink.h"
#include "nft.h"
#include "unit.h"

/* Its SCHED_RR is another one than the model's. */
#include <sched.h>

#define SKIP 77

#define WEB                                                                \
	"{\"name\":\"web\",\"vip\":\"192.0.2.10\",\"port\":80,"            \
	"\"proto\":\"tcp\",\"mode\":\"double-nat\",\"scheduler\":\"rr\","  \
	"\"dev\":null,\"fast\":\"on\",\"backends\":["                   \
	"{\"addr\":\"10.1.0.11\",\"port\":8080,\"weight\":1},"             \
	"{\"addr\":\"10.3.0.12\",\"port\":8080,\"weight\":1}]}"
#define DNS                                                                \
	"{\"name\":\"dns\",\"vip\":\"2001:db8::10\",\"port\":53,"          \
	"\"proto\":\"udp\",\"mode\":\"double-nat\",\"scheduler\":\"wrr\"," \
	"\"dev\":null,\"fast\":\"on\",\"backends\":["                   \
	"{\"addr\":\"2001:db8:1::11\",\"port\":53,\"weight\":2},"          \
	"{\"addr\":\"2001:db8:3::12\",\"port\":5353,\"weight\":1}]}"

static const char golden[] =
"table inet dnatd {\n"
"	comment \"managed by dnatd; dnatctl(8)\"\n"
"	map services4 {\n"
"		type inet_proto . ipv4_addr . inet_service : verdict\n"
"		elements = { tcp . 192.0.2.10 . 80 comment \"web\" : goto svc-web }\n"
"	}\n"
"\n"
"	map services6 {\n"
"		type inet_proto . ipv6_addr . inet_service : verdict\n"
"		elements = { udp . 2001:db8::10 . 53 comment \"dns\" : goto svc-dns }\n"
"	}\n"
"\n"
"	set sources4 {\n"
"		type inet_proto . ipv4_addr . inet_service\n"
"		elements = { tcp . 192.0.2.10 . 80 comment \"web\" }\n"
"	}\n"
"\n"
"	set sources6 {\n"
"		type inet_proto . ipv6_addr . inet_service\n"
"		elements = { udp . 2001:db8::10 . 53 comment \"dns\" }\n"
"	}\n"
"\n"
"	chain prerouting {\n"
"		type nat hook prerouting priority dstnat; policy accept;\n"
"		meta l4proto { tcp, udp } meta l4proto . ip daddr . th dport vmap @services4\n"
"		meta l4proto { tcp, udp } meta l4proto . ip6 daddr . th dport vmap @services6\n"
"	}\n"
"\n"
"	chain output {\n"
"		type nat hook output priority -100; policy accept;\n"
"		meta l4proto { tcp, udp } meta l4proto . ip daddr . th dport vmap @services4\n"
"		meta l4proto { tcp, udp } meta l4proto . ip6 daddr . th dport vmap @services6\n"
"	}\n"
"\n"
"	chain postrouting {\n"
"		type nat hook postrouting priority srcnat; policy accept;\n"
"		ct status dnat meta l4proto { tcp, udp } meta l4proto . ct original ip daddr . ct original proto-dst @sources4 snat ip to ct original ip daddr\n"
"		ct status dnat meta l4proto { tcp, udp } meta l4proto . ct original ip6 daddr . ct original proto-dst @sources6 snat ip6 to ct original ip6 daddr\n"
"	}\n"
"\n"
"	chain svc-dns {\n"
"		meta l4proto udp counter dnat ip6 to numgen inc mod 3 map { 0 : 2001:db8:1::11 . 53, 1 : 2001:db8:1::11 . 53, 2 : 2001:db8:3::12 . 5353 } comment \"wrr\"\n"
"	}\n"
"\n"
"	chain svc-web {\n"
"		meta l4proto tcp counter dnat ip to numgen inc mod 2 map { 0 : 10.1.0.11 . 8080, 1 : 10.3.0.12 . 8080 } comment \"rr\"\n"
"	}\n"
"}\n";

/* What others may have done to the table; each has to be put right. */
static const char *const edits[] = {
	"flush chain inet dnatd svc-web\n",
	"flush chain inet dnatd output\n",
	"flush map inet dnatd services4\n",
	"flush set inet dnatd sources6\n",
	"insert rule inet dnatd svc-web drop\n",
	"add rule inet dnatd svc-web counter\n",
	"insert rule inet dnatd prerouting tcp dport { 22, 23 } accept\n",
	"delete element inet dnatd services4 { tcp . 192.0.2.10 . 80 }\n",
	"add element inet dnatd services4 { tcp . 192.0.2.99 . 80 : accept }\n",
	"delete element inet dnatd services4 { tcp . 192.0.2.10 . 80 }\n"
	"add element inet dnatd services4 { tcp . 192.0.2.10 . 80 comment \"web\" : goto svc-dns }\n",
	"delete element inet dnatd services4 { tcp . 192.0.2.10 . 80 }\n"
	"add element inet dnatd services4 { tcp . 192.0.2.10 . 80 comment \"bew\" : goto svc-web }\n",
	"flush chain inet dnatd svc-web\n"
	"add rule inet dnatd svc-web meta l4proto tcp counter dnat ip to numgen inc mod 2 map { 0 : 10.1.0.11 . 8080, 1 : 10.3.0.12 . 8081 } comment \"rr\"\n",
	"flush chain inet dnatd svc-web\n"
	"add rule inet dnatd svc-web meta l4proto tcp counter dnat ip to numgen inc mod 2 map { 0 : 10.1.0.11 . 8080, 1 : 10.3.0.12 . 8080 }\n",
	"flush map inet dnatd services4\n"
	"flush chain inet dnatd svc-web\n"
	"delete chain inet dnatd svc-web\n",
	"add chain inet dnatd svc-old\n"
	"add rule inet dnatd svc-old jump svc-dns\n"
	"add element inet dnatd services4 { udp . 192.0.2.99 . 80 comment \"old\" : jump svc-old }\n",
	"add chain inet dnatd trap { type filter hook input priority 0; policy drop; }\n",
	"add chain inet dnatd aside\n"
	"add map inet dnatd detour { type ipv4_addr : verdict; }\n"
	"add element inet dnatd detour { 192.0.2.1 : jump aside }\n"
	"add rule inet dnatd aside jump svc-web\n",
	"add counter inet dnatd extra\n",
	"add chain inet dnatd output { policy drop; }\n",
	"add table inet dnatd { flags dormant; }\n",
	"delete table inet dnatd\n",
};

static struct nft *nft;
static struct err err;

/* Runs nft with @text as its input; its output, to be freed. */
static char *run(const char *command, const char *text)
{
	char path[] = "/tmp/test_nft.XXXXXX", line[1024];
	char *output = NULL;
	size_t size, n;
	FILE *pipe, *out;
	int fd = mkstemp(path);

	NEED(fd >= 0);
	NEED(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	snprintf(line, sizeof(line), "%s < %s 2>&1", command, path);
	pipe = popen(line, "r");
	out = open_memstream(&output, &size);
	NEED(pipe && out);
	while ((n = fread(line, 1, sizeof(line), pipe)) > 0)
		fwrite(line, 1, n, out);
	fclose(out);
	if (pclose(pipe)) {
		fprintf(stderr, "%s: %s\n%s", command, output, text);
		unit_failures++;
	}
	unlink(path);
	return output;
}

static void edit(const char *text)
{
	free(run("nft -f -", text));
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Chains stand in the order of their making, which tells nothing. */
static char *sorted(const char *text)
{
	char *copy = strdup(text), *result = NULL, *line, *rest = copy;
	char *lines[256] = { NULL };
	size_t n = 0, size;
	FILE *out;

	while ((line = strsep(&rest, "\n")) && n < 256)
		lines[n++] = line;
	qsort(lines, n, sizeof(*lines), compare_lines);
	out = open_memstream(&result, &size);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s\n", lines[i]);
	fclose(out);
	free(copy);
	return result;
}

static void check_golden(const char *after)
{
	char *listed = run("nft -s list table inet dnatd", "");
	char *got = sorted(listed), *wanted = sorted(golden);

	if (strcmp(got, wanted)) {
		unit_failures++;
		fprintf(stderr, "after: %s\nthe table is:\n%s", after, listed);
	}
	free(listed);
	free(got);
	free(wanted);
}

static int take_generation(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == NFTA_GEN_ID)
			*(uint32_t *)data = ntohl(mnl_attr_get_u32(attr));
	return 0;
}

/* Goes up by one with every transaction in this namespace. */
static uint32_t generation(void)
{
	char buf[MNL_SOCKET_BUFFER_SIZE]
		__attribute__((aligned(__alignof__(struct nlmsghdr))));
	uint32_t result = 0;
	struct nlmsghdr *nlh;
	struct nl nl;

	NEED(!nl_open(&nl, NETLINK_NETFILTER, NULL));
	nlh = nl_request(&nl, buf, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct nfgenmsg));
	NEED(!nl_talk(&nl, nlh, take_generation, &result));
	nl_close(&nl);
	return result;
}

static struct model *model_of(const char *services)
{
	struct model *model;
	char *text;
	json_t *root;

	NEED(asprintf(&text, "{\"version\":1,\"services\":[%s]}", services) > 0);
	root = json_loads(text, 0, NULL);
	NEED(root);
	model = model_from_json(root, &err);
	if (!model)
		fprintf(stderr, "%s: %s\n", err.arg, err.msg);
	NEED(model);
	json_decref(root);
	free(text);
	return model;
}

static void reconcile(const struct model *model, bool wanted)
{
	uint32_t before = generation();
	bool changed = !wanted;
	int rc = nft_reconcile(nft, ALLOC_NF_NAT, model, &changed, &err);

	if (rc)
		fprintf(stderr, "%s\n", err.msg);
	CHECK_INT(rc, 0);
	CHECK_INT(changed, wanted);
	CHECK_INT(generation() - before, wanted ? 1 : 0);
}

static void test_golden(const struct model *model)
{
	char *listed;

	reconcile(model, true);
	listed = run("nft -s list table inet dnatd", "");
	CHECK_STR(listed, golden);
	reconcile(model, false);

	free(run("nft -c -f -", listed));
	edit("flush ruleset\n");
	edit(listed);
	reconcile(model, false);
	free(listed);
}

static void test_edits(const struct model *model)
{
	char *foreign, *after;

	edit("table ip other {\n"
	     "chain c { type filter hook input priority 0; counter accept; }\n"
	     "}\n");
	foreign = run("nft -s list table ip other", "");
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		edit(edits[i]);
		reconcile(model, true);
		check_golden(edits[i]);
		reconcile(model, false);
	}
	after = run("nft -s list table ip other", "");
	CHECK_STR(after, foreign);
	free(foreign);
	free(after);
	edit("delete table ip other\n");
}

static json_t *args_of(const char *text)
{
	json_t *args = json_loads(text, 0, NULL);

	NEED(args);
	return args;
}

/* Plans and carries out one request; how many transactions it took. */
static uint32_t change(struct model *model, const char *op, const char *text)
{
	uint32_t before = generation();
	json_t *args = args_of(text);
	struct change plan;
	const struct changes one = { .n = 1, .list = &plan };
	int rc;

	NEED(!model_plan(model, op, args, &plan, &err));
	rc = nft_change(nft, ALLOC_NF_NAT, model, &one, &err);
	if (rc)
		fprintf(stderr, "%s %s: %s\n", op, text, err.msg);
	CHECK_INT(rc, 0);
	model_commit(model, &plan);
	json_decref(args);
	return generation() - before;
}

static void check_lists(const char *text, bool wanted)
{
	char *listed = run("nft list table inet dnatd", "");

	if (!strstr(listed, text) == wanted) {
		unit_failures++;
		fprintf(stderr, "%s: %s in\n%s", wanted ? "missing" : "left",
			text, listed);
	}
	free(listed);
}

static void test_changes(void)
{
	struct model *model = model_of(WEB);

	reconcile(model, true);
	edit("flush chain inet dnatd svc-web\n"
	     "add rule inet dnatd svc-web counter packets 7 bytes 420\n");

	CHECK_INT(change(model, "backend.add",
			 "{\"service\":\"web\",\"addr\":\"10.3.0.13\"}"), 1);
	check_lists("counter packets 7 bytes 420 dnat ip to numgen inc mod 3 map { 0 : 10.1.0.11 . 8080, 1 : 10.3.0.12 . 8080, 2 : 10.3.0.13 . 80 } comment \"rr\"",
		    true);
	reconcile(model, false);

	CHECK_INT(change(model, "service.set",
			 "{\"name\":\"web\",\"scheduler\":\"wrr\"}"), 1);
	check_lists("comment \"wrr\"", true);
	CHECK_INT(change(model, "backend.set",
			 "{\"service\":\"web\",\"addr\":\"10.3.0.13\",\"weight\":2}"), 1);
	check_lists("mod 4", true);
	CHECK_INT(change(model, "service.set",
			 "{\"name\":\"web\",\"dev\":\"lo\"}"), 0);
	reconcile(model, false);

	/* The same VIP and port for another protocol is another service. */
	CHECK_INT(change(model, "service.add",
			 "{\"name\":\"quic\",\"vip\":\"192.0.2.10\",\"port\":80,\"proto\":\"udp\"}"), 1);
	check_lists("meta l4proto udp counter packets 0 bytes 0 reject comment \"no backend\"",
		    true);
	reconcile(model, false);

	for (int i = 0; i < 3; i++) {
		static const char *const addrs[] = {
			"10.1.0.11", "10.3.0.12", "10.3.0.13",
		};
		char text[128];

		snprintf(text, sizeof(text),
			 "{\"service\":\"web\",\"addr\":\"%s\"}", addrs[i]);
		CHECK_INT(change(model, "backend.del", text), 1);
	}
	check_lists("meta l4proto tcp counter packets 7 bytes 420 reject with tcp reset comment \"no backend\"",
		    true);
	reconcile(model, false);

	CHECK_INT(change(model, "service.del", "{\"name\":\"web\"}"), 1);
	CHECK_INT(change(model, "service.del", "{\"name\":\"quic\"}"), 1);
	check_lists("svc-", false);
	check_lists("192.0.2.10", false);
	reconcile(model, false);
	model_free(model);
}

/* A change that does not fit what is there does nothing and says so. */
static void test_stale(void)
{
	struct model *model = model_of(WEB);
	struct change plan;
	const struct changes one = { .n = 1, .list = &plan };
	uint32_t before;
	bool changed;
	json_t *args;

	reconcile(model, true);
	edit("delete table inet dnatd\n");
	before = generation();
	args = args_of("{\"service\":\"web\",\"addr\":\"10.1.0.11\"}");
	NEED(!model_plan(model, "backend.del", args, &plan, &err));
	memset(&err, 0, sizeof(err));
	CHECK_INT(nft_change(nft, ALLOC_NF_NAT, model, &one, &err), -ESTALE);
	CHECK(!strncmp(err.msg, "service web: nftables refused ", 30));
	CHECK_INT(generation() - before, 0);
	change_drop(&plan);
	json_decref(args);

	/* Where no module offers the helper, nothing is left behind. */
	if (nft_reconcile(nft, ALLOC_MODULE, model, &changed, &err)) {
		CHECK(strstr(err.msg, "nf_double_nat"));
		CHECK(!changed);
		CHECK_INT(generation() - before, 0);
	}
	model_free(model);
	edit("flush ruleset\n");
}

static void test_many(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct model *model;

	NEED(out);
	for (int i = 0; i < 1000; i++) {
		fprintf(out, "%s{\"name\":\"s%d\",\"vip\":\"198.51.%d.%d\",\"port\":80,\"proto\":\"tcp\",\"mode\":\"double-nat\",\"scheduler\":\"rr\",\"dev\":null,\"fast\":\"on\",\"backends\":[",
			i ? "," : "", i, i / 200, 1 + i % 200);
		for (int b = 0; b < 10; b++)
			fprintf(out, "%s{\"addr\":\"10.1.%d.%d\",\"port\":8080,\"weight\":1}",
				b ? "," : "", i % 250, 1 + b);
		fputs("]}", out);
	}
	fclose(out);
	model = model_of(text);
	free(text);
	reconcile(model, true);
	reconcile(model, false);
	CHECK_INT(change(model, "service.del", "{\"name\":\"s500\"}"), 1);
	reconcile(model, false);
	edit("delete element inet dnatd services4 { tcp . 198.51.2.2 . 80 }\n");
	reconcile(model, true);
	reconcile(model, false);
	model_free(model);
	edit("flush ruleset\n");
}

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

	NEED(!ct_show(model, &filter, &list, &err));
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
	NEED(!ct_show(model, &filter, &list, &err));
	CHECK_INT(json_array_size(list), 5);
	json_decref(list);
	filter.client = filter.vip;
	NEED(!ct_show(model, &filter, &list, &err));
	CHECK_INT(json_array_size(list), 0);
	json_decref(list);
	filter.client.addr.family = 0;
	filter.client.port = 0;
	filter.backend.port = 8081;
	NEED(!ct_show(model, &filter, &list, &err));
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

static void check_address(const char *address, bool wanted)
{
	char *listed = run("ip -o address show dev lo", "");

	if (!strstr(listed, address) == wanted) {
		unit_failures++;
		fprintf(stderr, "%s: %s in\n%s", wanted ? "missing" : "left",
			address, listed);
	}
	free(listed);
}

static void test_link(void)
{
	struct model *none = model_new(), *model = model_of(WEB "," DNS);
	const struct vip gone = { model->services[0]->vip, "lo" };
	bool changed = false, again = false;
	struct addr addr;

	strcpy(model->services[0]->dev, "lo");
	strcpy(model->services[1]->dev, "lo");
	free(run("ip address add 10.9.9.9/24 dev lo", ""));
	CHECK_INT(link_reconcile(model, &changed, &err), 0);
	CHECK_INT(link_reconcile(model, &again, &err), 0);
	CHECK(changed && !again);
	check_address(" 192.0.2.10/32 ", true);
	check_address(" 2001:db8::10/128 ", true);
	check_address(" 10.1.0.11/32 ", false);
	check_address(" 10.9.9.9/24 ", true);

	/* What the admin put there is not ours to take, nor to put twice. */
	NEED(!addr_parse("10.9.9.9", "addr", &addr, &err));
	CHECK_INT(link_vips_add(&(struct vip){ addr, "lo" }, 1, &err), 0);
	check_address(" 10.9.9.9/32 ", false);
	CHECK_INT(link_vips_del(&(struct vip){ addr, "lo" }, 1, &err), 0);
	check_address(" 10.9.9.9/24 ", true);

	CHECK_INT(link_vips_del(&gone, 1, &err), 0);
	CHECK_INT(link_vips_del(&gone, 1, &err), 0);
	check_address(" 2001:db8::10/128 ", false);
	CHECK_INT(link_reconcile(none, &again, &err), 0);
	check_address(" 192.0.2.10/32 ", false);
	check_address(" 127.0.0.1/8 ", true);

	CHECK(link_exists("lo"));
	CHECK(!link_exists("nosuch0"));
	CHECK_INT(link_vips_add(&(struct vip){ addr, "nosuch0" }, 1, &err), -ENODEV);
	CHECK_STR(err.arg, "dev");
	strcpy(model->services[0]->dev, "nosuch0");
	CHECK_INT(link_reconcile(model, &changed, &err), -ENODEV);
	check_address(" 192.0.2.10/32 ", true);
	model_free(model);
	model_free(none);
}

int main(void)
{
	struct model *model;

	if (unshare(CLONE_NEWNET)) {
		printf("skipped: cannot make a network namespace: %s\n",
		       strerror(errno));
		return SKIP;
	}
	nft = nft_open(&err);
	if (!nft) {
		printf("skipped: %s\n", err.msg);
		return SKIP;
	}
	model = model_of(WEB "," DNS);
	test_golden(model);
	test_edits(model);
	model_free(model);
	edit("flush ruleset\n");

	test_changes();
	test_stale();
	test_many();
	test_connections();
	test_link();
	nft_close(nft);
	return unit_result();
}
