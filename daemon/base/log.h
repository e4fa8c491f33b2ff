/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log goes to standard error.  If that is systemd's journal, each line has
 * a priority, so that "journalctl -p err" finds the errors.
 */
#ifndef DNAT_LOG_H
#define DNAT_LOG_H

/* Log one line: information, a warning, an error.  Cut after 1023 bytes. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void say_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
