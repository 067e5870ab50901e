/* SPDX-License-Identifier: GPL-2.0 */
/* keys.h - what the files of cask.ko know of keys: opened, used, and never told. */
#ifndef CASK_KEYS_H
#define CASK_KEYS_H

#include <crypto/aead.h>
#include <crypto/skcipher.h>

#include "parse.h"

/* --- secret/: every raw key byte --- */

struct cask_key;
struct cask_cipher;
struct cask_leaf_key;
struct cask_root_key;
struct cask_leaf_view;
struct cask_ekb;

int cask_secret_init(enum cask_root root);
void cask_secret_wipe(void);
void cask_secret_exit(void);

const u8 *cask_device_key(void);
const u8 *cask_device_id(void);

/**
 * struct cask_slot_use - what a slot came with
 * @body_hash: SHA-256 of the license's body
 * @kid: thumbprint of the key that signed the license
 * @content_id: that the license is for
 * @suite: what the key is for, enum cask_suite
 * @copied: whether copies for media are to be made of it
 * @class_key: of the medium that it came on, or NULL
 * @root: of a slot EKB, as new as the slot wants
 * @twokey: the second key, of TWOKEY
 * @server_key: of the distributor, CASK_X25519_SIZE bytes; of TWOKEY
 */
struct cask_slot_use {
	const u8 *body_hash;
	const u8 *kid;
	const u8 *content_id;
	u32 suite;
	bool copied;
	struct cask_key *class_key;
	struct cask_root_key *root;
	const struct cask_twokey_view *twokey;
	const u8 *server_key;
};

int cask_key_unwrap(const struct cask_slot_view *slot, const struct cask_slot_use *use,
		    struct cask_key **ret_key);
int cask_key_wrap(const struct cask_key *key, const struct cask_slot_use *use, const u8 *number,
		  u8 *wrapped);
int cask_key_of_copy(const u8 *wrapped, const struct cask_slot_use *use, const u8 *number,
		     struct cask_key **ret_key);
struct cask_key *cask_key_get(struct cask_key *key);
void cask_key_put(struct cask_key *key);
int cask_key_of_link(const struct cask_slot_view *slot, const struct cask_root_key *root,
		     const struct cask_content *content, struct cask_key **ret_key);
int cask_key_check_header(struct cask_key *key, const struct cask_content *content);
int cask_key_set_block(struct cask_key *key, struct cask_cipher *cipher, const u8 *seed);
int cask_key_set_raw(struct cask_key *key, struct cask_cipher *cipher);

int cask_leaf_unwrap(const struct cask_leaf_view *v, const u8 *kid,
		     struct cask_leaf_key **ret_leaf);
void cask_leaf_free(struct cask_leaf_key *leaf);
int cask_leaf_open(const struct cask_leaf_key *leaf, const struct cask_ekb *e,
		   struct cask_root_key **ret_root);
struct cask_root_key *cask_root_key_get(struct cask_root_key *root);
void cask_root_key_put(struct cask_root_key *root);
u32 cask_root_key_version(const struct cask_root_key *root);

int cask_pairwise_open_challenge(const u8 *server_key, const u8 *issuer,
				 const u8 *sealed, u8 *challenge);
int cask_pairwise_mac(const u8 *server_key, const char *label,
		      const void *data, size_t len, u8 *mac);
int cask_pairwise_check(const u8 *server_key, const char *label,
			const struct cask_bytes *data, const u8 *mac);

int cask_counter_read(u64 *ret_counter);
int cask_counter_advance(void);
u64 cask_counter_first(void);

struct cask_records;

int cask_storage_seal(u64 counter, const struct cask_records *records, u8 *image,
		      size_t *ret_len);
int cask_storage_open(u8 *image, size_t len, struct cask_records *ret_records,
		      u64 *ret_counter);

/**
 * struct cask_medium_seal - what records of a medium are sealed for
 * @class_key: of its class
 * @number: the medium's, CASK_MEDIUM_NUMBER_SIZE bytes
 * @type: CASK_TYPE_LAYER or CASK_TYPE_BACKUP
 * @records: the records
 * @salt: of the image
 */
struct cask_medium_seal {
	struct cask_key *class_key;
	const u8 *number;
	u16 type;
	struct cask_records *records;
	u8 salt[CASK_AREA_SALT_SIZE];
};

int cask_medium_mac(struct cask_key *class_key, const u8 *data, size_t len, u8 *mac);
int cask_medium_check(struct cask_key *class_key, const struct cask_medium_view *medium);
int cask_medium_seal(struct cask_medium_seal *m, struct cask_image_view *i, u8 *image,
		     size_t *ret_len);
int cask_medium_unseal(struct cask_medium_seal *m, struct cask_image_view *i, u8 *image);

/* --- tpm.c: the machine's TPM 2.0 --- */

#define CASK_TPM_AUTH_SIZE	32

#if IS_ENABLED(CONFIG_TCG_TPM)
int cask_tpm_init(void);
void cask_tpm_exit(void);
int cask_tpm_unseal(u32 pcrs, void *data, u16 len);
int cask_tpm_seal(u32 pcrs, void *data, u16 len);
int cask_tpm_cap(u32 pcr);
int cask_tpm_define(const u8 *auth, u64 *ret_counter);
int cask_tpm_read(const u8 *auth, u64 *ret_counter);
int cask_tpm_advance(const u8 *auth);
#else
static inline int cask_tpm_init(void) { return -ENODEV; }
static inline void cask_tpm_exit(void) { }
static inline int cask_tpm_unseal(u32 pcrs, void *data, u16 len) { return -ENODEV; }
static inline int cask_tpm_seal(u32 pcrs, void *data, u16 len) { return -ENODEV; }
static inline int cask_tpm_cap(u32 pcr) { return -ENODEV; }
static inline int cask_tpm_define(const u8 *auth, u64 *ret_counter) { return -ENODEV; }
static inline int cask_tpm_read(const u8 *auth, u64 *ret_counter) { return -ENODEV; }
static inline int cask_tpm_advance(const u8 *auth) { return -ENODEV; }
#endif

/* --- cipher.c: a transform of a suite --- */

/**
 * struct cask_cipher - a transform and its request
 * @aead: of an authenticated suite
 * @aead_req: of @aead
 * @skcipher: of another
 * @skcipher_req: of @skcipher
 * @wait: for an answer that comes later
 */
struct cask_cipher {
	struct crypto_aead *aead;
	struct aead_request *aead_req;
	struct crypto_skcipher *skcipher;
	struct skcipher_request *skcipher_req;
	struct crypto_wait wait;
};

int cask_cipher_init(struct cask_cipher *cipher, u32 suite);
void cask_cipher_exit(struct cask_cipher *cipher);
int cask_cipher_set_key(struct cask_cipher *cipher, const u8 *key);
int cask_cipher_decrypt(struct cask_cipher *cipher, struct scatterlist *sg,
			unsigned int aad, unsigned int len, u8 *iv);

/* --- signer.c: who signed a statement --- */

struct cask_signer;

struct cask_signer *cask_signer_new(const struct cask_bytes *cose_key);
void cask_signer_free(struct cask_signer *signer);
const u8 *cask_signer_kid(const struct cask_signer *signer);
int cask_signer_verify(const struct cask_signer *signer, const struct cask_cose *cose);
u32 cask_signer_algorithms(void);

#endif /* CASK_KEYS_H */
