// SPDX-License-Identifier: GPL-2.0
/*
 * ask.c - one unsigned request of caskd to a server, to see what it makes of
 * honest and of lying ones.
 *
 * usage: ask URL CA distributor | enrol | resume | say | answer | session | password | catalogue | license |
 *	reanchor | leaves | ekb | synchronise | time | content | head [PATH [SECONDS]]
 *
 * CA is a PEM file, or "" for the system's. What comes of an EKB lies beside PATH until it is whole, for
 * which there are SECONDS, and then there. Prints "ok", or the problem's status,
 * code and detail. Exit status: 0, 1, 2 for usage.
 */
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "caskd/block.h"
#include "caskd/download.h"
#include "caskd/server.h"
#include "caskd/stream.h"
#include "file.h"

static int read_stream(const struct request_place *place, bool head, struct problem *p)
{
	struct stream_ask ask = {
		.path = "/v1/contents/07000000000000000000000000000000", .type = STREAM_TYPE, .head = head,
	};
	struct stream_header header;
	char buffer[65536];
	struct stream *s;
	ssize_t n = 0;

	if (stream_open(place, &ask, &s, &header, p))
		return -1;
	while (!head && (n = stream_read(s, buffer, sizeof(buffer))) > 0)
		;
	stream_close(s);
	return n ? problem_set(p, 0, "short", "it ends too early") : 0;
}

static int ask_leaves(const struct request_place *place, struct problem *p)
{
	struct server_leaf leaves[16];
	size_t count = 0;
	int ret = server_leaves(place, leaves, ARRAY_SIZE(leaves), &count, p);

	while (!ret && count)
		free(leaves[--count].statement);
	return ret;
}

static struct download_ask ekb = { .version = 1, .max = BLOCK_MAX };

static int ask_ekb(const struct request_place *place, struct problem *p)
{
	_cleanup_block_ struct block b = { 0 };

	if (download_ekb(place, &ekb, &b.data, &b.size, p))
		return -1;
	if (!block_read(&b))
		return download_keep(ekb.path, p);
	download_forget(ekb.path);
	return problem_set(p, 0, "no-ekb", "it is none");
}

/* What is signed otherwise; a server that lies does not look at signatures. */
static int ask_signed(const struct request_place *place, const char *what, struct problem *p)
{
	const struct pending request = { .content_id = { 7 }, .key = "key" };
	uint8_t *data = NULL;
	size_t size;
	int ret;

	if (!strcmp(what, "content") || !strcmp(what, "head"))
		return read_stream(place, !strcmp(what, "head"), p);
	if (!strcmp(what, "leaves"))
		return ask_leaves(place, p);
	if (!strcmp(what, "ekb"))
		return ask_ekb(place, p);
	ret = !strcmp(what, "license") ? server_license_new(place, &request, &data, &size, p) :
	      !strcmp(what, "synchronise") ? server_synchronise(place, request.nonce, &data, &size, p) :
	      !strcmp(what, "time") ? server_time(place, &data, &size, p) :
	      !strcmp(what, "reanchor") ? server_reanchor(place, request.nonce, &data, &size, p) :
	      server_catalogue(place, &data, &size, p);
	free(data);
	return ret;
}

/* Registration, and what its user says. */
static int ask_enrolment(const struct request_place *place, const char *what, struct problem *p)
{
	struct server_voucher voucher = { .token = "token" };
	uint8_t key[CASK_X25519_SIZE] = { 9 };
	struct server_enrolment enrolment;
	json_t *said = json_pack("{ss}", "mail", "alice");
	int ret;

	ret = !strcmp(what, "enrol") ? server_enrol(place, &voucher, key, &enrolment, p) :
	      !strcmp(what, "say") ? server_say(place, "1", said, &enrolment, p) :
	      server_enrolment(place, "1", &enrolment, p);
	json_decref(said);
	if (!ret)
		json_decref(enrolment.wanted);
	return ret;
}

static int ask(const struct request_place *place, const char *what, struct problem *p)
{
	char session[SERVER_SESSION_MAX + 1];
	uint8_t key[CASK_X25519_SIZE] = { 9 };
	struct server_identity identity;
	struct server_bundle bundle;
	int ret;

	if (!strcmp(what, "distributor")) {
		ret = server_distributor(place, &bundle, p);
		if (!ret)
			server_bundle_clear(&bundle);
		return ret;
	}
	if (!strcmp(what, "enrol") || !strcmp(what, "resume") || !strcmp(what, "say"))
		return ask_enrolment(place, what, p);
	if (!strcmp(what, "session"))
		return server_session(place, "alice", "password", session, p);
	if (!strcmp(what, "password"))
		return server_password(place, "alice", "password", "another", p);
	if (strcmp(what, "answer"))
		return ask_signed(place, what, p);
	ret = server_answer(place, "1", key, sizeof(key), &identity, p);
	if (!ret)
		free(identity.certificate);
	return ret;
}

int main(int argc, char **argv)
{
	struct request_place place = { 0 };
	char url[REQUEST_URL_MAX];
	struct problem p = { 0 };
	struct timespec now;
	uint8_t *ca = NULL;
	size_t size;
	int ret;

	if (argc < 4 || argc > 6 || (argv[2][0] && cask_file_read(argv[2], REQUEST_CA_MAX, &ca, &size)))
		return 2;
	signal(SIGPIPE, SIG_IGN);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	ret = request_url(argv[1], url, &p);
	place.url = url;
	place.ca = (char *)ca;
	memset(ekb.category, 'c', sizeof(ekb.category));
	ekb.path = argc > 4 ? argv[4] : "";
	clock_gettime(CLOCK_MONOTONIC, &now);
	ekb.until = now.tv_sec + (argc > 5 ? atoi(argv[5]) : 600);
	if (!ret)
		ret = ask(&place, argv[3], &p);
	if (ret)
		printf("%d %s %s%s%s\n", p.status, p.code, p.detail, *p.field ? " field=" : "", p.field);
	else
		puts("ok");
	free(ca);
	curl_global_cleanup();
	return ret ? 1 : 0;
}
