// SPDX-License-Identifier: GPL-2.0
/*
 * renew.c - renew the license that has expired or is used up: present its terms with their prices,
 * have one chosen, by the user, the command line or a policy, and apply for that.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "play.h"
#include "prompt.h"
#include "words.h"

/**
 * struct offer - a term of the license, and how many times it is wanted
 * @name: of the term
 * @quantity: how many times
 * @price: of all
 */
struct offer {
	const char *name;
	uint32_t quantity;
	uint64_t price;
};

static json_int_t number(const json_t *term, const char *key)
{
	return json_integer_value(json_object_get(term, key));
}

static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

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
		if (!found || !strcmp(word(license, "license_id"), hint) ||
		    (strcmp(word(found, "license_id"), hint) &&
		     number(license, "created") > number(found, "created")))
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

/* --- S94: what is presented --- */

static void print_price(uint64_t price, const char *currency)
{
	fprintf(stderr, "%llu.%02llu ", (unsigned long long)price / 100,
		(unsigned long long)price % 100);
	words_print(stderr, currency);
}

/* @place: 0: by its name, as --renew wants it */
static void print_term(size_t place, const json_t *term, const char *currency)
{
	const char *title = word(term, "title"), *name = word(term, "term");

	fputs("  ", stderr);
	if (place)
		fprintf(stderr, "%zu", place);
	else
		words_print(stderr, name);
	fputs("  ", stderr);
	words_print(stderr, *title ? title : name);
	if (number(term, "period"))
		fprintf(stderr, ", %.4g days", number(term, "period") / 86400.0);
	if (number(term, "max_opens"))
		fprintf(stderr, ", %lld opening%s", number(term, "max_opens"),
			number(term, "max_opens") == 1 ? "" : "s");
	if (json_is_true(json_object_get(term, "own")))
		fputs(", for ever", stderr);
	fputs(": ", stderr);
	print_price(number(term, "price"), currency);
	fputc('\n', stderr);
}

static void print_terms(const json_t *terms, const char *currency, bool by_name)
{
	json_t *term;
	size_t i;

	json_array_foreach(terms, i, term)
		print_term(by_name ? 0 : i + 1, term, currency);
}

/* --- S95: what is chosen --- */

static void take(const json_t *term, uint32_t quantity, struct offer *ret)
{
	*ret = (struct offer){
		.name = word(term, "term"), .quantity = quantity,
		.price = (uint64_t)number(term, "price") * quantity,
	};
}

static const json_t *find_term(const json_t *terms, const char *name)
{
	json_t *term;
	size_t i;

	json_array_foreach(terms, i, term)
		if (!strcmp(word(term, "term"), name))
			return term;
	return NULL;
}

static uint32_t quantity_of(const struct play *p)
{
	return p->times ? p->times : 1;
}

static uint32_t read_number(uint32_t max)
{
	char answer[16];
	uint32_t n;

	if (!fgets(answer, sizeof(answer), stdin))
		return 0;
	answer[strcspn(answer, "\n")] = 0;
	return cask_quantity_parse(answer, &n) || n > max ? 0 : n;
}

/* Whoever answers sees what it costs, for all. */
static bool ask_user(const struct play *p, const json_t *terms, const char *currency, int why,
		     struct offer *ret)
{
	size_t count = json_array_size(terms), place;
	uint32_t quantity = quantity_of(p);
	const json_t *term;
	char answer[16];

	fprintf(stderr, "cask-play: %s. It can be renewed:\n", cask_strerror(why));
	print_terms(terms, currency, false);
	fprintf(stderr, "Which? [1-%zu, or nothing] ", count);
	place = read_number(count);
	if (!place)
		return false;
	term = json_array_get(terms, place - 1);
	if (!p->times && number(term, "max_quantity") > 1) {
		fprintf(stderr, "How many times? [1-%lld] ", number(term, "max_quantity"));
		quantity = read_number(number(term, "max_quantity"));
		if (!quantity)
			return false;
	}
	take(term, quantity, ret);
	fputs("Pay ", stderr);
	print_price(ret->price, currency);
	fputs("? [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static bool choose_named(const struct play *p, const json_t *terms, const char *currency,
			 struct offer *ret)
{
	const json_t *term = find_term(terms, p->renew);

	if (!term) {
		fprintf(stderr, "cask-play: the license has no term \"%s\"; it has\n", p->renew);
		print_terms(terms, currency, true);
		return false;
	}
	take(term, quantity_of(p), ret);
	if (p->price == ret->price)
		return true;
	fputs("cask-play: it costs ", stderr);
	print_price(ret->price, currency);
	fputs("\ncask-play: hint: --price says that it may\n", stderr);
	return false;
}

static bool choose_by_policy(const struct policy *policy, const json_t *terms, const char *currency,
			     uint32_t quantity, struct offer *ret)
{
	/* They come with the cheapest first. */
	for (size_t i = 0; i < (policy->term_count ? policy->term_count : 1); i++) {
		const json_t *term = policy->term_count ? find_term(terms, policy->terms[i]) :
							  json_array_get(terms, 0);

		if (!term)
			continue;
		take(term, quantity, ret);
		if (ret->price <= policy->max_price)
			return true;
	}
	fputs("cask-play: no term is within the policy:\n", stderr);
	print_terms(terms, currency, true);
	return false;
}

static bool choose(const struct play *p, const json_t *answer, int why, struct offer *ret)
{
	const json_t *terms = json_object_get(answer, "terms");
	const char *currency = word(answer, "currency");
	struct policy policy = p->policy;

	if (p->renew)
		return choose_named(p, terms, currency, ret);
	if (p->yes) {
		policy.max_price = p->price ? p->price : policy.max_price;
		return choose_by_policy(&policy, terms, currency, quantity_of(p), ret);
	}
	if (prompt_possible())
		return ask_user(p, terms, currency, why, ret);
	fprintf(stderr, "cask-play: %s (%s). It can be renewed:\n", cask_strerror(why),
		strerrorname_np(-why));
	print_terms(terms, currency, true);
	fputs("cask-play: hint: --renew TERM --price AMOUNT renews it, --yes does by the policy\n", stderr);
	return false;
}

/* --- S96, S97 --- */

/**
 * struct applying - what is applied for
 * @agent: to ask
 * @renewal: what
 * @license: as it is now
 */
struct applying {
	struct cask_agent *agent;
	struct cask_renewal *renewal;
	json_t *license;
};

static int renew(void *context, const struct cask_user *user, struct cask_error *error)
{
	struct applying *a = context;

	a->renewal->user = user;
	return cask_agent_license_renew(a->agent, a->renewal, &a->license, error);
}

static int apply(struct cask_agent *agent, struct cask_renewal *renewal, const struct offer *offer)
{
	struct applying a = { .agent = agent, .renewal = renewal };
	struct cask_error error;
	int ret;

	renewal->term = offer->name;
	renewal->quantity = offer->quantity;
	renewal->price = offer->price;
	if (prompt_as("A user has to renew this license.", NULL, renew, &a, &error))
		return explain_agent(&error, error.code);
	ret = check_license(a.license);
	json_decref(a.license);
	return ret;
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
	if (!found || cask_id_parse(word(found, "license_id"), ret_id)) {
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
	if (json_array_size(json_object_get(*ret_terms, "terms")) || p->renew)
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
	int ret = -ENOENT;
	struct offer offer;
	json_t *terms;

	if (why == -EKEYEXPIRED || why == -EDQUOT)
		ret = find_terms(agent, p, header, why, &renewal, &terms, &error);
	*ret_done = p->renew || ret != -ENOENT;
	if (ret && !*ret_done)
		return 0;
	/* Why it does not open, and then why nothing can be done about that. */
	if (ret && ret != -ENOENT)
		fprintf(stderr, "cask-play: %s (%s)\n", cask_strerror(why), strerrorname_np(-why));
	if (ret)
		return explain_agent(&error, error.number ? strerrorname_np(error.number) : error.code);
	ret = choose(p, terms, why, &offer) ? apply(agent, &renewal, &offer) : STATUS_FAILED;
	json_decref(terms);
	return ret;
}
