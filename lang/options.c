// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/un.h>

#include "common/addr.h"
#include "lang/grammar.h"
#include "lang/options.h"

#define QUOTED_LEN 80

static int socket_set(struct options *options, const char *path,
		      struct err *err)
{
	size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

	if (!path || !*path)
		return err_set(err, -EINVAL, "--socket",
			       "--socket needs a path");
	if (strlen(path) > max)
		return err_set(err, -EINVAL, "--socket",
			       "--socket: the path is too long; use %zu bytes at most",
			       max);
	options->socket = path;
	return 0;
}

static bool letters_take(const char *letters, struct options *options)
{
	if (!*letters || letters[strspn(letters, "jphV")])
		return false;
	options->json |= strpbrk(letters, "jp") != NULL;
	options->pretty |= strchr(letters, 'p') != NULL;
	options->help |= strchr(letters, 'h') != NULL;
	options->version |= strchr(letters, 'V') != NULL;
	return true;
}

/* Whether @word is an option without a value, such as -j, -jp or --json. */
static bool flag_take(const char *word, struct options *options)
{
	if (word[0] != '-')
		return false;
	for (const struct global_option *g = global_options; g->name; g++)
		if (!*g->value && !strcmp(g->name, word))
			return letters_take(g->letter + 1, options);
	return word[1] != '-' && letters_take(word + 1, options);
}

static bool takes_any_text(const char *keyword)
{
	for (const struct command *c = commands; c->object; c++) {
		const struct arg *arg = grammar_arg(c, keyword);

		if (arg && (arg->type == VALUE_TEXT || arg->type == VALUE_FILE))
			return true;
	}
	return false;
}

int options_take(int argc, char *const *argv, struct options *options,
		 char **rest, int *n, struct err *err)
{
	static const char path_option[] = "--socket=";
	const size_t path_at = sizeof(path_option) - 1;
	char quoted[QUOTED_LEN];
	int ret = 0;

	*n = 0;
	for (int i = 0; !ret && i < argc; i++) {
		if (*n && takes_any_text(rest[*n - 1]))
			rest[(*n)++] = argv[i];
		else if (!strcmp(argv[i], "--socket"))
			ret = socket_set(options, ++i < argc ? argv[i] : NULL,
					 err);
		else if (!strncmp(argv[i], path_option, path_at))
			ret = socket_set(options, argv[i] + path_at, err);
		else if (flag_take(argv[i], options))
			continue;
		else if (*n || argv[i][0] != '-')
			rest[(*n)++] = argv[i];
		else
			ret = err_set(err, -EINVAL, NULL,
				      "\"%s\" is not an option; use -j, -p, -V, -h or --socket PATH, and commands as in dnatctl help",
				      text_quote(argv[i], quoted,
						 sizeof(quoted)));
	}
	return ret;
}
