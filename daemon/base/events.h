/* SPDX-License-Identifier: GPL-2.0-only */
/* Events for the clients of the op "monitor".  control.h lists the events. */
#ifndef DNAT_EVENTS_H
#define DNAT_EVENTS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/long_answer.h"
#include "common/err.h"

struct events;

/* Return: NULL if there is no memory */
struct events *events_new(void);

/* Call it when all subscribers are freed.  @events may be NULL. */
void events_free(struct events *events);

/**
 * events_emit - send an event to all subscribers
 * @events: may be NULL: no subscribers
 * @kind: name of the event, as in control.h
 * @fields: object with the other members, taken over; NULL for none
 *
 * Never blocks and never fails.  A subscriber that is too slow loses events and
 * receives the event "lost" with their number.
 */
void events_emit(struct events *events, const char *kind, json_t *fields);

/* Whether there are subscribers.  @events may be NULL. */
bool events_followed(const struct events *events);

/**
 * events_begin - set the event that each later subscriber receives first
 * @kind: name of the event, as in control.h
 * @fields: as for events_emit()
 */
void events_begin(struct events *events, const char *kind, json_t *fields);

/**
 * events_subscribe - add a subscriber
 *
 * The parts of the answer are the events, as they happen.
 *
 * Return: the answer, for long_answer_free(); NULL with @err set: no memory
 */
struct long_answer *events_subscribe(struct events *events, struct err *err);

/* Events that wait for one subscriber; further ones are lost. */
#define EVENTS_BEHIND_MAX 128

#endif
