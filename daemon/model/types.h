/* SPDX-License-Identifier: GPL-2.0-only */
/* The types of the model: services, backends and their settings. */
#ifndef DNAT_TYPES_H
#define DNAT_TYPES_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

/* The default range of vdports, of the module and of nf_nat. */
#define VDPORTS_MIN 1024
#define VDPORTS_MAX 65535

enum on_exhausted {
	EXHAUSTED_UNSET,	/* dnatd does not set it in the module */
	EXHAUSTED_DROP,
	EXHAUSTED_RESET,
};

struct vdports {
	uint16_t min;		/* host byte order; 0: dnatd sets no range */
	uint16_t max;		/* host byte order */
	enum on_exhausted on_exhausted;
};

#define CHECK_TEXT_LEN 255	/* bytes of each text, without the final NUL */

#define CHECK_STATUSES 8	/* maximum number of status ranges */
#define CHECK_STATUS_LEN (CHECK_STATUSES * sizeof("200-399,"))

enum check_type {
	CHECK_NONE,
	CHECK_TCP,
	CHECK_HTTP,
	CHECK_HTTPS,
	CHECK_DNS,
	CHECK_EXEC,
};

struct check {
	enum check_type type;
	unsigned int interval;	/* from start to start, milliseconds */
	unsigned int timeout;	/* of one check, milliseconds */
	unsigned int rise;	/* passed checks in a row that make it up */
	unsigned int fall;	/* failed checks in a row that make it down */
	bool from_vip;		/* source is the VIP, if it is on this host */
	struct status_range {	/* HTTP statuses that pass the check */
		uint16_t min;	/* 0: end of the list */
		uint16_t max;
	} statuses[CHECK_STATUSES];
	char path[CHECK_TEXT_LEN + 1];		/* http and https */
	char host[CHECK_TEXT_LEN + 1];		/* "": the address */
	char body[CHECK_TEXT_LEN + 1];		/* PCRE, "": any */
	char dns_name[CHECK_TEXT_LEN + 1];
	char command[CHECK_TEXT_LEN + 1];	/* words, blanks between */
};

enum mode {
	MODE_DOUBLE_NAT,
};

enum scheduler {
	SCHEDULER_RR,
	SCHEDULER_WRR,
};

/* The state of a backend that the admin has set. */
enum backend_state {
	BACKEND_UP,
	BACKEND_DRAIN,		/* no new connections */
	BACKEND_REMOVE,		/* drain, and remove it without connections */
};

/* What happens to the connections of a backend that goes down. */
enum on_down {
	ON_DOWN_KEEP,
	ON_DOWN_RESET,
};

/* What a client gets while the service has no backend to use. */
enum when_empty {
	EMPTY_REJECT,
	EMPTY_DROP,
	EMPTY_BACKUP,		/* a backup backend; without one, reject */
};

struct backend {
	struct addr addr;
	uint16_t port;		/* host byte order */
	unsigned int weight;	/* 0..WEIGHT_MAX, 0: no new connections */
	enum backend_state state;
	unsigned int deadline;	/* maximum length of a drain, milliseconds */
	int64_t until;		/* end of the drain, ms since 1970; 0: none */
	bool backup;		/* used only if no other backend can be */
	struct addr check_addr;	/* family 0: @addr */
	uint16_t check_port;	/* host byte order, 0: @port */
	bool down;		/* checks failed; not in the state file */
};

struct service {
	char name[SERVICE_NAME_LEN + 1];
	struct addr vip;
	uint16_t port;		/* host byte order */
	uint8_t proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	enum mode mode;
	enum scheduler scheduler;
	char dev[IFNAMSIZ];	/* dnatd puts the VIP there; "": nowhere */
	bool fast;		/* the module forwards its packets itself */
	struct check check;
	enum on_down on_down;
	enum when_empty when_empty;
	size_t n_backends;
	struct backend *backends;	/* in the order of adding */
};

struct model {
	size_t n_services;
	struct service **services;	/* sorted by name */
	size_t room;		/* size of services, see model_make_room() */
	struct vdports vdports;
	struct model *held;	/* snapshot of model_hold(), or NULL */
};

/* @old NULL: a new service.  @new NULL: the service is deleted. */
struct change {
	const struct service *old;
	struct service *new;
};

/* Changes that are made together or not at all; one per service at most. */
struct changes {
	size_t n;
	struct change *list;
	const struct vdports *vdports;	/* the new settings, NULL: unchanged */
	bool passing;		/* only up or down: not for the state file */
};

#endif
