// SPDX-License-Identifier: GPL-2.0
/*
 * batch.c - decrypt packets and samples with a key that has no file; serves
 * CASK_IOC_DECRYPT.
 *
 * Everything is copied: the jobs once, so that what was checked is what is done;
 * ciphertext into pages of the module's own and plaintext out of them, so that no
 * page of another's is ever written by a cipher. Of an authenticated suite nothing
 * is copied out before the tag is checked.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "private.h"
#include "trace.h"

/* Both bound the memory below too, so they can only be lowered. */
#define BATCH_JOBS_MAX	1024U
static unsigned int max_batch_jobs = BATCH_JOBS_MAX;
module_param(max_batch_jobs, uint, 0644);
MODULE_PARM_DESC(max_batch_jobs, "most jobs of one CASK_IOC_DECRYPT, at most 1024 (E2BIG)");

#define BATCH_BYTES_MAX	(1U << 20)
static unsigned int max_batch_bytes = BATCH_BYTES_MAX;
module_param(max_batch_bytes, uint, 0644);
MODULE_PARM_DESC(max_batch_bytes, "most bytes of one CASK_IOC_DECRYPT, at most 1 MiB (E2BIG)");

/* Larger copies run out of the cache; larger orders are hard to come by. */
#define PIECE_ORDER	2
#define PIECE_SIZE	(PAGE_SIZE << PIECE_ORDER)
#define PIECES_MAX	(BATCH_BYTES_MAX / PIECE_SIZE)

/**
 * struct cask_batch - what a batch needs, kept between batches
 * @cipher: keyed
 * @suite: enum cask_suite
 * @license: of the key
 * @user: whom @jobs and @pieces are charged to
 * @bytes: of plaintext, copied out by the jobs of this batch
 * @taken: of what is prepaid, for them
 * @room: how many jobs fit into @jobs
 * @jobs: copy of the caller's
 * @piece_count: how many of @pieces there are
 * @pieces: where a job's bytes are, PIECE_SIZE each; wiped like a player's block: on
 *	revocation and close
 * @iv: of the job, which @cipher changes
 * @aad: additional data of the job
 * @sg: @aad and @pieces
 */
struct cask_batch {
	struct cask_cipher cipher;
	u32 suite;
	struct cask_license *license;
	struct cask_user *user;
	u64 bytes;
	u64 taken;
	unsigned int room;
	struct cask_job *jobs;
	unsigned int piece_count;
	void *pieces[PIECES_MAX];
	u8 iv[16];
	u8 aad[CASK_AAD_MAX];
	struct scatterlist sg[1 + PIECES_MAX];
};

static bool is_gcm(const struct cask_batch *b)
{
	return b->suite == CASK_SUITE_RAW_AES_128_GCM;
}

/* Of a job that check_job() has let through. */
static u32 plain_len(const struct cask_batch *b, const struct cask_job *job)
{
	return is_gcm(b) ? job->len - CASK_GCM_TAG_SIZE : job->len;
}

/* --- what is kept between batches --- */

static void free_room(struct cask_batch *b)
{
	kvfree(b->jobs);
	cask_user_uncharge_bytes(b->user, b->room * sizeof(*b->jobs));
	b->jobs = NULL;
	b->room = 0;
}

static int have_room(struct cask_batch *b, unsigned int count)
{
	int ret;

	if (b->room >= count)
		return 0;
	free_room(b);
	ret = cask_user_charge_bytes(b->user, count * sizeof(*b->jobs));
	if (ret)
		return ret;
	b->room = count;
	b->jobs = kvmalloc_array(count, sizeof(*b->jobs), GFP_KERNEL_ACCOUNT);
	if (b->jobs)
		return 0;
	free_room(b);
	return -ENOMEM;
}

/**
 * cask_batch_free() - wipe what batches left and free it
 * @batch: NULL does nothing
 */
void cask_batch_free(struct cask_batch *batch)
{
	unsigned int i;

	if (!batch)
		return;
	cask_cipher_exit(&batch->cipher);
	for (i = 0; i < batch->piece_count; i++) {
		memzero_explicit(batch->pieces[i], PIECE_SIZE);
		free_pages((unsigned long)batch->pieces[i], PIECE_ORDER);
		cask_user_uncharge_bytes(batch->user, PIECE_SIZE);
	}
	free_room(batch);
	kfree(batch);
}

static struct cask_batch *batch_new(struct cask_player *p)
{
	struct cask_batch *b = kzalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);
	struct cask_key *key;
	int ret;

	if (!b)
		return ERR_PTR(-ENOMEM);
	b->user = p->user;
	b->license = p->session->license;
	b->suite = p->session->suite;
	ret = cask_cipher_init(&b->cipher, b->suite);
	if (ret)
		goto fail;
	key = cask_license_key(b->license);
	ret = PTR_ERR_OR_ZERO(key);
	if (ret)
		goto fail;
	ret = cask_key_set_raw(key, &b->cipher);
	cask_key_put(key);
	if (!ret)
		return b;
fail:
	cask_batch_free(b);
	return ERR_PTR(ret);
}

/* Free to be taken by the first that comes; two at a time have one each. */
static struct cask_batch *take(struct cask_player *p)
{
	return xchg(&p->batch, NULL) ?: batch_new(p);
}

static void give(struct cask_player *p, struct cask_batch *b)
{
	if (cmpxchg(&p->batch, NULL, b)) {
		cask_batch_free(b);
		return;
	}
	/* cmpxchg() pairs with the xchg() of a revocation, which took the key away before. */
	if (!READ_ONCE(p->session->license->key))
		cask_batch_free(xchg(&p->batch, NULL));
}

static int have_pieces(struct cask_batch *b, unsigned int count)
{
	void *piece;
	int ret;

	while (b->piece_count < count) {
		ret = cask_user_charge_bytes(b->user, PIECE_SIZE);
		if (ret)
			return ret;
		piece = (void *)__get_free_pages(GFP_KERNEL_ACCOUNT, PIECE_ORDER);
		if (!piece) {
			cask_user_uncharge_bytes(b->user, PIECE_SIZE);
			return -ENOMEM;
		}
		b->pieces[b->piece_count++] = piece;
	}
	return 0;
}

/* --- one job --- */

/*
 * Pieces are whole pages and @n is at most PIECE_SIZE, so there is nothing that
 * hardened usercopy could find; looking costs more than copying a packet.
 */
static int piece_in(void *piece, const void __user *src, u32 n)
{
	return _copy_from_user(piece, src, n) ? -EFAULT : 0;
}

/*
 * The license is checked here because the caller decides how long the copies take:
 * memory of a user may be served by one. What came out before a fault did come out.
 */
static int piece_out(struct cask_batch *b, void __user *dst, const void *piece, u32 n)
{
	int ret = cask_license_check(b->license);
	unsigned long left;

	if (ret)
		return ret;
	left = _copy_to_user(dst, piece, n);
	b->bytes += n - left;
	return left ? -EFAULT : 0;
}

/* CTR and CBC: a piece after the other, for the IV goes on. */
static int do_stream(struct cask_batch *b, const struct cask_job *job)
{
	const void __user *src = u64_to_user_ptr(job->src);
	void __user *dst = u64_to_user_ptr(job->dst);
	u32 left = job->len;
	void *piece;
	int ret;

	ret = have_pieces(b, 1);
	if (ret)
		return ret;
	piece = b->pieces[0];
	memcpy(b->iv, job->iv, sizeof(b->iv));
	while (left) {
		u32 n = min_t(u32, left, PIECE_SIZE);

		ret = piece_in(piece, src, n);
		if (ret)
			return ret;
		sg_init_one(b->sg, piece, n);
		ret = cask_cipher_decrypt(&b->cipher, b->sg, 0, n, b->iv) ?:
		      piece_out(b, dst, piece, n);
		if (ret)
			return ret;
		src += n;
		dst += n;
		left -= n;
	}
	return 0;
}

static int copy_in(struct cask_batch *b, const struct cask_job *job)
{
	const void __user *src = u64_to_user_ptr(job->src);
	struct scatterlist *sg = b->sg;
	u32 left = job->len;
	unsigned int i;

	/* No empty entry: a cipher would fall back to doing the first block apart. */
	sg_init_table(sg, !!job->aad_len + DIV_ROUND_UP(left, PIECE_SIZE));
	if (job->aad_len) {
		if (copy_from_user(b->aad, u64_to_user_ptr(job->aad), job->aad_len))
			return -EFAULT;
		sg_set_buf(sg++, b->aad, job->aad_len);
	}
	for (i = 0; left; i++) {
		u32 n = min_t(u32, left, PIECE_SIZE);

		if (piece_in(b->pieces[i], src, n))
			return -EFAULT;
		sg_set_buf(sg++, b->pieces[i], n);
		src += n;
		left -= n;
	}
	return 0;
}

static int copy_out(struct cask_batch *b, const struct cask_job *job)
{
	void __user *dst = u64_to_user_ptr(job->dst);
	u32 left = plain_len(b, job);
	unsigned int i;
	int ret;

	for (i = 0; left; i++) {
		u32 n = min_t(u32, left, PIECE_SIZE);

		ret = piece_out(b, dst, b->pieces[i], n);
		if (ret)
			return ret;
		dst += n;
		left -= n;
	}
	return 0;
}

/* All of it, and only then out. */
static int do_gcm(struct cask_batch *b, const struct cask_job *job)
{
	int ret;

	ret = have_pieces(b, DIV_ROUND_UP(job->len, PIECE_SIZE)) ?: copy_in(b, job);
	if (ret)
		return ret;
	memcpy(b->iv, job->iv, CASK_GCM_IV_SIZE);
	ret = cask_cipher_decrypt(&b->cipher, b->sg, job->aad_len, job->len, b->iv);
	return ret ?: copy_out(b, job);
}

/* --- a batch --- */

/* Of GCM's nonce there are zeros behind the first 12 bytes. */
static bool is_long(const u8 *iv)
{
	return iv[12] | iv[13] | iv[14] | iv[15];
}

static bool is_of_suite(const struct cask_batch *b, const struct cask_job *job)
{
	if (is_gcm(b))
		return job->len >= CASK_GCM_TAG_SIZE && job->aad_len <= CASK_AAD_MAX &&
		       !is_long(job->iv);
	if (job->aad || job->aad_len)
		return false;
	return b->suite != CASK_SUITE_RAW_AES_128_CBC || job->len % 16 == 0;
}

/* In place is well; else a piece that is written might be one that is still to be read. */
static bool overlaps(const struct cask_batch *b, const struct cask_job *job)
{
	return job->src != job->dst &&
	       (job->dst - job->src < job->len || job->src - job->dst < plain_len(b, job));
}

static int check_job(const struct cask_batch *b, const struct cask_job *job)
{
	if (job->len > BATCH_BYTES_MAX)
		return -E2BIG;
	if (job->flags || job->reserved || !is_of_suite(b, job) || overlaps(b, job))
		return -EINVAL;
	return 0;
}

/* Nothing is done when one of the jobs is wrong. */
static int check_jobs(const struct cask_batch *b, unsigned int count)
{
	u64 bytes = 0;
	unsigned int i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = check_job(b, &b->jobs[i]);
		if (ret)
			return ret;
		bytes += b->jobs[i].len;
	}
	return bytes > min(READ_ONCE(max_batch_bytes), BATCH_BYTES_MAX) ? -E2BIG : 0;
}

static int read_jobs(struct cask_batch *b, const struct cask_decrypt *arg)
{
	int ret = have_room(b, arg->count);

	if (ret)
		return ret;
	if (copy_from_user(b->jobs, u64_to_user_ptr(arg->jobs), arg->count * sizeof(*b->jobs)))
		return -EFAULT;
	return check_jobs(b, arg->count);
}

/* Of the license's unit; a batch is metered at its end, and a second once. */
static u64 need(const struct cask_batch *b, const struct cask_job *job)
{
	switch (b->license->prepaid.unit) {
	case CASK_UNIT_BYTES:
		return plain_len(b, job);
	case CASK_UNIT_PACKETS:
		return 1;
	case CASK_UNIT_SECONDS:
		return !b->taken;
	}
	return 0;
}

/* What may wait for the agent comes first: the license is looked at after it. */
static int do_job(struct cask_batch *b, const struct cask_job *job)
{
	u64 taken = 0, amount = need(b, job);
	int ret = amount ? cask_prepaid_take(b->license, amount, amount, &taken) : 0;

	if (ret)
		return ret;
	b->taken += taken;
	return is_gcm(b) ? do_gcm(b, job) : do_stream(b, job);
}

/* A removal stops a batch between two jobs at the latest; the rest fails alike. */
static unsigned int do_jobs(struct cask_batch *b, unsigned int count)
{
	unsigned int i, good = 0;
	int stop = 0;

	for (i = 0; i < count; i++) {
		struct cask_job *job = &b->jobs[i];

		if (!READ_ONCE(b->license->key))
			stop = -EKEYREVOKED;
		else if (fatal_signal_pending(current))
			stop = -EINTR;
		job->result = stop ?: do_job(b, job);
		good += !job->result;
		cond_resched();
	}
	return good;
}

static int write_results(const struct cask_batch *b, const struct cask_decrypt *arg)
{
	struct cask_job __user *jobs = u64_to_user_ptr(arg->jobs);
	unsigned int i;

	if (!user_write_access_begin(jobs, arg->count * sizeof(*jobs)))
		return -EFAULT;
	for (i = 0; i < arg->count; i++)
		unsafe_put_user(b->jobs[i].result, &jobs[i].result, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

static long do_batch(struct cask_batch *b, struct cask_player *p, const struct cask_decrypt *arg)
{
	unsigned int good;
	int ret;

	b->bytes = 0;
	b->taken = 0;
	ret = read_jobs(b, arg);
	if (ret)
		return ret;
	good = do_jobs(b, arg->count);
	cask_meter_add(&p->meter, b->bytes, good);
	cask_prepaid_use(b->license, b->taken, b->bytes, good);
	return write_results(b, arg) ?: good;
}

static long decrypt(struct cask_player *p, const struct cask_decrypt *arg, u64 *ret_bytes)
{
	struct cask_batch *b;
	long ret;

	if (arg->flags || arg->reserved[0] || arg->reserved[1])
		return -EINVAL;
	if (p->session->file)
		return -EOPNOTSUPP;
	if (arg->count > min(READ_ONCE(max_batch_jobs), BATCH_JOBS_MAX))
		return -E2BIG;
	ret = cask_session_check(p->session);
	if (ret || !arg->count)
		return ret;
	b = take(p);
	if (IS_ERR(b))
		return PTR_ERR(b);
	ret = do_batch(b, p, arg);
	*ret_bytes = b->bytes;
	give(p, b);
	return ret;
}

/**
 * cask_batch_ioctl() - CASK_IOC_DECRYPT
 * @player: the open file
 * @arg: struct cask_decrypt
 *
 * Return: how many jobs succeeded. -EFAULT; -EINVAL for a field that is not as
 * struct cask_job has it; -E2BIG above the limits; -EOPNOTSUPP on a file with
 * content; -EKEYREVOKED, -EKEYREJECTED, -EKEYEXPIRED, -ETIME from the license;
 * -ENOBUFS at the user's limit; -ENOMEM; and then no job was done, except when the
 * results could not be written. A job's own result is 0, -EFAULT, -EBADMSG, -EINTR,
 * -ENOBUFS, -ENOMEM, one of the license's, or cask_prepaid_take().
 */
long cask_batch_ioctl(struct cask_player *player, void __user *arg)
{
	struct cask_decrypt copy = {};
	long ret = -EFAULT;
	u64 bytes = 0;

	BUILD_BUG_ON(sizeof(struct cask_job) != 56 || sizeof(copy) != 32);
	if (!copy_from_user(&copy, arg, sizeof(copy)))
		ret = decrypt(player, &copy, &bytes);
	trace_cask_batch(player->session->content_id, copy.count, bytes, ret);
	return ret;
}
