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
 * handed over with the helper "double-nat-slow" all do.
 *
 * The vdports towards one (vip, l4proto, backend address, backend port) are a
 * pool.  It appears with the first connection and goes when for 240 seconds or
 * more no connection has held one of its ports.
 *
 * A pool that has no free port takes back that of its oldest closed connection
 * (TCP in TIME_WAIT or CLOSE), then that of its oldest half-open one (not
 * assured, in conntrack's word), which ends that connection.  The port of an
 * established connection is never taken back.
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
 * DNAT_CMD_SETTINGS_GET   -                          PORT_MIN, PORT_MAX, FAST
 * DNAT_CMD_SETTINGS_SET   one or more of the same    -
 *	-ERANGE: PORT_MIN above PORT_MAX, or a port out of the limits.
 *	Connections that have a port out of the new range keep it.
 * DNAT_CMD_POOL_GET       dump                       one message a pool: VIP,
 *                                                    BACKEND, BACKEND_PORT,
 *                                                    L4PROTO, IN_USE, CAPACITY,
 *                                                    HALF_OPEN, CLOSED,
 *                                                    RECLAIMED, FAILED
 * DNAT_CMD_STATS_GET      -                          STATS_*, IN_USE
 * DNAT_CMD_VPORT_ADD      VIP, L4PROTO, VPORT        -
 *	The port is a service's: it is not handed out as a vdport of this VIP.
 *	Connections that have it keep it.  -EEXIST: that was said before.
 * DNAT_CMD_VPORT_DEL      VIP, L4PROTO, VPORT        -
 *	-ENOENT: it was not said.
 */
#ifndef _UAPI_LINUX_DOUBLE_NAT_H
#define _UAPI_LINUX_DOUBLE_NAT_H

#define DNAT_GENL_NAME		"double_nat"
#define DNAT_GENL_VERSION	1

#define DNAT_HELPER_NAME	"double-nat"
#define DNAT_HELPER_NAME_SLOW	"double-nat-slow"

#define DNAT_VERSION_LEN	32	/* bytes, with the final NUL */

enum dnat_cmd {
	DNAT_CMD_UNSPEC,
	DNAT_CMD_INFO_GET,
	DNAT_CMD_SETTINGS_GET,
	DNAT_CMD_SETTINGS_SET,
	DNAT_CMD_POOL_GET,
	DNAT_CMD_STATS_GET,
	DNAT_CMD_VPORT_ADD,
	DNAT_CMD_VPORT_DEL,
	__DNAT_CMD_MAX
};

#define DNAT_CMD_MAX (__DNAT_CMD_MAX - 1)

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
	DNAT_A_STATS_NOMEM,	/* u64: packets dropped, no memory */
	DNAT_A_STATS_SKIPPED,	/* u64: vdports passed over because conntrack
				 * held the tuple already
				 */
	DNAT_A_STATS_RECLAIMED,	/* u64: vdports that were taken back */
	DNAT_A_FAST,		/* u8, 0 or 1: whether packets of connections
				 * that are set up are forwarded by the module
				 */
	DNAT_A_VPORT,		/* u16, network byte order: a service's port */
	DNAT_A_STATS_FAST,	/* u64: packets that the module forwarded */
	DNAT_A_STATS_SLOW_OFF,	/* u64: packets to a VIP that it left to nf_nat:
				 * of connections with "double-nat-slow"
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
	__DNAT_A_MAX
};

#define DNAT_A_MAX (__DNAT_A_MAX - 1)

#endif /* _UAPI_LINUX_DOUBLE_NAT_H */
