/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that dnatd runs for the admin: as which user, and which ones it trusts. */
#ifndef DNAT_SPAWN_H
#define DNAT_SPAWN_H

#include <sys/types.h>

#include "err.h"

#define SPAWN_USER "nobody"	/* unless the admin names another */
#define SPAWN_GROUPS 64

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

/**
 * spawn_trust - may nobody but root change this program?
 * @path: the program
 * @real: result, the same without symbolic links, PATH_MAX bytes; only this is
 *	safe to run, as a link may lead elsewhere by then
 * @fault: FAULT_LEN bytes, why it must not be run
 *
 * Return: 0, -ECANCELED where others can, or another negative errno; with
 * @fault set
 */
int spawn_trust(const char *path, char *real, char *fault);

/**
 * spawn_program - run a program
 * @path: from spawn_trust()
 * @argv: its arguments, the name of the program first
 * @env: all that is in its environment
 * @output: what its standard output and its standard error are
 *
 * The program leads a process group of its own and has no other file of ours.
 *
 * Return: its process ID or a negative errno
 */
pid_t spawn_program(const struct spawn_user *user, const char *path,
		    char *const argv[], char *const env[], int output);

#endif
