// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "columns.h"

/* Columns are parted by this many blanks. */
#define GAP 2

/* n_rows lines of n_columns texts each, one after the other. */
struct grid {
	size_t n_rows;
	size_t n_columns;
	char **cells;
	int *widths;		/* the page's */
};

int answer_strange(struct err *err)
{
	return err_set(err, -EPROTO, NULL,
		       "the answer makes no sense; are dnatctl and dnatd of the same version?");
}

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

static char *endpoint_text(const json_t *addr, const json_t *port)
{
	char *host = value_text(addr);
	char *number = value_text(port);
	char *text = NULL;
	size_t size;

	if (host && number) {
		size = strlen(host) + strlen(number) + sizeof("[]:");
		text = malloc(size);
	}
	if (text)
		snprintf(text, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s",
			 host, number);
	free(host);
	free(number);
	return text;
}

static char *cell_text(const json_t *row, const struct column *column)
{
	const json_t *value = json_object_get(row, column->key);

	if (column->port_key)
		return endpoint_text(value,
				     json_object_get(row, column->port_key));
	return value_text(value);
}

static void grid_clean(struct grid *grid)
{
	size_t i;

	for (i = 0; grid->cells && i < grid->n_rows * grid->n_columns; i++)
		free(grid->cells[i]);
	free(grid->cells);
}

static void width_grow(int *width, const char *text)
{
	int len = (int)strlen(text);

	if (len > *width)
		*width = len;
}

static int grid_init(struct grid *grid, struct page *page, const json_t *rows,
		     const struct column *columns, struct err *err)
{
	size_t row, col;

	*grid = (struct grid){ .n_rows = json_array_size(rows),
			       .widths = page->widths };
	while (columns[grid->n_columns].title)
		grid->n_columns++;

	/* One more than needed: calloc(0) may give NULL. */
	grid->cells = calloc(grid->n_rows * grid->n_columns + 1,
			     sizeof(*grid->cells));
	if (!grid->cells)
		goto nomem;

	for (col = 0; col < grid->n_columns; col++)
		width_grow(&grid->widths[col], columns[col].title);

	for (row = 0; row < grid->n_rows; row++) {
		const json_t *object = json_array_get(rows, row);
		char **cells = grid->cells + row * grid->n_columns;

		if (!json_is_object(object)) {
			grid_clean(grid);
			return answer_strange(err);
		}
		for (col = 0; col < grid->n_columns; col++) {
			cells[col] = cell_text(object, &columns[col]);
			if (!cells[col])
				goto nomem;
			width_grow(&grid->widths[col], cells[col]);
		}
	}
	return 0;

nomem:
	grid_clean(grid);
	return err_set(err, -ENOMEM, NULL, "out of memory");
}

/* By number where there are numbers, so that 10.1.0.9 comes before 10.1.0.11. */
static int row_compare(const void *a, const void *b, void *n_columns)
{
	char *const *left = a;
	char *const *right = b;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < *(size_t *)n_columns; i++)
		ret = strverscmp(left[i], right[i]);
	return ret;
}

static void line_print(FILE *out, const struct grid *grid,
		       const struct column *columns, char *const *cells)
{
	size_t i;

	for (i = 0; i < grid->n_columns; i++) {
		const char *text = cells ? cells[i] : columns[i].title;
		bool last = i + 1 == grid->n_columns;
		int width = grid->widths[i];

		if (columns[i].right)
			fprintf(out, "%*s", width, text);
		else
			fprintf(out, "%-*s", last ? 0 : width, text);
		if (!last)
			fprintf(out, "%*s", GAP, "");
	}
	fputc('\n', out);
}

int columns_print(struct page *page, const json_t *rows,
		  const struct column *columns, struct err *err)
{
	struct grid grid;
	size_t i;
	int ret;

	if (!json_is_array(rows))
		return answer_strange(err);
	ret = grid_init(&grid, page, rows, columns, err);
	if (ret)
		return ret;

	qsort_r(grid.cells, grid.n_rows, grid.n_columns * sizeof(*grid.cells),
		row_compare, &grid.n_columns);
	if (!page->begun)
		line_print(page->out, &grid, columns, NULL);
	page->begun = true;
	for (i = 0; i < grid.n_rows; i++)
		line_print(page->out, &grid, columns,
			   grid.cells + i * grid.n_columns);
	grid_clean(&grid);
	return 0;
}
