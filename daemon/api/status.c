// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>

#include "api/host_part.h"
#include "api/status.h"
#include "base/clock.h"
#include "base/worker.h"
#include "engine/dnatd.h"
#include "engine/health.h"
#include "engine/pool_alarm.h"
#include "control/http.h"
#include "engine/repair_budget.h"
#include "model/model.h"
#include "model/slots.h"
#include "module/kmod.h"

/* With thousands of services a change or repair takes two seconds at most. */
#define SLOW_JOB_MS 10000

/* Steps of foreign_step() that status may wait for, a few milliseconds. */
#define FOREIGN_PARTS 16

const char *allocator_text(enum allocator allocator)
{
	static const char *const texts[] = {
		[ALLOC_AUTO] = "auto",
		[ALLOC_MODULE] = "module",
		[ALLOC_NF_NAT] = "nf_nat",
	};

	return texts[allocator];
}

static unsigned int ports_of_backend(const struct dnatd *dnatd)
{
	struct vdports vdports;

	if (dnatd->in_force != ALLOC_MODULE ||
	    kmod_vdports(dnatd->kmod, &vdports, NULL))
		return VDPORTS_MAX - VDPORTS_MIN + 1U;
	return vdports.max - vdports.min + 1U;
}

static json_t *vdports_in_force(const struct dnatd *dnatd)
{
	struct vdports vdports;

	if (dnatd->in_force != ALLOC_MODULE ||
	    kmod_vdports(dnatd->kmod, &vdports, NULL))
		return json_null();
	return vdports_to_json(&vdports);
}

static json_t *module_to_json(const struct dnatd *dnatd)
{
	if (!dnatd->kmod)
		return json_null();
	return json_pack("{s:s}", "version", kmod_version(dnatd->kmod));
}

/* With auto, nf_nat works, too, but the admin should know. */
static void check_module(struct checks *checks, const struct dnatd *dnatd)
{
	bool ok = dnatd->in_force == ALLOC_MODULE ||
		  dnatd->configured == ALLOC_NF_NAT;
	char advice[sizeof(dnatd->reason) + 80];

	snprintf(advice, sizeof(advice),
		 "%s; to run without it on purpose, start dnatd with --allocator nf_nat",
		 dnatd->reason);
	check_add(checks, "nf_double_nat",
		  json_string(dnatd->kmod ? "loaded" : "not loaded"), ok,
		  ok ? NULL : advice);
}

/* A fault if other programs keep changing the rules, or a repair failed. */
static void check_repairs(struct checks *checks, const struct repairs *repairs)
{
	bool held = repairs_held(repairs, clock_now());
	char advice[512];

	if (repairs->failed[0])
		snprintf(advice, sizeof(advice),
			 "the last one failed: %s", repairs->failed);
	else
		snprintf(advice, sizeof(advice),
			 "more than %u were needed in a minute, now there is one a minute: find out who else changes table inet "
			 RULESET_TABLE ", the VIPs or the module",
			 repairs->a_minute);
	held |= repairs->failed[0] != '\0';
	check_add(checks, "repairs", json_integer((json_int_t)repairs->total),
		  !held, held ? advice : NULL);
}

/* A fault while connections are refused, a note for a while after that. */
static void check_pools(struct checks *checks, const struct dnatd *dnatd)
{
	size_t n = pool_alarm_refusing(dnatd->pools);
	char last[256], advice[512];
	bool lately = pool_alarm_last(dnatd->pools, last, sizeof(last));

	if (lately)
		snprintf(advice, sizeof(advice),
			 "%s, all vdports were in use; add a backend, another port of the backend or another VIP, see When ports run out in dnat-workflows(7)",
			 last);
	check_add(checks, "pools_exhausted", json_integer((json_int_t)n), !n,
		  lately ? advice : n ? "see vdport show" : NULL);
}

/* If the port is in use, dnatd runs without metrics; that is a fault. */
static void check_metrics(struct checks *checks, const struct dnatd *dnatd)
{
	const char *fault = dnatd->http ? http_fault(dnatd->http) : NULL;
	char advice[320];

	if (fault)
		snprintf(advice, sizeof(advice),
			 "%s: %.100s; dnatd tries again every second: stop the program that uses the port, or start dnatd with another --metrics",
			 dnatd->metrics, fault);
	check_add(checks, "metrics",
		  json_string(fault ? "not exported" :
			      dnatd->metrics[0] ? dnatd->metrics : "none"),
		  !fault, fault ? advice : NULL);
}

/* A fault if a job takes too long: a hanging disk or kernel blocks changes. */
static void check_workers(struct checks *checks, const struct dnatd *dnatd)
{
	int64_t ms = 0, kernel_ms = 0;
	const char *what = worker_does(dnatd->disk, &ms);
	const char *kernel = worker_does(dnatd->worker, &kernel_ms);
	bool is_disk = ms > kernel_ms;
	bool slow = (is_disk ? ms : kernel_ms) >= SLOW_JOB_MS;
	char advice[320];

	if (!is_disk) {
		what = kernel;
		ms = kernel_ms;
	}
	snprintf(advice, sizeof(advice),
		 "%s has been under way for %" PRId64
		 " s, and the next ones wait: %s does not answer; see dmesg",
		 what ? what : "none", ms / 1000,
		 is_disk ? "the disk with the state file" : "the kernel");
	check_add(checks, "changes", json_string(slow ? what : "none"), !slow,
		  slow ? advice : NULL);
}

/* A fault if the results of health checks could not be put into the rules. */
static void check_health(struct checks *checks, const struct dnatd *dnatd)
{
	const char *service, *reason = health_pending(dnatd->health, &service);
	unsigned int n = health_load(dnatd->health).pending;
	char advice[512];

	if (reason)
		snprintf(advice, sizeof(advice),
			 "service %s: cannot put backends that went down or up into the rules: %s",
			 service, reason);
	check_add(checks, "health_pending", json_integer(n), !reason,
		  reason ? advice : NULL);
}

/* Never a fault: without a flowtable, packets only cost more CPU time. */
static void check_flowtable(struct checks *checks, const struct dnatd *dnatd)
{
	const char *reason = dnatd->no_flowtable[0] ? dnatd->no_flowtable : NULL;
	char advice[512];

	if (dnatd->in_force != ALLOC_NF_NAT)
		return;
	if (reason)
		snprintf(advice, sizeof(advice),
			 "packets go the kernel's slow way: %s", reason);
	check_add(checks, "flowtable", json_string(reason ? "none" : "used"),
		  true, reason ? advice : NULL);
}

/* Shows where the services come from; a fault if the file was not used. */
static void check_conf(struct checks *checks, const struct dnatd *dnatd)
{
	bool ok = !dnatd->conf_fault[0];
	char value[PATH_MAX + 64];

	if (dnatd->conf)
		snprintf(value, sizeof(value), "%s", dnatd->conf);
	else
		snprintf(value, sizeof(value), "the state file%s%s%s",
			 ok ? " (there is no " : "",
			 ok ? dnatd->conf_path : "", ok ? ")" : "");
	check_add(checks, "services_from", json_string(value), ok,
		  ok ? NULL : dnatd->conf_fault);
}

static json_int_t count_down(const struct dnatd *dnatd)
{
	const struct model *model = dnatd->model;
	struct health_counts counts;
	json_int_t down = 0;

	for (size_t i = 0; i < model->n_services; i++) {
		const struct service *service = model->services[i];

		for (size_t j = 0; j < service->n_backends; j++)
			down += health_count(dnatd->health, service,
					     &service->backends[j], &counts) &&
				counts.down;
	}
	return down;
}

static bool forwards(const struct checks *look, uint8_t family)
{
	const char *file = family == AF_INET ? "net/ipv4/ip_forward" :
					       "net/ipv6/conf/all/forwarding";
	unsigned long long value;

	return !check_number(look, file, &value) || value;
}

int status_served(const struct dnatd *dnatd, const struct service *service,
		  struct err *err)
{
	const struct checks look = { .proc = "/proc", .model = dnatd->model };
	const struct model *model = dnatd->model;
	bool ip4 = forwards(&look, AF_INET), ip6 = forwards(&look, AF_INET6);

	if (service && !(service->vip.family == AF_INET ? ip4 : ip6))
		return err_set(err, -EHOSTDOWN, "service",
			       "service %s is not served: the kernel does not forward; see status",
			       service->name);
	if (service && !slots_active(service))
		return err_set(err, -EHOSTDOWN, "service",
			       "service %s is not served: none of its %zu backends takes new connections; see backend show %s",
			       service->name, service->n_backends,
			       service->name);
	for (size_t i = 0; !service && i < model->n_services; i++)
		if ((model->services[i]->vip.family == AF_INET ? ip4 : ip6) &&
		    slots_active(model->services[i]))
			return 0;
	return service ? 0 : err_set(err, -EHOSTDOWN, NULL,
				     "none of %zu services is served; see status and service show",
				     model->n_services);
}

struct checks status_look(const struct dnatd *dnatd)
{
	struct checks look = {
		.proc = "/proc",
		.model = dnatd->model,
		.ports = ports_of_backend(dnatd),
		.foreign = foreign_last(dnatd->foreign),
		.list = json_array(),
	};

	check_module(&look, dnatd);
	return look;
}

int status_add_checks(const struct dnatd *dnatd, json_t *silence, json_t *list)
{
	struct checks checks = { .list = json_incref(list) };
	int ret = 0;

	check_flowtable(&checks, dnatd);
	check_repairs(&checks, &dnatd->repairs);
	check_workers(&checks, dnatd);
	check_pools(&checks, dnatd);
	check_health(&checks, dnatd);
	if (dnatd->in_force == ALLOC_MODULE && silence)
		ret = json_array_append(checks.list, silence);
	check_metrics(&checks, dnatd);
	check_conf(&checks, dnatd);
	ret = checks.list ? ret : -1;
	json_decref(checks.list);
	return ret;
}

json_t *status_to_json(const struct dnatd *dnatd, json_t *silence)
{
	struct checks look;
	json_t *checks;

	/* Show recent changes of rules, unless the ruleset is too large. */
	for (int i = 0; i < FOREIGN_PARTS && foreign_step(dnatd->foreign); i++)
		;
	look = status_look(dnatd);
	checks = host_all(&look);

	if (status_add_checks(dnatd, silence, checks)) {
		json_decref(checks);
		return NULL;
	}
	return json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:i, s:i, s:I, s:{s:I, s:I}, s:o}",
			 "version", PACKAGE_VERSION, "allocator",
			 "configured", allocator_text(dnatd->configured),
			 "in_force", allocator_text(dnatd->in_force),
			 "reason", dnatd->reason, "module",
			 module_to_json(dnatd), "vdports",
			 vdports_in_force(dnatd), "services",
			 (int)dnatd->model->n_services, "backends",
			 (int)model_backends(dnatd->model), "backends_down",
			 count_down(dnatd), "repairs", "total",
			 (json_int_t)dnatd->repairs.total, "overruns",
			 (json_int_t)dnatd->repairs.overruns, "checks",
			 checks);
}
