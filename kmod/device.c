// SPDX-License-Identifier: GPL-2.0
/* device.c - /dev/cask; serves CASK_IOC_OPEN and CASK_IOC_ACCEPT, and passes on what is about media. */
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

/* NULL when a key without one is asked for. */
static struct file *get_content(int fd)
{
	struct file *content;
	int ret;

	if (fd == -1)
		return NULL;
	content = fget(fd);
	if (!content)
		return ERR_PTR(-EBADF);
	ret = check_content(content);
	if (ret) {
		fput(content);
		return ERR_PTR(ret);
	}
	return content;
}

/* NULL when the device's own licenses will do. */
static struct file *get_medium(const struct cask_open *arg)
{
	struct file *medium;

	if (!(arg->flags & CASK_OPEN_MEDIUM))
		return NULL;
	medium = fget(arg->medium_fd);
	if (!medium)
		return ERR_PTR(-EBADF);
	if (!cask_medium_is(medium)) {
		fput(medium);
		return ERR_PTR(-EINVAL);
	}
	return medium;
}

static struct cask_session *new_session(const struct cask_open *arg)
{
	struct file *content = get_content(arg->content_fd), *medium;
	struct cask_session *s;

	if (IS_ERR(content))
		return ERR_CAST(content);
	medium = get_medium(arg);
	s = IS_ERR(medium) ? ERR_CAST(medium) : cask_session_new(content, medium);
	if (!IS_ERR(s))
		s->record = arg->flags & CASK_OPEN_RECORD;
	if (content)
		fput(content);
	if (!IS_ERR_OR_NULL(medium))
		fput(medium);
	return s;
}

static int open_session(struct cask_session *s, const struct cask_open *arg)
{
	const struct cask_wanted wanted = {
		.content_id = arg->content_id,
		.issuer = memchr_inv(arg->issuer, 0, CASK_KID_SIZE) ? arg->issuer : NULL,
		.license_id = arg->license_id,
		.operation = CASK_OPERATION_DECRYPT,
	};

	return s->file ? cask_session_open(s, arg->license_id) :
			 cask_session_open_raw(s, &wanted);
}

/* The content's names are its file's, or the caller's where there is none. */
static int check_names(const struct cask_open *arg)
{
	bool named = !cask_id_is_zero(arg->content_id);

	if (arg->content_fd == -1)
		return named ? 0 : -EINVAL;
	return named || memchr_inv(arg->issuer, 0, CASK_KID_SIZE) ? -EINVAL : 0;
}

static int check_arg(const struct cask_open *arg)
{
	if (arg->flags & ~(CASK_OPEN_MEDIUM | CASK_OPEN_RECORD) ||
	    memchr_inv(arg->reserved, 0, sizeof(arg->reserved)))
		return -EINVAL;
	if (arg->medium_fd && !(arg->flags & CASK_OPEN_MEDIUM))
		return -EINVAL;
	if (arg->content_fd == -1 && arg->flags & CASK_OPEN_RECORD)
		return -EINVAL;
	if (check_names(arg))
		return -EINVAL;
	return current_user_ns() == &init_user_ns ? 0 : -EPERM;
}

/**
 * struct opening - of a content or a key
 * @session: for what is known of it, also when it cannot be opened; or NULL
 * @player: when it is open
 * @ret: a descriptor, not installed yet; or -errno
 */
struct opening {
	struct cask_session *session;
	struct file *player;
	int ret;
};

static struct file *open_player(const struct cask_open *arg, bool unbound, struct opening *o)
{
	struct cask_session *s = new_session(arg);
	int ret;

	if (IS_ERR(s))
		return ERR_CAST(s);
	o->session = s;
	s->unbound = unbound;
	ret = open_session(s, arg);
	return ret ? ERR_PTR(ret) : cask_player_create(s);
}

/* A number for the file, and the use charged: nothing can fail after that. */
static int get_fd(struct cask_session *session)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	int ret = fd < 0 ? fd : cask_session_use(session);

	if (fd >= 0 && ret)
		put_unused_fd(fd);
	return ret ?: fd;
}

/* @unbound: with none of the licenses that the secure area may yet refuse by conditions */
static struct opening open_with(const struct cask_open *arg, bool unbound)
{
	struct opening o = {};

	o.player = open_player(arg, unbound, &o);
	o.ret = IS_ERR(o.player) ? PTR_ERR(o.player) : get_fd(o.session);
	if (o.ret < 0 && !IS_ERR(o.player))
		fput(o.player);
	return o;
}

/* That a file was not accepted, or opened too often without word, shows when it is counted. */
static struct opening open_any(const struct cask_open *arg)
{
	struct opening o = open_with(arg, false), other;

	if ((o.ret != -EREMOTE && o.ret != -ENONET) || !cask_id_is_zero(arg->license_id))
		return o;
	other = open_with(arg, true);
	/* What the license that was found lacks helps more than that there is no other. */
	if (other.ret < 0)
		swap(o, other);
	cask_session_put(o.session);
	return other;
}

static int read_open(void __user *user, struct cask_open *ret)
{
	BUILD_BUG_ON(sizeof(*ret) != 88);
	if (copy_from_user(ret, user, sizeof(*ret)))
		return -EFAULT;
	return check_arg(ret);
}

/* The descriptor is published last, when all is told. */
static long ioctl_open(void __user *user)
{
	struct cask_open arg;
	struct opening o = { .ret = read_open(user, &arg) };

	if (!o.ret)
		o = open_any(&arg);
	cask_session_tell(o.session, false, min(o.ret, 0));
	cask_session_put(o.session);
	if (o.ret >= 0)
		fd_install(o.ret, o.player);
	return o.ret;
}

static int read_accept(void __user *user, struct cask_open *ret)
{
	if (copy_from_user(ret, user, sizeof(*ret)))
		return -EFAULT;
	if (ret->content_fd == -1 || ret->flags & CASK_OPEN_RECORD)
		return -EINVAL;
	return check_arg(ret);
}

static long ioctl_accept(void __user *user)
{
	struct cask_session *s;
	struct cask_open arg;
	int ret = read_accept(user, &arg);

	if (ret)
		return ret;
	s = new_session(&arg);
	if (IS_ERR(s))
		return PTR_ERR(s);
	ret = cask_session_accept(s, arg.license_id);
	cask_session_put(s);
	return ret;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case CASK_IOC_OPEN:
		return ioctl_open((void __user *)arg);
	case CASK_IOC_ACCEPT:
		return ioctl_accept((void __user *)arg);
	case CASK_IOC_MEDIUM_CREATE:
		return cask_medium_create_ioctl((void __user *)arg);
	case CASK_IOC_MEDIUM_OPEN:
		return cask_medium_open_ioctl((void __user *)arg);
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
