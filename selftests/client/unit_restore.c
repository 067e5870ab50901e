// SPDX-License-Identifier: GPL-2.0
/*
 * unit_restore.c - what caskd tells a module that starts: restore.c, with a module and a store of the test's
 * own. A renewal that the module does not take costs nobody what was there before.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "caskd/leaves.h"
#include "caskd/netlink.h"
#include "caskd/refresh.h"
#include "caskd/restore.h"
#include "caskd/store.h"
#include "reply.h"

static struct {
	struct holding h;
	bool settled;
	int error;		/* that was noted */
} store;

static struct {
	int refuses[3];		/* a version, with this errno */
	bool has[3];
} module;

int store_list_distributors(struct distributor *ret[STORE_DISTRIBUTORS_MAX], size_t *ret_count)
{
	*ret_count = 0;
	return 0;
}

int store_list_licenses(struct holding **ret, size_t *ret_count)
{
	*ret = malloc(sizeof(**ret));
	assert_non_null(*ret);
	**ret = store.h;
	*ret_count = 1;
	return 0;
}

/* A statement is a byte, the version. */
int store_read_license(const struct holding *h, uint8_t **ret_statement, size_t *ret_size)
{
	*ret_statement = malloc(1);
	assert_non_null(*ret_statement);
	**ret_statement = h->beside ? 2 : 1;
	*ret_size = 1;
	return 0;
}

int store_note_license(const struct holding *h, int error)
{
	store.error = error;
	return 0;
}

int store_settle_license(const struct holding *h)
{
	store.settled = true;
	return 0;
}

int netlink_license_add(const struct netlink_blob *license, const uint32_t *owner,
			struct netlink_license *ret_license, struct problem *p)
{
	uint8_t version = *(const uint8_t *)license->data;

	if (module.refuses[version])
		return problem_kernel(p, module.refuses[version], "installing", "");
	module.has[version] = true;
	return 0;
}

int netlink_license_del(const uint8_t issuer[CASK_KID_SIZE], const uint8_t id[CASK_ID_SIZE],
			struct problem *p)
{
	return 0;
}

int distributor_install(const struct distributor *d, struct problem *p) { return 0; }
void distributor_unref(struct distributor *d) {}
void leaves_restore(void) {}
void refresh_wake(void) {}

struct cask_reply *cask_reply_problem_with(unsigned int status, const char *code, json_t *members,
					   const char *format, ...)
{
	return NULL;
}

static int set_up(void **state)
{
	memset(&store, 0, sizeof(store));
	memset(&module, 0, sizeof(module));
	store.h = (struct holding){ .version = 2, .beside = true };
	return 0;
}

static void D10_what_was_renewed_is_installed_and_takes_its_place(void **state)
{
	restore_all();
	assert_true(module.has[2]);
	assert_false(module.has[1]);
	assert_true(store.settled);
	assert_int_equal(store.error, 0);
}

/* Whatever it says to the later one, also what is for good. */
static void D10_what_was_there_is_installed_where_the_renewal_is_not(void **state)
{
	static const int errors[] = { ENOSPC, EKEYREJECTED, EBADMSG };

	for (size_t i = 0; i < 3; i++) {
		set_up(state);
		module.refuses[2] = errors[i];
		restore_all();
		assert_true(module.has[1]);
		assert_false(store.settled);
		assert_int_equal(store.error, errors[i]);
	}
}

static void D8_what_was_not_renewed_is_asked_for_once(void **state)
{
	store.h = (struct holding){ .version = 1 };
	module.refuses[1] = EXDEV;
	restore_all();
	assert_false(store.settled);
	assert_int_equal(store.error, EXDEV);
}

#define TEST(name)	cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(D10_what_was_renewed_is_installed_and_takes_its_place),
		TEST(D10_what_was_there_is_installed_where_the_renewal_is_not),
		TEST(D8_what_was_not_renewed_is_asked_for_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("restore", tests, NULL, NULL);
}
