// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket's input: lines of requests, carried out on a model.
 *
 * As a libFuzzer target by clang -fsanitize=fuzzer; with -DFUZZ_STANDALONE it
 * runs the corpus below and the files it is given.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/protocol.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int carry_out(const char *op, const json_t *args,
		     const struct peer *peer, json_t **result,
		     struct long_answer **parts, struct err *err, void *data)
{
	struct model *model = data;
	struct change change;
	int ret;

	(void)peer;
	(void)parts;
	if (!strcmp(op, "service.show")) {
		*result = model_to_json(model);
		return 0;
	}
	ret = model_plan(model, op, args, &change, err);
	if (ret)
		return ret;
	model_commit(model, &change);
	*result = json_null();
	return 0;
}

/* An answer is one line of JSON, a refusal has a reason. */
static void check(const char *answer)
{
	const json_t *error;
	json_t *root;

	if (!answer)
		abort();
	root = json_loads(answer, JSON_REJECT_DUPLICATES, NULL);
	error = json_object_get(root, "error");
	if (!root || strchr(answer, '\n') != answer + strlen(answer) - 1 ||
	    json_is_true(json_object_get(root, "ok")) == !!error)
		abort();
	if (error && !json_string_length(json_object_get(error, "msg")))
		abort();
	json_decref(root);
}

/* Whatever was asked for, the model obeys its own rules. */
static void check_model(const struct model *model)
{
	json_t *root = model_to_json(model);
	struct model *again = model_from_json(root, NULL);

	if (!again)
		abort();
	model_free(again);
	json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model *model = model_new();
	const char *at = (const char *)data;
	const char *end = at + size;

	while (model && at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		const struct peer peer = { 0 };
		struct long_answer *parts;
		char *answer;

		if (!stop)
			stop = end;
		answer = protocol_answer(at, (size_t)(stop - at), carry_out,
					 &peer, model, &parts);
		check(answer);
		free(answer);
		at = stop + 1;
	}
	if (model)
		check_model(model);
	model_free(model);
	return 0;
}

#ifdef FUZZ_STANDALONE
#define ADD "{\"op\":\"service.add\",\"args\":{\"name\":\"web\",\"vip\":\"192.0.2.10\",\"port\":80}}\n"
#define BACKEND "{\"op\":\"backend.add\",\"args\":{\"service\":\"web\",\"addr\":\"10.1.0.11\"}}\n"

static const char *const corpus[] = {
	"", "\n", "{", "{}", "[]", "null", "\"op\"", "{\"op\":\"\"}",
	"{\"op\":\"x\",\"args\":{}}", "{\"op\":1}", "{\"op\":\"x\",\"op\":\"x\"}",
	"{\"op\":\"\\u0000\"}", "{\"op\":\"\xff\"}", "{\"op\":\"\\ud800\"}",
	"{\"op\":\"service.show\"}", ADD, ADD ADD, ADD BACKEND, ADD BACKEND BACKEND,
	ADD "{\"op\":\"service.del\",\"args\":{\"name\":\"web\"}}\n" ADD,
	ADD "{\"op\":\"service.set\",\"args\":{\"name\":\"web\",\"dev\":\"a/b\"}}",
	ADD "{\"op\":\"service.set\",\"args\":{\"name\":\"web\",\"scheduler\":\"wrr\",\"dev\":null}}",
	ADD BACKEND "{\"op\":\"backend.set\",\"args\":{\"service\":\"web\",\"addr\":\"10.1.0.11\",\"weight\":0}}",
	ADD BACKEND "{\"op\":\"backend.set\",\"args\":{\"service\":\"web\",\"addr\":\"10.1.0.11\",\"weight\":9223372036854775807}}",
	ADD BACKEND "{\"op\":\"backend.del\",\"args\":{\"service\":\"web\",\"addr\":\"10.1.0.11\",\"port\":81}}",
	"{\"op\":\"service.add\",\"args\":{\"name\":\"\\u001b[31m\",\"vip\":\"::1\",\"port\":1}}",
	"{\"op\":\"service.add\",\"args\":{\"\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\":1}}",
	"{\"op\":\"service.add\",\"args\":{\"name\":\"a\",\"vip\":\"2001:db8::1\",\"port\":1e999}}",
	"{\"op\":\"service.add\",\"args\":{\"name\":\"a\",\"vip\":\"2001:db8::1\",\"port\":99999999999999999999}}",
};

#include "standalone.h"
#endif
