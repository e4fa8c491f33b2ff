/* SPDX-License-Identifier: GPL-2.0-only */
/* What systemd is told, where it started us. */
#ifndef DNAT_SYSTEMD_H
#define DNAT_SYSTEMD_H

#include <event2/event.h>

/* @state: as for sd_notify(3), such as "READY=1" */
void systemd_tell(const char *state);

/**
 * systemd_watchdog - tell systemd that the loop turns, as often as it asks for
 * @event: result, to be freed before @base; NULL where it does not ask
 *
 * Return: 0 or -ENOMEM
 */
int systemd_watchdog(struct event_base *base, struct event **event);

#endif
