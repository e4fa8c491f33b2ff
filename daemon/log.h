/* SPDX-License-Identifier: GPL-2.0-only */
/* Words for the log, which is the standard error. */
#ifndef DNAT_LOG_H
#define DNAT_LOG_H

/* One line, cut after 1000 bytes. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
