// SPDX-License-Identifier: GPL-2.0-only
/* The page for Prometheus: names, escapes, and what a model makes of it. */
#include <ctype.h>
#include <netinet/in.h>
#include <regex.h>
#include <unistd.h>

#include "metrics/metrics.h"
#include "metrics/metrics_service.h"
#include "metrics/metrics_text.h"
#include "metrics/process.h"
#include "model/model.h"
#include "unit.h"

static struct err err;

/* The page as a string, to be freed. */
static char *page_of(struct long_answer *parts, unsigned int *steps)
{
	struct text text = { 0 };
	int ret;

	NEED(parts);
	*steps = 0;
	do {
		ret = parts->task.step(&parts->task, &text, &err);
		++*steps;
	} while (ret == 1);
	CHECK_INT(ret, 0);
	long_answer_free(parts);
	NEED(!text_add(&text, "", 1));
	return text.buf;
}

static char *written(struct samples *samples)
{
	struct text text = { 0 };

	NEED(!samples_write(samples, &text));
	NEED(!text_add(&text, "", 1));
	return text.buf;
}

static void test_samples(void)
{
	static const struct label labels[] = {
		{ "a", "\\ \" \n {},=" }, { "b", "" }, { NULL, NULL }
	};
	struct samples samples = { 0 };
	char *text;

	NEED(!samples_add(&samples, METRIC_SERVICES, NULL, UINT64_MAX));
	NEED(!samples_add(&samples, METRIC_VDPORTS_IN_USE, labels, 0));
	NEED(!samples_add(&samples, METRIC_BACKENDS, NULL, 3));
	NEED(!samples_add(&samples, METRIC_VDPORTS_IN_USE, NULL, 1));
	NEED(!samples_add_real(&samples, METRIC_CPU_SECONDS, NULL, 1.005e9));
	NEED(!samples_add(&samples, METRIC_MAX_FDS, NULL, 4));
	samples_drop(&samples, METRIC_MAX_FDS);
	text = written(&samples);
	CHECK(strstr(text, "\ndnat_services 18446744073709551615\n"));
	CHECK(strstr(text, " gauge\ndnat_vdports_in_use{a=\"\\\\ \\\" \\n {},=\",b=\"\"} 0\ndnat_vdports_in_use 1\n"));
	CHECK(strstr(text, "\nprocess_cpu_seconds_total 1005000000.000\n"));
	CHECK(!strstr(text, "\nprocess_max_fds"));
	free(text);

	text = written(&samples);
	CHECK(!strstr(text, "\ndnat_services"));
	free(text);
	samples_clean(&samples);
}

/*
 * Every line is a metric's help, then its type, then its samples; a counter's
 * name ends in _total and no other's does.
 */
static void check_page(const char *page)
{
	static const char form[] =
		"^(# HELP ([a-z_]+) [A-Z][^\n]*[.1]\n# TYPE ([a-z_]+) (counter|gauge)\n(([a-z_]+)[^\n]*\n)*)";
	regmatch_t m[7];
	regex_t regex;
	char name[3][100];

	NEED(!regcomp(&regex, form, REG_EXTENDED));
	while (*page) {
		char block[65536];
		size_t len;
		int counter, total;

		if (regexec(&regex, page, 7, m, 0)) {
			fprintf(stderr, "%.200s\n", page);
			CHECK(!"the page has the right form");
			break;
		}
		/* The samples end where the next comment begins. */
		len = (size_t)m[0].rm_eo;
		NEED(len < sizeof(block));
		memcpy(block, page, len);
		block[len] = '\0';
		for (int i = 0; i < 2; i++)
			snprintf(name[i], sizeof(name[i]), "%.*s",
				 (int)(m[2 + i].rm_eo - m[2 + i].rm_so),
				 page + m[2 + i].rm_so);
		CHECK_STR(name[0], name[1]);
		CHECK(!strncmp(name[0], "dnat_", 5) ||
		      !strncmp(name[0], "process_", 8));
		counter = page[m[4].rm_so] == 'c';
		total = strlen(name[0]) > 6 &&
			!strcmp(name[0] + strlen(name[0]) - 6, "_total");
		CHECK_INT(counter, total);
		for (char *line = strtok(block, "\n"); line;
		     line = strtok(NULL, "\n")) {
			size_t n = strlen(name[0]);

			if (*line == '#')
				continue;
			CHECK(!strncmp(line, name[0], n) &&
			      (line[n] == ' ' || line[n] == '{'));
			CHECK(isdigit((unsigned char)line[strlen(line) - 1]));
		}
		page += len;
	}
	regfree(&regex);
}

static void add(struct model *model, const char *op, json_t *args)
{
	struct change change;

	NEED(args);
	NEED(!model_plan(model, op, args, &change, &err));
	model_commit(model, &change);
	json_decref(args);
}

static void test_page(void)
{
	struct dnatd dnatd = {
		.model = model_new(),
		.in_force = ALLOC_NF_NAT,
		.changes = 7,
		.repairs = { .total = 5, .overruns = 3 },
	};
	unsigned int steps;
	char name[32];
	char *page;

	page = page_of(metrics_page(&dnatd), &steps);
	check_page(page);
	CHECK(strstr(page, "\ndnat_up 1\n"));
	CHECK(strstr(page, "\ndnat_services 0\n"));
	CHECK(strstr(page, "\ndnat_config_changes_total 7\n"));
	CHECK(strstr(page, "\ndnat_config_ok 1\n"));
	CHECK(strstr(page, "\ndnat_repairs_total 5\n"));
	CHECK(strstr(page, "\ndnat_repairs_held 0\n"));
	CHECK(strstr(page, "\ndnat_health_pending 0\n"));
	CHECK(strstr(page, "\ndnat_checks_unmade_total 0\n"));
	CHECK(strstr(page, "\ndnat_notices_lost_total 3\n"));
	CHECK(!strstr(page, "\ndnat_backend_up"));
	CHECK(strstr(page, "\ndnat_allocator_info{allocator=\"nf_nat\",configured=\"auto\",module=\"\"} 1\n"));
	CHECK(strstr(page, "# TYPE dnat_connections_total counter\n# HELP"));
	free(page);

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "s%03d", i);
		add(dnatd.model, "service.add",
		    json_pack("{s:s, s:s, s:i}", "name", name, "vip",
			      "2001:db8::1", "port", i + 1));
	}
	add(dnatd.model, "backend.add",
	    json_pack("{s:s, s:s, s:i, s:i}", "service", "s000", "addr",
		      "fd00:1::11", "port", 8080, "weight", 3));
	add(dnatd.model, "backend.add",
	    json_pack("{s:s, s:s}", "service", "s299", "addr", "fd00:1::11"));
	page = page_of(metrics_page(&dnatd), &steps);
	check_page(page);
	CHECK(strstr(page, "\ndnat_services 300\n"));
	CHECK(strstr(page, "\ndnat_backends 2\n"));
	CHECK(strstr(page, "\ndnat_backend_weight{service=\"s000\",backend=\"[fd00:1::11]:8080\"} 3\n"
			   "dnat_backend_weight{service=\"s299\",backend=\"[fd00:1::11]:300\"} 1\n"));
	/* Totals, counters, services, pools, all together. */
	CHECK(steps >= 5);
	free(page);
	model_free(dnatd.model);
}

/* A service that goes between two parts is no reason to leave others out. */
static void test_change_between(void)
{
	struct dnatd dnatd = { .model = model_new(), .in_force = ALLOC_NF_NAT };
	struct text text = { 0 };
	struct long_answer *parts;
	char name[32];
	int n = 0;
	char *at;

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "s%03d", i);
		add(dnatd.model, "service.add",
		    json_pack("{s:s, s:s, s:i}", "name", name, "vip",
			      "192.0.2.1", "port", i + 1));
		add(dnatd.model, "backend.add",
		    json_pack("{s:s, s:s}", "service", name, "addr",
			      "10.1.0.11"));
	}
	parts = metrics_page(&dnatd);
	/* Totals, counters, and as many services as go into one part. */
	for (int i = 0; i < 3; i++)
		NEED(parts->task.step(&parts->task, &text, &err) == 1);
	add(dnatd.model, "service.del", json_pack("{s:s}", "name", "s000"));
	add(dnatd.model, "service.del", json_pack("{s:s}", "name", "s255"));
	add(dnatd.model, "service.del", json_pack("{s:s}", "name", "s256"));
	while (parts->task.step(&parts->task, &text, &err) == 1)
		;
	NEED(!text_add(&text, "", 1));
	for (at = text.buf; (at = strstr(at, "\ndnat_backend_weight{")); at++)
		n++;
	CHECK_INT(n, 299);
	free(text.buf);
	long_answer_free(parts);
	model_free(dnatd.model);
}

/* @from: the first of its values, which are @from, @from + 1, ... */
static void count(struct counters *counters, const char *backend, uint64_t from)
{
	struct counter counter = {
		.port = 80, .proto = IPPROTO_TCP, .backend_port = 80,
	};

	NEED(!addr_parse("192.0.2.1", "vip", &counter.vip, NULL));
	NEED(!addr_parse(backend, "addr", &counter.backend, NULL));
	for (size_t i = 0; i < COUNT_VALUES; i++)
		counter.values[i] = from + i;
	NEED(!counters_add(counters, &counter));
}

/* What one service makes of @counters, to be freed. */
static char *service_page(const struct model *model,
			  const struct counters *counters)
{
	struct samples samples = { 0 };

	NEED(!metrics_add_service(&samples, model_find(model, "web"), NULL,
				  counters));
	return written(&samples);
}

static void test_counters(void)
{
	struct model *model = model_new();
	struct counters counters = { 0 };
	const struct counter *counter = NULL;
	char *page;

	add(model, "service.add", json_pack("{s:s, s:s, s:i}", "name", "web",
					    "vip", "192.0.2.1", "port", 80));
	add(model, "backend.add", json_pack("{s:s, s:s}", "service", "web",
					    "addr", "10.1.0.11"));
	add(model, "backend.add", json_pack("{s:s, s:s}", "service", "web",
					    "addr", "10.1.0.12"));
	count(&counters, "10.1.0.11", 100);
	count(&counters, "10.1.0.13", 300);
	page = service_page(model, &counters);
	check_page(page);
	CHECK(strstr(page, " counter\ndnat_backend_connections_total{service=\"web\",backend=\"10.1.0.11:80\"} 100\n"));
	CHECK(strstr(page, " gauge\ndnat_backend_connections_active{service=\"web\",backend=\"10.1.0.11:80\"} 101\n"));
	CHECK(strstr(page, "\ndnat_backend_packets_total{service=\"web\",backend=\"10.1.0.11:80\",direction=\"in\"} 102\n"));
	CHECK(strstr(page, "\ndnat_backend_bytes_total{service=\"web\",backend=\"10.1.0.11:80\",direction=\"in\"} 103\n"));
	CHECK(strstr(page, "\ndnat_backend_packets_total{service=\"web\",backend=\"10.1.0.11:80\",direction=\"out\"} 104\n"));
	CHECK(strstr(page, "\ndnat_backend_bytes_total{service=\"web\",backend=\"10.1.0.11:80\",direction=\"out\"} 105\n"));
	CHECK(strstr(page, "\ndnat_backend_failures_total{service=\"web\",backend=\"10.1.0.11:80\",reason=\"exhausted\"} 106\n"));
	CHECK(strstr(page, "\ndnat_backend_failures_total{service=\"web\",backend=\"10.1.0.11:80\",reason=\"no_memory\"} 107\n"));
	CHECK(strstr(page, "\ndnat_backend_connections_taken_back_total{service=\"web\",backend=\"10.1.0.11:80\"} 108\n"));
	CHECK(strstr(page, " counter\ndnat_backend_connections_unanswered_total{service=\"web\",backend=\"10.1.0.11:80\"} 109\n"));
	/* who has counted nothing begins at 0, so that the first is an increase */
	CHECK(strstr(page, "\ndnat_backend_failures_total{service=\"web\",backend=\"10.1.0.12:80\",reason=\"exhausted\"} 0\n"));
	/* and one that was deleted is told of while it has connections */
	CHECK(strstr(page, "\ndnat_backend_connections_active{service=\"web\",backend=\"10.1.0.13:80\"} 301\n"));
	CHECK(!strstr(page, "\ndnat_backend_weight{service=\"web\",backend=\"10.1.0.13:80\"}"));
	CHECK(strstr(page, " counter\ndnat_service_connections_total{service=\"web\"} 400\n"));
	CHECK(strstr(page, " gauge\ndnat_service_connections_active{service=\"web\"} 402\n"));
	CHECK(strstr(page, " counter\ndnat_service_packets_total{service=\"web\",direction=\"in\"} 404\ndnat_service_packets_total{service=\"web\",direction=\"out\"} 408\n"));
	CHECK(strstr(page, " counter\ndnat_service_bytes_total{service=\"web\",direction=\"in\"} 406\ndnat_service_bytes_total{service=\"web\",direction=\"out\"} 410\n"));
	CHECK(strstr(page, " counter\ndnat_service_failures_total{service=\"web\",reason=\"exhausted\"} 412\ndnat_service_failures_total{service=\"web\",reason=\"no_memory\"} 414\n"));
	CHECK(strstr(page, " counter\ndnat_service_connections_taken_back_total{service=\"web\"} 416\n"));
	CHECK(strstr(page, " counter\ndnat_service_connections_unanswered_total{service=\"web\"} 418\n"));
	free(page);

	while ((counter = counters_next(&counters, model_find(model, "web"),
					counter)))
		((struct counter *)counter)->values[COUNT_IN_USE] = 0;
	page = service_page(model, &counters);
	CHECK(!strstr(page, "10.1.0.13"));
	CHECK(strstr(page, "\ndnat_service_connections_total{service=\"web\"} 400\n"));
	free(page);

	page = service_page(model, NULL);
	CHECK(strstr(page, "\ndnat_backend_weight{service=\"web\",backend=\"10.1.0.12:80\"} 1\n"));
	CHECK(strstr(page, "\ndnat_service_backends_active{service=\"web\"} 2\n"));
	CHECK(!strstr(page, "\ndnat_service_connections") &&
	      !strstr(page, "\ndnat_backend_connections"));
	free(page);
	counters_clean(&counters);
	model_free(model);
}

/* How many backends of service "web" take new connections, by the page. */
static int active(const struct model *model)
{
	char *page = service_page(model, NULL);
	char *at = strstr(page, "\ndnat_service_backends_active{service=\"web\"} ");
	int n = -1;

	if (at)
		sscanf(strchr(at, ' '), "%d", &n);
	free(page);
	return n;
}

static void set(struct model *model, const char *addr, const char *what,
		json_t *value)
{
	add(model, "backend.set", json_pack("{s:s, s:s, s:o}", "service", "web",
					    "addr", addr, what, value));
}

/* What health does. */
static void down(struct model *model, size_t i, bool is)
{
	model->services[0]->backends[i].down = is;
}

/* All the ways in which a service serves nobody. */
static void test_active(void)
{
	struct model *model = model_new();

	NEED(model);
	add(model, "service.add", json_pack("{s:s, s:s, s:i}", "name", "web",
					    "vip", "192.0.2.1", "port", 80));
	CHECK_INT(active(model), 0);
	add(model, "backend.add", json_pack("{s:s, s:s}", "service", "web",
					    "addr", "10.1.0.11"));
	add(model, "backend.add", json_pack("{s:s, s:s}", "service", "web",
					    "addr", "10.1.0.12"));
	CHECK_INT(active(model), 2);
	down(model, 0, true);
	CHECK_INT(active(model), 1);
	down(model, 1, true);
	CHECK_INT(active(model), 0);
	down(model, 0, false);
	set(model, "10.1.0.11", "state", json_string("drain"));
	CHECK_INT(active(model), 0);
	down(model, 1, false);
	CHECK_INT(active(model), 1);
	set(model, "10.1.0.12", "state", json_string("drain"));
	CHECK_INT(active(model), 0);
	set(model, "10.1.0.11", "state", json_string("up"));
	set(model, "10.1.0.12", "state", json_string("up"));
	set(model, "10.1.0.11", "weight", json_integer(0));
	CHECK_INT(active(model), 1);
	down(model, 1, true);
	CHECK_INT(active(model), 0);
	set(model, "10.1.0.11", "weight", json_integer(1));
	set(model, "10.1.0.11", "backup", json_string("on"));
	CHECK_INT(active(model), 0);
	add(model, "service.set", json_pack("{s:s, s:s}", "name", "web",
					    "when-empty", "backup"));
	CHECK_INT(active(model), 1);
	model_free(model);
}

static void test_process(void)
{
	struct process process;
	int fds[2];
	uint64_t before;

	NEED(!process_read("/proc", &process));
	CHECK(process.resident > 100000 &&
	      process.virtual > process.resident);
	CHECK(process.started > 1e9 && process.started < 1e10);
	CHECK(process.max_fds > 0);
	before = process.open_fds;
	NEED(!pipe(fds));
	NEED(!process_read("/proc", &process));
	CHECK_INT((long long)process.open_fds, (long long)before + 2);
	close(fds[0]);
	close(fds[1]);
	CHECK(process_read("/nowhere", &process) < 0);
}

/* For those who want to know what there is. */
static void print(void)
{
	struct dnatd dnatd = { .model = model_new(), .in_force = ALLOC_NF_NAT };
	unsigned int steps;
	char *page = page_of(metrics_page(&dnatd), &steps);

	fputs(page, stdout);
	free(page);
	model_free(dnatd.model);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "print")) {
		print();
		return unit_result();
	}
	test_samples();
	test_page();
	test_change_between();
	test_counters();
	test_active();
	test_process();
	return unit_result();
}
