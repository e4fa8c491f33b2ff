// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <linux/double_nat.h>
#include <linux/filter.h>
#include <linux/genetlink.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/worker.h"
#include "engine/conns_end.h"
#include "engine/dnatd.h"
#include "engine/follow.h"
#include "engine/repair_budget.h"
#include "engine/module_sync.h"
#include "engine/kernel_watch.h"
#include "model/model.h"
#include "model/slots.h"
#include "net/address.h"
#include "net/link.h"
#include "net/netlink.h"
#include "nft/nft.h"

/*
 * Changes within this time are handled together, so a stream of changes causes
 * one repair per period.  But the first change of rules is handled at once:
 * without the rules, connections are not translated and packets reach this
 * machine's own sockets.
 */
#define SETTLE_MS 100

/* Receive buffer in bytes.  Notices of our own changes are filtered out. */
#define ROOM (4 << 20)

/* Failed reads of changing rules, SETTLE_MS apart, before it is an error. */
#define UNSETTLED_MAX 100

/* Datagrams read in one turn of the loop. */
#define AT_ONCE 64

/* The multicast group "notify" of nlctrl has the number of its family. */
#define GROUP_FAMILIES GENL_ID_CTRL

/* In all messages about a part of a table, attribute 1 is the table's name. */
#define ATTR_TABLE 1

enum dirty {
	DIRTY_RULES = 1 << 0,
	DIRTY_ADDRESSES = 1 << 1,
	DIRTY_MODULE = 1 << 2,
	DIRTY_DEVICES = 1 << 3,	/* the flowtable may lack an interface */
};

#define PARTS 4

/* The result of repairing one part. */
struct result {
	int ret;
	bool changed;
	struct err err;
};

struct source {
	struct watch *watch;
	struct nl nl;
	struct event *readable;
	unsigned int lost;	/* enum dirty: to check after lost messages */
	void (*take)(struct watch *watch, const struct nlmsghdr *nlh);
};

struct watch {
	struct dnatd *dnatd;
	struct source nft;
	struct source link;
	struct source genl;
	struct event *settle;
	unsigned int dirty;	/* enum dirty */
	uint64_t looked;	/* time of the last repair, ms of clock_now() */
	bool logged;		/* the limit on repairs was reported */
	unsigned int unsettled;	/* repairs in a row that returned -EINTR */
	struct job job;
	unsigned int repaired;	/* enum dirty: what @job repairs, 0: idle */
	struct result results[PARTS];
};

/* Only the first change sets the timer: later ones must not postpone it. */
static void mark(struct watch *watch, unsigned int dirty)
{
	uint64_t passed = clock_now() - watch->looked;
	bool rules = dirty & ~watch->dirty & DIRTY_RULES;

	if (rules)
		loop_timer(watch->settle,
			   passed < SETTLE_MS ? (int64_t)(SETTLE_MS - passed) : 0);
	else if (!watch->dirty)
		loop_timer(watch->settle, SETTLE_MS);
	watch->dirty |= dirty;
}

static const char *attr_text(const struct nlmsghdr *nlh, size_t header,
			     uint16_t type)
{
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < header)
		return NULL;
	mnl_attr_for_each(attr, nlh, (unsigned int)header)
		if (mnl_attr_get_type(attr) == type)
			return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0 ?
				       NULL : mnl_attr_get_str(attr);
	return NULL;
}

static void take_nft(struct watch *watch, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const char *table;

	if (NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_NFTABLES ||
	    NFNL_MSG_TYPE(nlh->nlmsg_type) == NFT_MSG_NEWGEN)
		return;
	table = attr_text(nlh, sizeof(*nfg), ATTR_TABLE);
	if (table && nfg->nfgen_family == NFPROTO_INET &&
	    !strcmp(table, RULESET_TABLE))
		mark(watch, DIRTY_RULES);
}

static void take_gone(struct watch *watch, const struct nlmsghdr *nlh)
{
	const struct model *model = watch->dnatd->model;
	struct address address;

	if (!address_read(nlh, RTM_DELADDR, &address))
		return;
	for (size_t i = 0; i < model->n_services; i++)
		if (model->services[i]->dev[0] &&
		    addr_equal(&model->services[i]->vip, &address.addr))
			mark(watch, DIRTY_ADDRESSES);
}

static void take_link(struct watch *watch, const struct nlmsghdr *nlh)
{
	const char *dev;

	take_gone(watch, nlh);
	if (nlh->nlmsg_type != RTM_NEWLINK)
		return;
	if (watch->dnatd->in_force == ALLOC_NF_NAT)
		mark(watch, DIRTY_DEVICES);
	dev = attr_text(nlh, sizeof(struct ifinfomsg), IFLA_IFNAME);
	if (dev && *dev && model_has_dev(watch->dnatd->model, dev))
		mark(watch, DIRTY_ADDRESSES);
}

static void take_genl(struct watch *watch, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const char *name;

	if (nlh->nlmsg_type != GENL_ID_CTRL)
		return;
	name = attr_text(nlh, sizeof(*genl), CTRL_ATTR_FAMILY_NAME);
	if (name && !strcmp(name, DNAT_GENL_NAME) &&
	    (genl->cmd == CTRL_CMD_NEWFAMILY || genl->cmd == CTRL_CMD_DELFAMILY))
		mark(watch, DIRTY_MODULE);
}

static void take_datagram(struct source *source, size_t len)
{
	const struct nlmsghdr *nlh;
	size_t offset = 0;

	while ((nlh = nl_message(source->nl.buf, len, &offset)))
		source->take(source->watch, nlh);
}

static void readable(evutil_socket_t fd, short what, void *data)
{
	struct source *source = data;
	struct sockaddr_nl from;
	socklen_t from_len;
	ssize_t len;

	(void)what;
	loop_does("notices of the kernel");
	for (int i = 0; i < AT_ONCE; i++) {
		from_len = sizeof(from);
		len = recvfrom(fd, source->nl.buf, NL_BUF_SIZE,
			       MSG_DONTWAIT | MSG_TRUNC,
			       (struct sockaddr *)&from, &from_len);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno != ENOBUFS)
			return;
		/* A notice was lost: check all that it may have been about. */
		if (len < 0 || len > NL_BUF_SIZE) {
			source->watch->dnatd->repairs.overruns++;
			mark(source->watch, source->lost);
		} else if (from_len == sizeof(from) && !from.nl_pid) {
			take_datagram(source, (size_t)len);
		}
	}
}

/*
 * Filter out the notices of changes that @portid made.  A change of 10,000
 * services would otherwise fill the socket with notices of our own rules.
 */
static int leave_out(const struct source *source, unsigned int portid)
{
	/* BPF loads words in network byte order, nlmsg_pid is in host order. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(portid), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog filter = { 4, code };

	return setsockopt(mnl_socket_get_fd(source->nl.sock), SOL_SOCKET,
			  SO_ATTACH_FILTER, &filter, sizeof(filter));
}

static int source_open(struct watch *watch, struct source *source,
		       struct event_base *base, int bus, struct err *err)
{
	int room = ROOM, rc = nl_open(&source->nl, bus, err);

	if (rc)
		return rc;
	setsockopt(mnl_socket_get_fd(source->nl.sock), SOL_SOCKET,
		   SO_RCVBUFFORCE, &room, sizeof(room));
	source->watch = watch;
	source->readable = event_new(base, mnl_socket_get_fd(source->nl.sock),
				     EV_READ | EV_PERSIST, readable, source);
	if (!source->readable || event_add(source->readable, NULL))
		return err_no_memory(err);
	return 0;
}

static void source_close(struct source *source)
{
	if (source->readable)
		event_free(source->readable);
	nl_close(&source->nl);
}

static int repair_module(struct watch *watch, bool *changed, struct err *err)
{
	if (watch->dnatd->in_force != ALLOC_MODULE)
		return 0;
	return module_sync_again(watch->dnatd, changed, err);
}

static int repair_addresses(struct watch *watch, bool *changed,
			    struct err *err)
{
	int ret = link_reconcile(watch->dnatd->model, changed, err);

	/* The interface is missing; the kernel notifies us when it appears. */
	return ret == -ENODEV ? 0 : ret;
}

static int repair_rules(struct watch *watch, bool *changed, struct err *err)
{
	struct dnatd *dnatd = watch->dnatd;

	return nft_reconcile(dnatd->nft, dnatd->in_force, dnatd->model, changed,
			     err);
}

/* Not counted as a repair: interfaces appear, vanish and are renamed. */
static int follow_devices(struct watch *watch, bool *changed, struct err *err)
{
	struct dnatd *dnatd = watch->dnatd;
	bool sent;
	int ret = nft_follow_devices(dnatd->nft, dnatd->in_force, err);

	(void)changed;
	if (ret == -ESTALE)
		ret = nft_reconcile(dnatd->nft, dnatd->in_force, dnatd->model,
				    &sent, err);
	return ret;
}

/* In the same order as at the start: the rules need the module. */
static const struct part {
	unsigned int dirty;
	const char *what;
	int (*repair)(struct watch *watch, bool *changed, struct err *err);
} parts[PARTS] = {
	{ DIRTY_MODULE, "module", repair_module },
	{ DIRTY_ADDRESSES, "addresses", repair_addresses },
	{ DIRTY_RULES, "rules", repair_rules },
	{ DIRTY_DEVICES, "flowtable", follow_devices },
};

static void tell_failed(struct watch *watch, const struct part *part,
			const struct err *err)
{
	struct repairs *repairs = &watch->dnatd->repairs;

	mark(watch, part->dirty);
	if (!strncmp(repairs->failed, err->msg, sizeof(repairs->failed) - 1))
		return;
	snprintf(repairs->failed, sizeof(repairs->failed), "%.*s",
		 (int)sizeof(repairs->failed) - 1, err->msg);
	say_error("cannot repair the %s: %s; trying again", part->what,
		  err->msg);
	events_emit(watch->dnatd->events, "repair-failed",
		    json_pack("{s:s, s:s}", "what", part->what, "reason",
			      err->msg));
}

static void repair(struct job *job)
{
	struct watch *watch = (struct watch *)((char *)job -
					       offsetof(struct watch, job));

	for (size_t i = 0; i < PARTS; i++) {
		struct result *result = &watch->results[i];

		result->changed = false;
		if (watch->repaired & parts[i].dirty)
			result->ret = parts[i].repair(watch, &result->changed,
						      &result->err);
	}
}

/*
 * Log the result of one part.  @failed: set to true if the repair failed
 *
 * Return: whether it counts as a repair: one was made or tried
 */
static bool take_result(struct watch *watch, const struct part *part,
			const struct result *result, bool *failed)
{
	struct dnatd *dnatd = watch->dnatd;

	if (result->ret == -EINTR && watch->unsettled++ < UNSETTLED_MAX) {
		mark(watch, part->dirty);
		return false;
	}
	watch->unsettled = 0;
	if (result->ret) {
		tell_failed(watch, part, &result->err);
		*failed = true;
		return true;
	}
	if (!result->changed)
		return false;
	say_warning("repaired what others had changed: %s", part->what);
	repairs_tell(dnatd, part->what);
	if (part->dirty == DIRTY_RULES)
		conns_end_early(dnatd);
	return true;
}

static void repaired(struct job *job)
{
	struct watch *watch = (struct watch *)((char *)job -
					       offsetof(struct watch, job));
	struct repairs *repairs = &watch->dnatd->repairs;
	unsigned int looked_at = watch->repaired;
	bool spent = false, failed = false;

	watch->looked = clock_now();
	watch->repaired = 0;
	jobs_follow(watch->dnatd);
	for (size_t i = 0; i < PARTS; i++)
		if (looked_at & parts[i].dirty)
			spent |= take_result(watch, &parts[i],
					     &watch->results[i], &failed);
	if (!failed)
		repairs->failed[0] = '\0';
	if (spent)
		repairs_spend(repairs, clock_now());
	/* There were changes during the job, or a failed repair is retried. */
	if (watch->dirty)
		loop_timer(watch->settle, SETTLE_MS);
}

static void settled(evutil_socket_t fd, short what, void *data)
{
	struct watch *watch = data;
	struct repairs *repairs = &watch->dnatd->repairs;
	uint64_t wait = repairs_wait(repairs, clock_now());

	(void)fd;
	(void)what;
	if (watch->repaired)
		return;
	if (!wait) {
		watch->logged &= repairs->held;
		watch->repaired = watch->dirty;
		watch->dirty = 0;
		watch->looked = clock_now();
		worker_add(watch->dnatd->worker, &watch->job);
		return;
	}
	loop_timer(watch->settle, (int64_t)wait);
	if (watch->logged)
		return;
	watch->logged = true;
	say_error("more than %u repairs in a minute: from now on one a minute; find out who else changes table inet "
		  RULESET_TABLE ", the VIPs or the module", repairs->a_minute);
	events_emit(watch->dnatd->events, "repairs-held",
		    json_pack("{s:I}", "a_minute",
			      (json_int_t)repairs->a_minute));
}

struct watch *kernel_watch_new(struct event_base *base, struct dnatd *dnatd,
			       struct err *err)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int rc;

	if (!watch) {
		err_no_memory(err);
		return NULL;
	}
	watch->dnatd = dnatd;
	watch->job.what = "a repair";
	watch->job.work = repair;
	watch->job.done = repaired;
	watch->nft.take = take_nft;
	watch->nft.lost = DIRTY_RULES;
	watch->link.take = take_link;
	watch->link.lost = DIRTY_ADDRESSES | DIRTY_DEVICES;
	watch->genl.take = take_genl;
	watch->genl.lost = DIRTY_MODULE;

	watch->settle = evtimer_new(base, settled, watch);
	rc = watch->settle ? 0 : err_no_memory(err);
	if (!rc)
		rc = source_open(watch, &watch->nft, base, NETLINK_NETFILTER,
				 err);
	if (!rc)
		rc = source_open(watch, &watch->link, base, NETLINK_ROUTE, err);
	if (!rc)
		rc = source_open(watch, &watch->genl, base, NETLINK_GENERIC,
				 err);
	if (!rc && (leave_out(&watch->nft, nft_portid(dnatd->nft)) ||
		    nl_join(&watch->nft.nl, NFNLGRP_NFTABLES) ||
		    nl_join(&watch->link.nl, RTNLGRP_LINK) ||
		    nl_join(&watch->link.nl, RTNLGRP_IPV4_IFADDR) ||
		    nl_join(&watch->link.nl, RTNLGRP_IPV6_IFADDR) ||
		    nl_join(&watch->genl.nl, GROUP_FAMILIES)))
		rc = err_set(err, -errno, NULL,
			     "the kernel does not tell of changes: %s",
			     strerror(errno));
	if (rc) {
		kernel_watch_free(watch);
		return NULL;
	}
	mark(watch, DIRTY_ADDRESSES);
	return watch;
}

void kernel_watch_free(struct watch *watch)
{
	if (!watch)
		return;
	if (watch->settle)
		event_free(watch->settle);
	source_close(&watch->nft);
	source_close(&watch->link);
	source_close(&watch->genl);
	free(watch);
}
