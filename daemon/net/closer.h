/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNAT_CLOSER_H
#define DNAT_CLOSER_H

#include "base/worker.h"

/*
 * From now on the kernel's @worker closes netfilter sockets, so that the event
 * loop does not wait (nl_close_by()).  NULL: close them directly again.
 */
void closer_set(struct worker *worker);

#endif
