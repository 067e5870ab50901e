/* SPDX-License-Identifier: GPL-2.0 */
/*
 * request.h - one HTTPS request to a distributor's server: trust, limits,
 * signature, retries, problems.
 */
#ifndef CASKD_REQUEST_H
#define CASKD_REQUEST_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "problem.h"

#define REQUEST_URL_MAX		512	/* scheme, host and port */
#define REQUEST_PATH_MAX	256
#define REQUEST_CA_MAX		65536
#define REQUEST_PROBLEM_MAX	16384

/**
 * struct request_place - where requests go and who asks
 * @url: from request_url()
 * @ca: PEM of the only CAs that are trusted, or NULL for the system's
 * @issuer: whose pairwise key signs, or NULL for requests without signature
 * @device_id: the signature's key name
 * @skew: seconds that the server's clock is ahead; may be NULL without issuer
 */
struct request_place {
	const char *url;
	const char *ca;
	const uint8_t *issuer;
	const uint8_t *device_id;
	_Atomic int64_t *skew;
};

/**
 * struct request - what is asked
 * @method: GET, HEAD or POST
 * @path: absolute, in the form that is signed
 * @type: media type of @body
 * @body: NULL without one
 * @body_size: bytes of @body
 * @idempotency_key: header field, or NULL
 * @session: of a user, header field, or NULL
 * @range: header field, or NULL
 * @if_range: header field, or NULL
 * @expect: media type that the answer must have, without parameters; NULL: an answer without a body
 * @answer_max: most bytes of an answer
 */
struct request {
	const char *method;
	const char *path;
	const char *type;
	const void *body;
	size_t body_size;
	const char *idempotency_key;
	const char *session;
	const char *range;
	const char *if_range;
	const char *expect;
	size_t answer_max;
};

/**
 * struct request_answer - what a server answered with success
 * @status: 2xx
 * @data: the body and a terminating zero; the caller frees it
 * @size: of it without the zero
 */
struct request_answer {
	long status;
	uint8_t *data;
	size_t size;
};

int request_url(const char *text, char ret_url[REQUEST_URL_MAX], struct problem *p);
int request_run(const struct request_place *place, const struct request *rq,
		struct request_answer *ret_answer, struct problem *p);

void request_stop(unsigned int seconds);
bool request_is_stopped(void);

/* For stream.c, which runs the transfer itself. */
int request_easy(const struct request_place *place, const struct request *rq,
		 CURL **ret_easy, struct curl_slist **ret_fields, struct problem *p);
bool request_is_type(CURL *easy, const char *expect);
void request_transport(CURLcode code, const char *error, struct problem *p);
void request_refused(long status, const void *body, size_t size, int64_t *ret_time,
		     struct problem *p);
bool request_resync(const struct request_place *place, int64_t time, const struct problem *p);

static inline void cleanup_slist(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}
#define _cleanup_slist_ _cleanup_(cleanup_slist)

static inline void cleanup_easy(CURL **easy)
{
	curl_easy_cleanup(*easy);
}
#define _cleanup_easy_ _cleanup_(cleanup_easy)

#endif /* CASKD_REQUEST_H */
