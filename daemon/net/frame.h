/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames that tell a link's neighbours where an address is. */
#ifndef DNAT_FRAME_H
#define DNAT_FRAME_H

#include <net/ethernet.h>

#include "common/addr.h"

/**
 * frame_send - say that @vip is at @mac
 * @fd: an AF_PACKET socket of type SOCK_DGRAM
 * @mac: ETH_ALEN bytes, that of @ifindex
 *
 * A gratuitous ARP request (RFC 5227, 3) or an unsolicited neighbour
 * advertisement (RFC 4861, 7.2.6) to all nodes of the link.  A frame that cannot
 * be sent is lost, as any frame may be.
 */
void frame_send(int fd, const struct addr *vip, unsigned int ifindex,
		const uint8_t *mac);

#endif
