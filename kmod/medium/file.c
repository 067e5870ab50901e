// SPDX-License-Identifier: GPL-2.0
/* file.c - serves CASK_IOC_MEDIUM_*: on /dev/cask CREATE and OPEN, on a medium the others. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <linux/vmalloc.h>

#include "medium.h"

/**
 * struct medium_file - an open file of a medium
 * @medium: which
 * @below: the file that it is on, opened for this one alone
 * @user: whom it is charged to
 */
struct medium_file {
	struct cask_medium *medium;
	struct file *below;
	struct cask_user *user;
};

static const struct file_operations medium_fops;

/**
 * cask_medium_is() - whether a file is a medium's
 * @file: any
 *
 * Return: true for one of CASK_IOC_MEDIUM_OPEN.
 */
bool cask_medium_is(const struct file *file)
{
	return file->f_op == &medium_fops;
}

/**
 * cask_medium_of() - the medium of a file
 * @file: cask_medium_is()
 *
 * Return: the medium; the file has the reference.
 */
struct cask_medium *cask_medium_of(const struct file *file)
{
	const struct medium_file *f = file->private_data;

	return f->medium;
}

/**
 * cask_medium_below() - what the medium of a file is on
 * @file: cask_medium_is()
 *
 * Return: the file below; @file has the reference.
 */
struct file *cask_medium_below(const struct file *file)
{
	const struct medium_file *f = file->private_data;

	return f->below;
}

/* --- /dev/cask --- */

static int check_given(const struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

	if (cask_player_is(file))
		return -ELOOP;
	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	return S_ISREG(mode) || S_ISBLK(mode) ? 0 : -EINVAL;
}

/* kernel_read() and kernel_write() take no others, and would say so in the log. */
static bool can_be_used(const struct file *file)
{
	const struct file_operations *ops = file->f_op;

	return ops->read_iter && !ops->read &&
	       (!(file->f_mode & FMODE_WRITE) || (ops->write_iter && !ops->write));
}

/*
 * The same file opened once more, for no more than it was: flags of the caller's, now or
 * later (O_APPEND, O_DIRECT), must not have a say in where and how the kernel writes.
 */
static struct file *open_own(const struct file *given)
{
	int flags = given->f_mode & FMODE_WRITE ? O_RDWR : O_RDONLY;
	struct file *own = dentry_open(&given->f_path, flags | O_LARGEFILE, current_cred());

	if (IS_ERR(own) || can_be_used(own))
		return own;
	fput(own);
	return ERR_PTR(-EINVAL);
}

static struct file *get_below(int fd)
{
	struct file *given, *own;
	int ret;

	if (current_user_ns() != &init_user_ns)
		return ERR_PTR(-EPERM);
	given = fget(fd);
	if (!given)
		return ERR_PTR(-EBADF);
	ret = check_given(given);
	own = ret ? ERR_PTR(ret) : open_own(given);
	fput(given);
	return own;
}

/**
 * cask_medium_create_ioctl() - CASK_IOC_MEDIUM_CREATE
 * @user: struct cask_medium_create
 *
 * Return: 0; -EFAULT; -EINVAL; -EPERM in a user namespace; -EBADF; -ELOOP;
 * cask_medium_create().
 */
long cask_medium_create_ioctl(void __user *user)
{
	struct cask_medium_create arg;
	struct file *file;
	int ret;

	BUILD_BUG_ON(sizeof(arg) != 96);
	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.flags & ~CASK_MEDIUM_LOCKED || arg.reserved ||
	    memchr_inv(arg.number, 0, sizeof(arg.number)))
		return -EINVAL;
	file = get_below(arg.fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = cask_medium_create(file, &arg);
	fput(file);
	if (!ret && copy_to_user(user, &arg, sizeof(arg)))
		ret = -EFAULT;
	return ret;
}

static void close_medium(struct medium_file *f)
{
	if (f->medium)
		cask_medium_put(f->medium);
	if (!IS_ERR_OR_NULL(f->below))
		fput(f->below);
	if (!IS_ERR_OR_NULL(f->user))
		cask_user_uncharge(f->user);
	kfree(f);
}

static struct medium_file *open_medium(int fd)
{
	struct medium_file *f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!f)
		return ERR_PTR(-ENOMEM);
	f->below = get_below(fd);
	ret = PTR_ERR_OR_ZERO(f->below);
	if (!ret) {
		f->user = cask_user_charge(current_fsuid());
		ret = PTR_ERR_OR_ZERO(f->user);
	}
	ret = ret ?: cask_medium_get(f->below, &f->medium);
	if (ret) {
		close_medium(f);
		return ERR_PTR(ret);
	}
	return f;
}

/**
 * cask_medium_open_ioctl() - CASK_IOC_MEDIUM_OPEN
 * @user: struct cask_medium_open
 *
 * Return: a descriptor; -EFAULT; -EINVAL; -EPERM in a user namespace; -EBADF; -ELOOP;
 * -EMFILE at the user's limit; -ENOMEM; cask_medium_get().
 */
long cask_medium_open_ioctl(void __user *user)
{
	struct cask_medium_open arg;
	struct medium_file *f;
	int fd;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.flags)
		return -EINVAL;
	f = open_medium(arg.fd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = anon_inode_getfd("[cask-medium]", &medium_fops, f, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		close_medium(f);
	return fd;
}

/* --- a medium --- */

static int medium_release(struct inode *inode, struct file *file)
{
	close_medium(file->private_data);
	return 0;
}

static long info(struct medium_file *f, void __user *user)
{
	struct cask_medium_info info;
	int ret;

	BUILD_BUG_ON(sizeof(info) != 152);
	if (copy_from_user(&info, user, sizeof(info)))
		return -EFAULT;
	if (memchr_inv(&info, 0, sizeof(info)))
		return -EINVAL;
	ret = cask_medium_info(f->medium, f->below, &info);
	return ret ?: copy_to_user(user, &info, sizeof(info)) ? -EFAULT : 0;
}

static long license(struct medium_file *f, void __user *user)
{
	struct cask_medium_license arg;
	u32 index;
	int ret;

	BUILD_BUG_ON(sizeof(arg) != 112);
	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	index = arg.index;
	arg.index = 0;
	if (memchr_inv(&arg, 0, sizeof(arg)))
		return -EINVAL;
	arg.index = index;
	ret = cask_medium_license(f->medium, f->below, &arg);
	return ret ?: copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

/* What the caller has, in vmalloc memory. */
static void *get_data(struct cask_medium_data *arg, void __user *user, size_t max)
{
	void *data;

	if (copy_from_user(arg, user, sizeof(*arg)))
		return ERR_PTR(-EFAULT);
	if (!arg->len || arg->licenses)
		return ERR_PTR(-EINVAL);
	if (arg->len > max)
		return ERR_PTR(-EMSGSIZE);
	data = __vmalloc(arg->len, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!data)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(data, u64_to_user_ptr(arg->data), arg->len)) {
		vfree(data);
		return ERR_PTR(-EFAULT);
	}
	return data;
}

static long put_count(struct cask_medium_data *arg, void __user *user)
{
	return copy_to_user(user, arg, sizeof(*arg)) ? -EFAULT : 0;
}

static long install(struct medium_file *f, void __user *user)
{
	struct cask_medium_data arg;
	struct cask_bytes statement;
	void *data = get_data(&arg, user, CASK_STATEMENT_MAX);
	int ret;

	if (IS_ERR(data))
		return PTR_ERR(data);
	statement = (struct cask_bytes){ data, arg.len };
	ret = cask_medium_install(f->medium, f->below, &statement, &arg.licenses);
	vfree(data);
	return ret ?: put_count(&arg, user);
}

static long restore(struct medium_file *f, void __user *user)
{
	struct cask_medium_data arg;
	void *data = get_data(&arg, user, CASK_BACKUP_MAX);
	int ret;

	if (IS_ERR(data))
		return PTR_ERR(data);
	ret = cask_medium_restore(f->medium, f->below, data, arg.len, &arg.licenses);
	vfree(data);
	return ret ?: put_count(&arg, user);
}

static int put_backup(struct cask_medium_backup *arg, const void *backup, size_t len,
		      void __user *user)
{
	if (arg->size < len)
		return -ENOBUFS;
	arg->size = len;
	if (copy_to_user(u64_to_user_ptr(arg->data), backup, len) ||
	    copy_to_user(user, arg, sizeof(*arg)))
		return -EFAULT;
	return 0;
}

static long backup(struct medium_file *f, void __user *user)
{
	struct cask_medium_backup arg;
	size_t len;
	void *data;
	int ret;

	BUILD_BUG_ON(sizeof(arg) != 56);
	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	data = __vmalloc(CASK_BACKUP_MAX, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!data)
		return -ENOMEM;
	ret = cask_medium_backup(f->medium, f->below, &arg, data, &len) ?:
	      put_backup(&arg, data, len, user);
	vfree(data);
	return ret;
}

static int get_lend(struct cask_medium_lend *arg, void __user *user)
{
	BUILD_BUG_ON(sizeof(*arg) != 64);
	if (copy_from_user(arg, user, sizeof(*arg)))
		return -EFAULT;
	return memchr_inv(arg->reserved, 0, sizeof(arg->reserved)) ? -EINVAL : 0;
}

static long lend(struct medium_file *f, void __user *user, u32 use)
{
	struct cask_medium_lend arg;

	return get_lend(&arg, user) ?: cask_medium_lend(f->medium, f->below, &arg, use);
}

static long check_in(struct medium_file *f, void __user *user)
{
	struct cask_medium_lend arg;

	return get_lend(&arg, user) ?: cask_medium_check_in(f->medium, f->below, &arg);
}

static long medium_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct medium_file *f = file->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case CASK_IOC_MEDIUM_INFO:
		return info(f, user);
	case CASK_IOC_MEDIUM_LICENSE:
		return license(f, user);
	case CASK_IOC_MEDIUM_INSTALL:
		return install(f, user);
	case CASK_IOC_MEDIUM_BACKUP:
		return backup(f, user);
	case CASK_IOC_MEDIUM_RESTORE:
		return restore(f, user);
	case CASK_IOC_MEDIUM_EXPORT:
		return lend(f, user, CASK_LENT_EXPORT);
	case CASK_IOC_MEDIUM_CHECKOUT:
		return lend(f, user, CASK_LENT_CHECKOUT);
	case CASK_IOC_MEDIUM_CHECKIN:
		return check_in(f, user);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations medium_fops = {
	.owner		= THIS_MODULE,
	.release	= medium_release,
	.unlocked_ioctl	= medium_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};
