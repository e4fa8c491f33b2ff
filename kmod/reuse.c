// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/tcp.h>

#include "reuse.h"

/* More than the data that a SYN may carry (RFC 7413). */
#define DNAT_SYN_DATA_MAX 65535

/**
 * dnat_reuse_last_seq - the end of what the backend was sent
 * @ct: a TCP connection at its end
 *
 * Context: any.
 * Return: a sequence number as the backend saw it, host byte order
 */
u32 dnat_reuse_last_seq(const struct nf_conn *ct)
{
	u32 end = READ_ONCE(ct->proto.tcp.seen[IP_CT_DIR_ORIGINAL].td_end);
	const struct nf_conn_seqadj *seqadj = nfct_seqadj(ct);

	return seqadj ? end + seqadj->seq[IP_CT_DIR_ORIGINAL].offset_after :
			end;
}

/**
 * dnat_reuse_shift - have a new connection start above an old one
 * @ct: new, its first packet a SYN that conntrack has seen
 * @ctinfo: of that packet
 * @last: dnat_reuse_last_seq() of the old one
 *
 * Context: softirq, before conntrack confirms @ct, whose NAT is set up.
 */
void dnat_reuse_shift(struct nf_conn *ct, enum ip_conntrack_info ctinfo,
		      u32 last)
{
	/* The SYN is somewhere between these two, by the data it carries. */
	u32 end = ct->proto.tcp.seen[IP_CT_DIR_ORIGINAL].td_end;
	u32 start = end - 1 - DNAT_SYN_DATA_MAX;

	if (after(start, last) && after(end - 1, last))
		return;
	nf_ct_seqadj_init(ct, ctinfo,
			  last + 1 + (get_random_u32() & 0xffff) - start);
}

static void dnat_reuse_blank(struct sk_buff *skb, struct tcphdr *th,
			     unsigned int at, unsigned int len)
{
	u8 *byte = (u8 *)th;
	u16 old, new;

	for (; len; at++, len--) {
		old = byte[at];
		new = TCPOPT_NOP;
		if (at % 2 == 0) {
			old <<= 8;
			new <<= 8;
		}
		inet_proto_csum_replace2(&th->check, skb, htons(old),
					 htons(new), false);
		byte[at] = TCPOPT_NOP;
	}
}

/**
 * dnat_reuse_strip - take the timestamp option out of a SYN
 * @skb: any TCP packet
 * @protoff: where its TCP header starts
 *
 * Context: softirq.
 * Return: NF_ACCEPT, or NF_DROP without memory
 */
int dnat_reuse_strip(struct sk_buff *skb, unsigned int protoff)
{
	unsigned int at, len, end;
	struct tcphdr *th, buf;

	th = skb_header_pointer(skb, protoff, sizeof(buf), &buf);
	if (!th || !th->syn || th->ack)
		return NF_ACCEPT;
	end = th->doff * 4;
	if (end < sizeof(*th) || protoff + end > skb->len)
		return NF_ACCEPT;
	if (skb_ensure_writable(skb, protoff + end))
		return NF_DROP;

	th = (struct tcphdr *)(skb->data + protoff);
	for (at = sizeof(*th); at + 1 < end; at += len) {
		const u8 *opt = (const u8 *)th + at;

		if (opt[0] == TCPOPT_EOL)
			break;
		len = opt[0] == TCPOPT_NOP ? 1 : opt[1];
		if (!len || at + len > end)
			break;
		if (opt[0] == TCPOPT_TIMESTAMP)
			dnat_reuse_blank(skb, th, at, len);
	}
	return NF_ACCEPT;
}
