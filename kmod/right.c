// SPDX-License-Identifier: GPL-2.0
/*
 * right.c - rights that are counted: asked for, installed once, used, gone.
 *
 * The answer to a request carries the nonce that was drawn for it, and installing
 * it takes the nonce away in the commit that makes the record. From then on the
 * record is the right, and the statement no more than evidence of it: what the
 * agent, the disk or the network kept brings nothing back.
 */
#include <linux/err.h>
#include <linux/random.h>

#include "private.h"
#include "area/area.h"

/*
 * Most requests to one distributor that wait for their answers; the oldest is forgotten
 * then. What others are asked for takes nothing away from it.
 */
#define NONCES_MAX	64

/**
 * struct credit - openings of a right that were counted, and nobody got the file
 * @entry: in the list of all
 * @issuer: of the right
 * @name: of the right
 * @openings: at least one
 *
 * The next one who opens it has them. They are not on disk: a power cut takes them along.
 */
struct credit {
	struct list_head entry;
	u8 issuer[CASK_KID_SIZE];
	u8 name[CASK_ID_SIZE];
	unsigned int openings;
};

static LIST_HEAD(credits);
static DEFINE_SPINLOCK(credits_lock);

/**
 * struct right_txn - a change of a nonce or a right
 * @txn: carries it out
 * @license: whose right, with a reference; NULL for a nonce
 * @name: of the record
 * @nonce: that the license answers, or the step that it takes
 * @opens: of a right: in, what the license grants; out, what is left
 * @exports: of a right: how many media may still get a copy
 * @checkouts: of a right: how often it may still be checked out
 * @lent: of a right: to how many media it is
 * @replaces: it takes the place of an older license
 * @taken: it uses an opening that was counted before
 * @credit: of a use: memory for what becomes of it when nobody gets the file
 * @use: what is logged of a use
 * @mark: of the medium that the license came on; its issuer NULL without one
 * @class_issuer: for @mark
 * @number: for @mark
 */
struct right_txn {
	struct cask_txn txn;
	struct cask_license *license;
	u8 name[CASK_ID_SIZE];
	u8 nonce[CASK_NONCE_SIZE];
	u32 opens;
	u32 exports;
	u32 checkouts;
	u32 lent;
	bool replaces;
	bool taken;
	struct credit *credit;
	struct cask_use use;
	struct cask_mark mark;
	u8 class_issuer[CASK_KID_SIZE];
	u8 number[CASK_MEDIUM_NUMBER_SIZE];
};

static struct right_txn *of(struct cask_txn *txn)
{
	return container_of(txn, struct right_txn, txn);
}

static struct cask_record_key nonce_of(const struct right_txn *t)
{
	return (struct cask_record_key){
		.kind = CASK_RECORD_NONCE, .issuer = t->txn.issuer, .name = t->nonce,
	};
}

static void release(struct cask_txn *txn)
{
	cask_license_put(of(txn)->license);
	kfree(of(txn)->credit);
	kfree(of(txn));
}

static struct right_txn *right_new(const struct cask_txn_ops *ops, struct cask_license *l)
{
	struct right_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t)
		return NULL;
	cask_txn_init(&t->txn, ops, l->anchor->issuer);
	kref_get(&l->ref);
	t->license = l;
	memcpy(t->name, l->id, CASK_ID_SIZE);
	return t;
}

/* --- nonces --- */

static int apply_draw(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	const struct cask_nonce_record value = { .counter = cpu_to_le64(counter) };
	const struct cask_record_key key = nonce_of(of(txn));

	/* An agent that crashed may have forgotten the oldest. */
	cask_records_make_room(r, CASK_RECORD_NONCE, txn->issuer, NONCES_MAX);
	return cask_records_put(r, &key, &value, sizeof(value)) ?: 1;
}

static const struct cask_txn_ops draw_ops = {
	.apply = apply_draw, .release = release,
};

static int apply_drop(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	const struct cask_record_key key = nonce_of(of(txn));

	return cask_records_del(r, &key) ?: 1;
}

static const struct cask_txn_ops drop_ops = {
	.apply = apply_drop, .release = release,
};

static int nonce_run(const struct cask_txn_ops *ops, const u8 *issuer, const u8 *nonce)
{
	struct right_txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);

	if (!t)
		return -ENOMEM;
	cask_txn_init(&t->txn, ops, issuer);
	memcpy(t->nonce, nonce, CASK_NONCE_SIZE);
	return cask_txn_run(&t->txn);
}

/**
 * cask_nonce_draw() - begin a request for a right that counts
 * @issuer: CASK_KID_SIZE bytes
 * @nonce: CASK_NONCE_SIZE bytes, when 0 is returned
 *
 * Return: 0; -ENOMEM; cask_area_run().
 */
int cask_nonce_draw(const u8 *issuer, u8 *nonce)
{
	get_random_bytes(nonce, CASK_NONCE_SIZE);
	return nonce_run(&draw_ops, issuer, nonce);
}

/**
 * cask_nonce_drop() - give a request up: no answer to it is taken any more
 * @issuer: CASK_KID_SIZE bytes
 * @nonce: CASK_NONCE_SIZE bytes
 *
 * Return: 0; -ENOENT; -ENOMEM; cask_area_run().
 */
int cask_nonce_drop(const u8 *issuer, const u8 *nonce)
{
	return nonce_run(&drop_ops, issuer, nonce);
}

/**
 * cask_nonce_take() - a request is answered, in a transaction
 * @records: of the secure area
 * @issuer: CASK_KID_SIZE bytes
 * @nonce: CASK_NONCE_SIZE bytes
 *
 * Return: 0; -EKEYREVOKED when nobody asked, or the answer was taken.
 */
int cask_nonce_take(struct cask_records *records, const u8 *issuer, const u8 *nonce)
{
	const struct cask_record_key key = {
		.kind = CASK_RECORD_NONCE, .issuer = issuer, .name = nonce,
	};

	return cask_records_del(records, &key) ? -EKEYREVOKED : 0;
}

/* --- rights --- */

static struct cask_record_key right_of(const struct cask_license *l)
{
	return (struct cask_record_key){
		.kind = CASK_RECORD_RIGHT, .issuer = l->anchor->issuer, .name = l->id,
	};
}

static int get_right(const struct cask_records *r, const struct cask_license *l,
		     struct cask_right_record *ret)
{
	const struct cask_record_key key = right_of(l);
	struct cask_bytes value;

	if (!cask_records_find(r, &key, &value))
		return -ENOENT;
	if (value.len != sizeof(*ret))
		return -EIO;
	memcpy(ret, value.data, sizeof(*ret));
	return 0;
}

/**
 * cask_right_get() - the right of a license, in a transaction
 * @records: of the secure area
 * @license: that installs once
 * @ret: the record
 *
 * Return: 0; -EKEYREVOKED when the right is gone, or another license's; -EIO.
 */
int cask_right_get(const struct cask_records *records, const struct cask_license *license,
		   struct cask_right_record *ret)
{
	int err = get_right(records, license, ret);

	if (!err && memcmp(ret->hash, license->hash, sizeof(ret->hash)))
		err = -ENOENT;
	return err == -ENOENT ? -EKEYREVOKED : err;
}

/**
 * cask_right_put() - change the right of a license, in a transaction
 * @records: of the secure area
 * @license: that installs once
 * @right: the record
 *
 * Return: 0 or -ENOSPC.
 */
int cask_right_put(struct cask_records *records, const struct cask_license *license,
		   const struct cask_right_record *right)
{
	const struct cask_record_key key = right_of(license);

	return cask_records_put(records, &key, right, sizeof(*right));
}

/* What the license is told once it holds. */
static void note_right(struct right_txn *t, const struct cask_records *r,
		       const struct cask_right_record *right)
{
	t->opens = le32_to_cpu(right->opens);
	t->exports = le32_to_cpu(right->exports);
	t->checkouts = le32_to_cpu(right->checkouts);
	t->lent = cask_lent_count(r, t->txn.issuer, t->name);
}

static int make_right(struct right_txn *t, struct cask_records *r)
{
	struct cask_right_record right = {
		.opens = cpu_to_le32(t->opens),
		.version = cpu_to_le32(t->license->version),
		.permissions = cpu_to_le32(cask_renew_permissions(t->license)),
		.exports = cpu_to_le32(t->license->exports_max),
		.checkouts = cpu_to_le32(t->license->checkouts_max),
	};
	int ret;

	memcpy(right.hash, t->license->hash, sizeof(right.hash));
	ret = t->license->stepped ? cask_step_take(r, t->txn.issuer, t->nonce) :
				    cask_nonce_take(r, t->txn.issuer, t->nonce);
	note_right(t, r, &right);
	return ret ?: cask_right_put(r, t->license, &right) ?: 1;
}

/* What the older license granted ends in the commit that takes the answer to the request. */
static int replace_right(struct right_txn *t, struct cask_records *r,
			 const struct cask_right_record *old)
{
	int ret;

	/* What came on a medium is in no table: it would not be the license that holds. */
	if (t->license->class_license)
		return -EEXIST;
	ret = cask_renew_allowed(t->license, le32_to_cpu(old->version),
				 le32_to_cpu(old->permissions));
	t->replaces = !ret;
	return ret ?: make_right(t, r);
}

static int apply_install(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct right_txn *t = of(txn);
	struct cask_right_record right;
	int ret = get_right(r, t->license, &right);

	t->replaces = false;
	if (ret == -ENOENT)
		return make_right(t, r);
	if (ret)
		return ret;
	if (memcmp(right.hash, t->license->hash, sizeof(right.hash)))
		return replace_right(t, r, &right);
	note_right(t, r, &right);
	return 0;
}

static void committed(struct cask_txn *txn)
{
	const struct right_txn *t = of(txn);

	WRITE_ONCE(t->license->opens_left, t->opens);
	WRITE_ONCE(t->license->exports_left, t->exports);
	WRITE_ONCE(t->license->checkouts_left, t->checkouts);
	WRITE_ONCE(t->license->lent, t->lent);
}

/* What nobody had of the older one. */
static void ended(struct cask_txn *txn);

static void installed(struct cask_txn *txn)
{
	committed(txn);
	if (!of(txn)->replaces)
		return;
	ended(txn);
	cask_license_renewed(of(txn)->license);
}

static const struct cask_txn_ops install_ops = {
	.apply = apply_install, .committed = installed, .release = release,
};

/**
 * cask_right_install() - have the record of a license that installs once, instead of an older one's
 * @license: checked, not in the table yet; gets what is left
 * @parameter: the nonce that it answers, or the step that it takes, CASK_NONCE_SIZE bytes
 * @opens: how often it may be opened
 *
 * Return: 0, also when the record is there; -EKEYREVOKED when nobody asked for it, or it was
 * installed and is gone; cask_step_take(); -EEXIST when it came on a medium and another has its id;
 * -ESTALE when another with its id is as late, -EPERM when it may not take that one's place:
 * cask_renew_allowed(); -ENOMEM; cask_area_run().
 */
int cask_right_install(struct cask_license *license, const u8 *parameter, u32 opens)
{
	struct right_txn *t = right_new(&install_ops, license);

	if (!t)
		return -ENOMEM;
	memcpy(t->nonce, parameter, CASK_NONCE_SIZE);
	t->opens = opens;
	return cask_txn_run(&t->txn);
}

/**
 * cask_right_was_renewed() - whether the record is of what the license says by now
 * @license: which
 * @version: that it had
 * @ret: of a transaction that found another's record
 *
 * Return: whether it is to be run again.
 */
bool cask_right_was_renewed(const struct cask_license *license, u32 version, int ret)
{
	/* Pairs with cask_renew(). */
	return ret == -EKEYREVOKED && smp_load_acquire(&license->version) != version;
}

static int apply_look(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct right_txn *t = of(txn);
	struct cask_right_record right;
	int ret = cask_right_get(r, t->license, &right);

	if (!ret)
		note_right(t, r, &right);
	return ret;
}

static const struct cask_txn_ops look_ops = {
	.apply = apply_look, .committed = committed, .release = release,
};

/**
 * cask_right_look() - see what is left of a license that installed once
 * @license: gets it
 *
 * Return: 0; -EKEYREVOKED when it was not installed here, or is gone; -ENOMEM;
 * cask_area_run().
 */
int cask_right_look(struct cask_license *license)
{
	struct right_txn *t;
	u32 version;
	int ret;

	do {
		version = READ_ONCE(license->version);
		t = right_new(&look_ops, license);
		ret = t ? cask_txn_run(&t->txn) : -ENOMEM;
	} while (cask_right_was_renewed(license, version, ret));
	return ret;
}

static struct credit *find_credit(const u8 *issuer, const u8 *name)
{
	struct credit *c;

	lockdep_assert_held(&credits_lock);
	list_for_each_entry(c, &credits, entry)
		if (!memcmp(c->name, name, CASK_ID_SIZE) &&
		    !memcmp(c->issuer, issuer, CASK_KID_SIZE))
			return c;
	return NULL;
}

static bool has_credit(const struct cask_license *l)
{
	bool has;

	spin_lock(&credits_lock);
	has = find_credit(l->anchor->issuer, l->id);
	spin_unlock(&credits_lock);
	return has;
}

static bool take_credit(const struct right_txn *t)
{
	struct credit *c, *spent = NULL;

	spin_lock(&credits_lock);
	c = find_credit(t->txn.issuer, t->name);
	if (c && !--c->openings) {
		list_del(&c->entry);
		spent = c;
	}
	spin_unlock(&credits_lock);
	kfree(spent);
	return c;
}

/* What there is to count, and what has to be written for it: 1, 0, or an errno. */
static int count_use(struct right_txn *t, struct cask_records *r, struct cask_right_record *right)
{
	if (t->taken)
		return 0;
	if (!t->opens)
		return -EDQUOT;
	right->opens = cpu_to_le32(--t->opens);
	return cask_right_put(r, t->license, right) ?: 1;
}

/* What was counted before was logged then. */
static int log_use(struct right_txn *t, struct cask_records *r)
{
	t->use.event = CASK_LOG_OPENED;
	t->use.amount = 0;
	return t->taken ? 0 : cask_log_apply(t->license, r, &t->use);
}

static int apply_use(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	struct right_txn *t = of(txn);
	struct cask_right_record right;
	int ret, kept, changed = 0;

	ret = cask_right_get(r, t->license, &right);
	if (ret)
		return ret;
	/* What nobody got was an opening without word, too. */
	t->taken = t->taken || take_credit(t);
	kept = t->taken ? cask_time_apply(t->license, r) : cask_time_apply_open(t->license, r);
	if (kept < 0)
		return kept;
	note_right(t, r, &right);
	if (t->opens != CASK_OPENS_ANY) {
		ret = t->mark.issuer ? cask_mark_apply(&t->mark, r, true) : 0;
		if (ret < 0)
			return ret;
		changed = count_use(t, r, &right);
	}
	if (changed < 0)
		return changed;
	kept |= ret | changed;
	ret = log_use(t, r);
	return ret < 0 ? ret : ret | kept;
}

static void used(struct cask_txn *txn)
{
	committed(txn);
	cask_time_kept(of(txn)->license);
	if (!of(txn)->taken)
		cask_log_applied(of(txn)->license, &of(txn)->use);
}

/* Charged, and whoever opened it died before he had the file. */
static void keep_for_next(struct cask_txn *txn)
{
	struct right_txn *t = of(txn);
	struct credit *c;

	spin_lock(&credits_lock);
	c = find_credit(txn->issuer, t->name);
	if (!c) {
		c = t->credit;
		t->credit = NULL;
		list_add(&c->entry, &credits);
	}
	c->openings++;
	spin_unlock(&credits_lock);
}

static void release_use(struct cask_txn *txn)
{
	if (txn->ret && of(txn)->taken)
		keep_for_next(txn);
	release(txn);
}

static const struct cask_txn_ops use_ops = {
	.apply = apply_use, .committed = used, .undelivered = keep_for_next,
	.release = release_use,
};

static struct right_txn *use_new(struct cask_license *l)
{
	struct right_txn *t = right_new(&use_ops, l);

	if (!t)
		return NULL;
	t->credit = kzalloc(sizeof(*t->credit), GFP_KERNEL);
	if (!t->credit) {
		cask_txn_put(&t->txn);
		return NULL;
	}
	memcpy(t->credit->issuer, t->txn.issuer, CASK_KID_SIZE);
	memcpy(t->credit->name, t->name, CASK_ID_SIZE);
	return t;
}

static int use_once(struct cask_license *l, const struct cask_mark *mark)
{
	struct right_txn *t = use_new(l);

	if (!t)
		return -ENOMEM;
	if (mark) {
		t->mark = *mark;
		memcpy(t->class_issuer, mark->issuer, sizeof(t->class_issuer));
		memcpy(t->number, mark->number, sizeof(t->number));
		t->mark.issuer = t->class_issuer;
		t->mark.number = t->number;
	}
	return cask_txn_run(&t->txn);
}

/**
 * cask_right_use() - count an opening, before the key is of use
 * @license: that installed once; if it may be opened at will, its record is looked for; if it
 *	has a period, the time is kept
 * @mark: of the medium that it came on, or NULL
 *
 * Return: 0 when it is on disk; -EDQUOT when nothing is left; -ESTALE when the medium is
 * an older copy; -EKEYREVOKED when the license is gone; cask_time_apply_open(); cask_log_apply();
 * -ENOMEM; cask_area_run().
 */
int cask_right_use(struct cask_license *license, const struct cask_mark *mark)
{
	u32 version;
	int ret;

	do {
		version = READ_ONCE(license->version);
		ret = use_once(license, mark);
	} while (cask_right_was_renewed(license, version, ret));
	return ret;
}

/**
 * cask_right_is_left() - whether a license may be opened once more
 * @license: any
 *
 * A hint for choosing; cask_right_use() decides. Return: false when it is used up.
 */
bool cask_right_is_left(const struct cask_license *license)
{
	return READ_ONCE(license->opens_left) || has_credit(license);
}

static int apply_end(struct cask_txn *txn, struct cask_records *r, u64 counter)
{
	const struct cask_record_key key = right_of(of(txn)->license);
	int lent = cask_lent_end(r, txn->issuer, of(txn)->name);

	return cask_records_del(r, &key) ? lent : 1;
}

/* What nobody had goes with it. */
static void ended(struct cask_txn *txn)
{
	while (take_credit(of(txn)))
		;
}

static const struct cask_txn_ops end_ops = {
	.apply = apply_end, .committed = ended, .release = release,
};

/**
 * cask_right_end() - take a right away for good
 * @license: that installs once
 *
 * Return: 0, also when it was gone; -ENOMEM; cask_area_run().
 */
int cask_right_end(struct cask_license *license)
{
	struct right_txn *t = right_new(&end_ops, license);

	return t ? cask_txn_run(&t->txn) : -ENOMEM;
}

/** cask_right_exit() - forget; nothing uses a license any more */
void cask_right_exit(void)
{
	struct credit *c, *next;

	list_for_each_entry_safe(c, next, &credits, entry)
		kfree(c);
}
