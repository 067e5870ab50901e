// SPDX-License-Identifier: GPL-2.0
/*
 * unit_ask.c - how caskd gets a license: acquire.c, ask.c and pending.c, with a server, a module
 * and a store of the test's own. What is paid for arrives, whatever comes between.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "caskd/api.h"
#include "caskd/ask.h"
#include "caskd/netlink.h"
#include "caskd/reanchor.h"
#include "caskd/refresh.h"
#include "caskd/restore.h"
#include "caskd/store.h"
#include "caskd/synchronise.h"
#include "reply.h"
#include "scratch.h"

/* The first byte of an id says what it is of. */
enum { FREE = 1, COUNTED, CLASS, PRICED, STEPPED };

/* What a server sends here. */
struct statement {
	struct holding h;
	bool once;
	uint8_t nonce[CASK_NONCE_SIZE];
	unsigned int series;	/* of a step, 0 without one */
	bool badly_signed;
};

#define MANY	256

/* --- a server --- */

static struct {
	unsigned int asked;
	unsigned int granted;
	bool requests_get_lost;
	bool answers_get_lost;
	unsigned int series;	/* that it agreed on, 0: none */
	bool does_not_agree;
	struct answered {
		char key[PENDING_KEY_SIZE];
		struct statement s;
	} answered[MANY];
	uint64_t price;			/* of what is PRICED */
	uint64_t charged;
	const char *payer;		/* whose session it was that paid last */
	void (*meanwhile)(void);	/* called once, before the next request is looked at */
	uint32_t version;		/* of what was renewed last */
	bool renewed_is_nobodys;	/* it answers a nonce that was not drawn */
	bool signs_badly;
	char term[PENDING_TERM_MAX + 1];	/* that was asked for last */
} server;

static struct statement *grant(const struct pending *request)
{
	struct answered *a = &server.answered[server.granted++];

	strcpy(a->key, request->key);
	memcpy(a->s.h.content_id, request->content_id, CASK_ID_SIZE);
	memcpy(a->s.h.license_id, &server.granted, sizeof(server.granted));
	a->s.h.operations = request->content_id[0] == CLASS ? CASK_OPERATION_MEDIUM :
							      CASK_OPERATION_FILE;
	a->s.once = request->once;
	memcpy(a->s.nonce, request->nonce, CASK_NONCE_SIZE);
	a->s.series = request->content_id[0] == STEPPED ? server.series : 0;
	a->s.badly_signed = server.signs_badly;
	return &a->s;
}

static struct statement *find_answer(const struct pending *request)
{
	for (unsigned int i = 0; i < server.granted; i++)
		if (!strcmp(server.answered[i].key, request->key))
			return &server.answered[i].s;
	return NULL;
}

int server_license_new(const struct request_place *place, const struct pending *request,
		       uint8_t **ret_statement, size_t *ret_size, struct problem *p)
{
	void (*meanwhile)(void) = server.meanwhile;
	struct statement *s;

	server.asked++;
	server.meanwhile = NULL;
	if (meanwhile)
		meanwhile();
	if (server.requests_get_lost)
		return problem_set(p, 502, "server-unreachable", "gone");
	s = find_answer(request);
	if (!s && request->content_id[0] == COUNTED && !request->once) {
		problem_set(p, 409, "nonce-wanted", "it counts");
		p->settled = SETTLED;
		return -1;
	}
	if (!s && request->content_id[0] == PRICED && request->price != server.price) {
		problem_set(p, 402, "price", "it has a price");
		p->settled = SETTLED;
		return -1;
	}
	if (!s && request->content_id[0] == STEPPED && !server.series) {
		problem_set(p, 409, "synchronisation-wanted", "it takes a step");
		p->settled = SETTLED;
		return -1;
	}
	if (!s && request->price)
		server.payer = request->session;
	if (!s)
		server.charged += request->price;
	s = s ? s : grant(request);
	if (server.answers_get_lost)
		return problem_set(p, 502, "server-unreachable", "gone");
	*ret_statement = malloc(sizeof(*s));
	assert_non_null(*ret_statement);
	memcpy(*ret_statement, s, sizeof(*s));
	*ret_size = sizeof(*s);
	return 0;
}

/* What is PRICED is renewed for its price, how often is the quantity. */
int server_license_renew(const struct request_place *place, const struct pending *request,
			 uint8_t **ret_statement, size_t *ret_size, struct problem *p)
{
	struct statement *s = find_answer(request);
	void (*meanwhile)(void) = server.meanwhile;

	server.asked++;
	server.meanwhile = NULL;
	if (meanwhile)
		meanwhile();
	if (server.requests_get_lost)
		return problem_set(p, 502, "server-unreachable", "gone");
	if (!s && request->price != server.price * request->quantity) {
		problem_set(p, 402, "price", "it has a price");
		p->settled = SETTLED;
		return -1;
	}
	if (!s) {
		server.payer = request->session;
		server.charged += request->price;
		s = grant(request);
		memcpy(s->h.license_id, request->license_id, CASK_ID_SIZE);
		s->h.version = ++server.version;
		s->once = server.renewed_is_nobodys;
	}
	strcpy(server.term, request->term);
	if (server.answers_get_lost)
		return problem_set(p, 502, "server-unreachable", "gone");
	*ret_statement = malloc(sizeof(*s));
	assert_non_null(*ret_statement);
	memcpy(*ret_statement, s, sizeof(*s));
	*ret_size = sizeof(*s);
	return 0;
}

int distributor_place(struct distributor *d, struct request_place *ret_place, struct problem *p)
{
	memset(ret_place, 0, sizeof(*ret_place));
	return 0;
}

int holding_read(const void *statement, size_t size, struct holding *ret)
{
	*ret = ((const struct statement *)statement)->h;
	return 0;
}

/* --- a module --- */

#define MODULE_NONCES	64

static struct {
	unsigned int drawn;
	unsigned int forgotten;
	unsigned int nonce_count;
	uint8_t nonces[MODULE_NONCES][CASK_NONCE_SIZE];
	bool has[MANY];		/* licenses, by number */
	uint32_t version[MANY];	/* of them */
	unsigned int series;	/* that was agreed on */
} module;

static unsigned int number_of(const uint8_t id[CASK_ID_SIZE])
{
	unsigned int n;

	memcpy(&n, id, sizeof(n));
	return n;
}

static bool take_nonce(const uint8_t *nonce)
{
	for (unsigned int i = 0; i < module.nonce_count; i++) {
		if (memcmp(module.nonces[i], nonce, CASK_NONCE_SIZE))
			continue;
		memmove(module.nonces[i], module.nonces[i + 1],
			(--module.nonce_count - i) * CASK_NONCE_SIZE);
		return true;
	}
	return false;
}

int netlink_nonce_new(const uint8_t issuer[CASK_KID_SIZE], uint8_t ret_nonce[CASK_NONCE_SIZE],
		      struct problem *p)
{
	if (module.nonce_count == MODULE_NONCES) {
		take_nonce(module.nonces[0]);
		module.forgotten++;
	}
	memset(ret_nonce, 0, CASK_NONCE_SIZE);
	module.drawn++;
	memcpy(ret_nonce, &module.drawn, sizeof(module.drawn));
	memcpy(module.nonces[module.nonce_count++], ret_nonce, CASK_NONCE_SIZE);
	return 0;
}

int netlink_nonce_del(const uint8_t issuer[CASK_KID_SIZE], const uint8_t nonce[CASK_NONCE_SIZE],
		      struct problem *p)
{
	return take_nonce(nonce) ? 0 : problem_kernel(p, ENOENT, "", "");
}

int netlink_license_add(const struct netlink_blob *license, const uint32_t *owner,
			struct netlink_license *ret_license, struct problem *p)
{
	const struct statement *s = license->data;
	unsigned int n = number_of(s->h.license_id);
	bool *has = &module.has[n];

	if (s->badly_signed)
		return problem_kernel(p, EKEYREJECTED, "installing", "");
	if (*has && s->h.version > module.version[n] && s->once && !take_nonce(s->nonce))
		return problem_kernel(p, EKEYREVOKED, "installing", "");
	if (!*has && s->once && !take_nonce(s->nonce))
		return problem_kernel(p, EKEYREVOKED, "installing", "");
	if (!*has && s->series != 0 && s->series != module.series)
		return problem_kernel(p, EL2NSYNC, "installing", "");
	*has = true;
	module.version[n] = s->h.version;
	return 0;
}

int netlink_license_get(const uint8_t issuer[CASK_KID_SIZE], const uint8_t id[CASK_ID_SIZE],
			struct netlink_license *ret_license, struct problem *p)
{
	return module.has[number_of(id)] ? 0 : problem_kernel(p, ENOENT, "", "");
}

bool synchronise_may_help(const struct problem *p)
{
	return !strcmp(p->code, "synchronisation-wanted");
}

int synchronise_distributor(struct distributor *d, struct problem *p)
{
	if (server.does_not_agree)
		return problem_set(p, 502, "server-unreachable", "gone");
	server.series += !server.series;
	module.series = server.series;
	return 0;
}

bool reanchor_may_help(const struct problem *p) { return false; }
bool reanchor_mends(struct distributor *d, struct problem *p) { return false; }
bool refresh_may_help(const struct problem *p) { return false; }
int refresh_distributor(struct distributor *d) { return -1; }
void refresh_wake(void) {}

/* --- a store --- */

static struct {
	unsigned int count;
	struct statement list[MANY];
	struct statement before[MANY];	/* what lies beside, in the list, renews this */
} store;

static struct statement *find_held(const struct holding *h)
{
	for (unsigned int i = 0; i < store.count; i++)
		if (!memcmp(store.list[i].h.license_id, h->license_id, CASK_ID_SIZE))
			return &store.list[i];
	return NULL;
}

int store_room(const uint32_t *owner)
{
	return 0;
}

int store_put_license(const struct holding *h, const void *statement, size_t size)
{
	struct statement *there = find_held(h);

	if (there && h->version > there->h.version) {
		if (!there->h.beside)
			store.before[there - store.list] = *there;
		*there = *(const struct statement *)statement;
		there->h = *h;
		there->h.beside = true;
		return 0;
	}
	if (there)
		return STORE_HAD_IT;
	store.list[store.count] = *(const struct statement *)statement;
	store.list[store.count++].h = *h;
	return 0;
}

int store_read_license(const struct holding *h, uint8_t **ret_statement, size_t *ret_size)
{
	*ret_size = sizeof(struct statement);
	*ret_statement = malloc(*ret_size);
	assert_non_null(*ret_statement);
	memcpy(*ret_statement, find_held(h), *ret_size);
	return 0;
}

int store_put_back(const struct holding *h)
{
	struct statement *there = find_held(h);

	assert_true(there->h.beside);
	*there = store.before[there - store.list];
	return 0;
}

int store_remove_license(const struct holding *h)
{
	struct statement *s = find_held(h);

	assert_non_null(s);
	*s = store.list[--store.count];
	return 0;
}

int store_list_licenses(struct holding **ret, size_t *ret_count)
{
	*ret = calloc(store.count + 1, sizeof(**ret));
	assert_non_null(*ret);
	for (unsigned int i = 0; i < store.count; i++)
		(*ret)[i] = store.list[i].h;
	*ret_count = store.count;
	return 0;
}

void restore_note(const struct holding *h, int error)
{
	find_held(h)->h.error = error;
	if (!error)
		find_held(h)->h.beside = false;
}

struct cask_reply *cask_reply_problem_with(unsigned int status, const char *code, json_t *members,
					   const char *format, ...)
{
	return NULL;
}

/* --- a disk that removes nothing --- */

static bool stuck;

int unlink(const char *path)
{
	if (stuck) {
		errno = EROFS;
		return -1;
	}
	return syscall(SYS_unlink, path);
}

/* --- calls --- */

static struct distributor distributor;
static struct problem problem;
static const uint32_t nobody = 65534;

/* A session is called by the id of its user. */
static int buy_as(const char *user, uint8_t which, uint64_t price, struct holding *ret)
{
	const struct acquire_wish wish = { .content_id = { PRICED, which }, .owner = &nobody,
					   .price = price, .user = user, .session = user };

	return acquire_license(&distributor, &wish, ret, &problem);
}

static int buy(uint8_t which, uint64_t price, struct holding *ret)
{
	return buy_as(NULL, which, price, ret);
}

static int renew_as(const char *user, const struct holding *h, const char *term, uint32_t quantity,
		    uint64_t price, struct holding *ret)
{
	struct renewal_wish wish = { .license = h, .quantity = quantity, .price = price,
				     .user = user, .session = user };

	strcpy(wish.term, term);
	return acquire_renewal(&distributor, &wish, ret, &problem);
}

static int renew(const struct holding *h, const char *term, uint32_t quantity, uint64_t price,
		 struct holding *ret)
{
	return renew_as(NULL, h, term, quantity, price, ret);
}

static int get(uint8_t kind, uint8_t which, const uint32_t *owner, struct holding *ret)
{
	const struct acquire_wish wish = { .content_id = { kind, which }, .owner = owner };

	return acquire_license(&distributor, &wish, ret, &problem);
}

static int get_class(uint8_t kind, uint8_t which, uint32_t asker, struct holding *ret)
{
	const uint8_t id[CASK_ID_SIZE] = { kind, which };

	return acquire_class(&distributor, id, asker, ret, &problem);
}

/* What DELETE of a license does. */
static void discard(const struct holding *h)
{
	module.has[number_of(h->license_id)] = false;
	assert_int_equal(store_remove_license(h), 0);
}

static void license_that_counts_comes_once(void **state)
{
	struct holding h;

	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(server.granted, 1);
	assert_int_equal(server.asked, 2);
	assert_int_equal(module.nonce_count, 0);
}

static void lost_answer_is_the_same_license(void **state)
{
	struct holding h;

	server.answers_get_lost = true;
	assert_int_equal(get(COUNTED, 0, NULL, &h), -1);
	assert_int_equal(get(COUNTED, 0, NULL, &h), -1);
	server.answers_get_lost = false;
	assert_int_equal(get(COUNTED, 0, NULL, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(server.granted, 1);
}

static void price_that_is_agreed_to_is_paid_once(void **state)
{
	struct holding h;

	server.price = 499;
	assert_int_equal(buy(0, 0, &h), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(buy(0, 498, &h), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(server.granted, 0);
	server.answers_get_lost = true;
	assert_int_equal(buy(0, 499, &h), -1);
	server.answers_get_lost = false;
	assert_int_equal(buy(0, 499, &h), 0);
	assert_int_equal(server.granted, 1);
	assert_int_equal(server.charged, 499);
}

/* What went out is settled first, at the price that it went out with. */
static void price_that_changes_meanwhile_is_not_paid(void **state)
{
	struct holding h;

	server.price = 499;
	server.answers_get_lost = true;
	assert_int_equal(buy(0, 499, &h), -1);
	server.answers_get_lost = false;
	server.price = 500;
	assert_int_equal(buy(0, 500, &h), 0);
	assert_int_equal(server.granted, 1);
	assert_int_equal(server.charged, 499);
}

/* The call before did not come through, and this one agrees to what that did not. */
static void price_of_this_call_counts_after_one_that_came_to_nothing(void **state)
{
	struct pending before = { .owner = nobody, .content_id = { PRICED } };
	struct holding h;

	server.price = 499;
	assert_int_equal(pending_begin(&before), 0);
	assert_int_equal(buy(0, 499, &h), 0);
	assert_int_equal(server.granted, 1);
	assert_int_equal(server.charged, 499);
}

/* On one machine, by one uid: what Anna agreed to is neither charged to Bert nor lost to Anna. */
static void D11_nobody_pays_what_another_user_agreed_to(void **state)
{
	struct holding h;

	server.price = 499;
	server.requests_get_lost = true;
	assert_int_equal(buy_as("anna", 0, 499, &h), -1);
	assert_string_equal(problem.code, "server-unreachable");
	server.requests_get_lost = false;
	assert_int_equal(buy_as("bert", 0, 0, &h), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(buy(0, 0, &h), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(server.charged, 0);
	assert_int_equal(buy_as("anna", 0, 0, &h), 0);
	assert_int_equal(server.charged, 499);
	assert_string_equal(server.payer, "anna");
}

static void D11_nor_the_renewal_that_another_agreed_to(void **state)
{
	struct holding h, renewed;

	server.price = 499;
	assert_int_equal(buy(1, 499, &h), 0);
	server.requests_get_lost = true;
	assert_int_equal(renew_as("anna", &h, "month", 1, 499, &renewed), -1);
	server.requests_get_lost = false;
	assert_int_equal(renew_as("bert", &h, "month", 1, 0, &renewed), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(server.charged, 499);
	assert_int_equal(renew_as("anna", &h, "month", 1, 499, &renewed), 0);
	assert_int_equal(server.charged, 2 * 499);
	assert_string_equal(server.payer, "anna");
}

static void D10_renewal_comes_once(void **state)
{
	struct holding h, renewed;

	server.price = 499;
	assert_int_equal(buy(1, 499, &h), 0);
	server.answers_get_lost = true;
	assert_int_equal(renew(&h, "a @ month$", 2, 998, &renewed), -1);
	assert_string_equal(problem.code, "server-unreachable");
	assert_int_equal(server.charged, 3 * 499);
	server.answers_get_lost = false;
	/* Asked for anew, with what it was asked for with, also for another term. */
	assert_int_equal(renew(&h, "year", 1, 499, &renewed), 0);
	assert_string_equal(server.term, "a @ month$");
	assert_int_equal(server.charged, 3 * 499);
	assert_int_equal(renewed.version, 1);
	assert_int_equal(store.count, 1);
	assert_memory_equal(renewed.license_id, h.license_id, CASK_ID_SIZE);
	/* The next is another. */
	assert_int_equal(renew(&h, "year", 1, 499, &renewed), 0);
	assert_string_equal(server.term, "year");
	assert_int_equal(renewed.version, 2);
	assert_int_equal(server.charged, 4 * 499);
}

/* It came to nothing, and this one wants something else. */
static void D10_refusal_of_an_earlier_renewal_is_none_of_this(void **state)
{
	struct holding h, renewed;

	server.price = 499;
	assert_int_equal(buy(1, 499, &h), 0);
	assert_int_equal(renew(&h, "month", 1, 498, &renewed), -1);
	assert_string_equal(problem.code, "price");
	assert_int_equal(renew(&h, "month", 3, 3 * 499, &renewed), 0);
	assert_int_equal(server.charged, 4 * 499);
}

static void D10_what_no_module_takes_gives_way_to_what_was_there(void **state)
{
	struct holding h, renewed;

	server.price = 499;
	assert_int_equal(buy(1, 499, &h), 0);
	server.renewed_is_nobodys = true;
	assert_int_equal(renew(&h, "month", 1, 499, &renewed), -1);
	assert_string_equal(problem.code, "kernel");
	assert_int_equal(problem.error, EKEYREVOKED);
	assert_int_equal(store.count, 1);
	assert_int_equal(store.list[0].h.version, 0);
	server.renewed_is_nobodys = false;
	assert_int_equal(renew(&h, "month", 1, 499, &renewed), 0);
	assert_false(store.list[0].h.beside);
}

/* Another connection, while the server is asked. */
static struct {
	pthread_t thread;
	atomic_int tid;
	struct holding license;
	const char *term;
	struct holding renewed;
	int result;
} twin;

static void *renew_too(void *unused)
{
	struct renewal_wish wish = { .license = &twin.license, .quantity = 1, .price = 499 };
	struct problem p;

	strcpy(wish.term, twin.term);
	twin.tid = gettid();
	twin.result = acquire_renewal(&distributor, &wish, &twin.renewed, &p);
	return NULL;
}

/* Whether the thread waits for something, or has ended. */
static bool waits(int tid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "r");
	if (!file)
		return true;
	assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
	fclose(file);
	return state == 'S';
}

static void another_connection(void)
{
	assert_int_equal(pthread_create(&twin.thread, NULL, renew_too, NULL), 0);
	while (!twin.tid || !waits(twin.tid))
		sched_yield();
}

/* Two players, or a second click. */
static void D11_the_same_renewal_twice_at_once_is_one(void **state)
{
	struct holding h, renewed;

	server.price = 499;
	assert_int_equal(buy(1, 499, &h), 0);
	twin.license = h;
	twin.term = "month";
	server.meanwhile = another_connection;
	assert_int_equal(renew(&h, "month", 1, 499, &renewed), 0);
	pthread_join(twin.thread, NULL);
	assert_int_equal(twin.result, 0);
	assert_int_equal(renewed.version, 1);
	assert_int_equal(twin.renewed.version, 1);
	assert_int_equal(server.charged, 2 * 499);
}

static void D10_another_renewal_comes_after_the_one_under_way(void **state)
{
	struct holding h, renewed;

	server.price = 499;
	assert_int_equal(buy(1, 499, &h), 0);
	twin.license = h;
	twin.term = "year";
	server.meanwhile = another_connection;
	assert_int_equal(renew(&h, "month", 1, 499, &renewed), 0);
	pthread_join(twin.thread, NULL);
	assert_int_equal(twin.result, 0);
	assert_int_equal(renewed.version, 1);
	assert_int_equal(twin.renewed.version, 2);
	assert_string_equal(server.term, "year");
	assert_int_equal(server.charged, 3 * 499);
}

static void what_is_not_believed_is_followed_by_one_other(void **state)
{
	struct holding first, second, third;

	server.signs_badly = true;
	assert_int_equal(get(FREE, 0, &nobody, &first), 0);
	assert_int_equal(first.error, EKEYREJECTED);
	assert_int_equal(get(FREE, 0, &nobody, &second), 0);
	assert_int_equal(second.error, EKEYREJECTED);
	assert_int_equal(server.granted, 2);
	assert_int_equal(store.count, 2);
	/* The fault is not theirs. */
	assert_int_equal(get(FREE, 0, &nobody, &third), 0);
	assert_int_equal(third.error, EKEYREJECTED);
	assert_int_equal(server.granted, 2);
	discard(&second);
	server.signs_badly = false;
	assert_int_equal(get(FREE, 0, &nobody, &third), 0);
	assert_int_equal(third.error, 0);
	assert_int_equal(server.granted, 3);
	/* It took the place of the one that was kept till then. */
	assert_int_equal(store.count, 1);
	assert_memory_equal(store.list[0].h.license_id, third.license_id, CASK_ID_SIZE);
}

static void what_is_not_believed_stays_until_another_is_there(void **state)
{
	struct holding h;

	server.price = 499;
	server.signs_badly = true;
	assert_int_equal(buy(0, 499, &h), 0);
	assert_int_equal(h.error, EKEYREJECTED);
	/* Another costs as much, and nobody agreed to that. */
	assert_int_equal(buy(0, 0, &h), -1);
	assert_string_equal(problem.code, "price");
	server.answers_get_lost = true;
	assert_int_equal(buy(0, 499, &h), -1);
	assert_string_equal(problem.code, "server-unreachable");
	assert_int_equal(store.count, 1);
	assert_int_equal(store.list[0].h.error, EKEYREJECTED);
}

static void K6_what_takes_a_step_is_agreed_on_first(void **state)
{
	struct holding h;

	assert_int_equal(get(STEPPED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(server.asked, 2);
	assert_int_equal(server.granted, 1);
	assert_int_equal(server.series, 1);
	/* and the next one finds it so */
	assert_int_equal(get(STEPPED, 1, &nobody, &h), 0);
	assert_int_equal(server.asked, 3);
	assert_int_equal(server.series, 1);
}

static void K6_nothing_is_asked_for_without_agreement(void **state)
{
	struct holding h;

	server.does_not_agree = true;
	assert_int_equal(get(STEPPED, 0, &nobody, &h), -1);
	assert_string_equal(problem.code, "server-unreachable");
	assert_int_equal(server.granted, 0);
	server.does_not_agree = false;
	assert_int_equal(get(STEPPED, 0, &nobody, &h), 0);
	assert_int_equal(server.granted, 1);
}

/* Too many were lost, or the module never heard of it: agree anew, and install what came. */
static void K6_D11_what_is_out_of_step_is_not_asked_for_twice(void **state)
{
	struct holding h;

	assert_int_equal(get(STEPPED, 0, &nobody, &h), 0);
	module.series = 0;
	assert_int_equal(get(STEPPED, 1, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(server.granted, 2);
	assert_int_equal(store.count, 2);
}

/* It waits for the server, and is what the next call gets. */
static void K6_D11_what_stays_out_of_step_is_kept(void **state)
{
	struct holding h, again;

	assert_int_equal(get(STEPPED, 0, &nobody, &h), 0);
	module.series = 0;
	server.does_not_agree = true;
	assert_int_equal(get(STEPPED, 1, &nobody, &h), 0);
	assert_int_equal(h.error, EL2NSYNC);
	assert_int_equal(get(STEPPED, 1, &nobody, &again), 0);
	assert_int_equal(again.error, EL2NSYNC);
	server.does_not_agree = false;
	assert_int_equal(get(STEPPED, 1, &nobody, &again), 0);
	assert_int_equal(again.error, 0);
	assert_memory_equal(again.license_id, h.license_id, sizeof(h.license_id));
	assert_int_equal(server.granted, 2);
}

/* Of a series that was given up: agreeing is in vain, and what is of no use is not kept. */
static void K6_what_no_agreement_brings_back_is_given_up(void **state)
{
	struct holding h;

	assert_int_equal(get(STEPPED, 0, &nobody, &h), 0);
	module.series = 0;
	server.does_not_agree = true;
	assert_int_equal(get(STEPPED, 1, &nobody, &h), 0);
	server.does_not_agree = false;
	server.series = 2;
	assert_int_equal(get(STEPPED, 1, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(server.granted, 3);
}

/* For the same id, of each kind that there is. */
static void class_does_not_end_what_root_asked_for(void **state)
{
	static const uint8_t kinds[] = { FREE, COUNTED };

	for (size_t i = 0; i < sizeof(kinds); i++) {
		unsigned int before = server.granted, number;
		struct holding h, other;

		server.answers_get_lost = true;
		assert_int_equal(get(kinds[i], 0, NULL, &h), -1);
		server.answers_get_lost = false;
		number = server.granted;
		assert_int_equal(number, before + 1);
		assert_int_equal(get_class(kinds[i], 0, nobody, &other), -1);
		assert_int_equal(get(kinds[i], 0, NULL, &h), 0);
		assert_int_equal(h.error, 0);
		assert_int_equal(number_of(h.license_id), number);
	}
}

static void class_is_the_machines(void **state)
{
	struct holding h;

	server.answers_get_lost = true;
	assert_int_equal(get_class(CLASS, 0, nobody, &h), -1);
	server.answers_get_lost = false;
	assert_int_equal(get_class(CLASS, 0, nobody, &h), 0);
	assert_true(h.machine);
	assert_int_equal(server.granted, 1);
	/* Nobody else asks for it. */
	assert_int_equal(get_class(CLASS, 0, 1000, &h), 0);
	assert_int_equal(server.asked, 2);
	assert_int_equal(module.drawn, 0);
}

/* Killed between installing it and forgetting the request; then its owner removes it. */
static void removed_license_is_followed_by_another(void **state)
{
	struct holding h;

	stuck = true;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	stuck = false;
	discard(&h);
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(number_of(h.license_id), 2);
	assert_int_equal(store.count, 1);
}

/* Statement and request are there, the right is not, and the disk keeps them. */
static void spent_answer_is_not_asked_for_without_end(void **state)
{
	struct holding h;

	stuck = true;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	module.has[number_of(h.license_id)] = false;
	server.asked = 0;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, EKEYREVOKED);
	assert_int_equal(server.asked, 2);
	stuck = false;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(number_of(h.license_id), 2);
}

/* Of all users, so many that each has begun what it may. Returns how many. */
static unsigned int take_all(void)
{
	unsigned int begun = 0;
	struct holding h;

	for (uint32_t uid = 1000; uid < 1010; uid++)
		for (unsigned int i = 0; i < PENDING_OF_USER; i++)
			begun += get(COUNTED, i, &uid, &h) == -1 &&
				 !strcmp(problem.code, "server-unreachable");
	return begun;
}

static void nonces_are_rationed(void **state)
{
	uint32_t root = 0;
	struct holding h;

	server.answers_get_lost = true;
	for (unsigned int i = 0; i < PENDING_COUNTED_OF_USER; i++)
		assert_int_equal(get(COUNTED, i, &nobody, &h), -1);
	assert_string_equal(problem.code, "server-unreachable");
	assert_int_equal(get(COUNTED, 99, &nobody, &h), -1);
	assert_string_equal(problem.code, "too-many-requests");
	assert_int_equal(module.drawn, PENDING_COUNTED_OF_USER);
	/* One of these is named. */
	assert_non_null(strstr(problem.detail, "for 02"));
	/* What does not count is not kept back by that. */
	assert_int_equal(get(FREE, 0, &nobody, &h), -1);
	assert_string_equal(problem.code, "server-unreachable");
	assert_int_equal(take_all(), PENDING_COUNTED_OF_USERS - PENDING_COUNTED_OF_USER);
	for (unsigned int i = 0; i < PENDING_COUNTED_OF_USER; i++) {
		assert_int_equal(get(COUNTED, i, &root, &h), -1);
		assert_string_equal(problem.code, "server-unreachable");
		assert_int_equal(get(COUNTED, i, NULL, &h), -1);
		assert_string_equal(problem.code, "server-unreachable");
	}
	assert_int_equal(module.forgotten, 0);
	/* Each is still the answer to its request. */
	server.answers_get_lost = false;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(number_of(h.license_id), 1);
}

static void same_request(void)
{
	struct holding h;

	server.answers_get_lost = true;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), -1);
	server.answers_get_lost = false;
}

/* Another connection is faster: one request, one nonce, one license. */
static void twins_have_one_nonce(void **state)
{
	struct holding h;

	server.meanwhile = same_request;
	assert_int_equal(get(COUNTED, 0, &nobody, &h), 0);
	assert_int_equal(h.error, 0);
	assert_int_equal(server.granted, 1);
	assert_int_equal(module.nonce_count, 0);
}

/* --- the tests --- */

static int set_up(void **state)
{
	char *dir = scratch_new("/tmp");

	*state = dir;
	stuck = false;
	memset(&server, 0, sizeof(server));
	memset(&module, 0, sizeof(module));
	memset(&store, 0, sizeof(store));
	memset(&twin, 0, sizeof(twin));
	return !dir || pending_open(dir);
}

static int tear_down(void **state)
{
	pending_close();
	return scratch_free(*state);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(license_that_counts_comes_once),
		TEST(lost_answer_is_the_same_license),
		TEST(price_that_is_agreed_to_is_paid_once),
		TEST(price_that_changes_meanwhile_is_not_paid),
		TEST(price_of_this_call_counts_after_one_that_came_to_nothing),
		TEST(D11_nobody_pays_what_another_user_agreed_to),
		TEST(D11_nor_the_renewal_that_another_agreed_to),
		TEST(D10_renewal_comes_once),
		TEST(D10_refusal_of_an_earlier_renewal_is_none_of_this),
		TEST(D10_what_no_module_takes_gives_way_to_what_was_there),
		TEST(D11_the_same_renewal_twice_at_once_is_one),
		TEST(D10_another_renewal_comes_after_the_one_under_way),
		TEST(what_is_not_believed_is_followed_by_one_other),
		TEST(what_is_not_believed_stays_until_another_is_there),
		TEST(K6_what_takes_a_step_is_agreed_on_first),
		TEST(K6_nothing_is_asked_for_without_agreement),
		TEST(K6_D11_what_is_out_of_step_is_not_asked_for_twice),
		TEST(K6_D11_what_stays_out_of_step_is_kept),
		TEST(K6_what_no_agreement_brings_back_is_given_up),
		TEST(class_does_not_end_what_root_asked_for),
		TEST(class_is_the_machines),
		TEST(removed_license_is_followed_by_another),
		TEST(spent_answer_is_not_asked_for_without_end),
		TEST(nonces_are_rationed),
		TEST(twins_have_one_nonce),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}
