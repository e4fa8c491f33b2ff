// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "net/netlink.h"
#include "net/route.h"

/*
 * The lowest global unicast address (RFC 4291, 2.4).  Nobody uses it, so only
 * the default route leads there.
 */
#define FAR_AWAY "2000::"

struct answer {
	unsigned int ifindex;		/* 0: no route */
	unsigned char protocol;
};

static int take_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct answer *answer = data;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm) ||
	    rtm->rtm_type != RTN_UNICAST)
		return 0;
	answer->protocol = rtm->rtm_protocol;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm))
		if (mnl_attr_get_type(attr) == RTA_OIF &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			answer->ifindex = mnl_attr_get_u32(attr);
	return 0;
}

bool route6_default(char dev[IFNAMSIZ], bool *ra)
{
	struct answer answer = { 0 };
	struct in6_addr far_away;
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh;
	struct rtmsg *rtm;
	struct nl nl;

	if (nl_open(&nl, NETLINK_ROUTE, NULL))
		return false;
	inet_pton(AF_INET6, FAR_AWAY, &far_away);
	nlh = nl_request(&nl, buf, RTM_GETROUTE, 0);
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = AF_INET6;
	rtm->rtm_dst_len = 128;
	mnl_attr_put(nlh, RTA_DST, sizeof(far_away), &far_away);
	if (nl_talk(&nl, nlh, take_route, &answer))
		answer.ifindex = 0;
	nl_close(&nl);
	*ra = answer.protocol == RTPROT_RA;
	return answer.ifindex && if_indextoname(answer.ifindex, dev);
}
