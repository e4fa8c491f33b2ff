// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/args.h"
#include "common/addr.h"
#include "model/vdports.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *const answers[] = {
	[EXHAUSTED_DROP] = "drop",
	[EXHAUSTED_RESET] = "reset",
};

int vdports_from_json(const json_t *args, struct vdports *vdports,
		      struct err *err)
{
	static const struct arg_spec spec[] = {
		{ "range", ARG_STRING, false },
		{ "on-exhausted", ARG_STRING, false },
	};
	const char *range = args_string(args, "range");
	size_t answer = vdports->on_exhausted;
	int ret = args_check(args, spec, ARRAY_SIZE(spec), err);

	if (!ret && range)
		ret = range_parse(range, "range", &vdports->min, &vdports->max,
				  err);
	if (!ret)
		ret = args_word(args, "on-exhausted", answers,
				ARRAY_SIZE(answers), "drop or reset", &answer,
				err);
	vdports->on_exhausted = (enum on_exhausted)answer;
	return ret;
}

json_t *vdports_to_json(const struct vdports *vdports)
{
	char range[sizeof("65535-65535")];

	snprintf(range, sizeof(range), "%u-%u", vdports->min, vdports->max);
	return json_pack("{s:s*, s:s*}", "range", vdports->min ? range : NULL,
			 "on-exhausted",
			 vdports->on_exhausted ?
				 answers[vdports->on_exhausted] : NULL);
}
