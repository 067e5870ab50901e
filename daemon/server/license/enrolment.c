// SPDX-License-Identifier: GPL-2.0
/*
 * enrolment.c - take a device in: voucher, sealed challenge, answer, certificate.
 *
 * Who opens the challenge and MACs the answer holds the device key: that is
 * the proof of possession that the certificate stands on.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "crypto.h"
#include "enrolment.h"
#include "information.h"
#include "json.h"
#include "log.h"
#include "pairwise.h"
#include "text.h"
#include "../user.h"

/*
 * A claim has one challenge: a new one replaces it. The certificate that an answer
 * brought stays, for the same device to have again.
 */
static int insert(struct cask_db *db, const struct enrolment *e)
{
	return cask_db_run(db, "INSERT INTO enrolments (id, claim, kind, token_hash, device_id, "
			   "device_key, challenge_hash, expires, challenge) "
			   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
			   "ON CONFLICT (claim) DO UPDATE SET id = $1, kind = $3, device_id = $5, "
			   "device_key = $6, challenge_hash = $7, expires = $8, answer_hash = NULL, "
			   "challenge = $9, information = NULL",
			   DB_ARGS(DB_ID(e->id), DB_ID(e->claim), DB_INT(e->kind),
				   e->has_token ? DB_ID(e->token_hash) : DB_NULL,
				   DB_ID(e->device_id), DB_ID(e->device_key),
				   DB_ID(e->challenge_hash), DB_INT(e->expires),
				   DB_ID(e->challenge)));
}

/* Challenges that nobody answered and tokens that nobody used, long after their time. */
static int forget_old(struct cask_db *db)
{
	int64_t before = time(NULL) - SERVER_KEEP_SECONDS;
	int ret = cask_db_run(db, "DELETE FROM enrolments WHERE certificate IS NULL "
			      "AND expires < $1", DB_ARGS(DB_INT(before)));

	/* What a user said for nothing is kept no longer than it may be of use. */
	if (!ret)
		ret = cask_db_run(db, "UPDATE enrolments SET information = NULL "
				  "WHERE information IS NOT NULL AND expires < $1",
				  DB_ARGS(DB_INT(time(NULL))));
	if (ret)
		return ret;
	return cask_db_run(db, "DELETE FROM tokens WHERE used IS NULL AND expires < $1 "
			   "AND hash NOT IN (SELECT token_hash FROM enrolments "
			   "WHERE token_hash IS NOT NULL)",
			   DB_ARGS(DB_INT(before)));
}

static int make_challenge(const struct server *server, struct enrolment *e)
{
	uint8_t challenge[CASK_CHALLENGE_SIZE], secret[32];
	int ret = crypto_random(challenge, sizeof(challenge));

	if (!ret)
		ret = pairwise_derive(server->pairwise, e->device_key, secret);
	if (!ret)
		ret = pairwise_seal_challenge(secret, e->device_id, server->distributor.issuer,
					      challenge, e->challenge);
	if (!ret)
		ret = crypto_sha256(challenge, sizeof(challenge), e->challenge_hash);
	crypto_wipe(challenge, sizeof(challenge));
	crypto_wipe(secret, sizeof(secret));
	return ret;
}

static void fill(const struct voucher *voucher, uint64_t seconds, struct enrolment *e)
{
	*e = (struct enrolment){ .kind = voucher->kind, .has_token = voucher->has_token,
				 .expires = time(NULL) + seconds };
	memcpy(e->claim, voucher->claim, sizeof(e->claim));
	memcpy(e->token_hash, voucher->token.hash, sizeof(e->token_hash));
	memcpy(e->device_id, voucher->device_id, sizeof(e->device_id));
	memcpy(e->device_key, voucher->device_key, sizeof(e->device_key));
}

/**
 * enrolment_begin() - challenge a device
 * @call: with an open transaction, in which the voucher was found good
 * @voucher: good
 * @ret_enrolment: as recorded
 *
 * Return: 0, -EINVAL for an impossible key, or another -errno.
 */
int enrolment_begin(struct call *call, const struct voucher *voucher,
		    struct enrolment *ret_enrolment)
{
	struct enrolment *e = ret_enrolment;
	int ret;

	fill(voucher, call->server->config.enrolment_seconds, e);
	ret = crypto_random(e->id, sizeof(e->id));
	if (!ret)
		ret = make_challenge(call->server, e);
	if (!ret && voucher->has_token)
		ret = token_bind(call->db, &voucher->token, e->device_id);
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
	int ret = cask_db_query_one(db, "SELECT claim, device_id, device_key, challenge_hash, "
				    "expires, answer_hash, certificate, kind, token_hash, challenge "
				    "FROM enrolments WHERE id = $1", DB_ARGS(DB_BLOB(id, CASK_ID_SIZE)), &rows);

	if (ret)
		return ret;
	memcpy(e.id, id, sizeof(e.id));
	e.expires = cask_db_int(rows, 4);
	e.answered = !cask_db_is_null(rows, 5);
	e.kind = cask_db_int(rows, 7);
	e.has_token = !cask_db_is_null(rows, 8);
	ret = cask_db_id(rows, 0, e.claim, sizeof(e.claim));
	if (!ret && e.has_token)
		ret = cask_db_id(rows, 8, e.token_hash, sizeof(e.token_hash));
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
	/* One from before there were dialogues has none. */
	if (!ret && !cask_db_is_null(rows, 9))
		ret = cask_db_id(rows, 9, e.challenge, sizeof(e.challenge));
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
	[CASK_ROOT_KEYRING] = CASK_LEVEL_DEVELOPMENT,
	[CASK_ROOT_TPM] = CASK_LEVEL_PRODUCTION,
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

/* The weakest of what the device claims, its root, and the way it was enrolled. */
static uint32_t judge_level(const struct pairwise_answer *a, enum device_enrolment kind)
{
	uint32_t level = a->level, root = root_levels[a->root], voucher = voucher_level(kind);

	if (level > root)
		level = root;
	return level > voucher ? voucher : level;
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

/* Who was an account of its own comes back to it. */
static int own_account(struct cask_db *db, const uint8_t device_id[CASK_KID_SIZE],
		       struct user *user)
{
	char name[TEXT_HEX_SIZE(CASK_KID_SIZE)];
	int ret;

	text_hex(device_id, CASK_KID_SIZE, name);
	ret = user_find(db, name, user);
	if (ret != -ESRCH)
		return ret;
	ret = user_add(db, name);
	return ret ? ret : user_find(db, name, user);
}

/**
 * enrolment_owner() - whose the device will be, if that is known without what the user says
 * @db: connection
 * @e: an enrolment
 * @ret_user_id: by a token, the one it was made for; else the one there is
 *
 * Return: 0, -ESRCH, or another -errno.
 */
int enrolment_owner(struct cask_db *db, const struct enrolment *e, int64_t *ret_user_id)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	int ret;

	if (e->has_token)
		ret = cask_db_query_one(db, "SELECT user_id FROM tokens WHERE hash = $1",
					DB_ARGS(DB_ID(e->token_hash)), &rows);
	else
		ret = cask_db_query_one(db, "SELECT user_id FROM devices WHERE id = $1",
					DB_ARGS(DB_ID(e->device_id)), &rows);
	if (!ret)
		*ret_user_id = cask_db_int(rows, 0);
	return ret;
}

/* Where nobody is known it is what the user says, or one of the device's own. */
static int find_owner(struct cask_db *db, const struct enrolment *e, struct user *user)
{
	int64_t user_id;
	int ret = enrolment_owner(db, e, &user_id);

	if (ret == -ESRCH && !e->has_token)
		return e->info->given ? information_owner(db, e->info, user) :
					own_account(db, e->device_id, user);
	return ret ? ret : user_get(db, user_id, user);
}

/*
 * What the answer does now: 0 it brings a certificate, 1 its claim did that before and
 * @e->serial is what it brought; -EACCES, -EPERM, -ESRCH as enrolment_answer().
 */
static int judge(struct cask_db *db, struct enrolment *e, struct device *device)
{
	_cleanup_db_rows_ struct cask_db_rows *rows = NULL;
	struct user user;
	int ret = cask_db_query_one(db, "SELECT e.answer_hash, c.serial, d.user_id, d.enabled "
				    "FROM enrolments e "
				    "LEFT JOIN certificates c ON c.serial = e.certificate "
				    "AND c.expires > $2 "
				    "LEFT JOIN devices d ON d.id = e.device_id WHERE e.id = $1",
				    DB_ARGS(DB_ID(e->id), DB_INT(time(NULL))), &rows);

	if (!ret && !cask_db_is_null(rows, 0))
		ret = -ESRCH;
	if (!ret)
		ret = find_owner(db, e, &user);
	if (ret)
		return ret;
	device->user_id = user.id;
	if (!user.enabled)
		return -EACCES;
	if (!cask_db_is_null(rows, 3) && !cask_db_int(rows, 3))
		return -EPERM;
	if (cask_db_is_null(rows, 1))
		return 0;
	/* Another token has given the device to another user since. */
	if (cask_db_is_null(rows, 2) || cask_db_int(rows, 2) != device->user_id)
		return -ESRCH;
	ret = cask_db_id(rows, 1, e->serial, sizeof(e->serial));
	return ret ? ret : 1;
}

/* A device that is on record was charged for, or was free when it came. */
static int charge(struct cask_db *db, const struct device *device, struct bill *bill)
{
	struct device before;
	int ret = device_find(db, device->id, &before);

	if (ret != -ESRCH)
		return ret;
	bill->user_id = device->user_id;
	ret = bill_charge(db, bill);
	return ret == -EACCES ? -ECANCELED : ret;
}

/* All of it or nothing; within a transaction, so of two answers at once one is first. */
static int record(struct call *call, struct enrolment *e, struct device *device,
		  const X509 *certificate, struct bill *bill)
{
	struct cask_db *db = call->db;
	int ret = judge(db, e, device), again = ret == 1;

	/* A way to pay comes before what is to be paid. */
	if (!ret)
		ret = information_record(call, e->info, device->user_id);
	if (!ret && e->has_token)
		ret = token_use(db, e->token_hash);
	if (!ret)
		ret = charge(db, device, bill);
	if (ret >= 0)
		ret = device_enrol(db, device);
	if (!ret && !again)
		ret = insert_certificate(db, e, certificate);
	if (ret)
		return ret;
	return cask_db_run(db, "UPDATE enrolments SET answer_hash = $2, certificate = $3, "
			   "information = NULL WHERE id = $1",
			   DB_ARGS(DB_ID(e->id), DB_ID(e->answer_hash), DB_ID(e->serial)));
}

static int make_certificate(const struct server *server, struct enrolment *e,
			    X509 **ret_certificate)
{
	struct pki_device device = { .purpose = PKI_PURPOSE_CLIENT };
	int ret;

	memcpy(device.id, e->device_id, sizeof(device.id));
	memcpy(device.key, e->device_key, sizeof(device.key));
	ret = pki_make_device(&server->client_ca, &device, ret_certificate);
	return ret ? ret : pki_serial(*ret_certificate, e->serial);
}

/* What the user said, or that nothing is wanted. */
static int get_information(struct call *call, const struct enrolment *e,
			   struct information *ret_info)
{
	_cleanup_json_ json_t *wanted = NULL;
	int ret = information_get(call, e, ret_info);

	if (!ret && !ret_info->given)
		ret = information_wanted(call, e, &wanted);
	return !ret && wanted ? -ENODATA : ret;
}

static void describe(const struct enrolment *e, const struct pairwise_answer *a,
		     struct device *device)
{
	*device = (struct device){ .level = judge_level(a, e->kind), .root = a->root,
				   .enrolment = e->kind };
	memcpy(device->id, e->device_id, sizeof(device->id));
	memcpy(device->key, e->device_key, sizeof(device->key));
}

/**
 * enrolment_answer() - judge an answer and take the device in
 * @call: without an open transaction
 * @enrolment: not yet answered, not expired
 * @answer: ENROLMENT object
 * @size: bytes of it
 * @ret_bill: what it costs to register
 *
 * The account counts as it is now, the voucher as it was when the challenge was asked for.
 *
 * Return: 0; -EBADMSG, -EINVAL or -EOPNOTSUPP when the answer is to be refused; -EACCES when the
 * account is disabled, -EPERM when the device is; -ESRCH when another answer was faster, a new challenge took this one's
 * place, or the device is another user's by now; -ECANCELED when the bill's verdict refuses it;
 * -ENODATA when the user has not said what is wanted, -ENOTUNIQ when somebody else has taken the user
 * id meanwhile; or another -errno.
 */
int enrolment_answer(struct call *call, const struct enrolment *enrolment,
		     const uint8_t *answer, size_t size, struct bill *ret_bill)
{
	_cleanup_information_ struct information info = { 0 };
	_cleanup_x509_ X509 *certificate = NULL;
	struct enrolment e = *enrolment;
	struct pairwise_answer a;
	struct device device;
	int ret = open_answer(call->server, &e, answer, size, &a);

	if (!ret)
		ret = check_answer(call->server, &e, &a);
	if (!ret)
		ret = crypto_sha256(answer, size, e.answer_hash);
	crypto_wipe(a.challenge, sizeof(a.challenge));
	if (!ret)
		ret = get_information(call, &e, &info);
	if (!ret)
		ret = make_certificate(call->server, &e, &certificate);
	if (ret)
		return ret;
	e.info = &info;
	describe(&e, &a, &device);
	/* Whoever made the token knew the price. */
	*ret_bill = (struct bill){ .event = BILL_REGISTRATION, .subject = enrolment->device_id,
				   .subject_size = sizeof(enrolment->device_id), .agreed = -1,
				   .config = &call->server->config };
	DB_TRANSACTION(call->db, ret)
		ret = record(call, &e, &device, certificate, ret_bill);
	return ret;
}
