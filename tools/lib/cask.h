/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * cask.h - libcask: open protected contents through the kernel, and ask the
 * agent (caskd) for licenses and contents.
 *
 * Two parts. What works on descriptors returns a negative errno, which
 * cask_strerror() puts into words. What asks the agent returns 0 or -1 and
 * fills in a struct cask_error. Nothing here ever sees a key.
 *
 * Thread-safe as long as each thread has an agent object of its own.
 */
#ifndef CASK_H
#define CASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/cask.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CASK_DEVICE		"/dev/cask"
#define CASK_SOCKET_DEFAULT	"/run/cask/caskd.sock"

/* --- contents, through the kernel --- */

int cask_open_content(int content_fd, const uint8_t license_id[CASK_ID_SIZE]);
int cask_open_on_medium(int content_fd, int medium, const uint8_t license_id[CASK_ID_SIZE]);
int cask_open_to_record(int content_fd, const uint8_t license_id[CASK_ID_SIZE]);
int cask_accept_content(int content_fd, int medium, const uint8_t license_id[CASK_ID_SIZE]);
int cask_get_info(int fd, struct cask_info *ret_info);
const char *cask_strerror(int error);

/**
 * struct cask_header - what stands at the beginning of a .cask file
 * @content_id: name of the content
 * @issuer: thumbprint of the distributor's root key
 * @media_type: RFC 6838
 * @title: UTF-8, "" if there is none
 * @suite: enum cask_suite
 * @block_size: plaintext bytes of a block
 * @plain_size: bytes of the plaintext
 * @data_offset: of the first block
 * @has_license: the link part names a license: a hint only
 * @license_id: that license
 * @url: server that the link part names, "" if none: a hint only
 *
 * None of it has been authenticated: that needs the key.
 */
struct cask_header {
	uint8_t content_id[CASK_ID_SIZE];
	uint8_t issuer[CASK_KID_SIZE];
	char media_type[CASK_TEXT_MAX + 1];
	char title[CASK_TEXT_MAX + 1];
	uint32_t suite;
	uint32_t block_size;
	uint64_t plain_size;
	uint64_t data_offset;
	bool has_license;
	uint8_t license_id[CASK_ID_SIZE];
	char url[CASK_TEXT_MAX + 1];
};

int cask_header_read(int fd, struct cask_header *ret_header);
uint64_t cask_header_file_size(const struct cask_header *header);

struct cask_error;

/**
 * struct cask_recording - a content that shall be recorded to a disc, in the clear
 * @content_fd: the .cask file, readable
 * @license_id: the license to use, or NULL for any that permits it
 * @path: where to: a block device, written as it is; else a file, which appears when it is whole:
 *	path.part grows meanwhile
 * @progress: called now and then with the bytes there are and the bytes there will be; may be NULL
 * @context: for @progress
 */
struct cask_recording {
	int content_fd;
	const uint8_t *license_id;
	const char *path;
	void (*progress)(void *context, uint64_t done, uint64_t size);
	void *context;
};

int cask_record(const struct cask_recording *recording, struct cask_error *error);

/* --- media, through the kernel --- */

int cask_medium_create(struct cask_medium_create *medium);
int cask_medium_open(int fd);
int cask_medium_get_info(int medium, struct cask_medium_info *ret_info);
int cask_medium_get_license(int medium, uint32_t index, struct cask_medium_license *ret_license);
int cask_medium_install(int medium, const void *statement, size_t size);
int cask_medium_backup(int medium, struct cask_medium_backup *backup);
int cask_medium_restore(int medium, const void *data, size_t size, uint32_t *ret_licenses);
int cask_medium_export(int medium, const uint8_t issuer[CASK_KID_SIZE],
		       const uint8_t license_id[CASK_ID_SIZE]);
int cask_medium_check_out(int medium, const uint8_t issuer[CASK_KID_SIZE],
			  const uint8_t license_id[CASK_ID_SIZE]);
int cask_medium_check_in(int medium, const uint8_t issuer[CASK_KID_SIZE],
			 const uint8_t license_id[CASK_ID_SIZE]);
const char *cask_medium_strerror(int error);
const char *cask_medium_lend_strerror(int error);

/**
 * struct cask_medium_head - what stands in the first layer of a medium
 * @number: the medium's
 * @class_id: content id of the class key
 * @issuer: whose class: thumbprint of the distributor's root key
 * @locked: the second layer is locked to @apparatus
 * @apparatus: key of a device
 * @slot_size: of the second layer, bytes
 * @third_offset: of the third layer, bytes
 * @third_size: of the third layer, bytes
 */
struct cask_medium_head {
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	uint8_t class_id[CASK_ID_SIZE];
	uint8_t issuer[CASK_KID_SIZE];
	bool locked;
	uint8_t apparatus[CASK_X25519_SIZE];
	uint32_t slot_size;
	uint64_t third_offset;
	uint64_t third_size;
};

int cask_medium_read_head(int fd, struct cask_medium_head *ret_head);
int cask_medium_find(int fd, char **ret_path);

/* --- numbers of media and apparatuses as they stand on labels --- */

#define CASK_LABEL_MAX	80	/* of CASK_X25519_SIZE bytes: 13 groups of 5, dashes between, a zero */

char *cask_label_text(const uint8_t *data, size_t size, char ret_text[CASK_LABEL_MAX]);
int cask_label_parse(const char *text, size_t size, uint8_t *ret_data, unsigned int *ret_group);

/* --- ids and errnos as text --- */

#define CASK_ID_TEXT_SIZE	(2 * CASK_ID_SIZE + 1)
#define CASK_KID_TEXT_SIZE	(2 * CASK_KID_SIZE + 1)

int cask_id_parse(const char *text, uint8_t ret_id[CASK_ID_SIZE]);
char *cask_hex(const void *data, size_t size, char *ret_text);
int cask_errno_by_name(const char *name);

/* --- the agent --- */

#define CASK_ERROR_CODE_MAX	63
#define CASK_ERROR_TEXT_MAX	511
#define CASK_FIELD_MAX		32

/**
 * struct cask_error - why something failed
 * @status: of HTTP, 0 when there was no answer
 * @number: errno of the module or of a file, 0 if none
 * @code: of the protocol; of the library: agent-unreachable, agent-answer,
 *	transfer-interrupted, file
 * @text: a sentence; may hold words of a server, with control characters
 *	replaced
 * @price: what was asked for costs, in hundredths
 * @currency: of @price, three letters; "" when nothing was said of a price
 * @field: which one of what the user said will not do, or ""
 */
struct cask_error {
	int status;
	int number;
	char code[CASK_ERROR_CODE_MAX + 1];
	char text[CASK_ERROR_TEXT_MAX + 1];
	uint64_t price;
	char currency[4];
	char field[CASK_FIELD_MAX + 1];
};

const char *cask_error_hint(const struct cask_error *error);
int cask_amount_parse(const char *text, uint64_t *ret_amount);
int cask_quantity_parse(const char *text, uint32_t *ret_quantity);

struct cask_agent;

struct cask_agent *cask_agent_new(const char *socket_path);
void cask_agent_free(struct cask_agent *agent);

int cask_agent_status(struct cask_agent *agent, json_t **ret_status, struct cask_error *error);

/**
 * struct cask_user - a distributor's user
 * @id: user id
 * @password: of the user; the caller wipes it
 */
struct cask_user {
	const char *id;
	const char *password;
};

/**
 * struct cask_registration - a registration with a distributor
 * @url: https URL of its server
 * @token: one-time code of its operator, or NULL
 * @certificate: of the factory, PEM, or NULL
 * @ca: PEM of the CAs to trust, or NULL for the system's
 * @said: what the user says, {NAME: text}, borrowed; or NULL
 */
struct cask_registration {
	const char *url;
	const char *token;
	const char *certificate;
	const char *ca;
	json_t *said;
};

int cask_agent_register(struct cask_agent *agent, const struct cask_registration *registration,
			json_t **ret_result, struct cask_error *error);

int cask_agent_password(struct cask_agent *agent, const struct cask_user *user, const char *fresh,
			const char *issuer, struct cask_error *error);
int cask_agent_reanchor(struct cask_agent *agent, const char *issuer, json_t **ret_result,
			struct cask_error *error);

int cask_agent_word(struct cask_agent *agent, const char *issuer, struct cask_error *error);

int cask_agent_catalogue(struct cask_agent *agent, const char *issuer, json_t **ret_catalogue,
			 struct cask_error *error);

/**
 * struct cask_license_wish - a license that shall be got
 * @content_id: what it shall open
 * @issuer: hex, or NULL for the only distributor
 * @machine: for every user of the machine (root only), else for the caller
 * @term: with which term of cask_agent_content_terms(); NULL: the content's own conditions
 * @quantity: how many times the term
 * @price: that is agreed to pay for all, in hundredths; 0: nothing
 * @user: who asks, where a user has to; or NULL
 * @here: only one that the agent has, and the kernel did not take yet: nothing is asked of the distributor, and
 *	neither @term, @price nor @user goes with it
 */
struct cask_license_wish {
	uint8_t content_id[CASK_ID_SIZE];
	const char *issuer;
	bool machine;
	const char *term;
	uint32_t quantity;
	uint64_t price;
	const struct cask_user *user;
	bool here;
};

int cask_agent_content_terms(struct cask_agent *agent, const uint8_t content_id[CASK_ID_SIZE],
			     const char *issuer, json_t **ret_terms, struct cask_error *error);
int cask_agent_license_get(struct cask_agent *agent, const struct cask_license_wish *wish,
			   json_t **ret_license, struct cask_error *error);

/**
 * struct cask_renewal - a license that shall be renewed
 * @license_id: which
 * @issuer: hex, or NULL when no other distributor has one of that id
 * @term: with which term of cask_agent_license_terms()
 * @quantity: how many times
 * @price: that is agreed to pay for all, in hundredths; 0: nothing
 * @user: who asks, where a user has to; or NULL
 */
struct cask_renewal {
	uint8_t license_id[CASK_ID_SIZE];
	const char *issuer;
	const char *term;
	uint32_t quantity;
	uint64_t price;
	const struct cask_user *user;
};

int cask_agent_license_terms(struct cask_agent *agent, const uint8_t license_id[CASK_ID_SIZE],
			     const char *issuer, json_t **ret_terms, struct cask_error *error);
int cask_agent_license_renew(struct cask_agent *agent, const struct cask_renewal *renewal,
			     json_t **ret_license, struct cask_error *error);
int cask_agent_license_list(struct cask_agent *agent, json_t **ret_licenses,
			    struct cask_error *error);
int cask_agent_license_show(struct cask_agent *agent, const uint8_t license_id[CASK_ID_SIZE],
			    json_t **ret_license, struct cask_error *error);
int cask_agent_license_remove(struct cask_agent *agent, const uint8_t license_id[CASK_ID_SIZE],
			      struct cask_error *error);

int cask_agent_class_get(struct cask_agent *agent, const uint8_t class_id[CASK_ID_SIZE],
			 const char *issuer, json_t **ret_license, struct cask_error *error);

/**
 * struct cask_medium_wish - a license on a medium that shall be got
 * @content_id: what it shall open
 * @issuer: of the content, hex, or NULL for the only distributor
 * @number: of the medium
 * @class_id: of the medium
 * @class_issuer: whose class
 * @locked: for this apparatus only; one that counts is in any case
 * @price: that is agreed to, in hundredths; 0: to none
 */
struct cask_medium_wish {
	uint8_t content_id[CASK_ID_SIZE];
	const char *issuer;
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	uint8_t class_id[CASK_ID_SIZE];
	uint8_t class_issuer[CASK_KID_SIZE];
	bool locked;
	uint64_t price;
};

int cask_agent_medium_license_get(struct cask_agent *agent, const struct cask_medium_wish *wish,
				  void **ret_statement, size_t *ret_size,
				  struct cask_error *error);
int cask_agent_medium_license_done(struct cask_agent *agent, const struct cask_medium_wish *wish,
				   struct cask_error *error);

/**
 * struct cask_events - what happened to licenses
 * @follow: wait for more, else only what the agent still knows
 * @take: called for each event ({"event", "time", ...}, borrowed) and, when all
 *	so far have come, with NULL; not 0 ends it
 * @context: for @take
 */
struct cask_events {
	bool follow;
	int (*take)(void *context, const json_t *event);
	void *context;
};

int cask_agent_events(struct cask_agent *agent, const struct cask_events *events,
		      struct cask_error *error);

/**
 * struct cask_fetch - a content that shall be downloaded
 * @content_id: which
 * @issuer: hex, or NULL for the only distributor
 * @path: where to; beside it grow path.part and path.part.etag, from which an
 *	interrupted download goes on
 * @progress: called now and then with the bytes there are and the bytes there
 *	will be; may be NULL
 * @context: for @progress
 */
struct cask_fetch {
	uint8_t content_id[CASK_ID_SIZE];
	const char *issuer;
	const char *path;
	void (*progress)(void *context, uint64_t done, uint64_t size);
	void *context;
};

int cask_agent_fetch(struct cask_agent *agent, const struct cask_fetch *fetch,
		     struct cask_error *error);

#ifdef __cplusplus
}
#endif

#endif /* CASK_H */
