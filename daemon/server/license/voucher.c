// SPDX-License-Identifier: GPL-2.0
/*
 * voucher.c - who vouches for a device that wants to enrol: a one-time code, a
 * factory certificate, or nobody.
 *
 * A code says whose the device is, a certificate says what it is: either will do,
 * both may come together.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "../factory.h"
#include "../user.h"
#include "cose.h"
#include "voucher.h"

static const struct refusal {
	unsigned int status;
	const char *code;
	const char *what;
} factory_refusals[] = {
	[FACTORY_MALFORMED] = { 400, "certificate-malformed",
				"\"certificate\" is no X.509 certificate in PEM." },
	[FACTORY_PURPOSE] = { 403, "certificate-purpose", "This is no factory certificate." },
	[FACTORY_KEY] = { 403, "certificate-key", "The certificate's key is no X25519 key." },
	[FACTORY_DEVICE] = { 403, "certificate-device", "The certificate is another device's." },
	[FACTORY_UNKNOWN] = { 403, "factory-unknown",
			      "The certificate is of no authority that this server trusts." },
	[FACTORY_EXPIRED] = { 403, "certificate-expired", "The certificate is not valid now." },
	[FACTORY_REVOKED] = { 403, "certificate-revoked", "The certificate was revoked." },
	[FACTORY_NO_LIST] = { 503, "revocation-unknown",
			      "Whether the certificate was revoked cannot be told now." },
};

static bool refuse(struct cask_reply **ret_reply, unsigned int status, const char *code,
		   const char *what)
{
	struct cask_reply *reply = cask_reply_problem(status, code, "%s", what);

	*ret_reply = status == 503 ? cask_reply_header(reply, "Retry-After", "3600") : reply;
	return false;
}

static bool failed(struct cask_reply **ret_reply, int error)
{
	*ret_reply = call_failed(error);
	return false;
}

/*
 * A token that has done its work lets its device begin anew: its answer's reply may never
 * have arrived. Not when the device has changed hands since.
 */
static int check_used(struct call *call, const struct token *token)
{
	struct device device;
	int ret;

	if (!token->used)
		return 0;
	if (token->expires < time(NULL))
		return -EEXIST;
	ret = device_find(call->db, token->device_id, &device);
	if (ret == -ESRCH || (!ret && device.user_id != token->user_id))
		return -EEXIST;
	return ret;
}

/* Whether this device may begin with this token: 0 or -errno. */
static int check_token(struct call *call, const struct token *token,
		       const uint8_t device_id[CASK_KID_SIZE])
{
	struct user user;
	int ret = 0;

	if (token->bound && memcmp(token->device_id, device_id, CASK_KID_SIZE))
		ret = -EEXIST;
	if (!ret)
		ret = check_used(call, token);
	if (!ret && token->expires < time(NULL))
		ret = -ETIME;
	if (!ret)
		ret = user_get(call->db, token->user_id, &user);
	return !ret && !user.enabled ? -EACCES : ret;
}

static bool refuse_user(struct cask_reply **ret_reply)
{
	*ret_reply = call_user_disabled();
	return false;
}

static bool take_token(struct call *call, const char *text, struct voucher *v,
		       struct cask_reply **ret_refusal)
{
	int ret = token_find(call->db, text, &v->token);

	if (ret == -ESRCH)
		return refuse(ret_refusal, 403, "token-unknown", "There is no such token.");
	if (!ret)
		ret = check_token(call, &v->token, v->device_id);
	switch (ret) {
	case 0:
		v->has_token = true;
		if (v->kind == DEVICE_OPEN)
			v->kind = DEVICE_TOKEN;
		memcpy(v->claim, v->token.hash, sizeof(v->claim));
		return true;
	case -EEXIST:
		return refuse(ret_refusal, 409, "token-used", "A token is good for one device, once.");
	case -ETIME:
		return refuse(ret_refusal, 403, "token-expired", "The token has expired.");
	case -EACCES:
		return refuse_user(ret_refusal);
	}
	return failed(ret_refusal, ret);
}

static bool take_certificate(struct call *call, const char *pem, struct voucher *v,
			     struct cask_reply **ret_refusal)
{
	uint8_t hash[FACTORY_HASH_SIZE];
	enum factory_verdict verdict = factory_check(&call->server->config, pem, v->device_key,
						     hash);

	if (verdict == FACTORY_FAILED)
		return failed(ret_refusal, -EIO);
	if (verdict != FACTORY_GOOD)
		return refuse(ret_refusal, factory_refusals[verdict].status,
			      factory_refusals[verdict].code, factory_refusals[verdict].what);
	v->kind = DEVICE_FACTORY;
	memcpy(v->claim, hash, sizeof(v->claim));
	return true;
}

/* It may have been disabled; without a token it stays its owner's, who may have been, too. */
static bool check_device(struct call *call, const struct voucher *v,
			 struct cask_reply **ret_refusal)
{
	struct device device;
	int ret = device_find(call->db, v->device_id, &device);

	if (ret == -ESRCH)
		return true;
	if (ret)
		return failed(ret_refusal, ret);
	if (!device.enabled) {
		*ret_refusal = call_device_disabled();
		return false;
	}
	return v->has_token || device.user_enabled || refuse_user(ret_refusal);
}

/**
 * voucher_begin() - judge what a device brings, as far as that takes no database
 * @call: without an open transaction: anyone can send a certificate, which takes its time,
 *	and all who write would wait for it
 * @papers: what it brings
 * @ret_voucher: for voucher_check(), if they are good so far
 * @ret_refusal: if not: the reply; NULL stands for 500
 *
 * Return: whether they are good so far.
 */
bool voucher_begin(struct call *call, const struct voucher_papers *papers,
		   struct voucher *ret_voucher, struct cask_reply **ret_refusal)
{
	struct voucher *v = ret_voucher;
	int ret;

	*v = (struct voucher){ .kind = DEVICE_OPEN };
	memcpy(v->device_key, papers->device_key, sizeof(v->device_key));
	ret = cose_device_id(v->device_key, v->device_id);
	if (ret)
		return failed(ret_refusal, ret);
	memcpy(v->claim, v->device_id, sizeof(v->claim));
	if (!papers->token && !papers->certificate && !call->server->config.open_enrolment)
		return refuse(ret_refusal, 403, "token-wanted",
			      "A token or a factory certificate is wanted.");
	return !papers->certificate || take_certificate(call, papers->certificate, v, ret_refusal);
}

/**
 * voucher_check() - judge the rest of it
 * @call: within a transaction, so that two devices cannot both be a token's first
 * @papers: what it brings
 * @voucher: of voucher_begin()
 * @ret_refusal: if they are no good: the reply; NULL stands for 500
 *
 * Return: whether they are good.
 */
bool voucher_check(struct call *call, const struct voucher_papers *papers,
		   struct voucher *voucher, struct cask_reply **ret_refusal)
{
	if (papers->token && !take_token(call, papers->token, voucher, ret_refusal))
		return false;
	return check_device(call, voucher, ret_refusal);
}

/**
 * voucher_level() - what a device can be trusted with at most
 * @kind: who vouched for it
 *
 * Any program can open the challenge and MAC whatever level it likes: only who saw the
 * hardware can lend more.
 *
 * Return: enum cask_level.
 */
uint32_t voucher_level(enum device_enrolment kind)
{
	return kind == DEVICE_FACTORY ? CASK_LEVEL_PRODUCTION : CASK_LEVEL_DEVELOPMENT;
}
