// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <event2/event.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/host.h"
#include "api/status.h"
#include "base/events.h"
#include "base/log.h"
#include "base/loop.h"
#include "engine/dnatd.h"
#include "api/fault_watch.h"
#include "engine/unanswered.h"
#include "net/netlink.h"
#include "nft/foreign.h"

/* A sysctl that changes all interfaces causes one report for each. */
#define SETTLE_MS 100

/* Datagrams read in one turn of the loop. */
#define AT_ONCE 64

struct fault_watch {
	struct task run;
	struct dnatd *dnatd;
	struct nl nl;
	struct event *readable;
	struct event *timer;
	struct checks look;		/* look.list: NULL between two runs */
	size_t step;
	struct silence silence;
	json_t *last;			/* last results; NULL: none yet */
	bool again;			/* forwarding changed during the run */
};

static bool is_fault(const json_t *check)
{
	return json_is_false(json_object_get(check, "ok"));
}

static const json_t *find(const json_t *checks, const char *name)
{
	const json_t *check;
	size_t i;

	json_array_foreach((json_t *)checks, i, check)
		if (!strcmp(json_string_value(json_object_get(check, "name")),
			    name))
			return check;
	return NULL;
}

static void tell_begin(struct events *events, const char *name,
		       const json_t *check)
{
	const json_t *value = json_object_get(check, "value");
	const char *advice =
		json_string_value(json_object_get(check, "advice"));

	if (json_is_string(value))
		say_error("fault: %s is %s: %s", name, json_string_value(value),
			  advice);
	else
		say_error("fault: %s is %" JSON_INTEGER_FORMAT ": %s", name,
			  json_integer_value(value), advice);
	events_emit(events, "fault",
		    json_pack("{s:s, s:O, s:s}", "name", name, "value", value,
			      "advice", advice));
}

static void tell_end(struct events *events, const char *name)
{
	say("the fault is over: %s", name);
	events_emit(events, "fault-over", json_pack("{s:s}", "name", name));
}

/* Report faults that are only in @now, and the end of those only in @before. */
static void tell_changes(struct events *events, const json_t *before,
			 const json_t *now)
{
	const json_t *check;
	size_t i;

	json_array_foreach((json_t *)now, i, check) {
		const char *name =
			json_string_value(json_object_get(check, "name"));

		if (is_fault(check) && !is_fault(find(before, name)))
			tell_begin(events, name, check);
	}
	json_array_foreach((json_t *)before, i, check) {
		const char *name =
			json_string_value(json_object_get(check, "name"));

		if (is_fault(check) && !is_fault(find(now, name)))
			tell_end(events, name);
	}
}

static void look_done(struct fault_watch *watch)
{
	json_t *now = watch->look.list;

	watch->look.list = NULL;
	if (now && status_add_checks(watch->dnatd, watch->silence.check, now)) {
		json_decref(now);
		now = NULL;
	}
	if (now) {
		tell_changes(watch->dnatd->events, watch->last, now);
		json_decref(watch->last);
		watch->last = now;
	}
	loop_timer(watch->timer, watch->again ? SETTLE_MS : 1000 * FAULT_WATCH_S);
	watch->again = false;
}

/* Do one step of a run. */
static int run_step(struct task *task, struct text *rows, struct err *err)
{
	struct fault_watch *watch = (struct fault_watch *)task;

	(void)rows;
	(void)err;
	if (!watch->look.list) {
		if (foreign_step(watch->dnatd->foreign))
			return TASK_MORE;
		watch->look = status_look(watch->dnatd);
		watch->step = 0;
	}
	return watch->look.list &&
	       (host_step(&watch->look, watch->step++) ||
		silence_step(&watch->silence, watch->dnatd)) ?
		       TASK_MORE : TASK_DONE;
}

static void due(evutil_socket_t fd, short what, void *data)
{
	struct fault_watch *watch = data;

	(void)fd;
	(void)what;
	loop_does("a look at the system");
	if (loop_run(&watch->run, NULL, NULL) == TASK_MORE)
		loop_timer(watch->timer, 0);
	else
		look_done(watch);
}

static bool of_forwarding(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWNETCONF ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct netconfmsg))
		return false;
	mnl_attr_for_each(attr, nlh, sizeof(struct netconfmsg))
		if (mnl_attr_get_type(attr) == NETCONFA_FORWARDING)
			return true;
	return false;
}

static void readable(evutil_socket_t fd, short what, void *data)
{
	struct fault_watch *watch = data;
	const struct nlmsghdr *nlh;
	bool changed = false;

	(void)what;
	for (int i = 0; i < AT_ONCE; i++) {
		ssize_t len = recv(fd, watch->nl.buf, NL_BUF_SIZE,
				   MSG_DONTWAIT);
		size_t offset = 0;

		/* A lost report may have been about forwarding. */
		changed |= len < 0 && errno == ENOBUFS;
		if (len < 0)
			break;
		while ((nlh = nl_message(watch->nl.buf, (size_t)len, &offset)))
			changed |= of_forwarding(nlh);
	}
	if (!changed)
		return;
	if (watch->look.list)
		watch->again = true;
	else
		loop_timer(watch->timer, SETTLE_MS);
}

static int join(const struct fault_watch *watch, int group)
{
	return setsockopt(mnl_socket_get_fd(watch->nl.sock), SOL_NETLINK,
			  NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
}

static int start(struct fault_watch *watch, struct err *err)
{
	struct event_base *base = watch->dnatd->base;
	int rc = nl_open(&watch->nl, NETLINK_ROUTE, err);

	if (rc)
		return rc;
	if (join(watch, RTNLGRP_IPV4_NETCONF) ||
	    join(watch, RTNLGRP_IPV6_NETCONF))
		return err_set(err, -errno, NULL,
			       "the kernel does not report changes of forwarding: %s",
			       strerror(errno));
	watch->readable = event_new(base, mnl_socket_get_fd(watch->nl.sock),
				    EV_READ | EV_PERSIST, readable, watch);
	watch->timer = evtimer_new(base, due, watch);
	if (!watch->readable || !watch->timer ||
	    event_add(watch->readable, NULL))
		return err_no_memory(err);
	loop_timer(watch->timer, 0);
	return 0;
}

struct fault_watch *fault_watch_new(struct dnatd *dnatd, struct err *err)
{
	struct fault_watch *watch = task_new(sizeof(*watch), run_step, NULL);

	if (!watch) {
		err_no_memory(err);
		return NULL;
	}
	watch->dnatd = dnatd;
	if (!start(watch, err))
		return watch;
	fault_watch_free(watch);
	return NULL;
}

void fault_watch_free(struct fault_watch *watch)
{
	if (!watch)
		return;
	if (watch->timer)
		event_free(watch->timer);
	if (watch->readable)
		event_free(watch->readable);
	nl_close(&watch->nl);
	silence_clean(&watch->silence);
	json_decref(watch->look.list);
	json_decref(watch->last);
	free(watch);
}

const json_t *fault_watch_last(const struct fault_watch *watch)
{
	return watch ? watch->last : NULL;
}

json_t *fault_watch_silence(const struct fault_watch *watch)
{
	return watch ? watch->silence.check : NULL;
}
