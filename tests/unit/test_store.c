// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"
#include "unit.h"

static char dir[] = "/tmp/dnat-store-XXXXXX";
static char path[PATH_MAX];
static char new[PATH_MAX];
static struct err err;

static void put(const char *text)
{
	FILE *file = fopen(path, "w");

	NEED(file);
	NEED(fputs(text, file) >= 0);
	NEED(!fclose(file));
}

static void plan(const struct model *model, const char *name, int port,
		 struct change *change)
{
	json_t *args = json_pack("{s:s, s:s, s:i}", "name", name, "vip",
				 "192.0.2.10", "port", port);

	NEED(args);
	NEED(!model_plan(model, "service.add", args, change, &err));
	json_decref(args);
}

static void test_round(void)
{
	struct model *model = store_load(path, &err);
	struct model *again;
	struct change change;
	struct stat st;
	json_t *a;
	json_t *b;

	/* No file is no services. */
	NEED(model);
	CHECK_INT(model->n_services, 0);

	plan(model, "web", 80, &change);
	put("in the way");
	NEED(!rename(path, new));
	CHECK_INT(store_prepare(path, model, &change, &err), 0);
	CHECK(access(path, F_OK));
	CHECK_INT(store_commit(path, &err), 0);
	CHECK(access(new, F_OK));
	model_commit(model, &change);
	NEED(!stat(path, &st));
	CHECK_INT(st.st_mode & 07777, 0600);

	again = store_load(path, &err);
	NEED(again);
	a = model_to_json(model, NULL);
	b = model_to_json(again, NULL);
	CHECK(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	model_free(again);

	/* What was prepared and not committed never was. */
	plan(model, "dns", 53, &change);
	CHECK_INT(store_prepare(path, model, &change, &err), 0);
	CHECK(!access(new, F_OK));
	store_abort(path);
	CHECK(access(new, F_OK));
	change_drop(&change);
	again = store_load(path, &err);
	NEED(again);
	CHECK_INT(again->n_services, 1);
	model_free(again);
	model_free(model);
}

static void refused(int line, const char *text, const char *where)
{
	char kept[4096] = "";
	struct model *model;
	FILE *file;

	put(text);
	memset(&err, 0, sizeof(err));
	model = store_load(path, &err);
	if (model || !strstr(err.msg, where) || strchr(err.msg, '\n') ||
	    strncmp(err.msg, path, strlen(path))) {
		unit_failures++;
		fprintf(stderr, "%s:%d: \"%s\"\n", __FILE__, line, err.msg);
	}
	model_free(model);

	file = fopen(path, "r");
	NEED(file);
	NEED(fread(kept, 1, sizeof(kept) - 1, file) == strlen(text));
	fclose(file);
	CHECK_STR(kept, text);
}

#define REFUSED(text, where) refused(__LINE__, text, where)

static void test_refused(void)
{
	REFUSED("", "line 1, column 0");
	REFUSED("hello", "line 1, column ");
	REFUSED("{\n  \"version\": 1,\n  \"services\": [\n", "line 4, column ");
	REFUSED("{\"version\": 1, \"services\": []} x", "line 1, column ");
	REFUSED("{\"version\": 1,\n\"version\": 1, \"services\": []}",
		"line 2, column ");
	REFUSED("{\"version\": 1, \"services\": [\"\xff\"]}", "line 1");
	REFUSED("{\"version\": 1,\n\"services\": [{\"name\": \"a\"}]}",
		"services[0].vip: vip is missing");
	REFUSED("{\"version\": 1, \"services\": [{\"name\": \"a\", \"vip\": \"192.0.2.1\", \"port\": 1, "
		"\"backends\": [{\"addr\": \"10.0.0.1\", \"port\": 70000}]}]}",
		"services[0].backends[0].port: port 70000");
	REFUSED("{\"version\": 1, \"services\": [], \"vdports\": []}",
		"vdports must be an object");
	REFUSED("{\"version\": 1, \"services\": [], \"vdports\": {\"range\": \"9-1\"}}",
		"range: range \"9-1\" is not");
	REFUSED("{\"version\": 1, \"services\": [], \"vdports\": {\"on-exhausted\": \"\"}}",
		"on-exhausted \"\" is not known");
	REFUSED("{\"version\": 1, \"services\": [], \"vdports\": {\"ranges\": \"1-9\"}}",
		"argument \"ranges\" is not known");
}

/* The settings of the vdports: those that were made, and no others. */
static void test_vdports(void)
{
	static const char text[] =
		"{\"version\": 1, \"vdports\": {\"on-exhausted\": \"drop\"}, \"services\": []}";
	struct model *model;
	json_t *kept;
	json_t *was;

	put(text);
	model = store_load(path, &err);
	NEED(model);
	CHECK_INT(model->vdports.min, 0);
	CHECK_INT(model->vdports.on_exhausted, EXHAUSTED_DROP);
	kept = model_to_json(model, NULL);
	was = json_loads(text, 0, NULL);
	CHECK(json_equal(kept, was));
	json_decref(was);
	json_decref(kept);

	model->vdports.on_exhausted = EXHAUSTED_UNSET;
	model->vdports.min = 1024;
	model->vdports.max = 2047;
	CHECK_INT(store_prepare(path, model, NULL, &err), 0);
	CHECK_INT(store_commit(path, &err), 0);
	model_free(model);
	model = store_load(path, &err);
	NEED(model);
	CHECK_INT(model->vdports.min, 1024);
	CHECK_INT(model->vdports.max, 2047);
	CHECK_INT(model->vdports.on_exhausted, EXHAUSTED_UNSET);
	model_free(model);
}

static void test_trouble(void)
{
	struct model *model = model_new();
	struct change change;
	const struct rlimit full = { 10, RLIM_INFINITY };
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	char away[PATH_MAX + 32];

	NEED(model);
	plan(model, "web", 80, &change);
	snprintf(away, sizeof(away), "%s/none/state.json", dir);
	CHECK_INT(store_prepare(away, model, &change, &err), -ENOENT);
	CHECK(strstr(err.msg, "/none does not exist; create it"));
	CHECK(store_load(dir, &err) == NULL);
	CHECK(strstr(err.msg, dir));
	CHECK(store_commit(away, &err) < 0);

	/* The file may not grow: as on a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	NEED(!setrlimit(RLIMIT_FSIZE, &full));
	CHECK_INT(store_prepare(path, model, &change, &err), -EFBIG);
	NEED(!setrlimit(RLIMIT_FSIZE, &unlimited));
	CHECK(access(new, F_OK));

	change_drop(&change);
	model_free(model);
}

int main(void)
{
	NEED(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/state.json", dir);
	snprintf(new, sizeof(new), "%s/state.json.new", dir);
	test_round();
	test_refused();
	test_vdports();
	test_trouble();
	unlink(path);
	rmdir(dir);
	return unit_result();
}
