// SPDX-License-Identifier: GPL-2.0
/*
 * enrolment.c - take a device in: token, sealed challenge, answer, certificate.
 *
 * Who opens the challenge and MACs the answer holds the device key: that is
 * the proof of possession that the certificate stands on.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "crypto.h"
#include "enrolment.h"
#include "log.h"
#include "pairwise.h"

/*
 * A token has one challenge: a new one replaces it. The certificate that an answer
 * brought stays, for the same device to have again.
 */
static int insert(struct cask_db *db, const struct enrolment *e)
{
	return cask_db_run(db, "INSERT INTO enrolments (id, token_hash, device_id, device_key, "
			   "challenge_hash, expires) VALUES ($1, $2, $3, $4, $5, $6) "
			   "ON CONFLICT (token_hash) DO UPDATE SET id = $1, device_id = $3, "
			   "device_key = $4, challenge_hash = $5, expires = $6, answer_hash = NULL",
			   DB_ARGS(DB_ID(e->id), DB_ID(e->token_hash), DB_ID(e->device_id),
				   DB_ID(e->device_key), DB_ID(e->challenge_hash),
				   DB_INT(e->expires)));
}

/* Challenges that nobody answered and tokens that nobody used, long after their time. */
static int forget_old(struct cask_db *db)
{
	int64_t before = time(NULL) - SERVER_KEEP_SECONDS;
	int ret = cask_db_run(db, "DELETE FROM enrolments WHERE certificate IS NULL "
			      "AND expires < $1", DB_ARGS(DB_INT(before)));

	if (ret)
		return ret;
	return cask_db_run(db, "DELETE FROM tokens WHERE used IS NULL AND expires < $1 "
			   "AND hash NOT IN (SELECT token_hash FROM enrolments)",
			   DB_ARGS(DB_INT(before)));
}

static int make_challenge(const struct server *server, struct enrolment *e,
			  uint8_t ret_sealed[CASK_SEALED_CHALLENGE_SIZE])
{
	uint8_t challenge[CASK_CHALLENGE_SIZE], secret[32];
	int ret = crypto_random(challenge, sizeof(challenge));

	if (!ret)
		ret = pairwise_derive(server->pairwise, e->device_key, secret);
	if (!ret)
		ret = pairwise_seal_challenge(secret, e->device_id, server->distributor.issuer,
					      challenge, ret_sealed);
	if (!ret)
		ret = crypto_sha256(challenge, sizeof(challenge), e->challenge_hash);
	crypto_wipe(challenge, sizeof(challenge));
	crypto_wipe(secret, sizeof(secret));
	return ret;
}

/**
 * enrolment_begin() - challenge a device
 * @call: with an open transaction, in which the token was found good
 * @token: good, and free or already this device's
 * @device_key: the device
 * @ret_enrolment: as recorded
 * @ret_sealed: the challenge for the device
 *
 * Return: 0, -EINVAL for an impossible key, or another -errno.
 */
int enrolment_begin(struct call *call, const struct token *token,
		    const uint8_t device_key[CASK_X25519_SIZE], struct enrolment *ret_enrolment,
		    uint8_t ret_sealed[CASK_SEALED_CHALLENGE_SIZE])
{
	struct enrolment *e = ret_enrolment;
	int ret;

	*e = (struct enrolment){
		.expires = time(NULL) + call->server->config.enrolment_seconds };
	memcpy(e->token_hash, token->hash, sizeof(e->token_hash));
	memcpy(e->device_key, device_key, sizeof(e->device_key));
	ret = cose_device_id(device_key, e->device_id);
	if (!ret)
		ret = crypto_random(e->id, sizeof(e->id));
	if (!ret)
		ret = make_challenge(call->server, e, ret_sealed);
	if (!ret)
		ret = token_bind(call->db, token, e->device_id);
	if (!ret)
		ret = insert(call->db, e);
	return ret ? ret : forget_old(call->db);
}

/**
 * enrolment_find() - look a challenge up
 * @db: connection
 * @id: of the enrolment
 * @ret_enrolment: the record
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int enrolment_find(struct cask_db *db, const uint8_t id[CASK_ID_SIZE],
		   struct enrolment *ret_enrolment)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	struct enrolment e = { 0 };
	int ret = cask_db_query_one(db, "SELECT token_hash, device_id, device_key, challenge_hash, "
				    "expires, answer_hash, certificate FROM enrolments "
				    "WHERE id = $1", DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)), &rows);

	if (ret)
		return ret;
	memcpy(e.id, id, sizeof(e.id));
	e.expires = cask_db_int(rows, 4);
	e.answered = !cask_db_is_null(rows, 5);
	ret = cask_db_id(rows, 0, e.token_hash, sizeof(e.token_hash));
	if (!ret)
		ret = cask_db_id(rows, 1, e.device_id, sizeof(e.device_id));
	if (!ret)
		ret = cask_db_id(rows, 2, e.device_key, sizeof(e.device_key));
	if (!ret)
		ret = cask_db_id(rows, 3, e.challenge_hash, sizeof(e.challenge_hash));
	if (!ret && e.answered)
		ret = cask_db_id(rows, 5, e.answer_hash, sizeof(e.answer_hash));
	if (!ret && e.answered)
		ret = cask_db_id(rows, 6, e.serial, sizeof(e.serial));
	if (!ret)
		*ret_enrolment = e;
	return ret;
}

static int open_answer(const struct server *server, const struct enrolment *e,
		       const uint8_t *answer, size_t size, struct pairwise_answer *a)
{
	uint8_t secret[32];
	int ret = pairwise_derive(server->pairwise, e->device_key, secret);

	if (!ret)
		ret = pairwise_open_answer(secret, answer, size, a);
	crypto_wipe(secret, sizeof(secret));
	return ret;
}

/* What a device can be trusted with at most whose keys hang on this root. */
static const uint32_t root_levels[] = {
	[CASK_ROOT_EPHEMERAL] = CASK_LEVEL_DEVELOPMENT,
};

/* The answer is authentic; is it to this challenge, for this distributor? */
static int check_answer(const struct server *server, const struct enrolment *e,
			const struct pairwise_answer *a)
{
	uint8_t hash[32];
	int ret = crypto_sha256(a->challenge, sizeof(a->challenge), hash);

	if (ret)
		return ret;
	if (!crypto_equal(hash, e->challenge_hash, sizeof(hash)) ||
	    !crypto_equal(a->issuer, server->distributor.issuer, sizeof(a->issuer)) ||
	    !crypto_equal(a->device_id, e->device_id, sizeof(a->device_id)) ||
	    !crypto_equal(a->device_key, e->device_key, sizeof(a->device_key)))
		return -EBADMSG;
	/* A level or root this server has not heard of is nothing it can judge. */
	if (a->level > CASK_LEVEL_PRODUCTION || a->root >= ARRAY_SIZE(root_levels))
		return -EOPNOTSUPP;
	return 0;
}

/*
 * A token says whose the device is, not what it is: any program can open the challenge and
 * MAC whatever level it likes. Only an enrolment that proves the hardware could lend more.
 */
#define LEVEL_OF_TOKEN CASK_LEVEL_DEVELOPMENT

/* The weakest of what the device claims, its root, and the way it was enrolled. */
static uint32_t judge_level(const struct pairwise_answer *a)
{
	uint32_t level = a->level, root = root_levels[a->root];

	if (level > root)
		level = root;
	return level > LEVEL_OF_TOKEN ? LEVEL_OF_TOKEN : level;
}

static int insert_certificate(struct cask_db *db, const struct enrolment *e,
			      const X509 *certificate)
{
	_cleanup_free_ char *pem = NULL;
	int64_t expires;
	int ret = pki_to_pem(certificate, &pem);

	if (!ret)
		ret = pki_expires(certificate, &expires);
	if (ret)
		return ret;
	return cask_db_run(db, "INSERT INTO certificates (serial, device_id, pem, created, expires) "
			   "VALUES ($1, $2, $3, $4, $5)",
			   DB_ARGS(DB_ID(e->serial), DB_ID(e->device_id), DB_TEXT(pem),
				   DB_INT(time(NULL)), DB_INT(expires)));
}

/*
 * What the answer does now: 0 it enrols, 1 its token did that before and @e->serial is
 * what it brought; -EACCES, -ESRCH as enrolment_answer().
 */
static int judge(struct cask_db *db, struct enrolment *e, struct device *device)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret = cask_db_query_one(db, "SELECT t.user_id, u.enabled, e.answer_hash, e.certificate, "
				    "d.user_id FROM enrolments e "
				    "JOIN tokens t ON t.hash = e.token_hash "
				    "JOIN users u ON u.id = t.user_id "
				    "LEFT JOIN devices d ON d.id = e.device_id WHERE e.id = $1",
				    DB_ARGS(DB_ID(e->id)), &rows);

	if (ret)
		return ret;
	device->user_id = cask_db_int(rows, 0);
	if (!cask_db_is_null(rows, 2))
		return -ESRCH;
	if (!cask_db_int(rows, 1))
		return -EACCES;
	if (cask_db_is_null(rows, 3))
		return 0;
	/* Another token has given the device to another user since. */
	if (cask_db_is_null(rows, 4) || cask_db_int(rows, 4) != device->user_id)
		return -ESRCH;
	ret = cask_db_id(rows, 3, e->serial, sizeof(e->serial));
	return ret ? ret : 1;
}

static int enrol(struct cask_db *db, const struct enrolment *e, const struct device *device,
		 const X509 *certificate)
{
	int ret = token_use(db, e->token_hash);

	if (!ret)
		ret = device_enrol(db, device);
	return ret ? ret : insert_certificate(db, e, certificate);
}

/* All of it or nothing; within a transaction, so of two answers at once one is first. */
static int record(struct cask_db *db, struct enrolment *e, struct device *device,
		  const X509 *certificate)
{
	int ret = judge(db, e, device);

	if (!ret)
		ret = enrol(db, e, device, certificate);
	if (ret < 0)
		return ret;
	return cask_db_run(db, "UPDATE enrolments SET answer_hash = $2, certificate = $3 "
			   "WHERE id = $1",
			   DB_ARGS(DB_ID(e->id), DB_ID(e->answer_hash), DB_ID(e->serial)));
}

/**
 * enrolment_answer() - judge an answer and take the device in
 * @call: without an open transaction
 * @enrolment: not yet answered, not expired
 * @answer: ENROLMENT object
 * @size: bytes of it
 *
 * The account counts as it is now, the token as it was when the challenge was asked for.
 *
 * Return: 0; -EBADMSG, -EINVAL or -EOPNOTSUPP when the answer is to be refused; -EACCES when the
 * account is disabled; -ESRCH when another answer was faster, a new challenge took this one's
 * place, or the device is another user's by now; or another -errno.
 */
int enrolment_answer(struct call *call, const struct enrolment *enrolment,
		     const uint8_t *answer, size_t size)
{
	_cleanup_x509_ X509 *certificate = NULL;
	struct enrolment e = *enrolment;
	struct pairwise_answer a;
	struct device device = { 0 };
	int ret = open_answer(call->server, &e, answer, size, &a);

	if (!ret)
		ret = check_answer(call->server, &e, &a);
	if (!ret)
		ret = crypto_sha256(answer, size, e.answer_hash);
	crypto_wipe(a.challenge, sizeof(a.challenge));
	if (!ret)
		ret = pki_make_device(&call->server->client_ca, e.device_id, e.device_key,
				      &certificate);
	if (!ret)
		ret = pki_serial(certificate, e.serial);
	if (ret)
		return ret;
	memcpy(device.id, e.device_id, sizeof(device.id));
	memcpy(device.key, e.device_key, sizeof(device.key));
	device.level = judge_level(&a);
	device.root = a.root;
	ret = cask_db_begin(call->db);
	if (ret)
		return ret;
	return cask_db_end(call->db, record(call->db, &e, &device, certificate));
}
