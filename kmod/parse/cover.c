// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * cover.c - cover all leaves of a tree but the revoked by sets that have keys.
 *
 * Both covers follow the tree that the revoked leaves and the root span. Complete
 * subtrees hang off it. Of subset differences there is one for each stretch of it
 * that does not branch: from where the stretch begins but for where it ends. Work
 * grows with what is revoked and the height, not with the leaves.
 */
#include "ekb.h"

static void push(struct cask_cover *c, __u64 node, size_t from, size_t to)
{
	c->pending[c->count].node = node;
	c->pending[c->count].from = from;
	c->pending[c->count++].to = to;
}

/**
 * cask_cover_begin() - begin a cover
 * @c: its scheme and height, those of a tree
 * @revoked: leaves, which stay until the cover is made
 * @count: how many
 *
 * Return: 0; -EINVAL when they do not ascend strictly, or one is not in the tree.
 */
int cask_cover_begin(struct cask_cover *c, const __u32 *revoked, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++)
		if (revoked[i] <= revoked[i - 1])
			return -EINVAL;
	if (count && (__u64)revoked[count - 1] >> c->height)
		return -EINVAL;
	c->revoked = revoked;
	c->count = 0;
	push(c, 1, 0, count);
	return 0;
}

/* The first of those revoked below @node that is on its right. */
static size_t right_of(const struct cask_cover *c, __u64 node, size_t from, size_t to)
{
	__u64 right = 2 * node + 1;
	__u64 first = right << (c->height - cask_node_depth(right));

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (cask_node_of_leaf(c->height, c->revoked[middle]) < first)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* What is below @node comes next, its left before its right. */
static void branch(struct cask_cover *c, __u64 node, size_t from, size_t to)
{
	size_t middle;

	if (cask_node_depth(node) == c->height)
		return;
	middle = right_of(c, node, from, to);
	push(c, 2 * node + 1, middle, to);
	push(c, 2 * node, from, middle);
}

/**
 * cask_cover_next() - the next set of a cover
 * @c: from cask_cover_begin()
 * @ret_subset: the set, when true is returned
 *
 * They come in the order of an EKB's entries. Return: false at the end.
 */
bool cask_cover_next(struct cask_cover *c, struct cask_subset *ret_subset)
{
	while (c->count) {
		__u64 node = c->pending[--c->count].node, end = node;
		size_t from = c->pending[c->count].from, to = c->pending[c->count].to;

		ret_subset->top = node;
		ret_subset->hole = 0;
		if (from == to)
			return true;
		if (c->scheme == CASK_SCHEME_DIFFERENCES)
			end = cask_node_meet(cask_node_of_leaf(c->height, c->revoked[from]),
					     cask_node_of_leaf(c->height, c->revoked[to - 1]));
		branch(c, end, from, to);
		ret_subset->hole = end;
		if (end != node)
			return true;
	}
	return false;
}
