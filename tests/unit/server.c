// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server.h"
#include "unit.h"

static void stop(evutil_socket_t sig, short what, void *base)
{
	(void)sig;
	(void)what;
	event_base_loopbreak(base);
}

static void serve(const struct server *server, int ready)
{
	struct event_base *base = event_base_new();
	struct event *term = evsignal_new(base, SIGTERM, stop, base);

	unit_failures = 0;
	signal(SIGPIPE, SIG_IGN);
	NEED(!event_add(term, NULL));
	server->begin(base);
	NEED(write(ready, "r", 1) == 1);
	event_base_dispatch(base);
	server->end();
	event_free(term);
	event_base_free(base);
	libevent_global_shutdown();
	exit(unit_result());
}

pid_t server_start(const struct server *server)
{
	int ready[2];
	char byte;
	pid_t pid;

	NEED(!pipe(ready));
	pid = fork();
	NEED(pid >= 0);
	if (!pid) {
		close(ready[0]);
		serve(server, ready[1]);
	}
	close(ready[1]);
	NEED(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}

void server_stop(pid_t pid)
{
	int status;

	kill(pid, SIGTERM);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
}
