// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * records.c - the records of a secure area, in one run of bytes.
 *
 * A few thousand records at most are looked through in a few microseconds, and
 * the run is what gets sealed: there is nothing to encode, and nothing to free.
 */
#include "area.h"

_Static_assert(sizeof(struct cask_record) == 52, "cask_record");

#define HEAD_SIZE	sizeof(struct cask_record)

/* The record at p: its bytes, head included, or 0 when it does not fit into @left. */
static size_t record_size(const __u8 *p, size_t left)
{
	size_t len;

	if (left < HEAD_SIZE)
		return 0;
	len = cask_le16(p + offsetof(struct cask_record, length));
	return len <= CASK_RECORD_MAX && len <= left - HEAD_SIZE ? HEAD_SIZE + len : 0;
}

/* As memcmp(): the order of the record at p and the key. */
static int compare(const __u8 *p, const struct cask_record_key *key)
{
	__u16 kind = cask_le16(p);
	int order;

	if (kind != key->kind)
		return kind < key->kind ? -1 : 1;
	order = memcmp(p + offsetof(struct cask_record, issuer), key->issuer, CASK_KID_SIZE);
	return order ? order : memcmp(p + offsetof(struct cask_record, name), key->name,
				      CASK_ID_SIZE);
}

static void key_of(const __u8 *p, struct cask_record_key *key)
{
	key->kind = cask_le16(p);
	key->issuer = p + offsetof(struct cask_record, issuer);
	key->name = p + offsetof(struct cask_record, name);
}

/**
 * cask_records_check() - whether an image is well formed
 * @r: from outside, authentic or not
 *
 * The other functions here are for images that are. Return: 0 or -EINVAL.
 */
int cask_records_check(const struct cask_records *r)
{
	struct cask_record_key before;
	size_t pos = 0, size;

	while (pos < r->len) {
		const __u8 *p = r->data + pos;

		size = record_size(p, r->len - pos);
		if (!size || !cask_le16(p) || (pos && compare(p, &before) <= 0))
			return -EINVAL;
		key_of(p, &before);
		pos += size;
	}
	return 0;
}

/* Where the record is, or would be; its size, or 0. */
static size_t seek(const struct cask_records *r, const struct cask_record_key *key,
		   size_t *ret_size)
{
	size_t pos = 0;

	*ret_size = 0;
	while (pos < r->len) {
		size_t size = record_size(r->data + pos, r->len - pos);
		int order = compare(r->data + pos, key);

		if (order == 0)
			*ret_size = size;
		if (order >= 0)
			break;
		pos += size;
	}
	return pos;
}

/**
 * cask_records_find() - look for a record
 * @r: where
 * @key: of the record
 * @ret_value: points into @r, when true is returned
 *
 * Return: whether it is there.
 */
bool cask_records_find(const struct cask_records *r, const struct cask_record_key *key,
		       struct cask_bytes *ret_value)
{
	size_t size, pos = seek(r, key, &size);

	if (!size)
		return false;
	ret_value->data = r->data + pos + HEAD_SIZE;
	ret_value->len = size - HEAD_SIZE;
	return true;
}

/**
 * cask_records_next() - go through all records
 * @r: where
 * @pos: 0 at first
 * @key: of the record, when true is returned; points into @r
 * @ret_value: of it; points into @r
 *
 * Return: false at the end.
 */
bool cask_records_next(const struct cask_records *r, size_t *pos, struct cask_record_key *key,
		       struct cask_bytes *ret_value)
{
	const __u8 *p = r->data + *pos;
	size_t size;

	if (*pos >= r->len)
		return false;
	size = record_size(p, r->len - *pos);
	key_of(p, key);
	ret_value->data = p + HEAD_SIZE;
	ret_value->len = size - HEAD_SIZE;
	*pos += size;
	return true;
}

/* Make @size bytes of what is at @pos @want bytes; the rest moves. */
static int resize(struct cask_records *r, size_t pos, size_t size, size_t want)
{
	size_t rest = r->len - pos - size;

	if (want > size && want - size > r->capacity - r->len)
		return -ENOSPC;
	memmove(r->data + pos + want, r->data + pos + size, rest);
	/* What was the end may have been a secret. */
	if (want < size)
		memset(r->data + r->len - (size - want), 0, size - want);
	r->len = r->len - size + want;
	return 0;
}

/**
 * cask_records_put() - add a record or replace its value
 * @r: where
 * @key: of the record, not in @r; its kind is not 0
 * @value: not in @r
 * @len: bytes of @value
 *
 * Return: 0; -EINVAL when @value is too long; -ENOSPC, and nothing has changed.
 */
int cask_records_put(struct cask_records *r, const struct cask_record_key *key,
		     const void *value, size_t len)
{
	size_t size, pos = seek(r, key, &size);
	__u8 *p = r->data + pos;
	int ret;

	if (len > CASK_RECORD_MAX || !key->kind)
		return -EINVAL;
	ret = resize(r, pos, size, HEAD_SIZE + len);
	if (ret)
		return ret;
	cask_put_le16(p, key->kind);
	cask_put_le16(p + offsetof(struct cask_record, length), len);
	memcpy(p + offsetof(struct cask_record, issuer), key->issuer, CASK_KID_SIZE);
	memcpy(p + offsetof(struct cask_record, name), key->name, CASK_ID_SIZE);
	memcpy(p + HEAD_SIZE, value, len);
	return 0;
}

/* --- how much a distributor has --- */

/* What a distributor has of an area; bytes. */
struct account {
	const __u8 *issuer;
	size_t rights;
	size_t rest;
};

/* Of the rest so much is taken for granted, so that others can take nothing of it. */
static size_t charge(const struct cask_records *r, const struct account *a)
{
	size_t share = r->capacity / CASK_AREA_SHARE;

	return a->rights + (a->rest > share ? a->rest : share);
}

static void enter(struct account *a, const struct cask_record_key *key, size_t len)
{
	if (key->kind == CASK_RECORD_RIGHT)
		a->rights += HEAD_SIZE + len;
	else
		a->rest += HEAD_SIZE + len;
}

/**
 * cask_records_charge() - what a distributor is charged with
 * @r: where
 * @issuer: CASK_KID_SIZE bytes
 *
 * Rights, and what else it has, which may be what using them takes: its log, its time, its
 * questions. Of that a share is its own, whether it is used or not. Return: bytes.
 */
size_t cask_records_charge(const struct cask_records *r, const __u8 *issuer)
{
	struct account a = { .issuer = issuer };
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0;

	while (cask_records_next(r, &pos, &key, &value))
		if (!memcmp(key.issuer, issuer, CASK_KID_SIZE))
			enter(&a, &key, value.len);
	return charge(r, &a);
}

/* The account of a record's issuer; the last one is of all who have none. */
static struct account *account_of(struct account a[CASK_AREA_ISSUERS + 1], const __u8 *issuer)
{
	unsigned int i;

	for (i = 0; i < CASK_AREA_ISSUERS; i++) {
		if (!a[i].issuer)
			a[i].issuer = issuer;
		if (!memcmp(a[i].issuer, issuer, CASK_KID_SIZE))
			break;
	}
	return &a[i];
}

/**
 * cask_records_leave_room() - whether what a distributor has leaves as much to others
 * @r: where
 * @issuer: CASK_KID_SIZE bytes
 *
 * One may fill half of an area but for the shares, the next half of what that leaves. The shares of
 * all that there can be are left, whoever they are. Return: true when @issuer is charged with no
 * more than is free.
 */
bool cask_records_leave_room(const struct cask_records *r, const __u8 *issuer)
{
	struct account accounts[CASK_AREA_ISSUERS + 1] = { 0 };
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0, all;
	unsigned int i;

	while (cask_records_next(r, &pos, &key, &value))
		enter(account_of(accounts, key.issuer), &key, value.len);
	all = accounts[CASK_AREA_ISSUERS].rights + accounts[CASK_AREA_ISSUERS].rest;
	for (i = 0; i < CASK_AREA_ISSUERS; i++)
		all += charge(r, &accounts[i]);
	return all <= r->capacity && cask_records_charge(r, issuer) <= r->capacity - all;
}

/**
 * cask_records_del() - remove a record
 * @r: where
 * @key: of the record, not in @r
 *
 * Return: 0 or -ENOENT.
 */
int cask_records_del(struct cask_records *r, const struct cask_record_key *key)
{
	size_t size, pos = seek(r, key, &size);

	return size ? resize(r, pos, size, 0) : -ENOENT;
}

/**
 * cask_records_drop() - remove those records that match
 * @r: where
 * @match: tells; what it is given points into @r
 * @arg: for @match
 */
void cask_records_drop(struct cask_records *r, cask_records_match match, const void *arg)
{
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0, here;

	for (here = 0; cask_records_next(r, &pos, &key, &value); here = pos) {
		if (!match(&key, &value, arg))
			continue;
		resize(r, here, pos - here, 0);
		pos = here;
	}
}

/**
 * cask_records_make_room() - for one more of a kind, of which each distributor has only so many
 * @r: where
 * @kind: of records whose value is the counter of the image that they came with
 * @issuer: CASK_KID_SIZE bytes
 * @max: so many; at least one
 *
 * The oldest goes. One whose value is something else is older than all.
 */
void cask_records_make_room(struct cask_records *r, __u16 kind, const __u8 *issuer, unsigned int max)
{
	size_t pos = 0, here, oldest = 0, size = 0;
	__u64 counter, least = ~0ULL;
	struct cask_record_key key;
	struct cask_bytes value;
	unsigned int n = 0;

	for (here = 0; cask_records_next(r, &pos, &key, &value); here = pos) {
		if (key.kind != kind || memcmp(key.issuer, issuer, CASK_KID_SIZE))
			continue;
		n++;
		counter = value.len == sizeof(__le64) ? cask_le64(value.data) : 0;
		if (counter < least) {
			least = counter;
			oldest = here;
			size = pos - here;
		}
	}
	if (n >= max)
		resize(r, oldest, size, 0);
}

/**
 * cask_records_append() - add to the end of a record's value
 * @r: where
 * @key: of the record, not in @r
 * @data: not in @r
 * @len: bytes of @data
 *
 * Return: 0; -ENOENT; -EINVAL when the value would be too long; -ENOSPC; then nothing has
 * changed.
 */
int cask_records_append(struct cask_records *r, const struct cask_record_key *key,
			const void *data, size_t len)
{
	size_t size, pos = seek(r, key, &size);
	int ret;

	if (!size)
		return -ENOENT;
	if (len > CASK_RECORD_MAX || size - HEAD_SIZE > CASK_RECORD_MAX - len)
		return -EINVAL;
	ret = resize(r, pos, size, size + len);
	if (ret)
		return ret;
	memcpy(r->data + pos + size, data, len);
	cask_put_le16(r->data + pos + offsetof(struct cask_record, length), size - HEAD_SIZE + len);
	return 0;
}

/**
 * cask_records_cut() - remove the beginning of a record's value, but for a head of it
 * @r: where
 * @key: of the record, not in @r
 * @head: takes the place of as many bytes that the value begins with; not in @r
 * @head_len: bytes of @head
 * @len: bytes to remove behind it
 *
 * Return: 0; -ENOENT; -EINVAL when the value is not so long, and nothing has changed.
 */
int cask_records_cut(struct cask_records *r, const struct cask_record_key *key,
		     const void *head, size_t head_len, size_t len)
{
	size_t size, pos = seek(r, key, &size);
	__u8 *p = r->data + pos + HEAD_SIZE;
	size_t rest;

	if (!size)
		return -ENOENT;
	if (head_len > size - HEAD_SIZE || len > size - HEAD_SIZE - head_len)
		return -EINVAL;
	rest = size - HEAD_SIZE - head_len - len;
	memcpy(p, head, head_len);
	memmove(p + head_len, p + head_len + len, rest);
	cask_put_le16(r->data + pos + offsetof(struct cask_record, length), head_len + rest);
	return resize(r, pos, size, size - len);
}
