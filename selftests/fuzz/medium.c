// SPDX-License-Identifier: GPL-2.0
/* medium.c - a first layer, an image of the second, a backup, which are written again; a copy of a license. */
#include "fuzz.h"

/* All that a first layer says comes back; what a reader passes over does not. */
static void rewrite_medium(const struct cask_medium_view *m)
{
	uint8_t again[CASK_MEDIUM_HEAD_MAX];
	struct cask_medium_view n;
	uint8_t *mac = cask_medium_build(again, m);
	size_t size = mac + CASK_MAC_SIZE - again;

	memcpy(mac, m->mac.data, CASK_MAC_SIZE);
	if (cask_medium_parse(&n, again, size) || n.slot_size != m->slot_size ||
	    n.third_offset != m->third_offset || n.third_size != m->third_size ||
	    memcmp(n.number.data, m->number.data, CASK_MEDIUM_NUMBER_SIZE) ||
	    memcmp(n.class_id.data, m->class_id.data, CASK_ID_SIZE) ||
	    memcmp(n.issuer.data, m->issuer.data, CASK_KID_SIZE) ||
	    n.apparatus.len != m->apparatus.len || n.maced.len + n.mac.len != size)
		abort();
}

static void first(const uint8_t *data, size_t size)
{
	struct cask_medium_view m;
	int ret = cask_medium_parse(&m, data, size);

	fuzz_errno(ret);
	if (ret)
		return;
	fuzz_touch(&m.issuer, data, size);
	fuzz_touch(&m.number, data, size);
	fuzz_touch(&m.class_id, data, size);
	fuzz_touch(&m.apparatus, data, size);
	fuzz_touch(&m.mac, data, size);
	fuzz_touch(&m.maced, data, size);
	/* The layers lie one behind the other. */
	if (m.third_offset < CASK_MEDIUM_SECOND + 2ULL * m.slot_size ||
	    m.third_offset + m.third_size < m.third_offset || m.maced.data != data ||
	    m.maced.len + m.mac.len > CASK_MEDIUM_HEAD_MAX)
		abort();
	rewrite_medium(&m);
}

static void rewrite_image(const struct cask_image_view *v, uint16_t type)
{
	uint8_t *again = malloc(CASK_BACKUP_OVERHEAD + v->sealed.len);
	struct cask_image_view w;
	size_t head;

	if (!again)
		abort();
	head = cask_image_build(again, v, type, v->sealed.len - v->tags);
	memcpy(again + head, v->sealed.data, v->sealed.len);
	if (cask_image_parse(&w, again, head + v->sealed.len, type) || w.counter != v->counter ||
	    w.locks != v->locks || w.derivation != v->derivation || w.tags != v->tags ||
	    w.enc.len != v->enc.len || w.sealed.len != v->sealed.len || w.head.len != head)
		abort();
	free(again);
}

static void image(const uint8_t *data, size_t size, uint16_t type)
{
	struct cask_image_view v;
	int ret = cask_image_parse(&v, data, size, type);

	fuzz_errno(ret);
	if (ret)
		return;
	fuzz_touch(&v.issuer, data, size);
	fuzz_touch(&v.salt, data, size);
	fuzz_touch(&v.enc, data, size);
	fuzz_touch(&v.number, data, size);
	fuzz_touch(&v.class_id, data, size);
	fuzz_touch(&v.apparatus, data, size);
	fuzz_touch(&v.sealed, data, size);
	fuzz_touch(&v.head, data, size);
	if (!v.counter || v.head.len + v.sealed.len != size || v.sealed.len < v.tags)
		abort();
	rewrite_image(&v, type);
}

static void exported(const uint8_t *data, size_t size)
{
	const struct cask_bytes value = { data, size };
	const uint8_t name[CASK_KID_SIZE] = { 1 };
	struct cask_exported_view e;
	int ret = cask_exported_parse(&e, name, name, &value);

	fuzz_errno(ret);
	if (ret)
		return;
	fuzz_touch(&e.license.content_id, data, size);
	fuzz_touch(&e.signer, data, size);
	fuzz_touch(&e.device_id, data, size);
	fuzz_touch(&e.bound, data, size);
	fuzz_touch(&e.wrapped, data, size);
	if (e.bound.len + e.wrapped.len != size || e.license.max_opens != CASK_OPENS_ANY ||
	    e.license.slot_count || e.license.suite == CASK_SUITE_MEDIUM_CLASS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	first(data, size);
	image(data, size, CASK_TYPE_LAYER);
	image(data, size, CASK_TYPE_BACKUP);
	exported(data, size);
	return 0;
}
