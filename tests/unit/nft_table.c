// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <unistd.h>

#include "net/netlink.h"
#include "nft_table.h"
#include "unit.h"

/* Its SCHEDULER_RR is another one than the model's. */
#include <sched.h>

struct nft *nft;

static struct err err;

bool table_begin(void)
{
	if (unshare(CLONE_NEWNET)) {
		printf("skipped: cannot make a network namespace: %s\n",
		       strerror(errno));
		return false;
	}
	nft = nft_open(&err);
	if (!nft)
		printf("skipped: %s\n", err.msg);
	return nft;
}

char *run(const char *command, const char *text)
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

void edit(const char *text)
{
	free(run("nft -f -", text));
}

static int take_generation(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == NFTA_GEN_ID)
			*(uint32_t *)data = ntohl(mnl_attr_get_u32(attr));
	return 0;
}

uint32_t generation(void)
{
	NL_REQUEST_BUF(buf);
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

struct model *model_of(const char *services)
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

void reconcile(const struct model *model, bool wanted)
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

json_t *args_of(const char *text)
{
	json_t *args = json_loads(text, 0, NULL);

	NEED(args);
	return args;
}

uint32_t change(struct model *model, const char *op, const char *text)
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

void check_lists(const char *text, bool wanted)
{
	char *listed = run("nft list table inet dnatd", "");

	if (!strstr(listed, text) == wanted) {
		unit_failures++;
		fprintf(stderr, "%s: %s in\n%s", wanted ? "missing" : "left",
			text, listed);
	}
	free(listed);
}
