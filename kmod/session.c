// SPDX-License-Identifier: GPL-2.0
/*
 * session.c - read the head of a .cask file, find the license, check both.
 *
 * The content file may lie on a file system that a user serves, so nothing read
 * from it is trusted, everything is read once, and no lock is held meanwhile.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/log2.h>

#include "private.h"
#include "trace.h"

/* Reads all of @len or says why not; a file that ends before is malformed. */
static int read_exactly(struct file *file, void *buf, size_t len, loff_t pos)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = kernel_read(file, buf + done, len - done, &pos);
		if (n < 0)
			return n;
		if (!n)
			return -EINVAL;
		done += n;
	}
	return 0;
}

/* The fixed part, in memory of its own: what is parsed cannot change any more. */
static int read_head(struct file *file, void **ret_head, struct cask_content *content)
{
	u8 start[sizeof(struct cask_head)];
	void *head;
	int ret, len;

	ret = read_exactly(file, start, sizeof(start), 0);
	if (ret)
		return ret;
	len = cask_content_length(start, sizeof(start));
	if (len < 0)
		return len;
	head = kmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!head)
		return -ENOMEM;
	ret = read_exactly(file, head, len, 0) ?: cask_content_parse(content, head, len);
	if (ret) {
		kfree(head);
		return ret;
	}
	*ret_head = head;
	return 0;
}

/* The license that the link part names; no more than a hint, so errors are none. */
static bool read_hint(struct file *file, const struct cask_content *content, u8 *id)
{
	struct cask_link link;
	bool found = false;
	void *part;

	part = kvmalloc(content->link_capacity, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!part)
		return false;
	if (!read_exactly(file, part, content->link_capacity, content->link_offset) &&
	    !cask_link_parse(&link, part, content->link_capacity) && link.license_id.data) {
		memcpy(id, link.license_id.data, CASK_ID_SIZE);
		found = true;
	}
	kvfree(part);
	return found;
}

static int check_header(struct cask_license *license, const struct cask_content *content)
{
	struct cask_key *key = cask_license_key(license);
	int ret;

	if (IS_ERR(key))
		return PTR_ERR(key);
	ret = cask_key_check_header(key, content);
	cask_key_put(key);
	return ret;
}

static int choose(struct cask_session *s, const struct cask_wanted *wanted)
{
	struct cask_license *l = cask_license_choose(wanted);

	if (IS_ERR(l))
		return PTR_ERR(l);
	s->license = l;
	return 0;
}

/* Both roads to a license end here: listeners hear of it, and a trace is left. */
static int tell(const struct cask_session *s, const struct cask_wanted *wanted, int ret)
{
	struct cask_happening h = {
		.event = ret ? CASK_EVENT_REFUSED : CASK_EVENT_OPENED,
		.issuer = wanted->issuer,
		.content_id = wanted->content_id,
		.user = current_fsuid(),
		.error = -ret,
	};

	if (s->license) {
		h.issuer = s->license->anchor->issuer;
		h.license_id = s->license->id;
	}
	cask_netlink_event(&h);
	trace_cask_open(wanted->content_id, h.user, ret);
	return ret;
}

static int bind(struct cask_session *s, const struct cask_content *content, const u8 *license_id)
{
	u8 hint[CASK_ID_SIZE];
	const struct cask_wanted wanted = {
		.content_id = content->content_id.data,
		.issuer = content->issuer.data,
		.license_id = license_id,
		.hint = read_hint(s->file, content, hint) ? hint : NULL,
		.suite = content->suite,
		.operation = CASK_OPERATION_FILE,
	};

	return tell(s, &wanted, choose(s, &wanted) ?: check_header(s->license, content));
}

static void session_release(struct kref *ref)
{
	struct cask_session *s = container_of(ref, struct cask_session, ref);

	cask_license_put(s->license);
	if (s->file)
		fput(s->file);
	kfree(s);
}

/**
 * cask_session_put() - drop a reference
 * @session: which
 */
void cask_session_put(struct cask_session *session)
{
	kref_put(&session->ref, session_release);
}

static struct cask_session *session_new(struct file *file)
{
	struct cask_session *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	kref_init(&s->ref);
	s->file = file ? get_file(file) : NULL;
	return s;
}

static void take_layout(struct cask_session *s, const struct cask_content *c)
{
	memcpy(s->content_id, c->content_id.data, CASK_ID_SIZE);
	s->suite = c->suite;
	s->block_shift = ilog2(c->block_size);
	s->plain_size = c->plain_size;
	s->data_offset = c->data_offset;
}

/**
 * cask_session_open() - open a content file with a license of the caller
 * @file: readable regular file; a reference is taken
 * @license_id: CASK_ID_SIZE bytes, all zero to let Cask choose
 *
 * Return: the session with one reference; -EINVAL, -EOPNOTSUPP for what is no
 * .cask file or one that this version does not know; -ENOKEY, -EACCES,
 * -EKEYEXPIRED, -ETIME, -EKEYREVOKED from the license; -EBADMSG when the head
 * is not authentic; -ENOMEM; errors of reading.
 */
struct cask_session *cask_session_open(struct file *file, const u8 *license_id)
{
	struct cask_session *s = session_new(file);
	struct cask_content content;
	void *head;
	int ret;

	if (!s)
		return ERR_PTR(-ENOMEM);
	ret = read_head(file, &head, &content);
	if (ret)
		goto put;
	ret = bind(s, &content, license_id);
	if (!ret)
		take_layout(s, &content);
	kfree(head);
	if (!ret)
		return s;
put:
	cask_session_put(s);
	return ERR_PTR(ret);
}

/**
 * cask_session_open_raw() - a session of a key without a file
 * @wanted: which; its operation is DECRYPT
 *
 * Return: the session with one reference; -ENOMEM; cask_license_choose().
 */
struct cask_session *cask_session_open_raw(const struct cask_wanted *wanted)
{
	struct cask_session *s = session_new(NULL);
	int ret;

	if (!s)
		return ERR_PTR(-ENOMEM);
	ret = tell(s, wanted, choose(s, wanted));
	if (ret) {
		cask_session_put(s);
		return ERR_PTR(ret);
	}
	memcpy(s->content_id, s->license->content_id, CASK_ID_SIZE);
	s->suite = s->license->suite;
	s->block_shift = PAGE_SHIFT;
	return s;
}
