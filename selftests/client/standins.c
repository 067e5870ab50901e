// SPDX-License-Identifier: GPL-2.0
/* standins.c - a server, a module, a store and a disk that do what the tests say. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "caskd/media.h"
#include "caskd/reanchor.h"
#include "caskd/refresh.h"
#include "caskd/restore.h"
#include "caskd/synchronise.h"
#include "parse.h"
#include "reply.h"
#include "scratch.h"
#include "standins.h"

/* --- a server --- */

struct standin_server server;

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
	memcpy(a->s.key_id, request->class_id, CASK_ID_SIZE);
	memcpy(a->s.key_id + CASK_ID_SIZE, request->number, CASK_MEDIUM_NUMBER_SIZE);
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

/* A request arrives, or does not; what else happens is before it is looked at. */
static int arrives(struct problem *p)
{
	void (*meanwhile)(void) = server.meanwhile;

	server.asked++;
	server.meanwhile = NULL;
	if (meanwhile)
		meanwhile();
	return server.requests_get_lost ? problem_set(p, 502, "server-unreachable", "gone") : 0;
}

static int refuse(struct problem *p, int status, const char *code, const char *detail)
{
	problem_set(p, status, code, "%s", detail);
	p->settled = SETTLED;
	return -1;
}

static int send_answer(const struct statement *s, uint8_t **ret_statement, size_t *ret_size,
		       struct problem *p)
{
	if (server.answers_get_lost)
		return problem_set(p, 502, "server-unreachable", "gone");
	*ret_statement = malloc(sizeof(*s));
	assert_non_null(*ret_statement);
	memcpy(*ret_statement, s, sizeof(*s));
	*ret_size = sizeof(*s);
	return 0;
}

int server_license_new(const struct request_place *place, const struct pending *request,
		       uint8_t **ret_statement, size_t *ret_size, struct problem *p)
{
	struct statement *s;

	if (arrives(p))
		return -1;
	s = find_answer(request);
	if (!s && request->content_id[0] == COUNTED && !request->once)
		return refuse(p, 409, "nonce-wanted", "it counts");
	if (!s && !strcmp(request->term, "none"))
		return refuse(p, 404, "term-unknown", "it has no such term");
	if (!s && request->content_id[0] == PRICED &&
	    request->price != server.price * (request->quantity ? request->quantity : 1))
		return refuse(p, 402, "price", "it has a price");
	if (!s && request->content_id[0] == STEPPED && !server.series)
		return refuse(p, 409, "synchronisation-wanted", "it takes a step");
	if (!s && request->price)
		server.payer = request->session;
	if (!s)
		server.charged += request->price;
	s = s ? s : grant(request);
	strcpy(server.term, request->term);
	return send_answer(s, ret_statement, ret_size, p);
}

/* What is PRICED is renewed for its price, how often is the quantity. */
int server_license_renew(const struct request_place *place, const struct pending *request,
			 uint8_t **ret_statement, size_t *ret_size, struct problem *p)
{
	struct statement *s = find_answer(request);

	if (arrives(p))
		return -1;
	if (!s && request->price != server.price * request->quantity)
		return refuse(p, 402, "price", "it has a price");
	if (!s) {
		server.payer = request->session;
		server.charged += request->price;
		s = grant(request);
		memcpy(s->h.license_id, request->license_id, CASK_ID_SIZE);
		s->h.version = ++server.version;
		s->once = server.renewed_is_nobodys;
	}
	strcpy(server.term, request->term);
	return send_answer(s, ret_statement, ret_size, p);
}

/* What it sends is no COSE here: what media.c looks at is in it. */
int cask_cose_parse(struct cask_cose *ret, const void *data, size_t len)
{
	*ret = (struct cask_cose){ .payload = { data, len } };
	return 0;
}

int cask_license_parse(struct cask_license_view *ret, const void *data, size_t len)
{
	const struct statement *s = data;

	*ret = (struct cask_license_view){ .slot_count = 1 };
	ret->slots[0].method = CASK_METHOD_MEDIUM;
	ret->slots[0].key_id = s->key_id;
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

struct standin_module module;

unsigned int number_of(const uint8_t id[CASK_ID_SIZE])
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

struct standin_store store;

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

bool stuck;

int unlink(const char *path)
{
	if (stuck) {
		errno = EROFS;
		return -1;
	}
	return syscall(SYS_unlink, path);
}

/* --- calls --- */

struct distributor distributor;
struct problem problem;
struct acquired got;
const uint32_t nobody = 65534;

/* What came of a call: to @ret, and all of it to @got. */
static int take(int result, struct holding *ret)
{
	if (!result)
		*ret = got.license;
	return result;
}

/* A session is called by the id of its user. */
int buy_as(const char *user, uint8_t which, uint64_t price, struct holding *ret)
{
	const struct acquire_wish wish = { .content_id = { PRICED, which }, .owner = &nobody,
					   .price = price, .user = user, .session = user };

	return buy_wish(&wish, ret);
}

int buy_wish(const struct acquire_wish *wish, struct holding *ret)
{
	memset(&got, 0, sizeof(got));
	return take(acquire_license(&distributor, wish, &got, &problem), ret);
}

int buy(uint8_t which, uint64_t price, struct holding *ret)
{
	return buy_as(NULL, which, price, ret);
}

int renew_as(const char *user, const struct holding *h, const char *term, uint32_t quantity,
	     uint64_t price, struct holding *ret)
{
	struct renewal_wish wish = { .license = h, .quantity = quantity, .price = price,
				     .user = user, .session = user };

	strcpy(wish.term, term);
	memset(&got, 0, sizeof(got));
	return take(acquire_renewal(&distributor, &wish, &got, &problem), ret);
}

int renew(const struct holding *h, const char *term, uint32_t quantity, uint64_t price,
	  struct holding *ret)
{
	return renew_as(NULL, h, term, quantity, price, ret);
}

int get(uint8_t kind, uint8_t which, const uint32_t *owner, struct holding *ret)
{
	const struct acquire_wish wish = { .content_id = { kind, which }, .owner = owner };

	return buy_wish(&wish, ret);
}

int get_here(uint8_t kind, uint8_t which, const uint32_t *owner, struct holding *ret)
{
	const struct acquire_wish wish = { .content_id = { kind, which }, .owner = owner };

	memset(&got, 0, sizeof(got));
	return take(acquire_here(&distributor, &wish, &got, &problem), ret);
}

int get_on_medium(uint8_t kind, uint8_t which, uint64_t price)
{
	const struct media_wish wish = { .owner = nobody, .content_id = { kind, which }, .number = { which },
					 .price = price };
	uint8_t *statement;
	size_t size;
	int result = media_license(&distributor, &wish, &statement, &size, &problem);

	if (!result)
		free(statement);
	return result;
}

int set_up(void **state)
{
	char *dir = scratch_new("/tmp");

	*state = dir;
	stuck = false;
	memset(&server, 0, sizeof(server));
	memset(&module, 0, sizeof(module));
	memset(&store, 0, sizeof(store));
	return !dir || pending_open(dir);
}

int tear_down(void **state)
{
	pending_close();
	return scratch_free(*state);
}
