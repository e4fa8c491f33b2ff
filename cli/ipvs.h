/* SPDX-License-Identifier: GPL-2.0-only */
/* What "ipvsadm-save -n" prints, read: of ipvsadm 1.24 to 1.31, of FULLNAT's forks, and as kept
 * by hand for "ipvsadm -R".
 */
#ifndef DNATCTL_IPVS_H
#define DNATCTL_IPVS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "lang/file_errors.h"

enum ipvs_forward {
	IPVS_MASQUERADE,
	IPVS_ROUTE,
	IPVS_TUNNEL,
	IPVS_FULLNAT,
};

struct ipvs_server {
	unsigned int line;
	struct addr addr;
	uint16_t port;		/* host byte order; the service's if the line has none */
	unsigned int weight;
	enum ipvs_forward forward;
	bool thresholds;	/* -x or -y */
};

struct ipvs_service {
	unsigned int line;
	uint8_t proto;		/* IPPROTO_*, 0: it is of a firewall mark */
	struct addr vip;
	uint16_t port;		/* host byte order, 0: all ports */
	unsigned int mark;
	bool mark6;		/* the mark is of IPv6 packets */
	unsigned int local;	/* line of the first local address, 0 for none */
	const char *scheduler;
	const char *engine;	/* --pe, NULL for none */
	bool persistent;
	bool one_packet;
	bool flags;		/* -b */
	size_t n;
	size_t room;
	struct ipvs_server *servers;
};

struct ipvs {
	size_t n;
	size_t room;
	struct ipvs_service *services;	/* in the order of the file */
};

/**
 * ipvs_read - the lines of a file
 * @ipvs: result, for ipvs_clean(), also where there are faults
 * @text: is changed, and @ipvs points into it; see lines_init()
 * @len: its bytes
 * @faults: what is wrong is added
 */
void ipvs_read(struct ipvs *ipvs, char *text, size_t len,
	       struct file_errors *faults);
void ipvs_clean(struct ipvs *ipvs);

#endif
