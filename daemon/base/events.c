// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "base/events.h"

/* One event as JSON text, shared by the subscribers that still wait for it. */
struct event_text {
	unsigned int users;	/* references; freed by the last event_put() */
	size_t len;
	char *text;
};

struct subscriber {
	struct long_answer parts;
	LIST_ENTRY(subscriber) entry;
	struct event_text *waiting[EVENTS_BEHIND_MAX];
	size_t n_waiting;
	unsigned long long lost;	/* events dropped after @waiting */
};

struct events {
	LIST_HEAD(subscriber_list, subscriber) subscribers;
	struct event_text *first;	/* sent to each new subscriber */
};

static void event_put(struct event_text *event)
{
	if (!event || --event->users)
		return;
	free(event->text);
	free(event);
}

static void time_text(char *text, size_t len)
{
	struct timespec now;
	struct tm tm;
	char seconds[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, len, "%s.%03ldZ", seconds, now.tv_nsec / 1000000);
}

/* Takes over @fields.  Return: an event with one reference; NULL: no memory */
static struct event_text *event_new(const char *kind, json_t *fields)
{
	struct event_text *event = calloc(1, sizeof(*event));
	char when[64];
	json_t *root;

	time_text(when, sizeof(when));
	root = json_pack("{s:s, s:s}", "time", when, "event", kind);
	if (event && root && (!fields || !json_object_update(root, fields)))
		event->text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	json_decref(fields);
	if (!event || !event->text) {
		free(event);
		return NULL;
	}
	event->users = 1;
	event->len = strlen(event->text);
	return event;
}

/* @event NULL: there was no memory for the event, count it as lost. */
static void subscriber_tell(struct subscriber *subscriber,
			    struct event_text *event)
{
	/* To keep the order, queue nothing between a loss and its report. */
	if (!event || subscriber->lost ||
	    subscriber->n_waiting == EVENTS_BEHIND_MAX) {
		subscriber->lost++;
	} else {
		event->users++;
		subscriber->waiting[subscriber->n_waiting++] = event;
	}
	if (subscriber->parts.wake)
		subscriber->parts.wake(subscriber->parts.wake_data);
}

static int row_add(struct text *rows, const struct event_text *event)
{
	char *row = text_row(rows, event->len);

	if (!row)
		return -ENOMEM;
	memcpy(row, event->text, event->len);
	rows->len += event->len;
	return 0;
}

static int tell_lost(struct subscriber *subscriber, struct text *rows)
{
	struct event_text *event;
	int ret;

	event = event_new("lost", json_pack("{s:I}", "events",
					    (json_int_t)subscriber->lost));
	if (!event)
		return -ENOMEM;
	ret = row_add(rows, event);
	event_put(event);
	subscriber->lost = 0;
	return ret;
}

static int subscriber_next(struct task *task, struct text *rows,
			   struct err *err)
{
	struct subscriber *subscriber = (struct subscriber *)task;
	int ret = 0;

	if (!subscriber->n_waiting && !subscriber->lost)
		return TASK_LATER;
	for (size_t i = 0; i < subscriber->n_waiting; i++) {
		if (!ret)
			ret = row_add(rows, subscriber->waiting[i]);
		event_put(subscriber->waiting[i]);
	}
	subscriber->n_waiting = 0;
	if (!ret && subscriber->lost)
		ret = tell_lost(subscriber, rows);
	return ret ? err_no_memory(err) : TASK_MORE;
}

static void subscriber_free(struct task *task)
{
	struct subscriber *subscriber = (struct subscriber *)task;

	for (size_t i = 0; i < subscriber->n_waiting; i++)
		event_put(subscriber->waiting[i]);
	LIST_REMOVE(subscriber, entry);
	free(subscriber);
}

struct events *events_new(void)
{
	struct events *events = calloc(1, sizeof(*events));

	if (events)
		LIST_INIT(&events->subscribers);
	return events;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	event_put(events->first);
	free(events);
}

bool events_followed(const struct events *events)
{
	return events && !LIST_EMPTY(&events->subscribers);
}

void events_emit(struct events *events, const char *kind, json_t *fields)
{
	struct subscriber *subscriber;
	struct event_text *event;

	if (!events_followed(events)) {
		json_decref(fields);
		return;
	}
	event = event_new(kind, fields);
	for (subscriber = LIST_FIRST(&events->subscribers); subscriber;
	     subscriber = LIST_NEXT(subscriber, entry))
		subscriber_tell(subscriber, event);
	event_put(event);
}

void events_begin(struct events *events, const char *kind, json_t *fields)
{
	event_put(events->first);
	events->first = event_new(kind, fields);
}

struct long_answer *events_subscribe(struct events *events, struct err *err)
{
	struct subscriber *subscriber = task_new(sizeof(*subscriber),
						 subscriber_next,
						 subscriber_free);

	if (!subscriber) {
		err_no_memory(err);
		return NULL;
	}
	subscriber->parts.endless = true;
	LIST_INSERT_HEAD(&events->subscribers, subscriber, entry);
	subscriber_tell(subscriber, events->first);
	return &subscriber->parts;
}
