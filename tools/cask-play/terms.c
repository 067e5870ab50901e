// SPDX-License-Identifier: GPL-2.0
/*
 * terms.c - present what a license can be had or renewed with, and have it chosen: by the user, the command
 * line or a policy.
 */
#include <stdio.h>
#include <string.h>

#include "conditions.h"
#include "play.h"
#include "prompt.h"
#include "words.h"

/* What has no name is the content's own conditions. */
static bool is_named(const json_t *term)
{
	return *json_word(term, "term");
}

/**
 * terms_take_own() - make the content's own conditions one of the terms, where they are by their price
 * @answer: of cask_agent_content_terms()
 */
void terms_take_own(json_t *answer)
{
	json_t *terms = json_object_get(answer, "terms"), *own = json_object_get(answer, "without");
	size_t i = 0;

	while (i < json_array_size(terms) && json_number(json_array_get(terms, i), "price") <
					     json_number(own, "price"))
		i++;
	if (own)
		json_array_insert(terms, i, own);
}

/* --- S94: what is presented --- */

/* Of all that is asked for, and of each use then. */
static void print_price(const json_t *term, uint64_t price, const char *currency)
{
	conditions_price(stderr, price, currency);
	conditions_use(stderr, term, ", ", currency);
}

/**
 * terms_print_one() - print conditions and price of a term
 * @term: it
 * @currency: of its price
 */
void terms_print_one(const json_t *term, const char *currency)
{
	if (json_number(term, "period"))
		fprintf(stderr, ", %.4g days", json_number(term, "period") / 86400.0);
	if (json_number(term, "max_opens"))
		fprintf(stderr, ", %lld opening%s", json_number(term, "max_opens"),
			json_number(term, "max_opens") == 1 ? "" : "s");
	if (json_is_true(json_object_get(term, "own")))
		fputs(", for ever", stderr);
	conditions_more(stderr, term, ", ");
	fputs(": ", stderr);
	print_price(term, json_number(term, "price"), currency);
}

/* @place: 0: by its name, as --renew and --term want it */
static void print_term(size_t place, const json_t *term, const char *currency)
{
	const char *title = json_word(term, "title"), *name = json_word(term, "term");

	fputs("  ", stderr);
	if (place)
		fprintf(stderr, "%zu", place);
	else
		words_print(stderr, is_named(term) ? name : "-");
	fputs("  ", stderr);
	words_print(stderr, *title ? title : is_named(term) ? name : "without a term");
	terms_print_one(term, currency);
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
	ret->term = is_named(term) ? json_word(term, "term") : NULL;
	ret->quantity = ret->term ? quantity : 1;
	ret->price = (uint64_t)json_number(term, "price") * ret->quantity;
}

static const json_t *find_term(const json_t *terms, const char *name)
{
	json_t *term;
	size_t i;

	json_array_foreach(terms, i, term)
		if (!strcmp(json_word(term, "term"), name))
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

/* Whoever answers sees what it costs, for all, and for each use. */
static bool confirms(const json_t *term, uint64_t price, const char *currency)
{
	char answer[16];

	fputs("Pay ", stderr);
	print_price(term, price, currency);
	fputs("? [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static bool ask_user(const struct play *p, const json_t *terms, const char *currency,
		     const struct choice *choice, struct offer *ret)
{
	size_t count = json_array_size(terms), place;
	uint32_t quantity = quantity_of(p);
	const json_t *term;

	fprintf(stderr, "cask-play: %s. %s:\n", cask_strerror(choice->why), choice->can);
	print_terms(terms, currency, false);
	fprintf(stderr, "Which? [1-%zu, or nothing] ", count);
	place = read_number(count);
	if (!place)
		return false;
	term = json_array_get(terms, place - 1);
	if (!p->times && json_number(term, "max_quantity") > 1) {
		fprintf(stderr, "How many times? [1-%lld] ", json_number(term, "max_quantity"));
		quantity = read_number(json_number(term, "max_quantity"));
		if (!quantity)
			return false;
	}
	take(term, quantity, ret);
	return confirms(term, ret->price, currency);
}

static bool choose_named(const struct play *p, const json_t *terms, const char *currency,
			 struct offer *ret)
{
	const json_t *term = find_term(terms, p->term);

	if (!term) {
		fprintf(stderr, "cask-play: there is no term \"%s\"; there are\n", p->term);
		print_terms(terms, currency, true);
		return false;
	}
	take(term, quantity_of(p), ret);
	if (p->price == ret->price && policy_allows_use(&p->policy, term))
		return true;
	if (p->price == ret->price && prompt_possible())
		return confirms(term, ret->price, currency);
	fputs("cask-play: it costs ", stderr);
	print_price(term, ret->price, currency);
	fprintf(stderr, "\ncask-play: hint: %s says that it may\n",
		p->price == ret->price ? "max-use-price in a --policy" : "--price");
	return false;
}

static bool is_within(const json_t *term, const struct policy *policy, uint32_t quantity,
		      struct offer *ret)
{
	if (!term)
		return false;
	take(term, quantity, ret);
	return ret->price <= policy->max_price && policy_allows_use(policy, term);
}

/**
 * terms_refuse() - say that nothing of what is offered is within the policy
 * @terms: what is offered
 * @currency: of its prices
 */
void terms_refuse(const json_t *terms, const char *currency)
{
	fputs("cask-play: no term is within the policy:\n", stderr);
	print_terms(terms, currency, true);
}

/* They come with the cheapest first. Where the policy names some, the content's own conditions are the last resort. */
static bool choose_by_policy(const struct policy *policy, const json_t *terms, const char *currency,
			     uint32_t quantity, struct offer *ret)
{
	size_t count = policy->term_count ? policy->term_count : json_array_size(terms);

	for (size_t i = 0; i < count; i++)
		if (is_within(policy->term_count ? find_term(terms, policy->terms[i]) : json_array_get(terms, i),
			      policy, quantity, ret))
			return true;
	if (policy->term_count && is_within(find_term(terms, ""), policy, quantity, ret))
		return true;
	terms_refuse(terms, currency);
	return false;
}

/**
 * terms_choose() - have a term chosen
 * @p: says what may be decided without asking
 * @answer: of the agent, with "terms" and "currency"; the offer borrows from it
 * @choice: why, and what may be done
 * @ret: what was chosen
 *
 * Return: whether something was; else it was said why not.
 */
bool terms_choose(const struct play *p, const json_t *answer, const struct choice *choice,
		  struct offer *ret)
{
	const json_t *terms = json_object_get(answer, "terms");
	const char *currency = json_word(answer, "currency");
	struct policy policy = p->policy;

	if (p->term)
		return choose_named(p, terms, currency, ret);
	if (p->yes) {
		policy.max_price = p->price ? p->price : policy.max_price;
		return choose_by_policy(&policy, terms, currency, quantity_of(p), ret);
	}
	if (prompt_possible())
		return ask_user(p, terms, currency, choice, ret);
	fprintf(stderr, "cask-play: %s (%s). %s:\n", cask_strerror(choice->why),
		strerrorname_np(-choice->why), choice->can);
	print_terms(terms, currency, true);
	fprintf(stderr, "cask-play: hint: %s, --yes does by the policy\n", choice->hint);
	return false;
}
