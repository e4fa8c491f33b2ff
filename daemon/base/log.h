/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log, which is the standard error.  Where that is systemd's journal, each
 * line has its priority, so that "journalctl -p err" finds the errors.
 */
#ifndef DNAT_LOG_H
#define DNAT_LOG_H

/* One line, cut after 1000 bytes: information, a warning, an error. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void say_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
