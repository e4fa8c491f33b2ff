/* SPDX-License-Identifier: GPL-2.0-only */
/* Send TCP resets to the ends of a connection that the module ends. */
#ifndef DNAT_RESET_H
#define DNAT_RESET_H

#include "conn.h"

void dnat_reset_send_to(struct dnat_conn *conn, enum ip_conntrack_dir dir);
void dnat_reset_send(struct dnat_conn *conn);

#endif /* DNAT_RESET_H */
