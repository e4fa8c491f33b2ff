// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "kmod_msg.h"
#include "kmod_service.h"

#define TRIES 10

int kmod_parse_service(const struct nlmsghdr *nlh, void *service_ports)
{
	struct service_ports *ports = service_ports;
	struct service_port *more;
	struct conn conn = { 0 };
	struct attrs attrs;

	attrs_parse(nlh, &attrs);
	conn.proto = (uint8_t)attrs_number(&attrs, DNAT_A_L4PROTO);
	conn.vip.port = attrs_port(&attrs, DNAT_A_SERVICE_PORT);
	if (!attrs_addr(&attrs, DNAT_A_VIP, &conn.vip.addr) ||
	    (conn.proto != IPPROTO_TCP && conn.proto != IPPROTO_UDP) ||
	    conn_names_find(&ports->names, &conn))
		return 0;
	if (ports->n == ports->room) {
		ports->room = ports->room ? ports->room * 2 : 16;
		more = reallocarray(ports->strange, ports->room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		ports->strange = more;
	}
	ports->strange[ports->n].vip = conn.vip;
	ports->strange[ports->n++].proto = conn.proto;
	return 0;
}

/* The list has a socket of its own: it may be left half read. */
static int find_strange(struct kmod *kmod, struct service_ports *ports,
			struct err *err)
{
	char buf[MNL_SOCKET_BUFFER_SIZE]
		__attribute__((aligned(__alignof__(struct nlmsghdr))));
	struct nl nl;
	int rc = nl_open(&nl, NETLINK_GENERIC, err);

	if (rc)
		return rc;
	rc = -EINTR;
	for (int i = 0; i < TRIES && rc == -EINTR; i++) {
		ports->n = 0;
		rc = nl_talk(&nl, kmod_request(kmod, &nl, buf, NLM_F_DUMP,
					       DNAT_CMD_SERVICE_GET),
			     kmod_parse_service, ports);
	}
	if (rc)
		err_set(err, rc, NULL,
			"module " KMOD_MODULE " gave no list of service ports: %s",
			nl_reason(&nl, rc));
	nl_close(&nl);
	return rc;
}

int kmod_services_keep(struct kmod *kmod, const struct model *model,
		       struct err *err)
{
	struct service_ports ports = { 0 };
	struct service service = { 0 };
	int rc;

	if (conn_names_init(&ports.names, model))
		return err_set(err, -ENOMEM, NULL, "dnatd is out of memory");
	rc = find_strange(kmod, &ports, err);
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
