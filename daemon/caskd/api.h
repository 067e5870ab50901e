/* SPDX-License-Identifier: GPL-2.0 */
/*
 * api.h - what the tools ask of caskd over its UNIX socket
 * (Documentation/protocol.rst, "HTTP between tools and caskd").
 */
#ifndef CASKD_API_H
#define CASKD_API_H

#include "distributor.h"
#include "holding.h"
#include "http.h"
#include "netlink.h"

extern const struct cask_http_route api_routes[];
extern const size_t api_route_count;

/* api.c */
int api_caller(struct cask_http_request *rq, uint32_t *ret_uid, struct problem *p);
int api_issuer(const char *text, uint8_t ret_issuer[CASK_KID_SIZE], struct problem *p);
int api_distributor(const char *issuer, struct distributor **ret, struct problem *p);
int api_body(struct cask_http_request *rq, json_t **ret, struct problem *p);
int api_body_distributor(struct cask_http_request *rq, struct distributor **ret, struct problem *p);
struct cask_reply *api_distributor_reply(const struct distributor *d);
int api_price(const struct cask_http_request *rq, const json_t *body, uint32_t uid,
	      uint64_t *ret_price, struct problem *p);
int api_no_memory(struct problem *p);

/* acquire.c */

/**
 * struct acquired - a license that was got
 * @license: it; its error is an errno when it cannot be installed yet
 * @waited: it was here, and waited to be installed; nobody knows with which term it was asked for
 * @other: it is not what this call wanted, but what one before it asked for: with this
 * @term: its name, "" for none
 * @quantity: how many times; 0 without a term
 */
struct acquired {
	struct holding license;
	bool waited;
	bool other;
	char term[PENDING_TERM_MAX + 1];
	uint32_t quantity;
};

/**
 * struct acquire_wish - a license that somebody wants
 * @content_id: for which content
 * @owner: uid, or NULL for the machine
 * @term: with which term; "": with the content's own conditions
 * @quantity: how many times; 0 without a term
 * @price: that is agreed to, in hundredths; 0: to none
 * @user: id of the user who asks, or NULL
 * @session: of that user, or NULL
 */
struct acquire_wish {
	uint8_t content_id[CASK_ID_SIZE];
	const uint32_t *owner;
	char term[PENDING_TERM_MAX + 1];
	uint32_t quantity;
	uint64_t price;
	const char *user;
	const char *session;
};

int acquire_license(struct distributor *d, const struct acquire_wish *wish, struct acquired *ret,
		    struct problem *p);
int acquire_here(struct distributor *d, const struct acquire_wish *wish, struct acquired *ret,
		 struct problem *p);

/**
 * struct renewal_wish - a renewal that somebody wants
 * @license: of which license
 * @term: with which term
 * @quantity: how many times
 * @price: that is agreed to for all, in hundredths; 0: to none
 * @user: id of the user who asks, or NULL
 * @session: of that user, or NULL
 */
struct renewal_wish {
	const struct holding *license;
	char term[PENDING_TERM_MAX + 1];
	uint32_t quantity;
	uint64_t price;
	const char *user;
	const char *session;
};

int acquire_renewal(struct distributor *d, const struct renewal_wish *wish, struct acquired *ret,
		    struct problem *p);
int acquire_class(struct distributor *d, const uint8_t class_id[CASK_ID_SIZE], uint32_t asker,
		  struct acquired *ret, struct problem *p);

/* register.c */
/**
 * struct registration - a registration that is wished for
 * @url: of the distributor's server
 * @ca: PEM of the CAs to trust, or NULL for the system's
 * @voucher: what speaks for the device
 * @said: what the user says, or NULL
 */
struct registration {
	const char *url;
	const char *ca;
	struct server_voucher voucher;
	const json_t *said;
};

int register_device(const struct registration *wish, struct distributor **ret,
		    json_t **ret_wanted, struct problem *p);

/* api_license.c */
json_t *api_license_json(const struct holding *h);

/* api_license.c and the others: handlers */
struct cask_reply *api_status(struct cask_http_request *rq);
struct cask_reply *api_register(struct cask_http_request *rq);
struct cask_reply *api_password(struct cask_http_request *rq);
struct cask_reply *api_reanchor(struct cask_http_request *rq);
struct cask_reply *api_word(struct cask_http_request *rq);
struct cask_reply *api_catalogue(struct cask_http_request *rq);
struct cask_reply *api_content(struct cask_http_request *rq);
struct cask_reply *api_content_terms(struct cask_http_request *rq);
struct cask_reply *api_events(struct cask_http_request *rq);
struct cask_reply *api_license_new(struct cask_http_request *rq);
struct cask_reply *api_license_list(struct cask_http_request *rq);
struct cask_reply *api_license_show(struct cask_http_request *rq);
struct cask_reply *api_license_terms(struct cask_http_request *rq);
struct cask_reply *api_license_renew(struct cask_http_request *rq);
struct cask_reply *api_license_remove(struct cask_http_request *rq);
struct cask_reply *api_class_new(struct cask_http_request *rq);
struct cask_reply *api_medium_license_new(struct cask_http_request *rq);
struct cask_reply *api_medium_license_done(struct cask_http_request *rq);

#endif /* CASKD_API_H */
