// SPDX-License-Identifier: GPL-2.0-only
/* A server in a child process, and every kind of client that it must bear. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"
#include "events.h"
#include "unit.h"

#define CLIENTS_MAX 256
#define ANSWER_MAX (2U << 20)

static char dir[] = "/tmp/dnat-control-XXXXXX";
static char path[100];
static struct err err;
static const struct access access_none = { NO_GROUP, NO_GROUP };

/* Counts down, a number a part; a number below zero is an error. */
struct countdown {
	struct parts parts;
	long left;
};

static int countdown_next(struct parts *parts, struct text *rows,
			  struct err *error)
{
	struct countdown *countdown = (struct countdown *)parts;
	char *row;

	if (countdown->left < 0)
		return err_set(error, -EIO, NULL, "below zero");
	row = text_row(rows, 24);
	NEED(row);
	rows->len += (size_t)snprintf(row, 24, "%ld", countdown->left);
	return countdown->left-- != 0;
}

static void countdown_free(struct parts *parts)
{
	free(parts);
}

static struct parts *countdown(const json_t *args)
{
	struct countdown *countdown = calloc(1, sizeof(*countdown));

	NEED(countdown);
	countdown->parts.next = countdown_next;
	countdown->parts.free = countdown_free;
	countdown->left = json_integer_value(json_object_get(args, "from"));
	return &countdown->parts;
}

/* "times" events with a number each. */
static void tell(struct events *events, const json_t *args)
{
	json_int_t times = json_integer_value(json_object_get(args, "times"));

	for (json_int_t i = 0; i < times; i++)
		events_emit(events, "told", json_pack("{s:I}", "n", i));
}

/*
 * echo: the args; fail: an error; big: a string of "bytes" bytes; count: from
 * "from" to 0, in parts; monitor: events; tell: so many as "times" says.
 */
static int answer(const char *op, const json_t *args, const struct peer *peer,
		  json_t **result, struct parts **parts, struct err *error,
		  void *data)
{
	CHECK(peer->uid == geteuid() && peer->changes);
	if (!strcmp(op, "monitor")) {
		*parts = events_subscribe(data, error);
		return 0;
	}
	if (!strcmp(op, "tell")) {
		tell(data, args);
		*result = json_null();
		return 0;
	}
	if (!strcmp(op, "count")) {
		*parts = countdown(args);
		return 0;
	}
	if (!strcmp(op, "config.apply")) {
		*result = json_pack("[i, i]", 1, 2);
		return err_set(error, -EINVAL, NULL, "two errors");
	}
	if (!strcmp(op, "echo")) {
		*result = json_deep_copy(args);
		return 0;
	}
	if (!strcmp(op, "big")) {
		size_t len = (size_t)json_integer_value(
			json_object_get(args, "bytes"));
		char *text = malloc(len);

		NEED(text);
		memset(text, 'x', len);
		*result = json_stringn(text, len);
		free(text);
		return 0;
	}
	return err_set(error, -ENOENT, "name", "no \"%s\" \xff here", op);
}

static void stop(evutil_socket_t sig, short what, void *base)
{
	(void)sig;
	(void)what;
	event_base_loopbreak(base);
}

static void serve(int ready)
{
	struct event_base *base = event_base_new();
	struct event *term = evsignal_new(base, SIGTERM, stop, base);
	struct events *events = events_new();
	struct control *control = control_new(base, path, &access_none, answer,
					      events, &err);

	unit_failures = 0;
	signal(SIGPIPE, SIG_IGN);
	if (!control)
		fprintf(stderr, "%s\n", err.msg);
	NEED(control);
	NEED(events && !event_add(term, NULL));
	events_begin(events, "start", NULL);
	NEED(write(ready, "r", 1) == 1);
	event_base_dispatch(base);
	control_free(control);
	events_free(events);
	event_free(term);
	event_base_free(base);
	libevent_global_shutdown();
	exit(unit_result());
}

static pid_t server_start(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	NEED(!pipe(ready));
	pid = fork();
	NEED(pid >= 0);
	if (!pid) {
		close(ready[0]);
		serve(ready[1]);
	}
	close(ready[1]);
	NEED(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}

static void server_stop(pid_t pid)
{
	int status;

	kill(pid, SIGTERM);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
	CHECK(access(path, F_OK));
}

static int client(void)
{
	const struct timeval patience = { .tv_sec = 60 };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	NEED(fd >= 0);
	strcpy(addr.sun_path, path);
	NEED(!connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience)));
	return fd;
}

/* A server that has had enough may close in the middle. */
static void put(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static void say(int fd, const char *text)
{
	put(fd, text, strlen(text));
}

/* One line without its newline; NULL at the end. */
static char *hear(int fd)
{
	static char line[ANSWER_MAX];
	size_t len = 0;

	while (len < sizeof(line)) {
		char *end;
		ssize_t n = recv(fd, line + len, sizeof(line) - len, MSG_PEEK);

		if (n <= 0) {
			line[len] = '\0';
			CHECK_STR(line, "");
			return NULL;
		}
		end = memchr(line + len, '\n', (size_t)n);
		if (end)
			n = end + 1 - (line + len);
		NEED(recv(fd, line + len, (size_t)n, 0) == n);
		len += (size_t)n;
		if (end) {
			*end = '\0';
			return line;
		}
	}
	NEED(len < sizeof(line));
	return NULL;
}

#define REFUSED(fd, name)                                                  \
	do {                                                               \
		const char *said = hear(fd);                               \
		CHECK(said && !strncmp(said, "{\"ok\":false,", 12));       \
		CHECK(said && strstr(said, "\"errno\":\"" name "\""));     \
	} while (0)

#define CLOSED(fd)                                                         \
	do {                                                               \
		CHECK(!hear(fd));                                          \
		close(fd);                                                 \
	} while (0)

static void test_talk(void)
{
	int fd = client();

	say(fd, "{\"op\":\"echo\",\"args\":{\"a\":1}}\n");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{\"a\":1}}");
	say(fd, "{\"op\":\"echo\"}\n{\"op\":\"echo\",\"args\":{\"b\":2}}\n{\"op\":");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{\"b\":2}}");
	say(fd, "\"fail\"}\n");
	CHECK_STR(hear(fd),
		  "{\"ok\":false,\"error\":{\"errno\":\"ENOENT\",\"arg\":\"name\","
		  "\"msg\":\"no \\\"fail\\\" \\\\xff here\"}}");
	/* Answers are taken after the last request is sent. */
	say(fd, "{\"op\":\"echo\"}\n");
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
		say(fd, bad[i]);
		REFUSED(fd, "EINVAL");
	}
	put(fd, "{\"op\":\0\"echo\"}\n", 15);
	REFUSED(fd, "EINVAL");
	memset(deep, '[', sizeof(deep));
	put(fd, deep, sizeof(deep));
	say(fd, "\n");
	REFUSED(fd, "EINVAL");

	say(fd, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");
	say(fd, "{\"op\":\"ec");
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
	say(other, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(other), "{\"ok\":true,\"result\":{}}");
	put(other, line, CONTROL_LINE_MAX + 1000);
	REFUSED(other, "EBUSY");
	CLOSED(other);
	put(fd, line + half, sizeof(line) - 1 - half);
	CHECK_STR(hear(fd), "{\"ok\":false,\"error\":{\"errno\":\"EINVAL\",\"arg\":\"\","
			    "\"msg\":\"two errors\",\"errors\":[1,2]}}");
	/* And then no more than others. */
	say(fd, "{\"op\":\"echo\"}\n");
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

/* More answers than are let wait: the rest is asked for as they are taken. */
static void test_large(void)
{
	int fd = client();
	int i;

	for (i = 0; i < 100; i++)
		say(fd, "{\"op\":\"big\",\"args\":{\"bytes\":1000000}}\n");
	usleep(100000);
	for (i = 0; i < 100; i++) {
		const char *line = hear(fd);

		NEED(line);
		CHECK_INT(strlen(line), 1000000 + 23);
	}
	say(fd, "{\"op\":\"big\",\"args\":{\"bytes\":70000000}}\n");
	REFUSED(fd, "EMSGSIZE");
	say(fd, "{\"op\":\"echo\"}\n");
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

	say(fd, "{\"op\":\"count\",\"args\":{\"from\":0}}\n");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":[0]}");
	say(fd, "{\"op\":\"count\",\"args\":{\"from\":-1}}\n");
	REFUSED(fd, "EIO");

	/* More than is let wait. */
	say(fd, "{\"op\":\"count\",\"args\":{\"from\":200000}}\n{\"op\":\"echo\"}\n");
	NEED(!shutdown(fd, SHUT_WR));
	say(other, "{\"op\":\"echo\"}\n");
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
	say(other, "{\"op\":\"count\",\"args\":{\"from\":1000000000}}\n");
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

	say(fd, "{\"op\":\"monitor\"}\n");
	CHECK_STR(event_of(hear(fd)), "\"start\"}],\"more\":true}");
	say(deaf, "{\"op\":\"monitor\"}\n");
	CHECK_STR(event_of(hear(deaf)), "\"start\"}],\"more\":true}");
	say(other, "{\"op\":\"tell\",\"args\":{\"times\":1}}\n");
	CHECK_STR(hear(other), "{\"ok\":true,\"result\":null}");
	CHECK_STR(event_of(hear(fd)), "\"told\",\"n\":0}],\"more\":true}");

	/* More at once than may wait: the first ones and how many not. */
	say(other, "{\"op\":\"tell\",\"args\":{\"times\":1000}}\n");
	CHECK_STR(hear(other), "{\"ok\":true,\"result\":null}");
	line = hear(fd);
	NEED(line);
	CHECK_INT(events_in(line, "\"told\""), EVENTS_BEHIND_MAX);
	CHECK(strstr(line, "\"event\":\"lost\",\"events\":872}],\"more\":true}"));
	say(other, "{\"op\":\"tell\",\"args\":{\"times\":2}}\n");
	CHECK_STR(hear(other), "{\"ok\":true,\"result\":null}");
	CHECK_INT(events_in(hear(fd), "\"told\""), 2);

	/* One that takes nothing holds nobody up, and is cut off. */
	for (n = 0; n < 2000; n++) {
		say(other, "{\"op\":\"tell\",\"args\":{\"times\":200}}\n");
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

	say(half, "{\"op\":");
	for (i = 0; i < 3; i++)
		say(deaf, "{\"op\":\"big\",\"args\":{\"bytes\":9000000}}\n");
	REFUSED(half, "ETIMEDOUT");
	CLOSED(half);

	CHECK_INT(poll(&gone, 1, 60000), 1);
	CHECK(gone.revents & POLLHUP);
	close(deaf);
	say(idle, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(idle), "{\"ok\":true,\"result\":{}}");
	close(idle);
}

static void test_many(void)
{
	int fds[CLIENTS_MAX];
	int fd;
	int i;

	for (i = 0; i < CLIENTS_MAX; i++) {
		fds[i] = client();
		say(fds[i], "{\"op\":\"echo\"}\n");
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
		say(fd, "{\"op\":\"echo\"}\n");
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
	CHECK(!control_new(base, addr.sun_path, &access_none, answer, NULL, &err));
	CHECK(strstr(err.msg, "another dnatd is running"));
	CHECK(!access(addr.sun_path, F_OK));

	/* It has died there; this one's socket is for a group. */
	close(fd);
	close(lock);
	control = control_new(base, addr.sun_path, &access_group, answer, NULL,
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
	CHECK(!control_new(base, path, &access_none, answer, NULL, &err));
	CHECK(strstr(err.msg, "another dnatd is running"));
	CHECK(!access(path, F_OK));

	snprintf(other, sizeof(other), "%s/file", dir);
	file = fopen(other, "w");
	NEED(file);
	fclose(file);
	CHECK(!control_new(base, other, &access_none, answer, NULL, &err));
	CHECK(strstr(err.msg, "not a socket"));
	CHECK(!unlink(other));
	strcat(other, ".lock");
	CHECK(!unlink(other));
	test_starting(base);

	memset(other, 'a', 150);
	other[150] = '\0';
	CHECK(!control_new(base, other, &access_none, answer, NULL, &err));
	CHECK(strstr(err.msg, "150 bytes"));

	snprintf(other, sizeof(other), "%s/a/b/sock", dir);
	CHECK(!control_new(base, other, &access_none, answer, NULL, &err));
	CHECK(strstr(err.msg, "cannot be made"));
	event_base_free(base);
}

int main(void)
{
	pid_t pid;
	int status;

	NEED(mkdtemp(dir));
	/* The directory of the socket is not there yet. */
	snprintf(path, sizeof(path), "%s/run/control.sock", dir);

	pid = server_start();
	test_place();
	test_talk();
	test_bad();
	test_long();
	test_config();
	test_large();
	test_parts();
	test_monitor();
	test_slow();
	test_many();
	test_stranger();
	kill(pid, SIGKILL);
	NEED(waitpid(pid, &status, 0) == pid);

	/* What the killed one left is no hindrance. */
	CHECK(!access(path, F_OK));
	pid = server_start();
	test_talk();
	server_stop(pid);
	strcat(path, ".lock");
	CHECK(!unlink(path));
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(dir);
	return unit_result();
}
