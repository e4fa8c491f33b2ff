// SPDX-License-Identifier: GPL-2.0-only
/* Long answers, answers in parts and events, and clients that do not take them. */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/events.h"
#include "control_server.h"
#include "unit.h"

/* More answers than are let wait: the rest is asked for as they are taken. */
static void test_large(void)
{
	int fd = client();
	int i;

	for (i = 0; i < 100; i++)
		send_text(fd, "{\"op\":\"big\",\"args\":{\"bytes\":1000000}}\n");
	usleep(100000);
	for (i = 0; i < 100; i++) {
		const char *line = hear(fd);

		NEED(line);
		CHECK_INT(strlen(line), 1000000 + 23);
	}
	send_text(fd, "{\"op\":\"big\",\"args\":{\"bytes\":70000000}}\n");
	REFUSED(fd, "EMSGSIZE");
	send_text(fd, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");
	close(fd);
}

/* Answers in parts keep their order, and others need not wait for them. */
static void test_parts(void)
{
	char line[100];
	int fd = client();
	int other = client();
	int i;

	send_text(fd, "{\"op\":\"count\",\"args\":{\"from\":0}}\n");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":[0]}");
	send_text(fd, "{\"op\":\"count\",\"args\":{\"from\":-1}}\n");
	REFUSED(fd, "EIO");

	/* More than is let wait. */
	send_text(fd, "{\"op\":\"count\",\"args\":{\"from\":200000}}\n{\"op\":\"echo\"}\n");
	NEED(!shutdown(fd, SHUT_WR));
	send_text(other, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(other), "{\"ok\":true,\"result\":{}}");
	for (i = 200000; i; i--) {
		snprintf(line, sizeof(line),
			 "{\"ok\":true,\"result\":[%d],\"more\":true}", i);
		CHECK_STR(hear(fd), line);
	}
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":[0]}");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");
	CLOSED(fd);

	/* Gone in the middle. */
	send_text(other, "{\"op\":\"count\",\"args\":{\"from\":1000000000}}\n");
	NEED(hear(other));
	close(other);
}

/* The next event's text behind its time; what comes first in a line. */
static const char *event_of(const char *line)
{
	static const char begin[] = "{\"ok\":true,\"result\":[{\"time\":\"2";
	const char *end = "\",\"event\":";

	CHECK(line && !strncmp(line, begin, strlen(begin)));
	line = line ? strstr(line, end) : NULL;
	return line ? line + strlen(end) : "";
}

/* As many events as a line has. */
static int events_in(const char *line, const char *kind)
{
	int n = 0;

	for (; (line = strstr(line, kind)); line++)
		n++;
	return n;
}

static void test_monitor(void)
{
	int deaf = client();
	int fd = client();
	int other = client();
	struct pollfd gone = { .fd = deaf };
	const char *line;
	int n;

	send_text(fd, "{\"op\":\"monitor\"}\n");
	CHECK_STR(event_of(hear(fd)), "\"start\"}],\"more\":true}");
	send_text(deaf, "{\"op\":\"monitor\"}\n");
	CHECK_STR(event_of(hear(deaf)), "\"start\"}],\"more\":true}");
	send_text(other, "{\"op\":\"tell\",\"args\":{\"times\":1}}\n");
	CHECK_STR(hear(other), "{\"ok\":true,\"result\":null}");
	CHECK_STR(event_of(hear(fd)), "\"told\",\"n\":0}],\"more\":true}");

	/* More at once than may wait: the first ones and how many not. */
	send_text(other, "{\"op\":\"tell\",\"args\":{\"times\":1000}}\n");
	CHECK_STR(hear(other), "{\"ok\":true,\"result\":null}");
	line = hear(fd);
	NEED(line);
	CHECK_INT(events_in(line, "\"told\""), EVENTS_BEHIND_MAX);
	CHECK(strstr(line, "\"event\":\"lost\",\"events\":872}],\"more\":true}"));
	send_text(other, "{\"op\":\"tell\",\"args\":{\"times\":2}}\n");
	CHECK_STR(hear(other), "{\"ok\":true,\"result\":null}");
	CHECK_INT(events_in(hear(fd), "\"told\""), 2);

	/* One that takes nothing holds nobody up, and is cut off. */
	for (n = 0; n < 2000; n++) {
		send_text(other, "{\"op\":\"tell\",\"args\":{\"times\":200}}\n");
		CHECK_STR(hear(other), "{\"ok\":true,\"result\":null}");
		NEED(hear(fd));
	}
	CHECK_INT(poll(&gone, 1, 60000), 1);
	CHECK(gone.revents & POLLHUP);
	close(deaf);

	/* One that hangs up is let go. */
	NEED(!shutdown(fd, SHUT_WR));
	CLOSED(fd);
	close(other);
}

/* Both clients make no headway; a third, merely idle, stays. */
static void test_slow(void)
{
	int idle = client();
	int half = client();
	int deaf = client();
	struct pollfd gone = { .fd = deaf };
	int i;

	send_text(half, "{\"op\":");
	for (i = 0; i < 3; i++)
		send_text(deaf, "{\"op\":\"big\",\"args\":{\"bytes\":9000000}}\n");
	REFUSED(half, "ETIMEDOUT");
	CLOSED(half);

	CHECK_INT(poll(&gone, 1, 60000), 1);
	CHECK(gone.revents & POLLHUP);
	close(deaf);
	send_text(idle, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(idle), "{\"ok\":true,\"result\":{}}");
	close(idle);
}

int main(void)
{
	pid_t pid;

	place_make();
	pid = server_start(&control_server);
	test_large();
	test_parts();
	test_monitor();
	test_slow();
	server_stop(pid);
	place_remove();
	return unit_result();
}
