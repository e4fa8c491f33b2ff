// SPDX-License-Identifier: GPL-2.0-only
/*
 * One socket reads a dump of all connections, another one deletes.  The entries
 * of one datagram are deleted before the next datagram is read.
 */
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include "conn/ct.h"
#include "conn/ct_end.h"
#include "net/netlink.h"

struct ct_ending {
	struct task task;
	struct nl list;
	struct nl del;
	bool (*meant)(const struct ct_ending *self,
		      const struct nf_conntrack *ct);
	struct conn_filter filter;
	struct ct_query query;
	struct conn_set set;
	uint64_t *ended;
};

/* Without a zone the kernel looks in the default zone only. */
static void copy_zone(struct nf_conntrack *to, const struct nf_conntrack *from,
		      enum nf_conntrack_attr attr)
{
	if (nfct_attr_is_set(from, attr) > 0)
		nfct_set_attr_u16(to, attr, nfct_get_attr_u16(from, attr));
}

/* Delete the entry of @ct.  It is no error if there is none any more. */
static int delete(struct ct_ending *self, const struct nf_conntrack *ct)
{
	struct nf_conntrack *which = nfct_new();
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh;
	int rc;

	if (!which)
		return -ENOMEM;
	nfct_copy(which, ct, NFCT_CP_ORIG);
	copy_zone(which, ct, ATTR_ZONE);
	copy_zone(which, ct, ATTR_ORIG_ZONE);
	nlh = nl_netfilter(&self->del, buf, NFNL_SUBSYS_CTNETLINK,
			   IPCTNL_MSG_CT_DELETE, 0,
			   nfct_get_attr_u8(ct, ATTR_ORIG_L3PROTO));
	nfct_nlmsg_build(nlh, which);
	nfct_destroy(which);
	rc = nl_talk(&self->del, nlh, NULL, NULL);
	*self->ended += !rc;
	return rc == -ENOENT ? 0 : rc;
}

static bool by_filter(const struct ct_ending *self,
		      const struct nf_conntrack *ct)
{
	struct conn conn;

	return ct_wanted(&self->query, ct, &conn);
}

static bool by_early(const struct ct_ending *self,
		     const struct nf_conntrack *ct)
{
	return ct_is_early(&self->query, ct);
}

static bool by_set(const struct ct_ending *self, const struct nf_conntrack *ct)
{
	return ct_in_set(&self->set, ct);
}

static int take(const struct nlmsghdr *nlh, void *data)
{
	struct nf_conntrack *ct = nfct_new();
	struct ct_ending *self = data;
	int rc = 0;

	if (!ct)
		return -ENOMEM;
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct nfgenmsg) &&
	    nfct_nlmsg_parse(nlh, ct) >= 0 &&
	    self->meant(self, ct))
		rc = delete(self, ct);
	nfct_destroy(ct);
	return rc;
}

static int end_step(struct task *task, struct text *rows, struct err *err)
{
	struct ct_ending *self = (struct ct_ending *)task;
	bool asked = self->list.sock;
	int rc = 0;

	(void)rows;
	if (!self->del.sock)
		rc = nl_open(&self->del, NETLINK_NETFILTER, err);
	if (!rc)
		rc = ct_more(&self->list, take, self, err);
	return rc < 0 && asked ?
		       err_set(err, rc, NULL,
			       "conntrack did not end all connections: %s",
			       nl_reason(self->del.extack[0] ? &self->del :
							       &self->list,
					 rc)) : rc;
}

static void end_free(struct task *task)
{
	struct ct_ending *self = (struct ct_ending *)task;

	ct_query_clean(&self->query);
	conn_set_clean(&self->set);
	nl_close(&self->list);
	nl_close(&self->del);
	free(self);
}

static struct ct_ending *ending_new(uint64_t *ended,
				    bool (*meant)(const struct ct_ending *self,
						  const struct nf_conntrack *ct))
{
	struct ct_ending *self = task_new(sizeof(*self), end_step, end_free);

	if (self) {
		self->ended = ended;
		self->meant = meant;
	}
	return self;
}

struct task *ct_end(const struct model *model, const struct conn_filter *filter,
		    uint64_t *ended)
{
	struct ct_ending *self =
		ending_new(ended, filter ? by_filter : by_early);

	if (!self)
		return NULL;
	if (filter)
		self->filter = *filter;
	if (ct_query_init(&self->query, model, &self->filter)) {
		free(self);
		return NULL;
	}
	return &self->task;
}

struct task *ct_end_set(struct conn_set *set, uint64_t *ended)
{
	struct ct_ending *self = ending_new(ended, by_set);

	if (!self)
		return NULL;
	self->set = *set;
	*set = (struct conn_set){ 0 };
	return &self->task;
}
