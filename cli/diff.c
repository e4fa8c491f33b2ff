// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/columns.h"
#include "cli/diff.h"
#include "lang/conf.h"

/* The lines of a service before or after; none if it does not exist. */
struct side {
	struct text text;
	size_t n;
	const char **lines;
};

/* Split the text into lines; replaces the newlines by NULs. */
static int split(struct side *side)
{
	char *at = side->text.buf;
	char *end = at + side->text.len;
	size_t lines = 0;

	for (char *p = at; p < end; p++)
		lines += *p == '\n';
	side->lines = calloc(lines + 1, sizeof(*side->lines));
	if (!side->lines)
		return -ENOMEM;
	while (at < end) {
		side->lines[side->n++] = at;
		at = memchr(at, '\n', (size_t)(end - at));
		*at++ = '\0';
	}
	return 0;
}

static void side_clean(struct side *side)
{
	free(side->text.buf);
	free(side->lines);
}

/*
 * Compute the lengths of the longest common subsequences: the element
 * [i * (b->n + 1) + j] is for the lines of @a from i and of @b from j.
 *
 * Return: the caller's to free, NULL when out of memory
 */
static unsigned int *common_lines(const struct side *a, const struct side *b)
{
	size_t width = b->n + 1;
	unsigned int *common = calloc((a->n + 1) * width, sizeof(*common));

	for (size_t i = a->n; common && i--;) {
		for (size_t j = b->n; j--;) {
			unsigned int *at = &common[i * width + j];

			if (!strcmp(a->lines[i], b->lines[j]))
				*at = at[width + 1] + 1;
			else
				*at = at[1] > at[width] ? at[1] : at[width];
		}
	}
	return common;
}

static int print_sides(FILE *out, const struct side *a, const struct side *b)
{
	unsigned int *common = common_lines(a, b);
	size_t width = b->n + 1;
	size_t i = 0, j = 0;

	if (!common)
		return -ENOMEM;
	while (i < a->n || j < b->n) {
		const unsigned int *at = &common[i * width + j];

		if (i < a->n && j < b->n && !strcmp(a->lines[i], b->lines[j])) {
			i++;
			j++;
		} else if (i < a->n && (j == b->n || at[width] >= at[1])) {
			fprintf(out, "-%s\n", a->lines[i++]);
		} else {
			fprintf(out, "+%s\n", b->lines[j++]);
		}
	}
	free(common);
	return 0;
}

/*
 * Print the difference of one object.
 * @before, @after: either may be NULL
 * @put: converts an object to lines
 */
static int print_pair(FILE *out, const json_t *before, const json_t *after,
		      int (*put)(struct text *text, const json_t *json,
				 struct err *err),
		      struct err *err)
{
	struct side a = { 0 }, b = { 0 };
	int ret = 0;

	if (before)
		ret = put(&a.text, before, err);
	if (!ret && after)
		ret = put(&b.text, after, err);
	if (!ret && (split(&a) || split(&b) || print_sides(out, &a, &b)))
		ret = err_no_memory(err);
	side_clean(&a);
	side_clean(&b);
	return ret;
}

static const char *name_of(const json_t *service)
{
	return json_string_value(json_object_get(service, "name"));
}

int diff_print(FILE *out, const json_t *diff, struct err *err)
{
	const json_t *before = json_object_get(diff, "before");
	const json_t *after = json_object_get(diff, "after");
	const json_t *old = json_object_get(before, "services");
	const json_t *new = json_object_get(after, "services");
	size_t i = 0, j = 0;
	int ret;

	if (!json_is_array(old) || !json_is_array(new))
		return answer_strange(err);
	ret = print_pair(out, json_object_get(before, "vdports"),
			 json_object_get(after, "vdports"), conf_put_vdports,
			 err);
	while (!ret && (i < json_array_size(old) || j < json_array_size(new))) {
		const json_t *a = json_array_get(old, i);
		const json_t *b = json_array_get(new, j);
		int order;

		if ((a && !name_of(a)) || (b && !name_of(b)))
			return answer_strange(err);
		order = !a ? 1 : !b ? -1 : strcmp(name_of(a), name_of(b));
		ret = print_pair(out, order <= 0 ? a : NULL,
				 order >= 0 ? b : NULL, conf_put_service, err);
		i += order <= 0;
		j += order >= 0;
	}
	return ret;
}
