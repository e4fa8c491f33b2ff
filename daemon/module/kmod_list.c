// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each list has its own socket, so that its messages do not mix with the
 * answers to other requests.  Changes do not interrupt the dump: the module
 * remembers its position (see double_nat.h).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "module/kmod_list.h"
#include "module/kmod_msg.h"
#include "module/kmod_pool.h"

#define PORT_ROW_LEN 128	/* bytes; no row is longer */

struct conn_list {
	struct long_answer parts;
	struct nl nl;
	struct conn_reader reader;
};

struct port_list {
	struct long_answer parts;
	struct nl nl;
	const struct kmod *kmod;
	struct port_reader reader;
	char vip[INET6_ADDRSTRLEN];	/* text that @reader points to */
	struct pool_vips vips;	/* VIPs to request the ports of */
	size_t next;		/* index of the next VIP to request */
	bool listed;		/* @vips is complete */
	bool asked;		/* a request for one VIP is not finished */
};

int kmod_parse_conn(const struct nlmsghdr *nlh, void *conn_reader)
{
	struct conn_reader *reader = conn_reader;
	struct conn conn = { 0 };
	struct attrs attrs;

	attrs_parse(nlh, &attrs);
	conn.proto = (uint8_t)attrs_number(&attrs, DNAT_A_L4PROTO);
	if (!attrs_addr(&attrs, DNAT_A_VIP, &conn.vip.addr) ||
	    !attrs_addr(&attrs, DNAT_A_BACKEND, &conn.backend.addr) ||
	    !attrs_addr(&attrs, DNAT_A_CLIENT, &conn.client.addr) ||
	    (conn.proto != IPPROTO_TCP && conn.proto != IPPROTO_UDP))
		return 0;
	conn.vip.port = attrs_port(&attrs, DNAT_A_SERVICE_PORT);
	conn.backend.port = attrs_port(&attrs, DNAT_A_BACKEND_PORT);
	conn.client.port = attrs_port(&attrs, DNAT_A_CLIENT_PORT);
	conn.vdport = (uint16_t)attrs_number(&attrs, DNAT_A_VDPORT);
	conn.status = (uint32_t)attrs_number(&attrs, DNAT_A_STATUS);
	conn.tcp_state = (uint8_t)attrs_number(&attrs, DNAT_A_TCP_STATE);
	conn.expires = (uint32_t)attrs_number(&attrs, DNAT_A_EXPIRES);
	conn.aged = attrs.list[DNAT_A_AGE];
	conn.age = (uint32_t)attrs_number(&attrs, DNAT_A_AGE);
	if (reader->state && !conn_in_state(&conn, reader->state))
		return 0;
	return conn_put(reader->rows, &conn,
			conn_names_find(&reader->names, &conn));
}

static int conns_next(struct long_answer *parts, struct text *rows,
		      struct err *err)
{
	struct conn_list *list = (struct conn_list *)parts;
	int done, rc;

	list->reader.rows = rows;
	rc = nl_receive(&list->nl, kmod_parse_conn, &list->reader, &done);
	return rc ? kmod_no_list(&list->nl, rc, err) : !done;
}

static void conns_free(struct long_answer *parts)
{
	struct conn_list *list = (struct conn_list *)parts;

	nl_close(&list->nl);
	conn_names_clean(&list->reader.names);
	free(list);
}

int kmod_conns(const struct kmod *kmod, const struct model *model,
	       const struct conn_filter *filter, struct long_answer **parts,
	       struct err *err)
{
	struct conn_list *list = calloc(1, sizeof(*list));
	struct nlmsghdr *nlh;
	NL_REQUEST_BUF(buf);
	int rc;

	if (!list)
		return err_no_memory(err);
	rc = nl_open(&list->nl, NETLINK_GENERIC, err);
	if (rc) {
		free(list);
		return rc;
	}
	list->parts.next = conns_next;
	list->parts.free = conns_free;
	if (conn_names_init(&list->reader.names, model)) {
		conns_free(&list->parts);
		return err_no_memory(err);
	}

	list->reader.state = filter->state;
	nlh = kmod_request(kmod, &list->nl, buf, NLM_F_DUMP, DNAT_CMD_CONN_GET);
	kmod_put_filter(nlh, filter);
	rc = nl_send(&list->nl, nlh);
	if (rc) {
		kmod_no_list(&list->nl, rc, err);
		conns_free(&list->parts);
		return rc;
	}
	*parts = &list->parts;
	return 0;
}

int kmod_parse_ports(const struct nlmsghdr *nlh, void *port_reader)
{
	struct port_reader *reader = port_reader;
	const struct nlattr *counts;
	struct attrs attrs;
	uint32_t count;
	uint32_t first;
	size_t n, i;
	char *row;

	attrs_parse(nlh, &attrs);
	first = (uint32_t)attrs_number(&attrs, DNAT_A_VDPORT);
	counts = attrs.list[DNAT_A_PORT_COUNTS];
	n = counts ? mnl_attr_get_payload_len(counts) / sizeof(count) : 0;
	for (i = 0; i < n; i++) {
		memcpy(&count,
		       (const char *)mnl_attr_get_payload(counts) +
			       i * sizeof(count), sizeof(count));
		if (!count)
			continue;
		row = text_row(reader->rows, PORT_ROW_LEN);
		if (!row)
			return -ENOMEM;
		reader->rows->len += (size_t)snprintf(row, PORT_ROW_LEN,
			"{\"vip\":\"%s\",\"proto\":\"%s\",\"vdport\":%zu,"
			"\"backends\":%" PRIu32 "}",
			reader->vip, reader->proto, first + i, count);
	}
	return 0;
}

static int compare_vips(const void *one, const void *two)
{
	const struct pool_vip *a = one, *b = two;
	int order = addr_compare(&a->vip, &b->vip);

	return order ? order : (a->proto > b->proto) - (a->proto < b->proto);
}

static int vips_insert(struct pool_vips *vips, size_t at,
		       const struct pool_vip *vip)
{
	if (array_room(&vips->list, vips->n, &vips->room, sizeof(*vips->list)))
		return -ENOMEM;
	memmove(&vips->list[at + 1], &vips->list[at],
		(vips->n++ - at) * sizeof(*vips->list));
	vips->list[at] = *vip;
	return 0;
}

int kmod_parse_pool_vip(const struct nlmsghdr *nlh, void *pool_vips)
{
	struct pool_vips *vips = pool_vips;
	struct kmod_pool pool;
	struct pool_vip vip;
	size_t i;

	if (!kmod_pool_read(nlh, &pool) ||
	    (vips->only.vip.family &&
	     !addr_equal(&pool.vip, &vips->only.vip)) ||
	    (vips->only.proto && pool.proto != vips->only.proto))
		return 0;
	vip = (struct pool_vip){ pool.vip, pool.proto };
	i = array_first(vips->list, vips->n, sizeof(vip), &vip, compare_vips);
	return i < vips->n && !compare_vips(&vip, &vips->list[i]) ?
		       0 : vips_insert(vips, i, &vip);
}

/* Read the VIPs of the pools in one datagram.  Return: as parts->next() */
static int vips_next(struct port_list *list)
{
	int done;
	int rc = nl_receive(&list->nl, kmod_parse_pool_vip, &list->vips, &done);

	list->listed = done;
	return rc ? rc : 1;
}

static int ports_ask(struct port_list *list)
{
	const struct pool_vip *vip = &list->vips.list[list->next++];
	struct nlmsghdr *nlh;
	NL_REQUEST_BUF(buf);

	list->reader.vip = addr_text(&vip->vip, list->vip, sizeof(list->vip));
	list->reader.proto = proto_text(vip->proto);
	nlh = kmod_request(list->kmod, &list->nl, buf, NLM_F_DUMP,
			   DNAT_CMD_PORT_GET);
	attrs_put_addr(nlh, DNAT_A_VIP, &vip->vip);
	mnl_attr_put_u8(nlh, DNAT_A_L4PROTO, vip->proto);
	list->asked = true;
	return nl_send(&list->nl, nlh);
}

static int ports_next(struct long_answer *parts, struct text *rows,
		      struct err *err)
{
	struct port_list *list = (struct port_list *)parts;
	int done = 1, rc = 0;

	if (!list->listed) {
		rc = vips_next(list);
		return rc < 0 ? kmod_no_list(&list->nl, rc, err) : rc;
	}
	list->reader.rows = rows;
	if (!list->asked && list->next < list->vips.n)
		rc = ports_ask(list);
	if (!rc && list->asked)
		rc = nl_receive(&list->nl, kmod_parse_ports, &list->reader,
				&done);
	if (rc)
		return kmod_no_list(&list->nl, rc, err);
	list->asked = !done;
	return list->asked || list->next < list->vips.n;
}

static void ports_free(struct long_answer *parts)
{
	struct port_list *list = (struct port_list *)parts;

	nl_close(&list->nl);
	free(list->vips.list);
	free(list);
}

int kmod_ports(struct kmod *kmod, const struct addr *vip, uint8_t proto,
	       struct long_answer **parts, struct err *err)
{
	struct port_list *list = calloc(1, sizeof(*list));
	int rc;

	if (!list)
		return err_no_memory(err);
	list->kmod = kmod;
	list->parts.next = ports_next;
	list->parts.free = ports_free;
	if (vip)
		list->vips.only.vip = *vip;
	list->vips.only.proto = proto;
	rc = kmod_pools_ask(kmod, &list->nl, err);
	if (rc) {
		free(list);
		return rc;
	}
	*parts = &list->parts;
	return 0;
}
