// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libnftnl/batch.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>

#include "common/array.h"
#include "nft/batch.h"

/* Maximum size of a message: its largest attribute has a 16-bit length. */
#define MESSAGE_MAX (UINT16_MAX + 4096)
#define PAGE_MAX (128 * 1024)

/* Receive buffer per message: the kernel may refuse each one with an answer. */
#define ANSWER_BYTES 1024
#define RCVBUF_MAX (32 * 1024 * 1024)

struct batch {
	struct nftnl_batch *pages;
	const struct item **origin;	/* item of each sequence number */
	uint32_t seq;
	size_t room;
	size_t bytes;
	bool failed;
};

/* Reserve a sequence number, and note @item for the error message. */
static bool next_seq(struct batch *batch, const struct item *item)
{
	if (array_room(&batch->origin, batch->seq, &batch->room,
		       sizeof(*batch->origin)))
		batch->failed = true;
	if (!batch->failed)
		batch->origin[batch->seq++] = item;
	return !batch->failed;
}

static struct nlmsghdr *message(struct batch *batch, uint16_t type,
				uint16_t flags, const struct item *item)
{
	if (!next_seq(batch, item))
		return NULL;
	return nftnl_nlmsg_build_hdr(nftnl_batch_buffer(batch->pages), type,
				     NFPROTO_INET, flags, batch->seq - 1);
}

static void finish(struct batch *batch, const struct nlmsghdr *nlh)
{
	batch->bytes += NLMSG_ALIGN(nlh->nlmsg_len);
	if (nftnl_batch_update(batch->pages) < 0)
		batch->failed = true;
}

static void frame(struct batch *batch, uint16_t type, uint32_t generation)
{
	struct nfgenmsg *nfg;
	struct nlmsghdr *nlh;

	if (!next_seq(batch, NULL))
		return;
	nlh = mnl_nlmsg_put_header(nftnl_batch_buffer(batch->pages));
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = batch->seq - 1;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = NFPROTO_UNSPEC;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(NFNL_SUBSYS_NFTABLES);
	if (generation)
		mnl_attr_put_u32(nlh, NFNL_BATCH_GENID, htonl(generation));
	finish(batch, nlh);
}

struct batch *batch_new(uint32_t generation)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return NULL;
	batch->pages = nftnl_batch_alloc(PAGE_MAX, MESSAGE_MAX);
	if (!batch->pages) {
		free(batch);
		return NULL;
	}
	frame(batch, NFNL_MSG_BATCH_BEGIN, generation);
	return batch;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	nftnl_batch_free(batch->pages);
	free(batch->origin);
	free(batch);
}

static void add_anonymous_set(struct batch *batch, const struct item *item,
			      struct nftnl_set *set)
{
	struct nftnl_set_elems_iter *iter;
	struct nlmsghdr *nlh;
	int more = 1;

	nlh = message(batch, NFT_MSG_NEWSET, NLM_F_CREATE, item);
	if (!nlh)
		return;
	nftnl_set_nlmsg_build_payload(nlh, set);
	finish(batch, nlh);

	iter = nftnl_set_elems_iter_create(set);
	if (!iter)
		batch->failed = true;
	while (iter && more) {
		nlh = message(batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE, item);
		if (!nlh)
			break;
		more = nftnl_set_elems_nlmsg_build_payload_iter(nlh, iter);
		finish(batch, nlh);
	}
	if (iter)
		nftnl_set_elems_iter_destroy(iter);
}

static void add_rules(struct batch *batch, const struct item *item)
{
	struct nlmsghdr *nlh;

	for (size_t i = 0; i < item->rules.n; i++) {
		if (item->rules.rule[i].set)
			add_anonymous_set(batch, item, item->rules.rule[i].set);
		nlh = message(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
			      item);
		if (!nlh)
			return;
		nftnl_rule_nlmsg_build_payload(nlh, item->rules.rule[i].rule);
		finish(batch, nlh);
	}
}

void batch_add(struct batch *batch, const struct item *item)
{
	static const uint16_t types[] = {
		[ITEM_TABLE] = NFT_MSG_NEWTABLE,
		[ITEM_OBJECT] = NFT_MSG_NEWOBJ,
		[ITEM_FLOWTABLE] = NFT_MSG_NEWFLOWTABLE,
		[ITEM_CHAIN] = NFT_MSG_NEWCHAIN,
		[ITEM_SET] = NFT_MSG_NEWSET,
		[ITEM_ELEMENT] = NFT_MSG_NEWSETELEM,
	};
	struct nlmsghdr *nlh;

	if (item->kind == ITEM_RULES) {
		add_rules(batch, item);
		return;
	}
	nlh = message(batch, types[item->kind], NLM_F_CREATE, item);
	if (!nlh)
		return;
	switch (item->kind) {
	case ITEM_TABLE:
		nftnl_table_nlmsg_build_payload(nlh, item->table);
		break;
	case ITEM_OBJECT:
		nftnl_obj_nlmsg_build_payload(nlh, item->object);
		break;
	case ITEM_FLOWTABLE:
		nftnl_flowtable_nlmsg_build_payload(nlh, item->flowtable);
		break;
	case ITEM_CHAIN:
		nftnl_chain_nlmsg_build_payload(nlh, item->chain);
		break;
	case ITEM_SET:
		nftnl_set_nlmsg_build_payload(nlh, item->set);
		break;
	case ITEM_ELEMENT:
		nftnl_set_elems_nlmsg_build_payload(nlh, item->set);
		break;
	case ITEM_RULES:
		break;
	}
	finish(batch, nlh);
}

void batch_del(struct batch *batch, const struct item *item)
{
	static const uint16_t types[] = {
		[ITEM_TABLE] = NFT_MSG_DELTABLE,
		[ITEM_OBJECT] = NFT_MSG_DELOBJ,
		[ITEM_CHAIN] = NFT_MSG_DELCHAIN,
		[ITEM_RULES] = NFT_MSG_DELRULE,
		[ITEM_ELEMENT] = NFT_MSG_DELSETELEM,
	};
	struct nlmsghdr *nlh = message(batch, types[item->kind], 0, item);

	if (!nlh)
		return;
	switch (item->kind) {
	case ITEM_TABLE:
		mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, RULESET_TABLE);
		break;
	case ITEM_OBJECT:
		mnl_attr_put_strz(nlh, NFTA_OBJ_TABLE, RULESET_TABLE);
		mnl_attr_put_strz(nlh, NFTA_OBJ_NAME, item->key);
		mnl_attr_put_u32(nlh, NFTA_OBJ_TYPE,
				 htonl(nftnl_obj_get_u32(item->object,
							 NFTNL_OBJ_TYPE)));
		break;
	case ITEM_CHAIN:
		mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, RULESET_TABLE);
		mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME,
				  nftnl_chain_get_str(item->chain,
						      NFTNL_CHAIN_NAME));
		break;
	case ITEM_RULES:
		mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, RULESET_TABLE);
		mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, item->key);
		break;
	case ITEM_ELEMENT:
		nftnl_set_elems_nlmsg_build_payload(nlh, item->set);
		break;
	case ITEM_FLOWTABLE:
	case ITEM_SET:
		/* Never deleted alone, only with the table. */
		break;
	}
	finish(batch, nlh);
}

void batch_del_devices(struct batch *batch, const struct item *item,
		       const struct nftnl_flowtable *devices)
{
	struct nlmsghdr *nlh = message(batch, NFT_MSG_DELFLOWTABLE, 0, item);

	if (!nlh)
		return;
	nftnl_flowtable_nlmsg_build_payload(nlh, devices);
	finish(batch, nlh);
}

static const char *advice(const struct item *item, int error)
{
	if (error == -EPERM)
		return "; dnatd needs CAP_NET_ADMIN, and no other program may own the table";
	if (error != -ENOENT && error != -EOPNOTSUPP)
		return "";
	if (item && item->kind == ITEM_OBJECT)
		return "; the kernel has no conntrack helper \"" DNAT_HELPER_NAME
		       "\": is the module nf_double_nat loaded?";
	if (item && item->kind == ITEM_RULES)
		return "; the kernel may lack an nftables expression (numgen, nat, reject or ct)";
	return "";
}

static int blame(struct err *err, const struct item *item, int error,
		 const char *extack)
{
	static const char *const what[] = {
		[ITEM_TABLE] = "the table",
		[ITEM_OBJECT] = "the conntrack helper object",
		[ITEM_FLOWTABLE] = "the flowtable",
		[ITEM_CHAIN] = "the chain",
		[ITEM_SET] = "the map",
		[ITEM_RULES] = "the rules",
		[ITEM_ELEMENT] = "the map element",
	};
	const char *reason = extack[0] ? extack : strerror(-error);

	if (!item)
		return err_set(err, error, NULL,
			       "nftables refused the change of table inet %s: %s%s",
			       RULESET_TABLE, reason, advice(item, error));
	if (item->owner)
		return err_set(err, error, NULL,
			       "service %s: nftables refused %s: %s%s",
			       item->owner, what[item->kind], reason,
			       advice(item, error));
	return err_set(err, error, NULL,
		       "nftables refused %s (%s) of table inet %s: %s%s",
		       what[item->kind], item->key, RULESET_TABLE, reason,
		       advice(item, error));
}

static void set_buffers(struct nl *nl, size_t bytes, uint32_t messages)
{
	int fd = mnl_socket_get_fd(nl->sock);
	int snd = bytes > INT_MAX / 4 ? INT_MAX / 4 : (int)bytes + 4096;
	int rcv = messages > RCVBUF_MAX / ANSWER_BYTES ?
			  RCVBUF_MAX : (int)messages * ANSWER_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &snd, sizeof(snd)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &snd, sizeof(snd));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcv, sizeof(rcv)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcv, sizeof(rcv));
}

/* Find the first error in a datagram.  Return: it, with @err set, or 0 */
static int first_refusal(struct batch *batch, const void *buf, size_t len,
			 struct err *err)
{
	const struct nlmsghdr *nlh;
	char extack[NL_EXTACK_LEN];
	size_t offset = 0;
	int rc;

	while ((nlh = nl_message(buf, len, &offset))) {
		if (nlh->nlmsg_type != NLMSG_ERROR ||
		    nlh->nlmsg_seq >= batch->seq)
			continue;
		rc = nl_error(nlh, extack);
		if (rc)
			return blame(err, batch->origin[nlh->nlmsg_seq], rc,
				     extack);
	}
	return 0;
}

/*
 * Read the answers.  The kernel carries out the batch while it is sent, and
 * answers only with errors, so without an answer the batch is done.
 */
static int answers(struct batch *batch, struct nl *nl, struct err *err)
{
	bool lost = false;
	ssize_t len;
	int rc = 0;

	for (;;) {
		len = recv(mnl_socket_get_fd(nl->sock), nl->buf, NL_BUF_SIZE,
			   MSG_DONTWAIT);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == ENOBUFS) {
			lost = true;
			continue;
		}
		if (len <= 0)
			break;
		if (!rc)
			rc = first_refusal(batch, nl->buf, (size_t)len, err);
	}
	if (!rc && lost)
		rc = err_set(err, -ENOBUFS, NULL,
			     "nftables refused the change of table inet %s for more reasons than could be received",
			     RULESET_TABLE);
	return rc;
}

int batch_send(struct batch *batch, struct nl *nl, bool dry, struct err *err)
{
	struct msghdr msg = { 0 };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct iovec *iov;
	ssize_t sent;
	int n, rc;

	/* The kernel checks a batch without an end, but does not commit it. */
	if (!dry && !batch->failed)
		frame(batch, NFNL_MSG_BATCH_END, 0);
	if (batch->failed)
		return err_no_memory(err);

	n = nftnl_batch_iovec_len(batch->pages);
	iov = calloc((size_t)n, sizeof(*iov));
	if (!iov)
		return err_no_memory(err);
	nftnl_batch_iovec(batch->pages, iov, (uint32_t)n);

	set_buffers(nl, batch->bytes, batch->seq);
	msg.msg_name = &kernel;
	msg.msg_namelen = sizeof(kernel);
	msg.msg_iov = iov;
	msg.msg_iovlen = (size_t)n;
	do {
		sent = sendmsg(mnl_socket_get_fd(nl->sock), &msg, 0);
	} while (sent < 0 && errno == EINTR);
	rc = sent < 0 ? -errno : 0;
	free(iov);
	if (rc)
		return err_set(err, rc, NULL,
			       "cannot send %zu bytes to nftables: %s",
			       batch->bytes, strerror(-rc));
	return answers(batch, nl, err);
}
