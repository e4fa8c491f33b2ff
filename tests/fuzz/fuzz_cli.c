// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any command line, to the parser.  The input is the words, a newline after
 * each.  As a libFuzzer target, or with FUZZ_STANDALONE over the lines below
 * and the files that are named.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/parse.h"

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What holds for every command line, whatever the parser makes of it. */
static void check(const struct cli *cli, int ret, const struct err *err)
{
	const struct arg *a;

	if (ret && (!err->msg[0] || strchr(err->msg, '\n') || cli->args))
		abort();
	if (ret || cli->action != ACTION_RUN)
		return;
	for (a = cli->command->args; a->name; a++)
		if (a->need == REQUIRED && !json_object_get(cli->args, a->name))
			abort();
	if (cli->command->target.need == REQUIRED &&
	    !json_object_get(cli->args, cli->command->target.name))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char *words[WORDS_MAX];
	struct err err = { 0 };
	char *rest = text;
	struct cli cli;
	int n = 0;
	int ret;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	while (rest && *rest && n < WORDS_MAX)
		words[n++] = strsep(&rest, "\n");

	ret = cli_parse(n, words, &cli, &err);
	check(&cli, ret, &err);
	json_decref(cli.args);
	free(text);
	return 0;
}

#ifdef FUZZ_STANDALONE
static const char *const corpus[] = {
	"", "\n", "-", "--", "-jpVh", "-jx", "help", "help\nx", "--help",
	"--socket", "--socket\n\n", "--socket=", "--socket=/x\nstatus",
	"-j\n-p\nservice\nshow", "service", "service\nhelp", "servicex\nadd",
	"service\nadd", "service\nadd\nhelp", "service\nadd\nweb",
	"service\nadd\nweb\nvip\n192.0.2.10\nport\n80\nproto\nudp\nmode\ndouble-nat\nscheduler\nwrr\ndev\neth0",
	"service\nadd\nweb\nvip\n2001:db8::1\nport\n65536",
	"service\nadd\nweb\nvip\n::ffff:192.0.2.1\nport\n1",
	"service\nadd\nweb\nport\n1\nport\n1",
	"service\nadd\nweb\nport\n\n\n",
	"service\nadd\n\x1b[31m\nport\n\x80\xff",
	"service\nset\nweb", "service\nset\nweb\ndev\nnone",
	"service\nset\nweb\ndev\neth0123456789abc",
	"service\nset\nweb\nscheduler\n|", "service\nset\nweb\nscheduler\nrr|",
	"service\nset\nweb\ndev\n\xe2\x82\xac",
	"service\ndel\nweb\nx", "service\nshow\nweb\n-j",
	"backend\nadd\nweb\naddr\n10.1.0.11\nweight\n256\nport\n8080",
	"backend\nset\nweb\naddr\n10.1.0.11\nweight\n99999999999999999999",
	"backend\ndel\nweb\naddr", "backend\nshow\nweb\nhelp",
	"vdport\nshow\nx", "connection\nshow\nservice\nweb\nbackend\nfd00::1",
	"status", "status\nhelp", "status\nx",
};

#include "standalone.h"
#endif
