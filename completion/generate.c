// SPDX-License-Identifier: GPL-2.0-only
/*
 * Insert the table of commands into a completion: copy stdin to stdout and
 * replace @table@ by quoted lines, which bash, zsh and fish read in the same
 * way.  A line has four fields, separated by tabs:
 *
 *	COMMAND	WORD	VALUES	HELP
 *
 * WORD is a keyword, "." for the command itself, "<" for its target, or "[" for
 * an optional target.  COMMAND is "-" for options, which may be anywhere.
 * VALUES are the words that can follow.  A word with "@" is the name of a list
 * that the completion must query.  VALUES is "-" if no value follows, and "."
 * if the value is not known.
 *
 * This program runs during the build and is not installed.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/grammar.h"

/* Print text within a quoted line. */
static void put(const char *text)
{
	for (; *text; text++) {
		/* In quotes, a backslash means something else to fish. */
		if (*text == '\\' || *text == '\t') {
			fputs("generate: a backslash or a tab in the table\n",
			      stderr);
			exit(1);
		}
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	}
}

static void line_begin(const char *command, const char *word)
{
	fputs(" \\\n\t\t'", stdout);
	put(command);
	putchar('\t');
	put(word);
	putchar('\t');
}

static void line_end(const char *help)
{
	putchar('\t');
	put(help);
	putchar('\'');
}

/* Print the words of @value, separated by '|', without those like IFACE. */
static void put_words(const char *value)
{
	const char *between = "";

	while (*value) {
		int len = (int)strcspn(value, "|");

		if (!isupper((unsigned char)*value)) {
			printf("%s%.*s", between, len, value);
			between = " ";
		}
		value += len + (value[len] == '|');
	}
}

/* The list for an address or a port; "." for add, whose value is a new one. */
static const char *list_of(const struct command *command, const struct arg *arg)
{
	static const struct {
		const char *name;
		const char *list;
	} lists[] = {
		{ "addr", "@addrs" },
		{ "backend", "@addrs" },
		{ "client", "@clients" },
		{ "port", "@ports" },
		{ "vip", "@vips" },
	};

	if (command->name && !strcmp(command->name, "add"))
		return ".";
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!strcmp(lists[i].name, arg->name))
			return lists[i].list;
	return ".";
}

static void put_values(const struct command *command, const struct arg *arg)
{
	switch (arg->type) {
	case VALUE_WORD:
		put_words(arg->value);
		break;
	case VALUE_STATE:
		/* NONE and SYN_SENT2 are states, too, but rare. */
		put("open half-open closed SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE UNREPLIED REPLIED ASSURED OFFLOAD");
		break;
	case VALUE_DEV:
		put_words(arg->value);
		put(" @devs");
		break;
	case VALUE_NAME:
		put(strcmp(command->op, "service.add") ? "@services" : ".");
		break;
	case VALUE_ADDR:
	case VALUE_PORT:
		put(list_of(command, arg));
		break;
	case VALUE_FILE:
		put("@files");
		break;
	case VALUE_FLAG:
		put("-");
		break;
	case VALUE_RANGE:
	case VALUE_WEIGHT:
	case VALUE_COUNT:
	case VALUE_TEXT:
	case VALUE_TIME:
	case VALUE_INTERVAL:
		put(".");
		break;
	}
}

static void put_command(const struct command *command)
{
	const struct arg *arg;
	char title[64];

	grammar_title(command, title, sizeof(title));
	line_begin(title, ".");
	put("-");
	line_end(command->help);

	arg = &command->target;
	if (arg->name) {
		line_begin(title, arg->need == REQUIRED ? "<" : "[");
		put_values(command, arg);
		line_end(arg->help);
	}
	for (arg = command->args; arg->name; arg++) {
		line_begin(title, arg->name);
		put_values(command, arg);
		line_end(arg->help);
	}
}

static void put_option(const char *name, const struct global_option *option)
{
	line_begin("-", name);
	put(*option->value ? "@files" : "-");
	line_end(option->help);
}

static void put_table(void)
{
	const struct command *c;
	const struct global_option *g;

	for (c = commands; c->object; c++)
		put_command(c);
	for (g = global_options; g->name; g++) {
		if (g->letter)
			put_option(g->letter, g);
		put_option(g->name, g);
	}
}

int main(void)
{
	static const char mark[] = "@table@";
	char buf[1024], *at;

	while (fgets(buf, sizeof(buf), stdin)) {
		at = strstr(buf, mark);
		if (at) {
			printf("%.*s", (int)(at - buf), buf);
			put_table();
			fputs(at + strlen(mark), stdout);
		} else {
			fputs(buf, stdout);
		}
	}
	return ferror(stdin) || fflush(stdout) || ferror(stdout);
}
