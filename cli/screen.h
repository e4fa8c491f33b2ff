/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal of dnatctl top. */
#ifndef DNATCTL_SCREEN_H
#define DNATCTL_SCREEN_H

#include "cli/top.h"
#include "common/err.h"

/* Check that input and output are a terminal.  Return: 0 or -ENOTTY */
int screen_check(struct err *err);

/* Return: 0, or -EINVAL if the type of the terminal is unknown */
int screen_open(struct err *err);
void screen_close(void);

void screen_draw(struct top *top);

/**
 * screen_key - wait for a key
 * @wait_ms: the longest time to wait
 *
 * Return: a key for top_key(), or -1 if none was pressed
 */
int screen_key(int wait_ms);

#endif
