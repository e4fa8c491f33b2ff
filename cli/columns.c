// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/columns.h"
#include "common/addr.h"

/* Rows of n_columns cells. */
struct grid {
	const struct column *columns;
	size_t n_columns;
	char **cells;
	size_t n;		/* number of cells */
	size_t *widths;		/* page.widths */
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

/* Return: the caller's to free, NULL when out of memory */
static char *cell_text(const json_t *row, const struct column *column)
{
	char *addr = value_text(json_object_get(row, column->key));
	char *port, *both = NULL;

	if (!column->port_key || !addr)
		return addr;
	port = value_text(json_object_get(row, column->port_key));
	if (port && asprintf(&both, strchr(addr, ':') ? "[%s]:%s" : "%s:%s",
			     addr, port) < 0)
		both = NULL;
	free(addr);
	free(port);
	return both;
}

static int grid_add_row(struct grid *grid, const json_t *row)
{
	for (size_t i = 0; i < grid->n_columns; i++) {
		char *text = cell_text(row, &grid->columns[i]);
		size_t len;

		if (!text)
			return -ENOMEM;
		len = strlen(text);
		if (len > grid->widths[i])
			grid->widths[i] = len;
		grid->cells[grid->n++] = text;
	}
	return 0;
}

static void grid_clean(struct grid *grid)
{
	while (grid->n)
		free(grid->cells[--grid->n]);
	free(grid->cells);
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

static int grid_fill(struct grid *grid, const json_t *list, struct err *err)
{
	const json_t *row;
	size_t i;

	if (!json_is_array(list))
		return answer_strange(err);
	/* + 1, because calloc(0) may return NULL. */
	grid->cells = calloc(json_array_size(list) * grid->n_columns + 1,
			     sizeof(*grid->cells));
	if (!grid->cells)
		return err_no_memory(err);
	json_array_foreach(list, i, row) {
		if (!json_is_object(row))
			return answer_strange(err);
		if (grid_add_row(grid, row))
			return err_no_memory(err);
	}
	return 0;
}

/* Compare digits as numbers, so that 10.1.0.9 comes before 10.1.0.11. */
static int row_compare(const void *a, const void *b, void *data)
{
	const struct grid *grid = data;
	char *const *left = a;
	char *const *right = b;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < grid->n_columns; i++)
		ret = strverscmp(left[i], right[i]);
	return ret;
}

static void cell_print(FILE *out, const struct grid *grid, size_t column,
		       const char *text)
{
	bool last = column + 1 == grid->n_columns;
	int width = (int)grid->widths[column];

	if (grid->columns[column].right)
		fprintf(out, "%*s", width, text);
	else
		fprintf(out, "%-*s", last ? 0 : width, text);
	fputs(last ? "\n" : "  ", out);
}

static void grid_print(struct grid *grid, FILE *out, bool header)
{
	size_t n = grid->n_columns;

	qsort_r(grid->cells, grid->n / n, n * sizeof(*grid->cells), row_compare,
		grid);
	for (size_t i = 0; header && i < n; i++)
		cell_print(out, grid, i, grid->columns[i].title);
	for (size_t i = 0; i < grid->n; i++)
		cell_print(out, grid, i % n, grid->cells[i]);
}

int columns_print(struct page *page, const json_t *list,
		  const struct column *columns, struct err *err)
{
	struct grid grid;
	int ret;

	grid_init(&grid, page, columns);
	ret = grid_fill(&grid, list, err);
	if (!ret) {
		grid_print(&grid, page->out, !page->begun);
		page->begun = true;
	}
	grid_clean(&grid);
	return ret;
}
