// SPDX-License-Identifier: GPL-2.0
/* device.c - /dev/cask; serves CASK_IOC_OPEN. */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "private.h"

static int check_content(struct file *file)
{
	if (cask_player_is(file))
		return -ELOOP;
	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!S_ISREG(file_inode(file)->i_mode))
		return -EINVAL;
	/* kernel_read() takes no others (proc), and would say so in the log. */
	return file->f_op->read_iter && !file->f_op->read ? 0 : -EINVAL;
}

/* What is asked for is a file, or a key without one. */
static struct cask_session *open_session(struct file *content, const struct cask_open *arg)
{
	const struct cask_wanted wanted = {
		.content_id = arg->content_id,
		.issuer = memchr_inv(arg->issuer, 0, CASK_KID_SIZE) ? arg->issuer : NULL,
		.license_id = arg->license_id,
		.operation = CASK_OPERATION_DECRYPT,
	};

	return content ? cask_session_open(content, arg->license_id) :
			 cask_session_open_raw(&wanted);
}

static struct file *open_charged(struct file *content, const struct cask_open *arg,
				 struct cask_user *user)
{
	struct cask_session *session = open_session(content, arg);
	struct file *player;

	if (IS_ERR(session))
		return ERR_CAST(session);
	player = cask_player_create(session, user);
	if (!IS_ERR(player))
		atomic64_inc(&session->license->opens);
	cask_session_put(session);
	return player;
}

/* Charged first: reading the content may take as long as its file system likes. */
static struct file *open_checked(struct file *content, const struct cask_open *arg)
{
	struct cask_user *user = cask_user_charge(current_fsuid());
	struct file *player;

	if (IS_ERR(user))
		return ERR_CAST(user);
	player = open_charged(content, arg, user);
	if (IS_ERR(player))
		cask_user_uncharge(user);
	return player;
}

static struct file *open_content(const struct cask_open *arg)
{
	struct file *content, *player;
	int ret;

	if (arg->content_fd == -1)
		return open_checked(NULL, arg);
	content = fget(arg->content_fd);
	if (!content)
		return ERR_PTR(-EBADF);
	ret = check_content(content);
	player = ret ? ERR_PTR(ret) : open_checked(content, arg);
	fput(content);
	return player;
}

/* The content's names are its file's, or the caller's where there is none. */
static int check_names(const struct cask_open *arg)
{
	bool named = !cask_id_is_zero(arg->content_id);

	if (arg->content_fd == -1)
		return named ? 0 : -EINVAL;
	return named || memchr_inv(arg->issuer, 0, CASK_KID_SIZE) ? -EINVAL : 0;
}

/* The descriptor is published last: nothing can fail after it. */
static long ioctl_open(void __user *user)
{
	struct cask_open arg;
	struct file *file;
	int fd;

	BUILD_BUG_ON(sizeof(arg) != 88);
	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.flags || memchr_inv(arg.reserved, 0, sizeof(arg.reserved)))
		return -EINVAL;
	if (check_names(&arg))
		return -EINVAL;
	if (current_user_ns() != &init_user_ns)
		return -EPERM;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = open_content(&arg);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case CASK_IOC_OPEN:
		return ioctl_open((void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations device_fops = {
	.owner		= THIS_MODULE,
	.open		= nonseekable_open,
	.unlocked_ioctl	= device_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

static struct miscdevice device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "cask",
	.fops	= &device_fops,
	.mode	= 0660,
};

/**
 * cask_device_init() - make /dev/cask
 *
 * Return: 0 or an errno of misc_register().
 */
int cask_device_init(void)
{
	return misc_register(&device);
}

/** cask_device_exit() - remove /dev/cask */
void cask_device_exit(void)
{
	misc_deregister(&device);
}
