// SPDX-License-Identifier: GPL-2.0
/*
 * link.c - the link part of a .cask file: which license to take, and the content key where the
 * license has none (Figs. 9, 21).
 *
 * Anybody may write this part. The license it names is a hint. The key opens by a root key of the
 * license's category and nothing else, for the content, issuer and suite that the head names,
 * and is believed when the head is authentic under it.
 */
#include "private.h"

static int take(struct cask_link_part *part, const void *data, size_t len)
{
	const struct cask_bytes slot = { part->data, sizeof(part->data) };
	struct cask_link link;
	int ret = cask_link_parse(&link, data, len);

	if (ret)
		return ret;
	part->has_license = link.license_id.data;
	if (part->has_license)
		memcpy(part->license_id, link.license_id.data, CASK_ID_SIZE);
	if (!link.has_key)
		return -ENODATA;
	memcpy(part->data, link.slot.data, sizeof(part->data));
	return cask_slot_parse(&part->slot, &slot);
}

/**
 * cask_link_read() - read the link part of a content file
 * @file: readable
 * @content: its fixed part
 * @part: what the link part says; also why there is no key in it, which matters to who wants it
 */
void cask_link_read(struct file *file, const struct cask_content *content,
		    struct cask_link_part *part)
{
	void *data = kvmalloc(content->link_capacity, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);

	memset(part, 0, sizeof(*part));
	part->error = data ? cask_read_exactly(file, data, content->link_capacity,
					       content->link_offset) : -ENOMEM;
	part->error = part->error ?: take(part, data, content->link_capacity);
	kvfree(data);
}

static int unwrap(const struct cask_anchor *anchor, const struct cask_slot_view *slot,
		  const struct cask_content *content, struct cask_key **ret_key)
{
	struct cask_root_key *root;
	int ret = cask_category_root(anchor, slot, &root);

	/* The license is there: it is a later EKB that is missing. */
	if (ret)
		return ret == -ENOKEY ? -EL2NSYNC : ret;
	ret = cask_key_of_link(slot, root, content, ret_key);
	cask_root_key_put(root);
	return ret;
}

/**
 * cask_link_key() - the content key from a link part
 * @part: from cask_link_read()
 * @content: the fixed part of the same file
 * @anchor: whose license it is
 * @category: of the license, CASK_ID_SIZE bytes
 * @ret_key: the key, with one reference
 *
 * Return: 0; -ENODATA when there is no key; -EINVAL, -EOPNOTSUPP, -ENOMEM, errors of reading when
 * the part could not be read; -EXDEV when the key is another category's; -EL2NSYNC without an EKB
 * as new as the key; -EBADMSG when it does not open, or is another content's; another error of
 * the crypto API.
 */
int cask_link_key(const struct cask_link_part *part, const struct cask_content *content,
		  const struct cask_anchor *anchor, const u8 *category, struct cask_key **ret_key)
{
	if (part->error)
		return part->error;
	if (memcmp(part->slot.key_id, category, CASK_ID_SIZE))
		return -EXDEV;
	return unwrap(anchor, &part->slot, content, ret_key);
}
