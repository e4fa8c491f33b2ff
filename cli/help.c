// SPDX-License-Identifier: GPL-2.0-only
#include "cli/help.h"

#define ARG_WIDTH 22

static void print_synopsis(FILE *out, const struct command *c)
{
	const struct arg *a;
	char title[32];

	fprintf(out, "dnatctl %s", grammar_title(c, title, sizeof(title)));
	if (c->target.name)
		fprintf(out, c->target.need == REQUIRED ? " %s" : " [%s]",
			c->target.value);
	for (a = c->args; a->name; a++)
		fprintf(out, a->need == REQUIRED ? " %s%s%s" : " [%s%s%s]", a->name,
			*a->value ? " " : "", a->value);
}

static void print_arg(FILE *out, const char *name, const char *value,
		      const char *help)
{
	int used = fprintf(out, "  %s%s%s", name, *name && *value ? " " : "",
			   value);

	fprintf(out, "%*s%s\n", used < ARG_WIDTH ? ARG_WIDTH - used : 1, "",
		help);
}

void help_all(FILE *out)
{
	const struct command *c;
	const struct global_option *g;
	char name[32];

	fputs("usage: dnatctl [-j] [-p] [--socket PATH] OBJECT COMMAND [NAME] [KEYWORD VALUE]...\n"
	      "       dnatctl help [OBJECT [COMMAND]] | -h | -V\n"
	      "\ncommands:\n", out);
	for (c = commands; c->object; c++) {
		fputs("  ", out);
		print_synopsis(out, c);
		fputc('\n', out);
	}
	fputs("\noptions, anywhere:\n", out);
	for (g = global_options; g->name; g++) {
		snprintf(name, sizeof(name), "%s%s%s", g->letter ? g->letter : "",
			 g->letter ? ", " : "", g->name);
		print_arg(out, name, g->value, g->help);
	}
	fputs("\n\"dnatctl help OBJECT\" and \"dnatctl help OBJECT COMMAND\" tell more.\n",
	      out);
}

void help_object(FILE *out, const struct command *first)
{
	const struct command *c;

	c = first;
	if (!c->name) {
		help_command(out, c);
		c = grammar_next(c);
		if (c)
			fputc('\n', out);
	}
	for (; c; c = grammar_next(c)) {
		print_synopsis(out, c);
		fprintf(out, "\n        %s\n", c->help);
	}
}

void help_command(FILE *out, const struct command *command)
{
	const struct arg *a;

	fputs("usage: ", out);
	print_synopsis(out, command);
	fprintf(out, "\n\n%s\n", command->help);

	if (command->target.name || command->args->name)
		fputc('\n', out);
	if (command->target.name)
		print_arg(out, "", command->target.value,
			  command->target.help);
	for (a = command->args; a->name; a++)
		print_arg(out, a->name, a->value, a->help);
	if (command->any)
		fputs("\nat least one of them must be given\n", out);
}
