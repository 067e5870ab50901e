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

/**
 * cask_read_exactly() - read a file that may be anybody's
 * @file: readable
 * @buf: where to
 * @len: bytes
 * @pos: from there
 *
 * Return: 0 when all of @len was read; -EINVAL when the file ends before; errors of reading.
 */
int cask_read_exactly(struct file *file, void *buf, size_t len, loff_t pos)
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

	ret = cask_read_exactly(file, start, sizeof(start), 0);
	if (ret)
		return ret;
	len = cask_content_length(start, sizeof(start));
	if (len < 0)
		return len;
	head = kmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!head)
		return -ENOMEM;
	ret = cask_read_exactly(file, head, len, 0) ?: cask_content_parse(content, head, len);
	if (ret) {
		kfree(head);
		return ret;
	}
	*ret_head = head;
	return 0;
}

static int find_key(struct cask_license *license, const struct cask_content *content,
		    const struct cask_link_part *link, struct cask_key **ret_key)
{
	u8 category[CASK_ID_SIZE];
	struct cask_key *key;

	if (cask_license_in_category(license, category))
		return cask_link_key(link, content, license->anchor, category, ret_key);
	key = cask_license_key(license);
	if (!IS_ERR(key))
		*ret_key = key;
	return PTR_ERR_OR_ZERO(key);
}

static int check_header(struct cask_license *license, const struct cask_content *content,
			const struct cask_link_part *link)
{
	struct cask_key *key;
	int ret = find_key(license, content, link, &key);

	if (ret)
		return ret;
	ret = cask_key_check_header(key, content) ?: cask_license_keep(license, key);
	cask_key_put(key);
	return ret;
}

static struct cask_license *look(struct cask_session *s, const struct cask_wanted *wanted)
{
	struct file *m = s->medium;

	return m ? cask_medium_choose(cask_medium_of(m), cask_medium_below(m), wanted) :
		   cask_license_choose(wanted);
}

static int choose(struct cask_session *s, const struct cask_wanted *wanted)
{
	struct cask_license *l = look(s, wanted);

	/* It may have begun before this boot. */
	if (l == ERR_PTR(-ETIME) && !cask_time_learn())
		l = look(s, wanted);
	if (IS_ERR(l))
		return PTR_ERR(l);
	s->license = l;
	memcpy(s->issuer, l->anchor->issuer, CASK_KID_SIZE);
	return 0;
}

/*
 * Anybody may write the link part, and who was revoked has no EKB for the key there. Neither keeps
 * the device from a license with a key of its own. Return: whether there is one, and was none before.
 */
static bool choose_own(struct cask_session *s, struct cask_wanted *wanted)
{
	u8 category[CASK_ID_SIZE];
	struct cask_license *own;

	if (!cask_license_in_category(s->license, category))
		return false;
	wanted->category = NULL;
	own = look(s, wanted);
	if (IS_ERR(own))
		return false;
	if (cask_license_in_category(own, category)) {
		cask_license_put(own);
		return false;
	}
	swap(s->license, own);
	cask_license_put(own);
	return true;
}

/**
 * cask_session_tell() - count an opening, tell listeners of it, and leave a trace
 * @session: what was opened or not; NULL when it came to none
 * @anew: through /proc or /dev/fd
 * @ret: 0 or -errno
 *
 * Every road to an open file ends here, when nothing can fail any more. Listeners
 * are told of contents only, by what was asked for or what a head says of itself.
 */
void cask_session_tell(const struct cask_session *session, bool anew, int ret)
{
	static const u8 none[CASK_ID_SIZE];
	struct cask_happening h = {
		.event = ret ? CASK_EVENT_REFUSED :
			 session && session->record ? CASK_EVENT_RECORDED : CASK_EVENT_OPENED,
		.content_id = session ? session->content_id : none,
		.user = current_fsuid(),
		.error = -ret,
	};

	trace_cask_open(h.content_id, h.user, ret);
	if (!session || (!session->license && cask_id_is_zero(h.content_id)))
		return;
	/* A player that opens its descriptor by name plays once all the same. */
	if (anew && !ret)
		return;
	if (!ret)
		atomic64_inc(&session->license->opens);
	if (session->license)
		h.license_id = session->license->id;
	if (memchr_inv(session->issuer, 0, CASK_KID_SIZE))
		h.issuer = session->issuer;
	cask_netlink_event(&h);
}

/**
 * cask_session_use() - count the opening
 * @session: open
 *
 * What installs once lives as its record, also where nothing is counted: the license may
 * be one that was being removed. Where there is a period, the time is kept; where there is a
 * download period, the file has to be accepted; where a log is owed, the opening is logged.
 * Return: 0 when it is on disk, or there is nothing to write; cask_accept_check();
 * cask_time_open(); cask_log_use(); cask_right_use(); cask_medium_use().
 */
int cask_session_use(struct cask_session *session)
{
	struct cask_license *l = session->license;
	struct file *medium = session->medium;
	int ret = l->class_license ? cask_time_keep(l->class_license) : 0;

	if (!ret && READ_ONCE(l->has_download))
		ret = cask_accept_check(l, session->name);
	if (ret)
		return ret;
	if (!l->once)
		return l->logged ? cask_log_use(l, CASK_LOG_OPENED, 0) : cask_time_open(l);
	if (!medium || l->opens_max == CASK_OPENS_ANY)
		return cask_right_use(l, NULL);
	return cask_medium_use(cask_medium_of(medium), cask_medium_below(medium), l);
}

/**
 * cask_session_check() - whether what was opened may go on
 * @session: open; the caller has nothing that the agent could wait for
 *
 * Return: 0; cask_license_check(); every so often cask_time_keep().
 */
int cask_session_check(struct cask_session *session)
{
	struct cask_license *l = session->license, *class_license = l->class_license;
	int ret = cask_license_check(l);

	if (!ret && cask_time_is_due(l))
		ret = cask_time_keep(l);
	if (!ret && class_license && cask_time_is_due(class_license))
		ret = cask_time_keep(class_license);
	return ret;
}

static void take_layout(struct cask_session *s, const struct cask_content *c)
{
	s->suite = c->suite;
	s->block_shift = ilog2(c->block_size);
	s->plain_size = c->plain_size;
	s->data_offset = c->data_offset;
}

/* What the file is called where it is accepted: its fixed part is authentic. */
static void take_name(struct cask_session *s, const void *head, const struct cask_content *content)
{
	u8 hash[SHA256_DIGEST_SIZE];

	sha256(head, content->link_offset, hash);
	memcpy(s->name, hash, sizeof(s->name));
}

static int bind(struct cask_session *s, const struct cask_content *content, const u8 *license_id,
		bool accept)
{
	struct cask_wanted wanted = {
		.content_id = content->content_id.data,
		.issuer = content->issuer.data,
		.license_id = license_id,
		.suite = content->suite,
		.operation = CASK_OPERATION_FILE,
		.permission = s->record ? CASK_PERMISSION_RECORD : 0,
		.accept = accept,
		.unbound = s->unbound,
	};
	struct cask_link_part link;
	int ret;

	cask_link_read(s->file, content, &link);
	if (link.has_license)
		wanted.hint = link.license_id;
	if (!link.error)
		wanted.category = link.slot.key_id;
	ret = choose(s, &wanted);
	if (ret)
		return ret;
	ret = check_header(s->license, content, &link);
	if (ret && choose_own(s, &wanted))
		ret = check_header(s->license, content, &link);
	return ret;
}

static void session_release(struct kref *ref)
{
	struct cask_session *s = container_of(ref, struct cask_session, ref);

	cask_license_put(s->license);
	if (s->file)
		fput(s->file);
	if (s->medium)
		fput(s->medium);
	cask_user_uncharge(s->user);
	kfree(s);
}

/**
 * cask_session_put() - drop a reference
 * @session: NULL does nothing
 */
void cask_session_put(struct cask_session *session)
{
	if (session)
		kref_put(&session->ref, session_release);
}

/**
 * cask_session_new() - a session of the caller's, with nothing to play yet
 * @file: readable regular file, a reference is taken; NULL for a key without one
 * @medium: file of the medium to take a license of, likewise; NULL: the device's
 *
 * Charged from here on: reading the content may take as long as its file system
 * likes, and the inode may be kept by more than open files. Return: the session
 * with one reference; -EMFILE at the user's limit; -ENOMEM.
 */
struct cask_session *cask_session_new(struct file *file, struct file *medium)
{
	struct cask_user *user = cask_user_charge(current_fsuid());
	struct cask_session *s;

	if (IS_ERR(user))
		return ERR_CAST(user);
	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s) {
		cask_user_uncharge(user);
		return ERR_PTR(-ENOMEM);
	}
	kref_init(&s->ref);
	s->user = user;
	s->file = file ? get_file(file) : NULL;
	s->medium = medium ? get_file(medium) : NULL;
	return s;
}

static int open_head(struct cask_session *s, const u8 *license_id, bool accept)
{
	struct cask_content content;
	void *head;
	int ret;

	ret = read_head(s->file, &head, &content);
	if (ret)
		return ret;
	memcpy(s->content_id, content.content_id.data, CASK_ID_SIZE);
	memcpy(s->issuer, content.issuer.data, CASK_KID_SIZE);
	ret = bind(s, &content, license_id, accept);
	if (!ret) {
		take_layout(s, &content);
		take_name(s, head, &content);
	}
	kfree(head);
	return ret;
}

/**
 * cask_session_open() - open a content file with a license of the caller
 * @session: new, with a file
 * @license_id: CASK_ID_SIZE bytes, all zero to let Cask choose
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP for what is no .cask file or one that this
 * version does not know; -ENOKEY, -EACCES, -EMEDIUMTYPE, -EKEYEXPIRED, -ETIME, -EKEYREVOKED
 * from the license; -EBADMSG when the head is not authentic; cask_link_key() when the key is in the
 * head; -ENOMEM; errors of reading.
 */
int cask_session_open(struct cask_session *session, const u8 *license_id)
{
	return open_head(session, license_id, false);
}

/**
 * cask_session_accept() - accept a content file in the download period of a license of the caller
 * @session: new, with a file
 * @license_id: CASK_ID_SIZE bytes, all zero to let Cask choose
 *
 * The usage period need not have begun. Return: 0 when it is on disk, and where the license has no
 * download period; else cask_session_open(); cask_accept().
 */
int cask_session_accept(struct cask_session *session, const u8 *license_id)
{
	int ret = open_head(session, license_id, true);

	if (ret || !READ_ONCE(session->license->has_download))
		return ret;
	return cask_accept(session->license, session->name);
}

/**
 * cask_session_open_raw() - open a key without a file
 * @session: new, without a file
 * @wanted: which; its operation is DECRYPT
 *
 * Return: 0 or what cask_license_choose() says.
 */
int cask_session_open_raw(struct cask_session *session, const struct cask_wanted *wanted)
{
	int ret;

	memcpy(session->content_id, wanted->content_id, CASK_ID_SIZE);
	if (wanted->issuer)
		memcpy(session->issuer, wanted->issuer, CASK_KID_SIZE);
	ret = choose(session, wanted);
	if (ret)
		return ret;
	session->suite = session->license->suite;
	session->block_shift = PAGE_SHIFT;
	return 0;
}
