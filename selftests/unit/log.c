// SPDX-License-Identifier: GPL-2.0
/*
 * log.c - logs of uses: what may be logged, reported, acknowledged; and what licenses may say of
 * it.
 */
#include "unit.h"
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "crypto.h"
#include "forge.h"
#include "pairwise.h"
#include "report.h"
#include "../../kmod/area/area.h"

#define ROOM	16384

static const uint8_t issuer[CASK_KID_SIZE] = { 7 }, other[CASK_KID_SIZE] = { 8 };
static const uint8_t series[8] = "series 1";

static struct cask_records records_new(void)
{
	struct cask_records r = { .data = calloc(1, ROOM), .capacity = ROOM };

	assert_non_null(r.data);
	assert_int_equal(cask_log_begin(&r, issuer, series), 0);
	return r;
}

static struct cask_log_entry entry(uint8_t license, uint32_t event, uint64_t amount)
{
	return (struct cask_log_entry){
		.license_id = { license }, .event = htole32(event),
		.unit = htole32(CASK_UNIT_BYTES), .amount = htole64(amount),
	};
}

static int add(struct cask_records *r, uint8_t license, uint32_t event, uint64_t amount,
	       uint64_t max_unreported)
{
	const struct cask_log_entry e = entry(license, event, amount);
	int ret = cask_log_append(r, issuer, &e, max_unreported);

	assert_int_equal(cask_records_check(r), 0);
	return ret;
}

static struct cask_log look(const struct cask_records *r)
{
	struct cask_log log;

	assert_int_equal(cask_log_find(r, issuer, &log), 0);
	return log;
}

static void X4_entries_are_numbered_and_stay(void **state)
{
	struct cask_records r = records_new();
	struct cask_log_entry e = entry(1, CASK_LOG_OPENED, 3);
	struct cask_log log = look(&r);

	assert_int_equal(le64toh(log.place.number), 1);
	assert_int_equal(log.count, 0);
	assert_memory_equal(log.place.series, series, sizeof(series));
	assert_int_equal(add(&r, 1, CASK_LOG_OPENED, 3, 0), 0);
	assert_int_equal(add(&r, 2, CASK_LOG_METERED, 4, 0), 0);
	/* To begin what has begun changes nothing. */
	assert_int_equal(cask_log_begin(&r, issuer, (const uint8_t *)"series 2"), 0);
	log = look(&r);
	assert_int_equal(le64toh(log.place.number), 1);
	assert_int_equal(log.count, 2);
	assert_memory_equal(log.place.series, series, sizeof(series));
	assert_memory_equal(log.entries, &e, sizeof(e));
	free(r.data);
}

static void X4_what_is_acknowledged_is_dropped_once(void **state)
{
	struct cask_records r = records_new();
	struct cask_log log;

	assert_int_equal(cask_log_drop(&r, issuer, series, 1), -ERANGE);
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(add(&r, i + 1, CASK_LOG_OPENED, 1, 0), 0);
	assert_int_equal(cask_log_drop(&r, issuer, series, 6), -ERANGE);
	assert_int_equal(cask_log_drop(&r, issuer, series, UINT64_MAX), -ERANGE);
	assert_int_equal(cask_log_drop(&r, issuer, (const uint8_t *)"series 2", 3), -EL2NSYNC);
	assert_int_equal(cask_log_drop(&r, other, series, 3), -EL2NSYNC);
	assert_int_equal(look(&r).count, 5);
	assert_int_equal(cask_log_drop(&r, issuer, series, 3), 1);
	log = look(&r);
	assert_int_equal(log.count, 2);
	assert_int_equal(le64toh(log.place.number), 4);
	assert_int_equal(log.entries[0], 4);
	/* the same, and an older one */
	assert_int_equal(cask_log_drop(&r, issuer, series, 3), 0);
	assert_int_equal(cask_log_drop(&r, issuer, series, 1), 0);
	assert_int_equal(look(&r).count, 2);
	assert_int_equal(cask_log_drop(&r, issuer, series, 5), 1);
	assert_int_equal(cask_log_drop(&r, issuer, series, 5), 0);
	log = look(&r);
	assert_int_equal(log.count, 0);
	assert_int_equal(le64toh(log.place.number), 6);
	/* numbers go on */
	assert_int_equal(add(&r, 9, CASK_LOG_OPENED, 1, 0), 0);
	assert_int_equal(cask_log_drop(&r, issuer, series, 6), 1);
	free(r.data);
}

static void X4_no_more_than_may_be_unreported(void **state)
{
	struct cask_records r = records_new();

	assert_int_equal(add(&r, 1, CASK_LOG_OPENED, 100, 250), 0);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 100, 250), 0);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 100, 250), -EDQUOT);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 51, 250), -EDQUOT);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 50, 250), 0);
	/* an opening that needs nothing, and another license */
	assert_int_equal(add(&r, 1, CASK_LOG_OPENED, 0, 250), 0);
	assert_int_equal(add(&r, 2, CASK_LOG_OPENED, 250, 250), 0);
	assert_int_equal(add(&r, 2, CASK_LOG_METERED, 251, 250), -EDQUOT);
	/* what is given back may be had again */
	assert_int_equal(add(&r, 1, CASK_LOG_RETURNED, 30, 250), 0);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 31, 250), -EDQUOT);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 30, 250), 0);
	/* and what is acknowledged */
	assert_int_equal(cask_log_drop(&r, issuer, series, 1), 1);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 100, 250), 0);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 1, 250), -EDQUOT);
	free(r.data);
}

/* What was prepaid may be acknowledged before it is given back: that lends nothing. */
static void X4_what_is_given_back_late_lends_nothing(void **state)
{
	struct cask_records r = records_new();

	assert_int_equal(add(&r, 1, CASK_LOG_OPENED, 100, 100), 0);
	assert_int_equal(cask_log_drop(&r, issuer, series, 1), 1);
	assert_int_equal(add(&r, 1, CASK_LOG_RETURNED, 90, 100), 0);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 101, 100), -EDQUOT);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 100, 100), 0);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 1, 100), -EDQUOT);
	free(r.data);
}

static void X4_a_full_log_takes_back_only(void **state)
{
	struct cask_records r = records_new();
	unsigned int i;

	for (i = 0; i < CASK_LOG_USES_MAX; i++)
		assert_int_equal(add(&r, 1, CASK_LOG_OPENED, 1, 0), 0);
	assert_int_equal(add(&r, 1, CASK_LOG_OPENED, 1, 0), -EDQUOT);
	assert_int_equal(add(&r, 1, CASK_LOG_METERED, 1, 0), -EDQUOT);
	for (; i < CASK_LOG_ENTRIES_MAX; i++)
		assert_int_equal(add(&r, 1, CASK_LOG_RETURNED, 1, 0), 0);
	assert_int_equal(add(&r, 1, CASK_LOG_RETURNED, 1, 0), -EDQUOT);
	assert_int_equal(cask_log_drop(&r, issuer, series, CASK_LOG_ENTRIES_MAX), 1);
	assert_int_equal(add(&r, 1, CASK_LOG_OPENED, 1, 0), 0);
	assert_int_equal(le64toh(look(&r).place.number), CASK_LOG_ENTRIES_MAX + 1);
	free(r.data);
}

/* Sealed by this device, and still not what it writes. */
static void X4_a_record_that_is_no_log(void **state)
{
	static const size_t sizes[] = {
		0, sizeof(struct cask_log_place) - 1, sizeof(struct cask_log_place) + 1,
		sizeof(struct cask_log_place) + CASK_LOG_SIZE_MAX + sizeof(struct cask_log_entry),
	};
	static const uint8_t name[CASK_ID_SIZE], zeros[CASK_RECORD_MAX];
	const struct cask_record_key key = { CASK_RECORD_LOG, issuer, name };
	struct cask_records r = { .data = calloc(1, ROOM), .capacity = ROOM };
	struct cask_log log;

	assert_non_null(r.data);
	assert_int_equal(cask_log_find(&r, issuer, &log), -ENOENT);
	assert_int_equal(add(&r, 1, CASK_LOG_OPENED, 1, 0), -ENOENT);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (sizes[i] > CASK_RECORD_MAX)
			continue;
		assert_int_equal(cask_records_put(&r, &key, zeros, sizes[i]), 0);
		assert_int_equal(cask_log_find(&r, issuer, &log), -EIO);
		assert_int_equal(add(&r, 1, CASK_LOG_OPENED, 1, 0), -EIO);
		assert_int_equal(cask_log_drop(&r, issuer, series, 1), -EIO);
	}
	free(r.data);
}

static void X4_no_room(void **state)
{
	struct cask_records r = records_new();

	r.capacity = r.len + sizeof(struct cask_log_entry) - 1;
	assert_int_equal(add(&r, 1, CASK_LOG_OPENED, 1, 0), -ENOSPC);
	assert_int_equal(cask_log_begin(&r, other, series), -ENOSPC);
	assert_int_equal(look(&r).count, 0);
	r.capacity++;
	assert_int_equal(add(&r, 1, CASK_LOG_OPENED, 1, 0), 0);
	free(r.data);
}

/* --- objects --- */

/* The labels and the order of the sections, by hand. */
static void D9_X4_reports_and_acknowledgements(void **state)
{
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	const struct cask_log_entry entries[2] = {
		entry(1, CASK_LOG_OPENED, 5), entry(2, CASK_LOG_RETURNED, 0),
	};
	struct report_word word = { .last = { .series = "series 1", .number = htole64(9) } };
	uint8_t secret[32], key[32], mac[32];
	struct cask_report_view view;
	struct forge_bytes report;

	assert_int_equal(pairwise_derive(d->server_private, d->server_public, secret), 0);
	forge_report(d, d->server_public, &word.last, entries, 2, &report);
	assert_int_equal(report_open(secret, report.data, report.size, &view), 0);
	assert_int_equal(view.number, 9);
	assert_int_equal(view.count, 2);
	assert_memory_equal(view.entries.data, entries, sizeof(entries));
	assert_memory_equal(view.series, "series 1", 8);
	assert_int_equal(report.size, 12 + 5 * 8 + 32 + 32 + 16 + 80 + 32);
	assert_int_equal(crypto_hkdf_expand(secret, "cask/1 report", 13, key, 32), 0);
	assert_int_equal(crypto_hmac_sha256(key, 32, report.data, report.size - 32, mac), 0);
	assert_memory_equal(mac, report.data + report.size - 32, 32);
	for (size_t i = 0; i < report.size; i++) {
		report.data[i] ^= 1;
		assert_true(report_open(secret, report.data, report.size, &view) < 0);
		report.data[i] ^= 1;
	}
	secret[0] ^= 1;
	assert_int_equal(report_open(secret, report.data, report.size, &view), -EBADMSG);
	secret[0] ^= 1;
	forge_free(&report);

	forge_acknowledgement(d, d->server_public, &word, &report);
	assert_int_equal(cask_acknowledgement_parse(&view, report.data, report.size), 0);
	assert_int_equal(view.number, 9);
	assert_int_equal(crypto_hkdf_expand(secret, "cask/1 acknowledge", 18, key, 32), 0);
	assert_int_equal(crypto_hmac_sha256(key, 32, report.data, report.size - 32, mac), 0);
	assert_memory_equal(mac, report.data + report.size - 32, 32);
	/* The one is not the other. */
	assert_int_equal(report_open(secret, report.data, report.size, &view), -EINVAL);
	forge_free(&report);
	forge_distributor_free(d);
}

static void X4_reports_that_are_none(void **state)
{
	static const struct {
		uint64_t number;
		size_t count;
		uint8_t license;
		uint32_t event, unit;
		uint64_t amount;
		int ret;
	} cases[] = {
		{ 1, 1, 1, 1, 0, 0, 0 },
		{ 1, 1, 1, 3, 3, CASK_METER_MAX, 0 },
		{ 0, 1, 1, 1, 0, 0, -EINVAL },
		{ UINT64_MAX - 1, 1, 1, 1, 0, 0, 0 },
		{ UINT64_MAX, 1, 1, 1, 0, 0, -EINVAL },
		{ 1, 0, 1, 1, 0, 0, -EINVAL },
		{ 1, 1, 0, 1, 0, 0, -EINVAL },
		{ 1, 1, 1, 1, 0, CASK_METER_MAX + 1, -EINVAL },
		{ 1, 1, 1, 0, 0, 0, -EOPNOTSUPP },
		{ 1, 1, 1, 4, 0, 0, -EOPNOTSUPP },
		{ 1, 1, 1, 1, 4, 0, -EOPNOTSUPP },
	};
	struct forge_distributor *d = forge_distributor_new(COSE_ALG_ES256);
	struct cask_report_view view;
	struct forge_bytes b;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct cask_log_place place = { .number = htole64(cases[i].number) };
		struct cask_log_entry e = entry(cases[i].license, cases[i].event, cases[i].amount);

		e.unit = htole32(cases[i].unit);
		forge_report(d, d->server_public, &place, &e, cases[i].count, &b);
		assert_int_equal(cask_report_parse(&view, b.data, b.size), cases[i].ret);
		forge_free(&b);
	}
	forge_distributor_free(d);
}

int main(void)
{
	const struct CMUnitTest log[] = {
		cmocka_unit_test(X4_entries_are_numbered_and_stay),
		cmocka_unit_test(X4_what_is_acknowledged_is_dropped_once),
		cmocka_unit_test(X4_no_more_than_may_be_unreported),
		cmocka_unit_test(X4_what_is_given_back_late_lends_nothing),
		cmocka_unit_test(X4_a_full_log_takes_back_only),
		cmocka_unit_test(X4_a_record_that_is_no_log),
		cmocka_unit_test(X4_no_room),
		cmocka_unit_test(D9_X4_reports_and_acknowledgements),
		cmocka_unit_test(X4_reports_that_are_none),
	};

	return run_suite(log);
}
