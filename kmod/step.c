// SPDX-License-Identifier: GPL-2.0
/*
 * step.c - parameters of second keys that device and distributor agreed on before.
 *
 * A distributor's SYNCHRONISE, over a nonce that this kernel drew for it, begins a series, or goes
 * on with it where too many steps were lost. Each second key of the series takes a step, in the
 * commit that makes the record of its license; which are good area/window.c says.
 */
#include "private.h"
#include "area/area.h"

static const u8 no_name[CASK_ID_SIZE];

static struct cask_record_key key_of(const u8 *issuer)
{
	return (struct cask_record_key){
		.kind = CASK_RECORD_STEP, .issuer = issuer, .name = no_name,
	};
}

static int get_step(const struct cask_records *r, const u8 *issuer, struct cask_step_record *ret)
{
	const struct cask_record_key key = key_of(issuer);
	struct cask_bytes value;

	if (!cask_records_find(r, &key, &value))
		return -EL2NSYNC;
	if (value.len != sizeof(*ret))
		return -EIO;
	memcpy(ret, value.data, sizeof(*ret));
	return 0;
}

static int put_step(struct cask_records *r, const u8 *issuer, const struct cask_window *w,
		    const u8 *series)
{
	const struct cask_record_key key = key_of(issuer);
	struct cask_step_record value = {
		.last.number = cpu_to_le64(w->last), .used = cpu_to_le64(w->used),
	};

	memcpy(value.last.series, series, sizeof(value.last.series));
	return cask_records_put(r, &key, &value, sizeof(value));
}

/**
 * cask_step_take() - use a step, in a transaction
 * @records: of the secure area
 * @issuer: whose, CASK_KID_SIZE bytes
 * @parameter: struct cask_step
 *
 * Return: 0; -EL2NSYNC when no such series was agreed on, or too many of it were lost; -ESTALE
 * when the step is too late; -EKEYREVOKED when it was used; -EIO; -ENOSPC.
 */
int cask_step_take(struct cask_records *records, const u8 *issuer, const u8 *parameter)
{
	struct cask_step_record at;
	struct cask_window w;
	struct cask_step step;
	int ret = get_step(records, issuer, &at);

	if (ret)
		return ret;
	memcpy(&step, parameter, sizeof(step));
	if (memcmp(step.series, at.last.series, sizeof(step.series)))
		return -EL2NSYNC;
	w.last = le64_to_cpu(at.last.number);
	w.used = le64_to_cpu(at.used);
	return cask_window_take(&w, le64_to_cpu(step.number)) ?:
	       put_step(records, issuer, &w, step.series);
}

/**
 * struct step_txn - a series that begins, or goes on
 * @txn: carries it out
 * @nonce: that the distributor answers
 * @step: the one before the first that is good
 */
struct step_txn {
	struct cask_txn txn;
	u8 nonce[CASK_NONCE_SIZE];
	struct cask_step step;
};

static struct step_txn *of(struct cask_txn *txn)
{
	return container_of(txn, struct step_txn, txn);
}

static void release(struct cask_txn *txn)
{
	kfree(of(txn));
}

/* Series only go up: by a word that was kept back, one would begin anew whose steps were used. */
static int follow(const struct cask_records *r, const struct step_txn *t, struct cask_window *w)
{
	u64 number = le64_to_cpu(t->step.number);
	struct cask_step_record at;
	int order, ret = get_step(r, t->txn.issuer, &at);

	cask_window_begin(w, number);
	if (ret)
		return ret == -EL2NSYNC ? 0 : ret;
	order = memcmp(t->step.series, at.last.series, sizeof(at.last.series));
	if (order)
		return order < 0 ? -ESTALE : 0;
	w->last = le64_to_cpu(at.last.number);
	w->used = le64_to_cpu(at.used);
	cask_window_go_on(w, number);
	return 0;
}

static int apply(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct step_txn *t = of(txn);
	struct cask_window w;
	int ret = cask_nonce_take(r, txn->issuer, t->nonce);

	if (!ret)
		ret = follow(r, t, &w);
	return ret ?: put_step(r, txn->issuer, &w, t->step.series) ?: 1;
}

static const struct cask_txn_ops step_ops = {
	.apply = apply, .release = release,
};

/* What it says is believed: it is the distributor's, for this device. */
static int check(struct cask_anchor *anchor, const struct cask_synchronise_view *v)
{
	u8 server_key[CASK_X25519_SIZE];

	if (memcmp(v->device_id.data, cask_device_id(), CASK_KID_SIZE))
		return -EXDEV;
	cask_anchor_server_key(anchor, server_key);
	return cask_pairwise_check(server_key, CASK_INFO_SYNCHRONISE, &v->maced, v->mac.data) ?:
	       cask_anchor_signed_time(anchor, v->created) ?:
	       cask_anchor_check(anchor, 0, 0);
}

static int begin(const struct cask_synchronise_view *v)
{
	struct step_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t)
		return -ENOMEM;
	cask_txn_init(&t->txn, &step_ops, v->issuer.data);
	memcpy(t->nonce, v->nonce.data, sizeof(t->nonce));
	memcpy(&t->step, v->step.data, sizeof(t->step));
	return cask_txn_run(&t->txn);
}

/**
 * cask_synchronise() - agree with a distributor on the steps of second keys
 * @object: SYNCHRONISE, from outside
 * @issuer: CASK_KID_SIZE bytes, whose it was, when 0 is returned
 *
 * A later series takes the place of what was agreed on before. Return: 0 when it is on disk; -EINVAL,
 * -EOPNOTSUPP for what cannot be read; -ENOKEY, -EKEYREJECTED for what is not believed; -EXDEV
 * when it is for another device; -EKEYEXPIRED, -ETIME out of time; -EKEYREVOKED when nobody asked
 * for it, or it was taken; -ESTALE when its series is an earlier one; -ENOMEM; cask_area_run().
 */
int cask_synchronise(const struct cask_bytes *object, u8 *issuer)
{
	struct cask_synchronise_view v;
	struct cask_anchor *anchor;
	int ret;

	ret = cask_synchronise_parse(&v, object->data, object->len);
	if (ret)
		return ret;
	anchor = cask_anchor_find(v.issuer.data);
	if (!anchor)
		return -ENOKEY;
	ret = check(anchor, &v) ?: begin(&v);
	cask_anchor_put(anchor);
	if (!ret)
		memcpy(issuer, v.issuer.data, CASK_KID_SIZE);
	return ret;
}
