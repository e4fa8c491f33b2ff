// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state file's content: refused with a reason, or a model that is written
 * and read again as the same.
 *
 * As a libFuzzer target by clang -fsanitize=fuzzer; with -DFUZZ_STANDALONE it
 * runs the corpus below and the files it is given.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct model *model)
{
	json_t *first = model_to_json(model);
	struct model *again = model_from_json(first, NULL);
	json_t *second;

	if (!again)
		abort();
	second = model_to_json(again);
	if (!json_equal(first, second))
		abort();
	json_decref(first);
	json_decref(second);
	model_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { .msg = "" };
	struct model *model;
	json_t *root;

	root = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES,
			  NULL);
	if (!root)
		return 0;
	model = model_from_json(root, &err);
	if (model)
		check_same(model);
	else if (!err.msg[0])
		abort();
	model_free(model);
	json_decref(root);
	return 0;
}

#ifdef FUZZ_STANDALONE
#define STATE(services) "{\"version\":1,\"services\":[" services "]}"
#define SERVICE(backends) \
	"{\"name\":\"web\",\"vip\":\"192.0.2.10\",\"port\":80,\"proto\":\"tcp\"," \
	"\"mode\":\"double-nat\",\"scheduler\":\"wrr\",\"dev\":\"eth0\",\"backends\":[" \
	backends "]}"
#define BACKEND "{\"addr\":\"10.1.0.11\",\"port\":8080,\"weight\":3}"

static const char *const corpus[] = {
	"", "{}", "[]", "{\"version\":1}", STATE(""), STATE("1"), STATE("{}"),
	STATE(SERVICE("")), STATE(SERVICE(BACKEND)),
	STATE(SERVICE(BACKEND "," BACKEND)),
	STATE(SERVICE("") "," SERVICE("")), STATE(SERVICE("null")),
	STATE(SERVICE("{\"addr\":\"10.1.0.11\",\"port\":-1}")),
	STATE(SERVICE("{\"addr\":\"10.1.0.11\",\"weight\":257}")),
	STATE(SERVICE("{\"addr\":\"fd00::1\"}")),
	"{\"version\":1,\"services\":[],\"services\":[]}",
	"{\"version\":18446744073709551617,\"services\":[]}",
	"{\"version\":1,\"services\":[{\"name\":\"a\",\"vip\":\"2001:db8::1\",\"port\":1}]}",
};

#include "standalone.h"
#endif
