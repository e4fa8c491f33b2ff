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
	struct nfgenmsg *nfg;
	struct nlmsghdr *nlh;

	nlh = nl_request(nl, buf, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0);
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = NFPROTO_UNSPEC;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = 0;
	return nl_talk(nl, nlh, take_generation, generation);
}
