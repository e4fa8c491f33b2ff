// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of the admin's, whose exit status is the verdict.
 *
 * It has a process group of its own, which is killed as a whole at the
 * timeout, no file of dnatd's, and nothing in its environment but what is to
 * be checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nofile.h"
#include "probe.h"

#define WORDS_MAX (CHECK_TEXT_LEN / 2 + 2)
#define ENV_MAX 6
#define ENV_LEN 96

struct probe_exec {
	struct probe probe;
	struct probes *probes;
	struct probe_exec *next;	/* of all that run */
	pid_t pid;			/* 0: it has ended */
};

static void exec_unlink(struct probe_exec *exec)
{
	struct probe_exec **at = &exec->probes->running;

	while (*at && *at != exec)
		at = &(*at)->next;
	if (*at)
		*at = exec->next;
}

/* Whoever is killed does not stay a zombie for long. */
static void exec_free(struct probe *probe)
{
	struct probe_exec *exec = (struct probe_exec *)probe;

	exec_unlink(exec);
	if (exec->pid) {
		kill(-exec->pid, SIGKILL);
		waitpid(exec->pid, NULL, 0);
	}
	free(exec);
}

static void exec_verdict(struct probe_exec *exec, int status)
{
	char fault[FAULT_LEN];

	/* What it has left behind in its group goes, too. */
	kill(-exec->pid, SIGKILL);
	exec->pid = 0;
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		probe_end(&exec->probe, NULL);
		return;
	}
	if (WIFEXITED(status))
		snprintf(fault, sizeof(fault), "the program ended with status %d",
			 WEXITSTATUS(status));
	else
		snprintf(fault, sizeof(fault), "the program ended by signal %d",
			 WTERMSIG(status));
	probe_end(&exec->probe, fault);
}

void probe_exec_ended(struct probes *probes)
{
	struct probe_exec *exec = probes->running;

	while (exec) {
		struct probe_exec *next = exec->next;
		int status;

		if (waitpid(exec->pid, &status, WNOHANG) == exec->pid)
			exec_verdict(exec, status);
		exec = next;
	}
}

/* Words of @command, which they are cut out of. */
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

static int child_spawn(pid_t *pid, const struct target *target)
{
	char command[CHECK_TEXT_LEN + 1], texts[ENV_MAX][ENV_LEN];
	char *words[WORDS_MAX], *env[ENV_MAX];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all, no;
	int ret;

	memcpy(command, target->check->command, sizeof(command));
	words_split(command, words);
	env_make(target, texts, env);
	sigfillset(&all);
	sigemptyset(&no);

	ret = posix_spawn_file_actions_init(&files);
	if (ret)
		return ret;
	ret = posix_spawnattr_init(&attr);
	if (ret)
		goto out;
	ret = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
					      POSIX_SPAWN_SETSIGDEF |
					      POSIX_SPAWN_SETSIGMASK);
	if (!ret)
		ret = posix_spawnattr_setsigdefault(&attr, &all);
	if (!ret)
		ret = posix_spawnattr_setsigmask(&attr, &no);
	for (int fd = STDIN_FILENO; !ret && fd <= STDERR_FILENO; fd++)
		ret = posix_spawn_file_actions_addopen(&files, fd, "/dev/null",
						       O_RDWR, 0);
	if (!ret)
		ret = posix_spawn_file_actions_addclosefrom_np(&files,
							       STDERR_FILENO + 1);
	if (!ret) {
		nofile_lower();
		ret = posix_spawn(pid, words[0], &files, &attr, words, env);
		nofile_raise();
	}
	posix_spawnattr_destroy(&attr);
out:
	posix_spawn_file_actions_destroy(&files);
	return ret;
}

struct probe *probe_exec(struct probes *probes, const struct target *target,
			 char *fault)
{
	struct probe_exec *exec = calloc(1, sizeof(*exec));
	int error = exec ? child_spawn(&exec->pid, target) : ENOMEM;

	if (error) {
		snprintf(fault, FAULT_LEN, "the program does not start: %s",
			 strerror(error));
		free(exec);
		errno = error;
		return NULL;
	}
	exec->probe.free = exec_free;
	exec->probes = probes;
	exec->next = probes->running;
	probes->running = exec;
	return &exec->probe;
}
