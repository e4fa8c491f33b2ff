/* SPDX-License-Identifier: GPL-2.0-only */
/* What dnatd has to say of a request that it carried out. */
#ifndef DNATCTL_NOTES_H
#define DNATCTL_NOTES_H

#include <jansson.h>

#include "lang/conf.h"

/**
 * warnings_tell - print notes on the standard error, a line each
 * @place: what they are about, "FILE:LINE"; NULL: the notes say that themselves
 * @result: of an answer, or the last row of it; nothing where it has no notes
 */
void warnings_tell(const char *place, const json_t *result);

/**
 * warnings_place - have the notes of config.apply say which line they are about
 * @result: its notes become strings
 * @conf: what was sent
 * @file: where it is from
 *
 * Return: 0 or -ENOMEM
 */
int warnings_place(json_t *result, const struct conf *conf, const char *file);

#endif
