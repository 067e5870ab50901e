// SPDX-License-Identifier: GPL-2.0
/*
 * open.c - open a medium: the image or device, and the kernel's view of it. If the
 * class's license is missing, it is got first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "medium.h"

/**
 * medium_failed() - say why something cannot be done with a medium
 * @c: that failed
 * @path: of the medium, or of what goes there
 * @error: negative errno of cask_medium_*()
 *
 * Return: STATUS_FAILED.
 */
int medium_failed(const struct context *c, const char *path, int error)
{
	return output_file_error(c, path, error, cask_medium_strerror(error));
}

/**
 * medium_state_error() - what the module says of a use of a medium that is in a state
 * @state: enum cask_medium_state
 *
 * Return: 0 when it is good, or a negative errno for medium_failed().
 */
int medium_state_error(uint32_t state)
{
	switch (state) {
	case CASK_MEDIUM_GOOD:
		return 0;
	case CASK_MEDIUM_LOST:
		return -EUCLEAN;
	case CASK_MEDIUM_STALE:
		return -ESTALE;
	case CASK_MEDIUM_FOREIGN:
		return -EXDEV;
	default:
		return -ENOMEDIUM;
	}
}

/* A directory stands for the medium whose third layer is mounted there. */
static int find(const struct context *c, const char *path, char **ret)
{
	int fd = open(path, O_PATH | O_CLOEXEC), err;
	struct stat st;

	if (fd < 0)
		return output_file_error(c, path, -errno, strerror(errno));
	if (fstat(fd, &st) || !S_ISDIR(st.st_mode)) {
		*ret = strdup(path);
		err = *ret ? 0 : -ENOMEM;
	} else {
		err = cask_medium_find(fd, ret);
	}
	close(fd);
	if (err == -ENOENT)
		return output_file_error(c, path, err, "no third layer of a medium is mounted here");
	return err ? output_file_error(c, path, err, strerror(-err)) : STATUS_OK;
}

/**
 * medium_open_file() - open a medium without asking the kernel about it
 * @c: that opens it
 * @path: image file, block device, or a directory on its third layer
 * @flags: of open(2)
 * @ret: filled in; to be closed
 *
 * Return: exit status.
 */
int medium_open_file(const struct context *c, const char *path, int flags, struct medium *ret)
{
	struct medium m = { .fd = -1, .handle = -1 };
	int err;

	if (find(c, path, &m.path))
		return STATUS_FAILED;
	m.fd = open(m.path, flags | O_NONBLOCK | O_CLOEXEC);
	err = m.fd < 0 ? -errno : 0;
	if (err)
		output_file_error(c, m.path, err, strerror(-err));
	if (!err) {
		err = cask_medium_read_head(m.fd, &m.head);
		if (err)
			medium_failed(c, m.path, err);
	}
	if (!err)
		*ret = m;
	else
		medium_close(&m);
	return err ? STATUS_FAILED : STATUS_OK;
}

/**
 * medium_get_class() - get the license of a class, for the machine
 * @c: that needs it
 * @class_id: which
 * @issuer: whose
 *
 * Return: exit status.
 */
int medium_get_class(struct context *c, const uint8_t class_id[CASK_ID_SIZE],
		     const uint8_t issuer[CASK_KID_SIZE])
{
	char text[CASK_KID_TEXT_SIZE];
	struct cask_error error = { .code = "kernel" };
	json_t *license;
	const char *name;

	if (cask_agent_class_get(output_agent(c), class_id,
				 cask_hex(issuer, CASK_KID_SIZE, text), &license, &error))
		return output_error(c, &error);
	name = json_string_value(json_object_get(license, "errno"));
	error.number = name ? cask_errno_by_name(name) : 0;
	json_decref(license);
	if (!error.number)
		return STATUS_OK;
	snprintf(error.text, sizeof(error.text), "the license of the medium's class is here, but "
		 "the kernel does not take it: %s", strerror(error.number));
	return output_error(c, &error);
}

/**
 * medium_open() - open a medium
 * @c: that opens it
 * @path: image file, block device, or a directory on its third layer
 * @flags: of open(2): O_RDWR if the second layer shall change
 * @ret: filled in; to be closed
 *
 * Return: exit status.
 */
int medium_open(struct context *c, const char *path, int flags, struct medium *ret)
{
	struct medium m;

	if (medium_open_file(c, path, flags, &m))
		return STATUS_FAILED;
	m.handle = cask_medium_open(m.fd);
	if (m.handle == -ENOKEY) {
		if (medium_get_class(c, m.head.class_id, m.head.issuer)) {
			medium_close(&m);
			return STATUS_FAILED;
		}
		m.handle = cask_medium_open(m.fd);
	}
	if (m.handle < 0) {
		medium_failed(c, m.path, m.handle);
		medium_close(&m);
		return STATUS_FAILED;
	}
	*ret = m;
	return STATUS_OK;
}

/**
 * medium_close() - close a medium
 * @m: open, or partly
 */
void medium_close(struct medium *m)
{
	if (m->handle >= 0)
		close(m->handle);
	if (m->fd >= 0)
		close(m->fd);
	free(m->path);
}
