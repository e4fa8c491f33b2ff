// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check exec: run a program of the admin, whose exit status is the verdict.
 *
 * The program has its own process group, which is killed as a whole at the
 * timeout.  Its environment has only what the check needs.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "check/probe.h"
#include "common/duration.h"

#define WORDS_MAX (CHECK_TEXT_LEN / 2 + 2)
#define ENV_MAX 6
#define ENV_LEN 96
#define LINE_LEN 120
#define DIES_MS 100		/* enough time for a killed program to end */
#define PIPE_READS 16		/* of 4 KiB: the size of a pipe */

struct probe_exec {
	struct probe probe;
	struct probes *probes;
	LIST_ENTRY(probe_exec) entry;	/* in probes->running */
	pid_t pid;			/* 0: it has ended */
	bool dying;			/* killed, but has not ended */
	int64_t killed;			/* time, ms of CLOCK_MONOTONIC */
	bool logged;			/* the warning about @dying is logged */
	char service[SERVICE_NAME_LEN + 1];	/* the target: service, */
	struct addr addr;			/* backend's address */
	uint16_t port;				/* and port */
	struct spawn_fault *fault;	/* why it did not start */
	int output;			/* pipe from its stdout and stderr */
	struct event *event;
	bool line_ends;			/* @line is complete */
	size_t len;
	char line[LINE_LEN + 1];	/* the last line of its output */
};

static void exec_drop(struct probe_exec *exec)
{
	LIST_REMOVE(exec, entry);
	spawn_fault_free(exec->fault);
	free(exec);
}

/*
 * Kill the program.  If it waits for a disk or a file server, it ends only when
 * that answers.  Then it stays in the list until SIGCHLD.
 */
static void exec_free(struct probe *probe)
{
	struct probe_exec *exec = (struct probe_exec *)probe;

	if (exec->event)
		event_free(exec->event);
	if (exec->output >= 0)
		close(exec->output);
	exec->event = NULL;
	exec->output = -1;
	if (exec->pid) {
		kill(-exec->pid, SIGKILL);
		exec->dying = !waitpid(exec->pid, NULL, WNOHANG);
		exec->killed = clock_ms(CLOCK_MONOTONIC);
	}
	if (!exec->dying)
		exec_drop(exec);
}

/*
 * The killed program of an earlier check of @target that still runs, or NULL.
 */
static struct probe_exec *find_dying(const struct probes *probes,
				     const struct target *target)
{
	struct probe_exec *exec = LIST_FIRST(&probes->running);

	while (exec && (!exec->dying || exec->port != target->port ||
			!addr_equal(&exec->addr, &target->addr) ||
			strcmp(exec->service, target->service)))
		exec = LIST_NEXT(exec, entry);
	return exec;
}

/*
 * Do not start a second program for the same backend.  Return: negative errno
 */
static int refuse(struct probe_exec *dying, const struct target *target,
		  char *fault)
{
	char after[DURATION_TEXT_LEN];

	if (clock_ms(CLOCK_MONOTONIC) - dying->killed < DIES_MS) {
		snprintf(fault, FAULT_LEN, "its last program has not ended yet");
		return -ECANCELED;
	}
	duration_text(target->check->timeout, after, sizeof(after));
	snprintf(fault, FAULT_LEN, "no answer within %s", after);
	if (!dying->logged)
		say_warning("service %s: the program of its check, process %d, cannot be killed; that backend is checked again when it has ended",
			    dying->service, dying->pid);
	dying->logged = true;
	return -ETIMEDOUT;
}

/*
 * Keep the last line of the output.  It goes into answers, events and the log,
 * so other bytes than printable ASCII become '?'.
 */
static void line_add(struct probe_exec *exec, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n' || c == '\r') {
			exec->line_ends = true;
			continue;
		}
		if (isspace(c) && (!exec->len || exec->line_ends))
			continue;
		if (exec->line_ends)
			exec->len = 0;
		exec->line_ends = false;
		if (exec->len < LINE_LEN)
			exec->line[exec->len++] = isprint(c) ? (char)c : '?';
	}
	exec->line[exec->len] = '\0';
}

/* Return: whether there may be more */
static bool output_read(struct probe_exec *exec)
{
	char text[4096];
	ssize_t len = read(exec->output, text, sizeof(text));

	if (len > 0)
		line_add(exec, text, (size_t)len);
	else if (!len || errno != EAGAIN)
		event_del(exec->event);
	return len > 0;
}

static void output_readable(evutil_socket_t fd, short what, void *exec)
{
	(void)fd;
	(void)what;
	output_read(exec);
}

static void exec_verdict(struct probe_exec *exec, int status)
{
	char fault[FAULT_LEN];

	/* Kill processes of its group that it has left behind. */
	kill(-exec->pid, SIGKILL);
	exec->pid = 0;
	if (exec->fault->error) {
		memcpy(fault, exec->fault->text, sizeof(fault));
		probe_failed(&exec->probe, exec->fault->error, fault);
		return;
	}
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		probe_end(&exec->probe, NULL);
		return;
	}
	for (int i = 0; i < PIPE_READS && output_read(exec); i++)
		;
	if (WIFEXITED(status))
		snprintf(fault, sizeof(fault), "the program ended with status %d%s%s",
			 WEXITSTATUS(status), exec->len ? ": " : "", exec->line);
	else
		snprintf(fault, sizeof(fault), "the program ended by signal %d%s%s",
			 WTERMSIG(status), exec->len ? ": " : "", exec->line);
	probe_end(&exec->probe, fault);
}

void probe_exec_ended(struct probes *probes)
{
	struct probe_exec *exec = LIST_FIRST(&probes->running), *next;
	int status;

	for (; exec; exec = next) {
		next = LIST_NEXT(exec, entry);
		if (waitpid(exec->pid, &status, WNOHANG) != exec->pid)
			continue;
		if (exec->dying)
			exec_drop(exec);
		else
			exec_verdict(exec, status);
	}
}

/* Split @command into words.  It is changed, and the words point into it. */
static void words_split(char *command, char *words[WORDS_MAX])
{
	size_t n = 0;

	for (char *p = strtok(command, " "); p; p = strtok(NULL, " "))
		words[n++] = p;
	words[n] = NULL;
}

static void env_make(const struct target *target,
		     char texts[ENV_MAX][ENV_LEN], char *env[ENV_MAX])
{
	char addr[INET6_ADDRSTRLEN];

	addr_text(&target->addr, addr, sizeof(addr));
	snprintf(texts[0], ENV_LEN, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	snprintf(texts[1], ENV_LEN, "LANG=C");
	snprintf(texts[2], ENV_LEN, "DNAT_SERVICE=%s", target->service);
	snprintf(texts[3], ENV_LEN, "DNAT_ADDR=%s", addr);
	snprintf(texts[4], ENV_LEN, "DNAT_PORT=%u", target->port);
	for (size_t i = 0; i < ENV_MAX - 1; i++)
		env[i] = texts[i];
	env[ENV_MAX - 1] = NULL;
}

/* Return: 0 or a negative errno with @fault set */
static int exec_spawn(struct probe_exec *exec, const struct target *target,
		      char *fault)
{
	char command[CHECK_TEXT_LEN + 1], texts[ENV_MAX][ENV_LEN];
	char *words[WORDS_MAX], *env[ENV_MAX];
	int pipes[2], ret = 0;

	memcpy(command, target->check->command, sizeof(command));
	words_split(command, words);
	env_make(target, texts, env);
	exec->fault = spawn_fault_new();
	if (!exec->fault || pipe2(pipes, O_CLOEXEC))
		ret = -errno;
	if (!ret) {
		exec->output = pipes[0];
		fcntl(exec->output, F_SETFL, O_NONBLOCK);
		ret = spawn_program(exec->probes->user, words[0], words, env,
				    pipes[1], exec->fault);
		close(pipes[1]);
	}
	if (ret < 0) {
		snprintf(fault, FAULT_LEN, "the program does not start: %s",
			 strerror(-ret));
		return ret;
	}
	exec->pid = ret;
	return 0;
}

void probe_exec_forget(struct probes *probes)
{
	while (!LIST_EMPTY(&probes->running))
		exec_drop(LIST_FIRST(&probes->running));
}

struct probe *probe_exec(struct probes *probes, const struct target *target,
			 char *fault)
{
	struct probe_exec *exec = calloc(1, sizeof(*exec));
	struct probe_exec *dying = find_dying(probes, target);
	int ret = exec ? 0 : -ENOMEM;

	snprintf(fault, FAULT_LEN, "dnatd is out of memory");
	if (!exec)
		goto fail;
	LIST_INSERT_HEAD(&probes->running, exec, entry);
	exec->probe.free = exec_free;
	exec->probes = probes;
	exec->output = -1;
	exec->addr = target->addr;
	exec->port = target->port;
	snprintf(exec->service, sizeof(exec->service), "%s", target->service);
	ret = dying ? refuse(dying, target, fault) :
		      exec_spawn(exec, target, fault);
	if (ret)
		goto fail;
	exec->event = event_new(probes->base, exec->output,
				EV_READ | EV_PERSIST, output_readable, exec);
	if (exec->event && !event_add(exec->event, NULL))
		return &exec->probe;
	ret = -ENOMEM;
fail:
	if (exec)
		exec_free(&exec->probe);
	errno = -ret;
	return NULL;
}
