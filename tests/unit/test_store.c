// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/model.h"
#include "store/store.h"
#include "unit.h"

static char dir[] = "/tmp/dnat-store-XXXXXX";
static char path[PATH_MAX];
static char new[PATH_MAX];
static char journal[PATH_MAX];
static struct err err;

/* The order in which things get to the disk: syncs of the directory are watched. */
static off_t journal_at_sync[8];
static unsigned int dir_syncs;

static off_t size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) ? -1 : st.st_size;
}

int fsync(int fd)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		if (dir_syncs < sizeof(journal_at_sync) / sizeof(journal_at_sync[0]))
			journal_at_sync[dir_syncs] = size_of(journal);
		dir_syncs++;
	}
	return fdatasync(fd);
}

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

/* The state as it would be read after a kill at this very moment. */
static struct model *reload(void)
{
	struct store *other = store_new(path, &err);
	struct model *model;

	NEED(other);
	model = store_load(other, &err);
	if (!model)
		fprintf(stderr, "%s\n", err.msg);
	NEED(model);
	store_free(other, NULL);
	return model;
}

static void check_kept(const struct model *model)
{
	struct model *again = reload();
	json_t *a = model_to_json(model);
	json_t *b = model_to_json(again);

	CHECK(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	model_free(again);
}

static int keep(struct store *store, struct model *model,
		struct changes *changes)
{
	int ret = store_add(store, model, changes, &err);

	if (ret)
		return ret;
	for (size_t i = 0; i < changes->n; i++)
		model_commit(model, &changes->list[i]);
	if (changes->vdports)
		model->vdports = *changes->vdports;
	store_settle(store, model);
	return 0;
}

static void test_round(void)
{
	struct store *store = store_new(path, &err);
	struct changes changes = { 0 };
	struct vdports vdports = { .on_exhausted = EXHAUSTED_DROP };
	struct change list[2];
	struct model *model;
	struct stat st;
	off_t before;

	/* No file is no services, and reading makes none. */
	NEED(store);
	model = store_load(store, &err);
	NEED(model);
	CHECK_INT(model->n_services, 0);
	CHECK(access(path, F_OK));
	CHECK(access(journal, F_OK));

	changes.list = list;
	changes.n = 2;
	plan(model, "web", 80, &list[0]);
	plan(model, "dns", 53, &list[1]);
	put("in the way");
	NEED(!rename(path, new));
	CHECK_INT(store_add(store, model, &changes, &err), 0);
	model_free(reload());
	CHECK(access(new, F_OK));
	model_commit(model, &list[0]);
	model_commit(model, &list[1]);
	check_kept(model);
	NEED(!stat(path, &st));
	CHECK_INT(st.st_mode & 07777, 0600);
	NEED(!stat(journal, &st));
	CHECK_INT(st.st_mode & 07777, 0600);

	/* What could not be done after all never was. */
	changes.n = 1;
	before = size_of(journal);
	plan(model, "ftp", 21, &list[0]);
	CHECK_INT(store_add(store, model, &changes, &err), 0);
	CHECK(size_of(journal) > before);
	CHECK_INT(store_undo(store, &err), 0);
	check_kept(model);
	CHECK_INT(size_of(journal), before);
	CHECK_INT(keep(store, model, &changes), 0);
	check_kept(model);

	list[0] = (struct change){ .old = model_find(model, "web") };
	changes.vdports = &vdports;
	CHECK_INT(keep(store, model, &changes), 0);
	check_kept(model);
	CHECK_INT(model->n_services, 2);
	vdports.on_exhausted = EXHAUSTED_UNSET;
	changes.n = 0;
	CHECK_INT(keep(store, model, &changes), 0);
	check_kept(model);

	/* In the end the file has it all, and the journal nothing. */
	store_free(store, model);
	CHECK_INT(size_of(journal), 0);
	check_kept(model);
	model_free(model);
}

/* A service comes and goes; the journal starts anew before it gets too long. */
static void test_long(void)
{
	struct store *store = store_new(path, &err);
	struct change change;
	struct changes one = { .n = 1, .list = &change };
	struct model *model;
	off_t most = 0;

	NEED(store);
	model = store_load(store, &err);
	NEED(model);
	for (int i = 0; i < 20000; i++) {
		if (model_find(model, "web"))
			change = (struct change){ .old = model_find(model, "web") };
		else
			plan(model, "web", 80, &change);
		NEED(!keep(store, model, &one));
		if (size_of(journal) > most)
			most = size_of(journal);
	}
	CHECK(most > 1 << 19);
	CHECK(most <= (1 << 20) + 4096);
	check_kept(model);
	store_free(store, model);
	model_free(model);
}

/* Files that somebody takes away or puts back while dnatd runs. */
static void test_meddled(void)
{
	struct store *store = store_new(path, &err);
	struct change change;
	struct changes one = { .n = 1, .list = &change };
	struct model *model;
	char copy[PATH_MAX + 8];

	NEED(store);
	model = store_load(store, &err);
	NEED(model);
	plan(model, "one", 1001, &change);
	CHECK_INT(keep(store, model, &one), 0);
	NEED(!unlink(journal));
	plan(model, "two", 1002, &change);
	CHECK_INT(keep(store, model, &one), 0);
	check_kept(model);
	NEED(!unlink(path));
	plan(model, "three", 1003, &change);
	CHECK_INT(keep(store, model, &one), 0);
	check_kept(model);

	/* An old copy of the file does not get the new file's journal. */
	snprintf(copy, sizeof(copy), "%s.copy", path);
	NEED(!rename(path, copy));
	plan(model, "four", 1004, &change);
	CHECK_INT(keep(store, model, &one), 0);
	NEED(!rename(copy, path));
	model_free(model);
	model = reload();
	CHECK(model_find(model, "two"));
	CHECK(!model_find(model, "three"));
	CHECK(!model_find(model, "four"));
	model_free(model);
	store_free(store, NULL);
}

static void refused(int line, const char *text, const char *where)
{
	char kept[4096] = "";
	struct store *store;
	struct model *model;
	FILE *file;

	put(text);
	memset(&err, 0, sizeof(err));
	store = store_new(path, &err);
	NEED(store);
	model = store_load(store, &err);
	store_free(store, NULL);
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
	REFUSED("{\"version\": 2, \"services\": {}}",
		"was written by a newer dnatd; install that version again");
	REFUSED("{\"version\": 1, \"services\": [], \"vdports\": []}",
		"vdports must be an object");
	REFUSED("{\"version\": 1, \"services\": [], \"vdports\": {\"range\": \"9-1\"}}",
		"range: range \"9-1\" is not");
	REFUSED("{\"version\": 1, \"services\": [], \"vdports\": {\"on-exhausted\": \"\"}}",
		"on-exhausted \"\" is not known");
	REFUSED("{\"version\": 1, \"services\": [], \"vdports\": {\"ranges\": \"1-9\"}}",
		"argument \"ranges\" is not known");
}

static void put_journal(const char *text)
{
	FILE *file = fopen(journal, "w");

	NEED(file);
	NEED(fputs(text, file) >= 0);
	NEED(!fclose(file));
}

#define FILE_7 "{\"version\": 1, \"serial\": 7, \"services\": [" WEB "]}"
#define WEB "{\"name\": \"web\", \"vip\": \"192.0.2.1\", \"port\": 80}"
#define DNS "{\"name\": \"dns\", \"vip\": \"192.0.2.1\", \"port\": 53}"
#define LINE(serial, services, deleted) \
	"{\"serial\": " serial ", \"services\": [" services "], \"deleted\": [" deleted "]}"

static void journal_gives(int line, const char *text, size_t n)
{
	struct model *model;

	put_journal(text);
	model = reload();
	if (model->n_services != n) {
		unit_failures++;
		fprintf(stderr, "%s:%d: %zu services\n", __FILE__, line,
			model->n_services);
	}
	model_free(model);
}

#define GIVES(text, n) journal_gives(__LINE__, text, n)

static void journal_refused(int line, const char *text, const char *where)
{
	struct store *store = store_new(path, &err);
	struct model *model;

	put_journal(text);
	NEED(store);
	memset(&err, 0, sizeof(err));
	model = store_load(store, &err);
	if (model || !strstr(err.msg, where)) {
		unit_failures++;
		fprintf(stderr, "%s:%d: \"%s\"\n", __FILE__, line, err.msg);
	}
	model_free(model);
	store_free(store, NULL);
}

#define BAD(text, where) journal_refused(__LINE__, text, where)

static void test_journal(void)
{
	put(FILE_7);
	GIVES("", 1);
	GIVES(LINE("7", DNS, "") "\n", 2);
	GIVES(LINE("6", DNS, "") "\n", 1);
	GIVES(LINE("7", "", "\"web\"") "\n", 0);
	GIVES(LINE("7", "", "\"none\"") "\n", 1);
	/* The VIP goes from one to the other and its name comes back. */
	GIVES(LINE("7", "", "\"web\"") "\n" LINE("7", DNS, "") "\n"
	      LINE("7", WEB, "") "\n", 2);

	/* Cut off: it was not confirmed. */
	GIVES(LINE("7", DNS, ""), 1);
	GIVES(LINE("7", DNS, "") " ", 1);
	GIVES(LINE("7", DNS, "") "\n{\"serial\": 7, \"serv", 2);
	GIVES(LINE("7", DNS, "") "\n{\"serial\": 7, \"serv\n", 2);

	BAD("x\n" LINE("7", DNS, "") "\n", ".journal: line 1: is not JSON");
	BAD(LINE("7", DNS, "") "\nx\n" LINE("7", DNS, "") "\n", "line 2: is not JSON");
	BAD("[]\n", "line 1: is not an object");
	BAD("{\"serial\": 7}\n", "line 1: services is missing");
	BAD(LINE("7", "{}", "") "\n", "line 1: a service has no name");
	BAD(LINE("7", "", "1") "\n", "line 1: a name is not a string");
	BAD(LINE("7", "{\"name\": \"x\"}", "") "\n", "vip is missing");
	unlink(journal);
}

static void test_trouble(void)
{
	const struct rlimit full = { 10, RLIM_INFINITY };
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct model *model = model_new();
	struct change change;
	struct changes one = { .n = 1, .list = &change };
	char away[PATH_MAX + 32];
	struct store *store;
	off_t before;

	NEED(model);
	plan(model, "web", 80, &change);
	snprintf(away, sizeof(away), "%s/none/state.json", dir);
	store = store_new(away, &err);
	NEED(store);
	CHECK_INT(store_add(store, model, &one, &err), -ENOENT);
	CHECK(strstr(err.msg, "/none does not exist; create it"));
	store_free(store, NULL);
	store = store_new(dir, &err);
	NEED(store);
	CHECK(store_load(store, &err) == NULL);
	CHECK(strstr(err.msg, dir));
	store_free(store, NULL);

	/* The files may not grow: as on a full disk. */
	unlink(path);
	store = store_new(path, &err);
	NEED(store);
	signal(SIGXFSZ, SIG_IGN);
	NEED(!setrlimit(RLIMIT_FSIZE, &full));
	CHECK_INT(store_add(store, model, &one, &err), -EFBIG);
	CHECK(access(new, F_OK));
	CHECK(access(path, F_OK));
	NEED(!setrlimit(RLIMIT_FSIZE, &unlimited));

	CHECK_INT(keep(store, model, &one), 0);
	plan(model, "dns", 53, &change);
	before = size_of(journal);
	NEED(!setrlimit(RLIMIT_FSIZE,
			&(struct rlimit){ (rlim_t)before + 10, RLIM_INFINITY }));
	CHECK_INT(store_add(store, model, &one, &err), -EFBIG);
	CHECK(strstr(err.msg, ".journal cannot be written: File too large"));
	CHECK_INT(size_of(journal), before);
	check_kept(model);
	NEED(!setrlimit(RLIMIT_FSIZE, &unlimited));
	CHECK_INT(keep(store, model, &one), 0);
	check_kept(model);
	store_free(store, model);
	model_free(model);
}

/* A power cut must not bring back the old file with an empty journal. */
static void test_order(void)
{
	struct store *store = store_new(path, &err);
	struct change change;
	struct changes one = { .n = 1, .list = &change };
	struct model *model;
	off_t before;

	NEED(store);
	model = store_load(store, &err);
	NEED(model);
	plan(model, "order", 7, &change);
	CHECK_INT(keep(store, model, &one), 0);
	before = size_of(journal);
	CHECK(before > 0);
	dir_syncs = 0;
	CHECK_INT(store_write(store, model, &err), 0);
	CHECK_INT(dir_syncs, 2);
	CHECK_INT(journal_at_sync[0], before);
	CHECK_INT(journal_at_sync[1], 0);
	store_free(store, NULL);
	model_free(model);
}

static void test_lock(void)
{
	struct store *one = store_new(path, &err);
	struct store *two = store_new(path, &err);
	char away[PATH_MAX + 64], deep[PATH_MAX + 32];
	struct stat st;

	NEED(one && two);
	CHECK_INT(store_lock(one, &err), 0);
	CHECK_INT(store_lock(two, &err), -EBUSY);
	CHECK(strstr(err.msg, "another dnatd uses the state in /tmp/dnat-store-"));
	CHECK(strstr(err.msg, "give each dnatd its own --state"));
	store_free(one, NULL);
	CHECK_INT(store_lock(two, &err), 0);
	store_free(two, NULL);

	snprintf(deep, sizeof(deep), "%s/lib/dnat/state.json", dir);
	one = store_new(deep, &err);
	NEED(one);
	CHECK_INT(store_lock(one, &err), -ENOENT);
	CHECK(strstr(err.msg, "/lib/dnat cannot be made: No such file or directory; create it"));
	snprintf(away, sizeof(away), "%s/lib", dir);
	NEED(!mkdir(away, 0755));
	CHECK_INT(store_lock(one, &err), 0);
	store_free(one, NULL);
	snprintf(away, sizeof(away), "%s.lock", deep);
	CHECK(!unlink(away));
	snprintf(away, sizeof(away), "%s/lib/dnat", dir);
	NEED(!stat(away, &st));
	CHECK_INT(st.st_mode & 07777, 0700);
	CHECK(!rmdir(away));
	snprintf(away, sizeof(away), "%s/lib", dir);
	CHECK(!rmdir(away));
}

/* How many services state.json@suffix has, -1 where there is none. */
static int kept_in(const char *suffix)
{
	char name[PATH_MAX + 32];
	json_t *json;
	int n;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	json = json_load_file(name, 0, NULL);
	n = json ? (int)json_array_size(json_object_get(json, "services")) : -1;
	json_decref(json);
	return n;
}

static void forget(const char *suffix)
{
	char name[PATH_MAX + 32];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	CHECK(!unlink(name));
}

/* The states before, three of them; a change that fails makes no more. */
static void test_keep(void)
{
	struct store *store;
	struct change change;
	struct changes one = { .n = 1, .list = &change };
	struct model *model;
	char name[16];

	unlink(path);
	unlink(journal);
	store = store_new(path, &err);
	NEED(store);
	model = store_load(store, &err);
	NEED(model);
	CHECK_INT(store_keep(store, model, &err), 0);
	CHECK_INT(kept_in(".old"), -1);
	for (int i = 1; i <= 5; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		plan(model, name, i, &change);
		CHECK_INT(keep(store, model, &one), 0);
		CHECK_INT(store_keep(store, model, &err), 0);
		CHECK_INT(store_keep(store, model, &err), 0);
		CHECK_INT(kept_in(".old"), i);
	}
	CHECK_INT(kept_in(".old.2"), 4);
	CHECK_INT(kept_in(".old.3"), 3);
	CHECK_INT(kept_in(".old.4"), -1);
	check_kept(model);
	forget(".old");
	forget(".old.2");
	forget(".old.3");
	store_free(store, model);
	model_free(model);
}

/* What cannot be read is kept, too, where something else takes its place. */
static void test_damaged(void)
{
	struct store *store = store_new(path, &err);
	struct model *model = model_new();
	char name[PATH_MAX + 32];

	NEED(store && model);
	put("{\"version\": 1, \"serial");
	CHECK(!store_load(store, &err));
	CHECK_INT(store_replace(store, model, &err), 0);
	check_kept(model);
	snprintf(name, sizeof(name), "%s.damaged", path);
	CHECK_INT(size_of(name), 22);
	forget(".damaged");
	forget(".journal.damaged");
	store_free(store, NULL);
	model_free(model);
}

int main(void)
{
	NEED(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/state.json", dir);
	snprintf(new, sizeof(new), "%s/state.json.new", dir);
	snprintf(journal, sizeof(journal), "%s/state.json.journal", dir);
	test_round();
	test_long();
	test_meddled();
	test_refused();
	test_journal();
	test_trouble();
	test_order();
	test_lock();
	test_keep();
	test_damaged();
	forget(".lock");
	unlink(path);
	unlink(journal);
	rmdir(dir);
	return unit_result();
}
