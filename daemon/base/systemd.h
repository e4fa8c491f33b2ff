/* SPDX-License-Identifier: GPL-2.0-only */
/* Notifications to systemd; they do nothing if systemd did not start dnatd. */
#ifndef DNAT_SYSTEMD_H
#define DNAT_SYSTEMD_H

#include <event2/event.h>

/* @state: as for sd_notify(3), such as "READY=1" */
void systemd_tell(const char *state);

/**
 * systemd_watchdog - notify systemd's watchdog while the event loop runs
 * @event: result, which the caller frees before @base; NULL: no watchdog is set
 *
 * Return: 0 or -ENOMEM
 */
int systemd_watchdog(struct event_base *base, struct event **event);

#endif
