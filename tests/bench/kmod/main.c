// SPDX-License-Identifier: GPL-2.0-only
/*
 * A farm of clients and servers inside the kernel, for whatever forwards
 * between the devices "clients" and "servers".
 *
 * Write "MODE [KEY=VALUE]..." to dnat_bench/run in debugfs, which returns when
 * it is done, and read dnat_bench/result.  Settings stay until changed, but
 * for those of the one run: count, ms, cpus, len, stop, conns, stride, every,
 * seed, close, way.  Where the kernel is User-Mode Linux, dnat_bench/cpu is the
 * CPU time that it has used.
 */
#include <linux/debugfs.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "conn.h"
#include "cpu.h"
#include "mode.h"
#include "packet.h"
#include "wire.h"

static DEFINE_MUTEX(bench_lock);	/* all of it: one run at a time */
static struct dentry *bench_dir;

static const struct bench_run run_default = {
	.count = 1000,
	.len = 128,
	.stop = 1,
	.conns = 1000,
	.stride = 1,
};

static const struct bench_farm farm_default = {
	.vip = htonl(0xc000020a),	/* 192.0.2.10 */
	.vport = 80,
	.bport = 8080,
	.clients = 100,
	.servers = 6,
	.snat = 1,
};

static int close_parse(const char *value, enum bench_close *close)
{
	static const char * const names[] = {
		[BENCH_CLOSE_CLIENT] = "client",
		[BENCH_CLOSE_SERVER] = "server",
		[BENCH_CLOSE_RST] = "rst",
	};
	int i;

	i = match_string(names, ARRAY_SIZE(names), value);
	if (i < 0)
		return i;
	*close = i;
	return 0;
}

static int way_parse(const char *value, enum bench_way *way)
{
	static const char * const names[] = {
		[BENCH_WAY_BOTH] = "both",
		[BENCH_WAY_IN] = "in",
		[BENCH_WAY_OUT] = "out",
	};
	int i;

	i = match_string(names, ARRAY_SIZE(names), value);
	if (i < 0)
		return i;
	*way = i;
	return 0;
}

static int setting_parse(char *word, struct bench_run *run,
			 struct bench_farm *farm)
{
	const struct {
		const char *key;
		u32 *value;
		u32 min;
		u32 max;
	} numbers[] = {
		{ "count", &run->count, 0, U32_MAX },
		{ "ms", &run->ms, 0, U32_MAX },
		{ "cpus", &run->cpus, 0, num_online_cpus() },
		{ "len", &run->len, 0, BENCH_LEN_MAX },
		{ "stop", &run->stop, 0, U32_MAX },
		{ "conns", &run->conns, 1, BENCH_KEPT_MAX },
		{ "stride", &run->stride, 1, U32_MAX },
		{ "every", &run->every, 0, U32_MAX },
		{ "seed", &run->seed, 0, U32_MAX },
		{ "vport", &farm->vport, 1, 65535 },
		{ "bport", &farm->bport, 1, 65535 },
		{ "clients", &farm->clients, 1, 250 },
		{ "servers", &farm->servers, 1, BENCH_SERVERS_MAX },
		{ "direct", &farm->direct, 0, 1 },
		{ "snat", &farm->snat, 0, 1 },
		{ "verify", &farm->verify, 0, 1 },
		{ "timewait", &farm->timewait, 0, 1 },
	};
	char *key = strsep(&word, "=");
	int i, err;
	u32 value;

	if (!word)
		return -EINVAL;
	if (!strcmp(key, "close"))
		return close_parse(word, &run->close);
	if (!strcmp(key, "way"))
		return way_parse(word, &run->way);
	if (!strcmp(key, "vip"))
		return in4_pton(word, -1, (u8 *)&farm->vip, -1, NULL) ?
		       0 : -EINVAL;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(numbers[i].key, key))
			continue;
		err = kstrtou32(word, 10, &value);
		if (err)
			return err;
		if (value < numbers[i].min || value > numbers[i].max)
			return -ERANGE;
		*numbers[i].value = value;
		return 0;
	}
	return -EINVAL;
}

/* The text is ours to cut. */
static int run_parse(char *text, const char **mode, struct bench_run *run,
		     struct bench_farm *farm)
{
	char *word;
	int err;

	text = strim(text);
	*mode = strsep(&text, " ");
	while ((word = strsep(&text, " "))) {
		if (!*word)
			continue;
		err = setting_parse(word, run, farm);
		if (err)
			return err;
	}
	return 0;
}

static ssize_t run_write(struct file *file, const char __user *buf,
			 size_t len, loff_t *pos)
{
	struct bench_run run = run_default;
	struct bench_farm farm;
	const char *mode;
	char *text;
	int err;

	if (len > 512)
		return -E2BIG;
	text = memdup_user_nul(buf, len);
	if (IS_ERR(text))
		return PTR_ERR(text);

	err = mutex_lock_interruptible(&bench_lock);
	if (err)
		goto out;
	farm = bench_farm;
	err = run_parse(text, &mode, &run, &farm);
	if (!err) {
		bench_farm = farm;
		err = bench_mode_run(mode, &run);
	}
	mutex_unlock(&bench_lock);
out:
	kfree(text);
	return err ?: len;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static int result_show(struct seq_file *seq, void *unused)
{
	int err;

	err = mutex_lock_interruptible(&bench_lock);
	if (err)
		return err;
	bench_result_show(seq);
	mutex_unlock(&bench_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(result);

static int __init bench_init(void)
{
	int err;

	bench_farm = farm_default;

	err = bench_result_setup();
	if (err)
		return err;
	err = bench_conn_setup();
	if (err)
		goto err_result;
	err = bench_mode_setup();
	if (err)
		goto err_conn;
	err = bench_wire_setup();
	if (err)
		goto err_mode;

	bench_dir = debugfs_create_dir("dnat_bench", NULL);
	debugfs_create_file("run", 0200, bench_dir, NULL, &run_fops);
	debugfs_create_file("result", 0400, bench_dir, NULL, &result_fops);
	bench_cpu_setup(bench_dir);
	return 0;

err_mode:
	bench_mode_teardown();
err_conn:
	bench_conn_teardown();
err_result:
	bench_result_teardown();
	return err;
}

static void __exit bench_exit(void)
{
	debugfs_remove(bench_dir);
	bench_wire_teardown();
	bench_mode_teardown();
	bench_conn_teardown();
	bench_result_teardown();
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Clients and servers to measure and try load balancers with");
