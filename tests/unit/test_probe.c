// SPDX-License-Identifier: GPL-2.0-only
/* Checks of servers that answer as real ones do, with a body and without an end. */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/probe.h"
#include "check/response.h"
#include "unit.h"

#define HEAD "HTTP/1.1 200 OK\r\n"
#define LENGTH HEAD "Content-Length: 2\r\n\r\n"

enum ending { CLOSES, RESETS, STAYS };

static struct event_base *base;
static struct probes probes;
static struct spawn_user user;
static struct err err;
static struct check check;
static struct target target;
static char request[4096];	/* what the server was asked */
static char result[FAULT_LEN];
static const char *source = "127.0.0.1";	/* where the server is asked from */
static enum outcome run_outcome;

static bool no_memory;

unsigned char *evbuffer_pullup(struct evbuffer *in, ev_ssize_t len)
{
	static unsigned char text[REPLY_HTTP_MAX];

	return !no_memory && evbuffer_copyout(in, text, (size_t)len) == len ?
		       text : NULL;
}

static void judged(enum outcome outcome, const char *fault, void *data)
{
	(void)data;
	run_outcome = outcome;
	snprintf(result, sizeof(result), "%s", fault ? fault : "");
	event_base_loopbreak(base);
}

/* In the child.  A ClientHello comes as a whole, too. */
static void serve(int listener, const char *answer, size_t len,
		  enum ending ending, int tell)
{
	static const struct linger at_once = { .l_onoff = 1 };
	struct sockaddr_in peer = { 0 };
	socklen_t peer_len = sizeof(peer);
	int fd = accept(listener, (struct sockaddr *)&peer, &peer_len);
	char text[sizeof(request)];
	size_t n = 0;

	if (peer.sin_family == AF_INET &&
	    peer.sin_addr.s_addr != inet_addr(source))
		_exit(1);

	while (n < 4 || (text[0] == 'G' && memcmp(text + n - 4, "\r\n\r\n", 4))) {
		ssize_t more = read(fd, text + n, sizeof(text) - n);

		if (more <= 0)
			_exit(1);
		n += (size_t)more;
	}
	if (write(tell, text, n) != (ssize_t)n || send(fd, answer, len, 0) < 0)
		_exit(1);
	if (ending == RESETS)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	if (ending == STAYS)
		pause();
	_exit(0);
}

static int listen_at(const char *addr)
{
	struct sockaddr_storage at;
	socklen_t len;
	int fd;

	target.addr.family = strchr(addr, ':') ? AF_INET6 : AF_INET;
	fd = socket(target.addr.family, SOCK_STREAM, 0);
	NEED(fd >= 0 && inet_pton(target.addr.family, addr,
				  target.addr.family == AF_INET6 ?
					  (void *)&target.addr.v6 :
					  (void *)&target.addr.v4) == 1);
	target.port = 0;
	len = target_sockaddr(&target, &at);
	NEED(!bind(fd, (struct sockaddr *)&at, len) && !listen(fd, 8) &&
	     !getsockname(fd, (struct sockaddr *)&at, &len));
	target.port = ntohs(((struct sockaddr_in *)&at)->sin_port);
	return fd;
}

static const char *probe_bytes(const char *addr, const char *answer,
			       size_t len, enum ending ending)
{
	int listener = listen_at(addr), pipes[2];
	struct response_body *body = NULL;
	enum outcome outcome;
	char fault[FAULT_LEN];
	ssize_t n;
	pid_t pid;

	NEED(!pipe(pipes));
	pid = fork();
	NEED(pid >= 0);
	if (!pid)
		serve(listener, answer, len, ending, pipes[1]);
	close(listener);
	close(pipes[1]);
	if (check.body[0])
		body = response_body_new(check.body);
	target.body = body;
	strcpy(result, "no verdict");
	NEED(probe_start(&probes, &target, judged, NULL, &outcome, fault));
	event_base_dispatch(base);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	n = read(pipes[0], request, sizeof(request) - 1);
	request[n > 0 ? n : 0] = '\0';
	close(pipes[0]);
	response_body_free(body);
	return result;
}

static const char *probe(const char *answer, enum ending ending)
{
	return probe_bytes("127.0.0.1", answer, strlen(answer), ending);
}

static void expect(enum check_type type, const char *host, const char *body)
{
	check_init(&check);
	check.type = type;
	check.timeout = 20000;
	snprintf(check.host, sizeof(check.host), "%s", host);
	snprintf(check.body, sizeof(check.body), "%s", body);
}

static void test_http(void)
{
	expect(CHECK_HTTP, "", "^OK$");
	CHECK_STR(probe(LENGTH "OK", CLOSES), "");
	CHECK_STR(probe(LENGTH "OK", STAYS), "");
	CHECK_STR(probe(LENGTH "OK", RESETS), "");
	CHECK_STR(probe(LENGTH "O", CLOSES), "the answer is cut off");
	CHECK_STR(probe(HEAD "\r\nOK", CLOSES), "");
	CHECK_STR(probe("HTTP/1.1 103 x\r\n\r\n" LENGTH "OK", STAYS), "");
	CHECK_STR(probe(HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n", STAYS), "");
	CHECK_STR(probe("", CLOSES), "the connection was closed without an answer");
	check.timeout = 400;
	CHECK_STR(probe("", STAYS), "no answer within 400ms");
	CHECK_STR(probe(HEAD "\r\nOK", STAYS), "no end of the answer within 400ms");
}

/* Whether @line is in the request. */
static bool asked(const char *line)
{
	return strstr(request, line);
}

static void test_request(void)
{
	char host[64];

	expect(CHECK_HTTP, "", "");
	CHECK_STR(probe(LENGTH, STAYS), "");
	snprintf(host, sizeof(host), "\r\nHost: 127.0.0.1:%u\r\n", target.port);
	CHECK(asked("GET / HTTP/1.1\r\n") && asked(host) &&
	      asked("\r\nConnection: close\r\n"));
	expect(CHECK_HTTP, "app.example.:8080", "");
	CHECK_STR(probe(LENGTH, STAYS), "");
	CHECK(asked("\r\nHost: app.example.:8080\r\n"));
	expect(CHECK_HTTP, "", "");
	CHECK_STR(probe_bytes("::1", LENGTH, strlen(LENGTH), STAYS), "");
	snprintf(host, sizeof(host), "\r\nHost: [::1]:%u\r\n", target.port);
	CHECK(asked(host));
}

static bool hello_has(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i + len < sizeof(request); i++)
		if (!memcmp(request + i, name, len))
			return true;
	return false;
}

static void test_tls(void)
{
	static const char unknown[] = "\x15\3\3\0\2\2\x70";
	static const char version[] = "\x15\3\1\0\2\2\x46";

	expect(CHECK_HTTPS, "app.example:8443", "");
	CHECK_STR(probe_bytes("127.0.0.1", unknown, 7, CLOSES),
		  "TLS failed: tlsv1 unrecognized name");
	CHECK(hello_has("app.example") && !hello_has("app.example:"));
	CHECK_STR(probe_bytes("127.0.0.1", version, 7, CLOSES),
		  "TLS failed: tlsv1 alert protocol version (TLS 1.2 or 1.3 is needed)");
	CHECK_STR(probe(LENGTH, CLOSES), "TLS failed: wrong version number");
	expect(CHECK_HTTPS, "192.0.2.5:8443", "");
	memset(request, 0, sizeof(request));
	probe_bytes("127.0.0.1", unknown, 7, CLOSES);
	CHECK(!hello_has("192.0.2.5"));
}

/* What dnatd is short of is no verdict on the backend. */
static void test_shortage(void)
{
	static const enum check_type types[] = {
		CHECK_TCP, CHECK_HTTP, CHECK_HTTPS, CHECK_DNS,
	};
	struct rlimit was, none = { 0 };
	enum outcome outcome;
	char fault[FAULT_LEN];

	NEED(!getrlimit(RLIMIT_NOFILE, &was));
	none.rlim_max = was.rlim_max;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		expect(types[i], "", "");
		strcpy(check.dns_name, "who.lab");
		outcome = OUTCOME_GOOD;
		NEED(!setrlimit(RLIMIT_NOFILE, &none));
		CHECK(!probe_start(&probes, &target, judged, NULL, &outcome,
				   fault));
		NEED(!setrlimit(RLIMIT_NOFILE, &was));
		CHECK_INT(outcome, OUTCOME_NONE);
		CHECK(strstr(fault, strerror(EMFILE)));
	}
	no_memory = true;
	expect(CHECK_HTTP, "", "");
	CHECK_STR(probe(LENGTH, STAYS), "dnatd is out of memory");
	CHECK_INT(run_outcome, OUTCOME_NONE);
	no_memory = false;
}

static char dir[] = "/tmp/dnat-probe-XXXXXX";

static const char *program(const char *name, const char *text, mode_t mode)
{
	static char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	NEED(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	fclose(file);
	NEED(!chmod(path, mode));
	return path;
}

/* The same as probe() of a program, whose name is the first word. */
static const char *run(const char *command)
{
	expect(CHECK_EXEC, "", "");
	snprintf(check.command, sizeof(check.command), "%s", command);
	if (probe_start(&probes, &target, judged, NULL, &run_outcome, result))
		event_base_dispatch(base);
	return result;
}

static const char *run_text(const char *text)
{
	const char *path = program("run", text, 0755);

	run(path);
	unlink(path);
	return result;
}

static void test_exec_output(void)
{
	char wanted[FAULT_LEN];

	CHECK_STR(run_text("exit 0"), "");
	CHECK_STR(run_text("echo said; exit 0"), "");
	CHECK_STR(run_text("exit 3"), "the program ended with status 3");
	CHECK_STR(run_text("kill -TERM $$"), "the program ended by signal 15");
	CHECK_STR(run_text("echo first >&2; echo; echo '  no route '; echo; exit 2"),
		  "the program ended with status 2: no route ");
	CHECK_STR(run_text("printf 'a\\033b\\tc\\303' >&2; exit 1"),
		  "the program ended with status 1: a?b?c?");
	/* More than a pipe takes, and a line that does not end. */
	snprintf(wanted, sizeof(wanted), "the program ended with status 1: %0120d", 0);
	CHECK_STR(run_text("head -c 300000 /dev/zero | tr '\\0' 0; exit 1"), wanted);
	CHECK_STR(run_text("echo $(ls /proc/self/fd) $#; exit 1"),
		  "the program ended with status 1: 0 1 2 3 0");
}

static void test_exec_user(void)
{
	CHECK_STR(run_text("echo $(id -u) $(id -g) $(id -G); exit 1"),
		  "the program ended with status 1: 65534 65534 65534");
	CHECK_STR(run_text("grep CapPrm /proc/self/status; exit 1"),
		  "the program ended with status 1: CapPrm:?0000000000000000");
	CHECK(!spawn_user_init(&user, "root", &err));
	CHECK_STR(run_text("id -u; exit 1"), "the program ended with status 1: 0");
	CHECK(spawn_user_init(&user, "no\nsuch", &err) < 0);
	CHECK_STR(err.msg, "--check-user \"no\\x0asuch\": there is no such user; see \"getent passwd\"");
	CHECK(!spawn_user_init(&user, NULL, &err));
}

/*
 * Return: what of the path others can write, which says nothing of the backend;
 * "" where it is run
 */
static const char *untrusted(const char *command)
{
	static const char begin[] = "the program is not run, others than root can write ";

	if (strncmp(run(command), begin, strlen(begin)))
		return result;
	CHECK_INT(run_outcome, OUTCOME_NONE);
	*strchr(result, ';') = '\0';
	return result + strlen(begin);
}

static void test_exec_trust(void)
{
	const char *path = program("p", "exit 0", 0755);
	char link[64], second[64], loop[64], through[128];

	snprintf(link, sizeof(link), "%s/l", dir);
	snprintf(second, sizeof(second), "%s/second", dir);
	snprintf(loop, sizeof(loop), "%s/loop", dir);
	CHECK_STR(untrusted(path), "");
	NEED(!symlink(path, link));
	CHECK_STR(untrusted(link), "");
	/* A relative one, in the middle of the path, and one that goes round. */
	NEED(!symlink("../../tmp", second) && !symlink("loop", loop));
	snprintf(through, sizeof(through), "%s/%s", second, link + strlen("/tmp/"));
	CHECK_STR(untrusted(through), "");
	CHECK_STR(untrusted(loop), "the program does not start: Too many levels of symbolic links");
	/* Who owns a link says where it leads, with all links behind it, too. */
	NEED(!lchown(link, 65534, 0));
	CHECK_STR(untrusted(link), link);
	CHECK(strstr(untrusted(through), link));
	NEED(!lchown(link, 0, 0) && !lchown(second, 65534, 0));
	CHECK_STR(untrusted(link), "");
	CHECK_STR(untrusted(through), second);
	NEED(!chmod(path, 0757));
	CHECK_STR(untrusted(path), path);
	CHECK_STR(untrusted(link), path);
	NEED(!chmod(path, 0775));
	CHECK_STR(untrusted(path), "");
	NEED(!chown(path, 0, 65534) && !chmod(path, 0775));
	CHECK_STR(untrusted(path), path);
	NEED(!chown(path, 65534, 0) && !chmod(path, 0755));
	CHECK_STR(untrusted(path), path);
	NEED(!chown(path, 0, 0) && !chmod(dir, 0777));
	CHECK_STR(untrusted(path), dir);
	NEED(!chmod(dir, 01777));
	CHECK_STR(untrusted(path), "");
	NEED(!chmod(dir, 0755));
	CHECK_STR(untrusted("/nonexistent/p"), "the program does not start: No such file or directory");
	CHECK_INT(run_outcome, OUTCOME_BAD);
	NEED(!chmod(path, 0644));
	CHECK_STR(untrusted(path), "the program does not start: Permission denied");
	unlink(loop);
	unlink(second);
	unlink(link);
	unlink(path);
}

/* Give the loopback interface of a network namespace of our own an address. */
static void lo_set(const char *name, const char *addr)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq request_addr = { .ifr_addr.sa_family = AF_INET };
	struct ifreq request_up = { .ifr_flags = IFF_UP };

	snprintf(request_addr.ifr_name, IFNAMSIZ, "%s", name);
	snprintf(request_up.ifr_name, IFNAMSIZ, "%s", name);
	((struct sockaddr_in *)&request_addr.ifr_addr)->sin_addr.s_addr =
		inet_addr(addr);
	NEED(fd >= 0 && !ioctl(fd, SIOCSIFADDR, &request_addr) &&
	     !ioctl(fd, SIOCSIFFLAGS, &request_up));
	close(fd);
}

static void test_source(void)
{
	static const char unknown[] = "\x15\3\3\0\2\2\x70";

	NEED(!unshare(CLONE_NEWNET));
	lo_set("lo", "127.0.0.1");
	expect(CHECK_HTTP, "", "");
	NEED(!addr_parse("192.0.2.10", "addr", &target.source, &err));
	/* An address of another machine: no answer would come here. */
	CHECK_STR(probe(LENGTH, STAYS), "");
	lo_set("lo:1", "192.0.2.10");
	source = "192.0.2.10";
	CHECK_STR(probe(LENGTH, STAYS), "");
	CHECK_STR(probe_bytes("::1", LENGTH, strlen(LENGTH), STAYS), "");
	expect(CHECK_HTTPS, "", "");
	CHECK_STR(probe_bytes("127.0.0.1", unknown, 7, CLOSES), "TLS failed: tlsv1 unrecognized name");
	expect(CHECK_TCP, "", "");
	CHECK_STR(probe(LENGTH, STAYS), "");
	memset(&target.source, 0, sizeof(target.source));
	source = "127.0.0.1";
}

int main(void)
{
	base = event_base_new();
	NEED(base && !probes_init(&probes, base, &user) &&
	     !spawn_user_init(&user, NULL, &err));
	signal(SIGPIPE, SIG_IGN);
	target.service = "web";
	target.check = &check;
	test_http();
	test_request();
	test_tls();
	test_shortage();
	NEED(mkdtemp(dir) && !chmod(dir, 0755));
	test_exec_output();
	if (geteuid()) {
		puts("not root: no other user to be");
	} else {
		test_exec_user();
		test_exec_trust();
		test_source();
	}
	rmdir(dir);
	probes_clean(&probes);
	event_base_free(base);
	return unit_result();
}
