// SPDX-License-Identifier: GPL-2.0
/*
 * reanchor.c - what a distributor says of records that were lost: that it knows.
 *
 * The files of the secure area were put back, or are gone, and the anchor tells. From
 * then on nothing counts, for what is missing may be a right that was used up. Only
 * the distributor can say that it goes on without: by a statement over a nonce of this
 * boot, drawn after the loss. It speaks for its own records, and brings none back.
 */
#include "private.h"
#include "area/area.h"

/**
 * struct reanchor_txn - a question about a loss, or the answer to it
 * @txn: carries it out
 * @nonce: in, of the answer; out, of the question
 */
struct reanchor_txn {
	struct cask_txn txn;
	u8 nonce[CASK_NONCE_SIZE];
};

static struct reanchor_txn *of(struct cask_txn *txn)
{
	return container_of(txn, struct reanchor_txn, txn);
}

static void release(struct cask_txn *txn)
{
	kfree(of(txn));
}

static int run(const struct cask_txn_ops *ops, const u8 *issuer, u8 *nonce)
{
	struct reanchor_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!t)
		return -ENOMEM;
	cask_txn_init(&t->txn, ops, issuer);
	memcpy(t->nonce, nonce, CASK_NONCE_SIZE);
	ret = cask_area_run(&t->txn);
	if (!ret)
		memcpy(nonce, t->nonce, CASK_NONCE_SIZE);
	cask_txn_put(&t->txn);
	return ret;
}

static int apply_question(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	if (!cask_loss_concerns(r, txn->issuer))
		return -EALREADY;
	memcpy(of(txn)->nonce, cask_area_loss(), CASK_NONCE_SIZE);
	return 0;
}

static const struct cask_txn_ops question_ops = {
	.apply = apply_question, .release = release, .on_loss = true,
};

/**
 * cask_reanchor_nonce() - ask a distributor about records that were lost
 * @issuer: CASK_KID_SIZE bytes
 * @nonce: CASK_NONCE_SIZE bytes, when 0 is returned: the same until the area is lost
 *	again or the module goes
 *
 * Return: 0; -EALREADY when none of its records were lost, or it has answered; -ENOMEM;
 * cask_area_run().
 */
int cask_reanchor_nonce(const u8 *issuer, u8 *nonce)
{
	memset(nonce, 0, CASK_NONCE_SIZE);
	return run(&question_ops, issuer, nonce);
}

static int apply_answer(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	if (!cask_loss_concerns(r, txn->issuer))
		return -EALREADY;
	if (memcmp(of(txn)->nonce, cask_area_loss(), CASK_NONCE_SIZE))
		return -EKEYREVOKED;
	return cask_loss_known(r, txn->issuer) ?: 1;
}

static const struct cask_txn_ops answer_ops = {
	.apply = apply_answer, .release = release, .on_loss = true,
};

/* What it says is believed: it is the distributor's, and for this device, and of now. */
static int check(struct cask_anchor *anchor, const struct cask_cose *cose,
		 const struct cask_reanchor_view *v)
{
	int ret = cask_anchor_verify(anchor, cose, CASK_PURPOSE_LICENSE) ?:
		  cask_anchor_signed_time(anchor, v->created) ?:
		  cask_anchor_check(anchor, 0, 0);

	if (!ret && memcmp(v->device_id.data, cask_device_id(), CASK_KID_SIZE))
		ret = -EXDEV;
	return ret;
}

/**
 * cask_reanchor() - take a distributor's word that it knows of a loss
 * @statement: from outside
 * @issuer: CASK_KID_SIZE bytes, whose word it was, when 0 is returned
 *
 * From then on what it has counts again, from nothing. Return: 0 when it is on disk;
 * -EINVAL, -EOPNOTSUPP, -ENOPKG for what cannot be read; -ENOKEY, -EKEYREJECTED for
 * what is not believed; -EKEYEXPIRED, -ETIME out of time; -EXDEV when it is for another
 * device; -EALREADY when none of its records were lost, or it has spoken; -EKEYREVOKED
 * when it speaks of another loss, or of another boot's; -ENOMEM; cask_area_run().
 */
int cask_reanchor(const struct cask_bytes *statement, u8 *issuer)
{
	struct cask_reanchor_view v;
	u8 nonce[CASK_NONCE_SIZE];
	struct cask_anchor *anchor;
	struct cask_cose cose;
	int ret;

	ret = cask_cose_parse(&cose, statement->data, statement->len) ?:
	      cask_reanchor_parse(&v, cose.payload.data, cose.payload.len);
	if (ret)
		return ret;
	anchor = cask_anchor_find(v.issuer.data);
	if (!anchor)
		return -ENOKEY;
	ret = check(anchor, &cose, &v);
	cask_anchor_put(anchor);
	if (ret)
		return ret;
	memcpy(nonce, v.nonce.data, sizeof(nonce));
	memcpy(issuer, v.issuer.data, CASK_KID_SIZE);
	return run(&answer_ops, issuer, nonce);
}
