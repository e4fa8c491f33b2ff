// SPDX-License-Identifier: GPL-2.0-only
/*
 * Canonical texts of nf_tables objects, only for comparison.  Values that the
 * kernel sets (handles, use counts, numbers of anonymous sets, counters,
 * implied flags) are left out.
 */
#include <errno.h>
#include <netinet/in.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/expr.h>

#include "common/array.h"
#include "nft/table.h"

static void put_hex(FILE *out, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		fprintf(out, "%02x", bytes[i]);
}

static const char *text_or(const char *text, const char *other)
{
	return text ? text : other;
}

/* Close a memory stream.  Return: its text, or NULL: no memory */
static char *finish(FILE *out, char **text)
{
	int failed = ferror(out);

	if (fclose(out) || failed) {
		free(*text);
		return NULL;
	}
	return *text;
}

char *text_table(const struct nftnl_table *table)
{
	const void *comment;
	size_t size;
	uint32_t len = 0;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "flags %u comment ",
		nftnl_table_get_u32(table, NFTNL_TABLE_FLAGS));
	comment = nftnl_table_get_data(table, NFTNL_TABLE_USERDATA, &len);
	if (comment)
		put_hex(out, comment, len);
	return finish(out, &text);
}

char *text_object(const struct nftnl_obj *object)
{
	struct nftnl_obj *o = (struct nftnl_obj *)object;
	uint32_t type = nftnl_obj_get_u32(o, NFTNL_OBJ_TYPE);
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "type %u", type);
	if (type == NFT_OBJECT_CT_HELPER)
		fprintf(out, " helper %s l3proto %u l4proto %u",
			text_or(nftnl_obj_get_str(o, NFTNL_OBJ_CT_HELPER_NAME), ""),
			nftnl_obj_get_u16(o, NFTNL_OBJ_CT_HELPER_L3PROTO),
			nftnl_obj_get_u8(o, NFTNL_OBJ_CT_HELPER_L4PROTO));
	return finish(out, &text);
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *text_flowtable(const struct nftnl_flowtable *flowtable)
{
	const char *const *devices;
	const char **sorted;
	size_t size, n = 0;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "hook %u prio %d flags %u devices",
		nftnl_flowtable_get_u32(flowtable, NFTNL_FLOWTABLE_HOOKNUM),
		nftnl_flowtable_get_s32(flowtable, NFTNL_FLOWTABLE_PRIO),
		nftnl_flowtable_get_u32(flowtable, NFTNL_FLOWTABLE_FLAGS));

	devices = nftnl_flowtable_get(flowtable, NFTNL_FLOWTABLE_DEVICES);
	while (devices && devices[n])
		n++;
	sorted = calloc(n + 1, sizeof(*sorted));
	if (!sorted) {
		fclose(out);
		free(text);
		return NULL;
	}
	if (n)
		memcpy(sorted, devices, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_text);
	for (size_t i = 0; i < n; i++)
		fprintf(out, " %s", sorted[i]);
	free(sorted);
	return finish(out, &text);
}

char *text_chain(const struct nftnl_chain *chain)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (nftnl_chain_is_set(chain, NFTNL_CHAIN_HOOKNUM))
		fprintf(out, "type %s hook %u prio %d policy %u",
			text_or(nftnl_chain_get_str(chain, NFTNL_CHAIN_TYPE), ""),
			nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM),
			nftnl_chain_get_s32(chain, NFTNL_CHAIN_PRIO),
			nftnl_chain_get_u32(chain, NFTNL_CHAIN_POLICY));
	return finish(out, &text);
}

char *key_chain(const struct nftnl_chain *chain)
{
	uint32_t order = UINT8_MAX;
	char *key;

	if (nftnl_chain_is_set(chain, NFTNL_CHAIN_HOOKNUM))
		order = nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM);
	if (asprintf(&key, "%03u %s", order,
		     text_or(nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME), "")) < 0)
		return NULL;
	return key;
}

static void put_set(FILE *out, const struct nftnl_set *set)
{
	uint32_t data_type = nftnl_set_get_u32(set, NFTNL_SET_DATA_TYPE);

	fprintf(out, "flags %u key %u len %u data %u len %u timeout %llu",
		nftnl_set_get_u32(set, NFTNL_SET_FLAGS),
		nftnl_set_get_u32(set, NFTNL_SET_KEY_TYPE),
		nftnl_set_get_u32(set, NFTNL_SET_KEY_LEN),
		data_type,
		data_type == NFT_DATA_VERDICT ?
			0 : nftnl_set_get_u32(set, NFTNL_SET_DATA_LEN),
		(unsigned long long)nftnl_set_get_u64(set, NFTNL_SET_TIMEOUT));
}

char *text_set(const struct nftnl_set *set)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_set(out, set);
	/*
	 * dnatd sets no size.  If another program does, the set may be too
	 * small.
	 */
	fprintf(out, " size %u", nftnl_set_get_u32(set, NFTNL_SET_DESC_SIZE));
	return finish(out, &text);
}

static void put_elem_data(FILE *out, const struct nftnl_set_elem *elem,
			  uint16_t attr)
{
	struct nftnl_set_elem *e = (struct nftnl_set_elem *)elem;
	uint32_t len = 0;
	const void *data;

	if (!nftnl_set_elem_is_set(e, attr))
		return;
	data = nftnl_set_elem_get(e, attr, &len);
	if (data)
		put_hex(out, data, len);
}

static void put_element(FILE *out, const struct nftnl_set_elem *elem)
{
	struct nftnl_set_elem *e = (struct nftnl_set_elem *)elem;

	put_elem_data(out, elem, NFTNL_SET_ELEM_DATA);
	if (nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_VERDICT))
		fprintf(out, " verdict %d %s",
			(int)nftnl_set_elem_get_u32(e, NFTNL_SET_ELEM_VERDICT),
			text_or(nftnl_set_elem_get_str(e, NFTNL_SET_ELEM_CHAIN), ""));
	if (nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_FLAGS))
		fprintf(out, " flags %u",
			nftnl_set_elem_get_u32(e, NFTNL_SET_ELEM_FLAGS));
	fputs(" comment ", out);
	put_elem_data(out, elem, NFTNL_SET_ELEM_USERDATA);
}

char *text_element(const struct nftnl_set_elem *elem)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_element(out, elem);
	return finish(out, &text);
}

char *key_element(const char *set, const struct nftnl_set_elem *elem)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s ", set);
	put_elem_data(out, elem, NFTNL_SET_ELEM_KEY);
	return finish(out, &text);
}

struct element {
	uint32_t slot;		/* key of a map of slots, otherwise 0 */
	char *text;
};

struct elements {
	struct element *list;
	size_t n;
	size_t room;
	bool turn;		/* keys are slots of a service */
	bool failed;
};

static int collect_element(struct nftnl_set_elem *elem, void *data)
{
	struct elements *elements = data;
	struct element element = { 0 };
	size_t size;
	FILE *out;

	if (array_room(&elements->list, elements->n, &elements->room,
		       sizeof(element)))
		goto fail;
	out = open_memstream(&element.text, &size);
	if (!out)
		goto fail;
	if (elements->turn)
		element.slot = nftnl_set_elem_get_u32(elem, NFTNL_SET_ELEM_KEY);
	else
		put_elem_data(out, elem, NFTNL_SET_ELEM_KEY);
	fputs(" : ", out);
	put_element(out, elem);
	element.text = finish(out, &element.text);
	if (!element.text)
		goto fail;
	elements->list[elements->n++] = element;
	return 0;

fail:
	elements->failed = true;
	return -1;
}

static int compare_elements(const void *a, const void *b)
{
	const struct element *x = a, *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return strcmp(x->text, y->text);
}

/*
 * The index of the first element of the smallest rotation (Shiloach, "Fast
 * canonization of circular strings", 1981).
 */
static size_t least_rotation(const struct elements *elements)
{
	const struct element *list = elements->list;
	size_t n = elements->n, i = 0, j = 1, same = 0;
	int order;

	while (i < n && j < n && same < n) {
		order = strcmp(list[(i + same) % n].text,
			       list[(j + same) % n].text);
		if (!order) {
			same++;
			continue;
		}
		if (order > 0)
			i += same + 1;
		else
			j += same + 1;
		if (i == j)
			j++;
		same = 0;
	}
	return i < j ? i : j;
}

/* Whether the slots are 0, 1, 2, ... without gaps.  @elements: sorted */
static bool is_whole_turn(const struct elements *elements)
{
	for (size_t i = 0; i < elements->n; i++)
		if (elements->list[i].slot != i)
			return false;
	return elements->turn;
}

/*
 * The elements are sorted, because the kernel lists them in the order of its
 * hash.  Maps of slots that are rotations of each other get the same text, as
 * rule_set_turn() rotates them.
 */
static bool put_elements(FILE *out, const struct nftnl_set *set)
{
	struct elements elements = {
		.turn = nftnl_set_get_u32(set, NFTNL_SET_KEY_TYPE) == TYPE_INTEGER,
	};
	size_t first = 0;

	nftnl_set_elem_foreach((struct nftnl_set *)set, collect_element,
			       &elements);
	if (elements.n)
		qsort(elements.list, elements.n, sizeof(*elements.list),
		      compare_elements);
	elements.turn = is_whole_turn(&elements);
	if (elements.turn && !elements.failed)
		first = least_rotation(&elements);
	for (size_t i = 0; i < elements.n; i++) {
		struct element *element = &elements.list[(first + i) % elements.n];

		fprintf(out, "\n    %u%s",
			elements.turn ? (uint32_t)i : element->slot,
			element->text);
	}
	for (size_t i = 0; i < elements.n; i++)
		free(elements.list[i].text);
	free(elements.list);
	return !elements.failed;
}

static bool is_anonymous(const char *set)
{
	return !strncmp(set, "__set", 5) || !strncmp(set, "__map", 5);
}

static bool put_lookup(FILE *out, const struct nftnl_expr *expr,
		       const struct nftnl_set *set)
{
	const char *name = text_or(nftnl_expr_get_str(expr,
						      NFTNL_EXPR_LOOKUP_SET), "");

	fprintf(out, "reg %u dreg %u flags %u set ",
		nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_SREG),
		nftnl_expr_is_set(expr, NFTNL_EXPR_LOOKUP_DREG) ?
			nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_DREG) :
			UINT32_MAX,
		nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS));
	if (!is_anonymous(name) || !set) {
		fputs(name, out);
		return true;
	}
	put_set(out, set);
	return put_elements(out, set);
}

/* The kernel adds the end of a range and implied flags: ignore both. */
static void put_nat(FILE *out, const struct nftnl_expr *expr)
{
	static const struct {
		uint16_t min, max;
	} ranges[] = {
		{ NFTNL_EXPR_NAT_REG_ADDR_MIN, NFTNL_EXPR_NAT_REG_ADDR_MAX },
		{ NFTNL_EXPR_NAT_REG_PROTO_MIN, NFTNL_EXPR_NAT_REG_PROTO_MAX },
	};
	uint32_t min, max;

	fprintf(out, "type %u family %u flags %u",
		nftnl_expr_get_u32(expr, NFTNL_EXPR_NAT_TYPE),
		nftnl_expr_get_u32(expr, NFTNL_EXPR_NAT_FAMILY),
		nftnl_expr_get_u32(expr, NFTNL_EXPR_NAT_FLAGS) &
			~(NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED));
	for (size_t i = 0; i < 2; i++) {
		min = nftnl_expr_get_u32(expr, ranges[i].min);
		max = nftnl_expr_get_u32(expr, ranges[i].max);
		fprintf(out, " reg %u-%u", min, max ? max : min);
	}
}

static bool put_expr(FILE *out, const struct nftnl_expr *expr,
		     const struct nftnl_set *set)
{
	const char *name = text_or(nftnl_expr_get_str(expr, NFTNL_EXPR_NAME), "");
	char buf[512];

	fprintf(out, "\n  %s ", name);
	if (!strcmp(name, "counter"))
		return true;
	if (!strcmp(name, "lookup"))
		return put_lookup(out, expr, set);
	if (!strcmp(name, "nat")) {
		put_nat(out, expr);
		return true;
	}
	buf[0] = '\0';
	nftnl_expr_snprintf(buf, sizeof(buf), expr, NFTNL_OUTPUT_DEFAULT, 0);
	fputs(buf, out);
	return true;
}

char *text_rule(const struct nftnl_rule *rule, const struct nftnl_set *set)
{
	struct nftnl_expr_iter *iter;
	struct nftnl_expr *expr;
	const void *comment;
	uint32_t len = 0;
	size_t size;
	bool ok = true;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	iter = nftnl_expr_iter_create(rule);
	if (!iter) {
		fclose(out);
		free(text);
		return NULL;
	}
	fputs("rule", out);
	while (ok && (expr = nftnl_expr_iter_next(iter)))
		ok = put_expr(out, expr, set);
	nftnl_expr_iter_destroy(iter);

	fputs("\n  comment ", out);
	comment = nftnl_rule_get_data(rule, NFTNL_RULE_USERDATA, &len);
	if (comment)
		put_hex(out, comment, len);
	fputc('\n', out);

	text = finish(out, &text);
	if (ok)
		return text;
	free(text);
	return NULL;
}

int text_append(char **text, char *more)
{
	size_t old = strlen(*text), added = more ? strlen(more) : 0;
	char *all = more ? realloc(*text, old + added + 1) : NULL;

	if (all) {
		memcpy(all + old, more, added + 1);
		*text = all;
	}
	free(more);
	return all ? 0 : -ENOMEM;
}

const char *rule_anonymous_set(const struct nftnl_rule *rule)
{
	struct nftnl_expr_iter *iter = nftnl_expr_iter_create(rule);
	const char *found = NULL, *name;
	struct nftnl_expr *expr;

	while (iter && !found && (expr = nftnl_expr_iter_next(iter))) {
		name = text_or(nftnl_expr_get_str(expr, NFTNL_EXPR_NAME), "");
		if (strcmp(name, "lookup"))
			continue;
		name = nftnl_expr_get_str(expr, NFTNL_EXPR_LOOKUP_SET);
		if (name && is_anonymous(name))
			found = name;
	}
	if (iter)
		nftnl_expr_iter_destroy(iter);
	return found;
}
