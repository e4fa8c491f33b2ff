// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "api/programs.h"
#include "base/args.h"
#include "model/model.h"

/* Allowed if the service of this name has the same program now. */
static int program_check(const struct model *model, const json_t *service,
			 const struct peer *peer, struct err *err)
{
	const char *command = args_string(service, "exec-command");
	const char *name = args_string(service, "name");
	const struct service *old;

	if (!command)
		return 0;
	old = name ? model_find(model, name) : NULL;
	if (old && old->check.type == CHECK_EXEC &&
	    !strcmp(old->check.command, command))
		return 0;
	return err_set(err, -EPERM, "exec-command",
		       "user %u may not set exec-command, which makes dnatd run a program; run this as root, or put it in the file that dnatd reads at its start",
		       peer->uid);
}

int programs_check(const struct model *model, const char *op,
		   const json_t *args, const struct peer *peer,
		   struct err *err)
{
	const json_t *services, *service;
	size_t i;

	if (peer->root)
		return 0;
	if (strcmp(op, "config.apply"))
		return program_check(model, args, peer, err);
	services = json_object_get(json_object_get(args, "config"),
				   "services");
	json_array_foreach(services, i, service) {
		int ret = program_check(model, service, peer, err);

		if (ret)
			return ret;
	}
	return 0;
}
