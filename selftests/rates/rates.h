/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rates.h - what the parts of server-rates share.
 */
#ifndef RATES_H
#define RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>
#include <linux/cask_format.h>

#define RATES_BODY_MAX	65536	/* of an answer */

/**
 * struct rates_server - the server that is measured
 * @authority: "localhost:PORT"
 * @port: of it
 * @tls: NULL: plain TCP
 * @issuer: of the distributor
 * @key: pairwise key of the distributor
 */
struct rates_server {
	const char *authority;
	uint16_t port;
	SSL_CTX *tls;
	uint8_t issuer[CASK_KID_SIZE];
	uint8_t key[CASK_X25519_SIZE];
};

/**
 * struct rates_device - a device in software
 * @private_key: X25519
 * @public_key: likewise
 * @id: thumbprint of @public_key
 * @license: the one that it got last
 */
struct rates_device {
	uint8_t private_key[CASK_X25519_SIZE];
	uint8_t public_key[CASK_X25519_SIZE];
	uint8_t id[CASK_KID_SIZE];
	uint8_t license[CASK_ID_SIZE];
};

/**
 * struct rates_request - a request as it is to be sent
 * @bytes: head and body; allocated
 * @size: of @bytes
 */
struct rates_request {
	char *bytes;
	size_t size;
};

/**
 * struct rates_answer - what came
 * @status: of HTTP
 * @license: of the Location, where there is one
 * @body: zero-terminated
 * @size: of @body
 */
struct rates_answer {
	unsigned int status;
	uint8_t license[CASK_ID_SIZE];
	char body[RATES_BODY_MAX + 1];
	size_t size;
};

struct rates_connection;

void rates_must(int error, const char *what);
void __attribute__((noreturn)) rates_die(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* --- connection.c --- */
void rates_open_server(struct rates_server *server, const char *authority, const char *ca);
struct rates_connection *rates_connect(const struct rates_server *server);
void rates_disconnect(struct rates_connection *c);
void rates_talk(struct rates_connection *c, const struct rates_request *request,
		struct rates_answer *answer);

/* --- device.c --- */
void rates_load_distributor(struct rates_server *server, const char *path);
void rates_pairwise(const struct rates_server *server, const struct rates_device *device,
		    uint8_t ret_secret[32]);
void rates_sign(const struct rates_server *server, const struct rates_device *device,
		const char *method, const char *path, const char *body,
		struct rates_request *ret_request);
void rates_plain(const struct rates_server *server, const char *method, const char *path,
		 const char *type, const void *body, size_t size, struct rates_request *ret_request);
void rates_enrol(const struct rates_server *server, struct rates_connection *c,
		 struct rates_device *device);

/* --- raw.c --- */
int rates_raw(void);

#endif /* RATES_H */
