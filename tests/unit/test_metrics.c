// SPDX-License-Identifier: GPL-2.0-only
/* The page for Prometheus: names, escapes, and what a model makes of it. */
#include <ctype.h>
#include <regex.h>
#include <unistd.h>

#include "metrics.h"
#include "metrics_text.h"
#include "process.h"
#include "unit.h"

static struct err err;

/* The page as a string, to be freed. */
static char *page_of(struct parts *parts, unsigned int *steps)
{
	struct text text = { 0 };
	int ret;

	NEED(parts);
	*steps = 0;
	do {
		ret = parts->next(parts, &text, &err);
		++*steps;
	} while (ret == 1);
	CHECK_INT(ret, 0);
	parts_free(parts);
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
	CHECK(strstr(text, "\nprocess_cpu_seconds_total 1005000000.00\n"));
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
	CHECK(strstr(page, "\ndnat_repairs_total 5\n"));
	CHECK(strstr(page, "\ndnat_repairs_held 0\n"));
	CHECK(strstr(page, "\ndnat_notices_lost_total 3\n"));
	CHECK(!strstr(page, "\ndnat_backend_up"));
	CHECK(strstr(page, "\ndnat_allocator_info{allocator=\"nf_nat\",module=\"\"} 1\n"));
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
	/* Totals, three of services, pools, all together. */
	CHECK(steps >= 6);
	free(page);
	model_free(dnatd.model);
}

/* A service that goes between two parts is no reason to leave others out. */
static void test_change_between(void)
{
	struct dnatd dnatd = { .model = model_new(), .in_force = ALLOC_NF_NAT };
	struct text text = { 0 };
	struct parts *parts;
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
	NEED(parts->next(parts, &text, &err) == 1);
	NEED(parts->next(parts, &text, &err) == 1);
	add(dnatd.model, "service.del", json_pack("{s:s}", "name", "s000"));
	add(dnatd.model, "service.del", json_pack("{s:s}", "name", "s127"));
	while (parts->next(parts, &text, &err) == 1)
		;
	NEED(!text_add(&text, "", 1));
	for (at = text.buf; (at = strstr(at, "\ndnat_backend_weight{")); at++)
		n++;
	CHECK_INT(n, 300);
	free(text.buf);
	parts_free(parts);
	model_free(dnatd.model);
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
	test_process();
	return unit_result();
}
