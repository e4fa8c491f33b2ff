// SPDX-License-Identifier: GPL-2.0-only
/* What is in force from the start: the admin's file, what was saved, or neither. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "startup.h"
#include "unit.h"

#define WEB "service add web vip 192.0.2.10 port 80\n"
#define DNS "service add dns vip 192.0.2.10 port 53 proto udp\n"

static char dir[] = "/tmp/dnat-startup-XXXXXX";
static char state[64], conf[64];
static struct err err;
static struct dnatd dnatd;

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

/* It does not start, and what was saved stays. */
static void refused(const char *wanted)
{
	char log[1024], msg[256];

	CHECK_INT(load(false, log, sizeof(log)), -EINVAL);
	CHECK_STR(log, wanted);
	snprintf(msg, sizeof(msg),
		 "not started, and nothing was changed: mend %s first", conf);
	CHECK_STR(err.msg, msg);
	stop();
}

/* What counts for nothing is no reason not to start, but is logged. */
static void test_notes(void)
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
	char wanted[1024];

	put(WEB WEB "service add x\nbackend add web addr 192.0.2.10\n");
	snprintf(wanted, sizeof(wanted),
		 "dnatd: %s:2: service web exists already; use another name\n"
		 "dnatd: %s:2: vip 192.0.2.10 port 80 proto tcp is service web already; use another vip, port or proto\n"
		 "dnatd: %s:3: service add: vip is missing; add \"vip ADDR\"\n"
		 "dnatd: %s:4: addr 192.0.2.10 is the VIP of service web, connections would loop; use another address\n",
		 conf, conf, conf, conf);
	refused(wanted);

	/* One line at fault is enough, with all others as they should be. */
	put(WEB "x\n");
	snprintf(wanted, sizeof(wanted),
		 "dnatd: %s:2: \"x\" is not an object; use service, backend, vdport, connection, apply, batch, export, import, stats, top, status, monitor or help\n",
		 conf);
	refused(wanted);

	NEED(!unlink(conf) && !mkdir(conf, 0700));
	snprintf(wanted, sizeof(wanted),
		 "dnatd: %s: cannot be read: Is a directory\n", conf);
	refused(wanted);

	NEED(!rmdir(conf));
	start(false, "j ");
	snprintf(wanted, sizeof(wanted),
		 "dnatd: %s: cannot be opened: No such file or directory\n",
		 conf);
	refused(wanted);
}

/* What was saved has to be sound, too: it says what to give back. */
static void test_saved(void)
{
	char log[1024];
	FILE *file = fopen(state, "w");

	NEED(file && fputs("{", file) >= 0 && !fclose(file));
	put(WEB);
	CHECK_INT(load(false, log, sizeof(log)), -EINVAL);
	CHECK(strstr(err.msg, state));
	stop();
}

int main(void)
{
	char path[80];

	NEED(mkdtemp(dir));
	snprintf(state, sizeof(state), "%s/state.json", dir);
	snprintf(conf, sizeof(conf), "%s/services.conf", dir);
	test_file();
	test_notes();
	test_faults();
	test_saved();
	snprintf(path, sizeof(path), "%s.journal", state);
	unlink(path);
	unlink(state);
	unlink(conf);
	NEED(!rmdir(dir));
	return unit_result();
}
