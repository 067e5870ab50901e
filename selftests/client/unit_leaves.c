// SPDX-License-Identifier: GPL-2.0
/*
 * unit_leaves.c - what caskd keeps of a distributor's categories: leaves.c, with a server and a module of the
 * test's own. A server that lies fills no disk, and one that stands still holds nobody else.
 */
#include <errno.h>
#include <dirent.h>
#include <endian.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "caskd/block.h"
#include "caskd/download.h"
#include "caskd/leaves.h"
#include "category.h"
#include "file.h"
#include "reply.h"
#include "scratch.h"

static struct cose_signer signer;
static char *dir;
static struct distributor ours = { .bundle = { .issuer = { 1 } } };
static struct distributor others = { .bundle = { .issuer = { 2 } } };
static struct problem problem;

static const struct category *category_of(uint8_t issuer, uint8_t id)
{
	static struct category c;

	c = (struct category){ .id = { id }, .issuer = { issuer }, .scheme = CASK_SCHEME_SUBTREES, .height = 3 };
	return &c;
}

/* --- a server --- */

static struct {
	unsigned int count;	/* of categories, from the first */
	uint8_t first;
	uint8_t says;		/* the category that its leaves are of, 0: the right one */
	uint8_t issuer;		/* whose its leaves are, 0: the right one's */
	uint32_t version;
	unsigned int blocks;	/* that were asked for */
	unsigned int forgotten;
	uint8_t *last;		/* what it sent */
	size_t last_size;
	int keep_error;		/* of the disk */
	bool breaks_off;	/* what it sends of an EKB */
	bool has_more;		/* of an EKB, when the time is over */
	bool is_slow;		/* an EKB takes all the time that there is */
	bool stands_still;	/* as long as there is time, in the midst of an EKB */
	uint8_t stalls;		/* this issuer's server does, until it is let go */
	sem_t stalled;
	sem_t let_go;
} server;

int distributor_place(struct distributor *d, struct request_place *ret_place, struct problem *p)
{
	*ret_place = (struct request_place){ .issuer = d->bundle.issuer };
	return 0;
}

int server_leaves(const struct request_place *place, struct server_leaf *ret_leaves, size_t max,
		  size_t *ret_count, struct problem *p)
{
	if (place->issuer[0] == server.stalls) {
		sem_post(&server.stalled);
		sem_wait(&server.let_go);
	}
	for (unsigned int i = 0; i < server.count; i++) {
		struct server_leaf *leaf = &ret_leaves[i];
		const struct category_leaf fields = { .created = 1, .leaf = 3, .device_key = { 9 } };
		uint8_t id = server.first + i;

		*leaf = (struct server_leaf){ .category = { id }, .version = server.version };
		assert_int_equal(category_leaf(category_of(server.issuer ?: place->issuer[0], server.says ?: id),
					       &signer, &fields, &leaf->statement, &leaf->size), 0);
	}
	*ret_count = server.count;
	return 0;
}

static void await(int64_t seconds)
{
	const struct timespec at = { .tv_sec = seconds };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL))
		;
}

int download_ekb(const struct request_place *place, const struct download_ask *ask,
		 uint8_t **ret_data, size_t *ret_size, struct problem *p)
{
	const struct category_ekb fields = { .version = server.version, .created = 1 };
	uint8_t *statement, *entries;
	size_t size, entries_size;
	uint32_t length;

	server.blocks++;
	assert_int_equal(ask->version, server.version);
	if (server.breaks_off)
		return problem_set(p, 502, "server-unreachable", "it broke off");
	if (server.has_more) {
		problem_set(p, 504, "server-timeout", "there is more to come");
		return 1;
	}
	if (server.is_slow || server.stands_still)
		await(ask->until);
	if (server.stands_still)
		return problem_set(p, 504, "server-timeout", "it stands still");
	assert_int_equal(category_ekb(category_of(place->issuer[0], ask->category[0]), &signer, &fields, &statement,
				      &size, &entries, &entries_size), 0);
	*ret_size = sizeof(length) + size + entries_size;
	*ret_data = malloc(*ret_size);
	assert_non_null(*ret_data);
	length = htole32(size);
	memcpy(*ret_data, &length, sizeof(length));
	memcpy(*ret_data + sizeof(length), statement, size);
	memcpy(*ret_data + sizeof(length) + size, entries, entries_size);
	free(statement);
	free(entries);
	free(server.last);
	server.last = malloc(*ret_size);
	assert_non_null(server.last);
	memcpy(server.last, *ret_data, *ret_size);
	server.last_size = *ret_size;
	return 0;
}

int download_keep(const char *path, struct problem *p)
{
	if (server.keep_error)
		return problem_store(p, server.keep_error, "keeping an EKB");
	assert_int_equal(cask_file_write(path, server.last, server.last_size, 0600), 0);
	return 0;
}

void download_forget(const char *path)
{
	server.forgotten++;
}

/* --- a module --- */

static struct {
	int leaf_error;
	unsigned int refuse_leaves;	/* so many, then none; 0: all, if there is an error */
	int block_error;
	unsigned int refuse_blocks;	/* so many, then none */
	unsigned int leaves;
	unsigned int blocks;
} module;

int netlink_leaf_add(const struct netlink_blob *leaf, struct problem *p)
{
	if (module.leaf_error) {
		const int error = module.leaf_error;

		if (module.refuse_leaves && !--module.refuse_leaves)
			module.leaf_error = 0;
		return problem_kernel(p, error, "taking a place in a category", "");
	}
	module.leaves++;
	return 0;
}

int netlink_ekb_add(const struct netlink_blob *ekb, struct problem *p)
{
	if (module.refuse_blocks) {
		module.refuse_blocks--;
		return problem_kernel(p, module.block_error, "taking an EKB", "");
	}
	module.blocks++;
	return 0;
}

int netlink_ekb_data(uint32_t offset, const struct netlink_blob *data, struct problem *p)
{
	return 0;
}

struct cask_reply *cask_reply_problem_with(unsigned int status, const char *code, json_t *members,
					   const char *format, ...)
{
	return NULL;
}

/* --- what is kept --- */

static unsigned int kept(const char *end)
{
	char path[128];
	struct dirent *entry;
	unsigned int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/categories", dir);
	d = opendir(path);
	assert_non_null(d);
	while ((entry = readdir(d))) {
		size_t length = strlen(entry->d_name), tail = strlen(end);

		n += length > tail && !strcmp(entry->d_name + length - tail, end);
	}
	closedir(d);
	return n;
}

static bool has(uint8_t issuer, uint8_t category, const char *kind)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/categories/%02x%062d.%02x%030d.%s", dir, issuer, 0, category, 0, kind);
	return !access(path, F_OK);
}

static void D6_leaf_and_block_are_fetched_and_kept(void **state)
{
	server.count = 1;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), 0);
	assert_int_equal(module.leaves, 1);
	assert_int_equal(module.blocks, 1);
	assert_true(has(1, 10, "leaf") && has(1, 10, "ekb"));
	leaves_restore();
	assert_int_equal(module.leaves, 2);
	assert_int_equal(module.blocks, 2);
}

static void D6_what_the_module_does_not_take_is_not_kept(void **state)
{
	static const int errors[] = { EKEYREJECTED, ESTALE, EXDEV };

	server.count = 1;
	for (size_t i = 0; i < 3; i++) {
		module.leaf_error = errors[i];
		assert_int_equal(leaves_fetch(&ours, 60, &problem), -1);
		assert_int_equal(problem.error, errors[i]);
		assert_int_equal(kept("leaf") + kept("ekb"), 0);
	}
}

static void D6_leaf_of_another_category_or_distributor_is_none(void **state)
{
	server.count = 1;
	server.says = 99;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), -1);
	assert_string_equal(problem.code, "server-answer");
	server.says = 0;
	server.issuer = 2;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), -1);
	assert_string_equal(problem.code, "server-answer");
	assert_int_equal(module.leaves, 0);
	assert_int_equal(kept("leaf"), 0);
}

/* Others each time; and what was named once is not lost for nothing. */
static void D6_a_server_fills_no_disk(void **state)
{
	server.count = 4;
	for (unsigned int i = 0; i < 20; i++) {
		server.first = 10 + 4 * i;
		assert_int_equal(leaves_fetch(&ours, 60, &problem), 0);
		assert_true(kept("leaf") == (i < 4 ? 4 * (i + 1) : LEAVES_MAX));
		assert_true(kept("ekb") == kept("leaf"));
		for (unsigned int n = 0; n < 4; n++)
			assert_true(has(1, server.first + n, "leaf") && has(1, server.first + n, "ekb"));
	}
	assert_int_equal(server.forgotten, 64);
	/* Another distributor has its own room. */
	assert_int_equal(leaves_fetch(&others, 60, &problem), 0);
	assert_int_equal(kept("leaf"), LEAVES_MAX + 4);
}

static void D6_block_that_the_module_does_not_take_is_fetched_again(void **state)
{
	server.count = 1;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), 0);
	assert_int_equal(server.blocks, 1);
	module.refuse_blocks = 1;
	module.block_error = EBADMSG;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), 0);
	assert_int_equal(server.blocks, 2);
	assert_int_equal(module.blocks, 2);
	/* and one that it takes is not */
	assert_int_equal(leaves_fetch(&ours, 60, &problem), 0);
	assert_int_equal(server.blocks, 2);
}

/* What came waits beside its place until the module has judged it; 22 MB do not come again for want of memory or room. */
static void D6_block_is_forgotten_when_it_is_refused_for_good_only(void **state)
{
	static const struct { int error; bool stays; } errors[] = {
		{ ENOMEM, true }, { ENOKEY, true }, { EKEYREJECTED, false }, { EBADMSG, false }, { EKEYREVOKED, false },
	};

	server.count = 1;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		module.refuse_blocks = 1;
		module.block_error = errors[i].error;
		server.forgotten = 0;
		assert_int_equal(leaves_fetch(&ours, 60, &problem), -1);
		assert_int_equal(problem.error, errors[i].error);
		assert_int_equal(server.forgotten, !errors[i].stays);
		assert_int_equal(kept("ekb"), 0);
	}
	server.forgotten = 0;
	server.keep_error = ENOSPC;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), -1);
	assert_int_equal(problem.error, ENOSPC);
	assert_int_equal(server.forgotten, 0);
	server.keep_error = 0;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), 0);
	assert_int_equal(kept("ekb"), 1);
	/* Nor for what is kept. */
	server.blocks = 0;
	module.refuse_blocks = 1;
	module.block_error = ENOMEM;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), -1);
	assert_int_equal(server.blocks, 0);
}

static void D6_later_block_takes_the_place_of_the_one_before(void **state)
{
	server.count = 1;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), 0);
	server.version = 2;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), 0);
	assert_int_equal(server.blocks, 2);
	assert_int_equal(module.leaves, 2);
	assert_int_equal(kept("leaf") + kept("ekb"), 2);
}

static bool wants_the_first(const uint8_t issuer[CASK_KID_SIZE], const uint8_t category[CASK_ID_SIZE])
{
	return issuer[0] == 1 && category[0] == server.first;
}

static void D6_a_look_brings_the_later_blocks_that_are_wanted(void **state)
{
	server.count = 2;
	assert_int_equal(leaves_look(&ours, wants_the_first, 60, &problem), 0);
	assert_int_equal(server.blocks, 1);
	assert_true(has(1, 10, "leaf") && has(1, 10, "ekb"));
	assert_int_equal(kept("leaf"), 1);
	assert_int_equal(leaves_look(&ours, wants_the_first, 60, &problem), 0);
	assert_int_equal(server.blocks + module.blocks, 2);
	server.version = 2;
	assert_int_equal(leaves_look(&ours, wants_the_first, 60, &problem), 0);
	assert_int_equal(server.blocks, 2);
	assert_int_equal(module.blocks, 2);
	/* Of the other distributor nothing is wanted. */
	assert_int_equal(leaves_look(&others, wants_the_first, 60, &problem), 0);
	assert_int_equal(server.blocks, 2);
}

/* What is still to come is told from what failed: it is gone on with sooner. */
static void D6_what_there_was_no_more_time_for_is_still_to_come(void **state)
{
	server.count = 1;
	server.breaks_off = true;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), -1);
	assert_string_equal(problem.code, "server-unreachable");
	server.breaks_off = false;
	server.has_more = true;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), 1);
	assert_string_equal(problem.code, "server-timeout");
	assert_int_equal(leaves_look(&ours, wants_the_first, 60, &problem), 1);
}

/* Also behind one that the module refuses for good. */
static void D6_what_is_still_to_come_is_not_hidden_by_what_failed(void **state)
{
	server.count = 2;
	server.has_more = true;
	module.refuse_leaves = 1;
	module.leaf_error = EKEYREVOKED;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), 1);
	server.has_more = false;
	server.breaks_off = true;
	module.refuse_leaves = 1;
	module.leaf_error = EKEYREVOKED;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), -1);
	assert_string_equal(problem.code, "server-unreachable");
}

/* However many categories it names; and from what does not come there is nothing to go on with. */
static void D6_a_server_that_stands_still_has_no_more_than_its_time(void **state)
{
	server.count = LEAVES_MAX;
	server.stands_still = true;
	assert_int_equal(leaves_fetch(&ours, 3, &problem), -1);
	assert_string_equal(problem.code, "server-timeout");
	assert_int_equal(server.blocks, 1);
	server.blocks = 0;
	assert_int_equal(leaves_look(&ours, wants_the_first, 0, &problem), -1);
	assert_string_equal(problem.code, "server-timeout");
	assert_int_equal(server.blocks, 0);
}

static void D6_categories_for_which_there_was_no_time_come_in_other_turns(void **state)
{
	server.count = 2;
	server.is_slow = true;
	assert_int_equal(leaves_fetch(&ours, 3, &problem), 1);
	assert_int_equal(kept("ekb"), 1);
	server.is_slow = false;
	assert_int_equal(leaves_fetch(&ours, 60, &problem), 0);
	assert_int_equal(kept("ekb"), 2);
	assert_int_equal(server.blocks, 2);
}

static void *fetch_others(void *unused)
{
	struct problem p;

	return leaves_fetch(&others, 60, &p) ? "failed" : NULL;
}

/* With one lock for all the second would wait for ever here. */
static void D6_a_server_that_stands_still_holds_no_other(void **state)
{
	pthread_t thread;
	void *failed;

	server.count = 1;
	server.stalls = 2;
	assert_int_equal(pthread_create(&thread, NULL, fetch_others, NULL), 0);
	sem_wait(&server.stalled);
	assert_int_equal(leaves_fetch(&ours, 60, &problem), 0);
	sem_post(&server.let_go);
	pthread_join(thread, &failed);
	assert_null(failed);
	assert_true(has(1, 10, "leaf") && has(2, 10, "leaf"));
}

static void D6_a_look_waits_for_no_other_thread_and_a_fetch_in_its_time(void **state)
{
	pthread_t thread;
	void *failed;

	server.stalls = 2;
	assert_int_equal(pthread_create(&thread, NULL, fetch_others, NULL), 0);
	sem_wait(&server.stalled);
	assert_int_equal(leaves_look(&others, wants_the_first, 60, &problem), 1);
	/* For ever, if the wait did not count. */
	assert_int_equal(leaves_fetch(&others, 1, &problem), 1);
	assert_string_equal(problem.code, "server-timeout");
	sem_post(&server.let_go);
	pthread_join(thread, &failed);
	assert_null(failed);
}

static void unfinished_files_are_removed(void **state)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/categories/a.ekb.0.tmp", dir);
	assert_int_equal(cask_file_write(path, "x", 1, 0600), 0);
	leaves_close();
	assert_int_equal(leaves_open(dir), 0);
	assert_int_equal(kept(".tmp"), 0);
}

/* --- the tests --- */

static int set_up(void **state)
{
	memset(&server, 0, sizeof(server));
	memset(&module, 0, sizeof(module));
	memset(&problem, 0, sizeof(problem));
	server.first = 10;
	server.version = 1;
	sem_init(&server.stalled, 0, 0);
	sem_init(&server.let_go, 0, 0);
	dir = scratch_new("/tmp");
	return !dir || leaves_open(dir);
}

static int tear_down(void **state)
{
	leaves_close();
	free(server.last);
	return scratch_free(dir);
}

static int make_signer(void **state)
{
	EVP_PKEY *pkey;

	return cose_generate(COSE_ALG_ES256, &pkey) || cose_signer_init(&signer, pkey);
}

static int free_signer(void **state)
{
	EVP_PKEY_free(signer.pkey);
	return 0;
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(D6_leaf_and_block_are_fetched_and_kept),
		TEST(D6_what_the_module_does_not_take_is_not_kept),
		TEST(D6_leaf_of_another_category_or_distributor_is_none),
		TEST(D6_a_server_fills_no_disk),
		TEST(D6_block_that_the_module_does_not_take_is_fetched_again),
		TEST(D6_block_is_forgotten_when_it_is_refused_for_good_only),
		TEST(D6_later_block_takes_the_place_of_the_one_before),
		TEST(D6_a_server_that_stands_still_holds_no_other),
		TEST(D6_a_look_brings_the_later_blocks_that_are_wanted),
		TEST(D6_what_there_was_no_more_time_for_is_still_to_come),
		TEST(D6_what_is_still_to_come_is_not_hidden_by_what_failed),
		TEST(D6_a_server_that_stands_still_has_no_more_than_its_time),
		TEST(D6_categories_for_which_there_was_no_time_come_in_other_turns),
		TEST(D6_a_look_waits_for_no_other_thread_and_a_fetch_in_its_time),
		TEST(unfinished_files_are_removed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	alarm(60);
	return cmocka_run_group_tests_name("leaves", tests, make_signer, free_signer);
}
