// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "net/netlink.h"

/*
 * Receive timeout.  The kernel answers at once, so a later answer never comes.
 */
#define ANSWER_SECONDS 10
#define DUMP_TRIES 10

static struct {
	void (*close)(struct mnl_socket *sock, void *data);
	void *data;
} closer;

int nl_open(struct nl *nl, int bus, struct err *err)
{
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	int one = 1, rc;

	memset(nl, 0, sizeof(*nl));
	nl->bus = bus;
	nl->sock = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!nl->sock) {
		rc = -errno;
		return err_set(err, rc, NULL, "cannot open a netlink socket: %s",
			       strerror(-rc));
	}
	if (mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		rc = -errno;
		nl_close(nl);
		return err_set(err, rc, NULL, "cannot bind a netlink socket: %s",
			       strerror(-rc));
	}
	nl->portid = mnl_socket_get_portid(nl->sock);

	/* Errors are ignored: without these the kernel's answers say less. */
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(mnl_socket_get_fd(nl->sock), SOL_SOCKET, SO_RCVTIMEO,
		   &patience, sizeof(patience));

	nl->buf = malloc(NL_BUF_SIZE);
	if (!nl->buf) {
		nl_close(nl);
		return err_no_memory(err);
	}
	return 0;
}

void nl_close_by(void (*close)(struct mnl_socket *sock, void *data),
		 void *data)
{
	closer.close = close;
	closer.data = data;
}

void nl_close(struct nl *nl)
{
	if (nl->sock && nl->bus == NETLINK_NETFILTER && closer.close)
		closer.close(nl->sock, closer.data);
	else if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl->buf);
	nl->sock = NULL;
	nl->buf = NULL;
}

int nl_join(const struct nl *nl, int group)
{
	return mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &group,
				     sizeof(group));
}

struct nlmsghdr *nl_request(struct nl *nl, void *buf, uint16_t type,
			    uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP)
		nlh->nlmsg_flags |= NLM_F_ACK;
	nlh->nlmsg_seq = ++nl->seq;
	return nlh;
}

struct nlmsghdr *nl_netfilter(struct nl *nl, void *buf, int subsys, int type,
			      uint16_t flags, uint8_t family)
{
	struct nlmsghdr *nlh = nl_request(nl, buf,
					  (uint16_t)(subsys << 8 | type), flags);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

static int extack_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **text = data;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		*text = attr;
	return MNL_CB_OK;
}

int nl_error(const struct nlmsghdr *nlh, char extack[NL_EXTACK_LEN])
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *text = NULL;
	size_t offset = sizeof(*error);

	extack[0] = '\0';
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*error))
		return -EBADMSG;

	if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		if (error->msg.nlmsg_len < sizeof(error->msg) ||
		    error->msg.nlmsg_len > mnl_nlmsg_get_payload_len(nlh))
			return error->error < 0 ? error->error : -EBADMSG;
		offset += mnl_nlmsg_get_payload_len(&error->msg);
	}
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(nlh, offset, extack_attr, &text);
	if (text)
		snprintf(extack, NL_EXTACK_LEN, "%s", mnl_attr_get_str(text));

	return error->error > 0 ? -EBADMSG : error->error;
}

/* Read NLMSG_DONE.  Return: 0, or the negative errno that stopped the dump */
static int dump_end(const struct nlmsghdr *nlh)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
	return error < 0 ? error : 0;
}

/*
 * Instead of mnl_nlmsg_ok(), which takes a length above INT_MAX for a negative
 * number and so for a small one.  The padding must be in the datagram, too,
 * because libmnl reads attributes up to its end.
 */
const struct nlmsghdr *nl_message(const void *buf, size_t len, size_t *offset)
{
	const struct nlmsghdr *nlh;
	size_t rest;

	if (*offset >= len)
		return NULL;
	rest = len - *offset;
	nlh = (const void *)((const char *)buf + *offset);
	if (rest < sizeof(*nlh) || nlh->nlmsg_len < sizeof(*nlh) ||
	    nlh->nlmsg_len > rest || NLMSG_ALIGN((size_t)nlh->nlmsg_len) > rest)
		return NULL;
	*offset += NLMSG_ALIGN(nlh->nlmsg_len);
	return nlh;
}

int nl_walk(struct nl *nl, const void *buf, size_t len, nl_fn fn, void *data,
	    int *done)
{
	const struct nlmsghdr *nlh;
	size_t offset = 0;
	int rc;

	*done = 0;
	while ((nlh = nl_message(buf, len, &offset))) {
		if (nlh->nlmsg_seq != nl->seq || nlh->nlmsg_pid != nl->portid)
			continue;
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			return -EINTR;

		switch (nlh->nlmsg_type) {
		case NLMSG_ERROR:
			*done = 1;
			return nl_error(nlh, nl->extack);
		case NLMSG_DONE:
			*done = 1;
			return dump_end(nlh);
		case NLMSG_OVERRUN:
			return -ENOBUFS;
		case NLMSG_NOOP:
			break;
		default:
			rc = fn ? fn(nlh, data) : 0;
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

/* Drop the rest of an answer, which would be in the way of the next one. */
static void nl_drain(struct nl *nl)
{
	while (recv(mnl_socket_get_fd(nl->sock), nl->buf, NL_BUF_SIZE,
		    MSG_DONTWAIT) > 0 || errno == ENOBUFS)
		;
}

int nl_send(struct nl *nl, const struct nlmsghdr *req)
{
	nl->extack[0] = '\0';
	return mnl_socket_sendto(nl->sock, req, req->nlmsg_len) < 0 ? -errno : 0;
}

int nl_receive(struct nl *nl, nl_fn fn, void *data, int *done)
{
	ssize_t len;

	*done = 0;
	do
		len = mnl_socket_recvfrom(nl->sock, nl->buf, NL_BUF_SIZE);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return nl_walk(nl, nl->buf, (size_t)len, fn, data, done);
}

int nl_talk(struct nl *nl, const struct nlmsghdr *req, nl_fn fn, void *data)
{
	int done = 0;
	int rc = nl_send(nl, req);

	if (rc)
		return rc;
	while (!done && !rc)
		rc = nl_receive(nl, fn, data, &done);
	if (!done)
		nl_drain(nl);
	return rc;
}

int nl_list(struct nl *nl, uint16_t type, nl_fn fn, nl_forget_fn forget,
	    void *data)
{
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *req = nl_request(nl, buf, type, NLM_F_DUMP);
	struct rtgenmsg *gen = mnl_nlmsg_put_extra_header(req, sizeof(*gen));
	int rc;

	gen->rtgen_family = AF_UNSPEC;
	rc = nl_talk(nl, req, fn, data);
	for (int i = 1; i < DUMP_TRIES && rc == -EINTR; i++) {
		forget(data);
		req->nlmsg_seq = ++nl->seq;
		rc = nl_talk(nl, req, fn, data);
	}
	return rc;
}

const char *nl_reason(const struct nl *nl, int error)
{
	return nl->extack[0] ? nl->extack : strerror(-error);
}
