// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "metrics/process.h"

static FILE *proc_open(const char *proc, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	return fopen(path, "re");
}

/* Return: seconds since 1970, 0 if unknown */
static unsigned long long boot_time(const char *proc)
{
	FILE *file = proc_open(proc, "stat");
	unsigned long long time = 0;
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "btime %llu", &time) == 1)
			break;
	fclose(file);
	return time;
}

/* Begins after the last ')': the program's name may contain blanks and ')'. */
static int read_stat(const char *proc, struct process *process)
{
	unsigned long long user, system, start;
	FILE *file = proc_open(proc, "self/stat");
	long ticks = sysconf(_SC_CLK_TCK);
	char line[1024] = "";
	const char *rest;

	if (!file)
		return -errno;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	rest = strrchr(line, ')');
	if (!rest ||
	    sscanf(rest + 1,
		   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu"
		   " %*d %*d %*d %*d %*d %*d %llu %" SCNu64 " %" SCNu64,
		   &user, &system, &start, &process->virtual,
		   &process->resident) != 5)
		return -EPROTO;
	process->resident *= (uint64_t)sysconf(_SC_PAGESIZE);
	process->cpu = (double)(user + system) / (double)ticks;
	process->started = (double)boot_time(proc) +
			   (double)start / (double)ticks;
	return 0;
}

static uint64_t count_fds(const char *proc)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	uint64_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/self/fd", proc);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			n++;
	closedir(dir);
	return n - 1;		/* without that of opendir() */
}

int process_read(const char *proc, struct process *process)
{
	struct rlimit limit = { 0 };

	memset(process, 0, sizeof(*process));
	process->open_fds = count_fds(proc);
	getrlimit(RLIMIT_NOFILE, &limit);
	process->max_fds = limit.rlim_cur;
	return read_stat(proc, process);
}
