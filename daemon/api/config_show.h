/* SPDX-License-Identifier: GPL-2.0-only */
/* The answer to config.show (control.h), made in parts. */
#ifndef DNAT_CONFIG_SHOW_H
#define DNAT_CONFIG_SHOW_H

#include <stdbool.h>

#include "base/long_answer.h"
#include "engine/dnatd.h"

/**
 * config_show - the configuration that is in force, all of it as of one moment
 * @brief: leave out what is as by default
 *
 * Return: NULL where memory is short
 */
struct long_answer *config_show(const struct dnatd *dnatd, bool brief);

#endif
