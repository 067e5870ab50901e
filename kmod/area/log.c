// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * log.c - uses that a distributor wants to know of, until it says that it does.
 *
 * Entries are numbered, and neither change nor go before they are acknowledged: what is
 * given back is an entry of its own. The series is drawn when the log begins, so numbers
 * that begin anew with a log whose record was lost name nothing that was named before.
 */
#include "area.h"

#define ENTRY_SIZE	sizeof(struct cask_log_entry)
#define PLACE_SIZE	sizeof(struct cask_log_place)

_Static_assert(sizeof(struct cask_log_place) == 16, "cask_log_place");
_Static_assert(sizeof(struct cask_log_entry) == 40, "cask_log_entry");
_Static_assert(PLACE_SIZE + CASK_LOG_SIZE_MAX <= CASK_RECORD_MAX, "a record");
_Static_assert(CASK_METER_MAX <= ~0ULL / (CASK_LOG_ENTRIES_MAX + 1), "no sum overflows");

static const __u8 no_name[CASK_ID_SIZE];

static struct cask_record_key key_of(const __u8 *issuer)
{
	return (struct cask_record_key){
		.kind = CASK_RECORD_LOG, .issuer = issuer, .name = no_name,
	};
}

static __u64 first_of(const struct cask_log *log)
{
	return cask_le64((const __u8 *)&log->place.number);
}

/**
 * cask_log_find() - look for a log
 * @r: where
 * @issuer: CASK_KID_SIZE bytes, whose
 * @ret: points into @r, when 0 is returned
 *
 * Return: 0; -ENOENT; -EIO for what is no log.
 */
int cask_log_find(const struct cask_records *r, const __u8 *issuer, struct cask_log *ret)
{
	const struct cask_record_key key = key_of(issuer);
	struct cask_bytes value;
	size_t len;

	if (!cask_records_find(r, &key, &value))
		return -ENOENT;
	if (value.len < PLACE_SIZE)
		return -EIO;
	len = value.len - PLACE_SIZE;
	if (len % ENTRY_SIZE || len > CASK_LOG_SIZE_MAX)
		return -EIO;
	memcpy(&ret->place, value.data, PLACE_SIZE);
	ret->count = len / ENTRY_SIZE;
	ret->entries = value.data + PLACE_SIZE;
	return 0;
}

/**
 * cask_log_begin() - have a log
 * @r: where
 * @issuer: CASK_KID_SIZE bytes, not in @r
 * @series: drawn, of the log if there is none yet
 *
 * Return: 0, -ENOSPC.
 */
int cask_log_begin(struct cask_records *r, const __u8 *issuer, const __u8 *series)
{
	const struct cask_record_key key = key_of(issuer);
	struct cask_log_place place = { 0 };
	struct cask_bytes value;

	if (cask_records_find(r, &key, &value))
		return 0;
	memcpy(place.series, series, sizeof(place.series));
	cask_put_le64((__u8 *)&place.number, 1);
	return cask_records_put(r, &key, &place, sizeof(place));
}

/* Of what is prepaid by a license, as far as it is not given back again, and not acknowledged. */
static __u64 unreported(const struct cask_log *log, const __u8 *license_id)
{
	const __u8 *p, *end = log->entries + log->count * ENTRY_SIZE;
	__u64 sum = 0, amount;

	for (p = log->entries; p < end; p += ENTRY_SIZE) {
		if (memcmp(p + offsetof(struct cask_log_entry, license_id), license_id, CASK_ID_SIZE))
			continue;
		amount = cask_le64(p + offsetof(struct cask_log_entry, amount));
		if (cask_le32(p + offsetof(struct cask_log_entry, event)) != CASK_LOG_RETURNED)
			sum += amount;
		/* What it was prepaid by may be acknowledged. */
		else
			sum -= amount < sum ? amount : sum;
	}
	return sum;
}

/**
 * cask_log_append() - add an entry
 * @r: where
 * @issuer: CASK_KID_SIZE bytes, not in @r: whose log, which has begun
 * @entry: the entry
 * @max_unreported: with it no more than this may be prepaid by the license, 0: no matter
 *
 * Return: 0; -EDQUOT when something has to be acknowledged first; -ENOENT; -EIO; -ENOSPC;
 * then nothing has changed.
 */
int cask_log_append(struct cask_records *r, const __u8 *issuer,
		    const struct cask_log_entry *entry, __u64 max_unreported)
{
	bool returned = cask_le32((const __u8 *)&entry->event) == CASK_LOG_RETURNED;
	__u64 sum, amount = cask_le64((const __u8 *)&entry->amount);
	const struct cask_record_key key = key_of(issuer);
	struct cask_log log;
	int ret = cask_log_find(r, issuer, &log);

	if (ret)
		return ret;
	if (log.count >= (returned ? CASK_LOG_ENTRIES_MAX : CASK_LOG_USES_MAX))
		return -EDQUOT;
	if (max_unreported && !returned && amount) {
		sum = unreported(&log, entry->license_id);
		if (amount > max_unreported || sum > max_unreported - amount)
			return -EDQUOT;
	}
	return cask_records_append(r, &key, entry, sizeof(*entry));
}

/**
 * cask_log_drop() - entries are on record elsewhere
 * @r: where
 * @issuer: CASK_KID_SIZE bytes, not in @r: whose log
 * @series: of the log
 * @last: number of the last of them
 *
 * Return: 1; 0 when they were dropped before; -EL2NSYNC when they are of another log;
 * -ERANGE when there was no such entry; -EIO.
 */
int cask_log_drop(struct cask_records *r, const __u8 *issuer, const __u8 *series, __u64 last)
{
	const struct cask_record_key key = key_of(issuer);
	struct cask_log_place place;
	struct cask_log log;
	__u64 first, drop;
	int ret = cask_log_find(r, issuer, &log);

	if (ret == -ENOENT)
		return -EL2NSYNC;
	if (ret)
		return ret;
	if (memcmp(log.place.series, series, sizeof(log.place.series)))
		return -EL2NSYNC;
	first = first_of(&log);
	if (last < first)
		return 0;
	drop = last - first;
	if (drop >= log.count)
		return -ERANGE;
	drop++;
	place = log.place;
	cask_put_le64((__u8 *)&place.number, first + drop);
	ret = cask_records_cut(r, &key, &place, sizeof(place), drop * ENTRY_SIZE);
	return ret ? ret : 1;
}
