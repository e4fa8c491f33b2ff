// SPDX-License-Identifier: GPL-2.0-only
/* The main loop of dnatctl top: request the counters, show the rates. */
#include <errno.h>
#include <stdio.h>

#include "cli/client.h"
#include "cli/rates.h"
#include "cli/run.h"
#include "cli/screen.h"
#include "cli/top.h"

/* The answer to a request. */
struct list {
	json_t *rows;		/* NULL: none yet */
	double at;		/* time of the answer, from rates_clock() */
};

static int take(const struct answer *answer, void *data, struct err *err)
{
	struct list *list = data;
	int ret = answer_check(answer, err);

	if (!ret)
		list->rows = answer_result(answer);
	return ret;
}

static int ask(const char *path, const char *op, struct list *list,
	       struct err *err)
{
	json_t *args = json_object();
	int ret = args ? client_call(path, op, args, take, list, err) :
			 err_no_memory(err);

	json_decref(args);
	list->at = rates_clock();
	return ret;
}

/* Request the next list, show the rates, and replace @before by the list. */
static int ask_again(struct top *top, const char *path, struct list *before,
		     struct err *err)
{
	struct list next = { 0 };
	json_t *rates = NULL;
	int ret = ask(path, top_op(top), &next, err);

	if (!ret) {
		rates = rates_of(before->rows ? before->rows : next.rows,
				 next.rows, next.at - before->at);
		ret = top_take(top, rates);
		if (ret == -ENOMEM)
			err_no_memory(err);
		else if (ret)
			answer_strange(err);
	}
	json_decref(rates);
	if (ret) {
		json_decref(next.rows);
		return ret;
	}
	json_decref(before->rows);
	*before = next;
	return 0;
}

static void forget(struct list *list)
{
	json_decref(list->rows);
	list->rows = NULL;
}

/* Handle keys until the time of the next request, or until one ends it. */
static enum top_do wait_for_keys(struct top *top, double until)
{
	enum top_do what = TOP_GO_ON;
	double left;
	int key;

	while (what == TOP_GO_ON) {
		screen_draw(top);
		left = until - rates_clock();
		if (left <= 0)
			break;
		key = screen_key((int)(left * 1000) + 1);
		if (key >= 0)
			what = top_key(top, key);
	}
	return what;
}

/*
 * Show rates until the user quits.  If dnatd fails to answer later, the error
 * is shown and the request repeated.
 *
 * Return: 0, or a negative errno if there is no terminal or no first answer
 */
static int watch(const char *path, unsigned int interval, struct err *err)
{
	struct list before = { 0 };
	struct err later = { 0 };
	enum top_do what;
	struct top top;
	int ret;

	top_init(&top, interval);
	ret = screen_check(err);
	if (!ret)
		ret = ask_again(&top, path, &before, err);
	if (!ret)
		ret = screen_open(err);
	while (!ret) {
		what = wait_for_keys(&top, rates_clock() + interval / 1000.0);
		if (what == TOP_QUIT)
			break;
		if (what == TOP_ASK)
			forget(&before);
		top.note[0] = '\0';
		if (ask_again(&top, path, &before, &later))
			snprintf(top.note, sizeof(top.note), "%s", later.msg);
	}
	if (!ret)
		screen_close();
	forget(&before);
	top_clean(&top);
	return ret;
}

int run_top(const struct cli *cli, struct err *err)
{
	int ret = watch(cli->socket, cli->interval ? cli->interval : 1000, err);

	return ret == -ENOTTY || ret == -EINVAL ? EXIT_USAGE : run_status(ret);
}
