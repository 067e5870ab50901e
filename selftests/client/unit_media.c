// SPDX-License-Identifier: GPL-2.0
/*
 * unit_media.c - what libcask and caskd do for media, without the module: ioctls (a mock of them), and
 * requests that are kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <sys/ioctl.h>

#include "caskd/pending.h"
#include "internal.h"
#include "scratch.h"

/* --- a mock of /dev/cask --- */

static struct {
	unsigned long request;
	int fd;
	int error;
	int result;
	char arg[256] __attribute__((aligned(8)));
	void (*answer)(void *arg);
} mock;

static int device_error;

int cask_device_open(void)
{
	return device_error ? device_error : open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* Of /dev/cask or of a medium; the argument is kept as it came. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	mock.request = request;
	mock.fd = fd;
	memcpy(mock.arg, arg, _IOC_SIZE(request));
	if (mock.error) {
		errno = mock.error;
		return -1;
	}
	if (mock.answer)
		mock.answer(arg);
	return mock.result;
}

static int reset(void **state)
{
	memset(&mock, 0, sizeof(mock));
	device_error = 0;
	return 0;
}

static void draw_number(void *arg)
{
	struct cask_medium_create *create = arg;

	memset(create->number, 7, sizeof(create->number));
}

static void S1_create_asks_the_device(void **state)
{
	struct cask_medium_create create = { .fd = 5, .slot_size = 8192 };
	const struct cask_medium_create *got = (void *)mock.arg;

	mock.answer = draw_number;
	assert_int_equal(cask_medium_create(&create), 0);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_CREATE);
	assert_int_equal(got->fd, 5);
	assert_int_equal(got->slot_size, 8192);
	assert_int_equal(create.number[15], 7);
	mock.error = ENOKEY;
	assert_int_equal(cask_medium_create(&create), -ENOKEY);
	mock.error = EEXIST;
	assert_int_equal(cask_medium_create(&create), -EEXIST);
	device_error = -ENODEV;
	mock.request = 0;
	assert_int_equal(cask_medium_create(&create), -ENODEV);
	assert_int_equal(mock.request, 0);
}

static void S1_open_gives_a_descriptor(void **state)
{
	const struct cask_medium_open *got = (void *)mock.arg;

	mock.result = 42;
	assert_int_equal(cask_medium_open(9), 42);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_OPEN);
	assert_int_equal(got->fd, 9);
	assert_int_equal(got->flags, 0);
	mock.error = ENOKEY;
	assert_int_equal(cask_medium_open(9), -ENOKEY);
}

static void tell_info(void *arg)
{
	struct cask_medium_info *info = arg;

	info->state = CASK_MEDIUM_STALE;
	info->counter = 3;
}

static void S1_info_comes_whole_or_not(void **state)
{
	struct cask_medium_info info;

	memset(&info, 0xa5, sizeof(info));
	mock.error = EBADF;
	assert_int_equal(cask_medium_get_info(7, &info), -EBADF);
	assert_int_equal(info.state, 0xa5a5a5a5);
	reset(NULL);
	mock.answer = tell_info;
	assert_int_equal(cask_medium_get_info(7, &info), 0);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_INFO);
	assert_int_equal(mock.fd, 7);
	for (size_t i = 0; i < sizeof(info); i++)
		assert_int_equal(mock.arg[i], 0);
	assert_int_equal(info.state, CASK_MEDIUM_STALE);
	assert_int_equal(info.counter, 3);
}

static void S3_license_is_asked_for_by_its_index(void **state)
{
	const struct cask_medium_license *got = (void *)mock.arg;
	struct cask_medium_license license;

	assert_int_equal(cask_medium_get_license(7, 11, &license), 0);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_LICENSE);
	assert_int_equal(got->index, 11);
	mock.error = ENOENT;
	assert_int_equal(cask_medium_get_license(7, 12, &license), -ENOENT);
}

static void count_licenses(void *arg)
{
	((struct cask_medium_data *)arg)->licenses = 4;
}

static void S5_statement_and_backup_go_by_address(void **state)
{
	const struct cask_medium_data *got = (void *)mock.arg;
	uint32_t licenses = 0;

	mock.answer = count_licenses;
	assert_int_equal(cask_medium_install(7, "abc", 3), 0);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_INSTALL);
	assert_int_equal(got->len, 3);
	assert_memory_equal((char *)(uintptr_t)got->data, "abc", 3);
	assert_int_equal(cask_medium_restore(7, "abcd", 4, &licenses), 0);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_RESTORE);
	assert_int_equal(got->len, 4);
	assert_int_equal(licenses, 4);
	mock.error = EXDEV;
	licenses = 0;
	assert_int_equal(cask_medium_restore(7, "abcd", 4, &licenses), -EXDEV);
	assert_int_equal(licenses, 0);
	mock.request = 0;
	assert_int_equal(cask_medium_install(7, "", (size_t)CASK_BACKUP_MAX + 1), -EINVAL);
	assert_int_equal(mock.request, 0);
}

static void D9_copies_are_asked_for_by_name(void **state)
{
	static const uint8_t issuer[CASK_KID_SIZE] = { 7, 8 }, id[CASK_ID_SIZE] = { 1, 2, 3 };
	static const struct {
		int (*fn)(int medium, const uint8_t *issuer, const uint8_t *license_id);
		unsigned long request;
	} calls[] = {
		{ cask_medium_export, CASK_IOC_MEDIUM_EXPORT },
		{ cask_medium_check_out, CASK_IOC_MEDIUM_CHECKOUT },
		{ cask_medium_check_in, CASK_IOC_MEDIUM_CHECKIN },
	};
	static const int own[] = { EPERM, EDQUOT, EBUSY, EEXIST, ENOENT, EXDEV, EACCES };
	const struct cask_medium_lend *got = (void *)mock.arg;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		mock.error = 0;
		assert_int_equal(calls[i].fn(7, issuer, id), 0);
		assert_int_equal(mock.request, calls[i].request);
		assert_memory_equal(got->issuer, issuer, sizeof(issuer));
		assert_memory_equal(got->license_id, id, sizeof(id));
		mock.error = EDQUOT;
		assert_int_equal(calls[i].fn(7, issuer, id), -EDQUOT);
	}
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_string_not_equal(cask_medium_lend_strerror(-own[i]), cask_medium_strerror(own[i]));
	assert_string_equal(cask_medium_lend_strerror(EROFS), cask_medium_strerror(EROFS));
}

static void S3_content_opens_on_a_medium(void **state)
{
	static const uint8_t id[CASK_ID_SIZE] = { 1, 2, 3 };
	const struct cask_open *got = (void *)mock.arg;

	mock.result = 33;
	assert_int_equal(cask_open_on_medium(4, 6, id), 33);
	assert_int_equal(mock.request, CASK_IOC_OPEN);
	assert_int_equal(got->flags, CASK_OPEN_MEDIUM);
	assert_int_equal(got->content_fd, 4);
	assert_int_equal(got->medium_fd, 6);
	assert_memory_equal(got->license_id, id, sizeof(id));
	assert_int_equal(cask_open_content(4, NULL), 33);
	assert_int_equal(got->flags, 0);
	assert_int_equal(got->medium_fd, 0);
}

static void S3_errors_have_words(void **state)
{
	static const int own[] = {
		EINVAL, EOPNOTSUPP, EBADMSG, EBADF, EROFS, ENOKEY, ESTALE, EUCLEAN, EXDEV, EEXIST,
		EMSGSIZE, EKEYREVOKED, ENOSPC, ENOENT, EDQUOT,
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		assert_string_not_equal(cask_medium_strerror(own[i]), strerror(own[i]));
		assert_string_equal(cask_medium_strerror(own[i]), cask_medium_strerror(-own[i]));
	}
	assert_string_equal(cask_medium_strerror(EKEYEXPIRED), cask_strerror(EKEYEXPIRED));
	assert_string_not_equal(cask_medium_strerror(EDQUOT), cask_strerror(EDQUOT));
	assert_non_null(strstr(cask_strerror(EDQUOT), "caskctl license list"));
	assert_non_null(strstr(cask_medium_strerror(EUCLEAN), "cask-medium restore"));
}

/* --- requests that are kept --- */

static void S2_answer_is_kept_until_the_end(void **state)
{
	struct pending p = { .owner = 1000, .medium = true, .number = { 9 } }, again = p, other = p;

	assert_int_equal(pending_begin(&p), 0);
	assert_false(p.again);
	p.once = true;
	p.nonce[0] = 5;
	assert_int_equal(pending_answer(&p, "state\nment", 10), 0);
	assert_int_equal(pending_begin(&again), 0);
	assert_true(again.again);
	assert_true(again.once);
	assert_int_equal(again.nonce[0], 5);
	assert_string_equal(again.key, p.key);
	assert_int_equal(again.answer_size, 10);
	assert_memory_equal(again.answer, "state\nment", 10);
	pending_clear(&again);
	/* Another medium, lock, owner or content is another request. */
	other.number[0] = 8;
	assert_int_equal(pending_find(&other), -ENOENT);
	other = (struct pending){ .owner = 1000, .medium = true, .number = { 9 }, .locked = true };
	assert_int_equal(pending_find(&other), -ENOENT);
	other = (struct pending){ .owner = 1001, .medium = true, .number = { 9 } };
	assert_int_equal(pending_find(&other), -ENOENT);
	other = (struct pending){ .owner = 1000 };
	assert_int_equal(pending_find(&other), -ENOENT);
	pending_end(&p);
	assert_int_equal(pending_find(&p), -ENOENT);
}

/* The same request in two connections: one has the answer, and says that it is done with it. */
static void S2_answer_that_is_done_with_stays_so(void **state)
{
	struct pending p = { .owner = 1000, .medium = true, .number = { 10 } }, twin = p;

	assert_int_equal(pending_begin(&p), 0);
	assert_int_equal(pending_begin(&twin), 0);
	assert_int_equal(pending_answer(&p, "statement", 9), 0);
	pending_end(&p);
	assert_int_equal(pending_answer(&twin, "statement", 9), 0);
	assert_int_equal(pending_find(&p), -ENOENT);
	/* Nor does it write over the one after that. */
	assert_int_equal(pending_begin(&p), 0);
	assert_int_equal(pending_answer(&twin, "statement", 9), 0);
	assert_int_equal(pending_find(&p), 0);
	assert_null(p.answer);
	assert_string_not_equal(p.key, twin.key);
	pending_end(&p);
}

static int set_up(void **state)
{
	*state = scratch_new("/tmp");
	return !*state || pending_open(*state);
}

static int tear_down(void **state)
{
	pending_close();
	return scratch_free(*state);
}

#define MOCKED(test)	cmocka_unit_test_setup(test, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MOCKED(S1_create_asks_the_device),
		MOCKED(S1_open_gives_a_descriptor),
		MOCKED(S1_info_comes_whole_or_not),
		MOCKED(S3_license_is_asked_for_by_its_index),
		MOCKED(S5_statement_and_backup_go_by_address),
		MOCKED(D9_copies_are_asked_for_by_name),
		MOCKED(S3_content_opens_on_a_medium),
		cmocka_unit_test(S3_errors_have_words),
		cmocka_unit_test(S2_answer_is_kept_until_the_end),
		cmocka_unit_test(S2_answer_that_is_done_with_stays_so),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("media", tests, set_up, tear_down);
}
