// SPDX-License-Identifier: GPL-2.0
/* area.c - a slot of the secure area; and its records, put and taken as the input says. */
#include "../../kmod/area/area.h"
#include "fuzz.h"

#define ROOM	2048

static void slot(const uint8_t *data, size_t size)
{
	struct cask_area_view v;
	int ret = cask_area_parse(&v, data, size);

	fuzz_errno(ret);
	/* Short of the whole, its length may be believed or not, but never more than the limit. */
	if (cask_area_length(data, size) > CASK_AREA_MAX && size <= CASK_AREA_MAX)
		abort();
	if (ret)
		return;
	fuzz_touch(&v.storage_id, data, size);
	fuzz_touch(&v.salt, data, size);
	fuzz_touch(&v.sealed, data, size);
	fuzz_touch(&v.head, data, size);
	if (!v.counter || v.storage_id.len != CASK_ID_SIZE || v.salt.len != CASK_AREA_SALT_SIZE)
		abort();
}

/* What is read back is what was put. */
static void put(struct cask_records *r, const struct cask_record_key *key, const uint8_t *value,
		size_t len)
{
	size_t before = r->len;
	struct cask_bytes found;
	int ret = cask_records_put(r, key, value, len);

	if (ret == -ENOSPC && r->len == before)
		return;
	if (ret || !cask_records_find(r, key, &found) || found.len != len ||
	    (len && memcmp(found.data, value, len)))
		abort();
}

static void take(struct cask_records *r, const struct cask_record_key *key)
{
	struct cask_bytes found;
	bool there = cask_records_find(r, key, &found);
	int ret = cask_records_del(r, key);

	if (ret != (there ? 0 : -ENOENT) || cask_records_find(r, key, &found))
		abort();
}

/* Whoever knows of a loss is not concerned, and that is nobody else's. */
static void lose(struct cask_records *r, const uint8_t *issuer)
{
	static const uint8_t other[CASK_KID_SIZE] = { 0xff };
	bool before = cask_loss_concerns(r, other);

	if (cask_loss_known(r, issuer))
		return;
	if (cask_loss_concerns(r, issuer) || cask_loss_concerns(r, other) != before)
		abort();
}

static void change(struct cask_records *r, const uint8_t *data, size_t size)
{
	uint8_t issuer[CASK_KID_SIZE] = { 0 }, name[CASK_ID_SIZE] = { 0 };

	while (size >= 4) {
		const struct cask_record_key key = {
			.kind = 1 + data[0] % 6, .issuer = issuer, .name = name,
		};
		size_t len = data[3] < size - 4 ? data[3] : size - 4;

		issuer[0] = data[1] & 3;
		name[15] = data[2];
		if ((data[0] & 0xc0) == 0xc0)
			lose(r, issuer);
		else if (data[0] & 0x80)
			take(r, &key);
		else
			put(r, &key, data + 4, len);
		if (cask_records_check(r))
			abort();
		data += 4 + len;
		size -= 4 + len;
	}
}

static size_t walk(const struct cask_records *r, const uint8_t *data, size_t size)
{
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0, n = 0;

	while (cask_records_next(r, &pos, &key, &value)) {
		const struct cask_bytes issuer = { key.issuer, CASK_KID_SIZE };
		const struct cask_bytes name = { key.name, CASK_ID_SIZE };
		struct cask_bytes found;

		fuzz_touch(&issuer, data, size);
		fuzz_touch(&name, data, size);
		fuzz_touch(&value, data, size);
		if (!cask_records_find(r, &key, &found) || found.data != value.data)
			abort();
		n++;
	}
	return n;
}

static void records(const uint8_t *data, size_t size)
{
	struct cask_records r = { .data = malloc(ROOM), .capacity = ROOM };

	if (!r.data)
		abort();
	if (size <= ROOM) {
		memcpy(r.data, data, size);
		r.len = size;
		fuzz_errno(cask_records_check(&r));
		/* What is well formed can be gone through. */
		if (cask_records_check(&r))
			r.len = 0;
		walk(&r, r.data, r.len);
	}
	change(&r, data, size);
	walk(&r, r.data, r.len);
	free(r.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slot(data, size);
	records(data, size);
	return 0;
}
