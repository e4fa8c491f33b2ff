// SPDX-License-Identifier: GPL-2.0-only
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/random.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_ecache.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/tcp.h>

#include "compat.h"
#include "reuse.h"

/* An upper bound of the bytes of data in a SYN (RFC 7413). */
#define DNAT_SYN_DATA_MAX 65535

/**
 * dnat_reuse_last_seq - the end of the data sent to the backend
 * @ct: a TCP connection that ends
 *
 * Context: any.
 * Return: the sequence number after it, as the backend saw it, host byte order
 */
u32 dnat_reuse_last_seq(const struct nf_conn *ct)
{
	u32 end = READ_ONCE(ct->proto.tcp.seen[IP_CT_DIR_ORIGINAL].td_end);
	const struct nf_conn_seqadj *seqadj = nfct_seqadj(ct);

	return seqadj ? end + seqadj->seq[IP_CT_DIR_ORIGINAL].offset_after :
			end;
}

/**
 * dnat_reuse_shift - shift sequence numbers above those of the old connection
 * @ct: new; conntrack has seen its SYN
 * @last: dnat_reuse_last_seq() of the port's old connection
 *
 * Does nothing if the SYN is above @last already.  dnat_reuse_confirm()
 * activates the shift.
 *
 * Context: softirq, with NAT set up, before conntrack confirms @ct.
 */
void dnat_reuse_shift(struct nf_conn *ct, u32 last)
{
	/* The SYN's sequence number is from @start to @end - 1: it depends on
	 * the length of its data.
	 */
	u32 end = ct->proto.tcp.seen[IP_CT_DIR_ORIGINAL].td_end;
	u32 start = end - 1 - DNAT_SYN_DATA_MAX;
	struct nf_conn_seqadj *seqadj;
	struct nf_ct_seqadj *in;

	if (after(start, last) && after(end - 1, last))
		return;
	seqadj = nfct_seqadj(ct);
	if (!seqadj)
		return;
	in = &seqadj->seq[IP_CT_DIR_ORIGINAL];
	in->offset_before = last + 1 + (get_random_u32() & 0xffff) - start;
	in->offset_after = in->offset_before;
}

/**
 * dnat_reuse_confirm - activate the shift of a connection, if it has one
 * @skb: the first packet of @ct
 * @ct: reused, not confirmed yet
 * @ctinfo: of @skb
 * @protoff: offset of its TCP header
 *
 * Confirms @ct first.  conntrack would adjust sequence numbers before it
 * confirms a connection; on kernels whose extensions have a generation (6.1) it
 * would then dereference NULL if a helper is unloaded at that moment.  The
 * extensions of a confirmed connection stay valid.
 *
 * Context: softirq, in the helper's callback.
 * Return: NF_ACCEPT or NF_DROP
 */
int dnat_reuse_confirm(struct sk_buff *skb, struct nf_conn *ct,
		       enum ip_conntrack_info ctinfo, unsigned int protoff)
{
	const struct nf_conn_seqadj *seqadj = nfct_seqadj(ct);
	int ret;

	if (!seqadj || !seqadj->seq[IP_CT_DIR_ORIGINAL].offset_after)
		return NF_ACCEPT;

	set_bit(IPS_SEQ_ADJUST_BIT, &ct->status);
	/* A standby balancer learns the shift from this event. */
	nf_conntrack_event_cache(IPCT_SEQADJ, ct);
	ret = __nf_conntrack_confirm(skb);
	if (ret != NF_ACCEPT || DNAT_CONFIRM_ADJUSTS)
		return ret;
	return nf_ct_seq_adjust(skb, ct, ctinfo, protoff) ? NF_ACCEPT : NF_DROP;
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
 * dnat_reuse_strip - overwrite the timestamp option of a SYN with NOPs
 * @skb: any TCP packet; unchanged if it is not a SYN
 * @protoff: offset of its TCP header
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

/* Return: the offset of the TCP header that an ICMP error quotes, or -EINVAL.
 * @icmp: result: the offset of the ICMP header
 */
static int dnat_reuse_quoted4(const struct sk_buff *skb, int *icmp)
{
	const struct iphdr *iph;
	struct iphdr buf;
	int at;

	*icmp = skb_network_offset(skb) + ip_hdrlen(skb);
	at = *icmp + sizeof(struct icmphdr);
	iph = skb_header_pointer(skb, at, sizeof(buf), &buf);
	return iph ? at + iph->ihl * 4 : -EINVAL;
}

static int dnat_reuse_quoted6(const struct sk_buff *skb, int *icmp)
{
	int at = skb_network_offset(skb);
	const struct ipv6hdr *ip6h;
	struct ipv6hdr buf;
	__be16 frag_off;
	u8 nexthdr;

	nexthdr = ipv6_hdr(skb)->nexthdr;
	*icmp = ipv6_skip_exthdr(skb, at + sizeof(buf), &nexthdr, &frag_off);
	if (*icmp < 0)
		return *icmp;
	at = *icmp + sizeof(struct icmp6hdr);
	ip6h = skb_header_pointer(skb, at, sizeof(buf), &buf);
	if (!ip6h)
		return -EINVAL;
	nexthdr = ip6h->nexthdr;
	return ipv6_skip_exthdr(skb, at + sizeof(buf), &nexthdr, &frag_off);
}

/**
 * dnat_reuse_unquote - undo the shift in the packet that an ICMP error quotes
 * @skb: an ICMP error to the client, which nf_nat has translated
 * @ct: the TCP connection that the error is about
 *
 * The client accepts an error only if the quoted sequence number is one that it
 * has sent and that is not acknowledged (RFC 5927, 4.1).
 *
 * Context: any but hard interrupt, under rcu_read_lock().
 * Return: NF_ACCEPT, or NF_DROP without memory
 */
int dnat_reuse_unquote(struct sk_buff *skb, const struct nf_conn *ct)
{
	int at, icmp, len;
	struct tcphdr *th;
	__sum16 *sum, was;
	__be32 old, new;

	at = nf_ct_l3num(ct) == NFPROTO_IPV4 ? dnat_reuse_quoted4(skb, &icmp) :
					       dnat_reuse_quoted6(skb, &icmp);
	/* an error may quote only the first 8 bytes of the TCP header */
	if (at < 0 || skb->len < at + 8)
		return NF_ACCEPT;
	len = min_t(int, skb->len, at + sizeof(*th));
	if (skb_ensure_writable(skb, len))
		return NF_DROP;

	th = (struct tcphdr *)(skb->data + at);
	/* the checksums of ICMP and ICMPv6 have the same offset */
	sum = &((struct icmphdr *)(skb->data + icmp))->checksum;
	old = th->seq;
	new = htonl(ntohl(old) -
		    nf_ct_seq_offset(ct, IP_CT_DIR_ORIGINAL, ntohl(old)));
	th->seq = new;
	inet_proto_csum_replace4(sum, skb, old, new, false);
	if (len == at + sizeof(*th)) {
		was = th->check;
		csum_replace4(&th->check, old, new);
		inet_proto_csum_replace2(sum, skb, (__force __be16)was,
					 (__force __be16)th->check, false);
	}
	return NF_ACCEPT;
}
