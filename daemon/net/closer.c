// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "net/closer.h"
#include "net/netlink.h"

struct closing {
	struct job job;
	struct mnl_socket *sock;
};

static void work(struct job *job)
{
	mnl_socket_close(((struct closing *)job)->sock);
}

static void done(struct job *job)
{
	free(job);
}

static void close_in(struct mnl_socket *sock, void *worker)
{
	struct closing *closing = calloc(1, sizeof(*closing));

	if (!closing) {
		mnl_socket_close(sock);
		return;
	}
	closing->job.what = "closing a socket";
	closing->job.work = work;
	closing->job.done = done;
	closing->sock = sock;
	worker_add(worker, &closing->job);
}

void closer_set(struct worker *worker)
{
	nl_close_by(worker ? close_in : NULL, worker);
}
