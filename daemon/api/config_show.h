/* SPDX-License-Identifier: GPL-2.0-only */
/* The answer to config.show (control.h), made in parts. */
#ifndef DNAT_CONFIG_SHOW_H
#define DNAT_CONFIG_SHOW_H

#include <stdbool.h>

#include "base/long_answer.h"
#include "engine/dnatd.h"

/**
 * config_show - begin the answer with the configuration in force
 * @brief: leave out default values
 *
 * The whole answer is the configuration at one moment: if it changes before the
 * last part is made, the answer begins again.
 *
 * Return: the caller's to free; NULL when out of memory
 */
struct long_answer *config_show(const struct dnatd *dnatd, bool brief);

#endif
