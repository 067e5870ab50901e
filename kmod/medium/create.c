// SPDX-License-Identifier: GPL-2.0
/* create.c - make a medium of a file. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/random.h>

#include "medium.h"
#include "trace.h"

/* What is a medium already stays the medium that it is. */
static int check_blank(struct file *file)
{
	struct cask_medium_view v;
	u8 first[CASK_MEDIUM_HEAD_MAX];
	int ret;

	ret = cask_read_exactly(file, first, sizeof(first), 0);
	if (ret)
		return ret;
	ret = cask_medium_parse(&v, first, sizeof(first));
	return ret == -EINVAL ? 0 : -EEXIST;
}

static int plan(struct cask_medium *m, struct file *file, struct cask_medium_create *arg)
{
	struct cask_medium_view *v = &m->view;
	u64 size = i_size_read(file->f_mapping->host);

	get_random_bytes(arg->number, sizeof(arg->number));
	*v = (struct cask_medium_view){
		.issuer = { arg->issuer, CASK_KID_SIZE },
		.number = { arg->number, CASK_MEDIUM_NUMBER_SIZE },
		.class_id = { arg->class_id, CASK_ID_SIZE },
		.slot_size = arg->slot_size,
		.third_offset = arg->third_offset,
		.third_size = arg->third_size,
	};
	if (arg->flags & CASK_MEDIUM_LOCKED)
		v->apparatus = (struct cask_bytes){ cask_device_key(), CASK_X25519_SIZE };
	if (cask_medium_check_layout(v) || v->third_offset + v->third_size > size)
		return -EINVAL;
	return 0;
}

/* The first layer into m->first; what it says is read from there again. */
static int write_first(struct cask_medium *m)
{
	u8 *mac = cask_medium_build(m->first, &m->view);
	struct cask_key *key;
	int ret;

	ret = cask_medium_find_class(m);
	if (ret)
		return ret;
	key = cask_medium_class_key(m);
	if (IS_ERR(key))
		return PTR_ERR(key);
	ret = cask_medium_mac(key, m->first, mac - m->first, mac);
	cask_key_put(key);
	return ret ?: cask_medium_parse(&m->view, m->first, sizeof(m->first));
}

/* An empty second layer, and the first last: without it there is no medium. */
static int make(struct cask_medium *m, struct file *file)
{
	int ret;

	m->file = file;
	ret = cask_medium_have_memory(m);
	if (ret)
		return ret;
	m->area.state = CASK_AREA_STATE_OPEN;
	return cask_area_begin(&m->area) ?: cask_area_commit(&m->area) ?:
	       cask_medium_write(file, m->first, sizeof(m->first), 0);
}

/**
 * cask_medium_create() - make a medium of a file
 * @file: regular or a block device, readable and writable
 * @arg: how; gets the number
 *
 * Return: 0; -EINVAL for layers that have no room; -EEXIST when it is a medium; -EBUSY
 * when one that was there is open still, or another is being made of it; -EBADF when it cannot be written; what cask_license_choose() says of the class;
 * -ENOMEM; errors of reading and writing.
 */
int cask_medium_create(struct file *file, struct cask_medium_create *arg)
{
	struct cask_medium *m;
	int ret;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	m = cask_medium_alloc();
	if (!m)
		return -ENOMEM;
	/* Again when nobody else can make one: somebody may just have. */
	ret = check_blank(file) ?: plan(m, file, arg) ?: write_first(m) ?:
	      cask_medium_announce(m, file) ?: check_blank(file) ?: make(m, file);
	cask_medium_retract(m);
	trace_cask_medium("create", arg->number, ret);
	cask_medium_free(m);
	return ret;
}
