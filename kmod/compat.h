/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernels that the module is built for. */
#ifndef DNAT_COMPAT_H
#define DNAT_COMPAT_H

#include <linux/version.h>
#include <net/genetlink.h>
#include <net/inet_dscp.h>
#include <net/route.h>

/* moved in 6.12 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* split from skbuff.h in 6.5 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

/* Find the way on for a packet that came in.  Since 6.13 with the DSCP, in a
 * type of its own; before, what else stands in the field is ignored.
 *
 * Return: 0, or nonzero without a route
 */
static inline int dnat_route_input(struct sk_buff *skb, __be32 daddr,
				   const struct iphdr *iph)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	return ip_route_input_noref(skb, daddr, iph->saddr,
				    inet_dsfield_to_dscp(iph->tos), skb->dev);
#else
	return ip_route_input_noref(skb, daddr, iph->saddr, iph->tos, skb->dev);
#endif
}

/* nf_confirm() decides whether it adjusts sequence numbers after it has called
 * the helper, since 6.2 before that.
 */
#define DNAT_CONFIRM_ADJUSTS (LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0))

/* The attributes of the request that a dump answers, by their number. */
static inline struct nlattr **dnat_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return genl_dumpit_info(cb)->info.attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* DNAT_COMPAT_H */
