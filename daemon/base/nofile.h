/* SPDX-License-Identifier: GPL-2.0-only */
/* The limit of open files (RLIMIT_NOFILE), and the share of it for checks. */
#ifndef DNAT_NOFILE_H
#define DNAT_NOFILE_H

/* Raise the soft limit of open files to the hard one. */
void nofile_raise(void);

/* Restore the soft limit; for a child process, before exec. */
void nofile_lower(void);

/* The number of checks that may run at once, with files left for the rest. */
unsigned int nofile_checks(void);

#endif
