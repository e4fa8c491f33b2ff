// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/events.h"
#include "control_server.h"
#include "unit.h"

#define ANSWER_MAX (2U << 20)

const struct access access_none = { NO_GROUP, NO_GROUP };
struct access server_access = { NO_GROUP, NO_GROUP };
char dir[] = "/tmp/dnat-control-XXXXXX";
char path[100];

static struct events *server_events;
static struct control *control;
static struct err err;

void place_make(void)
{
	NEED(mkdtemp(dir));
	/* The directory of the socket is not there yet. */
	snprintf(path, sizeof(path), "%s/run/control.sock", dir);
}

void place_remove(void)
{
	CHECK(access(path, F_OK));
	strcat(path, ".lock");
	CHECK(!unlink(path));
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(dir);
}

/* Counts down, a number a part; a number below zero is an error. */
struct countdown {
	struct long_answer parts;
	long left;
};

static int countdown_next(struct task *task, struct text *rows,
			  struct err *error)
{
	struct countdown *countdown = (struct countdown *)task;
	char *row;

	if (countdown->left < 0)
		return err_set(error, -EIO, NULL, "below zero");
	row = text_row(rows, 24);
	NEED(row);
	rows->len += (size_t)snprintf(row, 24, "%ld", countdown->left);
	return countdown->left-- != 0;
}

static void countdown_free(struct task *task)
{
	free(task);
}

static struct long_answer *countdown(const json_t *args)
{
	struct countdown *countdown = task_new(sizeof(*countdown),
					       countdown_next, countdown_free);

	NEED(countdown);
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

int control_answer(const char *op, const json_t *args, const struct peer *peer,
		   json_t **result, struct long_answer **parts,
		   struct err *error, void *data)
{
	static json_int_t requests;

	CHECK(peer->changes == (peer->uid == geteuid()));
	requests++;
	if (!strcmp(op, "requests")) {
		*result = json_integer(requests);
		return 0;
	}
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

static void begin(struct event_base *base)
{
	server_events = events_new();
	NEED(server_events);
	events_begin(server_events, "start", NULL);
	control = control_new(base, path, &server_access, control_answer,
			      server_events, &err);
	if (!control)
		fprintf(stderr, "%s\n", err.msg);
	NEED(control);
}

static void end(void)
{
	control_free(control);
	events_free(server_events);
}

const struct server control_server = { begin, end };

int client(void)
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
void put(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

void send_text(int fd, const char *text)
{
	put(fd, text, strlen(text));
}

/* One line without its newline; NULL at the end. */
char *hear(int fd)
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
