// SPDX-License-Identifier: GPL-2.0
/*
 * offline.c - how often licenses were opened without word from their distributor, in the secure
 * area.
 *
 * How long the power was off, nobody here can tell (time.c). So a license with a period may say
 * how often it opens before its distributor has to be heard of again: by any statement that it
 * signed later than all those that were known when the count began.
 */
#include "private.h"
#include "area/area.h"

static int read_record(const struct cask_bytes *value, struct cask_offline_record *ret)
{
	if (value->len != sizeof(*ret))
		return -EIO;
	memcpy(ret, value->data, sizeof(*ret));
	return 0;
}

/*
 * The latest word: of this boot, or of an earlier one, which is in what was counted since. The
 * records that have it are never all removed, so it does not fall.
 */
static int latest(const struct cask_anchor *anchor, const struct cask_records *r, u64 *ret_word)
{
	struct cask_offline_record at;
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0;

	*ret_word = cask_anchor_vouched(anchor);
	while (cask_records_next(r, &pos, &key, &value)) {
		if (key.kind != CASK_RECORD_OFFLINE ||
		    memcmp(key.issuer, anchor->issuer, CASK_KID_SIZE))
			continue;
		if (read_record(&value, &at))
			return -EIO;
		*ret_word = max(*ret_word, le64_to_cpu(at.since));
	}
	return 0;
}

/* The latest word, and whose it is. */
struct word {
	const u8 *issuer;
	u64 since;
};

/* What was counted since an earlier word says nothing any more. */
static bool is_before(const struct cask_record_key *key, const struct cask_bytes *value,
		      const void *arg)
{
	const struct word *word = arg;
	struct cask_offline_record at;

	return key->kind == CASK_RECORD_OFFLINE && !memcmp(key->issuer, word->issuer, CASK_KID_SIZE) &&
	       !read_record(value, &at) && le64_to_cpu(at.since) < word->since;
}

/**
 * cask_offline_apply() - count an opening since the distributor's last word, in a transaction
 * @license: to be opened; one that says nothing of it is not counted
 * @records: of the secure area
 *
 * Return: 1; 0 when there is nothing to count; -ENONET when it was opened as often as it may be;
 * -EIO; -ENOSPC.
 */
int cask_offline_apply(const struct cask_license *license, struct cask_records *records)
{
	const struct cask_record_key key = {
		.kind = CASK_RECORD_OFFLINE, .issuer = license->anchor->issuer, .name = license->id,
	};
	struct word word = { .issuer = license->anchor->issuer };
	struct cask_offline_record at = {};
	struct cask_bytes value;
	u64 opens = 0;
	int ret;

	if (license->offline_max == CASK_OPENS_ANY)
		return 0;
	ret = latest(license->anchor, records, &word.since);
	if (ret)
		return ret;
	if (cask_records_find(records, &key, &value) && !read_record(&value, &at) &&
	    le64_to_cpu(at.since) == word.since)
		opens = le64_to_cpu(at.opens);
	if (opens >= license->offline_max)
		return -ENONET;
	at.since = cpu_to_le64(word.since);
	at.opens = cpu_to_le64(opens + 1);
	ret = cask_records_put(records, &key, &at, sizeof(at));
	if (ret)
		return ret;
	cask_records_drop(records, is_before, &word);
	return 1;
}
