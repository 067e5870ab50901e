// SPDX-License-Identifier: GPL-2.0
/*
 * authentication.c - by whom a license has to be asked for: a device, a user, or a user on a device
 * of the user's own. Whose it is, who asks pays.
 */
#include <errno.h>

#include "authentication.h"
#include "session.h"

static bool refuse(struct cask_reply **ret_reply, const char *code, const char *what)
{
	*ret_reply = cask_reply_problem(403, code, "%s", what);
	return false;
}

/* @error: of session_find() */
static bool refuse_session(struct cask_reply **ret_reply, int error)
{
	switch (error) {
	case -ENOENT:
		return refuse(ret_reply, "user-wanted", "A user has to ask for it.");
	case -ESRCH:
		return refuse(ret_reply, "session-ended", "The user has to show the password again.");
	case -EPERM:
		*ret_reply = call_user_disabled();
		return false;
	}
	*ret_reply = call_failed(error);
	return false;
}

/* The key of a class opens no content: it is the device's, wherever users have to ask. */
static uint32_t authentication_of(const struct server *server, const struct content *content)
{
	if (content->authentication)
		return content->authentication;
	return content->suite == CASK_SUITE_MEDIUM_CLASS ? AUTHENTICATE_DEVICE :
	       server->authentication;
}

/**
 * authenticate() - whose a license will be
 * @call: signed by a device
 * @rq: the request, with or without a session
 * @content: that it is for
 * @ret_user_id: who asks
 * @ret_refusal: if it is not to be had so: the reply; NULL stands for 500
 *
 * Where the device will do, a session is not looked at: the license is the owner's.
 *
 * Return: whether it is to be had.
 */
bool authenticate(struct call *call, const struct cask_http_request *rq,
		  const struct content *content, int64_t *ret_user_id,
		  struct cask_reply **ret_refusal)
{
	uint32_t mode = authentication_of(call->server, content);
	struct user user;
	int ret;

	*ret_user_id = call->device.user_id;
	if (mode == AUTHENTICATE_DEVICE)
		return true;
	ret = session_find(call, rq, &user);
	if (ret)
		return refuse_session(ret_refusal, ret);
	if (mode == AUTHENTICATE_BOTH && user.id != call->device.user_id)
		return refuse(ret_refusal, "device-foreign", "The device is another user's.");
	*ret_user_id = user.id;
	return true;
}
