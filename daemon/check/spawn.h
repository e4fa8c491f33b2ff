/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run programs for checks: as another user, and only if root alone can write
 * them.
 */
#ifndef DNAT_SPAWN_H
#define DNAT_SPAWN_H

#include <sys/types.h>

#include "common/err.h"

#define SPAWN_USER "nobody"	/* default user */
#define SPAWN_GROUPS 64
#define FAULT_LEN 192

struct spawn_user {
	uid_t uid;
	gid_t gid;
	int n_groups;
	gid_t groups[SPAWN_GROUPS];	/* supplementary groups of the user */
};

/**
 * spawn_user_init - look up a user
 * @name: name of the user; NULL: SPAWN_USER, which need not exist
 *
 * Return: 0, or -ENOENT with @err set: there is no such user
 */
int spawn_user_init(struct spawn_user *user, const char *name,
		    struct err *err);

/* Why a program did not start. */
struct spawn_fault {
	int error;		/* positive errno; 0: it started, or not yet */
	char text[FAULT_LEN];
};

/* Allocate in memory shared with the child.  Return: NULL with errno set */
struct spawn_fault *spawn_fault_new(void);
void spawn_fault_free(struct spawn_fault *fault);

/**
 * spawn_program - run a program, unless a user other than root can change it
 * @path: the program
 * @argv: its arguments, with the name of the program first
 * @env: its environment
 * @output: file descriptor for its standard output and standard error
 * @fault: from spawn_fault_new(), used for this program only; set before the
 *	process ends if the program did not start.  ECANCELED: others can
 *	change it
 *
 * The child does everything that may wait for a file system.  It leads its own
 * process group and inherits no other files.
 *
 * Return: the process ID or a negative errno
 */
pid_t spawn_program(const struct spawn_user *user, const char *path,
		    char *const argv[], char *const env[], int output,
		    struct spawn_fault *fault);

#endif
