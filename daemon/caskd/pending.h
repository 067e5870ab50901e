/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pending.h - requests for licenses whose answer we do not know: asked again
 * under the same key they are the same request, also after a restart.
 *
 * Thread-safe: one mutex, held during the writing of a file.
 */
#ifndef CASKD_PENDING_H
#define CASKD_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/cask_format.h>

#include "text.h"

#define PENDING_RANDOM_SIZE	16
#define PENDING_KEY_SIZE	TEXT_BASE64URL_SIZE(PENDING_RANDOM_SIZE)
/* Of one user, of all users but root, and of all. */
#define PENDING_OF_USER		64
#define PENDING_OF_USERS	(PENDING_MAX - 2 * PENDING_OF_USER)
#define PENDING_MAX		1024
/*
 * Of those that have a nonce. The module keeps 64 for all, and forgets the oldest for one
 * more; a few may be there that a crash has left.
 */
#define PENDING_COUNTED_OF_USER	16
#define PENDING_COUNTED_OF_USERS (PENDING_COUNTED_MAX - 2 * PENDING_COUNTED_OF_USER)
#define PENDING_COUNTED_MAX	60
#define PENDING_TERM_MAX	64	/* bytes of a term's name */
/* After so long one makes room for another (Documentation/protocol.rst). */
#define PENDING_SECONDS		(30 * 86400)

/**
 * struct pending - a request for a license
 * @issuer: whom it goes to
 * @content_id: what the license shall open
 * @machine: it shall be the machine's, and @owner says nothing, or with @class who asks
 * @owner: uid
 * @class: it shall be of a class of media, and nothing else
 * @medium: it shall be on the medium @number
 * @number: of the medium
 * @class_id: of the medium
 * @class_issuer: whose class
 * @locked: it shall open in this apparatus only
 * @renews: it shall take the place of the license @license_id
 * @license_id: that is renewed
 * @term: with this term of its distributor's, a name without control characters; "": with none
 * @quantity: so many times, 1 to 1000; 0 without a term
 * @once: its answer installs once, and @nonce is the module's
 * @nonce: that the answer has to bring
 * @price: that it agrees to, in hundredths; 0: to none
 * @user: id of the user who asks, or NULL; another's is another request
 * @session: of that user, or NULL; for this call, and never on disk
 * @key: Idempotency-Key, once it has begun
 * @again: it was there when it began: it may have gone out before
 * @answer: kept by pending_answer(), or NULL; freed by pending_clear()
 * @answer_size: bytes of it
 * @oldest: when there are too many of this owner: what the oldest is for
 */
struct pending {
	uint8_t issuer[CASK_KID_SIZE];
	uint8_t content_id[CASK_ID_SIZE];
	bool machine;
	uint32_t owner;
	bool class;
	bool medium;
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	uint8_t class_id[CASK_ID_SIZE];
	uint8_t class_issuer[CASK_KID_SIZE];
	bool locked;
	bool renews;
	uint8_t license_id[CASK_ID_SIZE];
	char term[PENDING_TERM_MAX + 1];
	uint32_t quantity;
	bool once;
	uint8_t nonce[CASK_NONCE_SIZE];
	uint64_t price;
	const char *user;
	const char *session;
	char key[PENDING_KEY_SIZE];
	bool again;
	uint8_t *answer;
	size_t answer_size;
	uint8_t oldest[CASK_ID_SIZE];
};

int pending_open(const char *dir);
void pending_close(void);
int pending_room(struct pending *p);
int pending_begin(struct pending *p);
int pending_find(struct pending *p);
int pending_answer(const struct pending *p, const void *answer, size_t size);
void pending_end(const struct pending *p);
void pending_keep(const struct pending *p);
void pending_clear(struct pending *p);

#endif /* CASKD_PENDING_H */
