/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to host*.c: the checks and what they share. */
#ifndef DNAT_HOST_PART_H
#define DNAT_HOST_PART_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/types.h"
#include "nft/foreign.h"

/* The state of one run of the checks. */
struct checks {
	const char *proc;		/* where procfs is mounted */
	const struct model *model;	/* the services, which it must suit */
	unsigned int ports;		/* vdports towards one backend */
	const struct foreign_found *foreign;	/* NULL: not known yet */
	json_t *list;			/* results; NULL when out of memory */
};

#define ADVICE_LEN 512

/*
 * Advice to set a sysctl, now and at each boot (sysctl.d(5)).  Arguments: name
 * and value, twice.
 */
#define ADVICE_SYSCTL \
	"sysctl -w %s=%llu, and %s=%llu in /etc/sysctl.d/dnat.conf for the next boot"

/**
 * check_add - add a result to the list
 * @value: a string or an integer; the reference is moved
 * @ok: false if traffic fails or will fail
 * @advice: what is wrong and what to do, or a note if @ok; NULL for none
 */
void check_add(struct checks *checks, const char *name, json_t *value,
	       bool ok, const char *advice);

/* Read a file in /proc/sys.  Return: false if it is missing or has no number */
bool check_number(const struct checks *checks, const char *file,
		  unsigned long long *value);

/* Is there a service with a VIP of @family? */
bool check_family(const struct checks *checks, uint8_t family);

/* host_forward.c */
void check_ipv4_forwarding(struct checks *checks);
void check_interface_forwarding(struct checks *checks);
void check_rp_filter(struct checks *checks);
void check_ipv6_forwarding(struct checks *checks);

/* host_conntrack.c */
void check_conntrack_size(struct checks *checks);
void check_conntrack_count(struct checks *checks);
void check_conntrack_times(struct checks *checks);

/* host_rules.c */
void check_forward_rules(struct checks *checks);
void check_nat_rules(struct checks *checks);
void check_raw_rules(struct checks *checks);

/* host_link.c */
void check_interfaces(struct checks *checks);
void check_vips(struct checks *checks);
void check_neighbours(struct checks *checks);

#endif
