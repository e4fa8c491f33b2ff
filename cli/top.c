// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top.h"
#include "common/addr.h"
#include "common/duration.h"

#define LIST_TOP 3		/* lines above the rows: title, sums, header */
#define NAME_WIDTH_MIN 16
#define NUMBER_LEN 24
#define ESCAPE 27

/* A column shows the sum of the values with these keys. */
static const struct column {
	const char *title;
	int width;
	const char *keys[2];
} columns[TOP_VALUES] = {
	{ "CONN/s", 7, { "connections" } },
	{ "IN_USE", 7, { "in_use" } },
	{ "PKTS_IN/s", 10, { "packets_in" } },
	{ "BYTES_IN/s", 11, { "bytes_in" } },
	{ "PKTS_OUT/s", 11, { "packets_out" } },
	{ "BYTES_OUT/s", 12, { "bytes_out" } },
	{ "FAIL/s", 7, { "exhausted", "no_memory" } },
};

enum {
	VALUE_FAILED = TOP_VALUES - 1,
};

/* The position on the screen for the next text. */
struct pen {
	top_put_fn *put;
	void *data;
	int width;
	int y;
	int x;
};

void top_init(struct top *top, unsigned int interval)
{
	*top = (struct top){ .interval = interval, .page = 1 };
}

void top_clean(struct top *top)
{
	free(top->rows);
	top->rows = NULL;
}

const char *top_op(const struct top *top)
{
	return top->backends ? "stats.backends" : "stats.services";
}

static void row_name(const json_t *rate, char name[TOP_NAME_LEN])
{
	const char *service = json_string_value(json_object_get(rate,
								"service"));
	const char *addr = json_string_value(json_object_get(rate, "addr"));
	json_int_t port = json_integer_value(json_object_get(rate, "port"));
	bool v6 = addr && strchr(addr, ':');
	char whole[TOP_NAME_LEN / 4] = "";
	size_t used;

	text_quote(service ? service : "-", name, TOP_NAME_LEN);
	if (!addr)
		return;
	text_quote(addr, whole, sizeof(whole));
	used = strlen(name);
	snprintf(name + used, TOP_NAME_LEN - used,
		 v6 ? " [%s]:%" JSON_INTEGER_FORMAT :
		      " %s:%" JSON_INTEGER_FORMAT, whole, port);
}

static void row_fill(struct top_row *row, const json_t *rate)
{
	row_name(rate, row->name);
	for (size_t i = 0; i < TOP_VALUES; i++) {
		row->values[i] = 0;
		for (size_t k = 0; k < 2 && columns[i].keys[k]; k++)
			row->values[i] += (uint64_t)json_integer_value(
				json_object_get(rate, columns[i].keys[k]));
	}
}

static bool is_shown(const struct top *top, const struct top_row *row)
{
	return strstr(row->name, top->filter);
}

/* Shown rows first; numbers in descending, names in ascending order. */
static int row_compare(const void *one, const void *two, void *data)
{
	const struct top_row *a = one, *b = two;
	const struct top *top = data;
	int order = 0;

	if (is_shown(top, a) != is_shown(top, b))
		return is_shown(top, a) ? -1 : 1;
	if (top->sort < TOP_VALUES)
		order = (a->values[top->sort] < b->values[top->sort]) -
			(a->values[top->sort] > b->values[top->sort]);
	if (!order)
		order = strverscmp(a->name, b->name);
	return top->reverse ? -order : order;
}

/* Call when the rows, the filter or the order have changed. */
static void rows_sort(struct top *top)
{
	if (top->n)
		qsort_r(top->rows, top->n, sizeof(*top->rows), row_compare,
			top);
	top->n_shown = 0;
	while (top->n_shown < top->n &&
	       is_shown(top, &top->rows[top->n_shown]))
		top->n_shown++;
}

int top_take(struct top *top, const json_t *rates)
{
	size_t n = json_array_size(rates);
	struct top_row *rows;

	if (!json_is_array(rates))
		return -EPROTO;
	/* One more than needed, because calloc(0) may return NULL. */
	rows = calloc(n + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		row_fill(&rows[i], json_array_get(rates, i));
	free(top->rows);
	top->rows = rows;
	top->n = n;
	rows_sort(top);
	return 0;
}

static void filter_key(struct top *top, int key)
{
	size_t len = strlen(top->filter);

	switch (key) {
	case '\n':
	case '\r':
		top->editing = false;
		return;
	case ESCAPE:
	case TOP_ESCAPE:
		top->editing = false;
		len = 0;
		break;
	case '\b':
	case 0x7f:
	case TOP_BACKSPACE:
		len -= len > 0;
		break;
	default:
		if (key > ' ' && key <= '~' && len < TOP_FILTER_LEN)
			top->filter[len++] = (char)key;
	}
	top->filter[len] = '\0';
	top->first = 0;
	rows_sort(top);
}

static void scroll(struct top *top, int key)
{
	size_t last = top->n_shown > top->page ? top->n_shown - top->page : 0;
	size_t step = key == TOP_PAGE_UP || key == TOP_PAGE_DOWN ?
		      top->page : 1;

	switch (key) {
	case TOP_UP:
	case TOP_PAGE_UP:
		top->first -= top->first < step ? top->first : step;
		break;
	case TOP_DOWN:
	case TOP_PAGE_DOWN:
		top->first += step;
		break;
	case TOP_HOME:
		top->first = 0;
		break;
	case TOP_END:
		top->first = last;
		break;
	}
	if (top->first > last)
		top->first = last;
}

enum top_do top_key(struct top *top, int key)
{
	if (top->editing) {
		filter_key(top, key);
		return TOP_GO_ON;
	}
	switch (key) {
	case 'q':
		return TOP_QUIT;
	case 'b':
		top->backends = !top->backends;
		top->first = 0;
		return TOP_ASK;
	case '/':
		top->editing = true;
		break;
	case ESCAPE:
	case TOP_ESCAPE:
		top->filter[0] = '\0';
		rows_sort(top);
		break;
	case 'r':
		top->reverse = !top->reverse;
		rows_sort(top);
		break;
	case '>':
		top->sort = (top->sort + 1) % (TOP_VALUES + 1);
		rows_sort(top);
		break;
	case '<':
		top->sort = (top->sort + TOP_VALUES) % (TOP_VALUES + 1);
		rows_sort(top);
		break;
	default:
		scroll(top, key);
	}
	return TOP_GO_ON;
}

/* Write @text, cut to @width and to the screen, and move on by @width. */
static void pen_put(struct pen *pen, enum top_style style, const char *text,
		    int width)
{
	char cut[512];
	int room = pen->width - pen->x;

	if (width < room)
		room = width;
	if (room > (int)sizeof(cut) - 1)
		room = (int)sizeof(cut) - 1;
	if (room > 0) {
		snprintf(cut, (size_t)room + 1, "%s", text);
		pen->put(pen->y, pen->x, style, cut, pen->data);
	}
	pen->x += width;
}

static void pen_line(struct pen *pen, int y)
{
	pen->y = y;
	pen->x = 0;
}

/* At most five digits; larger numbers are in thousands, millions, ... */
static const char *number_text(uint64_t value, char text[NUMBER_LEN])
{
	static const char units[] = " kMGTPE";
	double rest = (double)value;
	size_t unit = 0;

	if (value < 100000) {
		snprintf(text, NUMBER_LEN, "%" PRIu64, value);
		return text;
	}
	for (; rest >= 999.95 && units[unit + 1]; unit++)
		rest /= 1000;
	snprintf(text, NUMBER_LEN, "%.1f%c", rest, units[unit]);
	return text;
}

/* The width left for names, at least NAME_WIDTH_MIN. */
static int name_width(int width)
{
	for (size_t i = 0; i < TOP_VALUES; i++)
		width -= columns[i].width;
	return width > NAME_WIDTH_MIN ? width : NAME_WIDTH_MIN;
}

/* A number that is cut off would be wrong: leave out the column. */
static bool column_fits(const struct pen *pen, size_t column)
{
	return pen->x + columns[column].width <= pen->width;
}

static void draw_values(struct pen *pen, const uint64_t values[TOP_VALUES])
{
	char number[NUMBER_LEN], cell[NUMBER_LEN * 2];

	for (size_t i = 0; i < TOP_VALUES && column_fits(pen, i); i++) {
		snprintf(cell, sizeof(cell), "%*s", columns[i].width,
			 number_text(values[i], number));
		pen_put(pen, i == VALUE_FAILED && values[i] ? TOP_ALARM :
							      TOP_PLAIN,
			cell, columns[i].width);
	}
}

static void draw_title(const struct top *top, struct pen *pen)
{
	char every[DURATION_TEXT_LEN], text[512];

	pen_line(pen, 0);
	snprintf(text, sizeof(text),
		 "dnatctl top: %zu of %zu %s, every %s, by %s%s%s%s",
		 top->n_shown, top->n, top->backends ? "backends" : "services",
		 duration_text(top->interval, every, sizeof(every)),
		 top->sort < TOP_VALUES ? columns[top->sort].title : "name",
		 top->reverse ? " in reverse" : "",
		 top->filter[0] ? ", with " : "", top->filter);
	pen_put(pen, TOP_TITLE, text, pen->width);
}

static void draw_sums(const struct top *top, struct pen *pen, int width)
{
	uint64_t sums[TOP_VALUES] = { 0 };

	for (size_t row = 0; row < top->n_shown; row++)
		for (size_t i = 0; i < TOP_VALUES; i++)
			sums[i] += top->rows[row].values[i];
	pen_line(pen, 1);
	pen_put(pen, TOP_PLAIN, "all of them", width);
	draw_values(pen, sums);
}

static void draw_header(const struct top *top, struct pen *pen, int width)
{
	char cell[NUMBER_LEN * 2];

	pen_line(pen, 2);
	snprintf(cell, sizeof(cell), "%-*.*s", width < 40 ? width : 40, 40,
		 top->backends ? "BACKEND" : "SERVICE");
	pen_put(pen, top->sort == TOP_VALUES ? TOP_SORTED : TOP_HEADER, cell,
		width);
	for (size_t i = 0; i < TOP_VALUES && column_fits(pen, i); i++) {
		snprintf(cell, sizeof(cell), "%*s", columns[i].width,
			 columns[i].title);
		pen_put(pen, top->sort == i ? TOP_SORTED : TOP_HEADER, cell,
			columns[i].width);
	}
}

static void draw_foot(const struct top *top, struct pen *pen, int y)
{
	char text[TOP_FILTER_LEN + 16];

	pen_line(pen, y);
	if (top->editing) {
		snprintf(text, sizeof(text), "filter: %s_", top->filter);
		pen_put(pen, TOP_TITLE, text, pen->width);
	} else if (top->note[0]) {
		pen_put(pen, TOP_ALARM, top->note, pen->width);
	} else {
		pen_put(pen, TOP_PLAIN,
			top->backends ?
				"q quit  b services  < > sort  r reverse  / filter" :
				"q quit  b backends  < > sort  r reverse  / filter",
			pen->width);
	}
}

void top_draw(struct top *top, int width, int height, top_put_fn *put,
	      void *data)
{
	struct pen pen = { .put = put, .data = data, .width = width };
	int names = name_width(width);
	size_t row;

	top->page = height > LIST_TOP + 2 ? (size_t)(height - LIST_TOP - 1) : 1;
	scroll(top, TOP_RESIZE);
	draw_title(top, &pen);
	if (height > LIST_TOP) {
		draw_sums(top, &pen, names);
		draw_header(top, &pen, names);
	}
	for (int y = LIST_TOP; y < height - 1; y++) {
		row = top->first + (size_t)(y - LIST_TOP);
		if (row >= top->n_shown)
			break;
		pen_line(&pen, y);
		pen_put(&pen, TOP_PLAIN, top->rows[row].name, names);
		draw_values(&pen, top->rows[row].values);
	}
	if (height > 1)
		draw_foot(top, &pen, height - 1);
}
