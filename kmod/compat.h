/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between the kernels that the module is built for. */
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

/* Look up the route of a received packet.  Since 6.13 the kernel takes the DSCP
 * in a type of its own.  Before, it takes the TOS byte and ignores the other
 * bits.
 *
 * Return: 0, or nonzero if there is no route
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

/* Before 6.2, nf_confirm() calls the helper and then decides whether to adjust
 * sequence numbers.  Since 6.2 it decides before it calls the helper.
 */
#define DNAT_CONFIRM_ADJUSTS (LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0))

/* Return: the attributes of a dump's request, indexed by number */
static inline struct nlattr **dnat_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return genl_dumpit_info(cb)->info.attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* DNAT_COMPAT_H */
