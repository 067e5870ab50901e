// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_distributor.c - is the device registered, and what ends soon?
 *
 * The distributor's server is asked for nothing but its public description, and
 * its certificate is looked at, not verified: that one is bad is a finding. So anyone
 * may have answered, and no command comes of what he said. What caskd does with the
 * server is verified as ever, and so is the time that it has from there.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "doctor.h"

#define CONNECT_SECONDS	5L
#define ANSWER_SECONDS	10L
#define ANSWER_MAX	(1L << 20)
/* No clock is so wrong that it is worth a sum that overflows. */
#define SKEW_MAX	(1LL << 40)

/**
 * struct probe - what a look at a server tells
 * @date: its clock, seconds since 1970, 0 unknown
 * @now: this machine's at that time
 * @begin: of its certificate's validity, -1 unknown
 * @end: of it
 * @error: why there was no answer, or ""
 */
struct probe {
	int64_t date;
	int64_t now;
	int64_t begin;
	int64_t end;
	char error[CURL_ERROR_SIZE];
};

static size_t ignore(char *data, size_t one, size_t size, void *context)
{
	return size;
}

static int64_t field(const struct curl_slist *list, const char *name)
{
	size_t size = strlen(name);

	for (; list; list = list->next)
		if (!strncmp(list->data, name, size))
			return curl_getdate(list->data + size, NULL);
	return -1;
}

static void read_answer(CURL *easy, struct probe *p)
{
	struct curl_certinfo *chain = NULL;
	struct curl_header *header;

	p->now = time(NULL);
	if (!curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &header))
		p->date = curl_getdate(header->value, NULL);
	curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain);
	if (!chain || chain->num_of_certs < 1)
		return;
	p->begin = field(chain->certinfo[0], "Start date:");
	p->end = field(chain->certinfo[0], "Expire date:");
}

static bool prepare(CURL *easy, const char *url, struct probe *p)
{
	return !curl_easy_setopt(easy, CURLOPT_URL, url) &&
	       !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") &&
	       !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) &&
	       !curl_easy_setopt(easy, CURLOPT_TIMEOUT, ANSWER_SECONDS) &&
	       !curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, ANSWER_MAX) &&
	       !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, p->error) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
}

static void look(const char *server, struct probe *p)
{
	CURL *easy = curl_easy_init();
	char url[DOCTOR_LINE_MAX];
	CURLcode code = CURLE_OUT_OF_MEMORY;

	*p = (struct probe){ .begin = -1, .end = -1 };
	snprintf(url, sizeof(url), "%s/v1/distributor", server);
	if (easy && prepare(easy, url, p))
		code = curl_easy_perform(easy);
	if (code == CURLE_OK)
		read_answer(easy, p);
	else if (!p->error[0])
		snprintf(p->error, sizeof(p->error), "%s", curl_easy_strerror(code));
	curl_easy_cleanup(easy);
}

/*
 * A period of a distributor's: says so when it is not well. Without @mend nothing on
 * this machine renews it.
 */
static void period(struct doctor *d, const char *what, const char *mend, int64_t begin,
		   int64_t end)
{
	const char *whose = mend ? "" : ": its operator has to renew it";
	int64_t now = doctor_time(d);
	char day[32];

	if (now < begin)
		/* With nobody to ask for the time it is the clock that is suspected. */
		doctor_add(d, DOCTOR_PROBLEM, d->server ? "distributor" : "clock",
			   d->server ? NULL : "timedatectl set-ntp true",
			   "%s does not begin before %s", what, doctor_day(begin, day));
	else if (now > end)
		doctor_add(d, DOCTOR_PROBLEM, "distributor", mend, "%s ended on %s%s", what,
			   doctor_day(end, day), whose);
	else if (end - now < DOCTOR_SOON_DAYS * 86400)
		doctor_add(d, DOCTOR_PROBLEM, "distributor", mend, "%s ends soon, on %s%s", what,
			   doctor_day(end, day), whose);
}

static void examine_period(struct doctor *d, const json_t *distributor, const char *key,
			   const char *what, const char *mend)
{
	const json_t *json = json_object_get(distributor, key);
	char text[DOCTOR_LINE_MAX];

	snprintf(text, sizeof(text), "%s of %s", what, output_get(distributor, "name"));
	if (json_is_object(json))
		period(d, text, mend, json_integer_value(json_object_get(json, "not_before")),
		       json_integer_value(json_object_get(json, "not_after")));
}

/* What caskd, which got an answer just now, thinks of the server's clock. */
static void take_time(struct doctor *d, const char *issuer, const char *name)
{
	const json_t *distributor;
	struct cask_error error;
	json_t *status;
	size_t i;

	if (d->server || cask_agent_status(output_agent(d->c), &status, &error))
		return;
	json_array_foreach(json_object_get(status, "distributors"), i, distributor) {
		int64_t skew = json_integer_value(json_object_get(distributor, "skew"));

		if (strcmp(output_get(distributor, "issuer"), issuer) || llabs(skew) > SKEW_MAX)
			continue;
		d->server = name;
		d->ahead = -skew;
	}
	json_decref(status);
}

/* Whether caskd, which trusts the right CA and signs, gets an answer. */
static void examine_service(struct doctor *d, const json_t *distributor, const char *mend)
{
	struct cask_error error;
	json_t *catalogue;

	if (!cask_agent_catalogue(output_agent(d->c), output_get(distributor, "issuer"),
				  &catalogue, &error)) {
		json_decref(catalogue);
		take_time(d, output_get(distributor, "issuer"), output_get(distributor, "name"));
	} else {
		doctor_add(d, DOCTOR_PROBLEM, "distributor", mend, "%s: %s (%s)",
			   output_get(distributor, "name"), error.text, error.code);
	}
}

static void examine_server(struct doctor *d, const json_t *distributor, const char *mend)
{
	const char *name = output_get(distributor, "name");
	char text[DOCTOR_LINE_MAX];
	struct probe p;

	look(output_get(distributor, "url"), &p);
	if (p.error[0]) {
		doctor_add(d, DOCTOR_NOTE, "distributor", NULL,
			   "%s is not reached at %s (%s): licenses that are here play", name,
			   output_get(distributor, "url"), p.error);
		return;
	}
	if (json_is_true(json_object_get(distributor, "registered")) && d->loaded)
		examine_service(d, distributor, mend);
	if (p.date > 0 && !d->server)
		doctor_claim(d, name, p.now - p.date);
	snprintf(text, sizeof(text), "the TLS certificate of %s", name);
	if (p.begin >= 0 && p.end >= 0)
		period(d, text, NULL, p.begin, p.end);
}

static void examine_records(struct doctor *d, const json_t *distributor)
{
	char mend[DOCTOR_LINE_MAX];

	if (!json_is_true(json_object_get(distributor, "lost")))
		return;
	snprintf(mend, sizeof(mend), "caskctl reanchor --issuer %s", output_get(distributor, "issuer"));
	doctor_add(d, DOCTOR_PROBLEM, "distributor", mend, "the records of what counts were lost, and "
		   "%s has not said that it goes on without", output_get(distributor, "name"));
}

static void examine(struct doctor *d, const json_t *distributor)
{
	const char *name = output_get(distributor, "name");
	char mend[DOCTOR_LINE_MAX];

	snprintf(mend, sizeof(mend), "caskctl register --server %s --token CODE",
		 output_get(distributor, "url"));
	if (json_is_true(json_object_get(distributor, "registered")))
		doctor_add(d, DOCTOR_OK, "distributor", NULL, "registered with %s as %s", name,
			   output_get(distributor, "user"));
	else if (d->loaded)
		doctor_add(d, DOCTOR_PROBLEM, "distributor", mend,
			   "registered with %s by a key that this device does not have any more",
			   name);
	examine_records(d, distributor);
	examine_server(d, distributor, mend);
	examine_period(d, distributor, "scope", "the scope", NULL);
	examine_period(d, distributor, "certificate", "this device's certificate", mend);
}

/**
 * doctor_distributors() - examine registrations and servers
 * @d: takes the findings; d->server is set when one tells the time
 */
void doctor_distributors(struct doctor *d)
{
	const json_t *list = json_object_get(d->status, "distributors"), *distributor;
	size_t i;

	if (!d->status)
		return;
	if (!json_array_size(list))
		doctor_add(d, DOCTOR_PROBLEM, "distributor",
			   "caskctl register --server URL --token CODE",
			   "this device is registered with none");
	json_array_foreach(list, i, distributor)
		examine(d, distributor);
}
