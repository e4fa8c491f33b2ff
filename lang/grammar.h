/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of all commands of dnatctl.  Parser, help, completion and requests
 * to the daemon are made from it.  Printing the result is not part of it.
 */
#ifndef DNAT_GRAMMAR_H
#define DNAT_GRAMMAR_H

#include <stddef.h>

enum value_type {
	VALUE_NAME,	/* a service's name */
	VALUE_ADDR,
	VALUE_PORT,
	VALUE_RANGE,	/* a range of ports */
	VALUE_WEIGHT,
	VALUE_COUNT,	/* a number of checks */
	VALUE_TEXT,	/* any text */
	VALUE_WORD,	/* one of the words in @value, '|' between them */
	VALUE_STATE,	/* open, half-open, closed or conntrack's state */
	VALUE_DEV,	/* an interface's name */
	VALUE_TIME,	/* with its unit, see duration.h */
	VALUE_FILE,	/* a file's name, not sent to the daemon */
	VALUE_FLAG,	/* without a value, not sent to the daemon */
	VALUE_INTERVAL,	/* a time for cli.interval, not sent to the daemon */
};

enum need {
	OPTIONAL,
	REQUIRED,
	PICKS,		/* optional, and selects what to change */
};

struct arg {
	const char *name;	/* keyword, and key in the request */
	const char *value;	/* the value's name in help, "": no value */
	enum value_type type;
	enum need need;
	const char *help;
};

struct command {
	const char *object;
	const char *name;	/* one word or two; NULL: the object is the
				 * command, which must be its first
				 */
	const char *op;		/* from control.h, or local: batch, top */
	struct arg target;	/* value without a keyword; name NULL: none */
	const struct arg *args;	/* ends with one whose name is NULL */
	const char *any;	/* error if no OPTIONAL argument is given;
				 * NULL: none is needed
				 */
	const char *help;
};

/* A global option of dnatctl, valid anywhere on the command line. */
struct global_option {
	const char *letter;	/* such as "-j", or NULL */
	const char *name;
	const char *value;	/* the value's name in help, "": no value */
	const char *help;
};

/* All global options; ends with one whose name is NULL. */
extern const struct global_option global_options[];

/* All commands, grouped by object; ends with one whose object is NULL. */
extern const struct command commands[];

/* The first command of @object; NULL if there is no such object. */
const struct command *grammar_object(const char *object);

/* The command with the operation @op, or NULL. */
const struct command *grammar_op(const char *op);

/* The next command of the same object, or NULL. */
const struct command *grammar_next(const struct command *command);

const struct arg *grammar_arg(const struct command *command, const char *name);

/* Write "OBJECT NAME", or "OBJECT" if the command has no name.  Return: @buf */
const char *grammar_title(const struct command *command, char *buf, size_t len);

#endif
