/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Generic netlink family "double_nat": the kernel module nf_double_nat.
 *
 * A rule hands a new connection to the module with the conntrack helper
 * "double-nat" (nft: ct helper set) and rewrites its destination with dnat.
 * The module then gives it a vdport: the connection's source becomes
 * (vip, vdport), where vip is the address that the client had asked for, and
 * no two connections to one backend share a vdport.
 *
 * Packets of connections that are set up are rewritten and sent on by the
 * module itself, at prerouting, just before conntrack; what it does not fully
 * understand goes on to conntrack and nf_nat.  Those of connections that were
 * handed over with the helper "doublenat-slow" all do.
 *
 * The vdports towards one (vip, l4proto, backend address, backend port) are a
 * pool.  It appears with the first connection and goes when no connection holds
 * one of its ports and no backend remembers one.  There are 65,536 pools at most
 * in a network namespace.
 *
 * A pool that has no free port takes back that of its oldest closed connection
 * (TCP in TIME_WAIT or CLOSE), then that of its oldest half-open one (not
 * assured, in conntrack's word), which ends that connection.  The port of an
 * established connection is never taken back.
 *
 * A connection that finds no vdport even so has its first packet dropped.  The
 * client gets an answer as from a port that nobody listens on, a TCP reset or
 * an ICMP port unreachable, unless ON_EXHAUSTED says otherwise; and those who
 * have joined the multicast group "events" get DNAT_CMD_EXHAUSTED.
 *
 * Everything here is seen from the network namespace of the socket.  All
 * commands but DNAT_CMD_INFO_GET need CAP_NET_ADMIN in the user namespace that
 * owns that network namespace.  Attributes are in host byte order unless named
 * as network byte order.  Unknown attributes are refused; every refusal
 * carries an extended ack.
 *
 * Command                 Request                    Answer
 * DNAT_CMD_INFO_GET       -                          VERSION, PORT_LIMIT_MIN,
 *                                                    PORT_LIMIT_MAX
 * DNAT_CMD_SETTINGS_GET   -                          PORT_MIN, PORT_MAX,
 *                                                    ON_EXHAUSTED, FAST
 * DNAT_CMD_SETTINGS_SET   one or more of PORT_MIN,   -
 *                         PORT_MAX, ON_EXHAUSTED,
 *                         FAST
 *	-ERANGE: PORT_MIN above PORT_MAX, or a value out of its limits; then
 *	nothing is set.
 *	Connections that have a port out of the new range keep it.
 * DNAT_CMD_POOL_GET       dump                       one message a pool: VIP,
 *                                                    BACKEND, BACKEND_PORT,
 *                                                    L4PROTO, IN_USE, CAPACITY,
 *                                                    HALF_OPEN, CLOSED,
 *                                                    RECLAIMED, FAILED,
 *                                                    UNANSWERED
 * DNAT_CMD_STATS_GET      -                          STATS_*, IN_USE
 * DNAT_CMD_SERVICE_ADD    VIP, L4PROTO, SERVICE_PORT -
 *	The port is a service's: it is not handed out as a vdport of this VIP.
 *	Connections that have it keep it.  -EEXIST: that was said before.
 * DNAT_CMD_SERVICE_DEL    VIP, L4PROTO, SERVICE_PORT -
 *	-ENOENT: it was not said.  The service's counters are gone.
 * DNAT_CMD_SERVICE_GET    dump                       one message a port: VIP,
 *                                                    L4PROTO, SERVICE_PORT
 *	What SERVICE_ADD has said and SERVICE_DEL has not undone.  A port that
 *	is there from the dump's start to its end is told of at least once.
 * DNAT_CMD_COUNTER_GET    dump, with any of VIP,     one message a service and
 *                         L4PROTO, SERVICE_PORT,     backend: VIP, BACKEND,
 *                         BACKEND, BACKEND_PORT      BACKEND_PORT, L4PROTO,
 *                                                    SERVICE_PORT, IN_USE,
 *                                                    BEGUN, PACKETS_*,
 *                                                    BYTES_*, FAILED,
 *                                                    NO_MEMORY, RECLAIMED,
 *                                                    UNANSWERED
 *	Only of ports that SERVICE_ADD has named, from then on, until
 *	SERVICE_DEL; and only of backends that have had a connection since.
 *	Packets count when they are sent on, by the module or by nf_nat, those
 *	of the balancer's own connections too; errors (ICMP) do not, nor does a
 *	reset that is a connection's first answer, with which conntrack forgets
 *	it.  There are 131,072 counters at most, and none is made without
 *	memory: connections without one are in STATS_UNCOUNTED.  A counter that
 *	is there from the dump's start to its end is told of exactly once.
 * DNAT_CMD_CONN_GET       dump, with any of VIP,     one message a connection:
 *                         L4PROTO, SERVICE_PORT,     VIP, BACKEND,
 *                         BACKEND, BACKEND_PORT,     BACKEND_PORT, L4PROTO,
 *                         CLIENT, CLASS              CLIENT, CLIENT_PORT,
 *                                                    SERVICE_PORT, VDPORT,
 *                                                    CLASS, TCP_STATE, STATUS,
 *                                                    EXPIRES, AGE
 *	Only those connections for which all of the request's attributes hold.
 *	A connection that is there from the dump's start to its end is told of
 *	exactly once.  AGE is missing where conntrack takes no timestamps.
 * DNAT_CMD_PORT_GET       dump: VIP, L4PROTO         VDPORT, PORT_COUNTS
 *	How many backends each port of the VIP is used towards, all of the
 *	moment when the dump began.  A message tells of VDPORT and the
 *	DNAT_PORTS_PER_MESSAGE - 1 ports that follow it; those of which none
 *	is in use are left out.
 * DNAT_CMD_CONN_DEL       dump, with any of those    messages with ENDED
 *                         of CONN_GET, RESET, and
 *                         NO_ANSWER
 *	Ends the connections that CONN_GET would tell of, a thousand or so for
 *	each message, and says how many: conntrack forgets them, and their
 *	ports are free.  Who stops reading leaves the others as they are.  With
 *	RESET both ends of each TCP connection that is not closed are sent a
 *	reset, the client from VIP and SERVICE_PORT, the backend from VIP and
 *	VDPORT, with the sequence numbers that they wait for.  With NO_ANSWER
 *	only connections end whose backend has sent nothing.
 * DNAT_CMD_EXHAUSTED      event, group "events"      VIP, BACKEND,
 *                                                    BACKEND_PORT, L4PROTO,
 *                                                    FAILED
 *	At most one a second for each pool.  Joining the group needs
 *	CAP_NET_ADMIN.
 */
#ifndef _UAPI_LINUX_DOUBLE_NAT_H
#define _UAPI_LINUX_DOUBLE_NAT_H

#define DNAT_GENL_NAME		"double_nat"
#define DNAT_GENL_VERSION	1

#define DNAT_HELPER_NAME	"double-nat"
#define DNAT_HELPER_NAME_SLOW	"doublenat-slow"

#define DNAT_GENL_GROUP_EVENTS	"events"

#define DNAT_PORTS_PER_MESSAGE	128

#define DNAT_VERSION_LEN	32	/* bytes, with the final NUL */

enum dnat_cmd {
	DNAT_CMD_UNSPEC,
	DNAT_CMD_INFO_GET,
	DNAT_CMD_SETTINGS_GET,
	DNAT_CMD_SETTINGS_SET,
	DNAT_CMD_POOL_GET,
	DNAT_CMD_STATS_GET,
	DNAT_CMD_SERVICE_ADD,
	DNAT_CMD_SERVICE_DEL,
	DNAT_CMD_CONN_GET,
	DNAT_CMD_PORT_GET,
	DNAT_CMD_EXHAUSTED,
	DNAT_CMD_CONN_DEL,
	DNAT_CMD_COUNTER_GET,
	DNAT_CMD_SERVICE_GET,
	__DNAT_CMD_MAX
};

#define DNAT_CMD_MAX (__DNAT_CMD_MAX - 1)

/* What becomes of a connection's port when there is no free one. */
enum dnat_conn_class {
	DNAT_CONN_OPEN,		/* never taken back */
	DNAT_CONN_HALF_OPEN,	/* taken back, the oldest first, ... */
	DNAT_CONN_CLOSED,	/* ... after all of these */
};

/* What the client of a connection gets for which there is no vdport. */
enum dnat_on_exhausted {
	DNAT_EXHAUSTED_DROP,	/* nothing */
	DNAT_EXHAUSTED_RESET,	/* TCP reset, ICMP port unreachable for UDP */
};

enum dnat_attr {
	DNAT_A_UNSPEC,
	DNAT_A_VERSION,		/* string: the module's version */
	DNAT_A_PORT_LIMIT_MIN,	/* u16: lowest port that PORT_MIN may be */
	DNAT_A_PORT_LIMIT_MAX,	/* u16: highest port that PORT_MAX may be */
	DNAT_A_PORT_MIN,	/* u16: lowest vdport */
	DNAT_A_PORT_MAX,	/* u16: highest vdport */
	DNAT_A_VIP,		/* 4 or 16 bytes, network byte order */
	DNAT_A_BACKEND,		/* 4 or 16 bytes, network byte order */
	DNAT_A_BACKEND_PORT,	/* u16, network byte order */
	DNAT_A_L4PROTO,		/* u8: IPPROTO_TCP or IPPROTO_UDP */
	DNAT_A_IN_USE,		/* u32: vdports held by connections */
	DNAT_A_CAPACITY,	/* u32: vdports that the pool has */
	DNAT_A_HALF_OPEN,	/* u32: of those in use, by half-open connections */
	DNAT_A_CLOSED,		/* u32: of those in use, by closed connections */
	DNAT_A_RECLAIMED,	/* u64: vdports that were taken back */
	DNAT_A_FAILED,		/* u64: connections refused for want of a port */
	DNAT_A_STATS_TAKEN,	/* u64: vdports given to connections */
	DNAT_A_STATS_GIVEN,	/* u64: vdports that came back */
	DNAT_A_STATS_UNCONFIRMED, /* u64: of these, from connections dropped
				   * before conntrack confirmed them
				   */
	DNAT_A_STATS_EXHAUSTED,	/* u64: packets dropped, no free vdport */
	DNAT_A_STATS_NOMEM,	/* u64: packets dropped, no memory or too many
				 * pools
				 */
	DNAT_A_STATS_SKIPPED,	/* u64: vdports passed over because conntrack
				 * held the tuple already
				 */
	DNAT_A_STATS_RECLAIMED,	/* u64: vdports that were taken back */
	DNAT_A_FAST,		/* u8, 0 or 1: whether packets of connections
				 * that are set up are forwarded by the module
				 */
	DNAT_A_STATS_FAST,	/* u64: packets that the module forwarded */
	DNAT_A_STATS_SLOW_OFF,	/* u64: packets to a VIP that it left to nf_nat:
				 * of connections with "doublenat-slow"
				 */
	DNAT_A_STATS_SLOW_HEADER, /* u64: fragments, IP options, bad lengths or
				   * checksums
				   */
	DNAT_A_STATS_SLOW_TTL,	/* u64: TTL or hop limit at its end */
	DNAT_A_STATS_SLOW_FLAGS, /* u64: TCP with SYN or RST, or without ACK */
	DNAT_A_STATS_SLOW_NEW,	/* u64: no connection, or not yet answered */
	DNAT_A_STATS_SLOW_ROUTE, /* u64: no way out known, or no longer */
	DNAT_A_STATS_SLOW_SIZE,	/* u64: larger than the way out takes */
	DNAT_A_STATS_SLOW_STATE, /* u64: out of window or order, for conntrack
				  * to judge
				  */
	DNAT_A_PAD,
	DNAT_A_ON_EXHAUSTED,	/* u8: enum dnat_on_exhausted */
	DNAT_A_CLIENT,		/* 4 or 16 bytes, network byte order */
	DNAT_A_CLIENT_PORT,	/* u16, network byte order */
	DNAT_A_SERVICE_PORT,	/* u16, network byte order: the client asked for
				 * this port of the VIP
				 */
	DNAT_A_VDPORT,		/* u16 */
	DNAT_A_CLASS,		/* u8: enum dnat_conn_class */
	DNAT_A_TCP_STATE,	/* u8: conntrack's, enum tcp_conntrack */
	DNAT_A_STATUS,		/* u32: conntrack's, enum ip_conntrack_status */
	DNAT_A_EXPIRES,		/* u32: seconds to conntrack's timeout */
	DNAT_A_AGE,		/* u32: seconds since conntrack has it */
	DNAT_A_PORT_COUNTS,	/* binary: DNAT_PORTS_PER_MESSAGE times u32 */
	DNAT_A_RESET,		/* u8, 0 or 1: whether both ends are told */
	DNAT_A_ENDED,		/* u32: connections since the last message */
	DNAT_A_BEGUN,		/* u64: connections that got a vdport */
	DNAT_A_PACKETS_IN,	/* u64: packets sent on to the backend */
	DNAT_A_BYTES_IN,	/* u64: of these, from the IP header on */
	DNAT_A_PACKETS_OUT,	/* u64: packets sent on to clients */
	DNAT_A_BYTES_OUT,	/* u64: of these, from the IP header on */
	DNAT_A_NO_MEMORY,	/* u64: connections refused, no memory */
	DNAT_A_STATS_UNCOUNTED,	/* u64: connections that are in no counter of
				 * COUNTER_GET
				 */
	DNAT_A_UNANSWERED,	/* u64: connections that ended before the
				 * backend had answered: they timed out, were
				 * deleted, or their port was taken back.  A
				 * TCP reset is an answer, an ICMP error is not.
				 */
	DNAT_A_NO_ANSWER,	/* u8, 0 or 1: only connections whose backend
				 * has sent nothing
				 */
	__DNAT_A_MAX
};

#define DNAT_A_MAX (__DNAT_A_MAX - 1)

#endif /* _UAPI_LINUX_DOUBLE_NAT_H */
