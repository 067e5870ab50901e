// SPDX-License-Identifier: GPL-2.0
/* ekb.c - the payload of an EKB and its entries, one behind the other, and a search by any leaf. */
#include "../../kmod/parse/ekb.h"
#include "fuzz.h"

/* Which of the sets has the leaf, by looking at all; -1 for none, -2 for two. */
static long look(const struct cask_ekb *e, uint32_t leaf)
{
	uint64_t node = cask_node_of_leaf(e->height, leaf);
	long found = -1;

	for (uint32_t i = 0; i < e->count; i++) {
		const uint8_t *p = e->labels + i * CASK_EKB_LABEL_SIZE;
		uint64_t label = cask_le32(p) | (uint64_t)p[4] << 32;
		uint64_t hole = label & ((1ULL << CASK_EKB_NODE_BITS) - 1);
		unsigned int depth = label >> CASK_EKB_NODE_BITS;
		uint64_t top = cask_node_at(hole, depth);

		if (!cask_node_under(node, top) || (top != hole && cask_node_under(node, hole)))
			continue;
		found = found == -1 ? (long)i : -2;
	}
	return found;
}

static void find(const struct cask_ekb *e, uint32_t leaf, bool right)
{
	struct cask_ekb_way way;
	int ret = cask_ekb_find(e, leaf, &way);
	long there;

	if (ret && ret != (leaf >> (e->height - 1) > 1 ? -EINVAL : -EKEYREVOKED))
		abort();
	if (!ret && (way.label >= cask_ekb_leaf_labels(e->scheme, e->height) ||
		     way.steps >= e->height || way.wrapped < e->wrapped ||
		     way.wrapped > e->wrapped + (e->count - 1) * CASK_KEY_SIZE))
		abort();
	if (!right || ret == -EINVAL)
		return;
	there = look(e, leaf);
	if (ret ? there != -1 : there != (way.wrapped - e->wrapped) / CASK_KEY_SIZE)
		abort();
}

static void search(const struct cask_ekb *e, bool right)
{
	uint32_t leaf = 0;

	for (int i = 0; i < 16; i++) {
		find(e, leaf & (0xffffffff >> (32 - e->height)), right);
		leaf = leaf * 2654435761U + 0x9e3779b9;
	}
	find(e, 0xffffffff, right);
	/* the leaves where sets begin and end */
	for (uint32_t i = 0; i < e->count; i++) {
		uint64_t node = cask_le32(e->labels + i * CASK_EKB_LABEL_SIZE);

		find(e, node & (0xffffffff >> (32 - e->height)), right);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t first = size < sizeof(struct cask_head) ? size : cask_le32(data + 8);
	struct cask_ekb e;
	int ret;

	if (first > size)
		first = size;
	ret = cask_ekb_parse(&e, data, first);
	fuzz_errno(ret);
	if (ret)
		return 0;
	fuzz_touch(&e.issuer, data, size);
	fuzz_touch(&e.category, data, size);
	fuzz_touch(&e.hash, data, size);
	fuzz_touch(&e.check, data, size);
	/* As many as there are, so that what is altered gets further than the count. */
	if (e.count > (size - first) / CASK_EKB_ENTRY_SIZE)
		e.count = (size - first) / CASK_EKB_ENTRY_SIZE;
	ret = cask_ekb_entries(&e, data + first, size - first);
	fuzz_errno(ret);
	if (ret)
		ret = cask_ekb_entries(&e, data + first, (size_t)e.count * CASK_EKB_ENTRY_SIZE);
	search(&e, !ret);
	return 0;
}
