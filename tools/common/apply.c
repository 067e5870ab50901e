// SPDX-License-Identifier: GPL-2.0
/*
 * apply.c - apply to the agent for a license or its renewal, as a user where one has to, and tell of what was
 * not applied for.
 */
#include <errno.h>
#include <string.h>

#include "apply.h"
#include "prompt.h"
#include "words.h"

/**
 * struct application - what is applied for
 * @agent: to whom
 * @who: on whose word
 * @wish: a license; or NULL
 * @renewal: else this
 * @license: that was got
 */
struct application {
	struct cask_agent *agent;
	const struct applicant *who;
	struct cask_license_wish *wish;
	struct cask_renewal *renewal;
	json_t *license;
};

/* What it costs is asked after who asks. */
static int get(void *context, const struct cask_user *user, struct cask_error *error)
{
	struct application *a = context;
	int ret;

	a->wish->user = user;
	ret = cask_agent_license_get(a->agent, a->wish, &a->license, error);
	if (!ret || strcmp(error->code, "price") || !error->currency[0] || !a->who->agrees ||
	    !a->who->agrees(error))
		return ret;
	a->wish->price = error->price;
	return cask_agent_license_get(a->agent, a->wish, &a->license, error);
}

static int renew(void *context, const struct cask_user *user, struct cask_error *error)
{
	struct application *a = context;

	a->renewal->user = user;
	return cask_agent_license_renew(a->agent, a->renewal, &a->license, error);
}

/**
 * apply_license() - get a license from a distributor
 * @agent: to ask
 * @wish: for what; its user and, where another is agreed to, its price are filled in
 * @who: asks
 * @ret_license: the caller drops it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int apply_license(struct cask_agent *agent, struct cask_license_wish *wish, const struct applicant *who,
		  json_t **ret_license, struct cask_error *error)
{
	struct application a = { .agent = agent, .who = who, .wish = wish };

	if (prompt_as("A user has to ask for this license.", who->user, get, &a, error))
		return -1;
	*ret_license = a.license;
	return 0;
}

/**
 * apply_renewal() - have a license renewed
 * @agent: to ask
 * @renewal: of which, and with what; its user is filled in
 * @who: asks
 * @ret_license: as it is now; the caller drops it
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int apply_renewal(struct cask_agent *agent, struct cask_renewal *renewal, const struct applicant *who,
		  json_t **ret_license, struct cask_error *error)
{
	struct application a = { .agent = agent, .who = who, .renewal = renewal };

	if (prompt_as("A user has to renew this license.", who->user, renew, &a, error))
		return -1;
	*ret_license = a.license;
	return 0;
}

/**
 * apply_tell() - say on standard error where what came was not asked for now, but before
 * @license: that came
 *
 * Return: whether it is known not to be what was asked for now.
 */
bool apply_tell(const json_t *license)
{
	const json_t *earlier = json_object_get(license, "earlier");
	const json_t *term = json_object_get(earlier, "term");
	const char *program = program_invocation_short_name;

	if (!earlier)
		return false;
	if (!term) {
		fprintf(stderr, "%s: this license was here already; nothing was asked for now\n", program);
		return false;
	}
	fprintf(stderr, "%s: this is what was asked for before, ", program);
	if (json_is_string(term)) {
		fprintf(stderr, "%lld times the term \"",
			(long long)json_integer_value(json_object_get(earlier, "quantity")));
		words_print(stderr, json_string_value(term));
		fputs("\"; nothing was asked for now\n", stderr);
	} else {
		fputs("without a term; nothing was asked for now\n", stderr);
	}
	fprintf(stderr, "%s: hint: the same again asks for what it says\n", program);
	return true;
}
