/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNAT_JSON_TEXT_H
#define DNAT_JSON_TEXT_H

#include <jansson.h>

#include "common/text.h"

/**
 * text_json - append a value in compact form
 * @json: taken over; NULL: there was no memory for it
 *
 * Return: 0 or -ENOMEM, with a part of the value appended
 */
int text_json(struct text *text, json_t *json);

/* The same for the next row of a JSON array, as text_row(). */
int text_json_row(struct text *text, json_t *json);

#endif
