/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_MODE_H
#define BENCH_MODE_H

#include <linux/types.h>

/* Room for every port of 24 servers. */
#define BENCH_KEPT_MAX (24 * 65536)

enum bench_close {
	BENCH_CLOSE_CLIENT,	/* FIN from the client first */
	BENCH_CLOSE_SERVER,
	BENCH_CLOSE_RST,
};

/* Which ends of the established connections send. */
enum bench_way {
	BENCH_WAY_BOTH,		/* the client, and then the server */
	BENCH_WAY_IN,		/* the client */
	BENCH_WAY_OUT,		/* the server */
};

/* What one run is asked for. */
struct bench_run {
	u32 count;
	u32 ms;			/* or for how long, if that is sooner; 0: no limit */
	u32 cpus;		/* by a task on each of so many; 0: by the caller */
	u32 len;		/* bytes of data in a packet that has any */
	u32 stop;		/* after so many failures; 0: never */
	u32 conns;		/* established, fuzz: over so many connections */
	u32 stride;		/* established: from one connection to the next */
	u32 seed;		/* fuzz: of its dice */
	u32 every;		/* flood: something honest after so many SYNs */
	enum bench_close close;
	enum bench_way way;	/* established */
};

int bench_mode_run(const char *mode, const struct bench_run *run);

int bench_mode_setup(void);
void bench_mode_teardown(void);

#endif
