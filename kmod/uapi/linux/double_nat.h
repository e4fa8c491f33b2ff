/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Generic netlink family "double_nat": the kernel module nf_double_nat.
 *
 * A rule hands a new connection to the module with the conntrack helper
 * "double-nat" (nft: ct helper set) and rewrites its destination with dnat.
 * The module then gives it a vdport: the connection's source becomes
 * (vip, vdport), where vip is the address that the client sent its packet to.
 * No two connections to one backend from one VIP have the same vdport.
 *
 * The module rewrites and forwards the packets of established connections
 * itself, at prerouting, just before conntrack.  Packets that it does not fully
 * understand go on to conntrack and nf_nat.  So do all packets of connections
 * with the helper "doublenat-slow".
 *
 * The vdports for one (vip, l4proto, backend address, backend port) are a pool.
 * A pool is made for its first connection.  It is freed when no connection has
 * one of its ports and no backend can remember one.  A network namespace has at
 * most 65,536 pools.
 *
 * When a pool has no free port, the module ends the oldest closed connection
 * (TCP in TIME_WAIT or CLOSE) and takes its port back; if there is none, the
 * oldest half-open one (not ASSURED in conntrack's status).  It never takes the
 * port of an established connection back.
 *
 * If there is still no vdport, the connection's first packet is dropped.  The
 * client gets the answer of a port on which no server listens, a TCP reset or
 * an ICMP port unreachable, unless ON_EXHAUSTED says otherwise.  Sockets in the
 * multicast group "events" get DNAT_CMD_EXHAUSTED.
 *
 * All commands act on the network namespace of the socket.  All but
 * DNAT_CMD_INFO_GET need CAP_NET_ADMIN in the user namespace that owns that
 * network namespace.  Attributes are in host byte order unless network byte
 * order is stated.  Unknown attributes are refused; every refusal carries an
 * extended ack.
 *
 * Command                 Request                    Answer
 * DNAT_CMD_INFO_GET       -                          VERSION, PORT_LIMIT_MIN,
 *                                                    PORT_LIMIT_MAX
 * DNAT_CMD_SETTINGS_GET   -                          PORT_MIN, PORT_MAX,
 *                                                    ON_EXHAUSTED, FAST
 * DNAT_CMD_SETTINGS_SET   one or more of PORT_MIN,   -
 *                         PORT_MAX, ON_EXHAUSTED,
 *                         FAST
 *	-ERANGE: PORT_MIN is above PORT_MAX, or a value is out of its limits;
 *	nothing is set then.
 *	Connections keep a port that is out of the new range.
 * DNAT_CMD_POOL_GET       dump                       one message for each pool:
 *                                                    VIP,
 *                                                    BACKEND, BACKEND_PORT,
 *                                                    L4PROTO, IN_USE, CAPACITY,
 *                                                    HALF_OPEN, CLOSED,
 *                                                    RECLAIMED, FAILED,
 *                                                    UNANSWERED
 * DNAT_CMD_STATS_GET      -                          STATS_*, IN_USE
 * DNAT_CMD_SERVICE_ADD    VIP, L4PROTO, SERVICE_PORT -
 *	Names a service port: it is not used as a vdport of this VIP.
 *	Connections that have it as their vdport keep it.
 *	-EEXIST: the port is named already.
 * DNAT_CMD_SERVICE_DEL    VIP, L4PROTO, SERVICE_PORT -
 *	Undoes SERVICE_ADD and removes the service's counters.
 *	-ENOENT: the port is not named.
 * DNAT_CMD_SERVICE_GET    dump                       one message for each named
 *                                                    port: VIP, L4PROTO,
 *                                                    SERVICE_PORT
 *	A port that is named from the dump's start to its end is reported at
 *	least once.
 * DNAT_CMD_COUNTER_GET    dump, with any of VIP,     one message for each
 *                         L4PROTO, SERVICE_PORT,     counter: VIP, BACKEND,
 *                         BACKEND, BACKEND_PORT      BACKEND_PORT, L4PROTO,
 *                                                    SERVICE_PORT, IN_USE,
 *                                                    BEGUN, PACKETS_*,
 *                                                    BYTES_*, FAILED,
 *                                                    NO_MEMORY, RECLAIMED,
 *                                                    UNANSWERED
 *	There is a counter for each named service port and each backend that has
 *	had a connection of it since SERVICE_ADD.  A packet is counted when it
 *	is forwarded, by the module or by nf_nat; packets of the balancer's own
 *	connections are counted too.  Not counted are ICMP errors, and a reset
 *	that is a connection's first answer, because conntrack deletes the
 *	connection.  There are at most 131,072 counters.  Connections that have
 *	none because of this limit, or for lack of memory, are in
 *	STATS_UNCOUNTED.  A counter that exists from the dump's start to its end
 *	is reported exactly once.
 * DNAT_CMD_CONN_GET       dump, with any of VIP,     one message for each
 *                         L4PROTO, SERVICE_PORT,     connection: VIP, BACKEND,
 *                         BACKEND, BACKEND_PORT,     BACKEND_PORT, L4PROTO,
 *                         CLIENT, CLASS              CLIENT, CLIENT_PORT,
 *                                                    SERVICE_PORT, VDPORT,
 *                                                    CLASS, TCP_STATE, STATUS,
 *                                                    EXPIRES, AGE
 *	Reports the connections that match all attributes of the request.  A
 *	connection that exists from the dump's start to its end is reported
 *	exactly once.  AGE is missing if conntrack takes no timestamps.
 * DNAT_CMD_PORT_GET       dump: VIP, L4PROTO         VDPORT, PORT_COUNTS
 *	For each port of the VIP, the number of backends that it is used for.
 *	The numbers are collected when the dump starts.  A message reports
 *	VDPORT and the DNAT_PORTS_PER_MESSAGE - 1 ports after it.  There is no
 *	message if none of them is in use.
 * DNAT_CMD_CONN_DEL       dump, with any of those    messages with ENDED
 *                         of CONN_GET, RESET, and
 *                         NO_ANSWER
 *	Ends the connections that CONN_GET would report, up to about a thousand
 *	for each message, and reports how many: conntrack deletes them, and
 *	their ports become free.  If the reader stops, the other connections
 *	stay.  With RESET, the module sends a TCP reset to both ends of each TCP
 *	connection that is not closed: to the client from VIP and SERVICE_PORT,
 *	to the backend from VIP and VDPORT, with the sequence number that the
 *	end expects.  With NO_ANSWER, it ends only connections whose backend has
 *	sent nothing.
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

/* Whether a connection may lose its port when its pool has no free one. */
enum dnat_conn_class {
	DNAT_CONN_OPEN,		/* never */
	DNAT_CONN_HALF_OPEN,	/* oldest first, if none is closed */
	DNAT_CONN_CLOSED,	/* oldest first */
};

/* What the client gets if there is no vdport for its connection. */
enum dnat_on_exhausted {
	DNAT_EXHAUSTED_DROP,	/* nothing */
	DNAT_EXHAUSTED_RESET,	/* TCP reset, ICMP port unreachable for UDP */
};

enum dnat_attr {
	DNAT_A_UNSPEC,
	DNAT_A_VERSION,		/* string: the module's version */
	DNAT_A_PORT_LIMIT_MIN,	/* u16: lowest value of PORT_MIN */
	DNAT_A_PORT_LIMIT_MAX,	/* u16: highest value of PORT_MAX */
	DNAT_A_PORT_MIN,	/* u16: lowest vdport */
	DNAT_A_PORT_MAX,	/* u16: highest vdport */
	DNAT_A_VIP,		/* 4 or 16 bytes, network byte order */
	DNAT_A_BACKEND,		/* 4 or 16 bytes, network byte order */
	DNAT_A_BACKEND_PORT,	/* u16, network byte order */
	DNAT_A_L4PROTO,		/* u8: IPPROTO_TCP or IPPROTO_UDP */
	DNAT_A_IN_USE,		/* u32: vdports in use by connections */
	DNAT_A_CAPACITY,	/* u32: vdports in the pool's range */
	DNAT_A_HALF_OPEN,	/* u32: vdports of half-open connections */
	DNAT_A_CLOSED,		/* u32: vdports of closed connections */
	DNAT_A_RECLAIMED,	/* u64: vdports taken back, their connections
				 * ended
				 */
	DNAT_A_FAILED,		/* u64: connections refused, no free vdport */
	DNAT_A_STATS_TAKEN,	/* u64: vdports given to connections */
	DNAT_A_STATS_GIVEN,	/* u64: vdports given back */
	DNAT_A_STATS_UNCONFIRMED, /* u64: of these, from connections dropped
				   * before conntrack confirmed them
				   */
	DNAT_A_STATS_EXHAUSTED,	/* u64: packets dropped, no free vdport */
	DNAT_A_STATS_NOMEM,	/* u64: packets dropped, no memory or too many
				 * pools
				 */
	DNAT_A_STATS_SKIPPED,	/* u64: vdports skipped because conntrack had an
				 * entry with the same tuple
				 */
	DNAT_A_STATS_RECLAIMED,	/* u64: vdports taken back */
	DNAT_A_FAST,		/* u8, 0 or 1: whether the module forwards
				 * packets of established connections itself
				 */
	DNAT_A_STATS_FAST,	/* u64: packets that the module forwarded */
	/* STATS_SLOW_*: packets to a VIP that it left to nf_nat, by reason */
	DNAT_A_STATS_SLOW_OFF,	/* u64: the one-lookup path is off for this
				 * connection, by "doublenat-slow" for example
				 */
	DNAT_A_STATS_SLOW_HEADER, /* u64: fragments, IP options, bad lengths or
				   * checksums
				   */
	DNAT_A_STATS_SLOW_TTL,	/* u64: TTL or hop limit of 1 or 0 */
	DNAT_A_STATS_SLOW_FLAGS, /* u64: TCP with SYN or RST, or without ACK */
	DNAT_A_STATS_SLOW_NEW,	/* u64: no connection, or not yet answered */
	DNAT_A_STATS_SLOW_ROUTE, /* u64: no valid cached route */
	DNAT_A_STATS_SLOW_SIZE,	/* u64: larger than the route's MTU */
	DNAT_A_STATS_SLOW_STATE, /* u64: out of window or order: conntrack
				  * decides
				  */
	DNAT_A_PAD,
	DNAT_A_ON_EXHAUSTED,	/* u8: enum dnat_on_exhausted */
	DNAT_A_CLIENT,		/* 4 or 16 bytes, network byte order */
	DNAT_A_CLIENT_PORT,	/* u16, network byte order */
	DNAT_A_SERVICE_PORT,	/* u16, network byte order: port of the VIP that
				 * clients connect to
				 */
	DNAT_A_VDPORT,		/* u16 */
	DNAT_A_CLASS,		/* u8: enum dnat_conn_class */
	DNAT_A_TCP_STATE,	/* u8: conntrack's, enum tcp_conntrack */
	DNAT_A_STATUS,		/* u32: conntrack's, enum ip_conntrack_status */
	DNAT_A_EXPIRES,		/* u32: seconds to conntrack's timeout */
	DNAT_A_AGE,		/* u32: seconds since conntrack confirmed it */
	DNAT_A_PORT_COUNTS,	/* binary: DNAT_PORTS_PER_MESSAGE times u32 */
	DNAT_A_RESET,		/* u8, 0 or 1: whether to send TCP resets */
	DNAT_A_ENDED,		/* u32: connections since the last message */
	DNAT_A_BEGUN,		/* u64: connections that got a vdport */
	DNAT_A_PACKETS_IN,	/* u64: packets forwarded to the backend */
	DNAT_A_BYTES_IN,	/* u64: of these, from the IP header on */
	DNAT_A_PACKETS_OUT,	/* u64: packets forwarded to clients */
	DNAT_A_BYTES_OUT,	/* u64: of these, from the IP header on */
	DNAT_A_NO_MEMORY,	/* u64: connections refused, no memory */
	DNAT_A_STATS_UNCOUNTED,	/* u64: connections that have no counter of
				 * COUNTER_GET
				 */
	DNAT_A_UNANSWERED,	/* u64: connections that ended before the
				 * backend answered: they timed out, were
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
