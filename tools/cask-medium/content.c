// SPDX-License-Identifier: GPL-2.0
/*
 * content.c - a license for a content, onto a medium.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "medium.h"

/*
 * What will be so tomorrow, too: the agent need not keep the license for another
 * attempt. Of everything else the next attempt brings the same one.
 */
static bool is_final(int err)
{
	switch (err) {
	case 0:
	case -EEXIST:
	case -EMSGSIZE:
	case -EKEYREVOKED:
	case -EXDEV:
	case -EINVAL:
	case -EBADMSG:
		return true;
	default:
		return false;
	}
}

/* Whether a license could go there: nobody is asked for one that could not. */
static int check_state(const struct context *c, const struct medium *m)
{
	struct cask_medium_info info;
	int err = cask_medium_get_info(m->handle, &info);

	if (!err)
		err = medium_state_error(info.state);
	return err ? medium_failed(c, m->path, err) : STATUS_OK;
}

/**
 * content_install() - get a license for a content, and put it onto a medium
 * @c: the command
 * @m: open, writable
 * @wish: content id, issuer and lock; the medium's part is filled in
 *
 * What was got before and did not come to the medium is what the agent answers with, so
 * that nothing is granted twice; to put it there once more is no error.
 *
 * Return: exit status.
 */
int content_install(struct context *c, const struct medium *m, struct cask_medium_wish *wish)
{
	struct cask_error error;
	void *statement;
	size_t size;
	int err, ret = STATUS_OK;

	memcpy(wish->number, m->head.number, sizeof(wish->number));
	memcpy(wish->class_id, m->head.class_id, sizeof(wish->class_id));
	memcpy(wish->class_issuer, m->head.issuer, sizeof(wish->class_issuer));
	if (check_state(c, m))
		return STATUS_FAILED;
	if (cask_agent_medium_license_get(output_agent(c), wish, &statement, &size, &error))
		return output_error(c, &error);
	err = cask_medium_install(m->handle, statement, size);
	free(statement);
	if (err)
		ret = medium_failed(c, m->path, err);
	if (is_final(err) && cask_agent_medium_license_done(output_agent(c), wish, &error))
		ret = output_error(c, &error);
	return ret;
}
