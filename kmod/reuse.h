/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port that is used again looks, to the backend, like one client going on.
 *
 * A backend that closed first holds TIME_WAIT for (vip, vdport), and judges a
 * new SYN from there by the old connection: its sequence number has to be
 * above what was received last, and its timestamp, if it has one, may not go
 * back (RFC 9293, 3.10.7.4; RFC 6191).  But the new SYN is another client's.
 * So the pool remembers the last sequence number of a port, a SYN that would
 * start below it has its sequence numbers shifted for the life of the
 * connection, and a SYN that comes while the backend may remember the port
 * goes without a timestamp.
 */
#ifndef DNAT_REUSE_H
#define DNAT_REUSE_H

#include "conn.h"

u32 dnat_reuse_last_seq(const struct nf_conn *ct);
void dnat_reuse_shift(struct nf_conn *ct, u32 last);
int dnat_reuse_confirm(struct sk_buff *skb, struct nf_conn *ct,
		       enum ip_conntrack_info ctinfo, unsigned int protoff);
int dnat_reuse_strip(struct sk_buff *skb, unsigned int protoff);
int dnat_reuse_unquote(struct sk_buff *skb, const struct nf_conn *ct);

#endif /* DNAT_REUSE_H */
