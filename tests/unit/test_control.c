// SPDX-License-Identifier: GPL-2.0-only
/* Requests, good and bad; who may connect, and how many; where the socket is. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control_server.h"
#include "unit.h"

#define CLIENTS_MAX 256

static struct err err;

static void test_talk(void)
{
	int fd = client();

	send_text(fd, "{\"op\":\"echo\",\"args\":{\"a\":1}}\n");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{\"a\":1}}");
	send_text(fd, "{\"op\":\"echo\"}\n{\"op\":\"echo\",\"args\":{\"b\":2}}\n{\"op\":");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{\"b\":2}}");
	send_text(fd, "\"fail\"}\n");
	CHECK_STR(hear(fd),
		  "{\"ok\":false,\"error\":{\"errno\":\"ENOENT\",\"arg\":\"name\","
		  "\"msg\":\"no \\\"fail\\\" \\\\xff here\"}}");
	/* Answers are taken after the last request is sent. */
	send_text(fd, "{\"op\":\"echo\"}\n");
	NEED(!shutdown(fd, SHUT_WR));
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");
	CLOSED(fd);
}

static void test_bad(void)
{
	static const char *const bad[] = {
		"\n", "x\n", "[]\n", "{}\n", "{\"op\":1}\n", "\"op\"\n",
		"{\"op\":\"echo\",\"args\":[]}\n",
		"{\"op\":\"echo\",\"args\":null}\n",
		"{\"op\":\"echo\",\"more\":1}\n",
		"{\"op\":\"echo\",\"op\":\"echo\"}\n",
		"{\"op\":\"echo\",\"args\":{\"a\":1,\"a\":2}}\n",
		"{\"op\":\"echo\"} {\"op\":\"echo\"}\n",
		"{\"op\":\"\xff\"}\n", "{\"op\":\"a\\u0000b\"}\n",
		"{\"op\":\"echo\"\n",
	};
	static char deep[20000];
	int fd = client();
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send_text(fd, bad[i]);
		REFUSED(fd, "EINVAL");
	}
	put(fd, "{\"op\":\0\"echo\"}\n", 15);
	REFUSED(fd, "EINVAL");
	memset(deep, '[', sizeof(deep));
	put(fd, deep, sizeof(deep));
	send_text(fd, "\n");
	REFUSED(fd, "EINVAL");

	send_text(fd, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");
	send_text(fd, "{\"op\":\"ec");
	NEED(!shutdown(fd, SHUT_WR));
	REFUSED(fd, "EINVAL");
	CLOSED(fd);
}

static void test_long(void)
{
	static char line[1 << 20];
	int fd = client();

	/* The longest line, blanks being allowed in JSON. */
	memset(line, ' ', sizeof(line));
	memcpy(line, "{\"op\":\"echo\"", 12);
	line[CONTROL_LINE_MAX - 1] = '}';
	line[CONTROL_LINE_MAX] = '\n';
	put(fd, line, CONTROL_LINE_MAX + 1);
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");
	/* Several in a row fill what the server reads at once. */
	put(fd, line, CONTROL_LINE_MAX + 1);
	put(fd, line, CONTROL_LINE_MAX + 1);
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");

	line[CONTROL_LINE_MAX - 1] = ' ';
	line[CONTROL_LINE_MAX] = '}';
	line[CONTROL_LINE_MAX + 1] = '\n';
	put(fd, line, CONTROL_LINE_MAX + 2);
	REFUSED(fd, "EMSGSIZE");
	CLOSED(fd);

	fd = client();
	memset(line, 'x', sizeof(line));
	put(fd, line, sizeof(line));
	REFUSED(fd, "EMSGSIZE");
	close(fd);
}

/* A configuration may be longer than any other request; one at a time. */
static void test_config(void)
{
	static char line[CONTROL_LONG_MAX + 2];
	static const char begin[] = CONTROL_LONG;
	size_t half = CONTROL_LONG_MAX / 2;
	int fd = client(), other = client();
	const char *heard;

	memset(line, ' ', sizeof(line));
	memcpy(line, begin, strlen(begin));
	strcpy(line + sizeof(line) - 12, "\"args\":{}}");
	line[sizeof(line) - 2] = '\n';

	put(fd, line, half);
	send_text(other, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(other), "{\"ok\":true,\"result\":{}}");
	put(other, line, CONTROL_LINE_MAX + 1000);
	REFUSED(other, "EBUSY");
	CLOSED(other);
	put(fd, line + half, sizeof(line) - 1 - half);
	CHECK_STR(hear(fd), "{\"ok\":false,\"error\":{\"errno\":\"EINVAL\",\"arg\":\"\","
			    "\"msg\":\"two errors\",\"errors\":[1,2]}}");
	/* And then no more than others. */
	send_text(fd, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");
	line[0] = ' ';
	put(fd, line, sizeof(line) - 1);
	REFUSED(fd, "EMSGSIZE");
	close(fd);

	/* One that goes away leaves room for the next, which may be no longer. */
	line[0] = '{';
	fd = client();
	put(fd, line, half);
	close(fd);
	line[sizeof(line) - 2] = ' ';
	line[sizeof(line) - 1] = '\n';
	/* The server need not have seen yet that it is gone. */
	do {
		fd = client();
		put(fd, line, sizeof(line));
		heard = hear(fd);
		close(fd);
	} while (heard && strstr(heard, "EBUSY"));
	CHECK(heard && strstr(heard, "\"errno\":\"EMSGSIZE\""));
}

/* Where a turn takes long, a configuration takes few of them. */
static void test_turns(void)
{
	static char line[1 << 20];
	struct event_base *base = event_base_new();
	unsigned int turns = 0;
	size_t sent = 0;
	ssize_t n;
	int fd;

	NEED(base);
	control_server.begin(base);
	fd = client();
	memset(line, ' ', sizeof(line));
	memcpy(line, CONTROL_LONG, strlen(CONTROL_LONG));
	for (; sent < sizeof(line) && turns < 1000; turns++) {
		n = send(fd, line + sent, sizeof(line) - sent, MSG_DONTWAIT);
		sent += n > 0 ? (size_t)n : 0;
		NEED(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
	}
	CHECK(turns < 100 || !printf("%u turns\n", turns));
	close(fd);
	control_server.end();
	event_base_free(base);
}

static void test_many(void)
{
	int fds[CLIENTS_MAX];
	int fd;
	int i;

	for (i = 0; i < CLIENTS_MAX; i++) {
		fds[i] = client();
		send_text(fds[i], "{\"op\":\"echo\"}\n");
		CHECK_STR(hear(fds[i]), "{\"ok\":true,\"result\":{}}");
	}
	fd = client();
	REFUSED(fd, "EBUSY");
	CLOSED(fd);
	for (i = 0; i < CLIENTS_MAX; i++)
		close(fds[i]);
	do {
		const char *line;

		fd = client();
		send_text(fd, "{\"op\":\"echo\"}\n");
		line = hear(fd);
		i = line && strstr(line, "EBUSY");
		close(fd);
	} while (i);
}

static void test_stranger(void)
{
	int status;
	pid_t pid;

	if (geteuid()) {
		puts("not root: no other user to be");
		return;
	}
	/* The mode alone would keep him out. */
	NEED(!chmod(path, 0666) && !chmod(dir, 0755));
	pid = fork();
	NEED(pid >= 0);
	if (!pid) {
		int fd;

		unit_failures = 0;
		NEED(!setuid(65534));
		fd = client();
		REFUSED(fd, "EPERM");
		CLOSED(fd);
		_exit(unit_result());
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
}

/* Another one is starting: it has its socket, and does not listen yet. */
static void test_starting(struct event_base *base)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct access access_group = { getegid() ? getegid() : 40001,
					     NO_GROUP };
	struct control *control;
	struct stat st;
	char name[150];
	int lock;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/run/second", dir);
	snprintf(name, sizeof(name), "%s.lock", addr.sun_path);
	lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	NEED(fd >= 0 && lock >= 0 && !flock(lock, LOCK_EX));
	NEED(!bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	CHECK(!control_new(base, addr.sun_path, &access_none, control_answer, NULL, &err));
	CHECK(strstr(err.msg, "another dnatd is running"));
	CHECK(!access(addr.sun_path, F_OK));

	/* It has died there; this one's socket is for a group. */
	close(fd);
	close(lock);
	control = control_new(base, addr.sun_path, &access_group, control_answer, NULL,
			      &err);
	NEED(control && !stat(addr.sun_path, &st));
	CHECK_INT(st.st_mode & 07777, 0660);
	CHECK_INT(st.st_gid, access_group.group);
	control_free(control);
	CHECK(access(addr.sun_path, F_OK));
	CHECK(!unlink(name));
}

static void test_place(void)
{
	struct event_base *base = event_base_new();
	char other[200];
	struct stat st;
	FILE *file;

	NEED(!stat(path, &st));
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK(!control_new(base, path, &access_none, control_answer, NULL, &err));
	CHECK(strstr(err.msg, "another dnatd is running"));
	CHECK(!access(path, F_OK));

	snprintf(other, sizeof(other), "%s/file", dir);
	file = fopen(other, "w");
	NEED(file);
	fclose(file);
	CHECK(!control_new(base, other, &access_none, control_answer, NULL, &err));
	CHECK(strstr(err.msg, "not a socket"));
	CHECK(!unlink(other));
	strcat(other, ".lock");
	CHECK(!unlink(other));
	test_starting(base);

	memset(other, 'a', 150);
	other[150] = '\0';
	CHECK(!control_new(base, other, &access_none, control_answer, NULL, &err));
	CHECK(strstr(err.msg, "150 bytes"));

	snprintf(other, sizeof(other), "%s/a/b/sock", dir);
	CHECK(!control_new(base, other, &access_none, control_answer, NULL, &err));
	CHECK(strstr(err.msg, "cannot be made"));
	event_base_free(base);
}

int main(void)
{
	pid_t pid;
	int status;

	place_make();
	test_turns();
	pid = server_start(&control_server);
	test_place();
	test_talk();
	test_bad();
	test_long();
	test_config();
	test_many();
	test_stranger();
	kill(pid, SIGKILL);
	NEED(waitpid(pid, &status, 0) == pid);

	/* What the killed one left is no hindrance. */
	CHECK(!access(path, F_OK));
	pid = server_start(&control_server);
	test_talk();
	server_stop(pid);
	place_remove();
	return unit_result();
}
