// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "base/systemd.h"

#ifdef HAVE_LIBSYSTEMD

void systemd_tell(const char *state)
{
	sd_notify(0, state);
}

static void turned(evutil_socket_t fd, short what, void *data)
{
	(void)fd;
	(void)what;
	(void)data;
	systemd_tell("WATCHDOG=1");
}

/* Notify at half of the timeout, as sd_watchdog_enabled(3) recommends. */
int systemd_watchdog(struct event_base *base, struct event **event)
{
	struct timeval half;
	uint64_t us;

	*event = NULL;
	if (sd_watchdog_enabled(0, &us) <= 0)
		return 0;
	half.tv_sec = (time_t)(us / 2 / 1000000);
	half.tv_usec = (suseconds_t)(us / 2 % 1000000);
	*event = event_new(base, -1, EV_PERSIST, turned, NULL);
	return *event && !event_add(*event, &half) ? 0 : -ENOMEM;
}

#else

void systemd_tell(const char *state)
{
	(void)state;
}

int systemd_watchdog(struct event_base *base, struct event **event)
{
	(void)base;
	*event = NULL;
	return 0;
}

#endif
