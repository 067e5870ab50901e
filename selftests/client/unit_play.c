// SPDX-License-Identifier: GPL-2.0
/*
 * unit_play.c - what cask-play renews, or gets anew, when a content does not open: acquire.c, renew.c and terms.c,
 * with an agent of the test's own. Nothing is paid for what does not help.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cask-play/play.h"
#include "file.h"
#include "internal.h"
#include "scratch.h"

#define OURS	"0101010101010101010101010101010101010101010101010101010101010101"
#define OTHERS	"0202020202020202020202020202020202020202020202020202020202020202"
#define CONTENT	"07070707070707070707070707070707"
#define FIRST	"11111111111111111111111111111111"
#define SECOND	"22222222222222222222222222222222"

/* --- an agent --- */

static struct {
	json_t *licenses;
	bool has_terms;
	const char *title;
	const char *list_fails;		/* with this code */
	const char *terms_fail;
	json_t *content_terms;		/* NULL: they cannot be had */
	unsigned int got;
	char got_term[32];
	uint32_t got_times;
	uint64_t got_price;
	const char *waits;	/* errno for which the module does not take the license that is here; "": none any more */
	unsigned int installed;
	const char *earlier;	/* what comes was asked for with this term */
	unsigned int renewed;
	char license[CASK_ID_TEXT_SIZE];	/* that was renewed */
	char issuer[CASK_KID_TEXT_SIZE];	/* and whose */
} agent;

static json_t *new_license(void)
{
	json_t *license = json_pack("{sb}", "installed", true);

	if (agent.earlier)
		json_object_set_new(license, "earlier", json_pack("{ss si}", "term", agent.earlier, "quantity", 2));
	return license;
}

/* What is here, tried again. */
static int install(json_t **ret_license, struct cask_error *error)
{
	if (!agent.waits)
		return cask_error_set(error, "license-unknown", "none waits");
	agent.installed++;
	*ret_license = json_pack("{sb s{}}", "installed", !*agent.waits, "earlier");
	if (*agent.waits)
		json_object_set_new(*ret_license, "errno", json_string(agent.waits));
	return 0;
}

struct cask_agent *cask_agent_new(const char *socket_path)
{
	return (struct cask_agent *)&agent;
}

void cask_agent_free(struct cask_agent *a) {}

int cask_agent_license_list(struct cask_agent *a, json_t **ret_licenses, struct cask_error *error)
{
	if (agent.list_fails)
		return cask_error_set(error, agent.list_fails, "no list");
	*ret_licenses = json_pack("{sO}", "licenses", agent.licenses);
	return 0;
}

int cask_agent_license_terms(struct cask_agent *a, const uint8_t license_id[CASK_ID_SIZE],
			     const char *issuer, json_t **ret_terms, struct cask_error *error)
{
	if (agent.terms_fail)
		return cask_error_set(error, agent.terms_fail, "no terms");
	*ret_terms = json_pack("{ss s[]}", "currency", "EUR", "terms");
	if (agent.has_terms)
		json_array_append_new(json_object_get(*ret_terms, "terms"),
				      json_pack("{ss ss si si}", "term", "month", "title",
						agent.title ? agent.title : "A month",
						"price", 499, "max_quantity", 1));
	return 0;
}

int cask_agent_content_terms(struct cask_agent *a, const uint8_t content_id[CASK_ID_SIZE],
			     const char *issuer, json_t **ret_terms, struct cask_error *error)
{
	if (!agent.content_terms)
		return cask_error_set(error, "server-unreachable", "no terms of the content");
	*ret_terms = json_deep_copy(agent.content_terms);
	return 0;
}

int cask_agent_license_renew(struct cask_agent *a, const struct cask_renewal *renewal,
			     json_t **ret_license, struct cask_error *error)
{
	agent.renewed++;
	cask_hex(renewal->license_id, CASK_ID_SIZE, agent.license);
	snprintf(agent.issuer, sizeof(agent.issuer), "%s", renewal->issuer);
	*ret_license = new_license();
	return 0;
}

int cask_agent_license_get(struct cask_agent *a, const struct cask_license_wish *wish,
			   json_t **ret_license, struct cask_error *error)
{
	if (wish->here)
		return install(ret_license, error);
	agent.got++;
	snprintf(agent.got_term, sizeof(agent.got_term), "%s", wish->term ? wish->term : "");
	agent.got_times = wish->quantity;
	agent.got_price = wish->price;
	*ret_license = new_license();
	return 0;
}

int cask_agent_class_get(struct cask_agent *a, const uint8_t class_id[CASK_ID_SIZE],
			 const char *issuer, json_t **ret_license, struct cask_error *error)
{
	return -1;
}

int cask_agent_word(struct cask_agent *a, const char *issuer, struct cask_error *error)
{
	return -1;
}

static void offer(int own, bool with_terms);

/* --- calls --- */

static struct play play;
static struct cask_header header;
static char *said;
static size_t said_size;

static void hold(const char *issuer, const char *id, int opens_left)
{
	json_t *license = json_pack("{ss ss ss si si}", "issuer", issuer, "license_id", id, "content_id",
				    CONTENT, "owner", (int)geteuid(), "created",
				    (int)json_array_size(agent.licenses));

	if (!geteuid())
		json_object_set_new(license, "owner", json_null());
	if (opens_left >= 0)
		json_object_set_new(license, "opens_left", json_integer(opens_left));
	json_array_append_new(agent.licenses, license);
}

/* What cask-play does when the content does not open for @why. */
static int acquire(int why)
{
	FILE *real = stderr;
	int ret;

	free(said);
	stderr = open_memstream(&said, &said_size);
	assert_non_null(stderr);
	ret = acquire_license(&play, &header, why);
	fclose(stderr);
	stderr = real;
	return ret;
}

static void D10_renews_what_the_contents_distributor_issued(void **state)
{
	hold(OURS, FIRST, -1);
	hold(OTHERS, SECOND, -1);
	agent.has_terms = true;
	assert_int_equal(acquire(-EKEYEXPIRED), 0);
	assert_int_equal(agent.renewed, 1);
	assert_string_equal(agent.license, FIRST);
	assert_string_equal(agent.issuer, OURS);
}

/* Also where the file names it. */
static void D10_renews_no_license_of_another_distributor(void **state)
{
	hold(OTHERS, SECOND, -1);
	offer(0, false);
	agent.has_terms = true;
	header.has_license = true;
	memset(header.license_id, 0x22, CASK_ID_SIZE);
	assert_int_equal(acquire(-EKEYEXPIRED), 0);
	assert_int_equal(agent.renewed, 0);
	assert_int_equal(agent.got, 1);
	play.term = "month";
	play.only_renew = true;
	play.price = 499;
	assert_int_equal(acquire(-EKEYEXPIRED), STATUS_FAILED);
	assert_non_null(strstr(said, "license-unknown"));
	assert_int_equal(agent.renewed, 0);
}

static void D10_renews_what_is_used_up(void **state)
{
	hold(OURS, FIRST, 0);
	agent.has_terms = true;
	assert_int_equal(acquire(-EDQUOT), 0);
	assert_int_equal(agent.renewed, 1);
	assert_int_equal(agent.got, 0);
}

/* A renewal would be paid, and the content would be EDQUOT as before. */
static void X4_D10_pays_nothing_where_a_report_is_owed(void **state)
{
	static const int left[] = { 3, -1 };

	for (size_t i = 0; i < 2; i++) {
		json_array_clear(agent.licenses);
		hold(OURS, FIRST, left[i]);
		agent.has_terms = true;
		assert_int_equal(acquire(-EDQUOT), STATUS_FAILED);
		assert_non_null(strstr(said, "has to be reported"));
		assert_non_null(strstr(said, "(EDQUOT)"));
		assert_int_equal(agent.renewed + agent.got, 0);
	}
}

/* What others wrote does nothing to the terminal, C1 included. */
static void D16_terms_are_no_control_characters(void **state)
{
	hold(OURS, FIRST, -1);
	agent.has_terms = true;
	agent.title = "A \x1b[2J month\xc2\x9b" "31m";
	play.policy.max_price = 1;
	assert_int_equal(acquire(-EKEYEXPIRED), STATUS_FAILED);
	assert_non_null(strstr(said, "A ?[2J month?31m"));
}

/* That the terms cannot be had is no reason to buy another. */
static void D10_failure_is_told_from_no_terms(void **state)
{
	hold(OURS, FIRST, -1);
	agent.terms_fail = "server-unreachable";
	assert_int_equal(acquire(-EKEYEXPIRED), STATUS_FAILED);
	assert_non_null(strstr(said, "no terms (server-unreachable)"));
	assert_int_equal(agent.got, 0);
	agent.terms_fail = NULL;
	agent.list_fails = "agent-unreachable";
	assert_int_equal(acquire(-EKEYEXPIRED), STATUS_FAILED);
	assert_non_null(strstr(said, "no list (agent-unreachable)"));
	assert_int_equal(agent.got, 0);
	agent.list_fails = NULL;
	offer(0, false);
	assert_int_equal(acquire(-EKEYEXPIRED), 0);
	assert_int_equal(agent.got, 1);
}

/* --- the first license --- */

/* What there is to choose: @own costs the license without a term; with a week for 1.99 and a month for 4.99. */
static void offer(int own, bool with_terms)
{
	json_t *answer = json_pack("{ss s[] s{si si}}", "currency", "EUR", "terms", "without", "price", own,
				   "period", 86400);
	json_t *terms = json_object_get(answer, "terms");

	if (with_terms) {
		json_array_append_new(terms, json_pack("{ss si si}", "term", "week", "price", 199,
						       "max_quantity", 4));
		json_array_append_new(terms, json_pack("{ss si si}", "term", "month", "price", 499,
						       "max_quantity", 1));
	}
	agent.content_terms = answer;
}

/* Everything that a license may be bound by, and each opening for 0.05. */
static void bind_all(json_t *term)
{
	json_object_update_new(term, json_pack("{s{si si ss} s{ss si si} sb si s[s] si}", "use", "price", 5, "units", 1,
					       "unit", "openings", "meter", "unit", "seconds", "quantum", 60,
					       "max_unreported", 600, "use_log", true, "max_exports", 2,
					       "permissions", "record", "download_period", 7 * 86400));
}

static void assert_got(const char *term, uint32_t times, uint64_t price)
{
	assert_int_equal(agent.got, 1);
	assert_string_equal(agent.got_term, term);
	assert_int_equal(agent.got_times, times);
	assert_int_equal(agent.got_price, price);
	agent.got = 0;
}

static void D8_the_cheapest_within_the_policy_is_got(void **state)
{
	offer(250, true);
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("week", 1, 199);
	play.times = 3;
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("week", 3, 597);
	json_decref(agent.content_terms);
	offer(199, true);
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("", 1, 199);
	play.policy.max_price = 198;
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_non_null(strstr(said, "no term is within the policy"));
	assert_non_null(strstr(said, "-  without a term, 1 days: 1.99 EUR"));
	assert_int_equal(agent.got, 0);
}

static void D8_what_the_policy_names_is_got_first(void **state)
{
	char year[] = "year", month[] = "month";

	offer(100, true);
	play.policy.terms[0] = year;
	play.policy.terms[1] = month;
	play.policy.term_count = 2;
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("month", 1, 499);
	play.policy.max_price = 498;
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("", 1, 100);
	play.policy.max_price = 99;
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_int_equal(agent.got, 0);
}

static void D8_a_term_that_is_named_is_got_for_the_price_that_is_named(void **state)
{
	offer(0, true);
	play.yes = false;
	play.term = "week";
	play.times = 2;
	play.price = 199;
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_non_null(strstr(said, "it costs 3.98 EUR"));
	assert_int_equal(agent.got, 0);
	play.price = 398;
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("week", 2, 398);
	play.term = "year";
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_non_null(strstr(said, "there is no term \"year\"; there are"));
	assert_non_null(strstr(said, "month  month: 4.99 EUR"));
	assert_int_equal(agent.got, 0);
}

static void D8_what_is_on_offer_is_presented_where_nobody_decides(void **state)
{
	offer(0, true);
	play.yes = false;
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_non_null(strstr(said, "(ENOKEY). A license can be had:\n  -  without a term, 1 days: 0.00 EUR\n"));
	assert_non_null(strstr(said, "--term TERM --price AMOUNT gets one, --yes does by the policy"));
	assert_int_equal(agent.got, 0);
}

/* Without terms there is one thing to have. The server says what it costs if that is not agreed to here. */
static void D8_a_content_without_terms_is_got_for_what_policy_or_command_line_allow(void **state)
{
	offer(499, false);
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("", 1, 499);
	play.policy.max_price = 498;
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("", 1, 0);
	play.price = 500;
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("", 1, 500);
	play.yes = false;
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_non_null(strstr(said, "--yes gets one"));
	assert_int_equal(agent.got, 0);
}

/* Nobody agrees to what is not known. */
static void D8_nothing_is_got_whose_terms_cannot_be_had(void **state)
{
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_non_null(strstr(said, "no terms of the content (server-unreachable)"));
	play.yes = false;
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_non_null(strstr(said, "--yes gets one"));
	play.term = "week";
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_non_null(strstr(said, "no terms of the content (server-unreachable)"));
	assert_int_equal(agent.got, 0);
}

/* What is presented is what is paid, and all that is agreed to. */
static void D8_D11_what_its_use_costs_is_presented_with_the_conditions(void **state)
{
	offer(0, true);
	bind_all(json_object_get(agent.content_terms, "without"));
	play.yes = false;
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_non_null(strstr(said, "  -  without a term, 1 days, metered in seconds, each use is logged and reported, "
				     "2 copies to media, permits to record, its file is accepted for 7 days: 0.00 EUR, "
				     "and 0.05 EUR for each opening\n"));
	assert_non_null(strstr(said, "  week  week: 1.99 EUR\n"));
	assert_int_equal(agent.got, 0);
}

static int read_policy(const char *text)
{
	char *dir = scratch_new("/tmp"), path[64];
	int ret;

	assert_non_null(dir);
	snprintf(path, sizeof(path), "%s/policy", dir);
	assert_int_equal(cask_file_write(path, text, strlen(text), 0600), 0);
	memset(&play.policy, 0, sizeof(play.policy));
	ret = policy_read(path, &play.policy);
	scratch_free(dir);
	return ret;
}

/* Who leaves it to a policy that says nothing of use agrees to no price of it. */
static void D11_policy_bounds_the_price_of_use(void **state)
{
	static const struct {
		const char *policy;
		bool allows;
	} cases[] = {
		{ "max-price 1.00\n", false }, { "max-use-price 0.04 1 openings\n", false },
		{ "max-use-price 0.05 1 openings\n", true }, { "max-use-price 0.50\t10  openings", true },
		{ "max-use-price 0.49 10 openings\n", false }, { "max-use-price 9.00 1 seconds\n", false },
	};

	offer(0, false);
	bind_all(json_object_get(agent.content_terms, "without"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_array_clear(json_object_get(agent.content_terms, "terms"));
		assert_int_equal(read_policy(cases[i].policy), 0);
		assert_int_equal(acquire(-ENOKEY), cases[i].allows ? 0 : STATUS_FAILED);
		if (cases[i].allows)
			assert_got("", 1, 0);
		else
			assert_non_null(strstr(said, "no term is within the policy:\n  -  without a term"));
		assert_int_equal(agent.got, 0);
	}
}

/* Of several what costs in use is passed over, and a term by its name is no word on its use. */
static void D11_a_price_of_use_is_agreed_to_with_a_term(void **state)
{
	offer(0, true);
	bind_all(json_object_get(agent.content_terms, "without"));
	bind_all(json_array_get(json_object_get(agent.content_terms, "terms"), 1));
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("week", 1, 199);
	play.yes = false;
	play.term = "month";
	play.price = 499;
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_non_null(strstr(said, "it costs 4.99 EUR, and 0.05 EUR for each opening\ncask-play: hint: max-use-price"));
	assert_int_equal(agent.got, 0);
	play.policy.use[0] = (struct use_bound){ .price = 5, .units = 1 };
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("month", 1, 499);
}

static void D11_what_is_no_price_of_use_is_allowed_by_no_policy(void **state)
{
	static const char *const lines[] = {
		"max-use-price 0.05 openings", "max-use-price 0.05 0 openings", "max-use-price 0.05 1 films",
		"max-use-price 0.05 1 openings x", "max-use-price", "max-use-price 5,00 1 openings",
	};
	static const char *const uses[] = {
		"{}", "7", "{\"price\": 5, \"units\": 0, \"unit\": \"openings\"}",
		"{\"price\": -5, \"units\": 1, \"unit\": \"openings\"}", "{\"price\": 0, \"units\": 1, \"unit\": \"films\"}",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(read_policy(lines[i]), -EINVAL);
	assert_int_equal(read_policy("max-use-price 9.00 1 openings"), 0);
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		json_t *term = json_object();

		json_object_set_new(term, "use", json_loads(uses[i], JSON_DECODE_ANY, NULL));
		assert_false(policy_allows_use(&play.policy, term));
		json_decref(term);
	}
}

/* Nobody chooses, or pays for, what is here and was paid for. */
static void D8_what_is_here_is_installed_before_anything_is_chosen(void **state)
{
	hold(OURS, FIRST, -1);
	json_object_set_new(json_array_get(agent.licenses, 0), "errno", json_string("ENOSPC"));
	offer(500, true);
	play.policy.max_price = 0;
	agent.waits = "";
	assert_int_equal(acquire(-ENOKEY), 0);
	play.yes = false;
	play.term = "month";
	play.price = 499;
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_int_equal(agent.installed, 2);
	agent.waits = "ENOSPC";
	assert_int_equal(acquire(-ENOKEY), STATUS_FAILED);
	assert_non_null(strstr(said, "the kernel does not take it: No space left on device (ENOSPC)"));
	assert_int_equal(agent.installed, 3);
	assert_int_equal(agent.got, 0);
}

/* What is not believed, or will never be taken, has to be followed by another, which is chosen. */
static void D8_what_is_here_and_of_no_use_is_followed_by_a_choice(void **state)
{
	hold(OURS, FIRST, -1);
	json_object_set_new(json_array_get(agent.licenses, 0), "errno", json_string("EKEYREJECTED"));
	offer(500, true);
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("week", 1, 199);
	/* And what the module has is not tried again. */
	json_array_clear(agent.licenses);
	hold(OURS, FIRST, -1);
	agent.waits = "";
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_got("week", 1, 199);
	assert_int_equal(agent.installed, 0);
}

/* It may do; but nobody takes it for what was asked for now. */
static void D8_D10_what_was_asked_for_before_is_told(void **state)
{
	offer(0, true);
	agent.earlier = "d\x1b" "ay";
	assert_int_equal(acquire(-ENOKEY), 0);
	assert_non_null(strstr(said, "this is what was asked for before, 2 times the term \"d?ay\"; nothing was asked"));
	hold(OURS, FIRST, -1);
	agent.has_terms = true;
	assert_int_equal(acquire(-EKEYEXPIRED), 0);
	assert_int_equal(agent.renewed, 1);
	assert_non_null(strstr(said, "this is what was asked for before, 2 times the term \"d?ay\"; nothing was asked"));
	agent.earlier = NULL;
	assert_int_equal(acquire(-EKEYEXPIRED), 0);
	assert_null(strstr(said, "before"));
}

/* One that expired and has none of it is followed by another; --renew wants none. */
static void D8_D10_a_term_renews_or_is_got(void **state)
{
	hold(OURS, FIRST, -1);
	play.yes = false;
	play.term = "week";
	play.price = 199;
	offer(0, true);
	assert_int_equal(acquire(-EKEYEXPIRED), 0);
	assert_got("week", 1, 199);
	agent.has_terms = true;
	play.term = "month";
	play.price = 499;
	assert_int_equal(acquire(-EKEYEXPIRED), 0);
	assert_int_equal(agent.renewed, 1);
	assert_int_equal(agent.got, 0);
}

/* --- the tests --- */

static int set_up(void **state)
{
	memset(&agent, 0, sizeof(agent));
	agent.licenses = json_array();
	play = (struct play){ .yes = true, .policy = { .max_price = 1000 } };
	memset(&header, 0, sizeof(header));
	memset(header.content_id, 0x07, CASK_ID_SIZE);
	memset(header.issuer, 0x01, CASK_KID_SIZE);
	return agent.licenses ? 0 : -1;
}

static int tear_down(void **state)
{
	json_decref(agent.licenses);
	json_decref(agent.content_terms);
	free(said);
	said = NULL;
	return 0;
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(D10_renews_what_the_contents_distributor_issued),
		TEST(D10_renews_no_license_of_another_distributor),
		TEST(D10_renews_what_is_used_up),
		TEST(X4_D10_pays_nothing_where_a_report_is_owed),
		TEST(D16_terms_are_no_control_characters),
		TEST(D10_failure_is_told_from_no_terms),
		TEST(D8_the_cheapest_within_the_policy_is_got),
		TEST(D8_what_the_policy_names_is_got_first),
		TEST(D8_a_term_that_is_named_is_got_for_the_price_that_is_named),
		TEST(D8_what_is_on_offer_is_presented_where_nobody_decides),
		TEST(D8_a_content_without_terms_is_got_for_what_policy_or_command_line_allow),
		TEST(D8_nothing_is_got_whose_terms_cannot_be_had),
		TEST(D8_D11_what_its_use_costs_is_presented_with_the_conditions),
		TEST(D11_policy_bounds_the_price_of_use),
		TEST(D11_a_price_of_use_is_agreed_to_with_a_term),
		TEST(D11_what_is_no_price_of_use_is_allowed_by_no_policy),
		TEST(D8_what_is_here_is_installed_before_anything_is_chosen),
		TEST(D8_what_is_here_and_of_no_use_is_followed_by_a_choice),
		TEST(D8_D10_what_was_asked_for_before_is_told),
		TEST(D8_D10_a_term_renews_or_is_got),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("play", tests, NULL, NULL);
}
