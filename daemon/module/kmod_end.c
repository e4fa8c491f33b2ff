// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module ends about a thousand connections for each message of its answer.
 * It ends more only when dnatd has read that message.
 */
#include <stdlib.h>

#include "module/kmod_end.h"
#include "module/kmod_msg.h"

struct kmod_ending {
	struct task task;
	const struct kmod *kmod;
	struct conn_filter filter;
	struct nl nl;
	uint64_t *ended;
};

int kmod_parse_ended(const struct nlmsghdr *nlh, void *ended)
{
	uint64_t *sum = ended;
	struct attrs attrs;

	attrs_parse(nlh, &attrs);
	*sum += (uint32_t)attrs_number(&attrs, DNAT_A_ENDED);
	return 0;
}

static int end_step(struct task *task, struct text *rows, struct err *err)
{
	struct kmod_ending *self = (struct kmod_ending *)task;

	(void)rows;
	return kmod_more(self->kmod, DNAT_CMD_CONN_DEL, &self->filter,
			 &self->nl, kmod_parse_ended, self->ended, err);
}

static void end_free(struct task *task)
{
	nl_close(&((struct kmod_ending *)task)->nl);
	free(task);
}

struct task *kmod_end(const struct kmod *kmod, const struct conn_filter *filter,
		      uint64_t *ended)
{
	struct kmod_ending *self = task_new(sizeof(*self), end_step, end_free);

	if (!self)
		return NULL;
	self->kmod = kmod;
	self->filter = *filter;
	self->ended = ended;
	return &self->task;
}
