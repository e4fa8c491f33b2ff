// SPDX-License-Identifier: GPL-2.0-only
/* With which priority the journal takes bad news: "journalctl -p warning". */
#include <errno.h>
#include <event2/event.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/status.h"
#include "base/events.h"
#include "engine/dnatd.h"
#include "api/fault_watch.h"
#include "engine/pool_alarm.h"
#include "engine/unanswered.h"
#include "module/kmod_pool.h"
#include "module/kmod_stats.h"
#include "unit.h"

static struct dnatd dnatd = { .in_force = ALLOC_MODULE };
static unsigned int n_looks, max_looks;

bool foreign_step(struct foreign *foreign)
{
	(void)foreign;
	return false;
}

struct checks status_look(const struct dnatd *of)
{
	(void)of;
	return (struct checks){ .list = json_array() };
}

bool host_step(struct checks *checks, size_t step)
{
	(void)checks;
	(void)step;
	return false;
}

bool silence_step(struct silence *silence, const struct dnatd *of)
{
	(void)silence;
	(void)of;
	return false;
}

void silence_clean(struct silence *silence)
{
	(void)silence;
}

static void looked(void)
{
	if (++n_looks == max_looks)
		event_base_loopbreak(dnatd.base);
}

int status_add_checks(const struct dnatd *of, json_t *silence, json_t *list)
{
	(void)of;
	(void)silence;
	looked();
	return json_array_append_new(list,
		json_pack("{s:s, s:i, s:b, s:s}", "name", "ip_forward", "value",
			  0, "ok", 0, "advice", "sysctl -w"));
}

bool events_followed(const struct events *events)
{
	(void)events;
	return true;
}

void events_emit(struct events *events, const char *kind, json_t *fields)
{
	(void)events;
	(void)kind;
	json_decref(fields);
}

int kmod_stats(struct kmod *kmod, json_t **stats, struct err *err)
{
	(void)kmod;
	(void)stats;
	(void)err;
	return -EIO;
}

int kmod_pools_more(const struct kmod *kmod, struct nl *nl, nl_fn fn,
		    void *data, struct err *err)
{
	int rc;

	(void)kmod;
	if (!nl->sock)
		return nl_open(nl, NETLINK_ROUTE, err) ? -EIO : TASK_MORE;
	looked();
	rc = fn(NULL, data);
	nl_close(nl);
	nl->sock = NULL;
	return rc;
}

bool kmod_pool_read(const struct nlmsghdr *nlh, struct kmod_pool *pool)
{
	struct err err;

	(void)nlh;
	*pool = (struct kmod_pool){
		.port = 80, .proto = 6, .capacity = 100, .in_use = 100,
		.failures = n_looks,
	};
	NEED(!addr_parse("192.0.2.10", "vip", &pool->vip, &err) &&
	     !addr_parse("10.1.0.11", "addr", &pool->backend, &err));
	return true;
}

int nl_open(struct nl *nl, int bus, struct err *err)
{
	(void)err;
	nl->sock = mnl_socket_open(bus);
	NEED(nl->sock);
	return 0;
}

void nl_close(struct nl *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
}

const struct nlmsghdr *nl_message(const void *buf, size_t len, size_t *offset)
{
	(void)buf;
	(void)len;
	(void)offset;
	return NULL;
}

/* Return: what was logged in @looks looks, as the journal gets it */
static const char *logged(unsigned int looks)
{
	static char text[1024];
	char stream[64];
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	struct stat st;

	NEED(file && saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0 &&
	     !fstat(STDERR_FILENO, &st));
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	n_looks = 0;
	max_looks = looks;
	event_base_dispatch(dnatd.base);
	unsetenv("JOURNAL_STREAM");
	NEED(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void test_fault(void)
{
	struct err err;
	struct fault_watch *watch = fault_watch_new(&dnatd, &err);

	NEED(watch);
	CHECK_STR(logged(1), "<3>dnatd: fault: ip_forward is 0: sysctl -w\n");
	fault_watch_free(watch);
}

static void test_refused(void)
{
	static const char wanted[] = "<3>dnatd: VIP 192.0.2.10 tcp backend 10.1.0.11 port 80: connections are refused,";
	struct err err;
	struct pool_alarm *pools = pool_alarm_new(&dnatd, &err);

	NEED(pools);
	/* The first look cannot tell when that was. */
	CHECK(!strncmp(logged(2), wanted, strlen(wanted)));
	pool_alarm_free(pools);
}

int main(void)
{
	dnatd.base = event_base_new();
	NEED(dnatd.base);
	test_fault();
	test_refused();
	event_base_free(dnatd.base);
	return unit_result();
}
