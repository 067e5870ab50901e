// SPDX-License-Identifier: GPL-2.0
/*
 * acquire.c - get a license for the content through caskd, after asking; or its distributor's word.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "play.h"
#include "prompt.h"
#include "words.h"

/* The price that a refusal names. */
#define AMOUNT_FORMAT "%llu.%02llu %s"
#define AMOUNT(error) (unsigned long long)(error)->price / 100, \
		      (unsigned long long)(error)->price % 100, (error)->currency

/**
 * explain_agent() - say why caskd did not do what it was asked for
 * @error: of the agent
 * @name: the code or errno
 *
 * Return: an exit status.
 */
int explain_agent(const struct cask_error *error, const char *name)
{
	const char *hint = cask_error_hint(error);

	fprintf(stderr, "cask-play: %s (%s)\n", error->text, name);
	if (error->currency[0])
		fprintf(stderr, "cask-play: it costs " AMOUNT_FORMAT "\n", AMOUNT(error));
	if (hint)
		fprintf(stderr, "cask-play: hint: %s\n", hint);
	return STATUS_FAILED;
}

static int check(const json_t *license)
{
	const char *name = json_string_value(json_object_get(license, "errno"));
	struct cask_error error = { .code = "kernel" };

	error.number = name ? cask_errno_by_name(name) : 0;
	if (!error.number || json_is_true(json_object_get(license, "installed")))
		return 0;
	snprintf(error.text, sizeof(error.text), "the license is here, but the kernel does not "
		 "take it: %s", strerror(error.number));
	return explain_agent(&error, name);
}

/**
 * take_license() - see whether the kernel has a license that was got, and whether it is what was asked for
 * @license: as caskd says it; is dropped
 *
 * It may be here, and not with the kernel: to open anew would only say that there is none. What was asked for
 * before may do.
 * Return: 0, or an exit status after saying why.
 */
int take_license(json_t *license)
{
	int ret;

	apply_tell(license);
	ret = check(license);
	json_decref(license);
	return ret;
}

/**
 * is_license_of() - whether a license is for a content
 * @license: as caskd says it
 * @header: of the content, whose distributor alone issues licenses for it
 */
bool is_license_of(const json_t *license, const struct cask_header *header)
{
	const char *content = json_string_value(json_object_get(license, "content_id"));
	const char *issuer = json_string_value(json_object_get(license, "issuer"));
	char id[CASK_ID_TEXT_SIZE], whose[CASK_KID_TEXT_SIZE];

	return content && !strcmp(content, cask_hex(header->content_id, CASK_ID_SIZE, id)) &&
	       issuer && !strcmp(issuer, cask_hex(header->issuer, CASK_KID_SIZE, whose));
}

static bool confirms(void)
{
	char answer[16];

	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* Which license one plays by is the user's decision. @terms: what is known of what it is and costs, or NULL */
static bool agrees(const struct cask_header *header, int why, const json_t *terms)
{
	const json_t *own = json_object_get(terms, "without");

	if (!prompt_possible()) {
		fprintf(stderr, "cask-play: %s (%s)\n"
			"cask-play: hint: --yes gets one, or: caskctl license get FILE\n",
			cask_strerror(why), strerrorname_np(-why));
		return false;
	}
	fprintf(stderr, "cask-play: %s.\nGet a license for \"", cask_strerror(why));
	words_print(stderr, header->title[0] ? header->title : "this content");
	fputc('"', stderr);
	if (own)
		terms_print_one(own, json_word(terms, "currency"));
	fputs("? [y/N] ", stderr);
	return confirms();
}

/* What it costs too: --yes alone pays nothing. */
static bool agrees_to_price(const struct cask_error *error)
{
	if (!prompt_possible())
		return false;
	fprintf(stderr, "It costs " AMOUNT_FORMAT ". Pay that? [y/N] ", AMOUNT(error));
	return confirms();
}

/* Where nothing else is on offer. What it costs is agreed to by the answer, the command line or the policy. */
static bool choose_own(const struct play *p, const struct cask_header *header, int why,
		       json_t *terms, struct offer *ret)
{
	const json_t *own = json_object_get(terms, "without");
	uint64_t price = json_number(own, "price");

	*ret = (struct offer){ .quantity = 1, .price = p->price };
	if (!p->yes && !agrees(header, why, terms))
		return false;
	/* What its use costs no server asks about. */
	if (p->yes && !policy_allows_use(&p->policy, own)) {
		terms_take_own(terms);
		terms_refuse(json_object_get(terms, "terms"), json_word(terms, "currency"));
		return false;
	}
	if (!p->price && (!p->yes || price <= p->policy.max_price))
		ret->price = price;
	return true;
}

static bool choose(const struct play *p, const struct cask_header *header, int why, json_t *terms,
		   struct offer *ret)
{
	const struct choice choice = {
		.why = why, .can = "A license can be had", .hint = "--term TERM --price AMOUNT gets one",
	};

	if (!p->term && !json_array_size(json_object_get(terms, "terms")))
		return choose_own(p, header, why, terms, ret);
	terms_take_own(terms);
	return terms_choose(p, terms, &choice, ret);
}

static struct cask_license_wish wish_of(const struct cask_header *header, const char *issuer)
{
	struct cask_license_wish wish = { .issuer = issuer };

	memcpy(wish.content_id, header->content_id, sizeof(wish.content_id));
	return wish;
}

static int apply(struct cask_agent *agent, const struct cask_header *header, const char *issuer,
		 const struct offer *offer)
{
	const struct applicant who = { .agrees = agrees_to_price };
	struct cask_license_wish wish = wish_of(header, issuer);
	struct cask_error error;
	json_t *license;

	wish.term = offer->term;
	wish.quantity = offer->quantity;
	wish.price = offer->price;
	if (apply_license(agent, &wish, &who, &license, &error))
		return explain_agent(&error, error.code);
	return take_license(license);
}

static int ask(struct cask_agent *agent, const struct play *p, const struct cask_header *header, int why)
{
	char issuer[CASK_KID_TEXT_SIZE];
	struct cask_error error;
	json_t *terms = NULL;
	struct offer offer;
	int ret;

	cask_hex(header->issuer, CASK_KID_SIZE, issuer);
	/* Nobody agrees to what is not known. Who asks for nothing is told of what can be done. */
	if (cask_agent_content_terms(agent, header->content_id, issuer, &terms, &error) &&
	    (p->term || p->yes || prompt_possible()))
		return explain_agent(&error, error.code);
	ret = choose(p, header, why, terms, &offer) ? apply(agent, header, issuer, &offer) : STATUS_FAILED;
	json_decref(terms);
	return ret;
}

/*
 * The kernel says ENOKEY when it has no license, EACCES when it has another user's. caskd may
 * hold one that the kernel did not take: then that is why.
 */
static int held_reason(struct cask_agent *agent, const struct cask_header *header, int why,
		       bool *ret_held)
{
	struct cask_error error;
	json_t *list, *license;
	size_t i;

	*ret_held = false;
	if ((why != -ENOKEY && why != -EACCES) || cask_agent_license_list(agent, &list, &error))
		return why;
	json_array_foreach(json_object_get(list, "licenses"), i, license) {
		const char *name = json_string_value(json_object_get(license, "errno"));

		if (is_license_of(license, header) && name && cask_errno_by_name(name)) {
			why = -cask_errno_by_name(name);
			*ret_held = true;
		}
	}
	json_decref(list);
	return why;
}

/* One that is here only has to be installed: nothing is chosen, or paid, for that. Returns whether there was one. */
static bool install(struct cask_agent *agent, const struct cask_header *header, int *ret_status)
{
	char issuer[CASK_KID_TEXT_SIZE];
	struct cask_license_wish wish = wish_of(header, cask_hex(header->issuer, CASK_KID_SIZE, issuer));
	struct cask_error error;
	json_t *license;

	wish.here = true;
	if (cask_agent_license_get(agent, &wish, &license, &error))
		return false;
	*ret_status = take_license(license);
	return true;
}

static int acquire(struct cask_agent *agent, const struct play *p, const struct cask_header *header,
		   int why)
{
	bool done;
	int ret;

	why = held_reason(agent, header, why, &done);
	if (done && install(agent, header, &ret))
		return ret;
	ret = renew_license(agent, p, header, why, &done);
	return done ? ret : ask(agent, p, header, why);
}

/**
 * acquire_license() - get a license for the caller, or renew the one that is of no use any more
 * @p: says whether to ask the user, and where caskd is
 * @header: of the content
 * @why: errno for which the content did not open
 *
 * Return: 0, or an exit status after saying why.
 */
int acquire_license(const struct play *p, const struct cask_header *header, int why)
{
	struct cask_agent *agent;
	int ret;

	agent = cask_agent_new(p->socket);
	if (!agent) {
		fputs("cask-play: out of memory\n", stderr);
		return STATUS_FAILED;
	}
	ret = acquire(agent, p, header, why);
	cask_agent_free(agent);
	return ret;
}

/**
 * acquire_word() - have the content's distributor say how late it is, and send its EKBs
 * @p: says where caskd is
 * @header: of the content
 *
 * It costs nothing, so nobody is asked.
 *
 * Return: 0, or an exit status after saying why.
 */
int acquire_word(const struct play *p, const struct cask_header *header)
{
	struct cask_agent *agent = cask_agent_new(p->socket);
	char issuer[CASK_KID_TEXT_SIZE];
	struct cask_error error;
	int ret = 0;

	if (!agent) {
		fputs("cask-play: out of memory\n", stderr);
		return STATUS_FAILED;
	}
	cask_hex(header->issuer, CASK_KID_SIZE, issuer);
	if (cask_agent_word(agent, issuer, &error))
		ret = explain_agent(&error, error.code);
	cask_agent_free(agent);
	return ret;
}

/**
 * acquire_class() - get the license of a medium's class, for the machine
 * @p: says where caskd is
 * @head: of the medium
 *
 * It is nobody's and costs nothing, so nobody is asked.
 *
 * Return: 0, or an exit status after saying why.
 */
int acquire_class(const struct play *p, const struct cask_medium_head *head)
{
	struct cask_agent *agent = cask_agent_new(p->socket);
	char issuer[CASK_KID_TEXT_SIZE];
	struct cask_error error;
	json_t *license;
	int ret;

	if (!agent) {
		fputs("cask-play: out of memory\n", stderr);
		return STATUS_FAILED;
	}
	cask_hex(head->issuer, CASK_KID_SIZE, issuer);
	if (cask_agent_class_get(agent, head->class_id, issuer, &license, &error))
		ret = explain_agent(&error, error.code);
	else
		ret = take_license(license);
	cask_agent_free(agent);
	return ret;
}
