// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/columns.h"
#include "common/addr.h"
#include "common/text.h"

/* Number of blanks between two columns. */
#define GAP 2

struct cell {
	size_t at;		/* offset in the grid's text */
	size_t len;
};

/*
 * Rows of n_columns cells.  There may be millions of cells, so all their texts
 * are in one buffer, each with a final NUL.
 */
struct grid {
	const struct column *columns;
	size_t n_columns;
	struct text text;
	struct text cells;	/* an array of struct cell */
	size_t n_rows;
	size_t *widths;		/* page.widths */
};

/* The text of a value. */
struct value {
	char *text;
	size_t len;
};

char *value_text(const json_t *value)
{
	const char *text = json_string_value(value);
	char number[32] = "-";
	size_t size;
	char *quoted;

	if (text) {
		size = 4 * strlen(text) + 1;
		quoted = malloc(size);
		if (quoted)
			text_quote(text, quoted, size);
		return quoted;
	}
	if (json_is_boolean(value))
		return strdup(json_is_true(value) ? "yes" : "no");
	if (json_is_integer(value))
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
	else if (json_is_array(value))
		snprintf(number, sizeof(number), "%zu",
			 json_array_size(value));
	return strdup(number);
}

static bool value_of(const json_t *row, const char *key,
			  struct value *value)
{
	value->text = value_text(json_object_get(row, key));
	value->len = value->text ? strlen(value->text) : 0;
	return value->text;
}

/* @port: the port, if @value is an address; or NULL */
static int cell_add(struct grid *grid, size_t column, const struct value *value,
		    const struct value *port)
{
	bool brackets = port && memchr(value->text, ':', value->len);
	size_t room = value->len + (port ? port->len : 0) + sizeof("[]:");
	char *begin = text_room(&grid->text, room);
	struct cell cell = { .at = grid->text.len };
	char *at = begin;

	if (!at)
		return -ENOMEM;
	if (brackets)
		*at++ = '[';
	at = mempcpy(at, value->text, value->len);
	if (brackets)
		*at++ = ']';
	if (port) {
		*at++ = ':';
		at = mempcpy(at, port->text, port->len);
	}
	*at++ = '\0';
	grid->text.len += (size_t)(at - begin);
	cell.len = (size_t)(at - begin) - 1;
	if (cell.len > grid->widths[column])
		grid->widths[column] = cell.len;
	return text_add(&grid->cells, (const char *)&cell, sizeof(cell));
}

static int grid_add_row(struct grid *grid, const json_t *row)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < grid->n_columns; i++) {
		const char *port_key = grid->columns[i].port_key;
		struct value value, port = { 0 };

		ret = -ENOMEM;
		if (value_of(row, grid->columns[i].key, &value) &&
		    (!port_key || value_of(row, port_key, &port)))
			ret = cell_add(grid, i, &value,
				       port_key ? &port : NULL);
		free(value.text);
		free(port.text);
	}
	grid->n_rows++;
	return ret;
}

static void grid_clean(struct grid *grid)
{
	free(grid->text.buf);
	free(grid->cells.buf);
}

static void grid_init(struct grid *grid, struct page *page,
		      const struct column *columns)
{
	size_t i;

	*grid = (struct grid){ .columns = columns, .widths = page->widths };
	for (i = 0; columns[i].title; i++)
		if (strlen(columns[i].title) > grid->widths[i])
			grid->widths[i] = strlen(columns[i].title);
	grid->n_columns = i;
}

static int grid_fill(struct grid *grid, const struct answer *answer,
		     struct err *err)
{
	const json_t *result = json_object_get(answer->json, "result");
	const json_t *object;
	size_t i;
	int ret = 0;

	if (!json_is_array(result))
		return answer_strange(err);
	json_array_foreach(result, i, object)
		if (!json_is_object(object))
			return answer_strange(err);

	json_array_foreach(result, i, object)
		if (!ret)
			ret = grid_add_row(grid, object);
	return ret ? err_no_memory(err) : 0;
}

/* Compare digits as numbers, so that 10.1.0.9 comes before 10.1.0.11. */
static int row_compare(const void *a, const void *b, void *data)
{
	const struct grid *grid = data;
	const struct cell *left = a;
	const struct cell *right = b;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < grid->n_columns; i++)
		ret = strverscmp(grid->text.buf + left[i].at,
				 grid->text.buf + right[i].at);
	return ret;
}

/* printf() and locking in each call would take a third longer. */
static void blanks_print(FILE *out, size_t n)
{
	while (n--)
		putc_unlocked(' ', out);
}

static void cell_print(FILE *out, const struct grid *grid, size_t column,
		       const char *text, size_t len)
{
	bool last = column + 1 == grid->n_columns;
	size_t blanks = grid->widths[column] - len;
	bool right = grid->columns[column].right;

	blanks_print(out, right ? blanks : 0);
	fwrite_unlocked(text, 1, len, out);
	if (!last)
		blanks_print(out, (right ? 0 : blanks) + GAP);
}

static void grid_print(struct grid *grid, FILE *out, bool header)
{
	struct cell *cell = (struct cell *)grid->cells.buf;
	size_t row, i;

	if (grid->n_rows)
		qsort_r(cell, grid->n_rows, grid->n_columns * sizeof(*cell),
			row_compare, grid);
	for (i = 0; header && i < grid->n_columns; i++)
		cell_print(out, grid, i, grid->columns[i].title,
			   strlen(grid->columns[i].title));
	if (header)
		putc('\n', out);
	for (row = 0; row < grid->n_rows; row++) {
		for (i = 0; i < grid->n_columns; i++, cell++)
			cell_print(out, grid, i, grid->text.buf + cell->at,
				   cell->len);
		putc('\n', out);
	}
}

int columns_print(struct page *page, const struct answer *answer,
		  const struct column *columns, struct err *err)
{
	struct grid grid;
	int ret;

	grid_init(&grid, page, columns);
	ret = grid_fill(&grid, answer, err);
	if (!ret) {
		grid_print(&grid, page->out, !page->begun);
		page->begun = true;
	}
	grid_clean(&grid);
	return ret;
}
