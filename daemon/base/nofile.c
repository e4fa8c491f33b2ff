// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/nofile.h"

/*
 * Files reserved for clients of both sockets, for netlink and for the state
 * file.  With a limit of 2 * KEPT or less, half of the limit is reserved.
 */
#define KEPT 512

#define CHECKS_MIN 4

static rlim_t before;		/* soft limit before nofile_raise() */

void nofile_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	before = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		say_warning("cannot raise the limit of open files: %s",
			    strerror(errno));
}

void nofile_lower(void)
{
	struct rlimit limit;

	if (!before || getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = before;
	setrlimit(RLIMIT_NOFILE, &limit);
}

unsigned int nofile_checks(void)
{
	struct rlimit limit;
	rlim_t n;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return CHECKS_MIN;
	n = limit.rlim_cur > 2 * KEPT ? limit.rlim_cur - KEPT :
					limit.rlim_cur / 2;
	if (n < CHECKS_MIN)
		n = CHECKS_MIN;
	return n > UINT_MAX ? UINT_MAX : (unsigned int)n;
}
