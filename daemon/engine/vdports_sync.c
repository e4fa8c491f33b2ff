// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "base/log.h"
#include "engine/vdports_sync.h"
#include "module/kmod.h"

/* @wanted; settings that only @before has get the default. */
static struct vdports with_defaults(const struct vdports *wanted,
				    const struct vdports *before)
{
	struct vdports put = *wanted;

	if (!put.min && before->min) {
		put.min = VDPORTS_MIN;
		put.max = VDPORTS_MAX;
	}
	if (!put.on_exhausted && before->on_exhausted)
		put.on_exhausted = EXHAUSTED_RESET;
	return put;
}

const char *vdports_note(const struct dnatd *dnatd,
			 const struct vdports *vdports)
{
	if (dnatd->in_force == ALLOC_MODULE ||
	    (!vdports->min && !vdports->on_exhausted))
		return NULL;
	return "vdport set is kept and has no effect: the module alone hands out vdports, and allocator nf_nat is in force; see \"dnatctl status\"";
}

int vdports_put(struct dnatd *dnatd, const struct vdports *vdports,
		struct vdports *was, struct err *err)
{
	struct vdports put = with_defaults(vdports, &dnatd->model->vdports);
	int ret;

	if (dnatd->in_force != ALLOC_MODULE)
		return 0;
	ret = kmod_vdports(dnatd->kmod_jobs, was, err);
	return ret ? ret : kmod_set_vdports(dnatd->kmod_jobs, &put, err);
}

void vdports_back(struct dnatd *dnatd, const struct vdports *was)
{
	if (dnatd->in_force == ALLOC_MODULE)
		kmod_set_vdports(dnatd->kmod_jobs, was, NULL);
}

void vdports_drop(struct dnatd *dnatd, const struct vdports *before)
{
	struct vdports put = with_defaults(&dnatd->model->vdports, before);

	if (dnatd->in_force == ALLOC_MODULE && (put.min || put.on_exhausted))
		kmod_set_vdports(dnatd->kmod_jobs, &put, NULL);
}

int vdports_plan(const struct dnatd *dnatd, const json_t *args,
		 struct vdports *vdports, struct err *err)
{
	struct vdports asked = { 0 };
	int ret = vdports_from_json(args, &asked, err);

	if (!ret && dnatd->in_force != ALLOC_MODULE)
		ret = err_set(err, -EOPNOTSUPP, NULL,
			      "vdports are set in the module only, and allocator nf_nat is in force; see status");
	if (!ret && !asked.min && !asked.on_exhausted)
		ret = err_set(err, -EINVAL, NULL,
			      "nothing to change; give range or on-exhausted");
	return ret ? ret : vdports_from_json(args, vdports, err);
}

int vdports_start(struct dnatd *dnatd, struct err *err)
{
	const struct vdports *kept = &dnatd->model->vdports;
	const char *note = vdports_note(dnatd, kept);

	if (note)
		say_warning("note: %s", note);
	if (dnatd->in_force != ALLOC_MODULE ||
	    (!kept->min && !kept->on_exhausted))
		return 0;
	return kmod_set_vdports(dnatd->kmod_jobs, kept, err);
}
