// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes do not interrupt a dump: the module remembers its position (see
 * double_nat.h).
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
	const struct kmod *kmod;
	struct nl nl;
	struct conn_filter filter;
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

static int conns_next(struct task *task, struct text *rows, struct err *err)
{
	struct conn_list *list = (struct conn_list *)task;

	list->reader.rows = rows;
	return kmod_more(list->kmod, DNAT_CMD_CONN_GET, &list->filter,
			 &list->nl, kmod_parse_conn, &list->reader, err);
}

static void conns_free(struct task *task)
{
	struct conn_list *list = (struct conn_list *)task;

	nl_close(&list->nl);
	conn_names_clean(&list->reader.names);
	free(list);
}

int kmod_conns(const struct kmod *kmod, const struct model *model,
	       const struct conn_filter *filter, struct long_answer **parts,
	       struct err *err)
{
	struct conn_list *list = task_new(sizeof(*list), conns_next,
					  conns_free);

	if (!list || conn_names_init(&list->reader.names, model)) {
		free(list);
		return err_no_memory(err);
	}
	list->kmod = kmod;
	list->filter = *filter;
	list->reader.state = filter->state;
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

static int ports_next(struct task *task, struct text *rows, struct err *err)
{
	struct port_list *list = (struct port_list *)task;
	struct conn_filter filter = { .class = CONN_ANY };
	int rc;

	if (!list->listed) {
		rc = kmod_pools_more(list->kmod, &list->nl, kmod_parse_pool_vip,
				     &list->vips, err);
		list->listed = rc == TASK_DONE;
		return rc < 0 ? rc : TASK_MORE;
	}
	if (list->next == list->vips.n)
		return TASK_DONE;
	filter.vip.addr = list->vips.list[list->next].vip;
	filter.proto = list->vips.list[list->next].proto;
	list->reader.vip = addr_text(&filter.vip.addr, list->vip,
				     sizeof(list->vip));
	list->reader.proto = proto_text(filter.proto);
	list->reader.rows = rows;
	rc = kmod_more(list->kmod, DNAT_CMD_PORT_GET, &filter, &list->nl,
		       kmod_parse_ports, &list->reader, err);
	list->next += rc == TASK_DONE;
	return rc < 0 ? rc : list->next < list->vips.n;
}

static void ports_free(struct task *task)
{
	struct port_list *list = (struct port_list *)task;

	nl_close(&list->nl);
	free(list->vips.list);
	free(list);
}

int kmod_ports(struct kmod *kmod, const struct addr *vip, uint8_t proto,
	       struct long_answer **parts, struct err *err)
{
	struct port_list *list = task_new(sizeof(*list), ports_next,
					  ports_free);

	if (!list)
		return err_no_memory(err);
	list->kmod = kmod;
	if (vip)
		list->vips.only.vip = *vip;
	list->vips.only.proto = proto;
	*parts = &list->parts;
	return 0;
}
