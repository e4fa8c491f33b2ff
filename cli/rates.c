// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/columns.h"
#include "cli/rates.h"

/* Enough bytes for a service's name, an address and a port. */
#define ROW_NAME_LEN 160

double rates_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Is it a number that is not a total? */
static bool is_no_counter(const char *name)
{
	return !strcmp(name, "in_use") || !strcmp(name, "port");
}

static json_t *rate(const json_t *before, const json_t *now, double seconds)
{
	json_int_t was = json_integer_value(before);
	json_int_t is = json_integer_value(now);
	json_int_t whole;
	double exact;

	if (is < was)
		was = 0;
	if (seconds <= 0)
		seconds = 1;
	exact = (double)(is - was) / seconds;
	whole = (json_int_t)exact;
	return json_integer(whole + ((double)whole < exact));
}

static json_t *rates_of_object(const json_t *before, const json_t *now,
			       double seconds)
{
	json_t *rates = json_object();
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)now, name, value) {
		const json_t *was = json_object_get(before, name);
		json_t *one;

		if (json_is_object(value))
			one = rates_of_object(was, value, seconds);
		else if (!json_is_integer(value) || is_no_counter(name))
			one = json_incref(value);
		else
			one = rate(was, value, seconds);
		if (json_object_set_new(rates, name, one)) {
			json_decref(rates);
			return NULL;
		}
	}
	return rates;
}

/* The key of a row, which is unique. */
static void row_name(const json_t *row, char name[ROW_NAME_LEN])
{
	snprintf(name, ROW_NAME_LEN, "%s %s %" JSON_INTEGER_FORMAT,
		 answer_text(row, "service"), answer_text(row, "addr"),
		 json_integer_value(json_object_get(row, "port")));
}

/* An object with the rows of @list by their keys. */
static json_t *rows_by_name(const json_t *list)
{
	json_t *index = json_object();
	char name[ROW_NAME_LEN];
	json_t *row;
	size_t i;

	json_array_foreach(list, i, row) {
		row_name(row, name);
		json_object_set(index, name, row);
	}
	return index;
}

static json_t *rates_of_list(const json_t *before, const json_t *now,
			     double seconds)
{
	json_t *index = rows_by_name(before);
	json_t *rates = json_array();
	char name[ROW_NAME_LEN];
	json_t *row;
	size_t i;

	json_array_foreach(now, i, row) {
		row_name(row, name);
		if (json_array_append_new(rates,
				rates_of_object(json_object_get(index, name),
						row, seconds))) {
			json_decref(rates);
			rates = NULL;
			break;
		}
	}
	json_decref(index);
	return rates;
}

json_t *rates_of(const json_t *before, const json_t *now, double seconds)
{
	return json_is_array(now) ? rates_of_list(before, now, seconds) :
				    rates_of_object(before, now, seconds);
}

static json_int_t sum(const json_t *object)
{
	json_int_t total = 0;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
		total += json_integer_value(value);
	return total;
}

int show_rates(struct page *page, const json_t *result, struct err *err)
{
	static const struct column columns[] = {
		{ "BEGUN/s", "begun", NULL, true },
		{ "ENDED/s", "ended", NULL, true },
		{ "IN_USE", "in_use", NULL, true },
		{ "TAKEN_BACK/s", "taken_back", NULL, true },
		{ "EXHAUSTED/s", "exhausted", NULL, true },
		{ "NO_MEMORY/s", "no_memory", NULL, true },
		{ "FAST/s", "fast", NULL, true },
		{ "SLOW/s", "slow", NULL, true },
		{ 0 }
	};
	json_int_t slow = sum(json_object_get(result, "slow"));
	json_t *row = json_copy((json_t *)result);
	json_t *list = json_pack("[o]", row);
	int ret;

	if (!list || json_object_set_new(row, "slow", json_integer(slow)))
		ret = err_no_memory(err);
	else
		ret = columns_print(page, list, columns, err);
	json_decref(list);
	return ret;
}
