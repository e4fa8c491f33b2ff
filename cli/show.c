// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/show.h"

static const struct column service_columns[] = {
	{ "NAME", "name", NULL, false },
	{ "PROTO", "proto", NULL, false },
	{ "VIP", "vip", "port", false },
	{ "MODE", "mode", NULL, false },
	{ "SCHEDULER", "scheduler", NULL, false },
	{ "DEV", "dev", NULL, false },
	{ "FAST", "fast", NULL, false },
	{ "CHECK", "check", NULL, false },
	{ "BACKENDS", "backends", NULL, true },
	{ "UP", "up", NULL, true },
	{ "DRAIN", "drain", NULL, true },
	{ "DOWN", "down", NULL, true },
	{ "LEFT", "left", NULL, true },
	{ 0 }
};

static const struct column backend_columns[] = {
	{ "SERVICE", "service", NULL, false },
	{ "BACKEND", "addr", "port", false },
	{ "WEIGHT", "weight", NULL, true },
	{ "STATE", "state", NULL, false },
	{ "LEFT", "left", NULL, true },
	{ "DEADLINE_IN", "deadline_in", NULL, true },
	{ "UNANSWERED", "unanswered", NULL, true },
	{ "HEALTH", "health", NULL, false },
	{ "FAULT", "health_fault", NULL, false },
	{ 0 }
};

static const struct column pool_columns[] = {
	{ "VIP", "vip", NULL, false },
	{ "PROTO", "proto", NULL, false },
	{ "BACKEND", "backend", "port", false },
	{ "IN_USE", "in_use", NULL, true },
	{ "HALF_OPEN", "half_open", NULL, true },
	{ "CLOSED", "closed", NULL, true },
	{ "CAPACITY", "capacity", NULL, true },
	{ "TAKEN_BACK", "taken_back", NULL, true },
	{ "FAILURES", "failures", NULL, true },
	{ 0 }
};

static const struct column port_columns[] = {
	{ "VIP", "vip", NULL, false },
	{ "PROTO", "proto", NULL, false },
	{ "VDPORT", "vdport", NULL, true },
	{ "BACKENDS", "backends", NULL, true },
	{ 0 }
};

static const struct column connection_columns[] = {
	{ "PROTO", "proto", NULL, false },
	{ "CLIENT", "client", "client_port", false },
	{ "VIP", "vip", "port", false },
	{ "VDPORT", "vdport", NULL, true },
	{ "BACKEND", "backend", "backend_port", false },
	{ "STATE", "state", NULL, false },
	{ "AGE", "age", NULL, true },
	{ 0 }
};

#define COUNT_COLUMNS(per)						\
	{ "CONNECTIONS" per, "connections", NULL, true },		\
	{ "IN_USE", "in_use", NULL, true },				\
	{ "PACKETS_IN" per, "packets_in", NULL, true },			\
	{ "BYTES_IN" per, "bytes_in", NULL, true },			\
	{ "PACKETS_OUT" per, "packets_out", NULL, true },		\
	{ "BYTES_OUT" per, "bytes_out", NULL, true },			\
	{ "EXHAUSTED" per, "exhausted", NULL, true },			\
	{ "NO_MEMORY" per, "no_memory", NULL, true },			\
	{ "TAKEN_BACK" per, "taken_back", NULL, true },			\
	{ "UNANSWERED" per, "unanswered", NULL, true },			\
	{ 0 }

static const struct column service_count_columns[] = {
	{ "SERVICE", "service", NULL, false },
	COUNT_COLUMNS("")
};

static const struct column service_rate_columns[] = {
	{ "SERVICE", "service", NULL, false },
	COUNT_COLUMNS("/s")
};

static const struct column backend_count_columns[] = {
	{ "SERVICE", "service", NULL, false },
	{ "BACKEND", "addr", "port", false },
	COUNT_COLUMNS("")
};

static const struct column backend_rate_columns[] = {
	{ "SERVICE", "service", NULL, false },
	{ "BACKEND", "addr", "port", false },
	COUNT_COLUMNS("/s")
};

static const struct column ended_columns[] = {
	{ "ENDED", "ended", NULL, true },
	{ 0 }
};

static int print_value(FILE *out, const char *name, const json_t *value,
		       struct err *err)
{
	char *text = value_text(value);

	if (!text)
		return err_no_memory(err);
	fprintf(out, "%s%s\n", name, text);
	free(text);
	return 0;
}

static int print_module(FILE *out, const json_t *module, struct err *err)
{
	if (json_is_object(module))
		return print_value(out, "module: ",
				   json_object_get(module, "version"), err);
	fputs("module: not loaded\n", out);
	return 0;
}

static int print_check(FILE *out, const json_t *check, struct err *err)
{
	const json_t *advice = json_object_get(check, "advice");
	bool ok = json_is_true(json_object_get(check, "ok"));
	char *name;
	int ret;

	if (!json_is_string(json_object_get(check, "name")))
		return answer_strange(err);
	name = value_text(json_object_get(check, "name"));
	if (!name)
		return err_no_memory(err);
	fprintf(out, "%s", name);
	free(name);

	ret = print_value(out, ": ", json_object_get(check, "value"), err);
	if (!ret && json_is_string(advice))
		ret = print_value(out, ok ? "  note: " : "  -> ", advice, err);
	return ret;
}

/* Without the module there are no settings: print nothing. */
static int print_vdports(FILE *out, const json_t *vdports, struct err *err)
{
	int ret;

	if (!json_is_object(vdports))
		return 0;
	ret = print_value(out, "vdport range: ",
			  json_object_get(vdports, "range"), err);
	if (!ret)
		ret = print_value(out, "vdports exhausted: ",
				  json_object_get(vdports, "on-exhausted"),
				  err);
	return ret;
}

static void print_down(FILE *out, const json_t *result)
{
	json_int_t down = json_integer_value(json_object_get(result,
							     "backends_down"));

	fprintf(out, "backends down: %" JSON_INTEGER_FORMAT
		" of %" JSON_INTEGER_FORMAT "\n", down,
		json_integer_value(json_object_get(result, "backends")));
	if (down)
		fputs("  -> \"dnatctl backend show health down\" lists them, and what checks found\n",
		      out);
}

int show_status(struct page *page, const json_t *result, struct err *err)
{
	const json_t *allocator = json_object_get(result, "allocator");
	const json_t *checks = json_object_get(result, "checks");
	const struct {
		const char *name;
		const json_t *value;
	} lines[] = {
		{ "allocator: ", json_object_get(allocator, "in_force") },
		{ "allocator asked for: ",
		  json_object_get(allocator, "configured") },
		{ "allocator reason: ", json_object_get(allocator, "reason") },
		{ "services: ", json_object_get(result, "services") },
		{ "backends: ", json_object_get(result, "backends") },
	};
	FILE *out = page->out;
	size_t i;
	int ret;

	if (!json_is_object(allocator) || !json_is_array(checks))
		return answer_strange(err);

	ret = print_value(out, "dnatd: ", json_object_get(result, "version"),
			  err);
	if (!ret)
		ret = print_module(out, json_object_get(result, "module"), err);
	for (i = 0; !ret && i < sizeof(lines) / sizeof(lines[0]); i++)
		ret = print_value(out, lines[i].name, lines[i].value, err);
	print_down(out, result);
	if (!ret)
		ret = print_vdports(out, json_object_get(result, "vdports"),
				    err);
	for (i = 0; !ret && i < json_array_size(checks); i++)
		ret = print_check(out, json_array_get(checks, i), err);
	return ret;
}

static const struct view views[] = {
	{ .op = "service.show", .columns = service_columns },
	{ .op = "backend.show", .columns = backend_columns },
	{ .op = "vdport.show", .columns = pool_columns },
	{ .op = "vdport.ports", .columns = port_columns },
	{ .op = "connection.show", .columns = connection_columns },
	{ .op = "stats", .show = show_stats },
	{
		.op = "stats.services",
		.columns = service_count_columns,
		.rates = service_rate_columns,
	},
	{
		.op = "stats.backends",
		.columns = backend_count_columns,
		.rates = backend_rate_columns,
	},
	{ .op = "connection.del", .columns = ended_columns },
	{ .op = "connection.flush", .columns = ended_columns },
	{ .op = "status", .show = show_status },
};

const struct view *view_find(const char *op)
{
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		if (!strcmp(views[i].op, op))
			return &views[i];
	return NULL;
}
