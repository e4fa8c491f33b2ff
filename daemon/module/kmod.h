/* SPDX-License-Identifier: GPL-2.0-only */
/* Client of the module's generic netlink family, see uapi/linux/double_nat.h. */
#ifndef DNAT_KMOD_H
#define DNAT_KMOD_H

#include <jansson.h>

#include "common/err.h"
#include "model/vdports.h"

struct kmod;
struct service;
struct nlmsghdr;

/**
 * kmod_open - find the module, letting the kernel load it
 *
 * Return: NULL with @err set where there is no such module (-ENOENT) or the
 *	kernel would not load it; the sentence says why and what to do
 */
struct kmod *kmod_open(struct err *err);
void kmod_close(struct kmod *kmod);

/* The module's version, such as "0.1.0". */
const char *kmod_version(const struct kmod *kmod);

/* The settings in force, none of them unset. */
int kmod_vdports(struct kmod *kmod, struct vdports *vdports, struct err *err);

/* Put those into force that are set. */
int kmod_set_vdports(struct kmod *kmod, const struct vdports *vdports,
		     struct err *err);

/**
 * kmod_service_add - keep the port of @service out of its VIP's vdports
 *
 * Return: 0, also where the module knew; -ENOENT: it was unloaded since it was
 *	found, and is to be found again
 */
int kmod_service_add(struct kmod *kmod, const struct service *service,
		     struct err *err);

/* Undo that; where it was not so, nothing happens. */
void kmod_service_del(struct kmod *kmod, const struct service *service);

/* Find a module that was unloaded, letting the kernel load it. */
int kmod_reopen(struct kmod *kmod, struct err *err);

/* A number that another time of the module's being loaded does not have. */
unsigned int kmod_life(const struct kmod *kmod);

/* nl_fn (netlink.h): append the pool that @nlh tells of to the array @pools. */
int kmod_parse_pool(const struct nlmsghdr *nlh, void *pools);

#endif
