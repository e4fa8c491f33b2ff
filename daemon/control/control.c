// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "control/control.h"
#include "control/control_client.h"

#define CLIENTS_MAX 256
#define PLACES_KEPT 16		/* of these for clients that may change */
#define ACCEPT_PAUSE_MS 1000

/* Serve one client per turn of the loop, so that no other event waits long. */
static void control_work(evutil_socket_t fd, short what, void *data)
{
	struct control *control = data;
	struct client *client = TAILQ_FIRST(&control->queue);

	(void)fd;
	(void)what;
	if (!client)
		return;
	loop_does("a client");
	TAILQ_REMOVE(&control->queue, client, turn);
	client->queued = false;
	client_run(client);
	if (!TAILQ_EMPTY(&control->queue))
		loop_timer(control->work, 0);
}

/* Send an error without blocking.  It is lost if the socket is full. */
static void refuse(int fd, int error, const char *msg)
{
	struct err err;
	char *answer;

	err_set(&err, error, NULL, "%s", msg);
	answer = protocol_refusal(error, &err);
	if (answer)
		send(fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	free(answer);
}

static void refuse_now(int fd, int error, const char *msg)
{
	refuse(fd, error, msg);
	close(fd);
}

/* Disconnect the client that may only read and has been idle the longest. */
static bool cut_idle(struct control *control)
{
	struct client *client;

	TAILQ_FOREACH(client, &control->clients, entry) {
		/* cppcheck-suppress uninitvar */
		if (client->peer.changes || client->wait != WAIT_REQUEST ||
		    client->queued)
			continue;
		refuse(bufferevent_getfd(client->bev), -EBUSY,
		       "dnatd has too many clients and closed this idle one; connect again");
		client_free(client);
		return true;
	}
	return false;
}

static bool make_place(struct control *control, const struct peer *peer)
{
	size_t places = peer->changes ? CLIENTS_MAX : CLIENTS_MAX - PLACES_KEPT;

	return control->n_clients < places || cut_idle(control);
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
	else if (!make_place(control, &peer))
		refuse_now(fd, -EBUSY,
			   "dnatd has too many clients; close one of them");
	else if (!client_new(control, fd, &peer))
		refuse_now(fd, -ENOMEM, "dnatd is out of memory");
}

/*
 * accept() failed, for example for lack of file descriptors.  The connection
 * stays in the queue, so pause instead of failing in a busy loop.
 */
static void control_accept_error(struct evconnlistener *listener, void *data)
{
	struct control *control = data;

	evconnlistener_disable(listener);
	loop_timer(control->accept_again, ACCEPT_PAUSE_MS);
}

static void control_accept_again(evutil_socket_t fd, short what, void *data)
{
	struct control *control = data;

	(void)fd;
	(void)what;
	evconnlistener_enable(control->listener);
}

static int control_listen(struct control *control, const char *path,
			  struct err *err)
{
	int fd = control_socket_open(&control->socket, path,
				     control->access.group, err);

	if (fd < 0)
		return fd;
	control->listener = evconnlistener_new(control->base, control_accept,
					       control,
					       LEV_OPT_CLOSE_ON_FREE |
					       LEV_OPT_CLOSE_ON_EXEC, CLIENTS_MAX,
					       fd);
	if (!control->listener) {
		close(fd);
		return err_set(err, -ENOMEM, NULL,
			       "no one can listen on socket %s: %s", path,
			       strerror(errno));
	}
	evconnlistener_set_error_cb(control->listener, control_accept_error);
	return 0;
}

struct control *control_new(struct event_base *base, const char *path,
			    const struct access *access, control_fn fn,
			    void *data, struct err *err)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control) {
		err_no_memory(err);
		return NULL;
	}
	control->base = base;
	control->access = *access;
	control->fn = fn;
	control->data = data;
	control->socket.lock = -1;
	TAILQ_INIT(&control->clients);
	TAILQ_INIT(&control->queue);

	control->work = evtimer_new(base, control_work, control);
	control->accept_again = evtimer_new(base, control_accept_again,
					    control);
	if (!control->work || !control->accept_again) {
		err_no_memory(err);
		control_free(control);
		return NULL;
	}
	if (control_listen(control, path, err)) {
		control_free(control);
		return NULL;
	}
	return control;
}

void control_set_long(struct control *control, control_long_fn fn)
{
	control->long_fn = fn;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	while (!TAILQ_EMPTY(&control->clients))
		client_free(TAILQ_FIRST(&control->clients));
	if (control->listener)
		evconnlistener_free(control->listener);
	control_socket_close(&control->socket);
	if (control->work)
		event_free(control->work);
	if (control->accept_again)
		event_free(control->accept_again);
	free(control);
}
