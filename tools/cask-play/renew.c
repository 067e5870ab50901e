// SPDX-License-Identifier: GPL-2.0
/*
 * renew.c - renew the license that has expired or is used up: have one of its terms chosen (terms.c), and
 * apply for that.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "play.h"

/* --- which license: the header's hint, or any of the content --- */

/* Others' may be seen, and are not the caller's to renew. */
static bool is_ours(const json_t *license, const struct cask_header *header)
{
	const json_t *owner = json_object_get(license, "owner");

	return is_license_of(license, header) &&
	       (json_is_null(owner) ? !geteuid() : json_integer_value(owner) == geteuid());
}

static const json_t *find_license(const json_t *list, const struct cask_header *header)
{
	char hint[CASK_ID_TEXT_SIZE] = "";
	const json_t *found = NULL;
	json_t *license;
	size_t i;

	if (header->has_license)
		cask_hex(header->license_id, CASK_ID_SIZE, hint);
	json_array_foreach(json_object_get(list, "licenses"), i, license) {
		if (!is_ours(license, header))
			continue;
		if (!found || !strcmp(json_word(license, "license_id"), hint) ||
		    (strcmp(json_word(found, "license_id"), hint) &&
		     json_number(license, "created") > json_number(found, "created")))
			found = license;
	}
	return found;
}

/* EDQUOT is for this, or for uses that have to be reported, which no renewal helps. */
static bool is_used_up(const json_t *license)
{
	const json_t *left = json_object_get(license, "opens_left");

	return json_is_integer(left) && !json_integer_value(left);
}

/* --- S96, S97 --- */

static int apply(struct cask_agent *agent, struct cask_renewal *renewal, const struct offer *offer)
{
	const struct applicant nobody = { 0 };
	struct cask_error error;
	json_t *license;

	renewal->term = offer->term;
	renewal->quantity = offer->quantity;
	renewal->price = offer->price;
	if (apply_renewal(agent, renewal, &nobody, &license, &error))
		return explain_agent(&error, error.code);
	return take_license(license);
}

/* Returns 0, -ENOENT when there is nothing to renew, or -EIO with @error. */
static int find(struct cask_agent *agent, const struct cask_header *header, int why,
		uint8_t ret_id[CASK_ID_SIZE], struct cask_error *error)
{
	static const struct cask_error owed = {
		.code = "kernel", .number = EDQUOT,
		.text = "what was used has to be reported to the distributor first: caskd does that, "
			"as soon as it reaches it (caskctl status says what waits)",
	};
	const json_t *found;
	json_t *list;
	int ret = 0;

	if (cask_agent_license_list(agent, &list, error))
		return -EIO;
	found = find_license(list, header);
	if (!found || cask_id_parse(json_word(found, "license_id"), ret_id)) {
		ret = -ENOENT;
	} else if (why == -EDQUOT && !is_used_up(found)) {
		*error = owed;
		ret = -EIO;
	}
	json_decref(list);
	return ret;
}

/* Likewise. What has no terms can be had anew only. */
static int find_terms(struct cask_agent *agent, const struct play *p, const struct cask_header *header,
		      int why, struct cask_renewal *renewal, json_t **ret_terms, struct cask_error *error)
{
	int ret = find(agent, header, why, renewal->license_id, error);

	if (ret)
		return ret;
	if (cask_agent_license_terms(agent, renewal->license_id, renewal->issuer, ret_terms, error))
		return -EIO;
	if (json_array_size(json_object_get(*ret_terms, "terms")) || p->only_renew)
		return 0;
	json_decref(*ret_terms);
	return -ENOENT;
}

/**
 * renew_license() - renew the license of a content that is of no use any more
 * @agent: to ask
 * @p: says what may be decided without asking
 * @header: of the content
 * @why: errno for which it did not open
 * @ret_done: false: there is nothing to renew, and nobody was asked
 *
 * Only what the content's distributor issued: another's license of the same id opens nothing, but costs.
 *
 * Return: 0, or an exit status after saying why.
 */
int renew_license(struct cask_agent *agent, const struct play *p, const struct cask_header *header,
		  int why, bool *ret_done)
{
	struct cask_error error = { .code = "license-unknown", .text = "there is no license to renew" };
	char issuer[CASK_KID_TEXT_SIZE];
	struct cask_renewal renewal = { .issuer = cask_hex(header->issuer, CASK_KID_SIZE, issuer) };
	const struct choice choice = {
		.why = why, .can = "It can be renewed", .hint = "--renew TERM --price AMOUNT renews it",
	};
	int ret = -ENOENT;
	struct offer offer;
	json_t *terms;

	if (why == -EKEYEXPIRED || why == -EDQUOT)
		ret = find_terms(agent, p, header, why, &renewal, &terms, &error);
	*ret_done = p->only_renew || ret != -ENOENT;
	if (ret && !*ret_done)
		return 0;
	/* Why it does not open, and then why nothing can be done about that. */
	if (ret && ret != -ENOENT)
		fprintf(stderr, "cask-play: %s (%s)\n", cask_strerror(why), strerrorname_np(-why));
	if (ret)
		return explain_agent(&error, error.number ? strerrorname_np(error.number) : error.code);
	ret = terms_choose(p, terms, &choice, &offer) ? apply(agent, &renewal, &offer) : STATUS_FAILED;
	json_decref(terms);
	return ret;
}
