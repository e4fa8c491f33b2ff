// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "base/log.h"
#include "engine/module_sync.h"
#include "engine/vdports_sync.h"
#include "module/kmod_service.h"

static int module_sync_all(struct dnatd *dnatd, struct err *err)
{
	const struct model *model = dnatd->model;
	int ret = 0;

	for (size_t i = 0; !ret && i < model->n_services; i++)
		ret = kmod_service_add(dnatd->kmod_jobs, model->services[i], err);
	return ret;
}

/* Send settings and services to a module that was reloaded. */
static int tell_all(struct dnatd *dnatd, struct err *err)
{
	int ret = vdports_start(dnatd, err);

	return ret ? ret : module_sync_all(dnatd, err);
}

static int module_again(struct dnatd *dnatd, struct err *err)
{
	int ret = kmod_reopen(dnatd->kmod_jobs, err);

	return ret ? ret : tell_all(dnatd, err);
}

int module_sync_again(struct dnatd *dnatd, bool *changed, struct err *err)
{
	unsigned int before = kmod_life(dnatd->kmod_jobs);
	int ret = kmod_reopen(dnatd->kmod_jobs, err);

	if (ret || kmod_life(dnatd->kmod_jobs) == before)
		return ret;
	*changed = true;
	return tell_all(dnatd, err);
}

int module_sync_start(struct dnatd *dnatd, struct err *err)
{
	struct err kept;
	int ret;

	if (dnatd->in_force != ALLOC_MODULE)
		return 0;
	ret = module_sync_all(dnatd, err);
	if (ret == -ENOENT)
		return module_again(dnatd, err);
	/* Only a warning: a port that stays is just one vdport less. */
	if (!ret && kmod_services_keep(dnatd->kmod_jobs, dnatd->model, &kept))
		say_warning("%s", kept.msg);
	return ret;
}

int module_sync_add(struct dnatd *dnatd, const struct service *service,
		    struct err *err)
{
	int ret;

	if (dnatd->in_force != ALLOC_MODULE)
		return 0;
	ret = kmod_service_add(dnatd->kmod_jobs, service, err);
	if (ret != -ENOENT)
		return ret;
	ret = module_again(dnatd, err);
	return ret ? ret : kmod_service_add(dnatd->kmod_jobs, service, err);
}

void module_sync_del(struct dnatd *dnatd, const struct service *service)
{
	if (dnatd->in_force == ALLOC_MODULE)
		kmod_service_del(dnatd->kmod_jobs, service);
}
