/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parse the output of "ipvsadm-save -n": of ipvsadm 1.24 to 1.31, of the forks
 * with FULLNAT, and files for "ipvsadm -R" that were written by hand.
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
	uint16_t port;		/* host byte order; default: the service's */
	unsigned int weight;
	enum ipvs_forward forward;
	bool thresholds;	/* has -x or -y */
};

struct ipvs_service {
	unsigned int line;
	uint8_t proto;		/* IPPROTO_*, 0: for a firewall mark */
	struct addr vip;
	uint16_t port;		/* host byte order, 0: all ports */
	unsigned int mark;
	bool mark6;		/* the mark is for IPv6 packets */
	unsigned int local;	/* line of the first local address, or 0 */
	const char *scheduler;
	const char *engine;	/* --pe, NULL for none */
	bool persistent;
	bool one_packet;
	bool flags;		/* has -b */
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
 * ipvs_read - parse a file
 * @ipvs: result, freed with ipvs_clean(), also after errors
 * @text: modified, and must outlive @ipvs; see lines_init()
 * @len: bytes in @text
 * @faults: errors are added
 */
void ipvs_read(struct ipvs *ipvs, char *text, size_t len,
	       struct file_errors *faults);
void ipvs_clean(struct ipvs *ipvs);

#endif
