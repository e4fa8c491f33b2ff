// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conntrack's extensions go out of use at the worst moment.
 *
 * When a helper is unloaded, a kernel such as 6.1 increments a counter, and
 * connections that are not confirmed lose their extensions.  Some code has that
 * happen between two of its looks at an extension once in a million times; this
 * module has it happen each fourth time that a function is called.
 */
#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static char *at;
module_param(at, charp, 0444);
MODULE_PARM_DESC(at, "the function");

static ulong genid;
module_param(genid, ulong, 0444);
MODULE_PARM_DESC(genid, "address of nf_conntrack_ext_genid");

static atomic_t calls;

static int genid_calls_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&calls));
}

static const struct kernel_param_ops genid_calls_ops = {
	.get = genid_calls_get,
};
module_param_cb(calls, &genid_calls_ops, NULL, 0444);
MODULE_PARM_DESC(calls, "how often the function was called");

static int genid_before(struct kprobe *probe, struct pt_regs *regs)
{
	if (atomic_inc_return(&calls) % 4 == 0)
		atomic_inc((atomic_t *)genid);
	return 0;
}

static struct kprobe genid_probe = {
	.pre_handler = genid_before,
};

static int __init genid_init(void)
{
	if (!at || !genid)
		return -EINVAL;
	genid_probe.symbol_name = at;
	return register_kprobe(&genid_probe);
}

static void __exit genid_exit(void)
{
	unregister_kprobe(&genid_probe);
}

module_init(genid_init);
module_exit(genid_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Has conntrack's extensions go out of use at a function");
