/* SPDX-License-Identifier: GPL-2.0-only */
/* How many files dnatd may have open, and what it may use them for. */
#ifndef DNAT_NOFILE_H
#define DNAT_NOFILE_H

/* Raise the soft limit of open files to the hard one. */
void nofile_raise(void);

/* Have it as it was before, for a program that is started now. */
void nofile_lower(void);

/* How many checks may run at a time so that there are files for all else. */
unsigned int nofile_checks(void);

#endif
