// SPDX-License-Identifier: GPL-2.0-only
#include "dnat.h"
#include "table.h"

/**
 * dnat_table_add - add both directions of a connection
 * @dn: of the connection's netns
 * @conn: has its vdport, is not in the table
 *
 * The same tuple may be in the table already, if two packets of one client
 * race.  Then only one of the two connections will be confirmed.
 *
 * Context: softirq.
 * Return: 0; -ENOMEM; -EBUSY or -E2BIG if the table cannot take it now for
 *	another reason than memory
 */
int dnat_table_add(struct dnat_net *dn, struct dnat_conn *conn)
{
	int err;

	conn->in.iif_dir = IP_CT_DIR_ORIGINAL;
	conn->out.iif_dir = IP_CT_DIR_REPLY;
	err = rhashtable_insert_fast(&dn->table, &conn->in.node,
				     dnat_table_params);
	if (err)
		return err;
	err = rhashtable_insert_fast(&dn->table, &conn->out.node,
				     dnat_table_params);
	if (err)
		rhashtable_remove_fast(&dn->table, &conn->in.node,
				       dnat_table_params);
	return err;
}

/**
 * dnat_table_del - undo dnat_table_add()
 * @dn: of the connection's netns
 * @conn: in the table; lookups may find it until a grace period has passed
 *
 * Context: softirq or process.
 */
void dnat_table_del(struct dnat_net *dn, struct dnat_conn *conn)
{
	rhashtable_remove_fast(&dn->table, &conn->in.node, dnat_table_params);
	rhashtable_remove_fast(&dn->table, &conn->out.node, dnat_table_params);
}

/**
 * dnat_table_init - set up the table of connections of a netns
 * @dn: of the netns
 *
 * Context: process.
 * Return: 0 or a negative errno
 */
int dnat_table_init(struct dnat_net *dn)
{
	return rhashtable_init(&dn->table, &dnat_table_params);
}

/**
 * dnat_table_clean - undo dnat_table_init()
 * @dn: with no connection left
 *
 * Context: process.
 */
void dnat_table_clean(struct dnat_net *dn)
{
	rhashtable_destroy(&dn->table);
}
