/* SPDX-License-Identifier: GPL-2.0-only */
/* The service ports that the module knows of. */
#ifndef DNAT_KMOD_SERVICE_H
#define DNAT_KMOD_SERVICE_H

#include "conn/conn.h"
#include "module/kmod.h"

/* They, and the services that they may be of. */
struct service_ports {
	struct conn_names names;
	size_t n, room;
	struct service_port {
		struct conn_end vip;
		uint8_t proto;
	} *strange;		/* those that are of none */
};

/**
 * kmod_services_keep - have the module forget ports that no service has
 *
 * A dnatd that was killed between the rules and its word to the module leaves
 * some behind, each of them one vdport less.
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_services_keep(struct kmod *kmod, const struct model *model,
		       struct err *err);

/* nl_fn (netlink.h): add the port that @nlh tells of to struct service_ports. */
int kmod_parse_service(const struct nlmsghdr *nlh, void *service_ports);

#endif
