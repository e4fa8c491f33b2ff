// SPDX-License-Identifier: GPL-2.0-only
/* What the log says of changes, and with which priority the journal takes it. */
#include <event2/event.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "control/access.h"
#include "engine/audit.h"
#include "engine/dnatd.h"
#include "model/model.h"
#include "unit.h"

static FILE *log_file;
static int kept;
static char got[1 << 20];

static void begin(void)
{
	log_file = tmpfile();
	kept = dup(2);
	NEED(log_file && kept >= 0 && dup2(fileno(log_file), 2) == 2);
}

static const char *end(void)
{
	NEED(dup2(kept, 2) == 2);
	close(kept);
	rewind(log_file);
	got[fread(got, 1, sizeof(got) - 1, log_file)] = '\0';
	fclose(log_file);
	return got;
}

static const struct peer peer = { .uid = 1000, .pid = 4711, .changes = true };
static struct dnatd dnatd = { .peer = &peer };

static const char *of_request(const char *op, const char *json)
{
	json_t *args = json_loads(json, 0, NULL);

	NEED(args);
	begin();
	audit_request(&dnatd, op, args);
	json_decref(args);
	return end();
}

static void test_requests(void)
{
	CHECK_STR(of_request("service.add",
			     "{\"name\": \"web\", \"vip\": \"192.0.2.10\", \"port\": 80, \"check\": \"exec\", \"exec-command\": \"/bin/x 'y\"}"),
		  "dnatd: change by uid 1000 pid 4711: service add web vip 192.0.2.10 port 80 check exec exec-command '/bin/x '\\''y'\n");
	CHECK_STR(of_request("backend.set",
			     "{\"service\": \"web\", \"addr\": \"10.1.0.11\", \"weight\": 0}"),
		  "dnatd: change by uid 1000 pid 4711: backend set web addr 10.1.0.11 weight 0\n");
	CHECK_STR(of_request("connection.flush", "{}"),
		  "dnatd: change by uid 1000 pid 4711: connection del all\n");
	CHECK_STR(of_request("vdport.set", "{\"range\": \"1-9\"}"),
		  "dnatd: change by uid 1000 pid 4711: vdport set range 1-9\n");
	/* What no command asks for is logged all the same. */
	CHECK_STR(of_request("vdport.set", "{\"nonsense\": 7}"),
		  "dnatd: change by uid 1000 pid 4711: vdport.set\n");
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

/* A script is logged up to a point; then how much it was. */
static void test_stream(void)
{
	json_t *args = json_pack("{s:s}", "name", "web");

	dnatd.base = event_base_new();
	dnatd.audit = (struct audit){ 0 };
	NEED(dnatd.base && args);
	begin();
	for (int i = 0; i < AUDIT_LINES + 7; i++)
		audit_request(&dnatd, "service.del", args);
	event_base_dispatch(dnatd.base);
	audit_request(&dnatd, "service.del", args);
	end();
	CHECK_INT(count(got, "service del web\n"), AUDIT_LINES + 1);
	CHECK_INT(count(got, "dnatd: 7 more requests changed something"), 1);
	json_decref(args);
	event_base_free(dnatd.base);
}

static struct model *model_of(const char *services)
{
	json_t *json = json_pack("{s:i, s:o}", "version", 1, "services",
				 json_loads(services, 0, NULL));
	struct err err;
	struct model *model = model_from_json(json, &err);

	NEED(model);
	json_decref(json);
	return model;
}

static void test_gone(void)
{
	struct model *old = model_of(
		"[{\"name\": \"a\", \"vip\": \"192.0.2.1\", \"port\": 1, \"backends\": [{\"addr\": \"10.0.0.1\"}, {\"addr\": \"10.0.0.2\"}]},"
		" {\"name\": \"b\", \"vip\": \"2001:db8::1\", \"port\": 2, \"proto\": \"udp\", \"backends\": [{\"addr\": \"fd00::1\"}]},"
		" {\"name\": \"c\", \"vip\": \"192.0.2.1\", \"port\": 3}]");
	struct model *new = model_of(
		"[{\"name\": \"a\", \"vip\": \"192.0.2.1\", \"port\": 1, \"backends\": [{\"addr\": \"10.0.0.2\"}]},"
		" {\"name\": \"c\", \"vip\": \"192.0.2.1\", \"port\": 4}]");
	struct summary sum = { 0 };

	summary_add(&sum, old->services[0], new->services[0]);
	summary_add(&sum, old->services[1], NULL);
	summary_add(&sum, old->services[2], new->services[1]);
	summary_add(&sum, NULL, new->services[0]);
	begin();
	audit_summary(&sum, "%s", "F");
	CHECK_STR(end(),
		  "dnatd: F: services: 2 added, 1 changed, 2 removed; backends: 1 removed from services that stay\n"
		  "dnatd: removed: backend 10.0.0.1 port 1 of service a\n"
		  "dnatd: removed: service b vip 2001:db8::1 port 2 proto udp, 1 backends\n"
		  "dnatd: removed: service c vip 192.0.2.1 port 3 proto tcp, 0 backends\n");
	for (int i = 0; i < SUMMARY_LINES; i++)
		summary_add(&sum, old->services[1], NULL);
	begin();
	audit_summary(&sum, "F");
	end();
	CHECK_INT(count(got, "dnatd: removed: "), SUMMARY_LINES);
	CHECK_INT(count(got, "dnatd: and 3 more were removed\n"), 1);
	summary_clean(&sum);
	model_free(old);
	model_free(new);
}

/* Priorities are for the journal alone. */
static void test_journal(void)
{
	char stream[64];
	struct stat st;

	begin();
	NEED(!fstat(2, &st));
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	say("one");
	say_warning("two");
	say_error("three");
	setenv("JOURNAL_STREAM", "1:1", 1);
	say_error("four");
	unsetenv("JOURNAL_STREAM");
	say_error("five");
	CHECK_STR(end(), "<6>dnatd: one\n<4>dnatd: two\n<3>dnatd: three\n"
		  "dnatd: four\ndnatd: five\n");
}

int main(void)
{
	test_requests();
	test_stream();
	test_gone();
	test_journal();
	return unit_result();
}
