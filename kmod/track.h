/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Update conntrack's state of a connection for packets that the module forwards
 * itself and conntrack does not see.  The result is the same as if conntrack
 * had seen them.
 *
 * Only the common cases are handled; all other packets are left to conntrack.
 */
#ifndef DNAT_TRACK_H
#define DNAT_TRACK_H

#include <linux/tcp.h>
#include <net/netfilter/nf_conntrack.h>

bool dnat_track_tcp(struct nf_conn *ct, enum ip_conntrack_info ctinfo,
		    const struct sk_buff *skb, unsigned int thoff,
		    const struct tcphdr *th);
bool dnat_track_synack(struct nf_conn *ct, const struct sk_buff *skb,
		       unsigned int thoff, const struct tcphdr *th);
void dnat_track_udp(struct nf_conn *ct, enum ip_conntrack_info ctinfo,
		    const struct sk_buff *skb);

u32 dnat_track_stamp(const struct nf_conn *ct);

#endif /* DNAT_TRACK_H */
