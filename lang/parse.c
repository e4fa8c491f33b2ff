// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/socket.h"
#include "lang/options.h"
#include "lang/parse.h"
#include "lang/value.h"

#define QUOTED_LEN 80
#define TITLE_LEN 32
#define LIST_LEN 320
#define INTERVAL_ARG "-i"

/* The rest of the command line, without the global options. */
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

/* Take the next word if it is "help".  Return: whether it was */
static bool help_take(struct words *words)
{
	return words->left && !strcmp(*words->next, "help") &&
	       word_take(words);
}

static void list_add(char *list, const char *word)
{
	size_t used = strlen(list);

	snprintf(list + used, LIST_LEN - used, "%s%s", used ? ", " : "", word);
}

static int arg_add(struct cli *cli, const struct arg *arg, const char *text,
		   struct err *err)
{
	json_t *value;
	int ret = value_parse(arg, text, &value, err);

	if (ret)
		return ret;
	if (json_object_set_new(cli->args, arg->name, value))
		return err_no_memory(err);
	return 0;
}

/* A port that was typed with an address, such as 10.1.0.11:8080. */
struct with_port {
	json_t *port;		/* NULL: none was */
	const char *text;	/* address and port, as typed */
	const char *name;	/* the address's keyword */
};

/*
 * Split 10.1.0.11:8080 and [fd00:1::11]:8080, the form of ipvsadm.  It is valid
 * for the address of a command that has the keyword port, too.
 *
 * Return: the port, with the address in @addr; NULL if there is no port
 */
static const char *addr_split(const char *text, char addr[INET6_ADDRSTRLEN])
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool bracket = len > 1 && text[0] == '[' && text[len - 1] == ']';

	len -= bracket ? 2 : 0;
	if (!colon || len >= INET6_ADDRSTRLEN ||
	    (!bracket && strchr(text, ':') != colon))
		return NULL;
	memcpy(addr, text + bracket, len);
	addr[len] = '\0';
	return colon + 1;
}

static int addr_add(struct cli *cli, const struct arg *arg, const char *text,
		    struct with_port *with, struct err *err)
{
	const struct arg *port = grammar_arg(cli->command, "port");
	char addr[INET6_ADDRSTRLEN];
	const char *behind = port ? addr_split(text, addr) : NULL;
	int ret;

	if (!behind)
		return arg_add(cli, arg, text, err);
	ret = arg_add(cli, arg, addr, err);
	if (ret)
		return ret;
	with->text = text;
	with->name = arg->name;
	return value_parse(port, behind, &with->port, err);
}

static int port_add(struct cli *cli, const struct with_port *with,
		    struct err *err)
{
	const json_t *port = json_object_get(cli->args, "port");
	char quoted[QUOTED_LEN];

	if (!with->port || json_equal(port, with->port))
		return 0;
	if (port)
		return err_set(err, -EINVAL, "port",
			       "port %" JSON_INTEGER_FORMAT
			       " is not that of %s %s; give one of them",
			       json_integer_value(port), with->name,
			       text_quote(with->text, quoted, sizeof(quoted)));
	return json_object_set(cli->args, "port", with->port) ?
		       err_no_memory(err) : 0;
}

/* The keyword that is missing before @word; NULL if it is not an address. */
static const struct arg *addr_keyword(const struct command *command,
				      const char *word)
{
	const struct arg *a = command->args;
	char alone[INET6_ADDRSTRLEN];
	struct addr addr;

	if (addr_parse(word, "addr", &addr, NULL) &&
	    (!addr_split(word, alone) ||
	     addr_parse(alone, "addr", &addr, NULL)))
		return NULL;
	while (a->name && (a->need != REQUIRED || a->type != VALUE_ADDR))
		a++;
	return a->name ? a : NULL;
}

/* Whether any command of the same object has the keyword @word. */
static bool keyword_elsewhere(const struct command *command, const char *word)
{
	for (const struct command *c = grammar_object(command->object); c;
	     c = grammar_next(c))
		if (grammar_arg(c, word))
			return true;
	return false;
}

static int keyword_unknown(const struct cli *cli, const char *word,
			   struct err *err)
{
	char quoted[QUOTED_LEN], title[TITLE_LEN], list[LIST_LEN] = "";
	const struct command *c, *command = cli->command;
	const char *target = command->target.name;
	const struct arg *a;

	grammar_title(command, title, sizeof(title));
	if (target)
		target = json_string_value(json_object_get(cli->args, target));
	/* The wrong keyword was taken for the optional name. */
	if (target && keyword_elsewhere(command, target))
		word = target;
	text_quote(word, quoted, sizeof(quoted));
	a = addr_keyword(command, word);
	if (a)
		return err_set(err, -EINVAL, a->name,
			       "%s: \"%s\" is not a keyword here; write \"%s %s\"",
			       title, quoted, a->name, quoted);
	if (word == target)
		list_add(list, command->target.value);
	for (c = command->name ? NULL : grammar_next(command); c;
	     c = grammar_next(c))
		list_add(list, c->name);
	for (a = command->args; a->name; a++)
		list_add(list, a->name);
	if (word[0] == '-')
		return err_set(err, -EINVAL, NULL,
			       "%s: \"%s\" is not an option; see \"dnatctl help %s\"",
			       title, quoted, title);
	if (!*list)
		return err_set(err, -EINVAL, NULL,
			       "%s: \"%s\" is not expected here; leave it out", title,
			       quoted);
	return err_set(err, -EINVAL, NULL,
		       "%s: \"%s\" is not a keyword here; use %s", title,
		       quoted, list);
}

static int keywords_take(struct cli *cli, struct words *words,
			 struct with_port *with, struct err *err)
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
			return keyword_unknown(cli, word, err);
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
		ret = arg->type == VALUE_ADDR && arg->need == REQUIRED ?
			      addr_add(cli, arg, text, with, err) :
			      arg_add(cli, arg, text, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int keywords_parse(struct cli *cli, struct words *words, struct err *err)
{
	struct with_port with = { 0 };
	int ret = keywords_take(cli, words, &with, err);

	if (!ret)
		ret = port_add(cli, &with, err);
	json_decref(with.port);
	return ret;
}

static int missing_check(const struct cli *cli, struct err *err)
{
	const struct command *command = cli->command;
	char title[TITLE_LEN], list[LIST_LEN] = "";
	bool optional = false;
	const struct arg *a;

	grammar_title(command, title, sizeof(title));
	for (a = command->args; a->name; a++) {
		optional |= a->need == OPTIONAL &&
			    json_object_get(cli->args, a->name);
		if (a->need == REQUIRED && !json_object_get(cli->args, a->name))
			return err_set(err, -EINVAL, a->name,
				       "%s: %s is missing; add \"%s %s\"",
				       title, a->name, a->name, a->value);
		if (a->need == OPTIONAL)
			list_add(list, a->name);
	}
	if (command->any && !optional)
		return err_set(err, -EINVAL, NULL,
			       "%s: %s; give one or more of %s", title,
			       command->any, list);
	return 0;
}

/* Move the interval from the arguments of the request to @cli. */
static void interval_take(struct cli *cli)
{
	const json_t *value = json_object_get(cli->args, INTERVAL_ARG);

	cli->interval = (unsigned int)json_integer_value(value);
	json_object_del(cli->args, INTERVAL_ARG);
}

/*
 * Whether the next word is a keyword and not the target.  If a keyword follows
 * it, the word is the target even if it is called like a keyword.
 */
static bool target_left_out(const struct command *command,
			    const struct words *words)
{
	if (!words->left || !grammar_arg(command, words->next[0]))
		return false;
	if (*words->next[0] == '-')
		return true;
	return words->left > 1 ? !grammar_arg(command, words->next[1]) :
				 command->target.need == REQUIRED;
}

/* Write the command with its required arguments, and "..." for the others. */
static const char *looks(const struct command *command, char *buf, size_t len)
{
	const struct arg *a;
	bool more = false;
	size_t used;

	grammar_title(command, buf, len);
	used = strlen(buf);
	used += (size_t)snprintf(buf + used, len - used, " %s",
				 command->target.value);
	for (a = command->args; a->name; a++) {
		more |= a->need != REQUIRED;
		if (a->need == REQUIRED)
			used += (size_t)snprintf(buf + used, len - used,
						 " %s %s", a->name, a->value);
	}
	if (more)
		snprintf(buf + used, len - used, " ...");
	return buf;
}

static int target_parse(struct cli *cli, struct words *words, struct err *err)
{
	const struct command *command = cli->command;
	bool left_out = !words->left || target_left_out(command, words);
	char title[TITLE_LEN], synopsis[LIST_LEN];

	if (!command->target.name || (left_out && command->target.need != REQUIRED))
		return 0;
	if (left_out)
		return err_set(err, -EINVAL, command->target.name,
			       "%s: %s is missing; write \"%s\"",
			       grammar_title(command, title, sizeof(title)),
			       command->target.value,
			       looks(command, synopsis, sizeof(synopsis)));
	return arg_add(cli, &command->target, word_take(words), err);
}

static int command_parse(struct cli *cli, struct words *words, struct err *err)
{
	int ret;

	cli->action = ACTION_RUN;
	cli->args = json_object();
	if (!cli->args)
		return err_no_memory(err);

	ret = target_parse(cli, words, err);
	if (!ret)
		ret = keywords_parse(cli, words, err);
	if (!ret) {
		interval_take(cli);
		ret = missing_check(cli, err);
	}
	if (ret) {
		json_decref(cli->args);
		cli->args = NULL;
	}
	return ret;
}

/* Translate the name that other tools have for a command. */
static const char *verb_usual(const char *word)
{
	static const char *const words[][2] = {
		{ "list", "show" },  { "ls", "show" },	  { "get", "show" },
		{ "delete", "del" }, { "remove", "del" }, { "rm", "del" },
		{ "create", "add" }, { "new", "add" },	  { "change", "set" },
		{ "edit", "set" },   { "modify", "set" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i][0]))
			return words[i][1];
	return word;
}

/* The command of @object that @word means, or NULL. */
static const struct command *verb_find(const char *object, const char *word)
{
	const struct command *c = grammar_object(object);

	word = verb_usual(word);
	while (c && (!c->name || strcmp(c->name, word)))
		c = grammar_next(c);
	return c;
}

static int object_unknown(const char *word, const struct words *words,
			  struct err *err)
{
	char quoted[QUOTED_LEN], title[TITLE_LEN], list[LIST_LEN] = "";
	const struct command *c;

	c = words->left ? verb_find(*words->next, word) : NULL;
	if (c)
		return err_set(err, -EINVAL, NULL,
			       "\"%s\" is not an object; write \"%s\"",
			       text_quote(word, quoted, sizeof(quoted)),
			       grammar_title(c, title, sizeof(title)));
	for (c = commands; c->object; c++)
		if (!grammar_next(c))
			list_add(list, c->object);
	return err_set(err, -EINVAL, NULL,
		       "\"%s\" is not an object; use %s or help",
		       text_quote(word, quoted, sizeof(quoted)), list);
}

/* Take the second word of a command such as "show ports", if it is there. */
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

/* The object alone is a command: take the name of another one.  NULL: none */
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

/*
 * Read the name of the command and set cli->command.
 * @help: help was asked for, so the name may be missing
 * @whole: result, cli->command is known and not only its object
 */
static int verb_parse(struct cli *cli, struct words *words, bool help,
		      bool *whole, struct err *err)
{
	char quoted[QUOTED_LEN], list[LIST_LEN] = "";
	const struct command *c = cli->command;
	const char *name;

	if (!c->name) {
		c = named(cli->command, words);
		*whole = c || !grammar_next(cli->command);
		cli->command = c ? c : cli->command;
		return 0;
	}
	name = word_take(words);
	*whole = name;
	if (!name && help)
		return 0;
	for (; c; c = grammar_next(c)) {
		if (name && !strcmp(name, c->name)) {
			cli->command = two_words(c, words);
			return 0;
		}
		list_add(list, c->name);
	}
	if (!name)
		return err_set(err, -EINVAL, NULL,
			       "%s: the command is missing; use %s or help",
			       cli->command->object, list);
	text_quote(name, quoted, sizeof(quoted));
	c = verb_find(cli->command->object, name);
	if (c)
		return err_set(err, -EINVAL, NULL,
			       "%s: \"%s\" is not a command; write \"%s %s\"",
			       cli->command->object, quoted,
			       cli->command->object, c->name);
	return err_set(err, -EINVAL, NULL,
		       "%s: \"%s\" is not a command; use %s or help",
		       cli->command->object, quoted, list);
}

/* @help: an option asked for help */
static int object_parse(struct cli *cli, struct words *words, bool help,
			struct err *err)
{
	const char *object;
	bool whole;
	int ret;

	help |= help_take(words);
	object = word_take(words);
	if (!object) {
		cli->action = help ? ACTION_HELP_ALL : ACTION_USAGE;
		return 0;
	}
	cli->command = grammar_object(object);
	if (!cli->command)
		return object_unknown(object, words, err);
	help |= help_take(words);
	ret = verb_parse(cli, words, help, &whole, err);
	if (ret)
		return ret;
	help |= help_take(words);
	if (!help)
		return command_parse(cli, words, err);
	cli->action = whole ? ACTION_HELP_COMMAND : ACTION_HELP_OBJECT;
	return 0;
}

int cli_parse(int argc, char *const *argv, struct cli *cli, struct err *err)
{
	struct options options = { .socket = CONTROL_SOCKET };
	/* + 1, because calloc(0) may return NULL. */
	char **rest = calloc((size_t)argc + 1, sizeof(*rest));
	struct words words = { .next = rest };
	int ret;

	*cli = (struct cli){ .action = ACTION_USAGE };
	if (!rest)
		return err_no_memory(err);
	ret = options_take(argc, argv, &options, rest, &words.left, err);
	cli->socket = options.socket;
	cli->json = options.json;
	cli->pretty = options.pretty;
	if (!ret && options.version)
		cli->action = ACTION_VERSION;
	else if (!ret)
		ret = object_parse(cli, &words, options.help, err);
	free(rest);
	return ret;
}

int cli_parse_line(int argc, char *const *argv, struct cli *cli,
		   struct err *err)
{
	struct words words = { argc, argv };
	int ret;

	*cli = (struct cli){ .action = ACTION_USAGE };
	ret = object_parse(cli, &words, false, err);
	if (ret || cli->action == ACTION_RUN)
		return ret;
	return err_set(err, -EINVAL, NULL,
		       "help has no place in a file; leave it out");
}
