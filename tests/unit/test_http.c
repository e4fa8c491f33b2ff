// SPDX-License-Identifier: GPL-2.0-only
/* A server of a page in a child process, and every kind of client. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "control/http.h"
#include "control/http_request.h"
#include "server.h"
#include "unit.h"

#define GET_PAGE "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
#define PARTS 5
#define BYTES_MAX 1000		/* of one who is slow, 50 ms each */

/* What both processes see: what to make, and what was made. */
static struct shared {
	size_t bytes;		/* of a page */
	bool fail;		/* in the last part */
	unsigned int begun;
	long busy_us;		/* that a part takes of the CPU, */
	unsigned int idle_us;	/* and besides */
} *shared;

static struct http_addr addr;
static struct http *http;
static struct err err;

struct page {
	struct long_answer parts;
	unsigned int left;
};

static long cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int page_next(struct task *task, struct text *text, struct err *error)
{
	struct page *page = (struct page *)task;
	char *at = text_room(text, shared->bytes / PARTS);
	long begun = cpu_us();

	NEED(at);
	memset(at, '0' + (int)page->left, shared->bytes / PARTS);
	text->len += shared->bytes / PARTS;
	while (cpu_us() - begun < shared->busy_us)
		;
	usleep(shared->idle_us);
	if (--page->left)
		return 1;
	return shared->fail ? err_set(error, -EIO, NULL, "broken") : 0;
}

static void page_free(struct task *task)
{
	free(task);
}

static struct long_answer *page_begin(void *data)
{
	struct page *page = task_new(sizeof(*page), page_next, page_free);

	NEED(page && data == shared);
	page->left = PARTS;
	shared->begun++;
	return &page->parts;
}

static void begin(struct event_base *base)
{
	http = http_new(base, &addr, page_begin, shared, &err);
	NEED(http);
}

static void end(void)
{
	http_free(http);
}

/* A port that nobody has is found by asking for any. */
static void find_port(void)
{
	socklen_t len = sizeof(struct sockaddr_in);
	struct sockaddr_in *v4 = (struct sockaddr_in *)&addr.sa;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	NEED(!http_addr_parse("127.0.0.1:1", &addr));
	v4->sin_port = 0;
	NEED(!bind(fd, (struct sockaddr *)v4, len));
	NEED(!getsockname(fd, (struct sockaddr *)v4, &len));
	close(fd);
}

static int client(void)
{
	const struct timeval patience = { .tv_sec = 60 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	NEED(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience)));
	NEED(!connect(fd, (const struct sockaddr *)&addr.sa, addr.len));
	return fd;
}

static void put(int fd, const char *text)
{
	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) ==
	      (ssize_t)strlen(text));
}

/* All that comes until the end, which has to be a good one; to be freed. */
static char *take(int fd)
{
	char *text = malloc(64U << 20);
	size_t len = 0;
	ssize_t n;

	NEED(text);
	while ((n = recv(fd, text + len, (64U << 20) - 1 - len, 0)) > 0)
		len += (size_t)n;
	if (n)
		fprintf(stderr, "recv: %s\n", strerror(errno));
	CHECK_INT(n, 0);
	text[len] = '\0';
	close(fd);
	return text;
}

static void check_answer(int fd, const char *head)
{
	char *text = take(fd);

	if (strncmp(text, head, strlen(head)))
		fprintf(stderr, "\"%.80s\"\n", text);
	CHECK(!strncmp(text, head, strlen(head)));
	free(text);
}

static const char *body(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");

	return end ? end + 4 : "";
}

static void check_page(int fd)
{
	char length[64];
	char *text = take(fd);

	snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n",
		 shared->bytes);
	CHECK(!strncmp(text, "HTTP/1.1 200 OK\r\n", 17));
	CHECK(strstr(text, length));
	CHECK(strstr(text, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	CHECK_INT(strlen(body(text)), shared->bytes);
	if (strlen(body(text)) == shared->bytes && shared->bytes) {
		CHECK_INT(body(text)[0], '5');
		CHECK_INT(body(text)[shared->bytes - 1], '1');
	}
	free(text);
}

static void test_addresses(void)
{
	static const char *const bad[] = {
		"", ":", ":9527", "9527", "127.0.0.1", "127.0.0.1:",
		"127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:80x",
		"127.0.0.1:-1", "localhost:80", "::1:80", "[::1]", "[::1]:",
		"[::1:80", "::1]:80", "[]:80", "[127.0.0.1]:80", "[:80", "]:80",
		"[fe80::1%eth0]:80",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]:80",
	};
	struct http_addr got;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (http_addr_parse(bad[i], &got) == -EINVAL)
			continue;
		fprintf(stderr, "\"%s\" was taken\n", bad[i]);
		unit_failures++;
	}
	CHECK_INT(http_addr_parse("0.0.0.0:9527", &got), 0);
	CHECK_INT(got.sa.ss_family, AF_INET);
	CHECK_INT(((struct sockaddr_in *)&got.sa)->sin_port, htons(9527));
	CHECK_INT(http_addr_parse("[2001:db8::1]:1", &got), 0);
	CHECK_INT(got.sa.ss_family, AF_INET6);
	CHECK_INT(((struct sockaddr_in6 *)&got.sa)->sin6_port, htons(1));
	CHECK_INT(got.len, sizeof(struct sockaddr_in6));
}

static void test_requests(void)
{
	static const struct {
		const char *text;
		unsigned int status;	/* 0: not at its end, 200: taken */
	} cases[] = {
		{ "", 0 },
		{ "GET /metrics HTTP/1.1\r\n", 0 },
		{ "GET /metrics HTTP/1.1\r\n\r", 0 },
		{ "\r\n\r\n", 400 },
		{ "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 200 },
		{ "GET /metrics HTTP/1.1\n\n", 200 },
		{ "GET /metrics HTTP/1.0\r\n\r\nmore", 200 },
		{ "GET /metrics?name[]=up HTTP/1.1\r\n\r\n", 200 },
		{ "HEAD /metrics HTTP/1.1\r\n\r\n", 200 },
		{ "GET http://192.0.2.1:9527/metrics HTTP/1.1\r\n\r\n", 200 },
		{ "GET HTTP://[::1]/metrics?a HTTP/1.1\r\n\r\n", 200 },
		{ "GET http:///metrics HTTP/1.1\r\n\r\n", 404 },
		{ "GET http://metrics HTTP/1.1\r\n\r\n", 404 },
		{ "GET /metrics/ HTTP/1.1\r\n\r\n", 404 },
		{ "GET /metric HTTP/1.1\r\n\r\n", 404 },
		{ "GET / HTTP/1.1\r\n\r\n", 404 },
		{ "POST /metrics HTTP/1.1\r\n\r\n", 405 },
		{ "get /metrics HTTP/1.1\r\n\r\n", 405 },
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505 },
		{ "GET /metrics HTTP/1.2\r\n\r\n", 505 },
		{ "GET /metrics\r\n\r\n", 400 },
		{ "GET  /metrics HTTP/1.1\r\n\r\n", 400 },
		{ "GET /metrics HTTP/1.1 \r\n\r\n", 400 },
		{ " GET /metrics HTTP/1.1\r\n\r\n", 400 },
		{ "GET /metrics\t HTTP/1.1\r\n\r\n", 400 },
		{ "GET /metrics ICMP/1.1\r\n\r\n", 400 },
		{ "\x16\x03\x01\n\n", 400 },
	};
	char text[HTTP_REQUEST_MAX];
	struct http_request got;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int status;

		got = http_request_parse(cases[i].text, strlen(cases[i].text));
		status = got.asked == HTTP_WANTED ? 200 :
			 got.asked == HTTP_REFUSED ? got.status : 0;
		if (status == cases[i].status &&
		    got.head == !strncmp(cases[i].text, "HEAD", 4))
			continue;
		fprintf(stderr, "\"%s\" is %u\n", cases[i].text, status);
		unit_failures++;
	}
	memset(text, 'x', sizeof(text));
	CHECK_INT(http_request_parse(text, sizeof(text) - 1).asked,
		  HTTP_INCOMPLETE);
	CHECK_INT(http_request_parse(text, sizeof(text)).status, 431);
}

static void test_answers(void)
{
	char *long_body;
	char *text;
	int fd;

	fd = client();
	put(fd, GET_PAGE);
	check_page(fd);
	fd = client();
	put(fd, "HEAD /metrics HTTP/1.1\r\n\r\n");
	text = take(fd);
	CHECK(strstr(text, "Content-Length: 50\r\n"));
	CHECK_STR(body(text), "");
	free(text);

	fd = client();
	put(fd, "GET / HTTP/1.1\r\n\r\n");
	text = take(fd);
	CHECK(!strncmp(text, "HTTP/1.1 404 ", 13));
	CHECK_STR(body(text), "there is only /metrics here\n");
	free(text);

	/* More than is read must not cost the client its answer. */
	long_body = malloc(100001);
	NEED(long_body);
	memset(long_body, 'x', 100000);
	long_body[100000] = '\0';
	fd = client();
	put(fd, "POST /metrics HTTP/1.1\r\nContent-Length: 100000\r\n\r\n");
	put(fd, long_body);
	check_answer(fd, "HTTP/1.1 405 ");
	fd = client();
	put(fd, long_body);
	check_answer(fd, "HTTP/1.1 431 ");
	free(long_body);
}

static void test_manners(void)
{
	int fd = client();

	for (const char *at = GET_PAGE; *at; at++) {
		char byte[2] = { *at, '\0' };

		put(fd, byte);
	}
	check_page(fd);

	fd = client();
	put(fd, GET_PAGE);
	NEED(!shutdown(fd, SHUT_WR));
	check_page(fd);

	fd = client();
	put(fd, "GET /met");
	NEED(!shutdown(fd, SHUT_WR));
	check_answer(fd, "");

	fd = client();
	put(fd, GET_PAGE GET_PAGE "rubbish");
	check_page(fd);

	for (int i = 0; i < 200; i++) {
		fd = client();
		put(fd, GET_PAGE);
		close(fd);
	}
	fd = client();
	put(fd, GET_PAGE);
	check_page(fd);
}

/* Who waits at the same time gets the same page. */
static void test_together(void)
{
	unsigned int begun = shared->begun;
	int fds[20];

	shared->busy_us = 20000;
	for (int i = 0; i < 20; i++) {
		fds[i] = client();
		put(fds[i], GET_PAGE);
	}
	for (int i = 0; i < 20; i++)
		check_page(fds[i]);
	CHECK(shared->begun - begun < 5);
	shared->busy_us = 0;
}

/* A page that others had wait long is made anew as soon as one that did not. */
static void test_idle(void)
{
	unsigned int begun = shared->begun;
	struct timespec start, now;
	int fd;

	shared->idle_us = 200000;
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (shared->begun < begun + 2) {
		fd = client();
		put(fd, GET_PAGE);
		check_page(fd);
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	CHECK(now.tv_sec - start.tv_sec < 9);
	shared->idle_us = 0;
}

/* The page before may still be fresh: ask until the answer begins like this. */
static void ask_until(const char *head)
{
	bool found;

	do {
		int fd = client();
		char *text;

		put(fd, GET_PAGE);
		text = take(fd);
		found = strstr(text, head);
		if (strncmp(text, "HTTP/1.1 ", 9))
			fprintf(stderr, "%zu bytes: \"%.80s\"\n", strlen(text),
				text);
		CHECK(!strncmp(text, "HTTP/1.1 ", 9));
		free(text);
	} while (!found);
}

static void test_failure(void)
{
	int fd;

	shared->fail = true;
	ask_until("HTTP/1.1 503 ");
	shared->fail = false;
	fd = client();
	put(fd, GET_PAGE);
	check_page(fd);
}

/* One who says nothing, and one who says a byte at a time. */
static void test_slow_to_ask(void)
{
	int silent = client();
	int slow = client();
	struct pollfd poll_slow = { .fd = slow, .events = POLLIN };

	for (int i = 0; i < BYTES_MAX && !poll(&poll_slow, 1, 50); i++)
		send(slow, "x", 1, MSG_NOSIGNAL);
	check_answer(slow, "HTTP/1.1 408 ");
	check_answer(silent, "HTTP/1.1 408 ");
}

/* One who takes a byte at a time is cut off; the others are not held up. */
static void test_slow_to_take(void)
{
	size_t bytes = shared->bytes;
	char *text = malloc(65536);
	bool cut = false;
	ssize_t n = 1;
	int slow, fd;

	NEED(text);
	shared->bytes = PARTS * (6U << 20);
	ask_until("Content-Length: 31457280\r\n");
	slow = client();
	put(slow, GET_PAGE);
	NEED(recv(slow, text, 1, 0) == 1);
	fd = client();
	put(fd, GET_PAGE);
	check_page(fd);
	/* The kernel holds some megabytes of it: see that it ends too early. */
	for (int i = 0; i < BYTES_MAX && (n = recv(slow, text, 1024, 0)) > 0;
	     i++) {
		char byte = 0;

		cut = send(slow, &byte, 1, MSG_NOSIGNAL) < 0;
		if (cut)
			break;
		poll(NULL, 0, 50);
	}
	CHECK(cut || n <= 0);
	close(slow);
	free(text);
	shared->bytes = bytes;
	ask_until("Content-Length: 50\r\n");
}

static void test_many(void)
{
	int fds[HTTP_CLIENTS_MAX];
	char byte;
	int fd;

	for (int i = 0; i < HTTP_CLIENTS_MAX; i++)
		fds[i] = client();
	fd = client();
	put(fd, GET_PAGE);
	check_page(fd);
	CHECK_INT(recv(fds[0], &byte, 1, 0), 0);
	CHECK(recv(fds[HTTP_CLIENTS_MAX - 1], &byte, 1, MSG_DONTWAIT) < 0 &&
	      errno == EAGAIN);
	for (int i = 0; i < HTTP_CLIENTS_MAX; i++)
		close(fds[i]);
}

static void test_taken_port(void)
{
	struct event_base *base = event_base_new();
	struct http_addr free_addr = addr;
	struct http *other;
	int fd, holder;

	/* It is asked for again until whoever has it goes. */
	find_port();
	holder = socket(AF_INET, SOCK_STREAM, 0);
	NEED(!bind(holder, (struct sockaddr *)&addr.sa, addr.len) &&
	     !listen(holder, 1));
	other = http_new(base, &addr, page_begin, shared, &err);
	NEED(other);
	CHECK_STR(http_fault(other), strerror(EADDRINUSE));
	event_base_loop(base, EVLOOP_ONCE);
	CHECK_STR(http_fault(other), strerror(EADDRINUSE));
	close(holder);
	while (http_fault(other))
		event_base_loop(base, EVLOOP_ONCE);
	fd = client();
	close(fd);
	http_free(other);

	/* One that is on no interface is that of nobody. */
	NEED(!http_addr_parse("[2001:db8::95]:9527", &addr));
	other = http_new(base, &addr, page_begin, shared, &err);
	NEED(other);
	CHECK(!http_fault(other));
	http_free(other);
	event_base_free(base);
	addr = free_addr;
}

int main(void)
{
	static const struct server server = { begin, end };
	pid_t pid;
	int fd;

	test_addresses();
	test_requests();

	signal(SIGPIPE, SIG_IGN);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	NEED(shared != MAP_FAILED);
	shared->bytes = 50;
	find_port();
	pid = server_start(&server);
	test_answers();
	test_manners();
	test_together();
	test_idle();
	test_failure();
	test_slow_to_ask();
	test_slow_to_take();
	test_many();
	test_taken_port();

	/* In the midst of everything. */
	shared->idle_us = 5000;
	for (int i = 0; i < 4; i++) {
		fd = client();
		put(fd, i % 2 ? GET_PAGE : "GET");
	}
	server_stop(pid);
	munmap(shared, sizeof(*shared));
	libevent_global_shutdown();
	return unit_result();
}
