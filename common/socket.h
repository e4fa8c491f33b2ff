/* SPDX-License-Identifier: GPL-2.0-only */
/* The default control socket of dnatd and dnatctl. */
#ifndef DNAT_SOCKET_H
#define DNAT_SOCKET_H

#define CONTROL_SOCKET "/run/dnat/control.sock"

#endif
