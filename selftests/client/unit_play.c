// SPDX-License-Identifier: GPL-2.0
/*
 * unit_play.c - what cask-play renews, or gets anew, when a content does not open: acquire.c and renew.c,
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
#include "internal.h"

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
	unsigned int got;
	unsigned int renewed;
	char license[CASK_ID_TEXT_SIZE];	/* that was renewed */
	char issuer[CASK_KID_TEXT_SIZE];	/* and whose */
} agent;

static json_t *new_license(void)
{
	return json_pack("{sb}", "installed", true);
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
	agent.got++;
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
	agent.has_terms = true;
	header.has_license = true;
	memset(header.license_id, 0x22, CASK_ID_SIZE);
	assert_int_equal(acquire(-EKEYEXPIRED), 0);
	assert_int_equal(agent.renewed, 0);
	assert_int_equal(agent.got, 1);
	play.renew = "month";
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
	assert_int_equal(acquire(-EKEYEXPIRED), 0);
	assert_int_equal(agent.got, 1);
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
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("play", tests, NULL, NULL);
}
