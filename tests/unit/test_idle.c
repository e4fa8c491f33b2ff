// SPDX-License-Identifier: GPL-2.0-only
/* Clients that ask nothing are cut off, all but those that listen to events. */
#include <unistd.h>

#include "control_server.h"
#include "unit.h"

int main(void)
{
	int silent, follower, asker;
	pid_t pid;

	place_make();
	pid = server_start(&control_server);
	follower = client();
	say(follower, "{\"op\":\"monitor\"}\n");
	CHECK(hear(follower));
	silent = client();
	REFUSED(silent, "ETIMEDOUT");
	CLOSED(silent);
	silent = client();
	say(silent, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(silent), "{\"ok\":true,\"result\":{}}");
	REFUSED(silent, "ETIMEDOUT");
	CLOSED(silent);

	asker = client();
	say(asker, "{\"op\":\"tell\",\"args\":{\"times\":1}}\n");
	CHECK_STR(hear(asker), "{\"ok\":true,\"result\":null}");
	CHECK(strstr(hear(follower), "\"told\""));
	close(asker);
	close(follower);
	server_stop(pid);
	place_remove();
	return unit_result();
}
