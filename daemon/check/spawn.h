/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that dnatd runs for the admin: as which user, and which ones it trusts. */
#ifndef DNAT_SPAWN_H
#define DNAT_SPAWN_H

#include <sys/types.h>

#include "common/err.h"

#define SPAWN_USER "nobody"	/* unless the admin names another */
#define SPAWN_GROUPS 64
#define FAULT_LEN 192

struct spawn_user {
	uid_t uid;
	gid_t gid;
	int n_groups;
	gid_t groups[SPAWN_GROUPS];	/* those that the user is a member of */
};

/**
 * spawn_user_init - look a user up
 * @name: NULL for SPAWN_USER, whom a small system may not list
 *
 * Return: 0, or -ENOENT with @err set where there is no such user
 */
int spawn_user_init(struct spawn_user *user, const char *name,
		    struct err *err);

/* Why a program does not run. */
struct spawn_fault {
	int error;		/* 0: it runs, or is not known to */
	char text[FAULT_LEN];
};

/* In memory that a child shares until it runs a program.  Return: NULL with errno */
struct spawn_fault *spawn_fault_new(void);
void spawn_fault_free(struct spawn_fault *fault);

/**
 * spawn_program - run a program, unless others than root can change it
 * @path: the program
 * @argv: its arguments, the name of the program first
 * @env: all that is in its environment
 * @output: what its standard output and its standard error are
 * @fault: from spawn_fault_new(), for this one program; set before the process
 *	ends where it did not run, with ECANCELED where others can change it
 *
 * All that may wait for a file system is done by the child.  It leads a process
 * group of its own and has no other file of ours.
 *
 * Return: its process ID or a negative errno
 */
pid_t spawn_program(const struct spawn_user *user, const char *path,
		    char *const argv[], char *const env[], int output,
		    struct spawn_fault *fault);

#endif
