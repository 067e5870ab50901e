// SPDX-License-Identifier: GPL-2.0
/*
 * role.c - the license server: enrols devices, knows users, issues and renews licenses, agrees on steps of
 * second keys, lets devices go on that lost their records, gives them leaves and EKBs, takes their reports
 * of use, tells them how late it is.
 */
#include "log.h"
#include "../content.h"
#include "../role.h"
#include "dialogue.h"
#include "enrolment.h"
#include "issue.h"
#include "leaves.h"
#include "reanchor.h"
#include "renewal.h"
#include "report.h"
#include "session.h"
#include "synchronise.h"
#include "word.h"

#define ENROLMENT_BODY_MAX	32768	/* a certificate and its escapes */
#define INFORMATION_BODY_MAX	16384
#define LICENSE_BODY_MAX	4096
#define REANCHOR_BODY_MAX	1024
#define SYNCHRONISE_BODY_MAX	1024
#define SESSION_BODY_MAX	4096	/* passwords and their escapes */
#define REPORT_BODY_MAX		8192

_Static_assert(CASK_REPORT_MAX <= REPORT_BODY_MAX, "a REPORT");

static const struct cask_http_route routes[] = {
	{ "POST", "/v1/enrolments", enrolment_post, ENROLMENT_BODY_MAX },
	{ "GET", "/v1/enrolments/{id}", dialogue_get, 0 },
	{ "POST", "/v1/enrolments/{id}/user", dialogue_post_user, INFORMATION_BODY_MAX },
	{ "POST", "/v1/enrolments/{id}/answer", enrolment_post_answer, ENROLMENT_ANSWER_MAX },
	{ "POST", "/v1/licenses", issue_post, LICENSE_BODY_MAX },
	{ "GET", "/v1/licenses/{id}", issue_get, 0 },
	{ "GET", "/v1/licenses/{id}/terms", renewal_get_terms, 0 },
	{ "POST", "/v1/licenses/{id}/renewals", renewal_post, LICENSE_BODY_MAX },
	{ "GET", "/v1/contents/{id}/terms", term_get_of_content, 0 },
	{ "POST", "/v1/reanchors", reanchor_post, REANCHOR_BODY_MAX },
	{ "GET", "/v1/leaves", leaves_get, 0 },
	{ "GET", "/v1/ekbs/{id}", ekbs_get, 0 },
	{ "POST", "/v1/synchronisations", synchronise_post, SYNCHRONISE_BODY_MAX },
	{ "POST", "/v1/reports", report_post, REPORT_BODY_MAX },
	{ "POST", "/v1/sessions", session_post, SESSION_BODY_MAX },
	{ "POST", "/v1/passwords", session_post_password, SESSION_BODY_MAX },
	{ "GET", "/v1/time", word_get, 0 },
};

static int start(struct server *server)
{
	int ret = content_authentication_read(server->config.authentication, &server->authentication);

	if (ret)
		cask_err("[license] authentication: \"%s\" is not allowed",
			 server->config.authentication);
	else
		ret = server_load_signer(server);
	if (!ret && server->config.user_form)
		ret = form_load(server->config.user_form, &server->form);
	return ret ? ret : server_load_client_ca(server);
}

const struct role role_license = {
	.name = "license",
	.routes = routes,
	.route_count = ARRAY_SIZE(routes),
	.needs_vault = true,	/* content keys, for each license */
	.start = start,
};
