// SPDX-License-Identifier: GPL-2.0
/* backup.c - backups of the second layer, made and put back (Figs. 7, 9, 11, 12, 14, 15). */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/vmalloc.h>

#include "medium.h"
#include "trace.h"

/* What a backup's head says, whoever makes it. */
static struct cask_image_view backup_view(const struct cask_medium *m,
					  const struct cask_medium_backup *arg)
{
	struct cask_image_view i = {
		.issuer = m->view.issuer, .counter = m->area.counter,
		.number = m->view.number, .class_id = m->view.class_id,
		.derivation = arg->derivation, .locks = arg->locks,
	};

	if (arg->locks != CASK_LOCKS_MEDIUM) {
		i.apparatus.len = CASK_X25519_SIZE;
		i.apparatus.data = memchr_inv(arg->apparatus, 0, CASK_X25519_SIZE) ?
			arg->apparatus : cask_device_key();
	}
	return i;
}

static int check_backup(const struct cask_medium_backup *arg)
{
	if (arg->derivation < CASK_DERIVATION_NUMBER ||
	    arg->derivation > CASK_DERIVATION_ENCIPHERED ||
	    arg->locks < CASK_LOCKS_MEDIUM || arg->locks > CASK_LOCKS_APPARATUS_MEDIUM ||
	    arg->reserved)
		return -EINVAL;
	if (arg->locks == CASK_LOCKS_MEDIUM && memchr_inv(arg->apparatus, 0, CASK_X25519_SIZE))
		return -EINVAL;
	return 0;
}

/* What a backup holds, where the next image would be made. */
static int take_copy(struct cask_medium *m)
{
	int ret = cask_area_begin(&m->area);

	if (!ret)
		cask_records_drop(&m->area.work, cask_medium_is_lent, NULL);
	return ret;
}

/**
 * cask_medium_backup() - seal what is in the second layer (Figs. 7, 11, 14)
 * @medium: which
 * @file: below
 * @arg: how
 * @backup: vmalloc memory of CASK_BACKUP_MAX bytes
 * @ret_len: bytes of it
 *
 * Return: 0; -EINVAL for an unknown way, or a key that nothing can be locked to;
 * cask_medium_check_state(); -EKEYREVOKED when the license of the class is gone; -ENOMEM;
 * cask_medium_lock().
 */
int cask_medium_backup(struct cask_medium *medium, struct file *file,
		       const struct cask_medium_backup *arg, u8 *backup, size_t *ret_len)
{
	struct cask_medium_seal how = {
		.number = medium->view.number.data, .type = CASK_TYPE_BACKUP,
		.records = &medium->area.work,
	};
	struct cask_image_view i;
	int ret;

	ret = check_backup(arg) ?: cask_medium_lock(medium, file);
	if (ret)
		return ret;
	i = backup_view(medium, arg);
	how.class_key = cask_medium_class_key(medium);
	ret = PTR_ERR_OR_ZERO(how.class_key) ?: cask_medium_check_state(medium) ?:
	      take_copy(medium) ?: cask_medium_seal(&how, &i, backup, ret_len);
	if (!IS_ERR(how.class_key))
		cask_key_put(how.class_key);
	trace_cask_medium("backup", medium->view.number.data, ret);
	mutex_unlock(&medium->lock);
	return ret;
}

/* Whether a backup is of this medium, and not locked to another device. */
static int check_whose(const struct cask_medium *m, const struct cask_image_view *i)
{
	if (memcmp(i->number.data, m->view.number.data, CASK_MEDIUM_NUMBER_SIZE) ||
	    memcmp(i->class_id.data, m->view.class_id.data, CASK_ID_SIZE) ||
	    memcmp(i->issuer.data, m->view.issuer.data, CASK_KID_SIZE))
		return -EXDEV;
	return i->apparatus.data &&
	       memcmp(i->apparatus.data, cask_device_key(), CASK_X25519_SIZE) ? -EXDEV : 0;
}

/*
 * A layer that is lost begins anew, and one that was left behind goes on, after all
 * that this device has seen of the medium. The next image leaves alone the slot that
 * can be read.
 */
static int go_on_after(struct cask_medium *m, u64 counter)
{
	struct cask_mark_record at;
	struct cask_area *a = &m->area;
	int ret;

	if (m->state == CASK_MEDIUM_GOOD)
		return 0;
	ret = cask_mark_get(m->view.issuer.data, m->view.number.data, &at);
	if (ret)
		return ret;
	counter = max(counter, le64_to_cpu(at.counter));
	if (m->state == CASK_MEDIUM_LOST) {
		/* Open once it is committed. */
		a->live.len = 0;
		a->counter = max(a->counter, counter);
	} else if (a->counter < counter) {
		a->counter = counter + ((counter ^ a->counter) & 1);
	}
	return 0;
}

static int add_all(struct cask_medium *m, const struct cask_records *from, u32 *ret_licenses)
{
	struct cask_record_key key;
	struct cask_bytes value;
	size_t pos = 0;
	int ret = 0;

	*ret_licenses = 0;
	while (ret >= 0 && cask_records_next(from, &pos, &key, &value)) {
		if ((key.kind != CASK_RECORD_LICENSE && key.kind != CASK_RECORD_EXPORTED) ||
		    cask_medium_is_lent(&key, &value, NULL))
			return -EINVAL;
		ret = cask_medium_put_license(&m->area.work, &key, &value);
		/* What is there is later than the backup. */
		if (ret == -EEXIST)
			ret = 0;
		*ret_licenses += max(ret, 0);
	}
	return min(ret, 0);
}

static int restore(struct cask_medium *m, const struct cask_records *from, u64 counter,
		   u32 *ret_licenses)
{
	struct cask_mark mark;
	int ret;

	if (m->state == CASK_MEDIUM_FOREIGN || m->state == CASK_MEDIUM_GONE)
		return cask_medium_check_state(m);
	if (!(m->file->f_mode & FMODE_WRITE))
		return -EROFS;
	/* One that is an older copy by now is restored as such. */
	if (m->state == CASK_MEDIUM_GOOD) {
		ret = cask_medium_check_mark(m);
		if (ret && ret != -ESTALE)
			return ret;
	}
	ret = go_on_after(m, counter) ?: cask_area_begin(&m->area);
	if (ret)
		return ret;
	/* What an older copy has of them may have been checked in since. */
	if (m->state != CASK_MEDIUM_GOOD)
		cask_records_drop(&m->area.work, cask_medium_is_lent, NULL);
	ret = add_all(m, from, ret_licenses);
	if (ret || (!*ret_licenses && m->state == CASK_MEDIUM_GOOD))
		return ret;
	ret = cask_area_commit(&m->area);
	if (ret)
		return ret;
	/* From where it is: it was behind the mark, and goes on all the same. */
	mark = cask_medium_step(m, &(struct cask_mark_record){});
	mark.from = mark.to;
	ret = cask_mark_move(&mark);
	if (!ret)
		m->state = CASK_MEDIUM_GOOD;
	return ret;
}

/**
 * cask_medium_restore() - put back what a backup holds (Figs. 9, 12, 15)
 * @medium: which
 * @file: below
 * @backup: vmalloc memory with the backup, wiped
 * @len: bytes of it
 * @ret_licenses: how many were not there
 *
 * Counts are in the device's area and are not in a backup. Return: 0; -EINVAL,
 * -EOPNOTSUPP for what is no backup; -EXDEV when it is another medium's, or locked to
 * another device; -ENOMEDIUM when the medium is not there any more; -EBADMSG when the
 * backup is not authentic; -EROFS; -ENOSPC; -ENOMEM; errors of writing; cask_mark_get();
 * cask_medium_lock().
 */
int cask_medium_restore(struct cask_medium *medium, struct file *file, u8 *backup, size_t len,
			u32 *ret_licenses)
{
	size_t capacity = CASK_LAYER_MAX;
	struct cask_records r = {
		.data = __vmalloc(capacity, GFP_KERNEL_ACCOUNT | __GFP_NOWARN), .capacity = capacity,
	};
	struct cask_medium_seal how = {
		.number = medium->view.number.data, .type = CASK_TYPE_BACKUP, .records = &r,
	};
	struct cask_image_view i;
	u64 counter;
	int ret;

	if (!r.data)
		return -ENOMEM;
	ret = cask_image_parse(&i, backup, len, CASK_TYPE_BACKUP) ?: check_whose(medium, &i);
	if (ret)
		goto out;
	counter = i.counter;
	how.class_key = cask_medium_class_key(medium);
	ret = PTR_ERR_OR_ZERO(how.class_key);
	if (ret)
		goto out;
	ret = cask_medium_unseal(&how, &i, backup);
	cask_key_put(how.class_key);
	ret = ret ?: cask_medium_lock(medium, file);
	if (ret)
		goto out;
	ret = restore(medium, &r, counter, ret_licenses);
	trace_cask_medium("restore", medium->view.number.data, ret);
	mutex_unlock(&medium->lock);
out:
	cask_medium_wipe(r.data, capacity);
	return ret;
}
