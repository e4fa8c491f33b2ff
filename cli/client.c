// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/client.h"
#include "common/addr.h"
#include "common/text.h"

#define ANSWER_TIMEOUT 60	/* seconds without a byte from the daemon */
#define QUOTED_LEN 128

static int unreachable(const char *path, int error, struct err *err)
{
	char quoted[QUOTED_LEN];
	const char *advice;

	switch (error) {
	case ENOENT:
		advice = "no such socket; start dnatd, or name its socket with --socket";
		break;
	case ECONNREFUSED:
		advice = "dnatd does not listen there; start it";
		break;
	case EACCES:
	case EPERM:
		advice = "permission denied; run as root, or as a member of group dnat to look";
		break;
	case EAGAIN:
		advice = "dnatd is too busy to answer; try again";
		break;
	default:
		advice = strerror(error);
	}
	return err_set(err, -error, NULL, "cannot reach dnatd at %s: %s",
		       text_quote(path, quoted, sizeof(quoted)), advice);
}

/* @patience: the longest time without a byte, in seconds; 0: no limit */
static int client_connect(const char *path, int patience, struct err *err)
{
	struct timeval timeout = { .tv_sec = patience };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, ret;

	if (strlen(path) >= sizeof(sun.sun_path))
		return unreachable(path, ENAMETOOLONG, err);
	strcpy(sun.sun_path, path);

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return unreachable(path, errno, err);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun))) {
		ret = unreachable(path, errno, err);
		close(fd);
		return ret;
	}
	return fd;
}

static int lost(int error, struct err *err)
{
	if (error == EAGAIN)
		return err_set(err, -ETIMEDOUT, NULL,
			       "dnatd did not answer within %d s; see its log",
			       ANSWER_TIMEOUT);
	return err_set(err, -ECONNRESET, NULL,
		       "dnatd closed the connection before its answer was complete; see its log, and \"dnatctl service show\" for what is in force");
}

/* EPIPE is no error: dnatd may have sent a reason before it closed. */
static int request_send(int fd, const char *line, size_t len, struct err *err)
{
	ssize_t n;

	while (len) {
		n = TEMP_FAILURE_RETRY(send(fd, line, len, MSG_NOSIGNAL));
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0;
		if (n < 0)
			return lost(errno, err);
		line += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Read the next line.  Return: its length without the newline, or an error */
static ssize_t line_read(FILE *in, char **line, size_t *size, struct err *err)
{
	ssize_t len = getline(line, size, in);

	if (len < 1 || (*line)[len - 1] != '\n')
		return lost(ferror(in) ? errno : 0, err);
	return len - 1;
}

int answer_strange(struct err *err)
{
	return err_set(err, -EPROTO, NULL,
		       "the answer makes no sense; are dnatctl and dnatd of the same version?");
}

static int answer_read(const char *line, size_t len, struct answer *answer,
		       struct err *err)
{
	const json_t *ok, *error;

	answer->json = json_loadb(line, len, 0, NULL);
	answer->result = json_object_get(answer->json, "result");
	answer->more = json_is_true(json_object_get(answer->json, "more"));
	ok = json_object_get(answer->json, "ok");
	error = json_object_get(answer->json, "error");
	if (json_is_true(ok) ||
	    (json_is_false(ok) && json_is_string(json_object_get(error, "msg"))))
		return 0;
	json_decref(answer->json);
	return answer_strange(err);
}

static char *request_text(const char *op, json_t *args)
{
	json_t *request = json_pack("{s:s, s:O}", "op", op, "args", args);
	char *text = json_dumps(request, JSON_COMPACT);

	json_decref(request);
	return text;
}

int answer_check(const struct answer *answer, struct err *err)
{
	const json_t *error = json_object_get(answer->json, "error");

	if (!json_is_false(json_object_get(answer->json, "ok")))
		return 0;
	return err_set(err, -EREMOTEIO, NULL, "%s", answer_text(error, "msg"));
}

const char *answer_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

json_t *answer_result(const struct answer *answer)
{
	return answer->more ? NULL : json_incref(answer->result);
}

/* A signal, such as that of a terminal's new size, does not end it. */
static ssize_t read_on(void *fd, char *buf, size_t len)
{
	return TEMP_FAILURE_RETRY(read(*(int *)fd, buf, len));
}

static int answer_take(int fd, client_fn *fn, void *data, struct err *err)
{
	FILE *in = fopencookie(&fd, "r",
			       (cookie_io_functions_t){ .read = read_on });
	struct answer answer = { .more = true };
	char *line = NULL;
	size_t size = 0;
	ssize_t ret = 0;

	if (!in)
		return err_no_memory(err);
	while (ret >= 0 && answer.more) {
		ret = line_read(in, &line, &size, err);
		if (ret >= 0)
			ret = answer_read(line, (size_t)ret, &answer, err);
		if (ret < 0)
			break;
		ret = fn(&answer, data, err);
		json_decref(answer.json);
	}
	free(line);
	fclose(in);
	return (int)ret;
}

static int call(const char *path, const char *op, json_t *args, int patience,
		client_fn *fn, void *data, struct err *err)
{
	char *text;
	size_t len;
	int fd, ret;

	text = request_text(op, args);
	if (!text)
		return err_no_memory(err);
	/* A newline ends the request; it replaces the final NUL. */
	len = strlen(text);
	text[len] = '\n';

	ret = client_connect(path, patience, err);
	if (ret < 0)
		goto out_text;
	fd = ret;

	ret = request_send(fd, text, len + 1, err);
	if (!ret)
		ret = answer_take(fd, fn, data, err);
	close(fd);
out_text:
	free(text);
	return ret;
}

int client_call(const char *path, const char *op, json_t *args, client_fn *fn,
		void *data, struct err *err)
{
	return call(path, op, args, ANSWER_TIMEOUT, fn, data, err);
}

int client_follow(const char *path, const char *op, json_t *args,
		  client_fn *fn, void *data, struct err *err)
{
	int ret = call(path, op, args, 0, fn, data, err);

	if (ret != -ECONNRESET)
		return ret;
	return err_set(err, ret, NULL,
		       "dnatd has ended or closed the connection; see its log, and start again");
}
