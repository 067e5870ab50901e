// SPDX-License-Identifier: GPL-2.0
/*
 * medium.c - media of three layers: the number, the sealed licenses, the user's own.
 *
 * The file or block device below is read and written here, by whoever opened it. It may
 * be anybody's, so nothing read from it is believed before it is authentic. The second
 * layer is a secure area (area/) whose key comes from the class of the medium and its
 * number; how far it has come is also marked in the device's own area (mark.c), so of
 * several copies one goes on.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/vmalloc.h>

#include "medium.h"

/* Protects the list. Not held while a file is read. */
static DEFINE_MUTEX(media);
static LIST_HEAD(media_list);

/**
 * cask_medium_class_key() - the key of a medium's class, for one request
 * @m: whose class has a license
 *
 * Return: the key with a reference, or what cask_license_check() says.
 */
struct cask_key *cask_medium_class_key(struct cask_medium *m)
{
	int ret = cask_license_check(m->class_license);

	return ret ? ERR_PTR(ret) : cask_license_key(m->class_license);
}

/**
 * cask_medium_lock() - use a medium
 * @m: which
 * @file: below, of the caller's
 *
 * Return: 0, and cask_medium_check_state() tells whether it is there; errors of reading;
 * -EINTR when killed.
 */
int cask_medium_lock(struct cask_medium *m, struct file *file)
{
	int ret = mutex_lock_killable(&m->lock);

	if (ret)
		return ret;
	m->file = file;
	if (m->state != CASK_MEDIUM_GONE)
		ret = cask_medium_look(m);
	if (ret)
		mutex_unlock(&m->lock);
	return ret;
}

static struct cask_license *class_of(const struct cask_medium_view *v)
{
	static const u8 any[CASK_ID_SIZE];
	const struct cask_wanted wanted = {
		.content_id = v->class_id.data,
		.issuer = v->issuer.data,
		.license_id = any,
		.suite = CASK_SUITE_MEDIUM_CLASS,
		.operation = CASK_OPERATION_MEDIUM,
	};

	return cask_license_choose(&wanted);
}

/**
 * cask_medium_find_class() - find the license of a medium's class
 * @m: whose first layer says which
 *
 * Return: 0 or what cask_license_choose() says.
 */
int cask_medium_find_class(struct cask_medium *m)
{
	struct cask_license *l = class_of(&m->view);

	if (IS_ERR(l))
		return PTR_ERR(l);
	m->class_license = l;
	return 0;
}

/**
 * cask_medium_wipe() - give back memory with records
 * @data: vmalloc memory; NULL does nothing
 * @len: bytes of it
 */
void cask_medium_wipe(u8 *data, size_t len)
{
	if (data)
		memzero_explicit(data, len);
	vfree(data);
}

/**
 * cask_medium_free() - forget a medium
 * @m: of cask_medium_alloc(), in no list
 */
void cask_medium_free(struct cask_medium *m)
{
	struct cask_license *l, *next;

	list_for_each_entry_safe(l, next, &m->licenses, entry) {
		list_del_init(&l->entry);
		cask_license_put(l);
	}
	cask_license_put(m->class_license);
	cask_medium_wipe(m->area.live.data, m->area.live.capacity);
	cask_medium_wipe(m->area.work.data, m->area.work.capacity);
	vfree(m->area.sealed);
	mutex_destroy(&m->lock);
	kfree(m);
}

static void *alloc(size_t size)
{
	return __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_ZERO);
}

/**
 * cask_medium_have_memory() - memory for the second layer
 * @m: whose layout is known
 *
 * Return: 0 or -ENOMEM.
 */
int cask_medium_have_memory(struct cask_medium *m)
{
	size_t capacity = m->view.slot_size - CASK_LAYER_OVERHEAD;
	struct cask_area *a = &m->area;

	a->io = &cask_medium_io;
	a->context = m;
	a->size = m->view.slot_size;
	a->live = (struct cask_records){ .data = alloc(capacity), .capacity = capacity };
	a->work = (struct cask_records){ .data = alloc(capacity), .capacity = capacity };
	a->sealed = alloc(a->size + CASK_BACKUP_OVERHEAD);
	return a->live.data && a->work.data && a->sealed ? 0 : -ENOMEM;
}

/**
 * cask_medium_alloc() - memory for a medium
 *
 * Return: a medium with one reference, or NULL.
 */
struct cask_medium *cask_medium_alloc(void)
{
	struct cask_medium *m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);

	if (!m)
		return NULL;
	kref_init(&m->ref);
	mutex_init(&m->lock);
	INIT_LIST_HEAD(&m->entry);
	INIT_LIST_HEAD(&m->licenses);
	return m;
}

/* Believe the first layer. */
static int check_first(struct cask_medium *m)
{
	struct cask_key *key;
	int ret;

	memcpy(m->key_id, m->view.class_id.data, CASK_ID_SIZE);
	memcpy(m->key_id + CASK_ID_SIZE, m->view.number.data, CASK_MEDIUM_NUMBER_SIZE);
	ret = cask_medium_find_class(m);
	if (ret)
		return ret;
	key = cask_medium_class_key(m);
	if (IS_ERR(key))
		return PTR_ERR(key);
	ret = cask_medium_check(key, &m->view);
	cask_key_put(key);
	return ret;
}

static bool is_foreign(const struct cask_medium *m)
{
	return m->view.apparatus.data &&
	       memcmp(m->view.apparatus.data, cask_device_key(), CASK_X25519_SIZE);
}

/* What state the second layer is in. */
static int look(struct cask_medium *m)
{
	struct cask_mark_record at, now;
	int ret;

	if (is_foreign(m)) {
		m->state = CASK_MEDIUM_FOREIGN;
		return 0;
	}
	ret = cask_area_open(&m->area);
	if (ret == -EUCLEAN) {
		m->state = CASK_MEDIUM_LOST;
		return 0;
	}
	ret = ret ?: cask_mark_get(m->view.issuer.data, m->view.number.data, &at);
	if (ret)
		return ret;
	now = cask_medium_at(m);
	m->state = cask_mark_is_behind(&at, &now) ? CASK_MEDIUM_STALE : CASK_MEDIUM_GOOD;
	return 0;
}

/**
 * cask_medium_check_mark() - whether a medium that is good is not an older copy by now
 * @m: its lock is held
 *
 * Before it goes on: what went on unseen could not be told from what went on. Return: 0;
 * -ESTALE, and it is; cask_mark_get().
 */
int cask_medium_check_mark(struct cask_medium *m)
{
	struct cask_mark_record at, now = cask_medium_at(m);
	int ret = cask_mark_get(m->view.issuer.data, m->view.number.data, &at);

	if (ret || !cask_mark_is_behind(&at, &now))
		return ret;
	m->state = CASK_MEDIUM_STALE;
	return -ESTALE;
}

static int open_medium(struct cask_medium *m, struct file *file)
{
	m->file = file;
	m->mapping = file->f_mapping;
	return cask_read_exactly(file, m->first, sizeof(m->first), 0) ?:
	       cask_medium_parse(&m->view, m->first, sizeof(m->first)) ?:
	       check_first(m) ?: cask_medium_have_memory(m) ?: look(m);
}

static struct cask_medium *find_locked(const struct file *file)
{
	struct cask_medium *m;

	/* One that is gone, or whose class was taken away, is over and writes nothing any more. */
	list_for_each_entry(m, &media_list, entry)
		if (m->mapping == file->f_mapping && READ_ONCE(m->state) != CASK_MEDIUM_GONE &&
		    READ_ONCE(m->class_license->key))
			return m;
	return NULL;
}

/* With a reference; NULL when there is none, and -EBUSY while one is being made. */
static struct cask_medium *get_locked(const struct file *file)
{
	struct cask_medium *m = find_locked(file);

	if (m && m->making)
		return ERR_PTR(-EBUSY);
	if (m)
		kref_get(&m->ref);
	return m;
}

static struct cask_medium *find(const struct file *file)
{
	struct cask_medium *m;

	mutex_lock(&media);
	m = get_locked(file);
	mutex_unlock(&media);
	return m;
}

/* The same, and it is what is there now. */
static struct cask_medium *find_there(struct file *file)
{
	struct cask_medium *m;
	bool gone;
	int ret;

	for (;;) {
		m = find(file);
		if (IS_ERR_OR_NULL(m))
			return m;
		ret = cask_medium_lock(m, file);
		gone = m->state == CASK_MEDIUM_GONE;
		if (!ret)
			mutex_unlock(&m->lock);
		if (!ret && !gone)
			return m;
		cask_medium_put(m);
		if (ret)
			return ERR_PTR(ret);
	}
}

/* Somebody may have been quicker: opening writes nothing, and nobody holds a lock for it. */
static struct cask_medium *add(struct cask_medium *made, const struct file *file)
{
	struct cask_medium *m;

	mutex_lock(&media);
	m = get_locked(file);
	if (!m)
		list_add(&made->entry, &media_list);
	mutex_unlock(&media);
	if (m)
		cask_medium_free(made);
	return m ?: made;
}

/**
 * cask_medium_announce() - say that a medium is being made
 * @m: of cask_medium_alloc(), with a class
 * @file: that it is being made of
 *
 * Return: 0; -EBUSY when there is one that is open, or being made; errors of reading;
 * -EINTR when killed.
 */
int cask_medium_announce(struct cask_medium *m, struct file *file)
{
	struct cask_medium *old = find_there(file);
	int ret = 0;

	if (IS_ERR(old))
		return PTR_ERR(old);
	if (old) {
		cask_medium_put(old);
		return -EBUSY;
	}
	m->mapping = file->f_mapping;
	m->making = true;
	mutex_lock(&media);
	if (find_locked(file))
		ret = -EBUSY;
	else
		list_add(&m->entry, &media_list);
	mutex_unlock(&media);
	return ret;
}

/**
 * cask_medium_retract() - the medium is made, or will not be
 * @m: cask_medium_announce() was asked
 */
void cask_medium_retract(struct cask_medium *m)
{
	mutex_lock(&media);
	list_del_init(&m->entry);
	mutex_unlock(&media);
}

static int check_caller(const struct cask_medium *m)
{
	struct cask_license *l = class_of(&m->view);

	if (IS_ERR(l))
		return PTR_ERR(l);
	cask_license_put(l);
	return 0;
}

/**
 * cask_medium_get() - the medium on a file
 * @file: regular or a block device, readable, held as long as the medium is
 * @ret_medium: the medium, with a reference
 *
 * Return: 0, whatever state its second layer is in; -EINVAL when it is no medium;
 * -EOPNOTSUPP when it is of a later version; -ENOKEY and what else
 * cask_license_choose() says of its class; -EBADMSG when the first layer is not
 * authentic; -EBUSY while it is being made; -ENOMEM; errors of reading; -EINTR when
 * killed; cask_mark_get().
 */
int cask_medium_get(struct file *file, struct cask_medium **ret_medium)
{
	struct cask_medium *m = find_there(file), *made;
	int ret;

	if (IS_ERR(m))
		return PTR_ERR(m);
	if (m) {
		/* Who opened it before may use media of the class, and the caller not. */
		ret = check_caller(m);
		if (ret) {
			cask_medium_put(m);
			return ret;
		}
	} else {
		made = cask_medium_alloc();
		if (!made)
			return -ENOMEM;
		ret = open_medium(made, file);
		if (ret) {
			cask_medium_free(made);
			return ret;
		}
		m = add(made, file);
	}
	*ret_medium = m;
	return PTR_ERR_OR_ZERO(m);
}

static void medium_release(struct kref *ref)
{
	struct cask_medium *m = container_of(ref, struct cask_medium, ref);

	list_del(&m->entry);
	mutex_unlock(&media);
	cask_medium_free(m);
}

/**
 * cask_medium_put() - drop a reference
 * @medium: on which no file is open any more that came with it
 */
void cask_medium_put(struct cask_medium *medium)
{
	kref_put_mutex(&medium->ref, medium_release, &media);
}

/**
 * cask_medium_check_state() - whether there is something to use
 * @m: its lock is held
 *
 * Return: 0, -EUCLEAN when the second layer is lost, -ESTALE for an older copy, -EXDEV for
 * another device's, -ENOMEDIUM when it is not there any more.
 */
int cask_medium_check_state(const struct cask_medium *m)
{
	switch (m->state) {
	case CASK_MEDIUM_LOST:
		return -EUCLEAN;
	case CASK_MEDIUM_STALE:
		return -ESTALE;
	case CASK_MEDIUM_FOREIGN:
		return -EXDEV;
	case CASK_MEDIUM_GONE:
		return -ENOMEDIUM;
	}
	return 0;
}

static unsigned int count(const struct cask_records *r)
{
	struct cask_record_key key;
	struct cask_bytes value;
	unsigned int n = 0;
	size_t pos = 0;

	while (cask_records_next(r, &pos, &key, &value))
		n++;
	return n;
}

/**
 * cask_medium_info() - what a medium is
 * @medium: which
 * @file: below
 * @ret: all zero
 *
 * Return: 0 or cask_medium_lock().
 */
int cask_medium_info(struct cask_medium *medium, struct file *file, struct cask_medium_info *ret)
{
	const struct cask_medium_view *v = &medium->view;
	int failed = cask_medium_lock(medium, file);

	if (failed)
		return failed;

	memcpy(ret->number, v->number.data, sizeof(ret->number));
	memcpy(ret->class_id, v->class_id.data, sizeof(ret->class_id));
	memcpy(ret->issuer, v->issuer.data, sizeof(ret->issuer));
	if (v->apparatus.data)
		memcpy(ret->apparatus, v->apparatus.data, sizeof(ret->apparatus));
	ret->third_offset = v->third_offset;
	ret->third_size = v->third_size;
	ret->slot_size = v->slot_size;
	ret->state = medium->state;
	if (medium->area.state == CASK_AREA_STATE_OPEN) {
		ret->counter = medium->area.counter;
		ret->licenses = count(&medium->area.live);
		ret->used = medium->area.live.len + CASK_LAYER_OVERHEAD;
	}
	mutex_unlock(&medium->lock);
	return 0;
}
