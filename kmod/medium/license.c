// SPDX-License-Identifier: GPL-2.0
/* license.c - the licenses on a medium: chosen, used, installed. */
#include <linux/err.h>
#include <linux/fs.h>

#include "medium.h"
#include "trace.h"

static struct cask_license *find_license(const struct cask_medium *m,
					 const struct cask_bytes *value)
{
	u8 hash[SHA256_DIGEST_SIZE];
	struct cask_license *l;

	sha256(value->data, value->len, hash);
	list_for_each_entry(l, &m->licenses, entry)
		if (!memcmp(l->hash, hash, sizeof(hash)))
			return l;
	return NULL;
}

/* Whether it is for here; @nonce: of one that installs once */
static int check_license(struct cask_medium *m, const struct cask_bytes *statement, u8 *nonce,
			 struct cask_license **ret_license)
{
	struct cask_from from = { .class_license = m->class_license, .key_id = m->key_id };
	int ret;

	from.class_key = cask_medium_class_key(m);
	if (IS_ERR(from.class_key))
		return PTR_ERR(from.class_key);
	ret = cask_license_read(statement, &from, nonce, ret_license);
	cask_key_put(from.class_key);
	return ret;
}

static int check_copy(struct cask_medium *m, const struct cask_record_key *key,
		      const struct cask_bytes *value, struct cask_license **ret_license)
{
	struct cask_from from = { .class_license = m->class_license, .key_id = m->key_id };
	struct cask_exported_view copy;
	int ret = cask_exported_parse(&copy, key->issuer, key->name, value);

	if (ret)
		return ret;
	from.class_key = cask_medium_class_key(m);
	if (IS_ERR(from.class_key))
		return PTR_ERR(from.class_key);
	ret = cask_license_read_copy(&copy, value, &from, ret_license);
	cask_key_put(from.class_key);
	return ret;
}

static int read_new(struct cask_medium *m, const struct cask_record_key *key,
		    const struct cask_bytes *value, struct cask_license **ret_license)
{
	u8 nonce[CASK_NONCE_SIZE];

	return key->kind == CASK_RECORD_EXPORTED ? check_copy(m, key, value, ret_license) :
						   check_license(m, value, nonce, ret_license);
}

static u32 copy_of(const struct cask_record_key *key, const struct cask_exported_view *e)
{
	if (key->kind != CASK_RECORD_EXPORTED)
		return CASK_COPY_NONE;
	if (!e->device_id.data)
		return CASK_COPY_EXPORTED;
	return memcmp(e->device_id.data, cask_device_id(), CASK_KID_SIZE) ? CASK_COPY_LENT_ELSEWHERE :
									    CASK_COPY_LENT;
}

/*
 * What was checked out here and came back is out no more, however far the image went on elsewhere
 * that has it still.
 */
static int look_lent(struct cask_medium *m, const struct cask_record_key *key,
		     const struct cask_bytes *value)
{
	const struct cask_mark here = cask_medium_step(m, &(struct cask_mark_record){});
	struct cask_exported_view e;
	int ret;

	if (key->kind != CASK_RECORD_EXPORTED)
		return 0;
	ret = cask_exported_parse(&e, key->issuer, key->name, value);
	if (ret || copy_of(key, &e) != CASK_COPY_LENT)
		return ret;
	ret = cask_lent_look(key->name, CASK_LENT_CHECKOUT, &here);
	return ret == -ENOENT ? -ESTALE : ret;
}

/*
 * Read one, or find that it was read before; the reference is the medium's. One that
 * installs once may be gone from the device's area since, or was used in another way; and
 * so may the note of one that was checked out.
 */
static struct cask_license *read_license(struct cask_medium *m, const struct cask_record_key *key,
					 const struct cask_bytes *value)
{
	struct cask_license *l = find_license(m, value);
	int ret;

	/* Each costs a signature, and a medium may have many. */
	cond_resched();
	if (fatal_signal_pending(current))
		return ERR_PTR(-EINTR);
	if (!l) {
		ret = read_new(m, key, value, &l);
		if (ret)
			return ERR_PTR(ret);
		list_add(&l->entry, &m->licenses);
	}
	ret = l->once ? cask_right_look(l) : look_lent(m, key, value);
	return ret ? ERR_PTR(ret) : l;
}

/* What a statement or a copy says of itself; only a copy has more than @e->license. */
static bool parse(const struct cask_record_key *key, const struct cask_bytes *value,
		  struct cask_exported_view *e)
{
	struct cask_cose cose;

	if (key->kind == CASK_RECORD_EXPORTED)
		return !cask_exported_parse(e, key->issuer, key->name, value);
	return !cask_cose_parse(&cose, value->data, value->len) &&
	       !cask_license_parse(&e->license, cose.payload.data, cose.payload.len);
}

static bool is_wanted(const struct cask_record_key *key, const struct cask_bytes *value,
		      const struct cask_wanted *w)
{
	struct cask_exported_view e;

	return (!w->issuer || !memcmp(key->issuer, w->issuer, CASK_KID_SIZE)) &&
	       (cask_id_is_zero(w->license_id) || !memcmp(key->name, w->license_id, CASK_ID_SIZE)) &&
	       parse(key, value, &e) &&
	       !memcmp(e.license.content_id.data, w->content_id, CASK_ID_SIZE);
}

static struct cask_license *choose(struct cask_medium *m, const struct cask_wanted *w)
{
	struct cask_choice choice = { .wanted = w, .reason = -ENOKEY };
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0;
	int ret;

	while (cask_records_next(&m->area.live, &pos, &key, &value)) {
		if (!is_wanted(&key, &value, w))
			continue;
		ret = cask_license_consider(&choice, read_license(m, &key, &value));
		if (ret)
			return ERR_PTR(ret);
	}
	return choice.best ?: ERR_PTR(choice.reason);
}

/**
 * cask_medium_choose() - the license on a medium to open a content with (Fig. 6)
 * @medium: which
 * @file: below
 * @wanted: what is asked for
 *
 * Return: a license with a reference; cask_medium_check_state(); -ENOKEY when it has none
 * for the content, or why the best one cannot be used; -ENOTUNIQ when several
 * distributors' would do; cask_medium_lock().
 */
struct cask_license *cask_medium_choose(struct cask_medium *medium, struct file *file,
					const struct cask_wanted *wanted)
{
	struct cask_license *l;
	int ret;

	ret = cask_medium_lock(medium, file);
	if (ret)
		return ERR_PTR(ret);
	ret = cask_medium_check_state(medium);
	l = ret ? ERR_PTR(ret) : choose(medium, wanted);
	if (!IS_ERR(l))
		kref_get(&l->ref);
	mutex_unlock(&medium->lock);
	return l;
}

/* What a record says of itself; false when it is none. */
static bool describe_self(const struct cask_record_key *key, const struct cask_bytes *value,
			  struct cask_medium_license *ret)
{
	struct cask_exported_view e;

	if (!parse(key, value, &e))
		return false;
	memcpy(ret->content_id, e.license.content_id.data, sizeof(ret->content_id));
	ret->suite = e.license.suite;
	ret->not_before = e.license.not_before;
	ret->not_after = e.license.not_after;
	ret->opens_max = e.license.max_opens;
	ret->copy = copy_of(key, &e);
	return true;
}

static void describe(struct cask_medium *m, const struct cask_record_key *key,
		     const struct cask_bytes *value, struct cask_medium_license *ret)
{
	struct cask_license *l;

	memcpy(ret->issuer, key->issuer, sizeof(ret->issuer));
	memcpy(ret->license_id, key->name, sizeof(ret->license_id));
	if (!describe_self(key, value, ret)) {
		ret->error = EINVAL;
		return;
	}
	l = read_license(m, key, value);
	if (IS_ERR(l)) {
		ret->error = -PTR_ERR(l);
		return;
	}
	ret->opens_left = READ_ONCE(l->opens_left);
	ret->error = cask_right_is_left(l) ? -cask_license_check(l) : EDQUOT;
}

/**
 * cask_medium_license() - one of the licenses on a medium
 * @medium: which
 * @file: below
 * @arg: says which, gets the rest
 *
 * Return: 0; -ENOENT when there are not so many; cask_medium_check_state();
 * cask_medium_lock().
 */
int cask_medium_license(struct cask_medium *medium, struct file *file,
			struct cask_medium_license *arg)
{
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0;
	u32 n = 0;
	int ret;

	ret = cask_medium_lock(medium, file);
	if (ret)
		return ret;
	ret = cask_medium_check_state(medium) ?: -ENOENT;
	while (ret == -ENOENT && cask_records_next(&medium->area.live, &pos, &key, &value)) {
		if (n++ < arg->index)
			continue;
		describe(medium, &key, &value, arg);
		ret = 0;
	}
	mutex_unlock(&medium->lock);
	return ret;
}

/**
 * cask_medium_begin() - begin to change a medium
 * @m: its lock is held
 *
 * Return: 0; cask_medium_check_state(); cask_medium_check_mark(); cask_area_begin(); -EROFS.
 */
int cask_medium_begin(struct cask_medium *m)
{
	int ret = cask_medium_check_state(m) ?: cask_medium_check_mark(m) ?: cask_area_begin(&m->area);

	return ret ?: m->file->f_mode & FMODE_WRITE ? 0 : -EROFS;
}

/**
 * cask_medium_step() - the step that a medium has just made
 * @m: its lock is held
 * @from: where it was before
 *
 * Return: the step; points into @m.
 */
struct cask_mark cask_medium_step(struct cask_medium *m, const struct cask_mark_record *from)
{
	return (struct cask_mark){
		.issuer = m->view.issuer.data, .number = m->view.number.data,
		.from = *from, .to = cask_medium_at(m),
	};
}

/**
 * cask_medium_note_stale() - keep in mind that a medium is an older copy
 * @m: its lock is held
 * @ret: what moving its mark came to
 *
 * Return: @ret.
 */
int cask_medium_note_stale(struct cask_medium *m, int ret)
{
	if (ret == -ESTALE)
		m->state = CASK_MEDIUM_STALE;
	return ret;
}

/* Write what cask_medium_begin() and changes made, and move the mark if there is one. */
static int commit(struct cask_medium *m)
{
	struct cask_mark_record from = cask_medium_at(m);
	struct cask_mark mark;
	int ret;

	ret = cask_area_commit(&m->area);
	if (ret)
		return ret;
	mark = cask_medium_step(m, &from);
	return cask_medium_note_stale(m, cask_mark_move(&mark));
}

/**
 * cask_medium_use() - count an opening with a license on a medium
 * @medium: which
 * @file: below
 * @license: of cask_medium_choose(), and counted
 *
 * The medium goes on by an image first, and the mark of that is in the same commit of
 * the device's area as the count: a power cut between the two costs nothing. Return: 0
 * when both are on disk; -EROFS, -EIO and what else writing comes to;
 * cask_medium_check_state(); cask_right_use(); cask_medium_lock().
 */
int cask_medium_use(struct cask_medium *medium, struct file *file, struct cask_license *license)
{
	struct cask_mark_record from;
	struct cask_mark mark;
	int ret;

	ret = cask_medium_lock(medium, file);
	if (ret)
		return ret;
	from = cask_medium_at(medium);
	ret = cask_medium_begin(medium) ?: cask_area_commit(&medium->area);
	if (!ret) {
		mark = cask_medium_step(medium, &from);
		ret = cask_medium_note_stale(medium, cask_right_use(license, &mark));
	}
	mutex_unlock(&medium->lock);
	return ret;
}

/* --- copies of the devices' licenses --- */

/**
 * cask_medium_find_copy() - look for a copy of a license
 * @m: its lock is held
 * @id: of the license, of the medium's distributor, CASK_ID_SIZE bytes
 * @ret: what it says, when 1 is returned; points into the records
 *
 * Return: 1; 0 when there is none; -EINVAL or -EOPNOTSUPP for one that cannot be read.
 */
int cask_medium_find_copy(const struct cask_medium *m, const u8 *id, struct cask_exported_view *ret)
{
	const struct cask_record_key key = {
		.kind = CASK_RECORD_EXPORTED, .issuer = m->view.issuer.data, .name = id,
	};
	struct cask_bytes value;

	if (!cask_records_find(&m->area.live, &key, &value))
		return 0;
	return cask_exported_parse(ret, key.issuer, key.name, &value) ?: 1;
}

/**
 * cask_medium_is_lent() - whether a record is a copy that was checked out
 * @key: of the record
 * @value: of the record
 * @unused: for cask_records_drop(): what was checked in must not come back
 *
 * Return: also true of a copy that cannot be read.
 */
bool cask_medium_is_lent(const struct cask_record_key *key, const struct cask_bytes *value,
			 const void *unused)
{
	struct cask_exported_view e;

	return key->kind == CASK_RECORD_EXPORTED &&
	       (cask_exported_parse(&e, key->issuer, key->name, value) || e.device_id.data);
}

/**
 * cask_medium_forget() - stop the files opened with a copy
 * @m: its lock is held
 * @key: of its record
 */
void cask_medium_forget(struct cask_medium *m, const struct cask_record_key *key)
{
	struct cask_bytes value;
	struct cask_license *l = NULL;

	if (cask_records_find(&m->area.live, key, &value))
		l = find_license(m, &value);
	if (!l)
		return;
	list_del_init(&l->entry);
	cask_license_revoke(l);
	cask_license_put(l);
}

/**
 * cask_medium_put_license() - add a license to the records
 * @r: where
 * @key: of its record, not in @r
 * @statement: not in @r
 *
 * Return: 1; 0 when the same is there; -EEXIST when another has its name; -ENOSPC.
 */
int cask_medium_put_license(struct cask_records *r, const struct cask_record_key *key,
			    const struct cask_bytes *statement)
{
	struct cask_bytes old;

	if (!cask_records_find(r, key, &old))
		return cask_records_put(r, key, statement->data, statement->len) ?: 1;
	return old.len == statement->len && !memcmp(old.data, statement->data, old.len) ? 0 :
											  -EEXIST;
}

/* There is room; then its record in the device's area if it installs once; then the medium. */
static int add(struct cask_medium *m, const struct cask_bytes *statement,
	       struct cask_license *l, const u8 *nonce, u32 *ret_licenses)
{
	const struct cask_record_key key = {
		.kind = CASK_RECORD_LICENSE, .issuer = l->anchor->issuer, .name = l->id,
	};
	int put = cask_medium_put_license(&m->area.work, &key, statement);
	int ret = min(put, 0);

	if (!ret && l->once)
		ret = cask_right_install(l, nonce, l->opens_max);
	if (ret)
		return ret;
	*ret_licenses = put;
	return put ? commit(m) : 0;
}

static int install(struct cask_medium *m, const struct cask_bytes *statement, u32 *ret_licenses)
{
	u8 nonce[CASK_NONCE_SIZE];
	struct cask_license *l;
	int ret;

	ret = cask_medium_begin(m) ?: check_license(m, statement, nonce, &l);
	if (ret)
		return ret;
	ret = add(m, statement, l, nonce, ret_licenses);
	cask_license_put(l);
	return ret;
}

/**
 * cask_medium_install() - put a license onto a medium (Fig. 5, S10)
 * @medium: which
 * @file: below
 * @statement: from outside, for this medium
 * @ret_licenses: 1, or 0 when it was there
 *
 * One that installs once has its record in the device's area first, and may be brought
 * again. Return: 0, also when it was there; -EMSGSIZE when it is too long; -EROFS;
 * -EEXIST when another has its id; -ENOSPC; -EUCLEAN, -ESTALE, -EXDEV for the state of
 * the medium; cask_license_read(); cask_right_install(); errors of writing;
 * -ERESTARTSYS when killed.
 */
int cask_medium_install(struct cask_medium *medium, struct file *file,
			const struct cask_bytes *statement, u32 *ret_licenses)
{
	int ret;

	if (statement->len > CASK_RECORD_MAX)
		return -EMSGSIZE;
	ret = cask_medium_lock(medium, file);
	if (ret)
		return ret;
	ret = install(medium, statement, ret_licenses);
	trace_cask_medium("install", medium->view.number.data, ret);
	mutex_unlock(&medium->lock);
	return ret;
}
