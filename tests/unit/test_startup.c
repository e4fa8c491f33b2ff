// SPDX-License-Identifier: GPL-2.0-only
/* What is in force from the start: the admin's file, what was saved, or neither. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/dnatd.h"
#include "engine/forget.h"
#include "engine/startup.h"
#include "model/model.h"
#include "store/store.h"
#include "unit.h"

#define WEB "service add web vip 192.0.2.10 port 80\n"
#define DNS "service add dns vip 192.0.2.10 port 53 proto udp\n"

static char dir[] = "/tmp/dnat-startup-XXXXXX";
static char state[64], conf[96];
static struct err err;
static struct dnatd dnatd;

/* What is to be forgotten, such as "* 10.1.0.11 ": any of a service's backends. */
static char forgotten[256];

void conns_forget(struct dnatd *d, const struct conn_filter *filter)
{
	char text[INET6_ADDRSTRLEN] = "*";

	(void)d;
	if (filter->backend.addr.family)
		addr_text(&filter->backend.addr, text, sizeof(text));
	CHECK_INT(filter->unanswered, filter->proto == IPPROTO_TCP);
	CHECK(filter->vip.port);
	strcat(strcat(forgotten, text), " ");
}

static void put(const char *text)
{
	FILE *file = fopen(conf, "w");

	NEED(file && fputs(text, file) >= 0 && !fclose(file));
}

/* What startup_load() says, and what it logs. */
static int load(bool optional, char *log, size_t len)
{
	FILE *file = tmpfile();
	int kept = dup(2);
	int ret;

	NEED(file && kept >= 0);
	dnatd = (struct dnatd){ .in_force = ALLOC_NF_NAT };
	dnatd.store = store_new(state, &err);
	NEED(dnatd.store && dup2(fileno(file), 2) == 2);
	memset(&err, 0, sizeof(err));
	ret = startup_load(&dnatd, conf, optional, &err);
	NEED(dup2(kept, 2) == 2);
	rewind(file);
	log[fread(log, 1, len - 1, file)] = '\0';
	fclose(file);
	close(kept);
	return ret;
}

/* The names of the services that are in force; then all is over. */
static const char *names(void)
{
	static char list[256];

	list[0] = '\0';
	for (size_t i = 0; i < dnatd.model->n_services; i++) {
		strcat(list, dnatd.model->services[i]->name);
		strcat(list, " ");
	}
	return list;
}

static void stop(void)
{
	store_free(dnatd.store, dnatd.saved ? dnatd.saved : dnatd.model);
	model_free(dnatd.model);
	model_free(dnatd.saved);
}

static void start(bool from_file, const char *wanted)
{
	char log[1024];

	CHECK_INT(load(true, log, sizeof(log)), 0);
	CHECK(!dnatd.conf == !from_file);
	CHECK_STR(names(), wanted);
	startup_done(&dnatd);
	CHECK_STR(names(), wanted);
	stop();
}

static void test_file(void)
{
	char log[1024];

	start(false, "");
	put(WEB);
	start(true, "web ");
	/* It is saved, for a start without the file. */
	NEED(!unlink(conf));
	start(false, "web ");
	put(DNS);
	start(true, "dns ");
	start(true, "dns ");
	put("services none\n");
	start(true, "");
	put("{\"version\": 1, \"services\": [{\"name\": \"j\", \"vip\": \"192.0.2.1\", \"port\": 1}]}");
	start(true, "j ");

	/* A start that fails saves nothing. */
	put(WEB);
	CHECK_INT(load(true, log, sizeof(log)), 0);
	CHECK_STR(names(), "web ");
	stop();
	NEED(!unlink(conf));
	start(false, "j ");
}

/* What was saved is in force; that is logged behind @wanted, and kept for status. */
static void falls_back(const char *first, const char *more, const char *services)
{
	char log[2048], wanted[2048];

	snprintf(wanted, sizeof(wanted),
		 "dnatd: %s\n%sdnatd: dnatd could not use its file and started with the services that it had before: %s; mend that, then \"dnatctl apply -f %s\"\n",
		 first, more, first, conf);
	CHECK_INT(load(false, log, sizeof(log)), 0);
	CHECK_STR(log, wanted);
	CHECK(!dnatd.conf);
	CHECK(strstr(dnatd.conf_fault, first));
	CHECK_STR(names(), services);
	startup_done(&dnatd);
	CHECK_STR(names(), services);
	stop();
}

/* What has no effect is logged. */
static void test_warnings(void)
{
	char log[1024], wanted[512];

	put(WEB "\nbackend add web addr 10.1.0.11 weight 3\n"
	    "backend add web addr 10.1.0.12\n");
	snprintf(wanted, sizeof(wanted),
		 "dnatd: %s:3: note: weight 3 of backend addr 10.1.0.11 port 80 counts for nothing with scheduler rr; use \"service set web scheduler wrr\"\n",
		 conf);
	CHECK_INT(load(false, log, sizeof(log)), 0);
	CHECK_STR(log, wanted);
	CHECK_STR(names(), "web ");
	stop();
}

static void test_faults(void)
{
	char first[512], more[1024];

	put(WEB WEB "service add x\nbackend add web addr 192.0.2.10\n");
	snprintf(first, sizeof(first),
		 "%s:2: service web exists already; use another name", conf);
	snprintf(more, sizeof(more),
		 "dnatd: %s:2: vip 192.0.2.10 port 80 proto tcp is service web already; use another vip, port or proto\n"
		 "dnatd: %s:3: service add: vip is missing; add \"vip ADDR\"\n"
		 "dnatd: %s:4: addr 192.0.2.10 is the VIP of service web, connections would loop; use another address\n",
		 conf, conf, conf);
	falls_back(first, more, "j ");

	/* One line at fault is enough, with all others as they should be. */
	put(WEB "x\n");
	snprintf(first, sizeof(first),
		 "%s:2: \"x\" is not an object; use service, backend, vdport, connection, apply, batch, export, import, stats, top, status, monitor or help",
		 conf);
	falls_back(first, "", "j ");

	/* What a tool leaves that failed. */
	put("");
	snprintf(first, sizeof(first),
		 "%s: has no service; where that is meant, write the line \"services none\" into it",
		 conf);
	falls_back(first, "", "j ");
	put(WEB "backend add web addr 10.1.0.1");
	snprintf(first, sizeof(first),
		 "%s: does not end with a newline, so its last line may be cut off; look at that line, and end it with a newline",
		 conf);
	falls_back(first, "", "j ");

	NEED(!unlink(conf) && !mkdir(conf, 0700));
	snprintf(first, sizeof(first), "%s: cannot be read: Is a directory",
		 conf);
	falls_back(first, "", "j ");

	NEED(!rmdir(conf));
	start(false, "j ");
	snprintf(first, sizeof(first),
		 "%s: cannot be opened: No such file or directory", conf);
	falls_back(first, "", "j ");
}

/* A link to nothing, or in a directory that is one, is no missing file. */
static void test_dangling(void)
{
	char log[1024], kept[96], there[80];

	NEED(!symlink("nothing", conf));
	CHECK_INT(load(true, log, sizeof(log)), 0);
	CHECK(strstr(log, "cannot be opened: No such file or directory"));
	CHECK(dnatd.conf_fault[0]);
	stop();
	NEED(!unlink(conf));

	strcpy(kept, conf);
	snprintf(there, sizeof(there), "%s/link", dir);
	NEED(!symlink("nothing", there));
	snprintf(conf, sizeof(conf), "%s/link/services.conf", dir);
	CHECK_INT(load(true, log, sizeof(log)), 0);
	CHECK(dnatd.conf_fault[0]);
	stop();
	NEED(!unlink(there));
	CHECK_INT(load(true, log, sizeof(log)), 0);
	CHECK(!dnatd.conf_fault[0]);
	stop();
	strcpy(conf, kept);
}

/* How many services the state has that was kept as @suffix; -1: there is none. */
static int kept_in(const char *suffix)
{
	char name[128];
	json_t *json;
	int n;

	snprintf(name, sizeof(name), "%s%s", state, suffix);
	json = json_load_file(name, 0, NULL);
	n = json ? (int)json_array_size(json_object_get(json, "services")) : -1;
	json_decref(json);
	return n;
}

static void forget(const char *suffix)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s", state, suffix);
	CHECK(!unlink(name));
}

/* What a start removes is logged, and the state before it is kept. */
static void test_removed(void)
{
	char log[1024], wanted[1024];
	int kept;
	FILE *file;

	put(WEB DNS "backend add dns addr 10.1.0.13\nbackend add web addr 10.1.0.11\nbackend add web addr 10.1.0.12\n");
	CHECK_INT(load(false, log, sizeof(log)), 0);
	startup_done(&dnatd);
	stop();
	put(WEB "backend add web addr 10.1.0.12\n");
	CHECK_INT(load(false, log, sizeof(log)), 0);
	forgotten[0] = '\0';
	file = tmpfile();
	kept = dup(2);
	NEED(file && kept >= 0 && dup2(fileno(file), 2) == 2);
	startup_done(&dnatd);
	NEED(dup2(kept, 2) == 2);
	rewind(file);
	log[fread(log, 1, sizeof(log) - 1, file)] = '\0';
	fclose(file);
	close(kept);
	snprintf(wanted, sizeof(wanted),
		 "dnatd: start with %s: services: 0 added, 1 changed, 1 removed; backends: 1 removed from services that stay\n"
		 "dnatd: removed: service dns vip 192.0.2.10 port 53 proto udp, 1 backends\n"
		 "dnatd: removed: backend 10.1.0.11 port 80 of service web\n", conf);
	CHECK_STR(log, wanted);
	CHECK_STR(forgotten, "* 10.1.0.11 ");
	CHECK_INT(kept_in(".old"), 2);
	CHECK_INT(kept_in(""), 1);
	stop();
}

static void put_state(const char *text)
{
	FILE *file = fopen(state, "w");

	NEED(file && fputs(text, file) >= 0 && !fclose(file));
}

/* Neither the file nor the state can be used. */
static void refused(bool optional, const char *wanted)
{
	char log[1024];

	CHECK_INT(load(optional, log, sizeof(log)), -EINVAL);
	CHECK(strstr(err.msg, wanted) || !fprintf(stderr, "%s\n", err.msg));
	stop();
}

/* A state that is damaged matters only where the file cannot be used. */
static void test_saved(void)
{
	char log[1024], none[256];
	struct store *other;

	put_state("{");
	put(WEB);
	CHECK_INT(load(false, log, sizeof(log)), 0);
	CHECK(strstr(log, state));
	CHECK(strstr(log, "is kept as a file with the ending .damaged"));
	CHECK_STR(names(), "web ");
	startup_done(&dnatd);
	stop();
	CHECK_INT(kept_in(""), 1);
	forget(".damaged");
	start(true, "web ");

	put_state("{");
	put("x\n");
	snprintf(none, sizeof(none),
		 "not started, and nothing was changed: mend %s first; no services are saved to start with",
		 conf);
	refused(false, none);
	NEED(!unlink(conf));
	refused(true, "mend it, or move it away");
	put_state("{\"version\": 1, \"services\": []}");
	put("x\n");
	refused(false, none);
	NEED(!unlink(state));
	refused(false, none);

	put(WEB);
	other = store_new(state, &err);
	NEED(other && !store_lock(other, &err));
	CHECK_INT(load(false, log, sizeof(log)), -EBUSY);
	CHECK(strstr(err.msg, "another dnatd uses the state in"));
	stop();
	store_free(other, NULL);
}

static void test_check(void)
{
	put(WEB "backend add web addr 10.1.0.11\n");
	CHECK_INT(startup_check(conf, false), 0);
	put("x\n");
	CHECK_INT(startup_check(conf, false), -EINVAL);
	NEED(!unlink(conf));
	CHECK_INT(startup_check(conf, false), -EINVAL);
	CHECK_INT(startup_check(conf, true), 0);
}

int main(void)
{
	char path[80];

	NEED(mkdtemp(dir));
	snprintf(state, sizeof(state), "%s/state.json", dir);
	snprintf(conf, sizeof(conf), "%s/services.conf", dir);
	test_file();
	test_warnings();
	test_faults();
	test_dangling();
	test_removed();
	test_saved();
	test_check();
	snprintf(path, sizeof(path), "%s.journal", state);
	unlink(path);
	snprintf(path, sizeof(path), "%s.journal.damaged", state);
	unlink(path);
	snprintf(path, sizeof(path), "%s.lock", state);
	unlink(path);
	for (char i = '0'; i < '4'; i++) {
		snprintf(path, sizeof(path), i < '2' ? "%s.old" : "%s.old.%c",
			 state, i);
		unlink(path);
	}
	unlink(state);
	unlink(conf);
	NEED(!rmdir(dir));
	return unit_result();
}
