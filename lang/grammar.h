/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every command of dnatctl in one table.  Parsing, help, completion and the
 * request that goes to the daemon all come from it.  How a result is shown is
 * dnatctl's.
 */
#ifndef DNAT_GRAMMAR_H
#define DNAT_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

enum value_type {
	VALUE_NAME,	/* a service's name */
	VALUE_ADDR,
	VALUE_PORT,
	VALUE_RANGE,	/* of ports */
	VALUE_WEIGHT,
	VALUE_COUNT,	/* of checks */
	VALUE_TEXT,	/* what the daemon makes of it */
	VALUE_WORD,	/* one of the words in @value, '|' between them */
	VALUE_STATE,	/* a class of connections, or a state as conntrack has it */
	VALUE_DEV,	/* an interface's name */
	VALUE_TIME,	/* with its unit, see duration.h */
	VALUE_FILE,	/* for dnatctl itself, as are flags */
	VALUE_FLAG,	/* no value: it is there or not */
	VALUE_INTERVAL,	/* a time for dnatctl itself: it goes to cli.interval */
};

enum need {
	OPTIONAL,
	REQUIRED,
	PICKS,		/* optional, and says which but not what shall be */
};

struct arg {
	const char *name;	/* keyword, and key in the request */
	const char *value;	/* what help calls the value, "" for none */
	enum value_type type;
	enum need need;
	const char *help;
};

struct command {
	const char *object;
	const char *name;	/* one word or two; NULL: the object alone is it,
				 * the first command of its object
				 */
	const char *op;		/* as in control.h, or dnatctl's own: batch, top */
	struct arg target;	/* value without a keyword; name NULL: none */
	const struct arg *args;	/* up to one whose name is NULL */
	const char *any;	/* what is wrong without one that is OPTIONAL; NULL:
				 * nothing
				 */
	const char *help;
};

/* An option of dnatctl itself, which may stand anywhere. */
struct global_option {
	const char *letter;	/* "-j", NULL: it has none */
	const char *name;
	const char *value;	/* what help calls the value, "" for none */
	const char *help;
};

/* All of them, up to one whose name is NULL. */
extern const struct global_option global_options[];

/* What a VALUE_STATE can be, up to NULL. */
extern const char *const grammar_states[];

/* All commands, those of an object together, up to one whose object is NULL. */
extern const struct command commands[];

/* The first command of @object, NULL if there is no such object. */
const struct command *grammar_object(const char *object);

/* The command that asks for @op, NULL if there is none. */
const struct command *grammar_op(const char *op);

/* The next command of the same object, or NULL. */
const struct command *grammar_next(const struct command *command);

const struct arg *grammar_arg(const struct command *command, const char *name);

/* Is @text one of the words in @words, '|' between them? */
bool grammar_word(const char *words, const char *text);

/* "service add", or "status" where the object is the command. */
const char *grammar_title(const struct command *command, char *buf, size_t len);

#endif
