// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/worker.h"
#include "common/array.h"
#include "net/address.h"
#include "net/announce.h"
#include "net/frame.h"
#include "net/netlink.h"

/* Announcements per VIP: frames get lost, and a switch port may be slow. */
#define ROUNDS 3
#ifndef ANNOUNCE_ROUND_MS
#define ANNOUNCE_ROUND_MS 1000
#endif

/* Rate of frames: thousands at once block the loop, and a switch drops some. */
#define BATCH 32
#define BATCH_MS 10

/* Datagrams read in one turn of the event loop. */
#define AT_ONCE 64

struct item {
	TAILQ_ENTRY(item) entry;
	struct address address;
	uint64_t due;		/* time to send, ms of clock_now() */
};

TAILQ_HEAD(items, item);

/* The state of an interface after the last notice about it. */
struct link {
	unsigned int ifindex;
	bool running;
	bool fresh;		/* its VIPs must be announced */
	bool looked;		/* the current job looks for its VIPs */
	uint8_t mac[ETH_ALEN];
};

/*
 * A job that looks for the VIPs on links that have come up.  The event loop
 * uses @gone and @lost while it runs, the worker the other members.
 */
struct look {
	struct job job;
	const struct model *model;
	struct addresses wanted;		/* VIPs of the model, sorted */
	struct addresses found;		/* those of @wanted that exist */
	struct addresses gone;		/* addresses removed since it began */
	bool lost;			/* @gone is incomplete */
};

struct announce {
	const struct model *model;
	struct nl nl;
	int fd;
	struct event *readable;
	struct event *timer;
	struct items rounds[ROUNDS];	/* each sorted by @due */
	size_t n_links, links_room;
	struct link *links;
	bool fresh;			/* a link is fresh */
	struct worker *worker;
	struct look look;
	bool looks;			/* @look is queued or running */
};

static struct link *find_link(const struct announce *announce,
			      unsigned int ifindex)
{
	for (size_t i = 0; i < announce->n_links; i++)
		if (announce->links[i].ifindex == ifindex)
			return &announce->links[i];
	return NULL;
}

static void item_send(const struct announce *announce, const struct item *item)
{
	const struct link *link = find_link(announce, item->address.ifindex);

	if (link && link->running)
		frame_send(announce->fd, &item->address.addr, link->ifindex,
			   link->mac);
}

/* The item that is due first, and the index of its round. */
static struct item *next_item(struct announce *announce, size_t *round)
{
	struct item *next = NULL;

	for (size_t i = 0; i < ROUNDS; i++) {
		struct item *item = TAILQ_FIRST(&announce->rounds[i]);

		if (item && (!next || item->due < next->due)) {
			next = item;
			*round = i;
		}
	}
	return next;
}

/* Without memory nothing is sent: the neighbours' entries age out anyway. */
static void item_add(struct announce *announce, const struct address *address)
{
	struct item *item = calloc(1, sizeof(*item));

	if (!item)
		return;
	item->address = *address;
	item->due = clock_now();
	TAILQ_INSERT_TAIL(&announce->rounds[0], item, entry);
	loop_timer(announce->timer, 0);
}

/* @address: NULL for all */
static void items_drop(struct announce *announce, const struct address *address)
{
	struct item *item, *next;

	for (size_t i = 0; i < ROUNDS; i++) {
		for (item = TAILQ_FIRST(&announce->rounds[i]); item; item = next) {
			next = TAILQ_NEXT(item, entry);
			if (address && address_compare(address, &item->address))
				continue;
			TAILQ_REMOVE(&announce->rounds[i], item, entry);
			free(item);
		}
	}
}

static bool is_vip(const struct model *model, const char *dev,
		   const struct addr *addr)
{
	for (size_t i = 0; i < model->n_services; i++)
		if (!addr_compare(&model->services[i]->vip, addr) &&
		    !strcmp(model->services[i]->dev, dev))
			return true;
	return false;
}

/* Another machine may have the VIP now: stop announcing it from here. */
static void take_gone(struct announce *announce, const struct nlmsghdr *nlh)
{
	struct address address;

	if (!address_read(nlh, RTM_DELADDR, &address))
		return;
	items_drop(announce, &address);
	if (announce->looks && addresses_add(&announce->look.gone, &address))
		announce->look.lost = true;
}

/*
 * dnatd adds a VIP before its service is in the model, so its mark is enough.
 */
static void take_new(struct announce *announce, const struct nlmsghdr *nlh)
{
	char dev[IF_NAMESIZE];
	struct address address;

	if (address_read(nlh, RTM_NEWADDR, &address) && !address.tentative &&
	    find_link(announce, address.ifindex) &&
	    (address.proto == ADDRESS_OURS ||
	     (if_indextoname(address.ifindex, dev) &&
	      is_vip(announce->model, dev, &address.addr))))
		item_add(announce, &address);
}

/* Return: whether the link uses ARP and neighbour discovery */
static bool read_link(const struct nlmsghdr *nlh, struct link *link)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	const unsigned int up = IFF_UP | IFF_RUNNING;
	const struct nlattr *attr;
	bool ether = false;

	mnl_attr_for_each(attr, nlh, sizeof(*ifi)) {
		if (mnl_attr_get_type(attr) != IFLA_ADDRESS ||
		    mnl_attr_get_payload_len(attr) != ETH_ALEN)
			continue;
		memcpy(link->mac, mnl_attr_get_payload(attr), ETH_ALEN);
		ether = ifi->ifi_type == ARPHRD_ETHER;
	}
	link->ifindex = (unsigned int)ifi->ifi_index;
	link->running = (ifi->ifi_flags & up) == up;
	link->fresh = link->running;
	link->looked = false;
	/* AF_BRIDGE: a notice about a port of a bridge, not about a link. */
	return ether && ifi->ifi_family == AF_UNSPEC &&
	       !(ifi->ifi_flags & (IFF_LOOPBACK | IFF_NOARP));
}

/* Return: 0 or -ENOMEM */
static int take_link(const struct nlmsghdr *nlh, void *data)
{
	struct announce *announce = data;
	struct link link, *known;

	if ((nlh->nlmsg_type != RTM_NEWLINK && nlh->nlmsg_type != RTM_DELLINK) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct ifinfomsg) ||
	    !read_link(nlh, &link))
		return 0;
	known = find_link(announce, link.ifindex);
	if (known && nlh->nlmsg_type == RTM_DELLINK) {
		*known = announce->links[--announce->n_links];
		return 0;
	}
	if (known) {
		link.looked = known->looked;
		link.fresh &= known->fresh || !known->running ||
			      memcmp(known->mac, link.mac, ETH_ALEN);
	} else if (nlh->nlmsg_type == RTM_NEWLINK) {
		if (array_room(&announce->links, announce->n_links,
			       &announce->links_room, sizeof(link)))
			return -ENOMEM;
		known = &announce->links[announce->n_links++];
	} else {
		return 0;
	}
	*known = link;
	if (link.fresh) {
		announce->fresh = true;
		loop_timer(announce->timer, 0);
	}
	return 0;
}

static int take_address(const struct nlmsghdr *nlh, void *data)
{
	struct look *look = data;
	struct address address;

	if (!address_read(nlh, RTM_NEWADDR, &address) || address.tentative ||
	    !addresses_find(&look->wanted, &address.addr, address.ifindex))
		return 0;
	return addresses_add(&look->found, &address);
}

/*
 * If a dump is repeated, the VIPs found before are announced twice: harmless.
 */
static void keep(void *data)
{
	(void)data;
}

static void look(struct job *job)
{
	struct look *look = (struct look *)job;
	struct nl nl;

	if (addresses_wanted(&look->wanted, look->model) ||
	    nl_open(&nl, NETLINK_ROUTE, NULL))
		return;
	nl_list(&nl, RTM_GETADDR, take_address, keep, look);
	nl_close(&nl);
}

static void look_clean(struct look *look)
{
	free(look->wanted.list);
	free(look->found.list);
	free(look->gone.list);
	look->wanted = look->found = look->gone = (struct addresses){ 0 };
	look->lost = false;
}

/* The address may have been removed after the job listed it. */
static bool is_gone(const struct look *look, const struct address *address)
{
	for (size_t i = 0; i < look->gone.n; i++)
		if (!address_compare(&look->gone.list[i], address))
			return true;
	return look->lost;
}

static void looked(struct job *job)
{
	struct announce *announce = (struct announce *)((char *)job -
					offsetof(struct announce, look.job));
	const struct look *look = &announce->look;

	for (size_t i = 0; i < look->found.n; i++) {
		const struct link *link =
			find_link(announce, look->found.list[i].ifindex);

		if (link && link->looked &&
		    !is_gone(look, &look->found.list[i]))
			item_add(announce, &look->found.list[i]);
	}
	look_clean(&announce->look);
	announce->looks = false;
	if (announce->fresh)
		loop_timer(announce->timer, 0);
}

/* Queue the job that finds the VIPs on the links that have come up. */
static void look_begin(struct announce *announce)
{
	if (announce->looks)
		return;
	announce->looks = true;
	announce->fresh = false;
	for (size_t i = 0; i < announce->n_links; i++) {
		announce->links[i].looked = announce->links[i].fresh;
		announce->links[i].fresh = false;
	}
	worker_add(announce->worker, &announce->look.job);
}

static void work(evutil_socket_t fd, short what, void *data)
{
	struct announce *announce = data;
	uint64_t now = clock_now();
	struct item *item;
	size_t round;

	(void)fd;
	(void)what;
	loop_does("announcing VIPs");
	if (announce->fresh)
		look_begin(announce);
	for (int i = 0; i < BATCH; i++) {
		item = next_item(announce, &round);
		if (!item || item->due > now)
			break;
		TAILQ_REMOVE(&announce->rounds[round], item, entry);
		item_send(announce, item);
		if (++round == ROUNDS) {
			free(item);
			continue;
		}
		item->due = now + ANNOUNCE_ROUND_MS;
		TAILQ_INSERT_TAIL(&announce->rounds[round], item, entry);
	}
	item = next_item(announce, &round);
	if (item)
		loop_timer(announce->timer, item->due > now + BATCH_MS ?
			   (int64_t)(item->due - now) : BATCH_MS);
}

/* Notices were lost: announce the VIPs of all running links again. */
static void take_lost(struct announce *announce)
{
	items_drop(announce, NULL);
	announce->look.lost = announce->looks;
	for (size_t i = 0; i < announce->n_links; i++)
		announce->links[i].fresh = announce->links[i].running;
	announce->fresh = true;
	loop_timer(announce->timer, 0);
}

static void readable(evutil_socket_t fd, short what, void *data)
{
	struct announce *announce = data;
	const struct nlmsghdr *nlh;
	size_t offset;
	ssize_t len;

	(void)what;
	loop_does("notices of links");
	for (int i = 0; i < AT_ONCE; i++) {
		len = recv(fd, announce->nl.buf, NL_BUF_SIZE, MSG_DONTWAIT);
		if (len < 0 && errno == ENOBUFS)
			take_lost(announce);
		if (len <= 0)
			return;
		offset = 0;
		while ((nlh = nl_message(announce->nl.buf, (size_t)len,
					 &offset))) {
			take_link(nlh, announce);
			take_gone(announce, nlh);
			take_new(announce, nlh);
		}
	}
}

static int start(struct announce *announce, struct event_base *base,
		 struct err *err)
{
	struct nl nl;
	int rc = nl_open(&announce->nl, NETLINK_ROUTE, err);

	if (rc)
		return rc;
	announce->timer = evtimer_new(base, work, announce);
	announce->readable = event_new(base,
				       mnl_socket_get_fd(announce->nl.sock),
				       EV_READ | EV_PERSIST, readable, announce);
	if (!announce->timer || !announce->readable ||
	    event_add(announce->readable, NULL))
		return err_no_memory(err);
	if (nl_join(&announce->nl, RTNLGRP_LINK) ||
	    nl_join(&announce->nl, RTNLGRP_IPV4_IFADDR) ||
	    nl_join(&announce->nl, RTNLGRP_IPV6_IFADDR))
		return err_set(err, -errno, NULL,
			       "the kernel does not tell of links: %s",
			       strerror(errno));
	rc = nl_open(&nl, NETLINK_ROUTE, err);
	if (rc)
		return rc;
	rc = nl_list(&nl, RTM_GETLINK, take_link, keep, announce);
	if (rc)
		err_set(err, rc, NULL, "cannot list interfaces: %s",
			nl_reason(&nl, rc));
	nl_close(&nl);
	return rc;
}

struct announce *announce_new(struct event_base *base, struct worker *worker,
			      const struct model *model, struct err *err)
{
	struct announce *announce = calloc(1, sizeof(*announce));

	if (!announce) {
		err_no_memory(err);
		return NULL;
	}
	announce->model = model;
	announce->worker = worker;
	announce->look.model = model;
	announce->look.job = (struct job){
		.what = "looking for VIPs to announce",
		.work = look,
		.done = looked,
	};
	for (size_t i = 0; i < ROUNDS; i++)
		TAILQ_INIT(&announce->rounds[i]);

	/* Protocol 0: the socket only sends. */
	announce->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (announce->fd < 0) {
		say_warning("VIPs are not announced to their neighbours: %s; dnatd needs CAP_NET_RAW for that",
			    strerror(errno));
		return announce;
	}
	if (!start(announce, base, err))
		return announce;
	announce_free(announce);
	return NULL;
}

void announce_free(struct announce *announce)
{
	if (!announce)
		return;
	items_drop(announce, NULL);
	look_clean(&announce->look);
	if (announce->readable)
		event_free(announce->readable);
	if (announce->timer)
		event_free(announce->timer);
	nl_close(&announce->nl);
	if (announce->fd >= 0)
		close(announce->fd);
	free(announce->links);
	free(announce);
}
