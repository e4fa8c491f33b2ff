// SPDX-License-Identifier: GPL-2.0-only
/* The table: what nft lists, what a change sends, and what is put right. */
#include <errno.h>

#include "nft/generation.h"
#include "nft_table.h"
#include "unit.h"

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
"	set vips4 {\n"
"		type ipv4_addr\n"
"		elements = { 192.0.2.10 }\n"
"	}\n"
"\n"
"	set vips6 {\n"
"		type ipv6_addr\n"
"		elements = { 2001:db8::10 }\n"
"	}\n"
"\n"
"	chain prerouting {\n"
"		type nat hook prerouting priority dstnat - 5; policy accept;\n"
"		meta l4proto { tcp, udp } meta l4proto . ip daddr . th dport vmap @services4\n"
"		meta l4proto { tcp, udp } meta l4proto . ip6 daddr . th dport vmap @services6\n"
"	}\n"
"\n"
"	chain input {\n"
"		type filter hook input priority filter; policy accept;\n"
"		ct state invalid meta l4proto tcp ip daddr @vips4 drop\n"
"		ct state invalid meta l4proto tcp ip6 daddr @vips6 drop\n"
"	}\n"
"\n"
"	chain forward {\n"
"		type filter hook forward priority filter; policy accept;\n"
"		ct state invalid ip daddr @vips4 drop\n"
"		ct state invalid ip6 daddr @vips6 drop\n"
"	}\n"
"\n"
"	chain output {\n"
"		type nat hook output priority -105; policy accept;\n"
"		meta l4proto { tcp, udp } meta l4proto . ip daddr . th dport vmap @services4\n"
"		meta l4proto { tcp, udp } meta l4proto . ip6 daddr . th dport vmap @services6\n"
"	}\n"
"\n"
"	chain postrouting {\n"
"		type nat hook postrouting priority srcnat - 5; policy accept;\n"
"		ct status dnat meta l4proto { tcp, udp } meta l4proto . ct original ip daddr . ct original proto-dst @sources4 snat ip to ct original ip daddr\n"
"		ct status dnat meta l4proto { tcp, udp } meta l4proto . ct original ip6 daddr . ct original proto-dst @sources6 snat ip6 to ct original ip6 daddr\n"
"		iif != 0 ip daddr @vips4 drop\n"
"		iif != 0 ip6 daddr @vips6 drop\n"
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
	"flush set inet dnatd vips4\n",
	"add element inet dnatd vips6 { 2001:db8::99 }\n",
	"flush chain inet dnatd input\n",
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
	"flush chain inet dnatd prerouting\n"
	"delete chain inet dnatd prerouting\n"
	"add chain inet dnatd prerouting { type nat hook prerouting priority dstnat; }\n",
	"flush chain inet dnatd svc-dns\n"
	"add rule inet dnatd svc-dns meta l4proto udp counter dnat ip6 to numgen inc mod 3 map { 0 : 2001:db8:1::11 . 53, 1 : 2001:db8:3::12 . 5353, 2 : 2001:db8:3::12 . 5353 } comment \"wrr\"\n",
	"add table inet dnatd { flags dormant; }\n",
	"delete table inet dnatd\n",
};

static struct err err;

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

static void test_changes(void)
{
	struct model *model = model_of(WEB);

	reconcile(model, true);
	edit("flush chain inet dnatd svc-web\n"
	     "add rule inet dnatd svc-web counter packets 8 bytes 420\n");

	/* The turn goes on elsewhere, and counts as the same turn from then on. */
	CHECK_INT(change(model, "backend.add",
			 "{\"service\":\"web\",\"addr\":\"10.3.0.13\"}"), 1);
	check_lists("counter packets 8 bytes 420 dnat ip to numgen inc mod 3 map { 0 : 10.3.0.13 . 80, 1 : 10.1.0.11 . 8080, 2 : 10.3.0.12 . 8080 } comment \"rr\"",
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

	/* A VIP is one until its last service goes. */
	CHECK_INT(change(model, "service.add",
			 "{\"name\":\"mail\",\"vip\":\"192.0.2.25\",\"port\":25}"), 1);
	check_lists("elements = { 192.0.2.10, 192.0.2.25 }", true);
	reconcile(model, false);
	CHECK_INT(change(model, "service.del", "{\"name\":\"mail\"}"), 1);
	check_lists("elements = { 192.0.2.10 }", true);
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
	check_lists("meta l4proto tcp counter packets 8 bytes 420 reject with tcp reset comment \"no backend\"",
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

/* Others change rules before each of so many questions for the generation. */
static unsigned int churn, n_asked;

int generation_get(struct nl *nl, uint32_t *result)
{
	(void)nl;
	n_asked++;
	*result = generation() + churn;
	churn -= !!churn;
	return 0;
}

/* Nobody waits while others change rules again and again. */
static void test_churn(void)
{
	struct model *model = model_of(WEB);
	bool changed = false;

	churn = 4;
	reconcile(model, true);
	CHECK_INT(churn, 0);
	edit("delete table inet dnatd\n");

	n_asked = 0;
	churn = 1000;
	CHECK_INT(nft_reconcile(nft, ALLOC_NF_NAT, model, &changed, &err),
		  -EINTR);
	CHECK_STR(err.msg, "cannot read table inet dnatd: another program keeps changing rules");
	CHECK_INT(n_asked, 2 * 3);
	CHECK(!changed);

	/* At the start there is nothing else to be done. */
	churn = 100;
	CHECK_INT(nft_reconcile_start(nft, ALLOC_NF_NAT, model, &err), 0);
	CHECK_INT(churn, 0);
	reconcile(model, false);
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

int main(void)
{
	struct model *model;

	if (!table_begin())
		return SKIP;
	model = model_of(WEB "," DNS);
	test_golden(model);
	test_edits(model);
	model_free(model);
	edit("flush ruleset\n");

	test_changes();
	test_stale();
	test_churn();
	test_many();
	nft_close(nft);
	return unit_result();
}
