/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNAT_FORWARD_H
#define DNAT_FORWARD_H

int dnat_forward_setup(void);
void dnat_forward_teardown(void);

#endif /* DNAT_FORWARD_H */
