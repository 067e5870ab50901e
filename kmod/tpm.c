// SPDX-License-Identifier: GPL-2.0
/*
 * tpm.c - what Cask asks of a TPM 2.0: to keep the root secret for a kernel that was
 * booted so, and to count.
 *
 * Numbers and structures are those of the TCG's "TPM 2.0 Library", parts 2 and 3.
 * Commands go past the kernel's resource manager, so that what is made here is
 * flushed here. Nothing is hidden from who listens on the bus: that is an attack on
 * the hardware.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/tpm.h>

#include "private.h"
#include "compat/compat.h"

#define RH_OWNER		0x40000001
#define RH_NULL			0x40000007
#define RS_PW			0x40000009
#define ST_NO_SESSIONS		0x8001
#define ST_SESSIONS		0x8002
#define ALG_AES			0x0006
#define ALG_KEYEDHASH		0x0008
#define ALG_SHA256		0x000b
#define ALG_NULL		0x0010
#define ALG_ECC			0x0023
#define ALG_CFB			0x0043
#define ECC_NIST_P256		0x0003
#define SE_POLICY		0x01
#define SE_TRIAL		0x03

#define CC_EVICT_CONTROL	0x120
#define CC_NV_UNDEFINE_SPACE	0x122
#define CC_NV_DEFINE_SPACE	0x12a
#define CC_CREATE_PRIMARY	0x131
#define CC_NV_INCREMENT		0x134
#define CC_NV_READ		0x14e
#define CC_CREATE		0x153
#define CC_LOAD			0x157
#define CC_UNSEAL		0x15e
#define CC_NV_READ_PUBLIC	0x169
#define CC_START_AUTH_SESSION	0x176
#define CC_POLICY_PCR		0x17f
#define CC_POLICY_GET_DIGEST	0x189

/* Of an object: fixedTPM, fixedParent; of a parent, also what the TCG's storage key has. */
#define OBJECT_SEALED		0x00000412	/* and noDA; only by its policy */
#define OBJECT_PARENT		0x00030472
/* Of an index: a counter, written and read with its own authorisation, out of the lockout. */
#define NV_COUNTER		0x02040014

/* In the owner's ranges. */
#define ROOT_HANDLE		0x8100ca5c
#define COUNTER_INDEX		0x018ca5c0

#define HEADER_SIZE		10
#define NONCE_SIZE		16
#define PCRS			3	/* bytes of a selection: PCRs 0 to 23 */

/* How long a TPM that spares its memory is waited for, in ms: all in all, and at first. */
#define PATIENCE		5000
#define FIRST_PAUSE		50

/* --- one command --- */

/**
 * struct command - a command, then its answer
 * @chip: locked, for tpm_transmit_cmd()
 * @buf: both
 * @at: of the answer, where the next value is read
 * @sessions: the command has an authorisation area
 */
struct command {
	struct tpm_chip *chip;
	struct tpm_buf buf;
	unsigned int at;
	bool sessions;
};

static int begin(struct command *c, struct tpm_chip *chip, u16 tag, u32 code)
{
	c->chip = chip;
	c->sessions = tag == ST_SESSIONS;
	return tpm_buf_init(&c->buf, tag, code);
}

/* It may have held a secret. */
static void end(struct command *c)
{
	memzero_explicit(c->buf.data, PAGE_SIZE);
	tpm_buf_destroy(&c->buf);
}

static void put8(struct command *c, u8 value)
{
	tpm_buf_append_u8(&c->buf, value);
}

static void put16(struct command *c, u16 value)
{
	tpm_buf_append_u16(&c->buf, value);
}

static void put32(struct command *c, u32 value)
{
	tpm_buf_append_u32(&c->buf, value);
}

static void put_bytes(struct command *c, const void *data, u16 len)
{
	put16(c, len);
	if (len)
		tpm_buf_append(&c->buf, data, len);
}

/* One authorisation: a session, or a password. */
static void put_auth(struct command *c, u32 session, const u8 *password, u16 len)
{
	put32(c, 9 + len);
	put32(c, session);
	put16(c, 0);
	put8(c, 0);
	put_bytes(c, password, len);
}

static void put_owner(struct command *c)
{
	put_auth(c, RS_PW, NULL, 0);
}

static void put_pcrs(struct command *c, u32 pcrs)
{
	put32(c, 1);
	put16(c, ALG_SHA256);
	put8(c, PCRS);
	put8(c, pcrs);
	put8(c, pcrs >> 8);
	put8(c, pcrs >> 16);
}

/* What the TPM's own codes mean here; the rest, and what its driver says, is EIO. */
static int error_of(ssize_t rc)
{
	switch (rc) {
	case 0:
	case -ENOMEM:
		return rc;
	case 0x14a:	/* NV_UNINITIALIZED */
		return -ENODATA;
	case 0x14c:	/* NV_DEFINED */
		return -EEXIST;
	case 0x920:	/* NV_RATE: not so often */
		return -EAGAIN;
	case 0x921:	/* LOCKOUT */
		return -EBUSY;
	}
	/* Format one: which handle, session or parameter it was does not matter. */
	switch (rc > 0 && rc & 0x80 ? rc & 0xbf : 0) {
	case 0x8b:	/* HANDLE */
	case 0x82:	/* ATTRIBUTES: an index of another kind */
		return -ENOENT;
	case 0x8e:	/* AUTH_FAIL */
	case 0xa2:	/* BAD_AUTH */
		return -EKEYREJECTED;
	case 0x9d:	/* POLICY_FAIL */
		return -EPERM;
	}
	return -EIO;
}

/* @handles: in the answer, before its parameters */
static int run(struct command *c, unsigned int handles, const char *what)
{
	int ret = error_of(tpm_transmit_cmd(c->chip, &c->buf, 0, what));

	c->at = HEADER_SIZE + handles * sizeof(u32) + (c->sessions ? sizeof(u32) : 0);
	return ret;
}

/* Bytes of the answer; more than a page is none. */
static unsigned int answer_len(const struct command *c)
{
	return min_t(u32, get_unaligned_be32(c->buf.data + 2), PAGE_SIZE);
}

static int get_handle(const struct command *c, u32 *ret_handle)
{
	if (answer_len(c) < HEADER_SIZE + sizeof(u32))
		return -EIO;
	*ret_handle = get_unaligned_be32(c->buf.data + HEADER_SIZE);
	return 0;
}

/* The next sized value. */
static int get_bytes(struct command *c, struct cask_bytes *ret)
{
	unsigned int len = answer_len(c);

	if (c->at + 2 > len)
		return -EIO;
	ret->len = get_unaligned_be16(c->buf.data + c->at);
	ret->data = c->buf.data + c->at + 2;
	c->at += 2 + ret->len;
	return c->at > len ? -EIO : 0;
}

/* --- policies --- */

static int start_session(struct tpm_chip *chip, u8 type, u32 *ret_session)
{
	u8 nonce[NONCE_SIZE];
	struct command c;
	int ret = begin(&c, chip, ST_NO_SESSIONS, CC_START_AUTH_SESSION);

	if (ret)
		return ret;
	get_random_bytes(nonce, sizeof(nonce));
	put32(&c, RH_NULL);
	put32(&c, RH_NULL);
	put_bytes(&c, nonce, sizeof(nonce));
	put_bytes(&c, NULL, 0);
	put8(&c, type);
	put16(&c, ALG_NULL);
	put16(&c, ALG_SHA256);
	ret = run(&c, 1, "starting a session") ?: get_handle(&c, ret_session);
	end(&c);
	return ret;
}

static int policy_pcr(struct tpm_chip *chip, u32 session, u32 pcrs)
{
	struct command c;
	int ret = begin(&c, chip, ST_NO_SESSIONS, CC_POLICY_PCR);

	if (ret)
		return ret;
	put32(&c, session);
	put_bytes(&c, NULL, 0);
	put_pcrs(&c, pcrs);
	ret = run(&c, 0, "policy of PCRs");
	end(&c);
	return ret;
}

static int policy_digest(struct tpm_chip *chip, u32 session, u8 *digest)
{
	struct cask_bytes value;
	struct command c;
	int ret = begin(&c, chip, ST_NO_SESSIONS, CC_POLICY_GET_DIGEST);

	if (ret)
		return ret;
	put32(&c, session);
	ret = run(&c, 0, "digest of a policy") ?: get_bytes(&c, &value);
	if (!ret && value.len != SHA256_DIGEST_SIZE)
		ret = -EIO;
	if (!ret)
		memcpy(digest, value.data, SHA256_DIGEST_SIZE);
	end(&c);
	return ret;
}

/* Of the PCRs as they are now. */
static int policy_of_now(struct tpm_chip *chip, u32 pcrs, u8 *digest)
{
	u32 session;
	int ret = start_session(chip, SE_TRIAL, &session);

	if (ret)
		return ret;
	ret = policy_pcr(chip, session, pcrs) ?: policy_digest(chip, session, digest);
	tpm2_flush_context(chip, session);
	return ret;
}

/* --- the root secret --- */

static int create_primary(struct tpm_chip *chip, u32 *ret_parent)
{
	struct command c;
	int ret = begin(&c, chip, ST_SESSIONS, CC_CREATE_PRIMARY);

	if (ret)
		return ret;
	put32(&c, RH_OWNER);
	put_owner(&c);
	put16(&c, 4);			/* inSensitive: no password, no data */
	put32(&c, 0);
	put16(&c, 26);			/* inPublic */
	put16(&c, ALG_ECC);
	put16(&c, ALG_SHA256);
	put32(&c, OBJECT_PARENT);
	put16(&c, 0);			/* authPolicy */
	put16(&c, ALG_AES);
	put16(&c, 128);
	put16(&c, ALG_CFB);
	put16(&c, ALG_NULL);		/* scheme */
	put16(&c, ECC_NIST_P256);
	put16(&c, ALG_NULL);		/* kdf */
	put32(&c, 0);			/* unique: x and y */
	put16(&c, 0);			/* outsideInfo */
	put32(&c, 0);			/* creationPCR */
	ret = run(&c, 1, "creating the storage key") ?: get_handle(&c, ret_parent);
	end(&c);
	return ret;
}

/* The answer stays in @c: private and public part. */
static int create_sealed(struct command *c, u32 parent, const u8 *policy, const void *data,
			 u16 len)
{
	put32(c, parent);
	put_owner(c);
	put16(c, 4 + len);
	put16(c, 0);
	put_bytes(c, data, len);
	put16(c, 14 + SHA256_DIGEST_SIZE);
	put16(c, ALG_KEYEDHASH);
	put16(c, ALG_SHA256);
	put32(c, OBJECT_SEALED);
	put_bytes(c, policy, SHA256_DIGEST_SIZE);
	put16(c, ALG_NULL);
	put16(c, 0);			/* unique */
	put16(c, 0);			/* outsideInfo */
	put32(c, 0);			/* creationPCR */
	return run(c, 0, "sealing the root secret");
}

static int load(struct tpm_chip *chip, u32 parent, const struct cask_bytes *private,
		const struct cask_bytes *public, u32 *ret_object)
{
	struct command c;
	int ret = begin(&c, chip, ST_SESSIONS, CC_LOAD);

	if (ret)
		return ret;
	put32(&c, parent);
	put_owner(&c);
	put_bytes(&c, private->data, private->len);
	put_bytes(&c, public->data, public->len);
	ret = run(&c, 1, "loading the root secret") ?: get_handle(&c, ret_object);
	end(&c);
	return ret;
}

static int persist(struct tpm_chip *chip, u32 object)
{
	struct command c;
	int ret = begin(&c, chip, ST_SESSIONS, CC_EVICT_CONTROL);

	if (ret)
		return ret;
	put32(&c, RH_OWNER);
	put32(&c, object);
	put_owner(&c);
	put32(&c, ROOT_HANDLE);
	ret = run(&c, 0, "keeping the root secret");
	end(&c);
	return ret;
}

static int keep(struct tpm_chip *chip, u32 parent, struct command *created)
{
	struct cask_bytes private, public;
	u32 object;
	int ret;

	ret = get_bytes(created, &private) ?: get_bytes(created, &public) ?:
	      load(chip, parent, &private, &public, &object);
	if (ret)
		return ret;
	ret = persist(chip, object);
	tpm2_flush_context(chip, object);
	return ret;
}

static int seal(struct tpm_chip *chip, u32 pcrs, const void *data, u16 len)
{
	u8 policy[SHA256_DIGEST_SIZE];
	struct command c;
	u32 parent;
	int ret;

	ret = policy_of_now(chip, pcrs, policy) ?: create_primary(chip, &parent);
	if (ret)
		return ret;
	ret = begin(&c, chip, ST_SESSIONS, CC_CREATE);
	if (!ret) {
		ret = create_sealed(&c, parent, policy, data, len) ?: keep(chip, parent, &c);
		end(&c);
	}
	tpm2_flush_context(chip, parent);
	return ret;
}

static int unseal_with(struct tpm_chip *chip, u32 session, void *data, u16 len)
{
	struct cask_bytes value;
	struct command c;
	int ret = begin(&c, chip, ST_SESSIONS, CC_UNSEAL);

	if (ret)
		return ret;
	put32(&c, ROOT_HANDLE);
	put_auth(&c, session, NULL, 0);
	ret = run(&c, 0, "unsealing the root secret") ?: get_bytes(&c, &value);
	if (!ret && value.len != len)
		ret = -EBADMSG;
	if (!ret)
		memcpy(data, value.data, len);
	end(&c);
	return ret;
}

static int unseal(struct tpm_chip *chip, u32 pcrs, void *data, u16 len)
{
	u32 session;
	int ret = start_session(chip, SE_POLICY, &session);

	if (ret)
		return ret;
	ret = policy_pcr(chip, session, pcrs) ?: unseal_with(chip, session, data, len);
	/* It goes by itself only when it was used. */
	if (ret)
		tpm2_flush_context(chip, session);
	return ret;
}

/* --- the counter --- */

static int define(struct tpm_chip *chip, const u8 *auth)
{
	struct command c;
	int ret = begin(&c, chip, ST_SESSIONS, CC_NV_DEFINE_SPACE);

	if (ret)
		return ret;
	put32(&c, RH_OWNER);
	put_owner(&c);
	put_bytes(&c, auth, CASK_TPM_AUTH_SIZE);
	put16(&c, 14);
	put32(&c, COUNTER_INDEX);
	put16(&c, ALG_SHA256);
	put32(&c, NV_COUNTER);
	put16(&c, 0);			/* authPolicy */
	put16(&c, sizeof(u64));
	ret = run(&c, 0, "defining the counter");
	end(&c);
	return ret;
}

static int undefine(struct tpm_chip *chip)
{
	struct command c;
	int ret = begin(&c, chip, ST_SESSIONS, CC_NV_UNDEFINE_SPACE);

	if (ret)
		return ret;
	put32(&c, RH_OWNER);
	put32(&c, COUNTER_INDEX);
	put_owner(&c);
	ret = run(&c, 0, "removing a counter");
	end(&c);
	return ret;
}

static int increment(struct tpm_chip *chip, const u8 *auth)
{
	struct command c;
	int ret = begin(&c, chip, ST_SESSIONS, CC_NV_INCREMENT);

	if (ret)
		return ret;
	put32(&c, COUNTER_INDEX);
	put32(&c, COUNTER_INDEX);
	put_auth(&c, RS_PW, auth, CASK_TPM_AUTH_SIZE);
	ret = run(&c, 0, "advancing the counter");
	end(&c);
	return ret;
}

static int read_counter(struct tpm_chip *chip, const u8 *auth, u64 *ret_counter)
{
	struct cask_bytes value;
	struct command c;
	int ret = begin(&c, chip, ST_SESSIONS, CC_NV_READ);

	if (ret)
		return ret;
	put32(&c, COUNTER_INDEX);
	put32(&c, COUNTER_INDEX);
	put_auth(&c, RS_PW, auth, CASK_TPM_AUTH_SIZE);
	put16(&c, sizeof(u64));
	put16(&c, 0);
	ret = run(&c, 0, "reading the counter") ?: get_bytes(&c, &value);
	if (!ret && value.len != sizeof(u64))
		ret = -EIO;
	if (!ret)
		*ret_counter = get_unaligned_be64(value.data);
	end(&c);
	return ret;
}

/* An index that somebody else defined may be written by somebody else. */
static int check_index(struct tpm_chip *chip)
{
	/* TPMS_NV_PUBLIC: index, nameAlg, attributes (and WRITTEN), no policy, eight bytes. */
	u8 want[14] = { 0 };
	struct cask_bytes public;
	struct command c;
	int ret = begin(&c, chip, ST_NO_SESSIONS, CC_NV_READ_PUBLIC);

	if (ret)
		return ret;
	put_unaligned_be32(COUNTER_INDEX, want);
	put_unaligned_be16(ALG_SHA256, want + 4);
	put_unaligned_be32(NV_COUNTER | BIT(29), want + 6);
	put_unaligned_be16(sizeof(u64), want + 12);
	put32(&c, COUNTER_INDEX);
	ret = run(&c, 0, "looking at the counter") ?: get_bytes(&c, &public);
	if (!ret && (public.len != sizeof(want) || memcmp(public.data, want, sizeof(want))))
		ret = -EKEYREJECTED;
	end(&c);
	return ret;
}

/* --- for the rest of the module --- */

static struct tpm_chip *chip;

static int once(int (*fn)(struct tpm_chip *chip, void *arg), void *arg)
{
	int ret = tpm_try_get_ops(chip);

	/* Without its driver, or the chip does not wake. */
	if (ret)
		return -EIO;
	ret = fn(chip, arg);
	tpm_put_ops(chip);
	return ret;
}

/* A TPM may ask to be written to less often; meanwhile it is others' to use. */
static int with_chip(int (*fn)(struct tpm_chip *chip, void *arg), void *arg)
{
	unsigned int pause = FIRST_PAUSE, waited = 0;
	int ret;

	while ((ret = once(fn, arg)) == -EAGAIN && waited < PATIENCE) {
		msleep(pause);
		waited += pause;
		pause = min(2 * pause, 1000U);
	}
	return ret == -EAGAIN ? -EIO : ret;
}

struct sealing {
	u32 pcrs;
	void *data;
	u16 len;
};

static int do_unseal(struct tpm_chip *chip, void *arg)
{
	struct sealing *s = arg;

	return unseal(chip, s->pcrs, s->data, s->len);
}

static int do_seal(struct tpm_chip *chip, void *arg)
{
	struct sealing *s = arg;

	return seal(chip, s->pcrs, s->data, s->len);
}

/**
 * cask_tpm_unseal() - the root secret, if the machine was booted as when it was sealed
 * @pcrs: bits of the PCRs that say how
 * @data: what was sealed
 * @len: bytes of it
 *
 * Return: 0; -ENOENT when nothing was sealed yet; -EPERM when it was booted otherwise,
 * or this boot had it before; -EBADMSG when it is not of ours; -EIO, -ENOMEM.
 */
int cask_tpm_unseal(u32 pcrs, void *data, u16 len)
{
	struct sealing s = { .pcrs = pcrs, .data = data, .len = len };

	return with_chip(do_unseal, &s);
}

/**
 * cask_tpm_seal() - keep the root secret for kernels that are booted as this one
 * @pcrs: bits of the PCRs that say how
 * @data: what
 * @len: bytes of it, at most 128
 *
 * Return: 0, -EIO, -ENOMEM.
 */
int cask_tpm_seal(u32 pcrs, void *data, u16 len)
{
	struct sealing s = { .pcrs = pcrs, .data = data, .len = len };

	return with_chip(do_seal, &s);
}

/**
 * cask_tpm_cap() - give the root secret to nobody any more before the next boot
 * @pcr: one of those that it is sealed by
 *
 * Return: 0 or -EIO.
 */
int cask_tpm_cap(u32 pcr)
{
	struct tpm_digest digests[16];
	unsigned int i;

	if (chip->nr_allocated_banks > ARRAY_SIZE(digests))
		return -EIO;
	memset(digests, 0, sizeof(digests));
	for (i = 0; i < chip->nr_allocated_banks; i++) {
		digests[i].alg_id = chip->allocated_banks[i].alg_id;
		memset(digests[i].digest, 0xca, chip->allocated_banks[i].digest_size);
	}
	return tpm_pcr_extend(chip, pcr, digests) ? -EIO : 0;
}

struct counting {
	const u8 *auth;
	u64 counter;
};

static int do_define(struct tpm_chip *chip, void *arg)
{
	struct counting *c = arg;
	int ret = define(chip, c->auth);

	/* Of a root secret that was not sealed when the power went: nobody knows its password. */
	return ret == -EEXIST ? undefine(chip) ?: define(chip, c->auth) : ret;
}

static int do_read(struct tpm_chip *chip, void *arg)
{
	struct counting *c = arg;

	return check_index(chip) ?: read_counter(chip, c->auth, &c->counter);
}

static int do_advance(struct tpm_chip *chip, void *arg)
{
	return increment(chip, ((struct counting *)arg)->auth);
}

/**
 * cask_tpm_define() - have a new counter; there is no root secret that knows the old one
 * @auth: CASK_TPM_AUTH_SIZE bytes, that only this device's kernel knows
 * @ret_counter: where it begins: above all that the TPM has counted before
 *
 * Return: 0, -EIO, -ENOMEM.
 */
int cask_tpm_define(const u8 *auth, u64 *ret_counter)
{
	struct counting c = { .auth = auth };
	/* A counter can be read once it was advanced. */
	int ret = with_chip(do_define, &c) ?: with_chip(do_advance, &c) ?: with_chip(do_read, &c);

	if (!ret)
		*ret_counter = c.counter;
	return ret;
}

/**
 * cask_tpm_read() - where the counter is
 * @auth: of the counter
 * @ret_counter: that
 *
 * Return: 0; -ENOENT when there is none; -EKEYREJECTED when it is another's; -EIO, -ENOMEM.
 */
int cask_tpm_read(const u8 *auth, u64 *ret_counter)
{
	struct counting c = { .auth = auth };
	int ret = with_chip(do_read, &c);

	if (!ret)
		*ret_counter = c.counter;
	return ret;
}

/**
 * cask_tpm_advance() - count one
 * @auth: of the counter
 *
 * Waits some seconds for a TPM that will not be written to so often, so that who waits
 * for it has to be killable. Return: 0, or an errno as cask_tpm_read(), which tells
 * whether it did.
 */
int cask_tpm_advance(const u8 *auth)
{
	struct counting c = { .auth = auth };

	return with_chip(do_advance, &c);
}

/* A selection of PCRs that a TPM does not keep is an empty one, by which it seals for everybody. */
static bool has_sha256(const struct tpm_chip *chip)
{
	unsigned int i;

	for (i = 0; i < chip->nr_allocated_banks; i++)
		if (chip->allocated_banks[i].alg_id == ALG_SHA256)
			return true;
	return false;
}

static int check_chip(const struct tpm_chip *chip)
{
	if (chip->flags & TPM_CHIP_FLAG_VIRTUAL)
		return -ENODEV;
	if (!(chip->flags & TPM_CHIP_FLAG_TPM2))
		return -EOPNOTSUPP;
	return has_sha256(chip) ? 0 : -ENOPKG;
}

/**
 * cask_tpm_init() - find the machine's TPM
 *
 * Return: 0; -ENODEV when there is none, or one that software made (vtpm); -EOPNOTSUPP for
 * TPM 1.2; -ENOPKG for one that keeps no PCRs of SHA-256.
 */
int cask_tpm_init(void)
{
	struct tpm_chip *found = tpm_default_chip();
	int ret;

	if (!found)
		return -ENODEV;
	ret = check_chip(found);
	if (ret)
		put_device(&found->dev);
	else
		chip = found;
	return ret;
}

/** cask_tpm_exit() - let go of it */
void cask_tpm_exit(void)
{
	if (chip)
		put_device(&chip->dev);
	chip = NULL;
}
