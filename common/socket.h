/* SPDX-License-Identifier: GPL-2.0-only */
/* Where dnatd listens and dnatctl asks. */
#ifndef DNAT_SOCKET_H
#define DNAT_SOCKET_H

#define CONTROL_SOCKET "/run/dnat/control.sock"

#endif
