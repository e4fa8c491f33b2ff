// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "engine/dnatd.h"
#include "engine/follow.h"
#include "module/kmod.h"
#include "nft/nft.h"

void jobs_follow(struct dnatd *dnatd)
{
	const char *reason = nft_no_flowtable(dnatd->nft);

	snprintf(dnatd->no_flowtable, sizeof(dnatd->no_flowtable), "%s",
		 reason ? reason : "");
	if (dnatd->in_force == ALLOC_MODULE &&
	    kmod_life(dnatd->kmod) != kmod_life(dnatd->kmod_jobs))
		kmod_reopen(dnatd->kmod, NULL);
}
