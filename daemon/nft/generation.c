// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <libnftnl/gen.h>

#include "nft/generation.h"

static int take_generation(const struct nlmsghdr *nlh, void *data)
{
	struct nftnl_gen *gen = nftnl_gen_alloc();
	uint32_t *generation = data;

	if (!gen)
		return -ENOMEM;
	if (nftnl_gen_nlmsg_parse(nlh, gen) >= 0)
		*generation = nftnl_gen_get_u32(gen, NFTNL_GEN_ID);
	nftnl_gen_free(gen);
	return 0;
}

int generation_get(struct nl *nl, uint32_t *generation)
{
	NL_REQUEST_BUF(buf);

	return nl_talk(nl, nl_netfilter(nl, buf, NFNL_SUBSYS_NFTABLES,
					NFT_MSG_GETGEN, 0, NFPROTO_UNSPEC),
		       take_generation, generation);
}
