// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * ekb.c - enabling key blocks: what one says, whether its entries are a cover, and
 * which of them is a leaf's.
 *
 * Entries ascend, so a leaf's is found by bisection: most often at once, and else
 * one level further up each time.
 */
#include "ekb.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define EKB_FIELD(type, kind, size, member) \
	CASK_FIELD(type, kind, 1, size, size, cask_ekb, member)
#define LEAF_FIELD(type, kind, size, member) \
	CASK_FIELD(type, kind, 1, size, size, cask_leaf_view, member)
#define SEALED_SIZE(labels)	(CASK_HPKE_ENC_SIZE + (labels) * CASK_KEY_SIZE + CASK_GCM_TAG_SIZE)

_Static_assert(CASK_HEIGHT_MAX < CASK_EKB_NODE_BITS, "a leaf is a node");
_Static_assert(CASK_HEIGHT_MAX < 1 << (8 * CASK_EKB_LABEL_SIZE - CASK_EKB_NODE_BITS),
	       "a depth fits above the node");

/**
 * cask_ekb_check_tree() - whether there are such trees
 * @scheme: from outside
 * @height: from outside
 *
 * Return: 0; -EINVAL for a height that is none; -EOPNOTSUPP for an unknown scheme.
 */
int cask_ekb_check_tree(__u32 scheme, __u32 height)
{
	if (!height || height > CASK_HEIGHT_MAX)
		return -EINVAL;
	if (scheme != CASK_SCHEME_SUBTREES && scheme != CASK_SCHEME_DIFFERENCES)
		return -EOPNOTSUPP;
	return 0;
}

/**
 * cask_ekb_leaf_labels() - how many labels a leaf has
 * @scheme: enum cask_scheme
 * @height: of the tree
 *
 * Return: at most CASK_LEAF_LABELS_MAX.
 */
unsigned int cask_ekb_leaf_labels(__u32 scheme, unsigned int height)
{
	return 1 + (scheme == CASK_SCHEME_SUBTREES ? height : height * (height + 1) / 2);
}

/**
 * cask_ekb_parse() - read the payload of an EKB
 * @e: what it says, without entries
 * @data: the payload
 * @len: bytes of it
 *
 * Return: 0; -EINVAL when it is none; -EOPNOTSUPP when it is of a later version, of an unknown
 * scheme, or has more in it that has to be understood.
 */
int cask_ekb_parse(struct cask_ekb *e, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		EKB_FIELD(VERSION, LE32, 0, version),
		EKB_FIELD(CREATED, LE64, 0, created),
		EKB_FIELD(ISSUER, BYTES, CASK_KID_SIZE, issuer),
		EKB_FIELD(CATEGORY, BYTES, CASK_ID_SIZE, category),
		EKB_FIELD(SCHEME, LE32, 0, scheme),
		EKB_FIELD(HEIGHT, LE32, 0, height),
		EKB_FIELD(ENTRIES, LE32, 0, count),
		EKB_FIELD(ENTRIES_HASH, BYTES, 32, hash),
		EKB_FIELD(ROOT_CHECK, BYTES, CASK_ROOT_CHECK_SIZE, check),
	};
	struct cask_object o;
	int ret;

	memset(e, 0, sizeof(*e));
	ret = cask_object_open(&o, data, len, CASK_TYPE_EKB);
	ret = ret ? ret : cask_object_decode(&o, fields, COUNT(fields), e, NULL);
	if (ret)
		return ret;
	if (!e->version || e->version > CASK_EKB_VERSIONS || e->count > CASK_EKB_ENTRIES_MAX ||
	    cask_bytes_are_zero(&e->category))
		return -EINVAL;
	return cask_ekb_check_tree(e->scheme, e->height);
}

/**
 * cask_leaf_parse() - read the payload of a LEAF
 * @l: what it says
 * @data: the payload
 * @len: bytes of it
 *
 * Return: 0; -EINVAL when it is none, the leaf is not in the tree, or the labels are not as many;
 * -EOPNOTSUPP as cask_ekb_parse().
 */
int cask_leaf_parse(struct cask_leaf_view *l, const void *data, size_t len)
{
	static const struct cask_field fields[] = {
		LEAF_FIELD(CREATED, LE64, 0, created),
		LEAF_FIELD(ISSUER, BYTES, CASK_KID_SIZE, issuer),
		LEAF_FIELD(DEVICE_ID, BYTES, CASK_KID_SIZE, device_id),
		LEAF_FIELD(CATEGORY, BYTES, CASK_ID_SIZE, category),
		LEAF_FIELD(SCHEME, LE32, 0, scheme),
		LEAF_FIELD(HEIGHT, LE32, 0, height),
		LEAF_FIELD(LEAF, LE32, 0, leaf),
		CASK_FIELD(LEAF_LABELS, BYTES, 1, SEALED_SIZE(1), SEALED_SIZE(CASK_LEAF_LABELS_MAX),
			   cask_leaf_view, sealed),
	};
	struct cask_object o;
	int ret;

	memset(l, 0, sizeof(*l));
	ret = cask_object_open(&o, data, len, CASK_TYPE_LEAF);
	ret = ret ? ret : cask_object_decode(&o, fields, COUNT(fields), l, NULL);
	ret = ret ? ret : cask_ekb_check_tree(l->scheme, l->height);
	if (ret)
		return ret;
	l->labels = cask_ekb_leaf_labels(l->scheme, l->height);
	/* What would stand behind the labels would not be bound to them. */
	if (cask_bytes_are_zero(&l->category) || (__u64)l->leaf >> l->height ||
	    l->sealed.len != SEALED_SIZE(l->labels) ||
	    l->sealed.data + l->sealed.len != (const __u8 *)data + len)
		return -EINVAL;
	l->head.data = data;
	l->head.len = offsetof(struct cask_head, length);
	l->sections.data = l->head.data + sizeof(struct cask_head);
	l->sections.len = l->sealed.data - l->sections.data - sizeof(struct cask_section);
	return 0;
}

/**
 * cask_ekb_put_label() - write the label of an entry
 * @out: CASK_EKB_LABEL_SIZE bytes
 * @subset: whose leaves the entry is for
 */
void cask_ekb_put_label(__u8 *out, const struct cask_subset *subset)
{
	__u64 label = subset->hole ? subset->hole : subset->top;
	unsigned int i;

	label |= (__u64)cask_node_depth(subset->top) << CASK_EKB_NODE_BITS;
	for (i = 0; i < CASK_EKB_LABEL_SIZE; i++)
		out[i] = label >> 8 * i;
}

/* The set of entry @i; false when there is none of its label in such a tree. */
static bool take_label(const struct cask_ekb *e, size_t i, struct cask_subset *s)
{
	const __u8 *p = e->labels + i * CASK_EKB_LABEL_SIZE;
	__u64 label = cask_le32(p) | (__u64)p[4] << 32;
	__u64 node = label & ((1ULL << CASK_EKB_NODE_BITS) - 1);
	unsigned int depth = label >> CASK_EKB_NODE_BITS, below;

	if (!node || node >> (e->height + 1))
		return false;
	below = cask_node_depth(node);
	if (depth > below)
		return false;
	s->top = node >> (below - depth);
	s->hole = depth < below ? node : 0;
	/* Complete subtrees leave nothing out; differences do, but for the whole tree. */
	return e->scheme == CASK_SCHEME_SUBTREES ? !s->hole : s->hole || s->top == 1;
}

/* What entries ascend by. */
static __u64 order(const struct cask_ekb *e, __u64 top)
{
	unsigned int depth = cask_node_depth(top);

	return (top << (e->height - depth)) << 6 | depth;
}

/* Sets that the next ones may lie in, each in what the one before leaves out. */
struct nest {
	struct cask_subset around[CASK_HEIGHT_MAX + 1];
	unsigned int depth;
};

/* Whether @s is apart from all sets before it, which came in order. */
static bool take_place(struct nest *n, const struct cask_subset *s)
{
	while (n->depth && !cask_node_under(s->top, n->around[n->depth - 1].top))
		n->depth--;
	if (n->depth) {
		__u64 hole = n->around[n->depth - 1].hole;

		if (!hole || !cask_node_under(s->top, hole))
			return false;
	}
	n->around[n->depth++] = *s;
	return true;
}

/**
 * cask_ekb_entries() - take the entries of an EKB
 * @e: from cask_ekb_parse()
 * @data: the entries, which stay as long as @e
 * @len: bytes of them
 *
 * Whether they are those that were signed is for the caller to know, by @e's hash.
 * Return: 0; -EINVAL when they are not as many, do not ascend, are not of the tree, or have a
 * leaf in common.
 */
int cask_ekb_entries(struct cask_ekb *e, const void *data, size_t len)
{
	struct nest nest = { .depth = 0 };
	struct cask_subset s;
	__u64 before = 0;
	size_t i;

	if (len != (size_t)e->count * CASK_EKB_ENTRY_SIZE)
		return -EINVAL;
	e->labels = data;
	e->wrapped = e->labels + (size_t)e->count * CASK_EKB_LABEL_SIZE;
	for (i = 0; i < e->count; i++) {
		if (!take_label(e, i, &s) || order(e, s.top) <= before || !take_place(&nest, &s))
			return -EINVAL;
		before = order(e, s.top);
	}
	return 0;
}

/* The last entry that comes no later than that of @top; e->count when there is none. */
static size_t bisect(const struct cask_ekb *e, __u64 top)
{
	size_t from = 0, to = e->count;
	__u64 wanted = order(e, top);
	struct cask_subset s;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (take_label(e, middle, &s) && order(e, s.top) <= wanted)
			from = middle + 1;
		else
			to = middle;
	}
	return from ? from - 1 : e->count;
}

/* The set that @node is in, unless it is left out of it: of those around it the innermost. */
static size_t innermost(const struct cask_ekb *e, __u64 node, struct cask_subset *s)
{
	__u64 top = node;
	size_t i;

	/* Each turn ends above where it began: an entry that comes before and is not around. */
	while ((i = bisect(e, top)) < e->count) {
		if (!take_label(e, i, s) || cask_node_under(node, s->top))
			break;
		top = cask_node_meet(node, s->top);
	}
	return i;
}

static void find_way(const struct cask_ekb *e, __u64 node, const struct cask_subset *s,
		     struct cask_ekb_way *way)
{
	unsigned int top = cask_node_depth(s->top), beside;

	way->hole = s->hole;
	way->steps = 0;
	way->label = e->scheme == CASK_SCHEME_SUBTREES ? top : 0;
	if (!s->hole)
		return;
	beside = cask_node_depth(cask_node_meet(node, s->hole)) + 1;
	way->steps = cask_node_depth(s->hole) - beside;
	/* Behind the first come height - d labels for each ancestor, d being its depth. */
	way->label = 1 + top * e->height - top * (top - 1) / 2 + (beside - top - 1);
}

/**
 * cask_ekb_find() - find the entry of a leaf
 * @e: after cask_ekb_entries()
 * @leaf: of the tree
 * @ret_way: how it comes to the root key
 *
 * Takes as long whatever is revoked, but for the bisection. Return: 0; -EINVAL when @leaf is not
 * in the tree; -EKEYREVOKED when it has no entry.
 */
int cask_ekb_find(const struct cask_ekb *e, __u32 leaf, struct cask_ekb_way *ret_way)
{
	__u64 node = cask_node_of_leaf(e->height, leaf);
	struct cask_subset s;
	size_t i;

	if ((__u64)leaf >> e->height)
		return -EINVAL;
	i = innermost(e, node, &s);
	if (i == e->count || (s.hole && cask_node_under(node, s.hole)))
		return -EKEYREVOKED;
	find_way(e, node, &s, ret_way);
	ret_way->wrapped = e->wrapped + i * CASK_KEY_SIZE;
	return 0;
}
