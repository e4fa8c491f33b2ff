// SPDX-License-Identifier: GPL-2.0-only
#include <net/netfilter/nf_conntrack_ecache.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/netfilter/nf_conntrack_timeout.h>
#include <net/tcp.h>

#include "compat.h"
#include "track.h"
#include "vdport.h"

/* conntrack's values of ip_ct_tcp.last_index, which are in no header. */
enum {
	DNAT_INDEX_SYN = 0,
	DNAT_INDEX_SYNACK = 1,
	DNAT_INDEX_FIN = 2,
	DNAT_INDEX_ACK = 3,
	DNAT_INDEX_RST = 4,
};

/* Bytes that an ACK may always be behind, as in conntrack (MAXACKWINCONST). */
#define DNAT_ACK_BEHIND 66000

/* The next state after a packet with ACK [0], or with FIN and ACK [1], from
 * either side.  0: left to conntrack.
 */
static const u8 dnat_tcp_next[][TCP_CONNTRACK_MAX] = {
	{
		[TCP_CONNTRACK_SYN_RECV] = TCP_CONNTRACK_ESTABLISHED,
		[TCP_CONNTRACK_ESTABLISHED] = TCP_CONNTRACK_ESTABLISHED,
		[TCP_CONNTRACK_FIN_WAIT] = TCP_CONNTRACK_CLOSE_WAIT,
		[TCP_CONNTRACK_CLOSE_WAIT] = TCP_CONNTRACK_CLOSE_WAIT,
		[TCP_CONNTRACK_LAST_ACK] = TCP_CONNTRACK_TIME_WAIT,
		[TCP_CONNTRACK_TIME_WAIT] = TCP_CONNTRACK_TIME_WAIT,
	},
	{
		[TCP_CONNTRACK_SYN_RECV] = TCP_CONNTRACK_FIN_WAIT,
		[TCP_CONNTRACK_ESTABLISHED] = TCP_CONNTRACK_FIN_WAIT,
		[TCP_CONNTRACK_FIN_WAIT] = TCP_CONNTRACK_LAST_ACK,
		[TCP_CONNTRACK_CLOSE_WAIT] = TCP_CONNTRACK_LAST_ACK,
		[TCP_CONNTRACK_LAST_ACK] = TCP_CONNTRACK_LAST_ACK,
		[TCP_CONNTRACK_TIME_WAIT] = TCP_CONNTRACK_TIME_WAIT,
	},
};

struct dnat_segment {
	u32 seq;
	u32 end;	/* the first sequence number after it */
	u32 ack;
	u32 sack;	/* end of the highest SACK block, or @ack */
	u16 win;	/* as in the header, not scaled */
	bool fin;
};

/* Return: the option after @opt, or the first one if @opt is NULL; NULL at the
 * end, or if an option is malformed
 */
static const u8 *dnat_tcp_option(const struct tcphdr *th, const u8 *opt)
{
	const u8 *end = (const u8 *)th + th->doff * 4;

	if (!opt)
		opt = (const u8 *)(th + 1);
	else
		opt += opt[1];
	while (opt < end && *opt == TCPOPT_NOP)
		opt++;
	if (end - opt < 2 || *opt == TCPOPT_EOL || opt[1] < 2 ||
	    opt[1] > end - opt)
		return NULL;
	return opt;
}

/* Return: the end of the highest SACK block, or @ack if none is above it */
static u32 dnat_tcp_sack(const struct tcphdr *th, u32 ack)
{
	const u8 *opt = (const u8 *)(th + 1);
	u32 end;
	int i;

	/* Most packets have a timestamp and nothing else. */
	if (th->doff * 4 == sizeof(*th) + TCPOLEN_TSTAMP_ALIGNED &&
	    get_unaligned_be32(opt) == (TCPOPT_NOP << 24 | TCPOPT_NOP << 16 |
					TCPOPT_TIMESTAMP << 8 |
					TCPOLEN_TIMESTAMP))
		return ack;

	for (opt = NULL; (opt = dnat_tcp_option(th, opt)); ) {
		if (opt[0] != TCPOPT_SACK ||
		    opt[1] < TCPOLEN_SACK_BASE + TCPOLEN_SACK_PERBLOCK ||
		    (opt[1] - TCPOLEN_SACK_BASE) % TCPOLEN_SACK_PERBLOCK)
			continue;
		for (i = TCPOLEN_SACK_BASE; i < opt[1];
		     i += TCPOLEN_SACK_PERBLOCK) {
			end = get_unaligned_be32(opt + i + 4);
			if (after(end, ack))
				ack = end;
		}
		break;
	}
	return ack;
}

/* Set the sender's state from the options of its SYN/ACK. */
static void dnat_tcp_syn_options(const struct tcphdr *th,
				 struct ip_ct_tcp_state *sender)
{
	const u8 *opt = NULL;

	if (th->doff * 4 == sizeof(*th))
		return;
	sender->td_scale = 0;
	sender->flags &= IP_CT_TCP_FLAG_BE_LIBERAL;
	while ((opt = dnat_tcp_option(th, opt))) {
		if (opt[0] == TCPOPT_SACK_PERM && opt[1] == TCPOLEN_SACK_PERM) {
			sender->flags |= IP_CT_TCP_FLAG_SACK_PERM;
		} else if (opt[0] == TCPOPT_WINDOW &&
			   opt[1] == TCPOLEN_WINDOW) {
			sender->td_scale = min_t(u8, opt[2], TCP_MAX_WSCALE);
			sender->flags |= IP_CT_TCP_FLAG_WINDOW_SCALE;
		}
	}
}

static u8 dnat_tcp_next_state(const struct ip_ct_tcp *tcp, bool reply, bool fin)
{
	u8 next = dnat_tcp_next[fin][tcp->state];

	if (fin)
		return next;
	switch (tcp->state) {
	case TCP_CONNTRACK_SYN_RECV:
		if (!reply)
			return next;
		/* the backend's ACK does not establish the connection, except
		 * in a simultaneous open, which is left to conntrack
		 */
		return tcp->last_flags & IP_CT_TCP_SIMULTANEOUS_OPEN ?
		       0 : TCP_CONNTRACK_SYN_RECV;
	case TCP_CONNTRACK_LAST_ACK:
		/* after a SYN, it may be a challenge ACK (RFC 5961) */
		return tcp->last_index == DNAT_INDEX_SYN ? 0 : next;
	default:
		return next;
	}
}

static bool dnat_tcp_in_window(const struct dnat_segment *seg,
			       const struct ip_ct_tcp_state *sender,
			       const struct ip_ct_tcp_state *receiver)
{
	u32 behind = max_t(u32, sender->td_maxwin, DNAT_ACK_BEHIND);

	return !after(seg->seq, sender->td_maxend) &&
	       !after(seg->sack, receiver->td_end) &&
	       (!receiver->td_maxwin ||
		!before(seg->end, sender->td_end - receiver->td_maxwin)) &&
	       !before(seg->sack, receiver->td_end - behind);
}

static void dnat_tcp_note_sender(struct ip_ct_tcp_state *sender,
				 const struct dnat_segment *seg, u32 win)
{
	win += seg->sack - seg->ack;
	if (sender->td_maxwin < win)
		sender->td_maxwin = win;
	if (after(seg->end, sender->td_end)) {
		sender->td_end = seg->end;
		sender->flags |= IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
	}
	if (!(sender->flags & IP_CT_TCP_FLAG_MAXACK_SET) ||
	    after(seg->ack, sender->td_maxack)) {
		sender->td_maxack = seg->ack;
		sender->flags |= IP_CT_TCP_FLAG_MAXACK_SET;
	}
}

static void dnat_tcp_note_receiver(struct ip_ct_tcp_state *receiver,
				   const struct ip_ct_tcp_state *sender,
				   const struct dnat_segment *seg, u32 win)
{
	if (receiver->td_maxwin && after(seg->end, sender->td_maxend))
		receiver->td_maxwin += seg->end - sender->td_maxend;
	if (!before(seg->sack + win, receiver->td_maxend))
		receiver->td_maxend = seg->sack + win + !win;
	if (seg->ack == receiver->td_end)
		receiver->flags &= ~IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
}

/* Count retransmissions: many of them shorten the timeout. */
static void dnat_tcp_note_retrans(struct ip_ct_tcp *tcp,
				  const struct dnat_segment *seg,
				  enum ip_conntrack_dir dir)
{
	if (tcp->last_dir == dir && tcp->last_seq == seg->seq &&
	    tcp->last_ack == seg->ack && tcp->last_end == seg->end &&
	    tcp->last_win == seg->win) {
		tcp->retrans++;
		return;
	}
	tcp->last_dir = dir;
	tcp->last_seq = seg->seq;
	tcp->last_ack = seg->ack;
	tcp->last_end = seg->end;
	tcp->last_win = seg->win;
	tcp->retrans = 0;
}

static unsigned int dnat_tcp_timeout(const struct nf_conn *ct)
{
	const struct nf_tcp_net *tn = nf_tcp_pernet(nf_ct_net(ct));
	const unsigned int *timeouts = nf_ct_timeout_lookup(ct);
	const struct ip_ct_tcp *tcp = &ct->proto.tcp;
	unsigned int timeout;

	if (!timeouts)
		timeouts = tn->timeouts;
	timeout = timeouts[tcp->state];

	if (tcp->retrans >= tn->tcp_max_retrans &&
	    timeout > timeouts[TCP_CONNTRACK_RETRANS])
		return timeouts[TCP_CONNTRACK_RETRANS];
	if ((tcp->seen[0].flags | tcp->seen[1].flags) &
	    IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED &&
	    timeout > timeouts[TCP_CONNTRACK_UNACK])
		return timeouts[TCP_CONNTRACK_UNACK];
	if (!tcp->last_win && timeout > timeouts[TCP_CONNTRACK_RETRANS])
		return timeouts[TCP_CONNTRACK_RETRANS];
	return timeout;
}

static bool dnat_tcp_note(struct ip_ct_tcp *tcp, enum ip_conntrack_dir dir,
			  const struct dnat_segment *seg)
{
	u8 next = dnat_tcp_next_state(tcp, dir == IP_CT_DIR_REPLY, seg->fin);
	struct ip_ct_tcp_state *receiver = &tcp->seen[!dir];
	struct ip_ct_tcp_state *sender = &tcp->seen[dir];
	u32 win = (u32)seg->win << sender->td_scale;

	if (!next || !sender->td_maxwin ||
	    !dnat_tcp_in_window(seg, sender, receiver))
		return false;

	dnat_tcp_note_sender(sender, seg, win);
	dnat_tcp_note_receiver(receiver, sender, seg, win);
	if (!seg->fin)
		dnat_tcp_note_retrans(tcp, seg, dir);

	tcp->last_index = seg->fin ? DNAT_INDEX_FIN : DNAT_INDEX_ACK;
	tcp->last_dir = dir;
	if (tcp->state != next && next == TCP_CONNTRACK_FIN_WAIT)
		sender->flags |= IP_CT_TCP_FLAG_CLOSE_INIT;
	tcp->state = next;
	return true;
}

static void dnat_tcp_segment(const struct nf_conn *ct,
			     enum ip_conntrack_dir dir,
			     const struct sk_buff *skb, unsigned int thoff,
			     const struct tcphdr *th, struct dnat_segment *seg)
{
	s32 offset;

	seg->fin = th->fin;
	seg->seq = ntohl(th->seq);
	seg->end = seg->seq + skb->len - thoff - th->doff * 4 + th->syn +
		   th->fin;
	seg->ack = ntohl(th->ack_seq);
	seg->win = ntohs(th->window);
	seg->sack = seg->ack;
	if (ct->proto.tcp.seen[!dir].flags & IP_CT_TCP_FLAG_SACK_PERM)
		seg->sack = dnat_tcp_sack(th, seg->ack);
	if (test_bit(IPS_SEQ_ADJUST_BIT, &ct->status)) {
		offset = nf_ct_seq_offset(ct, !dir, seg->ack - 1);
		seg->ack -= offset;
		seg->sack -= offset;
	}
}

/**
 * dnat_track_tcp - update conntrack's state for a TCP packet
 * @ct: confirmed, with packets seen from both sides
 * @ctinfo: IP_CT_ESTABLISHED or IP_CT_ESTABLISHED_REPLY
 * @skb: as it came in
 * @thoff: offset of its TCP header, which is in the linear part
 * @th: that header: with ACK, without SYN and RST, its checksum right
 *
 * Does what nf_conntrack_tcp_packet() does for a valid packet.
 *
 * Context: softirq, under rcu_read_lock(); takes @ct's lock.
 * Return: true; false if the packet must be left to conntrack, and nothing has
 *	changed
 */
bool dnat_track_tcp(struct nf_conn *ct, enum ip_conntrack_info ctinfo,
		    const struct sk_buff *skb, unsigned int thoff,
		    const struct tcphdr *th)
{
	enum ip_conntrack_dir dir = CTINFO2DIR(ctinfo);
	struct ip_ct_tcp *tcp = &ct->proto.tcp;
	struct dnat_segment seg;
	unsigned int timeout;
	u8 before, state;
	bool noted;

	spin_lock(&ct->lock);
	dnat_tcp_segment(ct, dir, skb, thoff, th, &seg);
	before = tcp->state;
	noted = dnat_tcp_note(tcp, dir, &seg);
	state = tcp->state;
	timeout = dnat_tcp_timeout(ct);
	spin_unlock(&ct->lock);
	if (!noted)
		return false;

	if (state != before)
		nf_conntrack_event_cache(IPCT_PROTOINFO, ct);
	if (state == TCP_CONNTRACK_ESTABLISHED &&
	    !test_bit(IPS_ASSURED_BIT, &ct->status)) {
		set_bit(IPS_ASSURED_BIT, &ct->status);
		nf_conntrack_event_cache(IPCT_ASSURED, ct);
	}
	nf_ct_refresh_acct(ct, ctinfo, skb, timeout);
	return true;
}

static bool dnat_tcp_note_synack(struct ip_ct_tcp *tcp,
				 const struct dnat_segment *seg,
				 const struct tcphdr *th)
{
	struct ip_ct_tcp_state *receiver = &tcp->seen[IP_CT_DIR_ORIGINAL];
	struct ip_ct_tcp_state *sender = &tcp->seen[IP_CT_DIR_REPLY];

	if (tcp->state != TCP_CONNTRACK_SYN_SENT || sender->td_maxwin ||
	    seg->ack != receiver->td_end || seg->sack != seg->ack)
		return false;

	sender->td_end = seg->end;
	sender->td_maxend = seg->end;
	sender->td_maxwin = max_t(u16, seg->win, 1);
	dnat_tcp_syn_options(th, sender);
	/* only if both SYNs have the option (RFC 7323, 2.2) */
	if (!(sender->flags & receiver->flags & IP_CT_TCP_FLAG_WINDOW_SCALE)) {
		sender->td_scale = 0;
		receiver->td_scale = 0;
	}
	dnat_tcp_note_sender(sender, seg, seg->win);
	dnat_tcp_note_receiver(receiver, sender, seg, seg->win);

	tcp->last_index = DNAT_INDEX_SYNACK;
	tcp->last_dir = IP_CT_DIR_REPLY;
	tcp->state = TCP_CONNTRACK_SYN_RECV;
	return true;
}

/**
 * dnat_track_synack - update conntrack's state for the first SYN/ACK
 * @ct: confirmed, with no packet seen from the backend
 * @skb: as it came in
 * @thoff: offset of its TCP header, which is in the linear part
 * @th: that header: with SYN and ACK, without RST and FIN, its checksum right
 *
 * Context: softirq, under rcu_read_lock().
 * Return: as for dnat_track_tcp()
 */
bool dnat_track_synack(struct nf_conn *ct, const struct sk_buff *skb,
		       unsigned int thoff, const struct tcphdr *th)
{
	struct dnat_segment seg;
	unsigned int timeout;
	bool noted;

	spin_lock(&ct->lock);
	dnat_tcp_segment(ct, IP_CT_DIR_REPLY, skb, thoff, th, &seg);
	noted = dnat_tcp_note_synack(&ct->proto.tcp, &seg, th);
	timeout = dnat_tcp_timeout(ct);
	spin_unlock(&ct->lock);
	if (!noted)
		return false;

	nf_conntrack_event_cache(IPCT_PROTOINFO, ct);
	nf_ct_refresh_acct(ct, IP_CT_ESTABLISHED_REPLY, skb, timeout);
	if (!test_and_set_bit(IPS_SEEN_REPLY_BIT, &ct->status))
		nf_conntrack_event_cache(IPCT_REPLY, ct);
	return true;
}

/**
 * dnat_track_udp - update conntrack's state for a UDP packet
 * @ct: confirmed, without IPS_NAT_CLASH
 * @ctinfo: IP_CT_NEW before the backend's first answer, then IP_CT_ESTABLISHED;
 *	IP_CT_ESTABLISHED_REPLY for packets of the backend
 * @skb: as it came in, its header and checksum right
 *
 * Does what nf_conntrack_udp_packet() does and, for the first answer, what
 * nf_conntrack_in() does.
 *
 * Context: softirq, under rcu_read_lock().
 */
void dnat_track_udp(struct nf_conn *ct, enum ip_conntrack_info ctinfo,
		    const struct sk_buff *skb)
{
	const unsigned int *timeouts = nf_ct_timeout_lookup(ct);
	unsigned long status = READ_ONCE(ct->status);
	bool stream = status & IPS_SEEN_REPLY &&
		      time_after(jiffies, ct->proto.udp.stream_ts);

	if (!timeouts)
		timeouts = nf_udp_pernet(nf_ct_net(ct))->timeouts;
	nf_ct_refresh_acct(ct, ctinfo, skb,
			   timeouts[stream ? UDP_CT_REPLIED :
					     UDP_CT_UNREPLIED]);
	if (stream && !(status & IPS_ASSURED) &&
	    !test_and_set_bit(IPS_ASSURED_BIT, &ct->status))
		nf_conntrack_event_cache(IPCT_ASSURED, ct);
	if (ctinfo == IP_CT_ESTABLISHED_REPLY && !(status & IPS_SEEN_REPLY) &&
	    !test_and_set_bit(IPS_SEEN_REPLY_BIT, &ct->status))
		nf_conntrack_event_cache(IPCT_REPLY, ct);
}

/* Has the backend no state of the connection any more?  Only the end that
 * closed first is in TIME_WAIT (RFC 9293, 3.6), and no end keeps state after
 * its own reset.
 */
static bool dnat_tcp_forgotten(const struct ip_ct_tcp *tcp)
{
	switch (tcp->state) {
	case TCP_CONNTRACK_TIME_WAIT:
		return tcp->seen[IP_CT_DIR_ORIGINAL].flags &
		       IP_CT_TCP_FLAG_CLOSE_INIT &&
		       !(tcp->seen[IP_CT_DIR_REPLY].flags &
			 IP_CT_TCP_FLAG_CLOSE_INIT) &&
		       tcp->last_dir == IP_CT_DIR_ORIGINAL;
	case TCP_CONNTRACK_CLOSE:
		return tcp->last_index == DNAT_INDEX_RST &&
		       tcp->last_dir == IP_CT_DIR_REPLY;
	default:
		return false;
	}
}

static u32 dnat_timeout(const struct nf_conn *ct)
{
	const unsigned int *timeouts;

	if (nf_ct_protonum(ct) == IPPROTO_TCP)
		return dnat_tcp_timeout(ct);
	timeouts = nf_ct_timeout_lookup(ct);
	if (!timeouts)
		timeouts = nf_udp_pernet(nf_ct_net(ct))->timeouts;
	return timeouts[test_bit(IPS_ASSURED_BIT, &ct->status) ?
			UDP_CT_REPLIED : UDP_CT_UNREPLIED];
}

/**
 * dnat_track_stamp - the time of a connection's last packet
 * @ct: confirmed, about to end
 *
 * Computed from the time when @ct expires and from its timeout.
 *
 * Context: any but hard interrupt.
 * Return: jiffies, for dnat_vdport_give(); dnat_forgotten() if the backend has
 *	no state of the connection any more
 */
u32 dnat_track_stamp(const struct nf_conn *ct)
{
	u32 now = (u32)jiffies, last;

	if (nf_ct_protonum(ct) == IPPROTO_TCP &&
	    dnat_tcp_forgotten(&ct->proto.tcp))
		return dnat_forgotten();
	rcu_read_lock();
	last = READ_ONCE(ct->timeout) - dnat_timeout(ct);
	rcu_read_unlock();
	/* in the future, if the timeout was changed meanwhile */
	return (s32)(last - now) < 0 ? last : now;
}
