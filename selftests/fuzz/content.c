// SPDX-License-Identifier: GPL-2.0
/* content.c - fixed part and link part of a .cask file. */
#include "fuzz.h"

static void link_part(const uint8_t *data, size_t size)
{
	struct cask_link l;
	int ret = cask_link_parse(&l, data, size);

	fuzz_errno(ret);
	if (ret)
		return;
	fuzz_touch(&l.license_id, data, size);
	fuzz_touch(&l.url, data, size);
	if (!l.has_key)
		return;
	fuzz_touch(&l.slot, data, size);
	fuzz_touch(&l.key.wrapped, data, size);
	if (l.slot.len != CASK_EKB_SLOT_SIZE || l.key.wrapped.len != CASK_KEYWRAP_SIZE ||
	    !cask_slot_version(&l.key) || cask_slot_version(&l.key) > CASK_EKB_VERSIONS)
		abort();
}

/* What the readers of files rely on. */
static void layout(const struct cask_content *c, size_t size)
{
	if (c->link_offset != size || c->link_capacity > CASK_LINK_MAX ||
	    c->data_offset < (uint64_t)c->link_offset + c->link_capacity ||
	    c->data_offset > 1 << 20 || c->plain_size > CASK_PLAIN_SIZE_MAX ||
	    c->block_size < CASK_BLOCK_SIZE_MIN || c->block_size > CASK_BLOCK_SIZE_MAX)
		abort();
}

static void fixed_part(const uint8_t *data, size_t size)
{
	struct cask_content c;
	int ret = cask_content_parse(&c, data, size);

	fuzz_errno(ret);
	if (ret)
		return;
	fuzz_touch(&c.content_id, data, size);
	fuzz_touch(&c.issuer, data, size);
	fuzz_touch(&c.media_type, data, size);
	fuzz_touch(&c.title, data, size);
	fuzz_touch(&c.mac, data, size);
	fuzz_touch(&c.maced, data, size);
	layout(&c, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int length = cask_content_length(data, size);

	if (length > CASK_CONTENT_FIXED_MAX)
		abort();
	/* As a reader of files does it, and bluntly. */
	if (length > 0 && (size_t)length <= size) {
		fixed_part(data, length);
		link_part(data + length, size - length);
	}
	fixed_part(data, size);
	link_part(data, size);
	return 0;
}
