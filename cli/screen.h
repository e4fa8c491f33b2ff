/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal that dnatctl top is shown on. */
#ifndef DNATCTL_SCREEN_H
#define DNATCTL_SCREEN_H

#include "cli/top.h"
#include "common/err.h"

/* May there be one?  Return: 0 or -ENOTTY */
int screen_check(struct err *err);

/* Return: 0, or -EINVAL for a terminal that is not known */
int screen_open(struct err *err);
void screen_close(void);

void screen_draw(struct top *top);

/**
 * screen_key - wait for a key
 * @wait_ms: for so long
 *
 * Return: as top_key() takes it, or -1 where there was none
 */
int screen_key(int wait_ms);

#endif
