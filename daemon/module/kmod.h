/* SPDX-License-Identifier: GPL-2.0-only */
/* Client of the module's generic netlink family, see uapi/linux/double_nat.h. */
#ifndef DNAT_KMOD_H
#define DNAT_KMOD_H

#include <jansson.h>

#include "common/err.h"
#include "model/vdports.h"
#include "net/netlink.h"

struct kmod;
struct service;

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

/**
 * kmod_get - ask a question that needs no arguments, and take its one answer
 * @cmd: enum dnat_cmd
 * @fn, @data: as for nl_talk()
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_get(struct kmod *kmod, uint8_t cmd, nl_fn fn, void *data,
	     struct err *err);

/**
 * kmod_dump - take a whole list of the module's
 * @cmd: enum dnat_cmd
 * @what: it lists, for @err
 * @fn, @data: as for nl_talk()
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_dump(struct kmod *kmod, uint8_t cmd, const char *what, nl_fn fn,
	      void *data, struct err *err);

/**
 * kmod_request - begin a request to the module
 * @nl: that it will be sent on
 * @buf: as nl_request() wants it
 * @flags: of nl_request()
 * @cmd: enum dnat_cmd
 */
struct nlmsghdr *kmod_request(const struct kmod *kmod, struct nl *nl,
			      void *buf, uint16_t flags, uint8_t cmd);

#endif
