/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernels that we are built for, and nothing else does. */
#ifndef DNAT_COMPAT_H
#define DNAT_COMPAT_H

/* moved in 6.12 */
#if __has_include(<linux/unaligned.h>)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* split from skbuff.h in 6.5 */
#if __has_include(<net/gso.h>)
#include <net/gso.h>
#endif

#endif /* DNAT_COMPAT_H */
