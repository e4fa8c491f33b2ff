// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/diff.h"
#include "cli/file.h"
#include "cli/warnings.h"
#include "cli/print.h"
#include "cli/run.h"
#include "cli/save.h"
#include "common/addr.h"
#include "common/text.h"
#include "lang/conf.h"

/* @data: result, what dnatd has sent, also if it refused the request */
static int take_reply(const struct answer *answer, void *data, struct err *err)
{
	json_t **reply = data;
	int ret = answer_check(answer, err);

	if (!ret && (answer->more || !answer->result))
		return answer_strange(err);
	*reply = json_incref(ret ? json_object_get(answer->json, "error") :
				   answer->result);
	return ret;
}

/* Add dnatd's errors to the errors of the file, with their lines. */
static void add_errors(struct file_errors *faults, const struct conf *conf,
		       const json_t *error)
{
	const json_t *errors = json_object_get(error, "errors");
	const json_t *one;
	size_t i;

	json_array_foreach(errors, i, one) {
		conf_fault(conf, answer_text(one, "arg"),
			   answer_text(one, "msg"), faults);
	}
}

/* Print the notes, and with @dry what would change. */
static int show_reply(const struct cli *cli, const struct conf *conf,
		      const char *file, bool dry, json_t *result,
		      struct err *err)
{
	const struct answer answer = { .result = result };
	struct json_page page = { .out = stdout, .pretty = cli->pretty };
	int ret = 0;

	if (warnings_place(result, conf, file))
		return err_no_memory(err);
	if (cli->json)
		return json_is_null(result) ? 0 :
					      print_json(&page, &answer, err);
	if (dry)
		ret = diff_print(stdout, result, err);
	warnings_tell(NULL, result);
	return ret;
}

/*
 * Send @conf to dnatd.
 * @dry: change nothing
 * @faults: errors in the file's lines; with any, nothing is changed either.
 *	dnatd's errors are added
 */
static int send_conf(const struct cli *cli, const struct conf *conf,
		     const char *file, bool dry, struct file_errors *faults,
		     struct err *err)
{
	char *path = strcmp(file, "stdin") ? realpath(file, NULL) : NULL;
	char from[512];
	json_t *args = json_pack("{s:O, s:b, s:s}", "config", conf->json,
				 "dry_run", dry || faults->n, "from",
				 text_quote(path ? path : file, from,
					    sizeof(from)));
	json_t *reply = NULL;
	int ret = args ? client_call(cli->socket, "config.apply", args,
				     take_reply, &reply, err) :
			 err_no_memory(err);

	if (ret == -EREMOTEIO)
		add_errors(faults, conf, reply);
	else if (!ret && !faults->n)
		ret = show_reply(cli, conf, file, dry, reply, err);
	json_decref(reply);
	json_decref(args);
	free(path);
	return run_status(ret);
}

int run_apply(const struct cli *cli, struct err *err)
{
	bool dry = json_is_true(json_object_get(cli->args, "--dry-run"));
	struct file_errors faults = { 0 };
	struct conf conf;
	int ret = EXIT_USAGE;
	const char *file;
	size_t len;
	char *text = file_load(cli, &file, &len, err);
	bool unread;

	if (!text)
		return EXIT_USAGE;
	conf_read(&conf, text, len, &faults);
	unread = faults.n || faults.no_memory;
	/* Send it despite errors: dnatd may find more errors in other lines. */
	if (conf.json)
		ret = send_conf(cli, &conf, file, dry, &faults, err);
	if (unread)
		ret = EXIT_USAGE;
	if (faults.n) {
		file_faults(&faults, file);
		err->msg[0] = '\0';
	}
	file_errors_clean(&faults);
	conf_clean(&conf);
	free(text);
	return ret;
}

/* Convert @config to a file's text.  @text: result, the caller's to free */
static int config_text(const struct cli *cli, json_t *config,
		       struct text *text, struct err *err)
{
	const struct answer answer = { .result = config };
	struct json_page page = { .pretty = cli->pretty };
	int ret = -ENOMEM;

	if (!cli->json) {
		ret = conf_put(text, config, err);
	} else {
		page.out = open_memstream(&text->buf, &text->len);
		if (page.out)
			ret = print_json(&page, &answer, err);
		if (page.out && fclose(page.out) && !ret)
			ret = -ENOMEM;
	}
	return ret == -ENOMEM ? err_no_memory(err) : ret;
}

/* Make the whole text before the file is opened. */
static int put_config(const struct cli *cli, json_t *config, struct err *err)
{
	const char *path = json_string_value(json_object_get(cli->args, "-f"));
	struct text text = { 0 };
	int ret = EXIT_DONE;

	if (config_text(cli, config, &text, err))
		ret = EXIT_UNREACHABLE;
	else if (!path || !strcmp(path, "-"))
		fwrite(text.buf, 1, text.len, stdout);
	else if (save_file(path, text.buf, text.len, err))
		ret = EXIT_USAGE;
	free(text.buf);
	return ret;
}

int run_export(const struct cli *cli, struct err *err)
{
	json_t *args = json_pack("{s:b}", "brief", !cli->json);
	json_t *reply = NULL;
	int ret = args ? client_call(cli->socket, "config.show", args,
				     take_reply, &reply, err) :
			 err_no_memory(err);

	ret = ret ? run_status(ret) : put_config(cli, reply, err);
	json_decref(reply);
	json_decref(args);
	return ret;
}
