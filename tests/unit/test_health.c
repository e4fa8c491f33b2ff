// SPDX-License-Identifier: GPL-2.0-only
/* What follows from checks, with checks that say what they are told to. */
#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "base/nofile.h"
#include "check/probe.h"
#include "engine/change.h"
#include "engine/dnatd.h"
#include "engine/forget.h"
#include "engine/health.h"
#include "model/service.h"
#include "unit.h"

/* Longer than any turn that is waited for. */
#define TOO_LONG 60
#define PROBES_MAX 256
#define SHORT_MS 5
#define RACK 160		/* services, more than go at once */

/* A check that is under way. */
struct fake {
	struct probe probe;
	const struct target *target;
	unsigned int number;	/* of all that were begun */
};

static struct fake *running[PROBES_MAX];
static unsigned int n_begun, n_cancelled;
static bool short_of;		/* of what a check needs */
static unsigned int places = PROBES_MAX;
static const char *refuses;	/* the service whose rules cannot be changed */
static unsigned int n_applied;	/* changes of services that were carried out */
static size_t largest;		/* so many of them at once */
static char forgotten[256];
static char said[1024];
static struct event *tick;
static struct dnatd dnatd;
static struct err err;

static void add_said(const char *format, va_list args)
{
	size_t len = strlen(said);

	vsnprintf(said + len, sizeof(said) - len, format, args);
}

#define SAY(name)                                                          \
	void name(const char *format, ...)                                 \
	{                                                                  \
		va_list args;                                              \
									   \
		va_start(args, format);                                    \
		add_said(format, args);                                    \
		va_end(args);                                              \
	}

SAY(say)
SAY(say_warning)
SAY(say_error)

unsigned int nofile_checks(void)
{
	return places;
}

int probes_init(struct probes *probes, struct event_base *base,
		const struct spawn_user *user)
{
	*probes = (struct probes){ .base = base, .user = user };
	return 0;
}

void probes_clean(struct probes *probes)
{
	(void)probes;
}

struct probe *probe_start(struct probes *probes, const struct target *target,
			  probe_fn *fn, void *data, enum outcome *outcome,
			  char *fault)
{
	struct fake *fake;
	size_t i = 0;

	(void)probes;
	if (short_of) {
		*outcome = OUTCOME_NONE;
		snprintf(fault, FAULT_LEN, "Too many open files");
		return NULL;
	}
	while (i < PROBES_MAX && running[i])
		i++;
	NEED(i < PROBES_MAX);
	fake = calloc(1, sizeof(*fake));
	NEED(fake);
	fake->probe.fn = fn;
	fake->probe.data = data;
	fake->target = target;
	fake->number = n_begun++;
	running[i] = fake;
	return &fake->probe;
}

static void fake_free(struct fake *fake)
{
	for (size_t i = 0; i < PROBES_MAX; i++)
		if (running[i] == fake)
			running[i] = NULL;
	free(fake);
}

void probe_cancel(struct probe *probe)
{
	n_cancelled++;
	fake_free((struct fake *)probe);
}

/* The transaction that is under way, for a turn of the loop. */
static struct transaction *under_way;
static void (*at_turn)(void);	/* happens just before that begins */
static void (*at_kernel)(void);	/* and while the rules are changed */

static bool is_refused(const struct changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		if (refuses && !strcmp(changes->list[i].new->name, refuses))
			return true;
	return false;
}

static void carry_out(evutil_socket_t fd, short what, void *data)
{
	struct transaction *transaction = under_way;
	struct changes *changes = &transaction->changes;

	(void)fd;
	(void)what;
	(void)data;
	under_way = NULL;
	if (at_turn)
		at_turn();
	transaction->begin(transaction);
	CHECK(changes->passing);
	if (changes->n > largest)
		largest = changes->n;
	if (is_refused(changes))
		transaction->ret = err_set(&transaction->err, -EIO, NULL, "no");
	for (size_t i = 0; !transaction->ret && i < changes->n; i++)
		model_commit(transaction->dnatd->model, &changes->list[i]);
	if (!transaction->ret)
		n_applied += changes->n;
	if (at_kernel)
		at_kernel();
	transaction->done(transaction);
}

void change_begin(struct dnatd *d, struct transaction *transaction)
{
	static const struct timeval at_once;

	CHECK(!under_way);
	under_way = transaction;
	transaction->dnatd = d;
	event_base_once(d->base, -1, EV_TIMEOUT, carry_out, NULL, &at_once);
}

void conns_forget(struct dnatd *d, const struct conn_filter *filter)
{
	char addr[INET6_ADDRSTRLEN];
	size_t len = strlen(forgotten);

	(void)d;
	snprintf(forgotten + len, sizeof(forgotten) - len, "%s%u>%s%s",
		 len ? " " : "", filter->vip.port,
		 addr_text(&filter->backend.addr, addr, sizeof(addr)),
		 filter->unanswered ? " unanswered" : "");
}

/* The check of @addr in @service that is under way, or NULL. */
static struct fake *find(const char *service, const char *addr)
{
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < PROBES_MAX; i++)
		if (running[i] && !strcmp(running[i]->target->service, service) &&
		    !strcmp(addr_text(&running[i]->target->addr, text,
				      sizeof(text)), addr))
			return running[i];
	return NULL;
}

/* Turns of the loop until a check is under way. */
static struct fake *wait_for(const char *service, const char *addr)
{
	struct fake *fake;

	while (!(fake = find(service, addr)))
		event_base_loop(dnatd.base, EVLOOP_ONCE);
	return fake;
}

static void end(struct fake *fake, enum outcome outcome)
{
	probe_fn *fn = fake->probe.fn;
	void *data = fake->probe.data;

	fake_free(fake);
	fn(outcome, outcome == OUTCOME_GOOD ? NULL : "bad", data);
}

static void check_says(const char *service, const char *addr,
		       enum outcome outcome)
{
	end(wait_for(service, addr), outcome);
}

static void ticked(evutil_socket_t fd, short what, void *data)
{
	(void)fd;
	(void)what;
	(void)data;
}

/* All that is due now. */
static void settle(void)
{
	event_base_loop(dnatd.base, EVLOOP_NONBLOCK);
	event_base_loop(dnatd.base, EVLOOP_NONBLOCK);
	event_base_loop(dnatd.base, EVLOOP_NONBLOCK);
}

static bool later;		/* checks are taken over after the change */

static void change(const char *op, json_t *args)
{
	struct change planned;
	char *name;

	NEED(args);
	NEED(!model_plan(dnatd.model, op, args, &planned, &err));
	/* Shorter than an admin may ask for, to be done soon. */
	if (planned.new && planned.new->check.interval == 100)
		planned.new->check.interval = SHORT_MS;
	if (later) {
		name = strdup(planned.new ? planned.new->name : planned.old->name);
		NEED(name);
		model_commit(dnatd.model, &planned);
		health_follow_later(dnatd.health, name);
		free(name);
	} else {
		health_follow(dnatd.health, &planned);
		model_commit(dnatd.model, &planned);
	}
	json_decref(args);
}

static void add_service(const char *name, int port, const char *proto,
			const char *interval)
{
	change("service.add",
	       json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:i, s:i}",
			 "name", name, "vip", "192.0.2.10", "port", port,
			 "proto", proto, "check", "tcp", "interval", interval,
			 "timeout", "1s", "fall", 2, "rise", 1));
}

static void add_backend(const char *service, const char *addr)
{
	change("backend.add", json_pack("{s:s, s:s, s:i}", "service", service,
					"addr", addr, "port", 8080));
}

static void del_service(const char *name)
{
	change("service.del", json_pack("{s:s}", "name", name));
}

static bool is_down(const char *name, size_t i)
{
	return model_find(dnatd.model, name)->backends[i].down;
}

/* The member @key of the backend as it is shown, "" where there is none. */
static const char *shown(const char *name, size_t i, const char *key)
{
	static char text[128];
	const struct service *service = model_find(dnatd.model, name);
	json_t *json = json_object();
	const char *value;

	NEED(json && !health_to_json(dnatd.health, service,
				     &service->backends[i], json));
	value = json_string_value(json_object_get(json, key));
	snprintf(text, sizeof(text), "%s", value ? value : "");
	json_decref(json);
	return text;
}

static void test_verdicts(void)
{
	add_service("a", 80, "tcp", "100ms");
	add_backend("a", "10.1.0.11");
	CHECK_STR(shown("a", 0, "health"), "checking");
	check_says("a", "10.1.0.11", OUTCOME_GOOD);
	CHECK_STR(shown("a", 0, "health"), "up");
	check_says("a", "10.1.0.11", OUTCOME_BAD);
	CHECK_STR(shown("a", 0, "health"), "up");
	check_says("a", "10.1.0.11", OUTCOME_LATE);
	CHECK_STR(shown("a", 0, "health"), "down");
	settle();
	CHECK(is_down("a", 0));
	CHECK_STR(forgotten, "80>10.1.0.11 unanswered");
	check_says("a", "10.1.0.11", OUTCOME_GOOD);
	settle();
	CHECK(!is_down("a", 0));
	del_service("a");

	/* The first check tells, and a datagram does not stay. */
	forgotten[0] = '\0';
	add_service("u", 53, "udp", "100ms");
	add_backend("u", "10.1.0.11");
	check_says("u", "10.1.0.11", OUTCOME_BAD);
	settle();
	CHECK(is_down("u", 0));
	CHECK_STR(forgotten, "53>10.1.0.11");
	del_service("u");
}

/* What dnatd is short of is nobody's fault. */
static void test_shortage(void)
{
	add_service("a", 80, "tcp", "100ms");
	add_backend("a", "10.1.0.11");
	said[0] = '\0';
	short_of = true;
	for (int i = 0; i < 20; i++)
		event_base_loop(dnatd.base, EVLOOP_ONCE);
	CHECK_STR(shown("a", 0, "health"), "checking");
	CHECK_STR(said, "service a: a check could not be made: Too many open files; the backends stay as they are");
	CHECK(health_load(dnatd.health).unmade > 1);
	CHECK_STR(shown("a", 0, "health_fault"), "Too many open files");
	short_of = false;
	check_says("a", "10.1.0.11", OUTCOME_GOOD);
	CHECK_STR(shown("a", 0, "health_fault"), "");
	for (int i = 0; i < 4; i++)
		check_says("a", "10.1.0.11", OUTCOME_NONE);
	CHECK_STR(shown("a", 0, "health"), "up");
	check_says("a", "10.1.0.11", OUTCOME_BAD);
	check_says("a", "10.1.0.11", OUTCOME_NONE);
	CHECK_STR(shown("a", 0, "health"), "up");
	check_says("a", "10.1.0.11", OUTCOME_BAD);
	CHECK_STR(shown("a", 0, "health"), "down");
	settle();
	del_service("a");
}

/* A check goes on when something else of its service changes. */
static void test_aim(void)
{
	const struct fake *first, *second;
	unsigned int number;

	add_service("a", 80, "tcp", "100ms");
	add_backend("a", "10.1.0.11");
	first = wait_for("a", "10.1.0.11");
	number = first->number;
	add_backend("a", "10.1.0.12");
	CHECK(find("a", "10.1.0.11") == first);
	second = wait_for("a", "10.1.0.12");
	n_cancelled = 0;
	change("backend.set", json_pack("{s:s, s:s, s:i, s:i}", "service", "a",
					"addr", "10.1.0.12", "port", 8080,
					"check-port", 9));
	CHECK_INT(n_cancelled, 1);
	CHECK(find("a", "10.1.0.11") == first);
	CHECK_INT(find("a", "10.1.0.11")->number, number);
	second = wait_for("a", "10.1.0.12");
	CHECK_INT(second->target->port, 9);
	change("backend.del", json_pack("{s:s, s:s, s:i}", "service", "a",
					"addr", "10.1.0.12", "port", 8080));
	CHECK(find("a", "10.1.0.11") == first);
	CHECK_INT(n_cancelled, 2);
	del_service("a");
	CHECK_INT(n_cancelled, 3);

	/* A shorter interval does not wait for the end of the longer one. */
	add_service("a", 80, "tcp", "1h");
	add_backend("a", "10.1.0.11");
	event_base_loop(dnatd.base, EVLOOP_NONBLOCK);
	change("service.set", json_pack("{s:s, s:s}", "name", "a", "interval",
					"100ms"));
	check_says("a", "10.1.0.11", OUTCOME_GOOD);
	change("service.set", json_pack("{s:s, s:s}", "name", "a", "interval",
					"1h"));
	change("service.set", json_pack("{s:s, s:s, s:s, s:s}", "name", "a",
					"check", "http", "interval", "100ms",
					"http-path", "/x"));
	CHECK_STR(wait_for("a", "10.1.0.11")->target->check->path, "/x");
	del_service("a");
}

/* Those who do not answer leave places for those who do. */
static void test_turns(void)
{
	static const char *const dark[] = {
		"10.1.0.21", "10.1.0.22", "10.1.0.23", "10.1.0.24", "10.1.0.25",
		"10.1.0.26",
	};
	const size_t n = sizeof(dark) / sizeof(dark[0]);
	struct health_load load;

	add_service("dark", 81, "tcp", "100ms");
	for (size_t i = 0; i < n; i++)
		add_backend("dark", dark[i]);
	add_service("good", 80, "tcp", "100ms");
	add_backend("good", "10.1.0.11");
	load = health_load(dnatd.health);
	CHECK_INT(load.max, 4);
	while (health_load(dnatd.health).waiting < n - 3)
		event_base_loop(dnatd.base, EVLOOP_ONCE);
	/* Not known yet, it waits like the others. */
	while (!find("good", "10.1.0.11")) {
		for (size_t i = 0; i < n; i++)
			if (find("dark", dark[i]))
				check_says("dark", dark[i], OUTCOME_LATE);
		event_base_loop(dnatd.base, EVLOOP_ONCE);
	}
	check_says("good", "10.1.0.11", OUTCOME_GOOD);
	for (int i = 0; i < 5; i++)
		check_says("good", "10.1.0.11", OUTCOME_GOOD);
	load = health_load(dnatd.health);
	CHECK_INT(load.running, 3);
	CHECK(load.waiting > 0);
	del_service("dark");
	load = health_load(dnatd.health);
	CHECK_INT(load.running, 0);
	CHECK_INT(load.waiting, 0);
	del_service("good");
}

/* One service whose rules cannot be changed does not hold up the others. */
static void test_alone(void)
{
	const char *name = NULL;

	add_service("a", 80, "tcp", "1h");
	add_service("b", 81, "tcp", "1h");
	add_service("c", 82, "tcp", "1h");
	for (const char *const *s = (const char *const[]){ "a", "b", "c", NULL };
	     *s; s++) {
		add_backend(*s, "10.1.0.11");
		change("service.set", json_pack("{s:s, s:s}", "name", *s,
						"interval", "100ms"));
	}
	said[0] = '\0';
	refuses = "b";
	for (const char *const *s = (const char *const[]){ "a", "b", "c", NULL };
	     *s; s++)
		end(wait_for(*s, "10.1.0.11"), OUTCOME_BAD);
	for (int i = 0; i < 9; i++)
		settle();
	CHECK(is_down("a", 0));
	CHECK(!is_down("b", 0));
	CHECK(is_down("c", 0));
	CHECK_STR(shown("a", 0, "health_pending"), "");
	CHECK_STR(shown("b", 0, "health_pending"), "no");
	CHECK_STR(shown("b", 0, "health"), "down");
	CHECK_STR(shown("b", 0, "health_fault"), "bad; still in the rules: no");
	CHECK_INT(health_load(dnatd.health).pending, 1);
	CHECK_STR(health_pending(dnatd.health, &name), "no");
	CHECK_STR(name, "b");
	CHECK(strstr(said, "service b: cannot put backends that went down or up into the rules: no; trying again"));
	CHECK(!strstr(said, "service b backend 10.1.0.11 port 8080 is down"));
	CHECK(strstr(said, "service c backend 10.1.0.11 port 8080 is down: bad"));

	/* It is said once, however often it is tried. */
	said[0] = '\0';
	check_says("b", "10.1.0.11", OUTCOME_BAD);
	settle();
	check_says("a", "10.1.0.11", OUTCOME_GOOD);
	for (int i = 0; i < 9; i++)
		settle();
	CHECK(!is_down("a", 0));
	CHECK_STR(said, "service a backend 10.1.0.11 port 8080 is up");
	refuses = NULL;
	while (health_pending(dnatd.health, &name))
		event_base_loop(dnatd.base, EVLOOP_ONCE);
	CHECK(is_down("b", 0));
	CHECK_STR(shown("b", 0, "health_pending"), "");
	del_service("a");
	del_service("b");
	del_service("c");
}

/* When a rack goes, no turn of the loop takes all its services out. */
static void test_rack(void)
{
	char name[RACK][16];

	for (int i = 0; i < RACK; i++) {
		snprintf(name[i], sizeof(name[i]), "r%d", i);
		add_service(name[i], 1000 + i, "tcp", "100ms");
		add_backend(name[i], "10.1.0.11");
	}
	for (int i = 0; i < RACK; i++)
		wait_for(name[i], "10.1.0.11");
	largest = 0;
	n_applied = 0;
	for (int i = 0; i < RACK; i++)
		end(find(name[i], "10.1.0.11"), OUTCOME_BAD);
	while (n_applied < RACK)
		event_base_loop(dnatd.base, EVLOOP_ONCE);
	CHECK(largest > 1 && largest < RACK);
	for (int i = 0; i < RACK; i++) {
		CHECK(is_down(name[i], 0));
		del_service(name[i]);
	}
}

static void goes(void)
{
	at_kernel = NULL;
	del_service("b");
}

static void unchecked(void)
{
	at_turn = NULL;
	later = true;
	change("service.set", json_pack("{s:s, s:s}", "name", "a", "check",
					"none"));
	later = false;
}

/* Services whose checks end while what they have found is on its way. */
static void test_late(void)
{
	add_service("a", 80, "tcp", "100ms");
	add_service("b", 81, "tcp", "100ms");
	add_backend("a", "10.1.0.11");
	add_backend("b", "10.1.0.11");
	n_applied = 0;
	at_kernel = goes;
	wait_for("b", "10.1.0.11");
	end(wait_for("a", "10.1.0.11"), OUTCOME_BAD);
	end(find("b", "10.1.0.11"), OUTCOME_BAD);
	while (n_applied < 2)
		event_base_loop(dnatd.base, EVLOOP_ONCE);
	CHECK(is_down("a", 0));

	/* Who is not checked any more does not stay down for that. */
	check_says("a", "10.1.0.11", OUTCOME_GOOD);
	while (is_down("a", 0))
		event_base_loop(dnatd.base, EVLOOP_ONCE);
	at_turn = unchecked;
	check_says("a", "10.1.0.11", OUTCOME_BAD);
	end(wait_for("a", "10.1.0.11"), OUTCOME_BAD);
	for (int i = 0; i < 9; i++)
		settle();
	CHECK(!is_down("a", 0));
	CHECK_STR(shown("a", 0, "health"), "");
	del_service("a");
}

int main(void)
{
	const struct timeval often = { 0, 1000 };

	alarm(TOO_LONG);
	dnatd.model = model_new();
	dnatd.base = event_base_new();
	NEED(dnatd.model && dnatd.base);
	tick = event_new(dnatd.base, -1, EV_PERSIST, ticked, NULL);
	NEED(tick && !event_add(tick, &often));
	dnatd.health = health_new(&dnatd, dnatd.base, &err);
	NEED(dnatd.health);
	test_verdicts();
	test_shortage();
	test_aim();
	test_alone();
	test_rack();
	later = true;
	test_rack();
	later = false;
	test_late();
	health_free(dnatd.health);

	places = 4;
	dnatd.health = health_new(&dnatd, dnatd.base, &err);
	NEED(dnatd.health);
	test_turns();
	health_free(dnatd.health);
	event_free(tick);
	event_base_free(dnatd.base);
	model_free(dnatd.model);
	libevent_global_shutdown();
	return unit_result();
}
