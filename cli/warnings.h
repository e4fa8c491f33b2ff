/* SPDX-License-Identifier: GPL-2.0-only */
/* Print the notes in an answer: what in the request has no effect. */
#ifndef DNATCTL_NOTES_H
#define DNATCTL_NOTES_H

#include <jansson.h>

#include "lang/conf.h"

/**
 * warnings_tell - print the notes on stderr, one per line
 * @place: printed before each, as "FILE:LINE"; NULL: the notes contain it
 * @result: the result of an answer or its last row; may have no notes
 */
void warnings_tell(const char *place, const json_t *result);

/**
 * warnings_place - add the lines to the notes of config.apply
 * @result: its notes are changed from objects to strings
 * @conf: the configuration that was sent
 * @file: the name of its file
 *
 * Return: 0 or -ENOMEM
 */
int warnings_place(json_t *result, const struct conf *conf, const char *file);

#endif
