// SPDX-License-Identifier: GPL-2.0-only
/* Send a request and print the answer, or the rates between two answers. */
#include <errno.h>
#include <time.h>

#include "cli/client.h"
#include "cli/columns.h"
#include "cli/warnings.h"
#include "cli/print.h"
#include "cli/rates.h"
#include "cli/run.h"
#include "cli/show.h"

/* The state of printing an answer. */
struct progress {
	const struct view *view;
	const char *place;	/* of the command, for notes */
	bool json;
	struct page page;
	struct json_page json_page;
	json_t *kept;		/* the answer, kept for run_rates() */
};

/* The answer to a change: print its notes. */
static int take_change(const struct answer *answer, struct progress *progress,
		       struct err *err)
{
	if (!json_object_get(answer->result, "notes"))
		return 0;
	if (progress->json)
		return print_json(&progress->json_page, answer, err);
	warnings_tell(progress->place, answer->result);
	return 0;
}

static int take_list(const struct answer *answer, struct progress *progress,
		     struct err *err)
{
	const json_t *result = answer->result;
	int ret = columns_print(&progress->page, result,
				progress->view->columns, err);

	if (!ret && json_array_size(result))
		warnings_tell(
			progress->place,
			json_array_get(result, json_array_size(result) - 1));
	return ret;
}

static int take_answer(const struct answer *answer, void *data,
		       struct err *err)
{
	struct progress *progress = data;

	if (answer_check(answer, err))
		return -EREMOTEIO;
	if (!progress->view)
		return take_change(answer, progress, err);
	if (progress->json)
		return print_json(&progress->json_page, answer, err);
	if (progress->view->columns)
		return take_list(answer, progress, err);
	return progress->view->show(&progress->page, answer->result, err);
}

static struct progress progress_of(const struct cli *cli)
{
	return (struct progress){
		.view = view_find(cli->command->op),
		.place = cli->place ? cli->place : "dnatctl",
		.json = cli->json,
		.page.out = stdout,
		.json_page = { .out = stdout, .pretty = cli->pretty },
	};
}

static int keep_answer(const struct answer *answer, void *data,
		       struct err *err)
{
	struct progress *progress = data;

	if (answer_check(answer, err))
		return -EREMOTEIO;
	progress->kept = answer_result(answer);
	if (json_is_object(progress->kept) || json_is_array(progress->kept))
		return 0;
	json_decref(progress->kept);
	return answer_strange(err);
}

static int print_rates(struct progress *progress, json_t *rates,
		       struct err *err)
{
	const struct answer answer = { .result = rates };
	int ret;

	if (!rates)
		return err_no_memory(err);
	if (progress->json)
		ret = print_json(&progress->json_page, &answer, err);
	else if (progress->view->rates)
		ret = columns_print(&progress->page, rates,
				    progress->view->rates, err);
	else
		ret = show_rates(&progress->page, rates, err);
	/* Each list gets its own header. */
	if (progress->view->rates)
		progress->page.begun = false;
	json_decref(rates);
	return ret;
}

/* Runs until it is killed, its output is closed, or a request fails. */
static int run_rates(const struct cli *cli, struct err *err)
{
	const struct timespec pause = {
		.tv_sec = cli->interval / 1000,
		.tv_nsec = cli->interval % 1000 * 1000000L,
	};
	struct progress progress = progress_of(cli);
	json_t *before = NULL;
	double at = 0, was;
	int ret;

	for (;;) {
		was = at;
		ret = client_call(cli->socket, cli->command->op, cli->args,
				  keep_answer, &progress, err);
		at = rates_clock();
		if (!ret && before)
			ret = print_rates(&progress,
					  rates_of(before, progress.kept,
						   at - was), err);
		json_decref(before);
		if (ret)
			break;
		before = progress.kept;
		if (fflush(stdout) || ferror(stdout)) {
			json_decref(before);
			return EXIT_DONE;
		}
		nanosleep(&pause, NULL);
	}
	return run_status(ret);
}

int run_ask(const struct cli *cli, struct err *err)
{
	struct progress progress = progress_of(cli);

	if (cli->interval)
		return run_rates(cli, err);
	return run_status(client_call(cli->socket, cli->command->op, cli->args,
				      take_answer, &progress, err));
}
