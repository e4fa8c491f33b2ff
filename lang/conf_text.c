// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "common/addr.h"
#include "lang/conf.h"
#include "lang/lines.h"
#include "lang/value.h"

static int put_keyword(struct text *text, const struct arg *arg,
		       const json_t *value, struct err *err)
{
	char buf[VALUE_WORD_LEN];
	const char *word = value_word(value, buf, sizeof(buf));

	if (!word)
		return err_set(err, -EPROTO, arg->name,
			       "%s is not what a keyword takes; are dnatctl and dnatd of the same version?",
			       arg->name);
	if (lines_put(text, arg->name) || lines_put(text, word))
		return err_no_memory(err);
	return 0;
}

/*
 * Append the command for @op, @target and a keyword for each member of @object.
 */
static int put_command(struct text *text, const char *op, const char *target,
		       const json_t *object, struct err *err)
{
	const struct command *command = grammar_op(op);
	const struct arg *arg;
	size_t used = 0;
	int ret = 0;

	/* The name may be two words, which lines_put() would put in quotes. */
	if (lines_put(text, command->object) || text_add(text, " ", 1) ||
	    text_add(text, command->name, strlen(command->name)) ||
	    (target && lines_put(text, target)))
		return err_no_memory(err);
	for (arg = command->args; !ret && arg->name; arg++) {
		const json_t *value = json_object_get(object, arg->name);

		if (!value)
			continue;
		used++;
		ret = put_keyword(text, arg, value, err);
	}
	if (ret)
		return ret;
	if (used != json_object_size(object))
		return err_set(err, -EPROTO, NULL,
			       "\"%s\" has no keyword for all that dnatd keeps; are dnatctl and dnatd of the same version?",
			       op);
	return lines_end(text) ? err_no_memory(err) : 0;
}

int conf_put_vdports(struct text *text, const json_t *vdports,
		       struct err *err)
{
	if (!json_object_size(vdports))
		return 0;
	return put_command(text, "vdport.set", NULL, vdports, err);
}

int conf_put_service(struct text *text, const json_t *service,
		       struct err *err)
{
	const char *name = json_string_value(json_object_get(service, "name"));
	const json_t *backends = json_object_get(service, "backends");
	json_t *rest = json_copy((json_t *)service);
	const json_t *backend;
	size_t i;
	int ret;

	json_object_del(rest, "name");
	json_object_del(rest, "backends");
	ret = name ? put_command(text, "service.add", name, rest, err) :
		     err_set(err, -EPROTO, NULL, "a service has no name");
	json_decref(rest);
	json_array_foreach(backends, i, backend) {
		if (!ret)
			ret = put_command(text, "backend.add", name, backend,
					  err);
	}
	return ret;
}

int conf_put_request(struct text *text, const char *op, const json_t *args)
{
	const struct command *command = grammar_op(op);
	json_t *rest = json_copy((json_t *)args);
	const char *target = NULL;
	int ret = -EPROTO;

	if (command && command->target.name) {
		target = json_string_value(json_object_get(args,
						command->target.name));
		json_object_del(rest, command->target.name);
	}
	if (command)
		ret = put_command(text, op, target, rest, NULL);
	if (!ret)
		text->len--;
	json_decref(rest);
	return ret;
}

int conf_put(struct text *text, const json_t *conf, struct err *err)
{
	const json_t *services = json_object_get(conf, "services");
	const json_t *service;
	size_t i;
	int ret;

	ret = conf_put_vdports(text, json_object_get(conf, "vdports"), err);
	json_array_foreach(services, i, service) {
		if (!ret && text->len && lines_end(text))
			ret = err_no_memory(err);
		if (!ret)
			ret = conf_put_service(text, service, err);
	}
	if (!ret && !json_array_size(services) &&
	    (lines_put(text, "services") || lines_put(text, "none") ||
	     lines_end(text)))
		ret = err_no_memory(err);
	return ret;
}
