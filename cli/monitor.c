// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/columns.h"
#include "cli/run.h"
#include "common/addr.h"

struct monitor {
	FILE *out;
	bool json;
	bool pretty;
};

static int print_value(FILE *out, const json_t *value)
{
	char *text = value_text(value);

	if (!text)
		return -ENOMEM;
	fprintf(out, strchr(text, ' ') ? " \"%s\"" : " %s", text);
	free(text);
	return 0;
}

/* "2026-11-25T13:14:15.678Z change op service.add uid 0 service web" */
static int print_line(FILE *out, json_t *event)
{
	const char *when = json_string_value(json_object_get(event, "time"));
	char quoted[80];
	json_t *value;
	const char *key;
	int ret;

	if (!when)
		return -EPROTO;
	fputs(text_quote(when, quoted, sizeof(quoted)), out);
	ret = print_value(out, json_object_get(event, "event"));
	json_object_foreach(event, key, value) {
		if (ret || !strcmp(key, "time") || !strcmp(key, "event"))
			continue;
		fprintf(out, " %s", text_quote(key, quoted, sizeof(quoted)));
		ret = print_value(out, value);
	}
	putc('\n', out);
	return ret;
}

static int print_event(const struct monitor *monitor, json_t *event)
{
	size_t flags = JSON_ENSURE_ASCII |
		       (monitor->pretty ? JSON_INDENT(2) : JSON_COMPACT);

	if (!monitor->json)
		return print_line(monitor->out, event);
	if (json_dumpf(event, monitor->out, flags))
		return -EPIPE;
	putc('\n', monitor->out);
	return 0;
}

/* Print the events of a part and flush, so that they are seen at once. */
static int take_events(const struct answer *answer, void *data,
		       struct err *err)
{
	const struct monitor *monitor = data;
	json_t *event;
	size_t i;
	int ret = answer_check(answer, err);

	if (ret)
		return ret;
	if (!json_is_array(answer->result))
		return answer_strange(err);
	json_array_foreach(answer->result, i, event) {
		if (!ret)
			ret = json_is_object(event) ?
				      print_event(monitor, event) : -EPROTO;
	}
	if (ret == -EPROTO)
		return answer_strange(err);
	if (ret == -ENOMEM)
		return err_no_memory(err);
	return fflush(monitor->out) || ferror(monitor->out) ? -EPIPE : 0;
}

/* Runs until it is killed, its output is closed, or dnatd ends. */
int run_monitor(const struct cli *cli, struct err *err)
{
	struct monitor monitor = { stdout, cli->json, cli->pretty };
	int ret = client_follow(cli->socket, cli->command->op, cli->args,
				take_events, &monitor, err);

	return ret == -EPIPE ? EXIT_DONE : run_status(ret);
}
