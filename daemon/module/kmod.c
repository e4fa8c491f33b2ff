// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <linux/double_nat.h>
#include <linux/genetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "model/types.h"
#include "module/kmod.h"
#include "module/kmod_msg.h"
#include "net/netlink.h"

#define MODULE KMOD_MODULE

/* The last answers to INFO_GET and SETTINGS_GET. */
struct info {
	char version[DNAT_VERSION_LEN];
	unsigned int port_min;
	unsigned int port_max;
	unsigned int on_exhausted;
};

struct kmod {
	struct nl nl;
	uint16_t family;
	uint32_t protocol;
	struct info info;
};

static int take_info(const struct nlmsghdr *nlh, void *data)
{
	struct info *info = data;
	const struct nlattr *version;
	struct attrs attrs;

	attrs_parse(nlh, &attrs);
	version = attrs.list[DNAT_A_VERSION];
	if (version && mnl_attr_validate(version, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(info->version, sizeof(info->version), "%s",
			 mnl_attr_get_str(version));
	if (attrs.list[DNAT_A_PORT_MIN])
		info->port_min = (unsigned int)attrs_number(&attrs, DNAT_A_PORT_MIN);
	if (attrs.list[DNAT_A_PORT_MAX])
		info->port_max = (unsigned int)attrs_number(&attrs, DNAT_A_PORT_MAX);
	info->on_exhausted = (unsigned int)attrs_number(&attrs,
							DNAT_A_ON_EXHAUSTED);
	return 0;
}

static struct nlmsghdr *request(struct nl *nl, void *buf, uint16_t family,
				uint16_t flags, uint8_t cmd, uint8_t version)
{
	struct nlmsghdr *nlh = nl_request(nl, buf, family, flags);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

static struct nlmsghdr *kmod_request(const struct kmod *kmod, struct nl *nl,
				     void *buf, uint16_t flags, uint8_t cmd)
{
	return request(nl, buf, kmod->family, flags, cmd, DNAT_GENL_VERSION);
}

static int take_family(const struct nlmsghdr *nlh, void *data)
{
	struct kmod *kmod = data;
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U16) >= 0)
			kmod->family = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_VERSION &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			kmod->protocol = mnl_attr_get_u32(attr);
	}
	return 0;
}

static bool loading_is_off(void)
{
	FILE *file = fopen("/proc/sys/kernel/modules_disabled", "re");
	int c = file ? fgetc(file) : EOF;

	if (file)
		fclose(file);
	return c == '1';
}

/* The kernel does not say why it did not load the module: find out why. */
static int explain_missing(struct err *err)
{
	struct utsname host = { 0 };

	uname(&host);
	if (access("/proc/modules", F_OK))
		return err_set(err, -ENOENT, NULL,
			       "module " MODULE " is not loaded and could not be loaded: kernel %s has no loadable modules",
			       host.release);
	if (loading_is_off())
		return err_set(err, -ENOENT, NULL,
			       "module " MODULE " is not loaded and could not be loaded: kernel.modules_disabled is set until the next boot; load it earlier, by /etc/modules-load.d");
	return err_set(err, -ENOENT, NULL,
		       "module " MODULE " is not loaded and could not be loaded: see what \"modprobe "
		       MODULE "\" says; is it built and installed for kernel %s?",
		       host.release);
}

static int get_family(struct kmod *kmod, struct err *err)
{
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh = request(&kmod->nl, buf, GENL_ID_CTRL, 0,
				       CTRL_CMD_GETFAMILY, 1);
	int rc;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, DNAT_GENL_NAME);
	rc = nl_talk(&kmod->nl, nlh, take_family, kmod);
	if (rc == -ENOENT || (!rc && !kmod->family))
		return explain_missing(err);
	if (rc)
		return err_set(err, rc, NULL, "cannot ask for module " MODULE ": %s",
			       nl_reason(&kmod->nl, rc));
	if (kmod->protocol != DNAT_GENL_VERSION)
		return err_set(err, -EPROTO, NULL,
			       "module " MODULE " speaks version %u of its protocol, dnatd speaks %u; install both from one release and reload the module",
			       kmod->protocol, DNAT_GENL_VERSION);
	return 0;
}

int kmod_get(struct kmod *kmod, uint8_t cmd, nl_fn fn, void *data,
	     struct err *err)
{
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh = kmod_request(kmod, &kmod->nl, buf, 0, cmd);
	int rc = nl_talk(&kmod->nl, nlh, fn, data);

	if (rc)
		return err_set(err, rc, NULL, "module " MODULE " refused: %s",
			       nl_reason(&kmod->nl, rc));
	return 0;
}

int kmod_dump(struct kmod *kmod, uint8_t cmd, const char *what, nl_fn fn,
	      void *data, struct err *err)
{
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh = kmod_request(kmod, &kmod->nl, buf, NLM_F_DUMP,
					    cmd);
	int rc = nl_talk(&kmod->nl, nlh, fn, data);

	if (rc)
		return err_set(err, rc, NULL, "module " MODULE
			       " gave no list of %s: %s", what,
			       nl_reason(&kmod->nl, rc));
	return 0;
}

static int ask(const struct kmod *kmod, uint8_t cmd,
	       const struct conn_filter *filter, struct nl *nl)
{
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh = kmod_request(kmod, nl, buf, NLM_F_DUMP, cmd);

	if (filter)
		kmod_put_filter(nlh, filter);
	/*
	 * A client without an answer sends its packet again and reaches another
	 * backend.  A reset would make its connection fail.
	 */
	if (cmd == DNAT_CMD_CONN_DEL)
		mnl_attr_put_u8(nlh, DNAT_A_RESET, !filter->unanswered);
	return nl_send(nl, nlh);
}

int kmod_more(const struct kmod *kmod, uint8_t cmd,
	      const struct conn_filter *filter, struct nl *nl, nl_fn fn,
	      void *data, struct err *err)
{
	int done, rc;

	if (nl->sock) {
		rc = nl_receive(nl, fn, data, &done);
		if (!rc && !done)
			return TASK_MORE;
	} else {
		rc = nl_open(nl, NETLINK_GENERIC, err);
		if (rc)
			return rc;
		rc = ask(kmod, cmd, filter, nl);
		if (!rc)
			return TASK_MORE;
	}
	nl_close(nl);
	return rc ? err_set(err, rc, NULL, "module " MODULE " %s: %s",
			    cmd == DNAT_CMD_CONN_DEL ?
				    "did not end all connections" :
				    "gave no list", nl_reason(nl, rc)) :
		    TASK_DONE;
}

int kmod_reopen(struct kmod *kmod, struct err *err)
{
	int rc = get_family(kmod, err);

	return rc ? rc : kmod_get(kmod, DNAT_CMD_INFO_GET, take_info,
				  &kmod->info, err);
}

/* The kernel gives a new family id to each registration of the family. */
unsigned int kmod_life(const struct kmod *kmod)
{
	return kmod->family;
}

struct kmod *kmod_open(struct err *err)
{
	struct kmod *kmod = calloc(1, sizeof(*kmod));

	if (!kmod) {
		err_no_memory(err);
		return NULL;
	}
	if (nl_open(&kmod->nl, NETLINK_GENERIC, err)) {
		free(kmod);
		return NULL;
	}
	if (kmod_reopen(kmod, err)) {
		kmod_close(kmod);
		return NULL;
	}
	return kmod;
}

void kmod_close(struct kmod *kmod)
{
	if (!kmod)
		return;
	nl_close(&kmod->nl);
	free(kmod);
}

const char *kmod_version(const struct kmod *kmod)
{
	return kmod->info.version;
}

int kmod_vdports(struct kmod *kmod, struct vdports *vdports, struct err *err)
{
	int rc = kmod_get(kmod, DNAT_CMD_SETTINGS_GET, take_info, &kmod->info,
			  err);

	vdports->min = (uint16_t)kmod->info.port_min;
	vdports->max = (uint16_t)kmod->info.port_max;
	vdports->on_exhausted =
		kmod->info.on_exhausted == DNAT_EXHAUSTED_DROP ?
			EXHAUSTED_DROP : EXHAUSTED_RESET;
	return rc;
}

int kmod_set_vdports(struct kmod *kmod, const struct vdports *vdports,
		     struct err *err)
{
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh = kmod_request(kmod, &kmod->nl, buf, 0,
					    DNAT_CMD_SETTINGS_SET);
	int rc;

	if (vdports->min) {
		mnl_attr_put_u16(nlh, DNAT_A_PORT_MIN, vdports->min);
		mnl_attr_put_u16(nlh, DNAT_A_PORT_MAX, vdports->max);
	}
	if (vdports->on_exhausted)
		mnl_attr_put_u8(nlh, DNAT_A_ON_EXHAUSTED,
				vdports->on_exhausted == EXHAUSTED_DROP ?
					DNAT_EXHAUSTED_DROP :
					DNAT_EXHAUSTED_RESET);
	rc = nl_talk(&kmod->nl, nlh, NULL, NULL);
	if (rc)
		return err_set(err, rc, NULL, "module " MODULE " refused: %s",
			       nl_reason(&kmod->nl, rc));
	return 0;
}

static int talk_service(struct kmod *kmod, uint8_t cmd,
			const struct service *service)
{
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh = kmod_request(kmod, &kmod->nl, buf, 0, cmd);

	attrs_put_addr(nlh, DNAT_A_VIP, &service->vip);
	mnl_attr_put_u8(nlh, DNAT_A_L4PROTO, service->proto);
	mnl_attr_put_u16(nlh, DNAT_A_SERVICE_PORT, htons(service->port));
	return nl_talk(&kmod->nl, nlh, NULL, NULL);
}

int kmod_service_add(struct kmod *kmod, const struct service *service,
		     struct err *err)
{
	int rc = talk_service(kmod, DNAT_CMD_SERVICE_ADD, service);

	if (!rc || rc == -EEXIST)
		return 0;
	return err_set(err, rc, NULL,
		       "module " MODULE " refused the port of service %s: %s",
		       service->name, nl_reason(&kmod->nl, rc));
}

void kmod_service_del(struct kmod *kmod, const struct service *service)
{
	talk_service(kmod, DNAT_CMD_SERVICE_DEL, service);
}
