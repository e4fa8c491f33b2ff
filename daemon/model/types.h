/* SPDX-License-Identifier: GPL-2.0-only */
/* Services and backends as the admin asked for them: plain data. */
#ifndef DNAT_TYPES_H
#define DNAT_TYPES_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

/* What the module and nf_nat have unless told otherwise. */
#define VDPORTS_MIN 1024
#define VDPORTS_MAX 65535

enum on_exhausted {
	EXHAUSTED_UNSET,	/* as the module has it */
	EXHAUSTED_DROP,
	EXHAUSTED_RESET,
};

struct vdports {
	uint16_t min;		/* host byte order; 0: as the module has it */
	uint16_t max;
	enum on_exhausted on_exhausted;
};

#define CHECK_TEXT_LEN 255	/* bytes of each text, without the final NUL */

#define CHECK_STATUSES 8	/* ranges of them */
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
	unsigned int interval;	/* from one start to the next, milliseconds */
	unsigned int timeout;	/* for one check, milliseconds */
	unsigned int rise;	/* so many good ones make a backend up */
	unsigned int fall;	/* so many bad ones make it down */
	bool from_vip;		/* from the VIP, while the machine has it */
	struct status_range {	/* what an HTTP server may answer */
		uint16_t min;	/* 0: no more of them */
		uint16_t max;
	} statuses[CHECK_STATUSES];
	char path[CHECK_TEXT_LEN + 1];		/* of http and https */
	char host[CHECK_TEXT_LEN + 1];		/* "": the address */
	char body[CHECK_TEXT_LEN + 1];		/* PCRE, "": any */
	char dns_name[CHECK_TEXT_LEN + 1];
	char command[CHECK_TEXT_LEN + 1];	/* words with blanks between */
};

enum mode {
	MODE_DOUBLE_NAT,
};

enum scheduler {
	SCHEDULER_RR,
	SCHEDULER_WRR,
};

/* What the admin wants of a backend. */
enum backend_state {
	BACKEND_UP,
	BACKEND_DRAIN,		/* no new connections */
	BACKEND_REMOVE,		/* the same, and it goes with the last of them */
};

/* What becomes of a backend's connections when it goes down. */
enum on_down {
	ON_DOWN_KEEP,
	ON_DOWN_RESET,
};

/* What a client gets while no backend serves. */
enum when_empty {
	EMPTY_REJECT,
	EMPTY_DROP,
	EMPTY_BACKUP,		/* a backup backend, or a reject */
};

struct backend {
	struct addr addr;
	uint16_t port;		/* host byte order */
	unsigned int weight;	/* 0..WEIGHT_MAX, 0: no new connections */
	enum backend_state state;
	unsigned int deadline;	/* of a drain: so long may it take, milliseconds */
	int64_t until;		/* its end, milliseconds since 1970; 0: none */
	bool backup;		/* serves while no other does */
	struct addr check_addr;	/* family 0: addr */
	uint16_t check_port;	/* host byte order, 0: port */
	bool down;		/* found so by checks; not kept in a file */
};

struct service {
	char name[SERVICE_NAME_LEN + 1];
	struct addr vip;
	uint16_t port;		/* host byte order */
	uint8_t proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	enum mode mode;
	enum scheduler scheduler;
	char dev[IFNAMSIZ];	/* where dnatd puts the VIP, "" for nowhere */
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
	size_t room;		/* in services; commit never has to allocate */
	struct vdports vdports;
	struct model *held;	/* as it was at model_hold(), or NULL */
};

/* @old NULL: a new service.  @new NULL: the service goes. */
struct change {
	const struct service *old;
	struct service *new;
};

/* What changes together, of one service each, or not at all. */
struct changes {
	size_t n;
	struct change *list;
	const struct vdports *vdports;	/* as they shall be, NULL: as they are */
	bool passing;		/* backends go up or down: nothing to write down */
};

#endif
