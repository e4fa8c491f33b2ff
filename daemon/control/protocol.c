// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "base/json_text.h"
#include "base/loop.h"
#include "common/addr.h"
#include "common/text.h"
#include "control/protocol.h"

/* Return: @answer as text with a newline; @answer is freed */
static char *answer_line(json_t *answer)
{
	struct text text = { 0 };

	if (text_json(&text, answer) || text_add(&text, "\n", sizeof("\n"))) {
		free(text.buf);
		return NULL;
	}
	return text.buf;
}

/* @errors is freed and may be NULL. */
static char *refusal(int error, const struct err *err, json_t *errors)
{
	const char *name = strerrorname_np(-error);
	char arg[sizeof(err->arg)];
	char msg[sizeof(err->msg)];

	/*
	 * JSON must be UTF-8.  Text from elsewhere may be in another encoding
	 * or may end within a character.
	 */
	text_quote(err->arg, arg, sizeof(arg));
	text_quote(err->msg, msg, sizeof(msg));
	return answer_line(json_pack("{s:b, s:{s:s, s:s, s:s, s:o*}}", "ok", 0,
				     "error", "errno", name ? name : "EIO",
				     "arg", arg, "msg", msg, "errors", errors));
}

char *protocol_refusal(int error, const struct err *err)
{
	return refusal(error, err, NULL);
}

static int request_parse(const char *line, size_t len, json_t **request,
			 struct err *err)
{
	json_error_t error;
	char quoted[200];

	*request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (!*request)
		return err_set(err, -EINVAL, NULL,
			       "the request is not JSON: column %d: %s",
			       error.column,
			       text_quote(error.text, quoted, sizeof(quoted)));
	return 0;
}

/* Adds empty args if they are missing. */
static int request_check(json_t *request, struct err *err)
{
	const char *key;
	json_t *value;

	if (!json_is_object(request))
		return err_set(err, -EINVAL, NULL,
			       "a request is an object with op and args");
	json_object_foreach(request, key, value) {
		char quoted[64];

		if (!strcmp(key, "op") || !strcmp(key, "args"))
			continue;
		text_quote(key, quoted, sizeof(quoted));
		return err_set(err, -EINVAL, quoted,
			       "a request has op and args, not \"%s\"", quoted);
	}

	if (!json_is_string(json_object_get(request, "op")))
		return err_set(err, -EINVAL, "op",
			       "op is missing or not a string");
	if (!json_object_get(request, "args") &&
	    json_object_set_new(request, "args", json_object()))
		return err_no_memory(err);
	if (!json_is_object(json_object_get(request, "args")))
		return err_set(err, -EINVAL, "args", "args is not an object");
	return 0;
}

static int part_begin(struct text *line, bool whole)
{
	static const char begin[] = "{\"ok\":true,\"result\":[";

	return line->len ? 0 :
	       text_add(line, begin, strlen(begin) - whole);
}

/* Appends the terminating NUL, too. */
static int part_end(struct text *line, bool whole, bool more)
{
	const char *end = more ? "],\"more\":true}\n" : "]}\n";

	if (whole)
		end = "}\n";
	return text_add(line, end, strlen(end) + 1);
}

bool protocol_part(struct long_answer **parts, struct text *line, char **answer)
{
	struct err err = { .msg = "dnatd failed without a reason" };
	bool whole = (*parts)->whole;
	int ret = part_begin(line, whole) ? err_no_memory(&err) : 0;

	*answer = NULL;
	if (!ret)
		ret = whole ? loop_run(&(*parts)->task, line, &err) :
			      (*parts)->task.step(&(*parts)->task, line, &err);
	if (ret == TASK_LATER)
		return false;
	if (ret == 1 && whole)
		return true;
	if (ret >= 0 && part_end(line, whole, ret))
		ret = err_no_memory(&err);
	*answer = line->buf;
	if (ret < 0) {
		free(line->buf);
		*answer = refusal(ret, &err, json_incref((*parts)->errors));
	}
	*line = (struct text){ 0 };
	if (ret <= 0 || !*answer) {
		long_answer_free(*parts);
		*parts = NULL;
	}
	return true;
}

int protocol_parse(const char *line, size_t len, json_t **request,
		   struct err *err)
{
	int ret = request_parse(line, len, request, err);

	return ret ? ret : request_check(*request, err);
}

char *protocol_answer(const char *line, size_t len, control_fn fn,
		      const struct peer *peer, void *data,
		      struct long_answer **parts)
{
	struct err err = { .msg = "dnatd failed without a reason" };
	json_t *request = NULL;
	json_t *result = NULL;
	char *answer;
	int ret;

	*parts = NULL;
	ret = protocol_parse(line, len, &request, &err);
	if (!ret)
		ret = fn(args_string(request, "op"),
			 json_object_get(request, "args"), peer, &result,
			 parts, &err, data);
	if (ret)
		answer = refusal(ret, &err, result);
	else if (*parts)
		answer = NULL;
	else
		answer = answer_line(json_pack("{s:b, s:o}", "ok", 1, "result",
					       result));
	json_decref(request);
	return answer;
}
