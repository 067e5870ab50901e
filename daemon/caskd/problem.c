// SPDX-License-Identifier: GPL-2.0
/*
 * problem.c - why something could not be done, as the local API says it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "problem.h"
#include "reply.h"

/**
 * problem_set() - fill in a problem
 * @p: overwritten
 * @status: of HTTP
 * @code: a word for programs
 * @format: printf format of a sentence for people
 *
 * Return: -1, so that "return problem_set(...)" reads well.
 */
int problem_set(struct problem *p, int status, const char *code, const char *format, ...)
{
	va_list args;

	p->status = status;
	p->error = 0;
	p->settled = SETTLED_NOT;
	p->currency[0] = 0;
	p->field[0] = 0;
	snprintf(p->code, sizeof(p->code), "%s", code);
	va_start(args, format);
	vsnprintf(p->detail, sizeof(p->detail), format, args);
	va_end(args);
	return -1;
}

/* How a refusal of the kernel looks as a status of HTTP. */
static int kernel_status(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
	case EKEYREJECTED:
	case EKEYEXPIRED:
	case EKEYREVOKED:
	case ETIME:
		return 403;
	case ENOENT:
		return 404;
	case EEXIST:
	case ESTALE:
	case EALREADY:
	case EL2NSYNC:
	case EXDEV:
	case ENOKEY:
		return 409;
	case EINVAL:
	case ERANGE:
	case EBADMSG:
	case EOPNOTSUPP:
	case ENOPKG:
		return 422;
	case ENOSPC:
		return 507;
	case EBUSY:
	case ENOTCONN:
	case ESHUTDOWN:
	case EPROTONOSUPPORT:
	case EUCLEAN:
	case ENOTRECOVERABLE:
		return 503;
	default:
		return 500;
	}
}

/**
 * problem_kernel() - fill in a refusal of the module
 * @p: overwritten
 * @error: errno it gave, positive
 * @what: what was asked of it
 * @message: its own words (extended acknowledgement), "" if it gave none
 *
 * Return: -1.
 */
int problem_kernel(struct problem *p, int error, const char *what, const char *message)
{
	problem_set(p, kernel_status(error), "kernel", "%s: %s", what,
		    message[0] ? message : strerror(error));
	p->error = error;
	return -1;
}

/**
 * problem_store() - fill in a failure of the disk
 * @p: overwritten
 * @error: errno, positive
 * @what: what was to be stored or read
 *
 * Return: -1.
 */
int problem_store(struct problem *p, int error, const char *what)
{
	int full = error == ENOSPC || error == EDQUOT;

	problem_set(p, full ? 507 : 500, "store", "%s: %s", what, strerror(error));
	p->error = error;
	return -1;
}

/**
 * problem_may_pass() - whether it may be otherwise later without that anything is done here
 * @p: with a status
 */
bool problem_may_pass(const struct problem *p)
{
	return p->status >= 500 || p->status == 429 || !strcmp(p->code, "reanchor-waits");
}

/**
 * problem_reply() - the application/problem+json answer
 * @p: with a status
 *
 * Return: a reply, or NULL without memory.
 */
struct cask_reply *problem_reply(const struct problem *p)
{
	const char *name = p->error ? strerrorname_np(p->error) : NULL;
	json_t *members = NULL;

	if (name)
		members = json_pack("{ss}", "errno", name);
	else if (p->currency[0])
		members = json_pack("{sI ss}", "price", (json_int_t)p->price, "currency", p->currency);
	else if (p->field[0])
		members = json_pack("{ss}", "field", p->field);

	return cask_reply_problem_with(p->status, p->code, members, "%s", p->detail);
}
