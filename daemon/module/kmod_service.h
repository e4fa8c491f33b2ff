/* SPDX-License-Identifier: GPL-2.0-only */
/* The service ports that the module keeps. */
#ifndef DNAT_KMOD_SERVICE_H
#define DNAT_KMOD_SERVICE_H

#include "conn/conn.h"
#include "module/kmod.h"

/* Collects the module's ports that belong to no service. */
struct service_ports {
	struct conn_names names;
	size_t n, room;
	struct service_port {
		struct conn_end vip;
		uint8_t proto;
	} *strange;		/* ports of no service */
};

/**
 * kmod_services_keep - delete the module's ports that no service uses
 *
 * A dnatd that is killed after it changed the rules and before it deleted the
 * port leaves the port behind.  Each such port is one vdport less.
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_services_keep(struct kmod *kmod, const struct model *model,
		       struct err *err);

/* nl_fn (netlink.h): add the port in @nlh if no service uses it. */
int kmod_parse_service(const struct nlmsghdr *nlh, void *service_ports);

#endif
