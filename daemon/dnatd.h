/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running daemon holds. */
#ifndef DNAT_DNATD_H
#define DNAT_DNATD_H

#include "kmod.h"
#include "model.h"
#include "nft.h"
#include "ruleset.h"

struct dnatd {
	const char *state_path;
	struct model *model;
	struct nft *nft;
	struct kmod *kmod;		/* NULL where there is no module */
	enum allocator configured;
	enum allocator in_force;	/* never ALLOC_AUTO */
	char reason[512];		/* why in_force is what it is */
};

#endif
