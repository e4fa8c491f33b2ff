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
	struct end_walk ending;
	struct nl list;
	struct nl del;
	bool (*meant)(const struct ct_ending *self,
		      const struct nf_conntrack *ct);
	struct conn_filter filter;
	struct ct_query query;
	struct conn_set set;
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
	nlh = ct_request(&self->del, buf, 0, IPCTNL_MSG_CT_DELETE,
			 nfct_get_attr_u8(ct, ATTR_ORIG_L3PROTO));
	nfct_nlmsg_build(nlh, which);
	nfct_destroy(which);
	rc = nl_talk(&self->del, nlh, NULL, NULL);
	self->ending.ended += !rc;
	return rc == -ENOENT ? 0 : rc;
}

static bool by_filter(const struct ct_ending *self,
		      const struct nf_conntrack *ct)
{
	struct conn conn;

	return ct_wanted(&self->query, ct, &conn);
}

static bool by_astray(const struct ct_ending *self,
		      const struct nf_conntrack *ct)
{
	return ct_astray(&self->query, ct);
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

static int broken(const struct nl *nl, int rc, struct err *err)
{
	return err_set(err, rc, NULL,
		       "conntrack did not end all connections: %s",
		       nl_reason(nl, rc));
}

static int end_more(struct end_walk *ending, struct err *err)
{
	struct ct_ending *self = (struct ct_ending *)ending;
	int done, rc;

	rc = nl_receive(&self->list, take, self, &done);
	return rc ? broken(self->del.extack[0] ? &self->del : &self->list, rc,
			   err) : !done;
}

static void end_free(struct end_walk *ending)
{
	struct ct_ending *self = (struct ct_ending *)ending;

	ct_query_clean(&self->query);
	conn_set_clean(&self->set);
	nl_close(&self->list);
	nl_close(&self->del);
	free(self);
}

static int start(struct ct_ending *self, struct err *err)
{
	int rc = ct_ask(&self->list, err);

	return rc ? rc : nl_open(&self->del, NETLINK_NETFILTER, err);
}

/* Open the sockets and begin.  Frees @self on failure. */
static int begin(struct ct_ending *self, struct end_walk **ending,
		 struct err *err)
{
	int rc = start(self, err);

	if (rc) {
		end_free(&self->ending);
		return rc;
	}
	self->ending.more = end_more;
	self->ending.free = end_free;
	self->ending.fd = mnl_socket_get_fd(self->list.sock);
	*ending = &self->ending;
	return 0;
}

/* @filter: NULL if @meant does not use it */
static int begin_query(const struct model *model,
		       const struct conn_filter *filter,
		       bool (*meant)(const struct ct_ending *self,
				     const struct nf_conntrack *ct),
		       struct end_walk **ending, struct err *err)
{
	struct ct_ending *self = calloc(1, sizeof(*self));

	if (!self)
		return err_no_memory(err);
	self->meant = meant;
	if (filter)
		self->filter = *filter;
	if (ct_query_init(&self->query, model, &self->filter)) {
		free(self);
		return err_no_memory(err);
	}
	return begin(self, ending, err);
}

int ct_end(const struct model *model, const struct conn_filter *filter,
	   struct end_walk **ending, struct err *err)
{
	return begin_query(model, filter, by_filter, ending, err);
}

int ct_end_astray(const struct model *model, struct end_walk **ending,
		  struct err *err)
{
	return begin_query(model, NULL, by_astray, ending, err);
}

int ct_end_set(const struct conn_set *set, struct end_walk **ending,
	       struct err *err)
{
	struct ct_ending *self = calloc(1, sizeof(*self));

	if (!self)
		return err_no_memory(err);
	self->meant = by_set;
	for (size_t i = 0; i < set->n; i++) {
		if (!conn_set_add(&self->set, &set->list[i]))
			continue;
		conn_set_clean(&self->set);
		free(self);
		return err_no_memory(err);
	}
	return begin(self, ending, err);
}
