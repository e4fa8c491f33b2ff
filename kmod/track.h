/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conntrack's record of a connection, kept by us for the packets that it does
 * not see, so that neither it nor anyone who reads it can tell.
 *
 * What conntrack would have to think about is left to it.
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
