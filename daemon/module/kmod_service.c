// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "common/array.h"
#include "module/kmod_msg.h"
#include "module/kmod_service.h"

int kmod_parse_service(const struct nlmsghdr *nlh, void *service_ports)
{
	struct service_ports *ports = service_ports;
	struct conn conn = { 0 };
	struct attrs attrs;

	attrs_parse(nlh, &attrs);
	conn.proto = (uint8_t)attrs_number(&attrs, DNAT_A_L4PROTO);
	conn.vip.port = attrs_port(&attrs, DNAT_A_SERVICE_PORT);
	if (!attrs_addr(&attrs, DNAT_A_VIP, &conn.vip.addr) ||
	    (conn.proto != IPPROTO_TCP && conn.proto != IPPROTO_UDP) ||
	    conn_names_find(&ports->names, &conn))
		return 0;
	if (array_room(&ports->strange, ports->n, &ports->room,
		       sizeof(*ports->strange)))
		return -ENOMEM;
	ports->strange[ports->n].vip = conn.vip;
	ports->strange[ports->n++].proto = conn.proto;
	return 0;
}

int kmod_services_keep(struct kmod *kmod, const struct model *model,
		       struct err *err)
{
	struct service_ports ports = { 0 };
	struct service service = { 0 };
	int rc;

	if (conn_names_init(&ports.names, model))
		return err_no_memory(err);
	rc = kmod_dump(kmod, DNAT_CMD_SERVICE_GET, "service ports",
		       kmod_parse_service, &ports, err);
	for (size_t i = 0; !rc && i < ports.n; i++) {
		service.vip = ports.strange[i].vip.addr;
		service.port = ports.strange[i].vip.port;
		service.proto = ports.strange[i].proto;
		kmod_service_del(kmod, &service);
	}
	conn_names_clean(&ports.names);
	free(ports.strange);
	return rc;
}
