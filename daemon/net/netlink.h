/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netlink sockets by libmnl: requests, answers and the kernel's error messages.
 */
#ifndef DNAT_NETLINK_H
#define DNAT_NETLINK_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "common/err.h"

#define NL_EXTACK_LEN 160

struct nl {
	struct mnl_socket *sock;
	int bus;			/* NETLINK_* */
	unsigned int seq;		/* of the last request */
	unsigned int portid;
	char *buf;			/* NL_BUF_SIZE bytes, to receive */
	char extack[NL_EXTACK_LEN];	/* text of the last error, or "" */
};

/**
 * typedef nl_fn - handle one message of an answer
 *
 * Return: 0, or a negative errno to stop reading
 */
typedef int (*nl_fn)(const struct nlmsghdr *nlh, void *data);
typedef void (*nl_forget_fn)(void *data);

/**
 * nl_open - open a socket that receives extended acks
 * @nl: result, for nl_close()
 * @bus: NETLINK_NETFILTER, NETLINK_ROUTE or NETLINK_GENERIC
 *
 * Return: 0 or a negative errno with @err set
 */
int nl_open(struct nl *nl, int bus, struct err *err);
void nl_close(struct nl *nl);

/*
 * From now on nl_close() calls @close for netfilter sockets.  Closing one waits
 * while another process changes rules, because nft_rcv_nl_event() takes the
 * commit mutex.  NULL: nl_close() closes them itself.
 */
void nl_close_by(void (*close)(struct mnl_socket *sock, void *data),
		 void *data);

/* Receive the messages of a multicast group.  Return: 0 or -1 with errno */
int nl_join(const struct nl *nl, int group);

/* A buffer for a request. */
#define NL_REQUEST_BUF(name)						\
	char name[MNL_SOCKET_BUFFER_SIZE]				\
		__attribute__((aligned(__alignof__(struct nlmsghdr))))

/**
 * nl_request - begin a request in @buf
 * @buf: an NL_REQUEST_BUF()
 * @flags: added to NLM_F_REQUEST; unless it is a dump, NLM_F_ACK is added, too
 */
struct nlmsghdr *nl_request(struct nl *nl, void *buf, uint16_t type,
			    uint16_t flags);

/* The same for a message of netfilter's @subsys.  @family: NFPROTO_* */
struct nlmsghdr *nl_netfilter(struct nl *nl, void *buf, int subsys, int type,
			      uint16_t flags, uint8_t family);

/**
 * nl_talk - send a request and read the whole answer
 * @fn: called for each message of the answer; may be NULL
 *
 * Return: 0, or a negative errno from the socket, the kernel or @fn; -EINTR:
 *	the data changed during a dump, which must be repeated
 */
int nl_talk(struct nl *nl, const struct nlmsghdr *req, nl_fn fn, void *data);

/**
 * nl_list - list all that rtnetlink has of one kind
 * @type: RTM_GET*
 * @forget: called before the list is read again, because it changed meanwhile;
 *	must remove what @fn added to @data
 *
 * Return: as nl_talk(); -EINTR: the list changed during each of DUMP_TRIES
 */
int nl_list(struct nl *nl, uint16_t type, nl_fn fn, nl_forget_fn forget,
	    void *data);

/**
 * nl_send - send a request whose answer is read with nl_receive()
 *
 * Return: 0 or a negative errno
 */
int nl_send(struct nl *nl, const struct nlmsghdr *req);

/**
 * nl_receive - read one datagram of the answer to the last request
 * @done: set when the answer is complete
 *
 * Return: as nl_talk()
 */
int nl_receive(struct nl *nl, nl_fn fn, void *data, int *done);

/**
 * nl_walk - call @fn for the messages of one datagram
 * @buf: the datagram
 * @len: its length in bytes
 * @done: set when the answer to nl->seq is complete
 *
 * Messages that answer other requests are skipped.
 *
 * Return: as nl_talk()
 */
int nl_walk(struct nl *nl, const void *buf, size_t len, nl_fn fn, void *data,
	    int *done);

/**
 * nl_message - the next message of a datagram
 * @offset: where the message begins, 0 for the first; moved past the message
 *
 * Return: NULL at the end, or if the rest is not a complete message
 */
const struct nlmsghdr *nl_message(const void *buf, size_t len, size_t *offset);

/**
 * nl_error - read an NLMSG_ERROR message
 * @nlh: the message, of type NLMSG_ERROR
 * @extack: result, the kernel's error text or ""
 *
 * Return: 0 for an ack, else a negative errno
 */
int nl_error(const struct nlmsghdr *nlh, char extack[NL_EXTACK_LEN]);

/* The error text: the kernel's if there is one, otherwise strerror(). */
const char *nl_reason(const struct nl *nl, int error);

#define NL_BUF_SIZE 65536

#endif
