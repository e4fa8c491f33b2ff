// SPDX-License-Identifier: GPL-2.0-only
/* What the neighbours hear of VIPs: which, when, and how often. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <unistd.h>

#include "net/announce.h"
#include "net/link.h"
#include "nft_table.h"
#include "unit.h"

#define ROUNDS 3
#define PATIENCE_MS 20000
#define QUIET_MS 300		/* several rounds */

static struct event_base *base;
static struct err err;
static uint8_t mac[ETH_ALEN];
static int neighbour;

/* How often each was announced since the last look. */
static unsigned int arps, adverts, others;

static const uint8_t vip4[4] = { 192, 0, 2, 10 };

static uint32_t sum(const uint8_t *data, size_t len)
{
	uint32_t total = 0;

	for (size_t i = 0; i < len; i += 2)
		total += (uint32_t)data[i] << 8 | data[i + 1];
	return total;
}

static void take_arp(const uint8_t *frame, size_t len)
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	static const uint8_t everybody[] = { 255, 255, 255, 255, 255, 255 };
	const uint8_t *arp = frame + ETH_HLEN;

	/* The kernel asks for whom it wants to reach. */
	if (len < ETH_HLEN + 28 || memcmp(arp + 14, arp + 24, 4))
		return;
	CHECK(!memcmp(frame, everybody, ETH_ALEN));
	CHECK(!memcmp(arp, head, sizeof(head)));
	CHECK(!memcmp(arp + 8, mac, ETH_ALEN));
	if (memcmp(arp + 14, vip4, sizeof(vip4)))
		others++;
	else
		arps++;
}

static void take_advert(const uint8_t *frame, size_t len)
{
	static const uint8_t all_nodes[] = { 0x33, 0x33, 0, 0, 0, 1 };
	const uint8_t *ip6 = frame + ETH_HLEN, *icmp6 = ip6 + 40;
	struct in6_addr vip, all;
	uint32_t total;

	inet_pton(AF_INET6, "2001:db8::10", &vip);
	inet_pton(AF_INET6, "ff02::1", &all);
	if (len < ETH_HLEN + 72 || ip6[6] != IPPROTO_ICMPV6 ||
	    icmp6[0] != ND_NEIGHBOR_ADVERT)
		return;
	CHECK(!memcmp(frame, all_nodes, ETH_ALEN));
	CHECK_INT(len, ETH_HLEN + 72);
	CHECK_INT(ip6[0] >> 4, 6);
	CHECK_INT(ip6[5], 32);
	CHECK_INT(ip6[7], 255);
	CHECK(!memcmp(ip6 + 8, &vip, 16));
	CHECK(!memcmp(ip6 + 24, &all, 16));
	/* A router that is not asked, and to be believed. */
	CHECK_INT(icmp6[4], 0xa0);
	CHECK_INT(icmp6[24] << 8 | icmp6[25], ND_OPT_TARGET_LINKADDR << 8 | 1);
	CHECK(!memcmp(icmp6 + 26, mac, ETH_ALEN));
	total = sum(ip6 + 8, 32) + 32 + IPPROTO_ICMPV6 + sum(icmp6, 32);
	CHECK_INT((total & 0xffff) + (total >> 16), 0xffff);
	if (memcmp(icmp6 + 8, &vip, 16))
		others++;
	else
		adverts++;
}

static void take_frames(void)
{
	uint8_t frame[2048];
	ssize_t len;

	while ((len = recv(neighbour, frame, sizeof(frame), MSG_DONTWAIT)) > 0) {
		if (len < ETH_HLEN)
			continue;
		switch (frame[12] << 8 | frame[13]) {
		case ETHERTYPE_ARP:
			take_arp(frame, (size_t)len);
			break;
		case ETHERTYPE_IPV6:
			take_advert(frame, (size_t)len);
			break;
		}
	}
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void tick(evutil_socket_t fd, short what, void *data)
{
	(void)fd;
	(void)what;
	(void)data;
}

/* Until as many were heard as are due, and then as long as more would take. */
static void hear(unsigned int want4, unsigned int want6)
{
	static const struct timeval interval = { .tv_usec = 10000 };
	struct event *ticker = event_new(base, -1, EV_PERSIST, tick, NULL);
	int64_t end = now_ms() + PATIENCE_MS;
	bool heard = false;

	arps = 0;
	adverts = 0;
	others = 0;
	event_add(ticker, &interval);
	while (now_ms() < end) {
		event_base_loop(base, EVLOOP_ONCE);
		take_frames();
		if (!heard && arps >= want4 && adverts >= want6) {
			heard = true;
			end = now_ms() + QUIET_MS;
		}
	}
	event_free(ticker);
	CHECK_INT(arps, want4);
	/* With its link an IPv6 address may come anew. */
	CHECK(adverts >= want6 && adverts <= 2 * want6);
	CHECK_INT(others, 0);
}

/* A link, and the other end of it. */
static void links_begin(void)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	socklen_t len = sizeof(at);
	int self;

	free(run("ip link add near type veth peer name far", ""));
	free(run("ip link set lo up", ""));
	free(run("ip link set near up", ""));
	free(run("ip link set far up", ""));
	neighbour = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	self = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	NEED(neighbour >= 0 && self >= 0);
	at.sll_protocol = htons(ETH_P_ALL);
	at.sll_ifindex = (int)if_nametoindex("far");
	NEED(!bind(neighbour, (struct sockaddr *)&at, sizeof(at)));
	at.sll_protocol = 0;
	at.sll_ifindex = (int)if_nametoindex("near");
	NEED(!bind(self, (struct sockaddr *)&at, sizeof(at)));
	NEED(!getsockname(self, (struct sockaddr *)&at, &len));
	memcpy(mac, at.sll_addr, ETH_ALEN);
	close(self);
}

static void test_announce(void)
{
	struct model *model = model_of(WEB "," DNS);
	struct worker *worker = worker_new(base, &err);
	const struct vip vip = { model->services[1]->vip, "near" };
	struct announce *announce;
	bool changed;

	NEED(worker);
	strcpy(model->services[0]->dev, "near");
	strcpy(model->services[1]->dev, "near");
	CHECK_INT(link_reconcile(model, &changed, &err), 0);
	announce = announce_new(base, worker, model, &err);
	NEED(announce);
	/* At the start. */
	hear(ROUNDS, ROUNDS);

	/* One that is taken away and comes again, and one that is none. */
	free(run("ip address del 192.0.2.10/32 dev near", ""));
	free(run("ip address add 10.9.9.9/24 dev near", ""));
	CHECK_INT(link_reconcile(model, &changed, &err), 0);
	hear(ROUNDS, 0);

	/* What dnatd puts there is a VIP, though its service is not yet in the model. */
	free(run("ip address del 192.0.2.10/32 dev near", ""));
	strcpy(model->services[1]->dev, "");
	CHECK_INT(link_vips_add(&vip, 1, &err), 0);
	hear(ROUNDS, 0);
	strcpy(model->services[1]->dev, "near");

	/* One that has gone is announced no more: another machine may have it. */
	free(run("ip address del 192.0.2.10/32 dev near", ""));
	CHECK_INT(link_reconcile(model, &changed, &err), 0);
	for (arps = 0; !arps; take_frames())
		event_base_loop(base, EVLOOP_ONCE);
	free(run("ip address del 192.0.2.10/32 dev near", ""));
	hear(0, 0);

	/* A link without a carrier has no neighbours until it is back. */
	free(run("ip link set far down", ""));
	CHECK_INT(link_reconcile(model, &changed, &err), 0);
	hear(0, 0);
	free(run("ip link set far up", ""));
	hear(ROUNDS, ROUNDS);

	/* Another hardware address. */
	memcpy(mac, "\2\0\0\0\0\x77", ETH_ALEN);
	free(run("ip link set near address 02:00:00:00:00:77", ""));
	hear(ROUNDS, ROUNDS);

	/* What has no neighbours. */
	strcpy(model->services[0]->dev, "lo");
	strcpy(model->services[1]->dev, "lo");
	CHECK_INT(link_reconcile(model, &changed, &err), 0);
	hear(0, 0);

	worker_free(worker);
	announce_free(announce);
	announce_free(NULL);
	model_free(model);
}

int main(void)
{
	if (!table_begin())
		return SKIP;
	base = event_base_new();
	NEED(base);
	links_begin();
	test_announce();
	event_base_free(base);
	close(neighbour);
	nft_close(nft);
	return unit_result();
}
