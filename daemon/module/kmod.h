/* SPDX-License-Identifier: GPL-2.0-only */
/* Client of the module's generic netlink family, see uapi/linux/double_nat.h. */
#ifndef DNAT_KMOD_H
#define DNAT_KMOD_H

#include <jansson.h>

#include "base/task.h"
#include "common/err.h"
#include "model/vdports.h"
#include "net/netlink.h"

struct conn_filter;
struct kmod;
struct service;

/**
 * kmod_open - connect to the module; the kernel loads it if need be
 *
 * Return: a handle, to be closed with kmod_close(); NULL on error, with the
 *	reason and the remedy in @err
 */
struct kmod *kmod_open(struct err *err);
void kmod_close(struct kmod *kmod);

/* The module's version, such as "0.1.0". */
const char *kmod_version(const struct kmod *kmod);

/* Read the settings in force.  @vdports: result, all of its members are set */
int kmod_vdports(struct kmod *kmod, struct vdports *vdports, struct err *err);

/* Change those settings that are set in @vdports. */
int kmod_set_vdports(struct kmod *kmod, const struct vdports *vdports,
		     struct err *err);

/**
 * kmod_service_add - keep the port of @service out of its VIP's vdports
 *
 * Return: 0, also if the module knew the port already; -ENOENT: the module was
 *	unloaded after kmod_open(), call kmod_reopen(); another negative errno
 */
int kmod_service_add(struct kmod *kmod, const struct service *service,
		     struct err *err);

/* Undo kmod_service_add().  Errors are ignored. */
void kmod_service_del(struct kmod *kmod, const struct service *service);

/* Connect again after the module was unloaded; the kernel loads it. */
int kmod_reopen(struct kmod *kmod, struct err *err);

/* A number that changes each time that the module is loaded. */
unsigned int kmod_life(const struct kmod *kmod);

/**
 * kmod_get - send a command without arguments and read its one answer
 * @cmd: enum dnat_cmd
 * @fn, @data: as for nl_talk()
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_get(struct kmod *kmod, uint8_t cmd, nl_fn fn, void *data,
	     struct err *err);

/**
 * kmod_dump - read a whole list from the module
 * @cmd: enum dnat_cmd
 * @what: what the list contains, for the text in @err
 * @fn, @data: as for nl_talk()
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_dump(struct kmod *kmod, uint8_t cmd, const char *what, nl_fn fn,
	      void *data, struct err *err);

/**
 * kmod_more - do the next step of reading a list from the module
 * @cmd: enum dnat_cmd
 * @filter: what to list, NULL for all
 * @nl: a socket of this list alone, so that other requests do not mix with it;
 *	all zeros for the first step, which opens it and asks.  Each further
 *	step reads one datagram, and the last one closes it.  Stop earlier with
 *	nl_close()
 * @fn, @data: as for nl_talk()
 *
 * The kernel fills the next datagram when one is read, so no step waits.
 *
 * Return: TASK_MORE, TASK_DONE or a negative errno with @err set
 */
int kmod_more(const struct kmod *kmod, uint8_t cmd,
	      const struct conn_filter *filter, struct nl *nl, nl_fn fn,
	      void *data, struct err *err);

#endif
