// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "model/service.h"
#include "model/vdports.h"
#include "store/journal.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

char *journal_line(json_int_t serial, const struct changes *changes)
{
	json_t *vdports = changes->vdports ?
			  vdports_to_json(changes->vdports) : NULL;
	json_t *services = json_array();
	json_t *deleted = json_array();
	json_t *line;
	char *text;
	int failed = changes->vdports && !vdports;

	for (size_t i = 0; i < changes->n; i++) {
		const struct change *change = &changes->list[i];

		if (change->new)
			failed |= json_array_append_new(services,
					service_to_state(change->new));
		else
			failed |= json_array_append_new(deleted,
					json_string(change->old->name));
	}
	line = json_pack("{s:I, s:o, s:o, s:o*}", "serial", serial, "services",
			 services, "deleted", deleted, "vdports", vdports);
	text = failed ? NULL : json_dumps(line, JSON_COMPACT);
	json_decref(line);
	return text;
}

/*
 * Index @root's services by name.  -EINVAL: dnatd does not write such a list.
 */
static int by_name(const json_t *root, json_t *names)
{
	const json_t *list = json_object_get(root, "services");
	json_t *entry;
	size_t i;

	if (!json_is_array(list))
		return -EINVAL;
	json_array_foreach(list, i, entry) {
		const char *name = args_string(entry, "name");

		if (!name || json_object_get(names, name) ||
		    json_object_set(names, name, entry))
			return -EINVAL;
	}
	return 0;
}

static int line_check(const json_t *line, struct err *err)
{
	static const struct arg_spec spec[] = {
		{ "serial", ARG_INTEGER, true },
		{ "services", ARG_ARRAY, true },
		{ "deleted", ARG_ARRAY, true },
		{ "vdports", ARG_OBJECT, false },
	};
	const json_t *entry;
	size_t i;

	if (!json_is_object(line))
		return err_set(err, -EINVAL, NULL, "is not an object");
	json_array_foreach(json_object_get(line, "services"), i, entry)
		if (!args_string(entry, "name"))
			return err_set(err, -EINVAL, NULL,
				       "a service has no name");
	json_array_foreach(json_object_get(line, "deleted"), i, entry)
		if (!json_is_string(entry))
			return err_set(err, -EINVAL, NULL,
				       "a name is not a string");
	return args_check(line, spec, ARRAY_SIZE(spec), err);
}

static int line_apply(const json_t *line, json_t *names, json_t *root)
{
	json_t *vdports = json_object_get(line, "vdports");
	json_t *entry;
	size_t i;
	int failed = 0;

	json_array_foreach(json_object_get(line, "services"), i, entry)
		failed |= json_object_set(names, args_string(entry, "name"),
					  entry);
	json_array_foreach(json_object_get(line, "deleted"), i, entry) {
		json_object_del(names, json_string_value(entry));
	}
	if (vdports)
		failed |= json_object_set(root, "vdports", vdports);
	return failed ? -ENOMEM : 0;
}

struct replay {
	const char *path;
	json_int_t serial;
	json_t *root;
	json_t *names;
	unsigned int line;
	bool bad;		/* the previous line was not JSON */
};

static int take_line(struct replay *replay, const char *text, size_t len,
		     struct err *err)
{
	struct err rule = { .msg = "is not JSON" };
	json_t *line;
	int ret;

	replay->line++;
	line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (!replay->bad && !line) {
		/* Only an error if another line follows. */
		replay->bad = true;
		return 0;
	}
	ret = replay->bad ? -EINVAL : line_check(line, &rule);
	if (ret)
		ret = err_set(err, ret, NULL, "%s: line %u: %s", replay->path,
			      replay->line - replay->bad, rule.msg);
	else if (json_integer_value(json_object_get(line, "serial")) ==
		 replay->serial)
		ret = line_apply(line, replay->names, replay->root);
	json_decref(line);
	return ret;
}

static int take_lines(struct replay *replay, FILE *file, off_t *end,
		      struct err *err)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = 0;

	while (!ret && (len = getline(&text, &size, file)) > 0) {
		if (text[len - 1] != '\n')
			break;
		ret = take_line(replay, text, (size_t)len, err);
		if (!ret && !replay->bad)
			*end += len;
	}
	free(text);
	return ret;
}

int journal_replay(const char *path, json_int_t serial, json_t *root,
		   off_t *end, struct err *err)
{
	struct replay replay = { path, serial, root, json_object(), 0, false };
	FILE *file = fopen(path, "re");
	json_t *services, *entry;
	const char *name;
	int ret = 0;

	*end = 0;
	if (!file && errno != ENOENT)
		ret = err_set(err, -errno, NULL, "%s: cannot be read: %s%s", path,
			      strerror(errno), err_root_hint(errno));
	/* If the services are invalid, model_from_json() reports it later. */
	if (!file || by_name(root, replay.names))
		goto out;
	ret = take_lines(&replay, file, end, err);
	if (ret || !*end)
		goto out;

	services = json_array();
	json_object_foreach(replay.names, name, entry)
		ret |= json_array_append(services, entry);
	if (json_object_set_new(root, "services", services) || ret)
		ret = err_no_memory(err);
out:
	if (file)
		fclose(file);
	json_decref(replay.names);
	return ret;
}
