/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNAT_CLOSER_H
#define DNAT_CLOSER_H

#include "base/worker.h"

/*
 * Have the event loop's netfilter sockets closed by @worker, the kernel's, see
 * nl_close_by(); until NULL.
 */
void closer_set(struct worker *worker);

#endif
