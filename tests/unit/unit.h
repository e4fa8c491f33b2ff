/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks for the unit tests: a failed one prints a line and is counted. */
#ifndef DNAT_UNIT_H
#define DNAT_UNIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One for all files of a test. */
unsigned int unit_failures __attribute__((weak));

/* Goes on after a failure, so that one run shows them all. */
#define CHECK(condition)                                                   \
	do {                                                               \
		if (!(condition)) {                                        \
			unit_failures++;                                   \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__,   \
				__LINE__, #condition);                     \
		}                                                          \
	} while (0)

#define CHECK_INT(got, wanted)                                             \
	do {                                                               \
		long long unit_got = (got);                                \
		long long unit_wanted = (wanted);                          \
		if (unit_got != unit_wanted) {                             \
			unit_failures++;                                   \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld\n",   \
				__FILE__, __LINE__, #got, unit_got,        \
				unit_wanted);                              \
		}                                                          \
	} while (0)

#define CHECK_STR(got, wanted)                                             \
	do {                                                               \
		const char *unit_got = (got);                              \
		if (!unit_got || strcmp(unit_got, (wanted))) {             \
			unit_failures++;                                   \
			fprintf(stderr, "%s:%d: %s is \"%.200s\", not \"%.200s\"\n", \
				__FILE__, __LINE__, #got,                  \
				unit_got ? unit_got : "(null)", (wanted)); \
		}                                                          \
	} while (0)

/* For what the rest of a test cannot do without. */
#define NEED(condition)                                                    \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: needed: %s\n", __FILE__,   \
				__LINE__, #condition);                     \
			exit(1);                                           \
		}                                                          \
	} while (0)

static inline int unit_result(void)
{
	if (unit_failures)
		fprintf(stderr, "%u checks failed\n", unit_failures);
	return unit_failures ? 1 : 0;
}

#endif
