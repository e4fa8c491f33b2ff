/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens, told to whoever listens: the op "monitor" of control.h, which
 * says what events there are.
 */
#ifndef DNAT_EVENTS_H
#define DNAT_EVENTS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/long_answer.h"
#include "common/err.h"

struct events;

/* Return: NULL where memory is short */
struct events *events_new(void);

/* After its subscribers. */
void events_free(struct events *events);

/**
 * events_emit - tell all subscribers
 * @events: NULL: there is nobody to tell
 * @kind: what it is, as in control.h
 * @fields: an object with the rest, taken over; NULL for none
 *
 * Never blocks and never fails: who cannot keep up is told how many events he
 * has lost.
 */
void events_emit(struct events *events, const char *kind, json_t *fields);

/* Is there anybody to tell?  @events as for events_emit() */
bool events_followed(const struct events *events);

/**
 * events_begin - keep an event that every later subscriber is told first
 * @fields: as for events_emit()
 */
void events_begin(struct events *events, const char *kind, json_t *fields);

/**
 * events_subscribe - an answer that has a part whenever something happens
 *
 * Return: NULL where memory is short, with @err set
 */
struct long_answer *events_subscribe(struct events *events, struct err *err);

/* How many events a subscriber may be behind. */
#define EVENTS_BEHIND_MAX 128

#endif
