// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "net/frame.h"

#define HOPS 255		/* other values are ignored: RFC 4861, 7.1.2 */

struct arp {
	struct arphdr head;
	uint8_t sender_mac[ETH_ALEN];
	uint8_t sender[4];
	uint8_t target_mac[ETH_ALEN];
	uint8_t target[4];
} __attribute__((packed));

struct advert {
	struct ip6_hdr ip6;
	struct nd_neighbor_advert na;
	struct nd_opt_hdr option;
	uint8_t mac[ETH_ALEN];
};

static uint16_t checksum(const struct advert *advert)
{
	const size_t len = sizeof(*advert) - sizeof(advert->ip6);
	uint32_t sum = (uint32_t)len + IPPROTO_ICMPV6;
	uint16_t words[(sizeof(*advert) - offsetof(struct advert, ip6.ip6_src)) / 2];

	/* From the source address, which is near the end of the IPv6 header. */
	memcpy(words, &advert->ip6.ip6_src, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / 2; i++)
		sum += ntohs(words[i]);
	while (sum >> 16)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void advert_init(struct advert *advert, const struct addr *vip,
			const uint8_t *mac)
{
	static const struct in6_addr all_nodes = {
		.s6_addr = { 0xff, 2, [15] = 1 },
	};

	memset(advert, 0, sizeof(*advert));
	advert->ip6.ip6_flow = htonl(6U << 28);
	advert->ip6.ip6_plen = htons(sizeof(*advert) - sizeof(advert->ip6));
	advert->ip6.ip6_nxt = IPPROTO_ICMPV6;
	advert->ip6.ip6_hlim = HOPS;
	memcpy(&advert->ip6.ip6_src, vip->bytes, 16);
	advert->ip6.ip6_dst = all_nodes;
	advert->na.nd_na_type = ND_NEIGHBOR_ADVERT;
	/* A load balancer forwards packets, so it is a router. */
	advert->na.nd_na_flags_reserved = ND_NA_FLAG_ROUTER |
					  ND_NA_FLAG_OVERRIDE;
	memcpy(&advert->na.nd_na_target, vip->bytes, 16);
	advert->option.nd_opt_type = ND_OPT_TARGET_LINKADDR;
	advert->option.nd_opt_len = 1;
	memcpy(advert->mac, mac, ETH_ALEN);
	advert->na.nd_na_cksum = checksum(advert);
}

static void arp_init(struct arp *arp, const struct addr *vip,
		     const uint8_t *mac)
{
	memset(arp, 0, sizeof(*arp));
	arp->head.ar_hrd = htons(ARPHRD_ETHER);
	arp->head.ar_pro = htons(ETHERTYPE_IP);
	arp->head.ar_hln = ETH_ALEN;
	arp->head.ar_pln = 4;
	arp->head.ar_op = htons(ARPOP_REQUEST);
	memcpy(arp->sender_mac, mac, ETH_ALEN);
	memcpy(arp->sender, vip->bytes, 4);
	memcpy(arp->target, vip->bytes, 4);
}

void frame_send(int fd, const struct addr *vip, unsigned int ifindex,
		const uint8_t *mac)
{
	static const uint8_t everybody[ETH_ALEN] = { 255, 255, 255, 255, 255, 255 };
	static const uint8_t all_nodes[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 1 };
	bool v6 = vip->family == AF_INET6;
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(v6 ? ETHERTYPE_IPV6 : ETHERTYPE_ARP),
		.sll_ifindex = (int)ifindex,
		.sll_halen = ETH_ALEN,
	};
	union {
		struct advert advert;
		struct arp arp;
	} frame;

	memcpy(to.sll_addr, v6 ? all_nodes : everybody, ETH_ALEN);
	if (v6)
		advert_init(&frame.advert, vip, mac);
	else
		arp_init(&frame.arp, vip, mac);
	sendto(fd, &frame, v6 ? sizeof(frame.advert) : sizeof(frame.arp),
	       MSG_DONTWAIT, (const struct sockaddr *)&to, sizeof(to));
}
