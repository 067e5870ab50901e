// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * agent_medium.c - ask the agent for licenses that go onto a medium.
 *
 * The agent keeps what it got until it is told that it is done with: asked the same
 * before that, also after a restart, it answers with the same license.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/**
 * cask_agent_medium_license_get() - get a license for a medium from a distributor
 * @agent: whom to ask
 * @wish: for what content and medium
 * @ret_statement: for cask_medium_install(); the caller frees it
 * @ret_size: bytes of it
 * @error: on failure; the same call goes on then
 *
 * Return: 0 or -1.
 */
int cask_agent_medium_license_get(struct cask_agent *agent, const struct cask_medium_wish *wish,
				  void **ret_statement, size_t *ret_size,
				  struct cask_error *error)
{
	char number[CASK_ID_TEXT_SIZE], content[CASK_ID_TEXT_SIZE], class[CASK_ID_TEXT_SIZE];
	char class_issuer[CASK_KID_TEXT_SIZE], path[AGENT_PATH_MAX], *data;

	snprintf(path, sizeof(path), "/v1/media/%s/licenses",
		 cask_hex(wish->number, CASK_MEDIUM_NUMBER_SIZE, number));
	if (cask_agent_post(agent, path,
			    json_pack("{ss ss* ss ss sb sI}", "content_id",
				      cask_hex(wish->content_id, CASK_ID_SIZE, content),
				      "issuer", wish->issuer, "class_id",
				      cask_hex(wish->class_id, CASK_ID_SIZE, class),
				      "class_issuer",
				      cask_hex(wish->class_issuer, CASK_KID_SIZE, class_issuer),
				      "locked", wish->locked, "price", (json_int_t)wish->price),
			    &data, ret_size, error))
		return -1;
	*ret_statement = data;
	return 0;
}

/**
 * cask_agent_medium_license_done() - what was got is on the medium, or of no use
 * @agent: whom to tell
 * @wish: as it was asked for
 * @error: on failure
 *
 * Return: 0, also when nothing was kept; -1.
 */
int cask_agent_medium_license_done(struct cask_agent *agent, const struct cask_medium_wish *wish,
				   struct cask_error *error)
{
	char number[CASK_ID_TEXT_SIZE], content[CASK_ID_TEXT_SIZE], path[AGENT_PATH_MAX];

	if (snprintf(path, sizeof(path), "/v1/media/%s/licenses/%s?locked=%s%s%s",
		     cask_hex(wish->number, CASK_MEDIUM_NUMBER_SIZE, number),
		     cask_hex(wish->content_id, CASK_ID_SIZE, content),
		     wish->locked ? "true" : "false", wish->issuer ? "&issuer=" : "",
		     wish->issuer ? wish->issuer : "") >= (int)sizeof(path))
		return cask_error_set(error, "bad-request", "an issuer is 64 hex digits");
	return cask_agent_delete(agent, path, error);
}
