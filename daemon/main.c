// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/request.h"
#include "api/status.h"
#include "base/events.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/nofile.h"
#include "base/systemd.h"
#include "base/worker.h"
#include "control/control.h"
#include "engine/change.h"
#include "engine/conns_end.h"
#include "engine/count.h"
#include "engine/dnatd.h"
#include "api/fault_watch.h"
#include "engine/drain.h"
#include "engine/follow.h"
#include "engine/forget.h"
#include "engine/health.h"
#include "engine/pool_alarm.h"
#include "engine/repair_budget.h"
#include "engine/module_sync.h"
#include "engine/startup.h"
#include "engine/kernel_watch.h"
#include "control/http.h"
#include "control/http_request.h"
#include "engine/vdports_sync.h"
#include "metrics/metrics.h"
#include "model/model.h"
#include "model/slots.h"
#include "module/kmod.h"
#include "net/announce.h"
#include "net/closer.h"
#include "net/link.h"
#include "net/netns.h"
#include "nft/foreign.h"
#include "nft/nft.h"
#include "store/store.h"

#define METRICS_ADDR "127.0.0.1:9527"

struct options {
	const char *socket;
	const char *state;
	const char *conf;	/* NULL: DNAT_CONF, if it exists */
	const char *metrics;	/* the text of the option */
	struct http_addr http;	/* @metrics parsed; len 0: none */
	enum allocator allocator;
	unsigned int repairs;	/* per minute; 0: never */
	const char *admin_group;	/* NULL: only root may change */
	const char *check_user;	/* NULL: SPAWN_USER */
	bool config_test;	/* check the file of services, then exit */
	bool done;		/* help or version was printed: exit */
};

struct loop {
	struct event_base *base;
	struct event *term;
	struct event *intr;
	struct event *watchdog;	/* NULL: systemd does not use it */
};

static const char usage[] =
	"Usage: dnatd [--socket PATH] [--state PATH] [--config PATH]\n"
	"             [--allocator auto|module|nf_nat] [--repairs N]\n"
	"             [--metrics ADDR:PORT|none] [--admin-group NAME]\n"
	"             [--check-user NAME]\n"
	"       dnatd --config-test [--config PATH]\n"
	"       dnatd -h | -V\n"
	"\n"
	"Programs the nf_tables table inet dnatd and answers dnatctl(8).\n"
	"\n"
	"  --socket PATH     where dnatctl asks (" CONTROL_SOCKET ")\n"
	"  --state PATH      where services are kept (" STORE_PATH ")\n"
	"  --config PATH     what services there are at the start (" DNAT_CONF ",\n"
	"                    where that exists)\n"
	"  --allocator A     what allocates vdports: module, nf_nat, or auto (the\n"
	"                    module where the kernel takes it, else nf_nat)\n"
	"  --repairs N       put right what others change, so often a minute (10; 0:\n"
	"                    never)\n"
	"  --metrics A       where Prometheus asks by HTTP, or none (" METRICS_ADDR ")\n"
	"  --admin-group G   members of this group may change services, too\n"
	"  --check-user U    run the programs of check exec as this user ("
	SPAWN_USER ")\n"
	"  --config-test     say what is wrong with the file of services, and end\n"
	"  -V, --version     print the version\n"
	"  -h, --help        print this\n";

static int allocator_parse(const char *text, enum allocator *allocator)
{
	static const enum allocator all[] = { ALLOC_AUTO, ALLOC_MODULE,
					      ALLOC_NF_NAT };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!strcmp(text, allocator_text(all[i]))) {
			*allocator = all[i];
			return 0;
		}
	}
	return -1;
}

static int path_parse(const char *name, const char **path)
{
	*path = optarg;
	if (*optarg)
		return 0;
	say_error("--%s needs a path", name);
	return -1;
}

static int metrics_parse(const char *text, struct options *options)
{
	char quoted[80];

	options->metrics = text;
	memset(&options->http, 0, sizeof(options->http));
	if (!strcmp(text, "none") || !http_addr_parse(text, &options->http))
		return 0;
	say_error("--metrics \"%s\" is no address with a port; use such as " METRICS_ADDR ", [::1]:9527 or none",
	    text_quote(text, quoted, sizeof(quoted)));
	return -1;
}

static int options_parse(int argc, char **argv, struct options *options)
{
	enum {
		OPT_SOCKET = 256,
		OPT_STATE,
		OPT_CONFIG,
		OPT_ALLOCATOR,
		OPT_REPAIRS,
		OPT_METRICS,
		OPT_ADMIN,
		OPT_CHECK_USER,
		OPT_CONFIG_TEST,
	};
	static const struct option known[] = {
		{ "socket", required_argument, NULL, OPT_SOCKET },
		{ "state", required_argument, NULL, OPT_STATE },
		{ "config", required_argument, NULL, OPT_CONFIG },
		{ "allocator", required_argument, NULL, OPT_ALLOCATOR },
		{ "repairs", required_argument, NULL, OPT_REPAIRS },
		{ "metrics", required_argument, NULL, OPT_METRICS },
		{ "admin-group", required_argument, NULL, OPT_ADMIN },
		{ "check-user", required_argument, NULL, OPT_CHECK_USER },
		{ "config-test", no_argument, NULL, OPT_CONFIG_TEST },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	char letter[] = "-?";
	struct err err;
	char quoted[80];
	int opt;

	while ((opt = getopt_long(argc, argv, ":hV", known, NULL)) != -1) {
		switch (opt) {
		case OPT_SOCKET:
			if (path_parse("socket", &options->socket))
				return -1;
			break;
		case OPT_STATE:
			if (path_parse("state", &options->state))
				return -1;
			break;
		case OPT_CONFIG:
			if (path_parse("config", &options->conf))
				return -1;
			break;
		case OPT_ALLOCATOR:
			if (!allocator_parse(optarg, &options->allocator))
				break;
			say_error("--allocator \"%s\" is not known; use auto, module or nf_nat",
			    text_quote(optarg, quoted, sizeof(quoted)));
			return -1;
		case OPT_REPAIRS:
			if (!uint_parse(optarg, "--repairs", 0, REPAIRS_MAX,
					&options->repairs, &err))
				break;
			say_error("%s", err.msg);
			return -1;
		case OPT_METRICS:
			if (metrics_parse(optarg, options))
				return -1;
			break;
		case OPT_ADMIN:
			options->admin_group = optarg;
			break;
		case OPT_CHECK_USER:
			options->check_user = optarg;
			break;
		case OPT_CONFIG_TEST:
			options->config_test = true;
			break;
		case 'V':
			printf("dnatd %s\n", PACKAGE_VERSION);
			options->done = true;
			return 0;
		case 'h':
			fputs(usage, stdout);
			options->done = true;
			return 0;
		case ':':
			say_error("option %s needs a value; see dnatd --help",
			    argv[optind - 1]);
			return -1;
		default:
			/* Within a word of letters optind does not advance. */
			letter[1] = (char)optopt;
			say_error("option \"%s\" is not known; see dnatd --help",
			    text_quote(optopt ? letter : argv[optind - 1],
				       quoted, sizeof(quoted)));
			return -1;
		}
	}
	if (optind < argc) {
		say_error("argument \"%s\" is not known; see dnatd --help",
		    text_quote(argv[optind], quoted, sizeof(quoted)));
		return -1;
	}
	return 0;
}

/* If the port is in use, http.h tries again: that is no error here. */
static int metrics_start(struct dnatd *dnatd, struct event_base *base,
			 const struct options *options, struct err *err)
{
	const char *fault;

	if (!options->http.len)
		return 0;
	dnatd->http = http_new(base, &options->http, metrics_page, dnatd, err);
	if (!dnatd->http)
		return -1;
	snprintf(dnatd->metrics, sizeof(dnatd->metrics), "http://%s" HTTP_PAGE,
		 options->metrics);
	fault = http_fault(dnatd->http);
	if (fault)
		say_warning("cannot serve metrics at %s: %s; trying again every second",
			    options->metrics, fault);
	return 0;
}

static void reason_set(struct dnatd *dnatd, const char *text)
{
	snprintf(dnatd->reason, sizeof(dnatd->reason), "%s", text);
}

/* Choose the allocator to try; auto prefers the module. */
static int allocator_choose(struct dnatd *dnatd, struct err *err)
{
	if (dnatd->configured == ALLOC_NF_NAT) {
		dnatd->in_force = ALLOC_NF_NAT;
		reason_set(dnatd, "asked for with --allocator nf_nat");
		return 0;
	}

	dnatd->kmod = kmod_open(err);
	if (dnatd->kmod)
		dnatd->kmod_jobs = kmod_open(err);
	if (dnatd->kmod_jobs) {
		dnatd->in_force = ALLOC_MODULE;
		reason_set(dnatd, dnatd->configured == ALLOC_MODULE ?
			   "asked for with --allocator module" :
			   "the module is loaded");
		return 0;
	}
	reason_set(dnatd, err->msg);
	if (dnatd->configured == ALLOC_MODULE)
		return err_set(err, -ENOENT, NULL,
			       "%s; --allocator auto starts without it",
			       dnatd->reason);
	dnatd->in_force = ALLOC_NF_NAT;
	return 0;
}

/*
 * Install the rules.  The kernel may refuse the module's helper although the
 * module is loaded; then auto falls back to nf_nat.
 */
static int rules_start(struct dnatd *dnatd, struct err *err)
{
	struct err second;

	if (!nft_reconcile_start(dnatd->nft, dnatd->in_force, dnatd->model,
				 err))
		return 0;
	if (dnatd->configured != ALLOC_AUTO ||
	    dnatd->in_force != ALLOC_MODULE ||
	    nft_reconcile_start(dnatd->nft, ALLOC_NF_NAT, dnatd->model,
				&second))
		return -1;
	dnatd->in_force = ALLOC_NF_NAT;
	reason_set(dnatd, err->msg);
	return 0;
}

static void stop_requested(evutil_socket_t sig, short what, void *base)
{
	(void)sig;
	(void)what;
	event_base_loopbreak(base);
}

static int loop_open(struct loop *loop, struct err *err)
{
	loop->base = loop_base_new();
	if (loop->base) {
		loop->term = evsignal_new(loop->base, SIGTERM, stop_requested,
					  loop->base);
		loop->intr = evsignal_new(loop->base, SIGINT, stop_requested,
					  loop->base);
	}
	if (loop->term && loop->intr && !event_add(loop->term, NULL) &&
	    !event_add(loop->intr, NULL) &&
	    !systemd_watchdog(loop->base, &loop->watchdog))
		return 0;
	return err_set(err, -1, NULL, "no event loop: out of memory");
}

static void loop_close(struct loop *loop)
{
	loop_measure_end();
	if (loop->watchdog)
		event_free(loop->watchdog);
	if (loop->intr)
		event_free(loop->intr);
	if (loop->term)
		event_free(loop->term);
	if (!loop->base)
		return;
	/* Run pending callbacks: they release objects freed before. */
	event_base_loop(loop->base, EVLOOP_NONBLOCK);
	event_base_free(loop->base);
}

static const char *conf_path(const struct options *options)
{
	return options->conf ? options->conf : DNAT_CONF;
}

/*
 * Take the locks first: a second dnatd must fail before it changes the state or
 * the table of the first.
 */
static int dnatd_run(struct dnatd *dnatd, struct loop *loop,
		     const struct options *options, struct err *err)
{
	struct announce *announce = NULL;
	struct watch *watch = NULL;
	struct control *control;
	struct access access;
	struct err link_err;
	bool changed;
	struct netns netns;
	int ret = -1;

	dnatd->base = loop->base;
	if (access_init(&access, options->admin_group, err) ||
	    spawn_user_init(&dnatd->check_user, options->check_user, err))
		return -1;
	if (netns_lock(&netns, NETNS_DIR, err))
		return -1;
	control = control_new(loop->base, options->socket, &access,
			      request_handle, dnatd, err);
	if (!control) {
		netns_unlock(&netns);
		return -1;
	}
	control_set_long(control, request_handle_long);
	if (startup_load(dnatd, conf_path(options), !options->conf, err))
		goto out;
	dnatd->worker = worker_new(loop->base, err);
	if (dnatd->worker)
		dnatd->disk = worker_new(loop->base, err);
	if (!dnatd->disk)
		goto out;
	dnatd->nft = nft_open(err);
	if (!dnatd->nft || allocator_choose(dnatd, err) ||
	    vdports_start(dnatd, err) || module_sync_start(dnatd, err))
		goto out;

	if (dnatd->repairs.a_minute) {
		watch = kernel_watch_new(loop->base, dnatd, err);
		if (!watch)
			goto out;
	}

	/* A missing interface must not prevent the other services. */
	if (link_reconcile(dnatd->model, &changed, &link_err))
		say_warning("%s; the other services are not affected", link_err.msg);
	if (rules_start(dnatd, err))
		goto out;
	jobs_follow(dnatd);
	startup_done(dnatd);
	announce = announce_new(loop->base, dnatd->worker, dnatd->model,
				err);
	if (!announce)
		goto out;
	conns_end_early(dnatd);
	dnatd->health = health_new(dnatd, loop->base, err);
	if (!dnatd->health)
		goto out;

	dnatd->counts = counts_new(dnatd, err);
	if (!dnatd->counts)
		goto out;

	dnatd->drain = drain_new(dnatd, err);
	if (!dnatd->drain)
		goto out;

	dnatd->pools = pool_alarm_new(dnatd, err);
	if (!dnatd->pools)
		goto out;

	if (metrics_start(dnatd, loop->base, options, err))
		goto out;
	dnatd->faults = fault_watch_new(dnatd, err);
	if (!dnatd->faults)
		goto out;

	say("%s: %zu services, allocator %s (%s)", PACKAGE_VERSION,
	    dnatd->model->n_services, allocator_text(dnatd->in_force),
	    dnatd->reason);
	events_begin(dnatd->events, "start",
		     json_pack("{s:s, s:s, s:I}", "version", PACKAGE_VERSION,
			       "allocator", allocator_text(dnatd->in_force),
			       "services",
			       (json_int_t)dnatd->model->n_services));
	systemd_tell("READY=1");
	closer_set(dnatd->worker);
	ret = event_base_dispatch(loop->base) < 0 ?
		err_set(err, -1, NULL, "the event loop failed") : 0;
	systemd_tell("STOPPING=1");
	closer_set(NULL);
out:
	/* Finish the jobs before freeing what they use. */
	if (dnatd->disk)
		changes_finish(dnatd);
	worker_free(dnatd->disk);
	worker_free(dnatd->worker);
	announce_free(announce);
	kernel_watch_free(watch);
	http_free(dnatd->http);
	health_free(dnatd->health);
	control_free(control);
	netns_unlock(&netns);
	return ret;
}

static void dnatd_clean(struct dnatd *dnatd)
{
	conns_forget_stop(dnatd);
	conns_end_stop(dnatd);
	fault_watch_free(dnatd->faults);
	foreign_free(dnatd->foreign);
	pool_alarm_free(dnatd->pools);
	drain_free(dnatd->drain);
	counts_free(dnatd->counts);
	kmod_close(dnatd->kmod);
	kmod_close(dnatd->kmod_jobs);
	if (dnatd->nft)
		nft_close(dnatd->nft);
	/* If the start has failed, the saved state must stay on the disk. */
	store_free(dnatd->store, dnatd->saved ? dnatd->saved : dnatd->model);
	model_free(dnatd->model);
	model_free(dnatd->saved);
	events_free(dnatd->events);
}

int main(int argc, char **argv)
{
	struct options options = {
		.socket = CONTROL_SOCKET,
		.state = STORE_PATH,
		.allocator = ALLOC_AUTO,
		.repairs = REPAIRS_A_MINUTE,
	};
	struct dnatd dnatd = { 0 };
	struct loop loop = { 0 };
	struct err err = { .msg = "failed without a reason" };
	int ret = -1;

	if (metrics_parse(METRICS_ADDR, &options) ||
	    options_parse(argc, argv, &options))
		return EXIT_FAILURE;
	if (options.done)
		return EXIT_SUCCESS;
	if (options.config_test)
		return startup_check(conf_path(&options), !options.conf) ?
			       EXIT_FAILURE : EXIT_SUCCESS;

	nofile_raise();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	dnatd.configured = options.allocator;
	dnatd.repairs.a_minute = options.repairs;
	TAILQ_INIT(&dnatd.transactions);
	dnatd.events = events_new();
	dnatd.store = store_new(options.state, &err);
	dnatd.foreign = foreign_new();
	if (dnatd.events && dnatd.foreign && dnatd.store && !loop_open(&loop, &err))
		ret = dnatd_run(&dnatd, &loop, &options, &err);
	if (ret)
		say_error("%s%s", err.msg, geteuid() ? "; run dnatd as root" : "");

	dnatd_clean(&dnatd);
	loop_close(&loop);
	libevent_global_shutdown();
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
