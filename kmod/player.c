// SPDX-License-Identifier: GPL-2.0
/*
 * player.c - the regular file that a player reads; serves CASK_IOC_INFO
 * and CASK_IOC_DECRYPT.
 *
 * It lives on a file system of the module's own that nobody can mount, so that
 * players see a file with a size that seeks, and not a character device.
 */
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mount.h>
#include <linux/module.h>
#include <linux/pseudo_fs.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "private.h"
#include "compat/compat.h"

#define CASK_FS_MAGIC	0x6361736b	/* "cask" */

/*
 * The mount that inodes are made on, pinned by each open file from its start to its
 * release. Not by the inode: evict_inode() would drop the last reference below the
 * super block that it is being evicted from.
 */
static struct file_system_type cask_fs;
static struct vfsmount *cask_mount;
static int cask_mount_count;

/* --- players: one for each open file of a session --- */

/*
 * What it keeps is charged to @user. A revocation wipes the plaintext of all players
 * in the license's list.
 */
static struct cask_player *player_new(struct cask_session *session, struct cask_user *user)
{
	struct cask_player *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	struct cask_license *l = session->license;
	int ret;

	if (!p)
		return ERR_PTR(-ENOMEM);
	ret = simple_pin_fs(&cask_fs, &cask_mount, &cask_mount_count);
	if (ret) {
		kfree(p);
		return ERR_PTR(ret);
	}
	p->session = session;
	p->user = user;
	mutex_lock(&l->lock);
	list_add(&p->entry, &l->players);
	mutex_unlock(&l->lock);
	return p;
}

static void player_free(struct cask_player *p)
{
	struct cask_license *l = p->session->license;
	bool last;

	mutex_lock(&l->lock);
	list_del(&p->entry);
	last = list_empty(&l->players);
	mutex_unlock(&l->lock);
	if (last)
		cask_prepaid_end(l);
	cask_block_free(p->block);
	cask_batch_free(p->batch);
	if (p->anew)
		cask_user_uncharge(p->user);
	simple_release_fs(&cask_mount, &cask_mount_count);
	kfree(p);
}

/**
 * cask_player_wipe() - wipe the plaintext that an idle player keeps
 * @player: its license's lock is held, and the license has no key any more
 *
 * A read that has the block just now sees the revocation when it gives it back.
 */
void cask_player_wipe(struct cask_player *player)
{
	cask_block_free(xchg(&player->block, NULL));
	cask_batch_free(xchg(&player->batch, NULL));
}

/* The player's block is free to be taken by the first read that comes. */
static struct cask_block *take_block(struct cask_player *p)
{
	return xchg(&p->block, NULL) ?: cask_block_alloc(p->session, p->user);
}

static void give_block(struct cask_player *p, struct cask_block *b)
{
	if (cmpxchg(&p->block, NULL, b)) {
		cask_block_free(b);
		return;
	}
	/* cmpxchg() pairs with the xchg() of revoke(), which took the key away before. */
	if (!READ_ONCE(p->session->license->key))
		cask_player_wipe(p);
}

/* --- reading --- */

static void meter(struct cask_player *p, u64 taken, u64 bytes)
{
	cask_meter_add(&p->meter, bytes, 0);
	cask_prepaid_use(p->session->license, taken, bytes, 0);
}

/*
 * The reader's memory may be served by a user and let this wait: the license is looked
 * at again, and what came out metered, after each such piece.
 */
#define COPY_MAX	SZ_16K

/* Copy at most @most bytes from one block; returns bytes, or an errno when there are none. */
static ssize_t read_block(struct cask_player *p, struct cask_block *b, u64 pos, size_t most,
			  struct iov_iter *to)
{
	const struct cask_session *s = p->session;
	u64 index = pos >> s->block_shift;
	const u8 *data;
	size_t len;
	int ret;

	ret = cask_block_load(b, p->session, index);
	if (ret) {
		WRITE_ONCE(p->bad_block, index);
		WRITE_ONCE(p->bad_errno, -ret);
		return ret;
	}
	len = cask_block_plain(b, pos & ((1ULL << s->block_shift) - 1), &data);
	return copy_to_iter(data, min(len, most), to) ?: -EFAULT;
}

/* What may wait for the agent comes first: the license is looked at after it. */
static ssize_t read_piece(struct cask_player *p, struct cask_block *b, u64 pos,
			  struct iov_iter *to)
{
	struct cask_license *l = p->session->license;
	u64 taken, most = min_t(u64, iov_iter_count(to), COPY_MAX);
	ssize_t n;
	int ret;

	if (fatal_signal_pending(current))
		return -EINTR;
	ret = cask_prepaid_take(l, 1, l->prepaid.unit == CASK_UNIT_SECONDS ? 1 : most, &taken);
	if (ret)
		return ret;
	if (l->prepaid.unit == CASK_UNIT_BYTES)
		most = taken;
	n = read_block(p, b, pos, most, to);
	meter(p, taken, max_t(ssize_t, n, 0));
	return n;
}

static ssize_t player_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct cask_player *p = iocb->ki_filp->private_data;
	struct cask_block *b;
	ssize_t n = 0, done = 0;

	if (iocb->ki_pos < 0)
		return -EINVAL;
	if (iocb->ki_pos >= p->session->plain_size || !iov_iter_count(to))
		return 0;
	b = take_block(p);
	if (IS_ERR(b))
		return PTR_ERR(b);
	while (iov_iter_count(to) && iocb->ki_pos < p->session->plain_size) {
		n = read_piece(p, b, iocb->ki_pos, to);
		if (n < 0)
			break;
		iocb->ki_pos += n;
		done += n;
		cond_resched();
	}
	give_block(p, b);
	return done ?: n;
}

static loff_t player_llseek(struct file *file, loff_t offset, int whence)
{
	struct cask_player *p = file->private_data;

	return generic_file_llseek_size(file, offset, whence, MAX_LFS_FILESIZE,
					p->session->plain_size);
}

/* --- CASK_IOC_INFO --- */

static void fill_info(struct cask_info *info, struct cask_player *p)
{
	const struct cask_session *s = p->session;
	const struct cask_license *l = s->license;
	const struct cask_period period = cask_license_period(l);

	memcpy(info->content_id, s->content_id, CASK_ID_SIZE);
	memcpy(info->license_id, l->id, CASK_ID_SIZE);
	memcpy(info->issuer, l->anchor->issuer, CASK_KID_SIZE);
	info->plain_size = s->plain_size;
	info->block_size = s->file ? 1U << s->block_shift : 0;
	info->suite = s->suite;
	info->not_before = period.not_before;
	info->not_after = period.not_after;
	info->bytes = atomic64_read(&p->meter.bytes);
	info->packets = atomic64_read(&p->meter.packets);
	info->seconds = atomic64_read(&p->meter.seconds);
	info->bad_block = READ_ONCE(p->bad_block);
	info->bad_errno = READ_ONCE(p->bad_errno);
}

static long player_info(struct cask_player *p, void __user *arg)
{
	struct cask_info info;

	BUILD_BUG_ON(sizeof(info) != 144);
	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	if (memchr_inv(&info, 0, sizeof(info)))
		return -EINVAL;
	fill_info(&info, p);
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long player_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case CASK_IOC_INFO:
		return player_info(file->private_data, (void __user *)arg);
	case CASK_IOC_DECRYPT:
		return cask_batch_ioctl(file->private_data, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

/* --- opening anew through /proc or /dev/fd --- */

static int open_anew(struct cask_session *s, struct file *file)
{
	struct cask_user *user;
	struct cask_player *p;
	int ret;

	if (file->f_mode & FMODE_WRITE)
		return -EPERM;
	if (current_user_ns() != &init_user_ns)
		return -EPERM;
	if (!cask_license_allows(s->license, current_fsuid()))
		return -EACCES;
	ret = cask_license_check(s->license);
	if (ret)
		return ret;
	user = cask_user_charge(current_fsuid());
	if (IS_ERR(user))
		return PTR_ERR(user);
	p = player_new(s, user);
	if (IS_ERR(p)) {
		cask_user_uncharge(user);
		return PTR_ERR(p);
	}
	p->anew = true;
	file->private_data = p;
	return 0;
}

static int player_open(struct inode *inode, struct file *file)
{
	int ret = open_anew(inode->i_private, file);

	cask_session_tell(inode->i_private, true, ret);
	return ret;
}

static int player_release(struct inode *inode, struct file *file)
{
	player_free(file->private_data);
	return 0;
}

/* No mmap: a mapping would outlive the checks that each read makes. */
static const struct file_operations player_fops = {
	.owner		= THIS_MODULE,
	.open		= player_open,
	.release	= player_release,
	.read_iter	= player_read_iter,
	.llseek		= player_llseek,
	.splice_read	= cask_splice_read,
	.unlocked_ioctl	= player_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

/**
 * cask_player_is() - whether a file is one of ours
 * @file: any
 *
 * Return: true when CASK_IOC_OPEN made it.
 */
bool cask_player_is(const struct file *file)
{
	return file->f_op == &player_fops;
}

/* --- the file system --- */

static void evict_inode(struct inode *inode)
{
	clear_inode(inode);
	/* The root has no session. */
	if (inode->i_private)
		cask_session_put(inode->i_private);
}

static const struct super_operations cask_super_ops = {
	.statfs		= simple_statfs,
	.evict_inode	= evict_inode,
};

static int init_fs_context(struct fs_context *fc)
{
	struct pseudo_fs_context *ctx = init_pseudo(fc, CASK_FS_MAGIC);

	if (!ctx)
		return -ENOMEM;
	ctx->ops = &cask_super_ops;
	return 0;
}

static struct file_system_type cask_fs = {
	.name			= "cask",
	.owner			= THIS_MODULE,
	.init_fs_context	= init_fs_context,
	.kill_sb		= kill_anon_super,
};

/* S_IMMUTABLE keeps O_TRUNC and setattr from the size that all opens share. */
static struct inode *inode_new(struct super_block *sb, struct cask_session *session)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = S_IFREG | 0400;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_fop = &player_fops;
	inode->i_flags |= S_IMMUTABLE;
	i_size_write(inode, session->plain_size);
	cask_inode_init_times(inode);
	inode->i_blkbits = min(session->block_shift, 16U);
	kref_get(&session->ref);
	inode->i_private = session;
	return inode;
}

/* A player has pinned the mount. */
static struct file *file_new(struct cask_session *session)
{
	struct inode *inode = inode_new(cask_mount->mnt_sb, session);
	struct file *file;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	/* alloc_file_pseudo() takes none, the last fput() drops one. */
	__module_get(THIS_MODULE);
	file = alloc_file_pseudo(inode, cask_mount, "cask", O_RDONLY, &player_fops);
	if (IS_ERR(file)) {
		module_put(THIS_MODULE);
		iput(inode);
	}
	return file;
}

/**
 * cask_player_create() - make the file of a session
 * @session: a reference is taken
 *
 * Return: the file, or -ENOMEM, or -ENFILE.
 */
struct file *cask_player_create(struct cask_session *session)
{
	struct cask_player *p = player_new(session, session->user);
	struct file *file;

	if (IS_ERR(p))
		return ERR_CAST(p);
	file = file_new(session);
	if (IS_ERR(file)) {
		player_free(p);
		return file;
	}
	file->private_data = p;
	/* What open(2) gives a regular file; ATOMIC_POS: readers of one descriptor take turns. */
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_ATOMIC_POS;
	return file;
}
