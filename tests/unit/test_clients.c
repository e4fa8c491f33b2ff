// SPDX-License-Identifier: GPL-2.0-only
/* What the clients of the control socket share: turns and places. */
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control_server.h"
#include "unit.h"

#define READERS_MAX 240
#define CLIENTS_MAX 256
#define GROUP 40001
#define NOBODY 65534

#define REQUESTS "{\"op\":\"requests\"}\n"

static pid_t server_pid;

/* The server finds all at once what is sent until it goes on. */
static void server_halt(void)
{
	int status;

	NEED(!kill(server_pid, SIGSTOP));
	NEED(waitpid(server_pid, &status, WUNTRACED) == server_pid);
	NEED(WIFSTOPPED(status));
}

static void server_go_on(void)
{
	NEED(!kill(server_pid, SIGCONT));
}

/* One who may only look. */
static int reader(void)
{
	int fd;

	NEED(!setegid(GROUP) && !seteuid(NOBODY));
	fd = client();
	NEED(!seteuid(0) && !setegid(0));
	return fd;
}

static long long requests(int fd)
{
	const char *line = hear(fd);
	long long n;

	NEED(line && sscanf(line, "{\"ok\":true,\"result\":%lld}", &n) == 1);
	return n;
}

/* One who has asked much does not hold up one who asks little. */
static void test_turns(void)
{
	int greedy = client(), modest = client();
	long long before;

	send_text(greedy, REQUESTS);
	before = requests(greedy);
	send_text(modest, REQUESTS);
	CHECK_INT(requests(modest), before + 1);

	server_halt();
	for (int i = 0; i < 100; i++)
		send_text(greedy, REQUESTS);
	send_text(modest, REQUESTS);
	server_go_on();
	CHECK(requests(modest) <= before + 4);
	for (int i = 0; i < 100; i++)
		CHECK(requests(greedy) > before);
	close(greedy);
	close(modest);
}

/* What a reader that has gone asked for is dropped; root's is done. */
static void test_gone(void)
{
	int fd = client(), gone;
	long long before;

	send_text(fd, REQUESTS);
	before = requests(fd);
	server_halt();
	gone = reader();
	for (int i = 0; i < 100; i++)
		send_text(gone, REQUESTS);
	close(gone);
	server_go_on();
	/* By the time of the last of them it has been its turn. */
	for (int i = 1; i <= 5; i++) {
		send_text(fd, REQUESTS);
		CHECK_INT(requests(fd), before + i);
	}

	server_halt();
	gone = client();
	for (int i = 0; i < 3; i++)
		send_text(gone, "{\"op\":\"tell\",\"args\":{\"times\":0}}\n");
	close(gone);
	server_go_on();
	before += 5 + 3;
	do {
		send_text(fd, REQUESTS);
		before++;
	} while (requests(fd) < before);

	/* One that only sends no more takes its answers. */
	gone = reader();
	send_text(gone, "{\"op\":\"echo\"}\n{\"op\":\"echo\"}\n");
	NEED(!shutdown(gone, SHUT_WR));
	CHECK_STR(hear(gone), "{\"ok\":true,\"result\":{}}");
	CHECK_STR(hear(gone), "{\"ok\":true,\"result\":{}}");
	CLOSED(gone);
	close(fd);
}

static void echo(int fd)
{
	send_text(fd, "{\"op\":\"echo\"}\n");
	CHECK_STR(hear(fd), "{\"ok\":true,\"result\":{}}");
}

/* Readers that ask nothing make place, and root finds one in any case. */
static void test_places(void)
{
	int fds[READERS_MAX], more, root[CLIENTS_MAX - READERS_MAX];
	int i;

	for (i = 0; i < READERS_MAX; i++) {
		fds[i] = reader();
		echo(fds[i]);
	}
	/* The first has asked again: the second is the idlest. */
	echo(fds[0]);
	more = reader();
	echo(more);
	REFUSED(fds[1], "EBUSY");
	CLOSED(fds[1]);
	fds[1] = more;
	echo(fds[0]);

	/* None of them is idle. */
	for (i = 0; i < READERS_MAX; i++) {
		send_text(fds[i], "{\"op\":\"monitor\"}\n");
		NEED(hear(fds[i]));
	}
	more = reader();
	REFUSED(more, "EBUSY");
	CLOSED(more);
	for (i = 0; i < CLIENTS_MAX - READERS_MAX; i++) {
		root[i] = client();
		echo(root[i]);
	}
	more = client();
	REFUSED(more, "EBUSY");
	CLOSED(more);
	for (i = 0; i < READERS_MAX; i++)
		close(fds[i]);
	for (i = 0; i < CLIENTS_MAX - READERS_MAX; i++)
		close(root[i]);
}

/* Readers that do not take their answers leave room for root's. */
static void test_room(void)
{
	static const char big[] = "{\"op\":\"big\",\"args\":{\"bytes\":1000000}}\n";
	int fds[100], fd = client();
	const char *line;

	for (int i = 0; i < 100; i++) {
		fds[i] = reader();
		send_text(fds[i], big);
		NEED(poll(&(struct pollfd){ .fd = fds[i], .events = POLLIN }, 1,
			  60000) == 1);
	}
	REFUSED(fds[99], "EMSGSIZE");
	send_text(fd, big);
	line = hear(fd);
	CHECK(line && strlen(line) == 1000000 + 23);
	for (int i = 0; i < 100; i++)
		close(fds[i]);
	close(fd);
}

int main(void)
{
	place_make();
	if (geteuid()) {
		puts("not root: no other user to be");
		return 77;
	}
	NEED(!chmod(dir, 0755));
	server_access.group = GROUP;
	server_pid = server_start(&control_server);
	test_turns();
	test_gone();
	test_places();
	/* One that has no clients to forget. */
	server_stop(server_pid);
	server_pid = server_start(&control_server);
	test_room();
	server_stop(server_pid);
	place_remove();
	return unit_result();
}
