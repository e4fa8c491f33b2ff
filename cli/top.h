/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What dnatctl top shows, and what the keys do: everything but the terminal.
 * screen.h has that.
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

/* Keys that are no character. */
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
	TOP_SORTED,	/* the header that the rows are sorted by */
	TOP_ALARM,
};

/* What a key asks of the caller, who draws after each. */
enum top_do {
	TOP_GO_ON,
	TOP_ASK,	/* the other list has to be asked for */
	TOP_QUIT,
};

struct top_row {
	char name[TOP_NAME_LEN];
	uint64_t values[TOP_VALUES];
};

struct top {
	unsigned int interval;	/* milliseconds */
	bool backends;		/* and not services */
	unsigned int sort;	/* by this value, or by name: TOP_VALUES */
	bool reverse;
	bool editing;		/* the filter */
	char filter[TOP_FILTER_LEN + 1];
	char note[TOP_NOTE_LEN];	/* what went wrong, "" for nothing */
	struct top_row *rows;	/* all, in the order that they are shown in */
	size_t n;
	size_t n_shown;		/* the first of @rows; the filter keeps the others out */
	size_t first;		/* of those shown, at the top of the screen */
	size_t page;		/* rows on the screen when it was drawn last */
};

/**
 * top_init - begin with services, by connections, the most at the top
 * @interval: milliseconds between two answers
 */
void top_init(struct top *top, unsigned int interval);
void top_clean(struct top *top);

/* The operation whose answer is wanted now, see control.h. */
const char *top_op(const struct top *top);

/**
 * top_take - show these rows from now on
 * @rates: of rates_of(), an array
 *
 * Return: 0, -EPROTO where it is something else, or -ENOMEM
 */
int top_take(struct top *top, const json_t *rates);

enum top_do top_key(struct top *top, int key);

/**
 * typedef top_put_fn - write on the screen
 * @y: line, 0 is the first
 * @x: column, 0 is the first
 * @text: printable ASCII, that ends on the screen
 * @data: as given to top_draw()
 */
typedef void top_put_fn(int y, int x, enum top_style style, const char *text,
			void *data);

/**
 * top_draw - write all that is to be seen on an empty screen
 * @width, @height: of the screen
 */
void top_draw(struct top *top, int width, int height, top_put_fn *put,
	      void *data);

#endif
