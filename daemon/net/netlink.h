/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink by libmnl: a socket, a request, its answers, what the kernel said. */
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
	int bus;
	unsigned int seq;
	unsigned int portid;
	char *buf;			/* NL_BUF_SIZE bytes, for what is received */
	char extack[NL_EXTACK_LEN];	/* the kernel's words on the last error, or "" */
};

/**
 * typedef nl_fn - take one message of an answer
 *
 * Return: 0, or a negative errno that ends the conversation
 */
typedef int (*nl_fn)(const struct nlmsghdr *nlh, void *data);
typedef void (*nl_forget_fn)(void *data);

/**
 * nl_open - open a socket that receives extended acks
 * @bus: NETLINK_NETFILTER, NETLINK_ROUTE, NETLINK_GENERIC
 */
int nl_open(struct nl *nl, int bus, struct err *err);
void nl_close(struct nl *nl);

/*
 * From now on @close closes netfilter's sockets.  That waits for whoever changes
 * rules just now: nft_rcv_nl_event() takes the commit mutex.  NULL: nl_close()
 * does it.
 */
void nl_close_by(void (*close)(struct mnl_socket *sock, void *data),
		 void *data);

/* Room for a request. */
#define NL_REQUEST_BUF(name)						\
	char name[MNL_SOCKET_BUFFER_SIZE]				\
		__attribute__((aligned(__alignof__(struct nlmsghdr))))

/**
 * nl_request - begin a request in @buf
 * @buf: an NL_REQUEST_BUF()
 * @flags: besides NLM_F_REQUEST; NLM_F_ACK is added where it is no dump
 */
struct nlmsghdr *nl_request(struct nl *nl, void *buf, uint16_t type,
			    uint16_t flags);

/**
 * nl_talk - send a request and take all of its answer
 * @fn: called for each message of the answer; may be NULL
 *
 * Return: 0, the kernel's errno, @fn's errno; -EINTR: a dump saw a change half
 *	way and has to be asked for again
 */
int nl_talk(struct nl *nl, const struct nlmsghdr *req, nl_fn fn, void *data);

/**
 * nl_dump - the same of a dump, which is asked for again where it saw a change
 * @forget: has @data forget what it was told, before it is told anew
 *
 * Return: as nl_talk(); -EINTR: it saw one every time, and there were many
 */
int nl_dump(struct nl *nl, struct nlmsghdr *req, nl_fn fn, nl_forget_fn forget,
	    void *data);

/**
 * nl_send - send a request, and leave its answer to nl_receive()
 *
 * Return: 0 or a negative errno
 */
int nl_send(struct nl *nl, const struct nlmsghdr *req);

/**
 * nl_receive - take one datagram of the answer to what was sent last
 * @done: set when the answer is complete
 *
 * Return: as nl_talk()
 */
int nl_receive(struct nl *nl, nl_fn fn, void *data, int *done);

/**
 * nl_walk - take the messages of one datagram
 * @buf: what was received
 * @len: its bytes
 * @done: set when the answer to nl->seq is complete
 *
 * Messages that answer another request are passed over.
 *
 * Return: as nl_talk()
 */
int nl_walk(struct nl *nl, const void *buf, size_t len, nl_fn fn, void *data,
	    int *done);

/**
 * nl_message - the next message of a datagram
 * @offset: where to look, 0 at first; moved behind the message
 *
 * Return: NULL at the end, or where what is left is no whole message
 */
const struct nlmsghdr *nl_message(const void *buf, size_t len, size_t *offset);

/**
 * nl_error - what an NLMSG_ERROR message says
 * @nlh: of type NLMSG_ERROR
 * @extack: the kernel's text goes here, "" where it gave none
 *
 * Return: 0 for an ack, else a negative errno
 */
int nl_error(const struct nlmsghdr *nlh, char extack[NL_EXTACK_LEN]);

/* The reason of @error in words: the kernel's own where it gave some. */
const char *nl_reason(const struct nl *nl, int error);

#define NL_BUF_SIZE 65536

#endif
