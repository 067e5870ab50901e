// SPDX-License-Identifier: GPL-2.0
/* disk.c - the file below a medium, and what the second layer stands on. */
#include <linux/err.h>
#include <linux/fs.h>

#include "medium.h"

static loff_t slot_at(const struct cask_medium *m, unsigned int slot)
{
	return CASK_MEDIUM_SECOND + (loff_t)slot * m->view.slot_size;
}

static int write_exactly(struct file *file, const void *buf, size_t len, loff_t pos)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = kernel_write(file, buf + done, len - done, &pos);
		if (n <= 0)
			return n ?: -EIO;
		done += n;
	}
	return 0;
}

static int sync_range(struct file *file, size_t len, loff_t pos)
{
	return vfs_fsync_range(file, pos, pos + len - 1, 1);
}

/**
 * cask_medium_write() - write and have it on disk
 * @file: below
 * @buf: what
 * @len: bytes of it
 * @pos: where to
 *
 * Return: 0 or errors of writing.
 */
int cask_medium_write(struct file *file, const void *buf, size_t len, loff_t pos)
{
	return write_exactly(file, buf, len, pos) ?: sync_range(file, len, pos);
}

/*
 * Whether the slot of the image that this is at begins as that image does: its counter
 * and salt, which no two images share.
 */
static int look_at_image(struct cask_medium *m)
{
	const u64 counter = m->area.counter;
	const struct cask_image_view i = {
		.counter = counter, .salt = { m->salts[counter & 1], CASK_AREA_SALT_SIZE },
	};
	const size_t at = sizeof(struct cask_head);
	u8 ours[CASK_BACKUP_OVERHEAD], there[CASK_BACKUP_OVERHEAD];
	size_t len = cask_image_build(ours, &i, CASK_TYPE_LAYER, 0) - sizeof(struct cask_section) - at;
	int ret = cask_read_exactly(m->file, there, len, slot_at(m, counter & 1) + at);

	if (!ret && memcmp(there, ours + at, len))
		WRITE_ONCE(m->state, CASK_MEDIUM_GONE);
	return ret;
}

/**
 * cask_medium_look() - see whether a medium is still what is on its file
 * @m: its lock is held
 *
 * There may be another card in the reader, or somebody may have written what was there
 * before, here or by another way to the same disk. Return: 0, and it may be gone;
 * errors of reading.
 */
int cask_medium_look(struct cask_medium *m)
{
	u8 first[CASK_MEDIUM_HEAD_MAX];
	int ret = cask_read_exactly(m->file, first, sizeof(first), 0);

	if (ret == -EINVAL || (!ret && memcmp(first, m->first, sizeof(first)))) {
		WRITE_ONCE(m->state, CASK_MEDIUM_GONE);
		return 0;
	}
	return !ret && m->state == CASK_MEDIUM_GOOD ? look_at_image(m) : ret;
}

/* A slot on a bad spot is a slot that is lost, and the other one may be good. */
static int load(void *context, unsigned int slot, void *data, size_t size, size_t *ret_len)
{
	struct cask_medium *m = context;
	int ret = cask_read_exactly(m->file, data, size, slot_at(m, slot));

	if (ret == -EIO || ret == -EINVAL)
		memset(data, 0, size);
	else if (ret)
		return ret;
	*ret_len = min(cask_area_length(data, size), size);
	/* A head that says so little was not written here, and the slot is not blank. */
	if (*ret_len < sizeof(struct cask_head))
		*ret_len = size;
	return 0;
}

static int store(void *context, unsigned int slot, const void *data, size_t len)
{
	struct cask_medium *m = context;
	int ret;

	if (!(m->file->f_mode & FMODE_WRITE))
		return -EROFS;
	if (m->broken)
		return -EIO;
	ret = write_exactly(m->file, data, len, slot_at(m, slot));
	if (ret)
		return ret;
	ret = sync_range(m->file, len, slot_at(m, slot));
	/* A later sync may succeed without having written what this one did not. */
	m->broken = ret && ret != -EINTR && ret != -ERESTARTSYS;
	return ret;
}

static int seal(void *context, u64 counter, const struct cask_records *records, void *data,
		size_t *ret_len)
{
	struct cask_medium *m = context;
	struct cask_records r = *records;
	struct cask_medium_seal how = {
		.class_key = cask_medium_class_key(m), .number = m->view.number.data,
		.type = CASK_TYPE_LAYER, .records = &r,
	};
	struct cask_image_view i = { .counter = counter, .apparatus = m->view.apparatus };
	int ret;

	if (IS_ERR(how.class_key))
		return PTR_ERR(how.class_key);
	ret = cask_medium_seal(&how, &i, data, ret_len);
	if (!ret)
		memcpy(m->salts[counter & 1], how.salt, sizeof(how.salt));
	cask_key_put(how.class_key);
	return ret;
}

static int unseal(void *context, void *data, size_t len, struct cask_records *ret_records,
		  u64 *ret_counter)
{
	struct cask_medium *m = context;
	struct cask_medium_seal how = {
		.number = m->view.number.data, .type = CASK_TYPE_LAYER, .records = ret_records,
	};
	struct cask_image_view i;
	int ret;

	ret = cask_image_parse(&i, data, len, CASK_TYPE_LAYER);
	if (ret)
		return ret;
	if (!i.enc.data != !m->view.apparatus.data)
		return -EBADMSG;
	how.class_key = cask_medium_class_key(m);
	if (IS_ERR(how.class_key))
		return PTR_ERR(how.class_key);
	ret = cask_medium_unseal(&how, &i, data);
	cask_key_put(how.class_key);
	if (ret)
		return ret;
	memcpy(m->salts[i.counter & 1], how.salt, sizeof(how.salt));
	*ret_counter = i.counter;
	return 0;
}

const struct cask_area_io cask_medium_io = {
	.load = load, .store = store, .seal = seal, .open = unseal,
};

/**
 * cask_medium_at() - how far a medium has come
 * @m: its lock is held, or nobody else has it
 *
 * Return: the image that it is at.
 */
struct cask_mark_record cask_medium_at(const struct cask_medium *m)
{
	struct cask_mark_record r = { .counter = cpu_to_le64(m->area.counter) };

	memcpy(r.salt, m->salts[m->area.counter & 1], sizeof(r.salt));
	return r;
}
