/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The content of dnatctl top and the effects of its keys, without the terminal,
 * which is in screen.h.
 */
#ifndef DNATCTL_TOP_H
#define DNATCTL_TOP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOP_VALUES 7
#define TOP_FILTER_LEN 63
#define TOP_NAME_LEN 128
#define TOP_NOTE_LEN 512

/* Keys that are not characters. */
enum {
	TOP_UP = 0x100,
	TOP_DOWN,
	TOP_PAGE_UP,
	TOP_PAGE_DOWN,
	TOP_HOME,
	TOP_END,
	TOP_BACKSPACE,
	TOP_ESCAPE,
	TOP_RESIZE,
};

enum top_style {
	TOP_PLAIN,
	TOP_TITLE,
	TOP_HEADER,
	TOP_SORTED,	/* the header of the column that rows are sorted by */
	TOP_ALARM,
};

/* What the caller must do after a key; it also draws after each key. */
enum top_do {
	TOP_GO_ON,	/* nothing else */
	TOP_ASK,	/* request the list of top_op(), which has changed */
	TOP_QUIT,
};

struct top_row {
	char name[TOP_NAME_LEN];
	uint64_t values[TOP_VALUES];
};

struct top {
	unsigned int interval;	/* milliseconds */
	bool backends;		/* show backends instead of services */
	unsigned int sort;	/* index of a value; TOP_VALUES: by name */
	bool reverse;
	bool editing;		/* keys edit the filter */
	char filter[TOP_FILTER_LEN + 1];
	char note[TOP_NOTE_LEN];	/* an error message, or "" */
	struct top_row *rows;	/* sorted; rows that are hidden come last */
	size_t n;
	size_t n_shown;		/* rows that the filter does not hide */
	size_t first;		/* index of the row at the top of the screen */
	size_t page;		/* rows that fit on the screen */
};

/**
 * top_init - start with services, sorted by connections, the highest first
 * @interval: milliseconds between two requests
 */
void top_init(struct top *top, unsigned int interval);
void top_clean(struct top *top);

/* The operation to request, see control.h. */
const char *top_op(const struct top *top);

/**
 * top_take - replace the rows
 * @rates: an array, from rates_of()
 *
 * Return: 0, -EPROTO if @rates is something else, or -ENOMEM
 */
int top_take(struct top *top, const json_t *rates);

enum top_do top_key(struct top *top, int key);

/**
 * typedef top_put_fn - write text on the screen
 * @y: line, 0 is the first
 * @x: column, 0 is the first
 * @text: printable ASCII, which fits into the line
 * @data: as given to top_draw()
 */
typedef void top_put_fn(int y, int x, enum top_style style, const char *text,
			void *data);

/**
 * top_draw - draw everything on an empty screen
 * @width, @height: of the screen, in characters
 */
void top_draw(struct top *top, int width, int height, top_put_fn *put,
	      void *data);

#endif
