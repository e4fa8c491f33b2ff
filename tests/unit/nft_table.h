/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table in a real kernel, in a network namespace of its own.  Needs root;
 * elsewhere tests of it are skipped.
 */
#ifndef DNAT_NFT_TABLE_H
#define DNAT_NFT_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"
#include "nft/nft.h"

#define SKIP 77

#define WEB                                                                \
	"{\"name\":\"web\",\"vip\":\"192.0.2.10\",\"port\":80,"            \
	"\"proto\":\"tcp\",\"mode\":\"double-nat\",\"scheduler\":\"rr\","  \
	"\"dev\":null,\"fast\":\"on\",\"backends\":["                   \
	"{\"addr\":\"10.1.0.11\",\"port\":8080,\"weight\":1},"             \
	"{\"addr\":\"10.3.0.12\",\"port\":8080,\"weight\":1}]}"
#define DNS                                                                \
	"{\"name\":\"dns\",\"vip\":\"2001:db8::10\",\"port\":53,"          \
	"\"proto\":\"udp\",\"mode\":\"double-nat\",\"scheduler\":\"wrr\"," \
	"\"dev\":null,\"fast\":\"on\",\"backends\":["                   \
	"{\"addr\":\"2001:db8:1::11\",\"port\":53,\"weight\":2},"          \
	"{\"addr\":\"2001:db8:3::12\",\"port\":5353,\"weight\":1}]}"

extern struct nft *nft;

/* Return: false where it cannot be, and the output says why */
bool table_begin(void);

/* Runs @command with @text as its input; its output, to be freed. */
char *run(const char *command, const char *text);

/* Have nft carry @text out. */
void edit(const char *text);

/* Goes up by one with every transaction in this namespace. */
uint32_t generation(void);

/* @services: what stands between the brackets of a state file's services. */
struct model *model_of(const char *services);

/* Make the table as @model says; @wanted: whether there is anything to do. */
void reconcile(const struct model *model, bool wanted);

json_t *args_of(const char *text);

/* Plans and carries out one request; how many transactions it took. */
uint32_t change(struct model *model, const char *op, const char *text);

/* Does nft list @text in the table? */
void check_lists(const char *text, bool wanted);

#endif
