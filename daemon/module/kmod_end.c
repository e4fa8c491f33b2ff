// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module ends about a thousand connections for each message of its answer.
 * It ends more only when dnatd has read that message.
 */
#include <errno.h>
#include <stdlib.h>

#include "module/kmod_end.h"
#include "module/kmod_msg.h"

struct kmod_ending {
	struct end_walk ending;
	struct nl nl;
};

int kmod_parse_ended(const struct nlmsghdr *nlh, void *ended)
{
	uint64_t *sum = ended;
	struct attrs attrs;

	attrs_parse(nlh, &attrs);
	*sum += (uint32_t)attrs_number(&attrs, DNAT_A_ENDED);
	return 0;
}

static int broken(const struct nl *nl, int rc, struct err *err)
{
	return err_set(err, rc, NULL,
		       "module " KMOD_MODULE " did not end all connections: %s",
		       nl_reason(nl, rc));
}

static int end_more(struct end_walk *ending, struct err *err)
{
	struct kmod_ending *self = (struct kmod_ending *)ending;
	int done, rc;

	rc = nl_receive(&self->nl, kmod_parse_ended, &ending->ended, &done);
	return rc ? broken(&self->nl, rc, err) : !done;
}

static void end_free(struct end_walk *ending)
{
	struct kmod_ending *self = (struct kmod_ending *)ending;

	nl_close(&self->nl);
	free(self);
}

int kmod_end(const struct kmod *kmod, const struct conn_filter *filter,
	     struct end_walk **ending, struct err *err)
{
	struct kmod_ending *self = calloc(1, sizeof(*self));
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh;
	int rc;

	if (!self)
		return err_no_memory(err);
	rc = nl_open(&self->nl, NETLINK_GENERIC, err);
	if (rc) {
		free(self);
		return rc;
	}
	self->ending.more = end_more;
	self->ending.free = end_free;
	self->ending.fd = mnl_socket_get_fd(self->nl.sock);

	nlh = kmod_request(kmod, &self->nl, buf, NLM_F_DUMP, DNAT_CMD_CONN_DEL);
	kmod_put_filter(nlh, filter);
	/*
	 * A client without an answer sends its packet again and reaches another
	 * backend.  A reset would make its connection fail.
	 */
	mnl_attr_put_u8(nlh, DNAT_A_RESET, !filter->unanswered);
	rc = nl_send(&self->nl, nlh);
	if (rc) {
		broken(&self->nl, rc, err);
		end_free(&self->ending);
		return rc;
	}
	*ending = &self->ending;
	return 0;
}
