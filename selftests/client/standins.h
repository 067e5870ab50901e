/* SPDX-License-Identifier: GPL-2.0 */
/*
 * standins.h - the server, the module, the store and the disk that unit_ask.c and unit_pay.c put in
 * the place of what acquire.c asks, and what is asked of it.
 */
#ifndef CASK_SELFTESTS_STANDINS_H
#define CASK_SELFTESTS_STANDINS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "caskd/api.h"
#include "caskd/ask.h"
#include "caskd/netlink.h"
#include "caskd/store.h"

/* The first byte of an id says what it is of. */
enum { FREE = 1, COUNTED, CLASS, PRICED, STEPPED };

/* What a server sends here. */
struct statement {
	struct holding h;
	bool once;
	uint8_t nonce[CASK_NONCE_SIZE];
	unsigned int series;	/* of a step, 0 without one */
	bool badly_signed;
	uint8_t key_id[CASK_ID_SIZE + CASK_MEDIUM_NUMBER_SIZE];	/* of a slot for a medium */
};

#define MANY	256
#define MODULE_NONCES	64

extern struct standin_server {
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

extern struct standin_module {
	unsigned int drawn;
	unsigned int forgotten;
	unsigned int nonce_count;
	uint8_t nonces[MODULE_NONCES][CASK_NONCE_SIZE];
	bool has[MANY];		/* licenses, by number */
	uint32_t version[MANY];	/* of them */
	unsigned int series;	/* that was agreed on */
} module;

extern struct standin_store {
	unsigned int count;
	struct statement list[MANY];
	struct statement before[MANY];	/* what lies beside, in the list, renews this */
} store;

/* A disk that removes nothing. */
extern bool stuck;

extern struct problem problem;
extern struct acquired got;	/* by the last call that succeeded */
extern const uint32_t nobody;

unsigned int number_of(const uint8_t id[CASK_ID_SIZE]);
/* What is PRICED; a session is called by the id of its user. */
int buy_as(const char *user, uint8_t which, uint64_t price, struct holding *ret);
int buy(uint8_t which, uint64_t price, struct holding *ret);
int renew_as(const char *user, const struct holding *h, const char *term, uint32_t quantity,
	     uint64_t price, struct holding *ret);
int renew(const struct holding *h, const char *term, uint32_t quantity, uint64_t price,
	  struct holding *ret);
int buy_wish(const struct acquire_wish *wish, struct holding *ret);
int get(uint8_t kind, uint8_t which, const uint32_t *owner, struct holding *ret);
int get_here(uint8_t kind, uint8_t which, const uint32_t *owner, struct holding *ret);
int get_on_medium(uint8_t kind, uint8_t which, uint64_t price);

extern struct distributor distributor;

/* Of each test. */
int set_up(void **state);
int tear_down(void **state);

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif /* CASK_SELFTESTS_STANDINS_H */
