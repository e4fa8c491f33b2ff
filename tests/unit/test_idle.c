// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients that ask nothing are cut off, all but those that listen to events; so
 * are those that do not end their request, a configuration much later.
 */
#include <unistd.h>

#include "control_server.h"
#include "unit.h"

static void test_lines(void)
{
	static char line[CONTROL_LINE_MAX + 1000];
	int config = client(), slow;

	memset(line, ' ', sizeof(line));
	memcpy(line, CONTROL_LONG, strlen(CONTROL_LONG));
	put(config, line, sizeof(line));
	/* One that was begun later is late, and then its next one. */
	for (int i = 0; i < 2; i++) {
		slow = client();
		send_text(slow, "{\"op\":");
		REFUSED(slow, "ETIMEDOUT");
		CLOSED(slow);
	}
	send_text(config, "\"args\":{}}\n");
	CHECK_STR(hear(config), "{\"ok\":false,\"error\":{\"errno\":\"EINVAL\",\"arg\":\"\","
				"\"msg\":\"two errors\",\"errors\":[1,2]}}");
	close(config);
}

int main(void)
{
	int silent, follower, asker;
	pid_t pid;

	place_make();
	pid = server_start(&control_server);
	follower = client();
	send_text(follower, "{\"op\":\"monitor\"}\n");
	CHECK(hear(follower));
	silent = client();
	REFUSED(silent, "ETIMEDOUT");
	CLOSED(silent);
	silent = client();
	send_text(silent, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(silent), "{\"ok\":true,\"result\":{}}");
	REFUSED(silent, "ETIMEDOUT");
	CLOSED(silent);

	asker = client();
	send_text(asker, "{\"op\":\"tell\",\"args\":{\"times\":1}}\n");
	CHECK_STR(hear(asker), "{\"ok\":true,\"result\":null}");
	CHECK(strstr(hear(follower), "\"told\""));
	close(asker);
	test_lines();
	close(follower);
	server_stop(pid);
	place_remove();
	return unit_result();
}
