// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "addr.h"
#include "control.h"
#include "duration.h"
#include "parse.h"

#define QUOTED_LEN 80
#define TITLE_LEN 32
#define LIST_LEN 320
#define INTERVAL_ARG "-i"
#define INTERVAL_MAX 86400
#define TIME_MAX (1000 * 3600 * 1000U)	/* milliseconds */
#define COUNT_MAX 100

/* What is left of the command line. */
struct words {
	int left;
	char *const *next;
};

static const char *word_take(struct words *words)
{
	if (!words->left)
		return NULL;
	words->left--;
	return *words->next++;
}

static bool word_is_help(const char *word)
{
	return word && (!strcmp(word, "help") || !strcmp(word, "-h") ||
			!strcmp(word, "--help"));
}

static void list_add(char *list, const char *word)
{
	size_t used = strlen(list);

	snprintf(list + used, LIST_LEN - used, "%s%s", used ? ", " : "", word);
}

static int dev_check(const char *text, const char *arg, struct err *err)
{
	char quoted[QUOTED_LEN];
	const char *p;

	for (p = text; *p > ' ' && *p < 0x7f && *p != '/' && *p != ':'; p++)
		;
	if (p == text || *p || p - text >= IFNAMSIZ)
		return err_set(err, -EINVAL, arg,
			       "%s \"%s\" is not an interface name; see \"ip link\" for the names",
			       arg, text_quote(text, quoted, sizeof(quoted)));
	return 0;
}

/* No more than would be JSON. */
static int text_check(const char *text, const char *arg, struct err *err)
{
	char quoted[QUOTED_LEN];

	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			return err_set(err, -EINVAL, arg,
				       "%s \"%s\" may have printable ASCII only",
				       arg,
				       text_quote(text, quoted, sizeof(quoted)));
	return 0;
}

static int word_check(const char *words, const char *text, const char *arg,
		      struct err *err)
{
	char quoted[QUOTED_LEN];

	if (grammar_word(words, text))
		return 0;
	return err_set(err, -EINVAL, arg, "%s \"%s\" is not known; use %s",
		       arg, text_quote(text, quoted, sizeof(quoted)), words);
}

static int value_parse(const struct arg *arg, const char *text, json_t **value,
		       struct err *err)
{
	char buf[INET6_ADDRSTRLEN];
	unsigned int number;
	uint16_t min, max;
	struct addr addr;
	int ret = -EINVAL;

	*value = NULL;
	switch (arg->type) {
	case VALUE_NAME:
		ret = name_check(text, arg->name, err);
		break;
	case VALUE_DEV:
		ret = dev_check(text, arg->name, err);
		break;
	case VALUE_WORD:
		ret = word_check(arg->value, text, arg->name, err);
		break;
	case VALUE_ADDR:
		ret = addr_parse(text, arg->name, &addr, err);
		if (!ret)
			text = addr_text(&addr, buf, sizeof(buf));
		break;
	case VALUE_PORT:
		ret = uint_parse(text, arg->name, 1, 65535, &number, err);
		break;
	case VALUE_RANGE:
		ret = range_parse(text, arg->name, &min, &max, err);
		break;
	case VALUE_WEIGHT:
		ret = uint_parse(text, arg->name, 0, WEIGHT_MAX, &number, err);
		break;
	case VALUE_FILE:
		ret = *text ? 0 : err_set(err, -EINVAL, arg->name,
					  "%s needs the name of a file",
					  arg->name);
		break;
	case VALUE_FLAG:
		ret = 0;
		break;
	case VALUE_TIME:
		ret = duration_parse(text, arg->name, 0, TIME_MAX, &number,
				     err);
		break;
	case VALUE_COUNT:
		ret = uint_parse(text, arg->name, 1, COUNT_MAX, &number, err);
		break;
	case VALUE_TEXT:
		ret = text_check(text, arg->name, err);
		break;
	case VALUE_SECONDS:
		ret = uint_parse(text, arg->name, 1, INTERVAL_MAX, &number,
				 err);
		break;
	}
	if (ret)
		return ret;

	if (arg->type == VALUE_PORT || arg->type == VALUE_WEIGHT ||
	    arg->type == VALUE_COUNT || arg->type == VALUE_SECONDS)
		*value = json_integer(number);
	else if (arg->type == VALUE_FLAG)
		*value = json_true();
	else if (arg->type == VALUE_FILE)
		*value = json_string_nocheck(text);
	else
		*value = json_string(text);
	return *value ? 0 : err_set(err, -ENOMEM, NULL, "out of memory");
}

const char *arg_text(const struct arg *arg, const json_t *value, char *buf,
		     size_t len)
{
	switch (arg->type) {
	case VALUE_PORT:
	case VALUE_WEIGHT:
	case VALUE_COUNT:
	case VALUE_SECONDS:
		if (!json_is_integer(value))
			return NULL;
		snprintf(buf, len, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		return buf;
	case VALUE_NAME:
	case VALUE_ADDR:
	case VALUE_RANGE:
	case VALUE_WORD:
	case VALUE_DEV:
	case VALUE_TIME:
	case VALUE_TEXT:
		return json_string_value(value);
	case VALUE_FILE:
	case VALUE_FLAG:
		break;
	}
	return NULL;
}

static int arg_add(struct cli *cli, const struct arg *arg, const char *text,
		   struct err *err)
{
	json_t *value;
	int ret = value_parse(arg, text, &value, err);

	if (ret)
		return ret;
	if (json_object_set_new(cli->args, arg->name, value))
		return err_set(err, -ENOMEM, NULL, "out of memory");
	return 0;
}

static int keyword_unknown(const struct command *command, const char *word,
			   struct err *err)
{
	char quoted[QUOTED_LEN], title[TITLE_LEN], list[LIST_LEN] = "";
	const struct command *c;
	const struct arg *a;

	grammar_title(command, title, sizeof(title));
	text_quote(word, quoted, sizeof(quoted));
	if (word[0] == '-')
		return err_set(err, -EINVAL, NULL,
			       "%s: \"%s\" is not a keyword; options stand before the object",
			       title, quoted);

	for (c = command->name ? NULL : grammar_next(command); c;
	     c = grammar_next(c))
		list_add(list, c->name);
	for (a = command->args; a->name; a++)
		list_add(list, a->name);
	if (!*list)
		return err_set(err, -EINVAL, NULL,
			       "%s: \"%s\" is too much; leave it out", title,
			       quoted);
	return err_set(err, -EINVAL, NULL,
		       "%s: \"%s\" is not a keyword here; use %s", title,
		       quoted, list);
}

static int keywords_parse(struct cli *cli, struct words *words, struct err *err)
{
	const struct command *command = cli->command;
	const char *word, *text;
	const struct arg *arg;
	char title[TITLE_LEN];
	int ret;

	grammar_title(command, title, sizeof(title));
	while ((word = word_take(words))) {
		arg = grammar_arg(command, word);
		if (!arg)
			return keyword_unknown(command, word, err);
		if (json_object_get(cli->args, arg->name))
			return err_set(err, -EINVAL, arg->name,
				       "%s: %s is given twice; give it once",
				       title, arg->name);
		text = arg->type == VALUE_FLAG ? "" : word_take(words);
		if (!text)
			return err_set(err, -EINVAL, arg->name,
				       "%s: %s needs a value; write \"%s %s\"",
				       title, arg->name, arg->name,
				       arg->value);
		ret = arg_add(cli, arg, text, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int missing_check(const struct cli *cli, struct err *err)
{
	const struct command *command = cli->command;
	char title[TITLE_LEN], list[LIST_LEN] = "";
	bool optional = false;
	const struct arg *a;

	grammar_title(command, title, sizeof(title));
	for (a = command->args; a->name; a++) {
		optional |= !a->required && json_object_get(cli->args, a->name);
		if (a->required && !json_object_get(cli->args, a->name))
			return err_set(err, -EINVAL, a->name,
				       "%s: %s is missing; add \"%s %s\"",
				       title, a->name, a->name, a->value);
		if (!a->required)
			list_add(list, a->name);
	}
	if (command->any && !optional)
		return err_set(err, -EINVAL, NULL,
			       "%s: nothing to change; give one or more of %s",
			       title, list);
	return 0;
}

/* The daemon is not asked for it. */
static void interval_take(struct cli *cli)
{
	const json_t *value = json_object_get(cli->args, INTERVAL_ARG);

	cli->interval = (unsigned int)json_integer_value(value);
	json_object_del(cli->args, INTERVAL_ARG);
}

/* No name begins as an option does: it stands in place of one left out. */
static bool option_follows(const struct command *command,
			   const struct words *words)
{
	return !command->target.required && words->left &&
	       *words->next[0] == '-' && grammar_arg(command, *words->next);
}

static int command_parse(struct cli *cli, struct words *words, struct err *err)
{
	const struct command *command = cli->command;
	char title[TITLE_LEN];
	const char *text;
	int ret;

	if (words->left && word_is_help(*words->next)) {
		cli->action = ACTION_HELP_COMMAND;
		return 0;
	}

	cli->action = ACTION_RUN;
	cli->args = json_object();
	if (!cli->args)
		return err_set(err, -ENOMEM, NULL, "out of memory");

	if (command->target.name && !option_follows(command, words)) {
		text = word_take(words);
		if (!text && command->target.required)
			return err_set(err, -EINVAL, command->target.name,
				       "%s: %s is missing; write \"%s %s ...\"",
				       grammar_title(command, title,
						     sizeof(title)),
				       command->target.value, title,
				       command->target.value);
		ret = text ? arg_add(cli, &command->target, text, err) : 0;
		if (ret)
			return ret;
	}

	ret = keywords_parse(cli, words, err);
	if (ret)
		return ret;
	interval_take(cli);
	return missing_check(cli, err);
}

static int object_unknown(const char *word, struct err *err)
{
	char quoted[QUOTED_LEN], list[LIST_LEN] = "";
	const struct command *c;

	for (c = commands; c->object; c++)
		if (!grammar_next(c))
			list_add(list, c->object);
	return err_set(err, -EINVAL, NULL,
		       "\"%s\" is not an object; use %s or help",
		       text_quote(word, quoted, sizeof(quoted)), list);
}

/* Where the next word makes another command of it, that one. */
static const struct command *two_words(const struct command *command,
				       struct words *words)
{
	const struct command *c = grammar_object(command->object);
	size_t len = strlen(command->name);

	for (; c && words->left; c = grammar_next(c)) {
		if (strncmp(c->name, command->name, len) || c->name[len] != ' ' ||
		    strcmp(c->name + len + 1, *words->next))
			continue;
		word_take(words);
		return c;
	}
	return command;
}

/* Where the object alone is a command: another one that the next word names. */
static const struct command *named(const struct command *command,
				   struct words *words)
{
	while (words->left && (command = grammar_next(command))) {
		if (strcmp(command->name, *words->next))
			continue;
		word_take(words);
		return command;
	}
	return NULL;
}

static int object_parse(struct cli *cli, struct words *words, struct err *err)
{
	char quoted[QUOTED_LEN], list[LIST_LEN] = "";
	const char *object = word_take(words);
	const char *name;
	const struct command *c;

	if (!strcmp(object, "help")) {
		cli->action = ACTION_HELP_ALL;
		return 0;
	}
	cli->command = grammar_object(object);
	if (!cli->command)
		return object_unknown(object, err);
	if (!cli->command->name) {
		c = named(cli->command, words);
		if (!c && grammar_next(cli->command) && words->left &&
		    word_is_help(*words->next)) {
			cli->action = ACTION_HELP_OBJECT;
			return 0;
		}
		cli->command = c ? c : cli->command;
		return command_parse(cli, words, err);
	}

	name = word_take(words);
	if (word_is_help(name)) {
		cli->action = ACTION_HELP_OBJECT;
		return 0;
	}
	for (c = cli->command; c; c = grammar_next(c)) {
		if (name && !strcmp(name, c->name)) {
			cli->command = two_words(c, words);
			return command_parse(cli, words, err);
		}
		list_add(list, c->name);
	}
	if (!name)
		return err_set(err, -EINVAL, NULL,
			       "%s: the command is missing; use %s or help",
			       object, list);
	return err_set(err, -EINVAL, NULL,
		       "%s: \"%s\" is not a command; use %s or help", object,
		       text_quote(name, quoted, sizeof(quoted)), list);
}

static int socket_set(struct cli *cli, const char *path, struct err *err)
{
	size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

	if (!path || !*path)
		return err_set(err, -EINVAL, "--socket",
			       "--socket needs a path");
	if (strlen(path) > max)
		return err_set(err, -EINVAL, "--socket",
			       "--socket: the path is too long; use %zu bytes at most",
			       max);
	cli->socket = path;
	return 0;
}

static int option_unknown(const char *word, struct err *err)
{
	char quoted[QUOTED_LEN];

	return err_set(err, -EINVAL, NULL,
		       "\"%s\" is not an option; use -j, -p, -V, -h or --socket PATH, and commands as in dnatctl help",
		       text_quote(word, quoted, sizeof(quoted)));
}

static int letters_parse(struct cli *cli, const char *word, struct err *err)
{
	const char *p;

	if (!word[1])
		return option_unknown(word, err);
	for (p = word + 1; *p; p++) {
		switch (*p) {
		case 'p':
			cli->pretty = true;
			cli->json = true;
			break;
		case 'j':
			cli->json = true;
			break;
		case 'h':
			cli->action = ACTION_HELP_ALL;
			break;
		case 'V':
			cli->action = ACTION_VERSION;
			break;
		default:
			return option_unknown(word, err);
		}
	}
	return 0;
}

static int options_parse(struct cli *cli, struct words *words, struct err *err)
{
	static const char path_option[] = "--socket=";
	const char *word;
	int ret = 0;

	while (!ret && words->left && *words->next[0] == '-') {
		word = word_take(words);
		if (!strcmp(word, "--help"))
			cli->action = ACTION_HELP_ALL;
		else if (!strcmp(word, "--version"))
			cli->action = ACTION_VERSION;
		else if (!strcmp(word, "--socket"))
			ret = socket_set(cli, word_take(words), err);
		else if (!strncmp(word, path_option, sizeof(path_option) - 1))
			ret = socket_set(cli, word + sizeof(path_option) - 1,
					 err);
		else if (word[1] == '-')
			ret = option_unknown(word, err);
		else
			ret = letters_parse(cli, word, err);
	}
	return ret;
}

int cli_parse(int argc, char *const *argv, struct cli *cli, struct err *err)
{
	struct words words = { argc, argv };
	int ret;

	*cli = (struct cli){ .action = ACTION_USAGE, .socket = CONTROL_SOCKET };
	ret = options_parse(cli, &words, err);
	if (!ret && cli->action == ACTION_USAGE && words.left)
		ret = object_parse(cli, &words, err);
	if (ret) {
		json_decref(cli->args);
		cli->args = NULL;
	}
	return ret;
}

int cli_parse_line(int argc, char *const *argv, struct cli *cli,
		   struct err *err)
{
	struct words words = { argc, argv };
	int ret;

	*cli = (struct cli){ .action = ACTION_USAGE };
	ret = object_parse(cli, &words, err);
	if (!ret && cli->action != ACTION_RUN)
		ret = err_set(err, -EINVAL, NULL,
			      "help has no place in a file; leave it out");
	if (ret) {
		json_decref(cli->args);
		cli->args = NULL;
	}
	return ret;
}
