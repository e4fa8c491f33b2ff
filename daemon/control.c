// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "protocol.h"

#define CLIENTS_MAX 256
#define ANSWER_MAX (64U << 20)	/* one answer, and all that wait together */
#define ANSWER_PAUSE (1U << 20)	/* no next request while this much waits */
#define PART_PAUSE 1		/* nor a next part while anything waits */
#define ACCEPT_PAUSE_S 1

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(text) #text

struct control {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *accept_again;
	struct access access;
	control_fn fn;
	void *data;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	struct stat st;		/* of the socket, to know it as our own */
	int lock;		/* held as long as we listen, or -1 */
	LIST_HEAD(client_list, client) clients;
	size_t n_clients;
	struct client *long_line;	/* who is sending one, or NULL */
};

struct client {
	LIST_ENTRY(client) entry;
	struct control *control;
	struct bufferevent *bev;
	struct event *deadline;	/* for a line that has begun */
	struct peer peer;
	struct parts *parts;	/* what is to come of an answer, or NULL */
	size_t seen;		/* bytes that have no newline in them */
	bool ended;		/* it sends no more */
	bool closing;		/* answer what was begun, then close */
};

static void client_free(struct client *client)
{
	LIST_REMOVE(client, entry);
	client->control->n_clients--;
	if (client->control->long_line == client)
		client->control->long_line = NULL;
	if (client->deadline)
		event_free(client->deadline);
	if (client->bev)
		bufferevent_free(client->bev);
	parts_free(client->parts);
	free(client);
}

static size_t client_waiting(const struct client *client)
{
	return evbuffer_get_length(bufferevent_get_output(client->bev));
}

static size_t control_waiting(const struct control *control)
{
	const struct client *client;
	size_t total = 0;

	LIST_FOREACH(client, &control->clients, entry)
		total += client_waiting(client);
	return total;
}

static void answer_cleanup(const void *data, size_t len, void *extra)
{
	(void)len;
	(void)extra;
	free((void *)data);
}

/* Takes @answer over; without one the client is cut off. */
static void client_send(struct client *client, char *answer)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);

	if (!answer || evbuffer_add_reference(out, answer, strlen(answer),
					      answer_cleanup, NULL)) {
		free(answer);
		client->closing = true;
	}
}

static void client_refuse(struct client *client, int error, const char *msg)
{
	struct err err;

	err_set(&err, error, NULL, "%s", msg);
	client_send(client, protocol_refusal(error, &err));
	client->closing = true;
}

/* There is a part; it is asked for when whoever made it is done. */
static void client_wake(void *data)
{
	struct client *client = data;

	bufferevent_trigger(client->bev, EV_WRITE, BEV_OPT_DEFER_CALLBACKS);
}

static void client_answer(struct client *client, const char *line, size_t len)
{
	struct control *control = client->control;
	struct err err;
	char *answer;

	answer = protocol_answer(line, len, control->fn, &client->peer,
				 control->data, &client->parts);
	/* The client's time to take the answer starts when there is one. */
	event_base_update_cache_time(control->base);
	if (client->parts) {
		client->parts->wake = client_wake;
		client->parts->wake_data = client;
		return;
	}
	if (answer && strlen(answer) + control_waiting(control) > ANSWER_MAX) {
		free(answer);
		err_set(&err, -EMSGSIZE, NULL,
			"the answer is too large; ask for one service or backend, or again later");
		answer = protocol_refusal(-EMSGSIZE, &err);
	}
	client_send(client, answer);
}

/* The clock runs while a line is half there. */
static void client_set_deadline(struct client *client, bool half)
{
	static const struct timeval limit = {
		.tv_sec = CONTROL_TIMEOUT_MS / 1000,
		.tv_usec = CONTROL_TIMEOUT_MS % 1000 * 1000,
	};

	if (!half)
		event_del(client->deadline);
	else if (!event_pending(client->deadline, EV_TIMEOUT, NULL))
		event_add(client->deadline, &limit);
}

/* How much of a line is there; *whole with its newline. */
static size_t client_line(struct client *client, bool *whole)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);
	struct evbuffer_ptr end, from;

	evbuffer_ptr_set(in, &from, client->seen, EVBUFFER_PTR_SET);
	end = evbuffer_search_eol(in, &from, NULL, EVBUFFER_EOL_LF);
	*whole = end.pos >= 0;
	client->seen = *whole ? 0 : evbuffer_get_length(in);
	return *whole ? (size_t)end.pos : client->seen;
}

static bool may_be_long(const struct client *client)
{
	char begin[sizeof(CONTROL_LONG) - 1];

	return client->peer.changes &&
	       evbuffer_copyout(bufferevent_get_input(client->bev), begin,
				sizeof(begin)) == sizeof(begin) &&
	       !memcmp(begin, CONTROL_LONG, sizeof(begin));
}

static void set_long(struct client *client, bool is_long)
{
	client->control->long_line = is_long ? client : NULL;
	bufferevent_setwatermark(client->bev, EV_READ, 0,
				 (is_long ? CONTROL_LONG_MAX :
					    CONTROL_LINE_MAX) + 1);
}

/* Refuse a line that is too long, be it whole or not. */
static bool client_line_fits(struct client *client, size_t len)
{
	const struct client *other = client->control->long_line;

	if (len <= CONTROL_LINE_MAX)
		return true;
	if (!may_be_long(client)) {
		client_refuse(client, -EMSGSIZE,
			      "the request is longer than " TEXT_OF(
			      CONTROL_LINE_MAX) " bytes");
		return false;
	}
	if (other && other != client) {
		client_refuse(client, -EBUSY,
			      "another configuration is being sent; try again");
		return false;
	}
	if (len > CONTROL_LONG_MAX) {
		client_refuse(client, -EMSGSIZE,
			      "the configuration is too long");
		return false;
	}
	if (!other)
		set_long(client, true);
	return true;
}

/* Answer what is there, as far as the client takes the answers. */
static void client_run(struct client *client)
{
	const struct control *control = client->control;
	struct evbuffer *in = bufferevent_get_input(client->bev);
	bool paused = false;

	while (!client->closing) {
		size_t len;
		char *line;
		bool whole;

		paused = client_waiting(client) >=
			 (client->parts ? PART_PAUSE : ANSWER_PAUSE);
		if (paused)
			break;
		if (client->parts) {
			if (protocol_part(&client->parts, &line)) {
				client_send(client, line);
				continue;
			}
			/* Who sends no more does not wait for it either. */
			client->closing = client->ended;
			paused = true;
			break;
		}
		len = client_line(client, &whole);
		if (!client_line_fits(client, len) || !whole)
			break;
		line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);
		if (!line) {
			client->closing = true;
			break;
		}
		client_set_deadline(client, false);
		client_answer(client, line, len);
		free(line);
		if (control->long_line == client)
			set_long(client, false);
	}

	if (client->ended && !client->closing && !paused) {
		if (evbuffer_get_length(in))
			client_refuse(client, -EINVAL,
				      "the request ends before its newline");
		client->closing = true;
	}
	client_set_deadline(client, !client->closing && !paused &&
					    evbuffer_get_length(in));
	if (!client->closing)
		return;

	bufferevent_disable(client->bev, EV_READ);
	if (!client_waiting(client))
		client_free(client);
}

static void client_read(struct bufferevent *bev, void *data)
{
	(void)bev;
	client_run(data);
}

/* All that waited is sent. */
static void client_written(struct bufferevent *bev, void *data)
{
	(void)bev;
	client_run(data);
}

static void client_event(struct bufferevent *bev, short what, void *data)
{
	struct client *client = data;

	(void)bev;
	if (what == (BEV_EVENT_EOF | BEV_EVENT_READING)) {
		client->ended = true;
		client_run(client);
		return;
	}
	client_free(client);
}

static void client_late(evutil_socket_t fd, short what, void *data)
{
	struct client *client = data;

	(void)fd;
	(void)what;
	client_refuse(client, -ETIMEDOUT, "the request took too long");
	client_run(client);
}

/* One try, for a client that is not let in. */
static void refuse_now(int fd, int error, const char *msg)
{
	struct err err;
	char *answer;

	err_set(&err, error, NULL, "%s", msg);
	answer = protocol_refusal(error, &err);
	if (answer)
		send(fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	free(answer);
	close(fd);
}

static struct client *client_new(struct control *control, int fd,
				 const struct peer *peer)
{
	static const struct timeval limit = {
		.tv_sec = CONTROL_TIMEOUT_MS / 1000,
		.tv_usec = CONTROL_TIMEOUT_MS % 1000 * 1000,
	};
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->control = control;
	client->peer = *peer;
	LIST_INSERT_HEAD(&control->clients, client, entry);
	control->n_clients++;

	client->deadline = evtimer_new(control->base, client_late, client);
	if (client->deadline)
		client->bev = bufferevent_socket_new(control->base, fd,
						     BEV_OPT_CLOSE_ON_FREE);
	if (!client->bev) {
		client_free(client);
		return NULL;
	}
	bufferevent_setcb(client->bev, client_read, client_written,
			  client_event, client);
	bufferevent_setwatermark(client->bev, EV_READ, 0,
				 CONTROL_LINE_MAX + 1);
	bufferevent_set_timeouts(client->bev, NULL, &limit);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	return client;
}

static void control_accept(struct evconnlistener *listener, evutil_socket_t fd,
			   struct sockaddr *addr, int len, void *data)
{
	struct control *control = data;
	struct peer peer;

	(void)listener;
	(void)addr;
	(void)len;
	if (!access_peer(&control->access, fd, &peer))
		refuse_now(fd, -EPERM,
			   "only root and members of group " ACCESS_GROUP
			   " may ask dnatd; run dnatctl as root, or add your user to the group");
	else if (control->n_clients >= CLIENTS_MAX)
		refuse_now(fd, -EBUSY,
			   "dnatd has too many clients; close one of them");
	else if (!client_new(control, fd, &peer))
		refuse_now(fd, -ENOMEM, "dnatd is out of memory");
}

/* Out of descriptors, say: rest, rather than spin on what cannot be taken. */
static void control_accept_error(struct evconnlistener *listener, void *data)
{
	static const struct timeval rest = { .tv_sec = ACCEPT_PAUSE_S };
	struct control *control = data;

	evconnlistener_disable(listener);
	event_add(control->accept_again, &rest);
}

static void control_accept_again(evutil_socket_t fd, short what, void *data)
{
	struct control *control = data;

	(void)fd;
	(void)what;
	evconnlistener_enable(control->listener);
}

/* The socket's directory; its parent is the admin's or the system's. */
static int make_dir(const char *path, struct err *err)
{
	char copy[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const char *dir;

	snprintf(copy, sizeof(copy), "%s", path);
	dir = dirname(copy);
	if (!mkdir(dir, 0755) || errno == EEXIST)
		return 0;
	return err_set(err, -errno, NULL,
		       "directory %s for the socket cannot be made: %s", dir,
		       strerror(errno));
}

static int already_running(const char *path, struct err *err)
{
	return err_set(err, -EADDRINUSE, NULL,
		       "another dnatd is running on %s; stop it first", path);
}

/*
 * Of two that start at once, each could take the other's socket for a dead
 * one's: it is not listened on yet.  The kernel lets go of a lock with its
 * holder, however that ends.
 */
static int control_lock(struct control *control, struct err *err)
{
	char path[sizeof(control->path) + sizeof(".lock")];

	snprintf(path, sizeof(path), "%s.lock", control->path);
	control->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			     0600);
	if (control->lock < 0)
		return err_set(err, -errno, NULL, "%s cannot be made: %s",
			       path, strerror(errno));
	if (!flock(control->lock, LOCK_EX | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		return already_running(control->path, err);
	return err_set(err, -errno, NULL, "%s cannot be locked: %s", path,
		       strerror(errno));
}

/* Take a dead daemon's socket away, a living one's never. */
static int clear_stale(const struct sockaddr_un *addr, struct err *err)
{
	struct stat st;
	int error;
	int fd;

	if (lstat(addr->sun_path, &st))
		return errno == ENOENT ? 0 :
			err_set(err, -errno, NULL, "socket %s: %s",
				addr->sun_path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, -EEXIST, NULL,
			       "%s is there and is not a socket; move it away",
			       addr->sun_path);

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, -errno, NULL, "no unix socket: %s",
			       strerror(errno));
	error = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ?
			errno : 0;
	close(fd);
	if (error != ECONNREFUSED)
		return already_running(addr->sun_path, err);
	if (unlink(addr->sun_path))
		return err_set(err, -errno, NULL,
			       "the old socket %s cannot be removed: %s",
			       addr->sun_path, strerror(errno));
	return 0;
}

static int bind_private(int fd, const struct sockaddr_un *addr)
{
	mode_t mask = umask(0177);
	int ret = bind(fd, (const struct sockaddr *)addr, sizeof(*addr));

	umask(mask);
	return ret;
}

/* Until it is the group's it is for us alone. */
static int share(const char *path, gid_t group)
{
	if (group == NO_GROUP)
		return 0;
	return access_give(path, group) || chmod(path, 0660);
}

static int control_listen(struct control *control, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;
	int ret;

	strcpy(addr.sun_path, control->path);
	ret = make_dir(control->path, err);
	if (!ret)
		ret = control_lock(control, err);
	if (!ret)
		ret = clear_stale(&addr, err);
	if (ret)
		return ret;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind_private(fd, &addr) ||
	    share(control->path, control->access.group) ||
	    lstat(control->path, &control->st)) {
		ret = err_set(err, -errno, NULL,
			      "socket %s cannot be made: %s", control->path,
			      strerror(errno));
		if (fd >= 0)
			close(fd);
		return ret;
	}
	control->listener = evconnlistener_new(control->base, control_accept,
					       control,
					       LEV_OPT_CLOSE_ON_FREE |
					       LEV_OPT_CLOSE_ON_EXEC, -1, fd);
	if (!control->listener) {
		unlink(control->path);
		close(fd);
		return err_set(err, -ENOMEM, NULL,
			       "no one can listen on socket %s: %s",
			       control->path, strerror(errno));
	}
	evconnlistener_set_error_cb(control->listener, control_accept_error);
	return 0;
}

struct control *control_new(struct event_base *base, const char *path,
			    const struct access *access, control_fn fn,
			    void *data, struct err *err)
{
	struct control *control;

	if (strlen(path) >= sizeof(control->path)) {
		err_set(err, -ENAMETOOLONG, NULL,
			"the socket's path has %zu bytes, more than %zu; use a shorter one",
			strlen(path), sizeof(control->path) - 1);
		return NULL;
	}
	control = calloc(1, sizeof(*control));
	if (!control) {
		err_no_memory(err);
		return NULL;
	}
	control->base = base;
	control->access = *access;
	control->fn = fn;
	control->data = data;
	control->lock = -1;
	strcpy(control->path, path);
	LIST_INIT(&control->clients);

	control->accept_again = evtimer_new(base, control_accept_again,
					    control);
	if (!control->accept_again) {
		err_no_memory(err);
		control_free(control);
		return NULL;
	}
	if (control_listen(control, err)) {
		control_free(control);
		return NULL;
	}
	return control;
}

void control_free(struct control *control)
{
	struct stat st;

	if (!control)
		return;
	while (!LIST_EMPTY(&control->clients))
		client_free(LIST_FIRST(&control->clients));
	if (control->listener) {
		evconnlistener_free(control->listener);
		if (!lstat(control->path, &st) &&
		    st.st_ino == control->st.st_ino &&
		    st.st_dev == control->st.st_dev)
			unlink(control->path);
	}
	if (control->accept_again)
		event_free(control->accept_again);
	if (control->lock >= 0)
		close(control->lock);
	free(control);
}
