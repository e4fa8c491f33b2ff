/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reusing a vdport that the backend may remember.
 *
 * A backend that closed first is in TIME_WAIT for (vip, vdport).  It accepts a
 * new SYN from there only if the sequence number is above the last one that it
 * received, and if the timestamp, if there is one, has not gone back (RFC 9293,
 * 3.10.7.4; RFC 6191).  But the new SYN is from another client, whose numbers
 * are unrelated.  So the pool remembers the last sequence number of each port.
 * If a SYN starts below it, the sequence numbers of the connection are shifted
 * until it ends.  The timestamp option is removed from a SYN while the backend
 * may remember the port.
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
