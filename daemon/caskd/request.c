// SPDX-License-Identifier: GPL-2.0
/*
 * request.c - one HTTPS request to a distributor's server: trust, limits,
 * signature, retries, problems.
 *
 * Every request of the protocol may be repeated (GET; POST with an
 * Idempotency-Key; the enrolment's by their definition), so what failed on the
 * way is tried again. What a server answers is untrusted: sizes are limited,
 * its words go to people only.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "crypto.h"
#include "json.h"
#include "log.h"
#include "netlink.h"
#include "request.h"
#include "signature.h"

#define SCHEME			"https://"
#define CONNECT_SECONDS		10L
#define WHOLE_SECONDS		30L
#define TRIES			3
#define BACKOFF_MS		300	/* before the second try; four times that before the third */
/* A server that wants to be left alone for longer is left to the user. */
#define RETRY_AFTER_MAX		5

/* CLOCK_MONOTONIC seconds after which no server is waited for, 0 for never. */
static _Atomic int64_t stop_at;

static int64_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/**
 * request_is_stopped() - whether the program ends, and no server is waited for
 */
bool request_is_stopped(void)
{
	int64_t at = atomic_load(&stop_at);

	return at && seconds_now() >= at;
}

/**
 * request_stop() - the program ends
 * @seconds: that requests which are under way still have
 */
void request_stop(unsigned int seconds)
{
	atomic_store(&stop_at, seconds_now() + seconds);
}

/* curl asks about once a second. */
static int go_on(void *context, curl_off_t download, curl_off_t downloaded, curl_off_t upload,
		 curl_off_t uploaded)
{
	return request_is_stopped();
}

/* Takes one part of a URL; an absent part is an empty string. */
static int get_part(CURLU *url, CURLUPart part, char *out, size_t max)
{
	char *text = NULL;
	CURLUcode code = curl_url_get(url, part, &text, 0);
	int ret = 0;

	out[0] = 0;
	if (!code && (size_t)snprintf(out, max, "%s", text) >= max)
		ret = -1;
	curl_free(text);
	return ret;
}

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = !curl_url_get(url, part, &text, 0);

	curl_free(text);
	return has;
}

/* "@authority" of RFC 9421: lower case, no default port. */
static int normalize(CURLU *url, char *out)
{
	char scheme[16], host[300], port[8], path[8];

	if (get_part(url, CURLUPART_SCHEME, scheme, sizeof(scheme)) || strcmp(scheme, "https") ||
	    get_part(url, CURLUPART_HOST, host, sizeof(host)) || !host[0] ||
	    get_part(url, CURLUPART_PORT, port, sizeof(port)) ||
	    get_part(url, CURLUPART_PATH, path, sizeof(path)) || strcmp(path, "/"))
		return -1;
	if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_QUERY) ||
	    has_part(url, CURLUPART_FRAGMENT))
		return -1;
	/* A percent sign that is left would be decoded when the normal form is read again. */
	for (char *c = host; *c; c++) {
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '%')
			return -1;
		*c = tolower(*c);
	}
	if (!port[0] || !strcmp(port, "443"))
		snprintf(out, REQUEST_URL_MAX, SCHEME "%s", host);
	else
		snprintf(out, REQUEST_URL_MAX, SCHEME "%s:%s", host, port);
	return 0;
}

/**
 * request_url() - the normal form of a server's URL
 * @text: https, host, optional port, nothing else
 * @ret_url: without a slash at the end; what follows the scheme is "@authority"
 * @p: code bad-request
 *
 * Return: 0 or -1.
 */
int request_url(const char *text, char ret_url[REQUEST_URL_MAX], struct problem *p)
{
	CURLU *url = curl_url();
	int ret = -1;

	if (url && !curl_url_set(url, CURLUPART_URL, text, 0))
		ret = normalize(url, ret_url);
	curl_url_cleanup(url);
	if (ret)
		problem_set(p, 400, "bad-request",
			    "a server's URL is https://host or https://host:port");
	return ret;
}

static int add_field(struct curl_slist **fields, const char *name, const char *value)
{
	struct curl_slist *grown;
	char line[1024];

	if (!value)
		return 0;
	if ((size_t)snprintf(line, sizeof(line), "%s: %s", name, value) >= sizeof(line))
		return -1;
	grown = curl_slist_append(*fields, line);
	if (!grown)
		return -1;
	*fields = grown;
	return 0;
}

/* Signature-Input, Signature and, with a body, Content-Digest. */
static int sign(const struct request_place *place, const struct request *rq,
		struct curl_slist **fields, struct problem *p)
{
	char digest[SIGNATURE_DIGEST_MAX], base[SIGNATURE_BASE_MAX];
	char input[SIGNATURE_INPUT_MAX], value[SIGNATURE_VALUE_MAX];
	struct signature_params params = {
		.created = time(NULL) + atomic_load(place->skew), .has_digest = rq->body,
		.has_key = rq->idempotency_key,
	};
	struct signature_message message = {
		.method = rq->method, .authority = place->url + strlen(SCHEME),
		.path = rq->path, .query = "", .digest = rq->body ? digest : NULL,
		.idempotency_key = rq->idempotency_key,
	};
	uint8_t mac[CASK_MAC_SIZE];
	size_t size;

	memcpy(params.keyid, place->device_id, sizeof(params.keyid));
	if (crypto_random(params.nonce, sizeof(params.nonce)) ||
	    (rq->body && signature_digest(rq->body, rq->body_size, digest)) ||
	    signature_base(&message, &params, base, &size))
		return problem_set(p, 500, "internal-error", "a request cannot be signed");
	if (netlink_sign(place->issuer, base, size, mac, p))
		return -1;
	signature_input(&params, input);
	signature_value(mac, value);
	if (add_field(fields, "Content-Digest", message.digest) ||
	    add_field(fields, "Signature-Input", input) || add_field(fields, "Signature", value))
		return problem_set(p, 500, "internal-error", "out of memory");
	return 0;
}

static int add_fields(const struct request *rq, struct curl_slist **fields)
{
	/* curl's own ideas: Expect holds a body back, and a type for what has none. */
	return add_field(fields, "Accept", rq->expect) || add_field(fields, "Expect", "") ||
	       add_field(fields, "Content-Type", rq->type) ||
	       add_field(fields, "Idempotency-Key", rq->idempotency_key) ||
	       add_field(fields, "Cask-Session", rq->session) ||
	       add_field(fields, "Range", rq->range) ||
	       add_field(fields, "If-Range", rq->if_range);
}

/* Only TLS, only the CAs asked for, no redirects: the signature is for one place. */
static int set_trust(CURL *easy, const char *ca)
{
	struct curl_blob blob = { .data = (void *)ca, .len = ca ? strlen(ca) : 0,
				  .flags = CURL_BLOB_COPY };

	if (curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") ||
	    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) ||
	    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) ||
	    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) ||
	    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2))
		return -1;
	if (!ca)
		return 0;
	/* The system's directory would be trusted besides the blob. */
	return curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) ||
	       curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

static int set_method(CURL *easy, const struct request *rq)
{
	if (!strcmp(rq->method, "HEAD"))
		return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (strcmp(rq->method, "POST"))
		return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	return curl_easy_setopt(easy, CURLOPT_POST, 1L) ||
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rq->body_size) ||
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDS, rq->body);
}

static int set_up(CURL *easy, const struct request_place *place, const struct request *rq,
		  struct curl_slist *fields)
{
	char url[REQUEST_URL_MAX + REQUEST_PATH_MAX];

	if ((size_t)snprintf(url, sizeof(url), "%s%s", place->url, rq->path) >= sizeof(url))
		return -1;
	return set_trust(easy, place->ca) || set_method(easy, rq) ||
	       curl_easy_setopt(easy, CURLOPT_URL, url) ||
	       curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) ||
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields) ||
	       curl_easy_setopt(easy, CURLOPT_USERAGENT, "caskd/" CASK_VERSION) ||
	       curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) ||
	       curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) ||
	       curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, go_on) ||
	       curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L) ||
	       curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

/**
 * request_easy() - a transfer that is ready to run
 * @place: where to
 * @rq: kept by curl as far as @rq->body
 * @ret_easy: freed with curl_easy_cleanup()
 * @ret_fields: freed after it with curl_slist_free_all()
 * @p: on failure
 *
 * Return: 0 or -1.
 */
int request_easy(const struct request_place *place, const struct request *rq,
		 CURL **ret_easy, struct curl_slist **ret_fields, struct problem *p)
{
	_cleanup_slist_ struct curl_slist *fields = NULL;
	_cleanup_easy_ CURL *easy = NULL;

	if (add_fields(rq, &fields))
		return problem_set(p, 400, "bad-request", "a header field is too long");
	if (place->issuer && sign(place, rq, &fields, p))
		return -1;
	easy = curl_easy_init();
	if (!easy || set_up(easy, place, rq, fields))
		return problem_set(p, 500, "internal-error", "setting up the transfer failed");
	*ret_easy = steal_ptr(&easy);
	*ret_fields = steal_ptr(&fields);
	return 0;
}

/**
 * request_transport() - say why there was no answer
 * @code: of curl, not CURLE_OK
 * @error: its words, or ""
 * @p: filled in
 */
void request_transport(CURLcode code, const char *error, struct problem *p)
{
	const char *text = error[0] ? error : curl_easy_strerror(code);

	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		problem_set(p, 502, "server-certificate",
			    "the server's certificate is not trusted: %s", text);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		problem_set(p, 504, "server-timeout", "the server does not answer: %s", text);
		break;
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED:
		problem_set(p, 502, "server-answer", "the server's answer is too long");
		break;
	default:
		problem_set(p, 502, "server-unreachable", "the server cannot be reached: %s", text);
	}
}

/*
 * A code is a word, and not one of those by which caskd and libcask speak of this
 * machine or of a server: tools and their hints would take it for ours.
 */
static bool is_code(const char *text)
{
	static const char *const ours[] = {
		"agent-answer", "agent-unreachable", "file", "forbidden", "issuer-ambiguous",
		"issuer-unknown", "kernel", "license-unknown", "module-absent", "module-version",
		"not-registered", "server-answer", "server-certificate", "server-timeout",
		"server-unreachable", "store", "too-many-connections", "too-many-licenses",
		"too-many-requests", "transfer-interrupted",
	};

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (!strcmp(text, ours[i]))
			return false;
	return text[0] && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

static void take_price(const json_t *json, struct problem *p)
{
	const char *currency;
	uint64_t price;

	if (cask_json_string(json, "currency", PROBLEM_CURRENCY_SIZE - 1, &currency) ||
	    strlen(currency) != 3 || strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3 ||
	    cask_json_u64(json, "price", &price) || price > INT64_MAX)
		return;
	p->price = price;
	strcpy(p->currency, currency);
}

static void take_field(const json_t *json, struct problem *p)
{
	const char *field;

	if (cask_json_string(json, "field", PROBLEM_FIELD_MAX, &field) ||
	    field[strspn(field, "abcdefghijklmnopqrstuvwxyz0123456789_")])
		return;
	strcpy(p->field, field);
}

/**
 * request_refused() - say what the server said
 * @status: not 2xx
 * @body: problem+json, if it kept to the protocol
 * @size: of @body
 * @ret_time: its "time", or -1
 * @p: filled in; code and words are the server's
 */
void request_refused(long status, const void *body, size_t size, int64_t *ret_time,
		     struct problem *p)
{
	_cleanup_json_ json_t *json = NULL;
	const char *code, *detail;
	uint64_t time;

	*ret_time = -1;
	if (status < 400 || status > 599 || cask_json_parse(body, size, &json) ||
	    cask_json_string(json, "code", PROBLEM_CODE_MAX, &code) || !is_code(code)) {
		problem_set(p, 502, "server-answer", "the server answered with status %ld", status);
		return;
	}
	if (cask_json_string(json, "detail", PROBLEM_DETAIL_MAX, &detail) &&
	    cask_json_string(json, "title", PROBLEM_DETAIL_MAX, &detail))
		detail = "the server refuses";
	problem_set(p, status, code, "%s", detail);
	take_price(json, p);
	take_field(json, p);
	if (!cask_json_u64(json, "time", &time) && time <= INT64_MAX)
		*ret_time = time;
}

/**
 * request_resync() - take over the server's clock after "clock-skew"
 * @place: its skew is set
 * @time: of the server, or -1
 * @p: from request_refused()
 *
 * Return: whether signing anew makes sense.
 */
bool request_resync(const struct request_place *place, int64_t server_time,
		    const struct problem *p)
{
	if (!place->issuer || server_time < 0 || strcmp(p->code, "clock-skew"))
		return false;
	atomic_store(place->skew, server_time - (int64_t)time(NULL));
	cask_notice("%s: its clock differs by %lld s from ours", place->url,
		    (long long)atomic_load(place->skew));
	return true;
}

/**
 * struct body - an answer being received
 * @data: so far, with room for a zero
 * @size: of it
 * @max: it must not grow beyond
 */
struct body {
	uint8_t *data;
	size_t size;
	size_t max;
};

static size_t take(char *data, size_t one, size_t size, void *context)
{
	struct body *body = context;
	uint8_t *grown;

	if (size > body->max - body->size)
		return 0;
	grown = realloc(body->data, body->size + size + 1);
	if (!grown)
		return 0;
	memcpy(grown + body->size, data, size);
	body->data = grown;
	body->size += size;
	body->data[body->size] = 0;
	return size;
}

/**
 * request_is_type() - whether an answer has a media type
 * @easy: whose header fields are there
 * @expect: without parameters; servers may add a charset to JSON
 */
bool request_is_type(CURL *easy, const char *expect)
{
	size_t length = strlen(expect);
	char *type = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) || !type)
		return false;
	return !strncasecmp(type, expect, length) && (!type[length] || type[length] == ';' ||
						      type[length] == ' ');
}

enum outcome { DONE, FAILED, RETRY, RESYNC };

/**
 * struct reached - how far attempts came
 * @status: of the last answer
 * @retry_after: seconds that it asked for, 0 if it did not
 * @unsettled: one of them may have done at the server what was asked for
 * @refused: the last one was refused in a way that says what all of them did
 */
struct reached {
	long status;
	curl_off_t retry_after;
	bool unsettled;
	bool refused;
};

static enum outcome judge(CURL *easy, const struct request_place *place,
			  const struct request *rq, struct body *body, struct problem *p)
{
	int64_t server_time;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300) {
		if (rq->expect ? request_is_type(easy, rq->expect) : status == 204)
			return DONE;
		problem_set(p, 502, "server-answer", "the server answered with another media type");
		return FAILED;
	}
	request_refused(status, body->data ? body->data : (uint8_t *)"", body->size, &server_time, p);
	if (request_resync(place, server_time, p))
		return RESYNC;
	return status >= 502 && status <= 504 ? RETRY : FAILED;
}

/*
 * Whether a refusal stands for all that went out under one Idempotency-Key. A server
 * that does not want to know who asks, or to serve him, has not looked for what came before.
 */
static bool is_final(long status, const struct problem *p)
{
	return status >= 400 && status < 500 && p->status == status && status != 401 &&
	       strcmp(p->code, "user-disabled") && strcmp(p->code, "device-disabled");
}

/* Whether anything of the request went out: before that no server can have done anything. */
static bool was_sent(CURL *easy)
{
	long sent = 0;

	return !curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent) && sent > 0;
}

static enum outcome attempt(const struct request_place *place, const struct request *rq,
			    struct body *body, struct reached *ret, struct problem *p)
{
	_cleanup_slist_ struct curl_slist *fields = NULL;
	_cleanup_easy_ CURL *easy = NULL;
	char error[CURL_ERROR_SIZE] = "";
	enum outcome outcome;
	CURLcode code;

	body->size = 0;
	ret->refused = false;
	if (request_easy(place, rq, &easy, &fields, p))
		return FAILED;
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, WHOLE_SECONDS);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)body->max);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
	code = curl_easy_perform(easy);
	if (code) {
		request_transport(code, error, p);
		ret->unsettled |= was_sent(easy);
		return !strcmp(p->code, "server-unreachable") ? RETRY : FAILED;
	}
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &ret->status);
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &ret->retry_after);
	outcome = judge(easy, place, rq, body, p);
	ret->refused = outcome != DONE && is_final(ret->status, p);
	ret->unsettled |= ret->status < 400 || ret->status >= 500;
	return outcome;
}

/*
 * Each time four times as long, and each of many that failed together somewhere
 * in the second half of it. Returns false when the server asks for more.
 */
static bool wait_before(int try, const struct reached *reached)
{
	uint16_t random = 0;
	long ms = BACKOFF_MS;

	if (reached->retry_after > RETRY_AFTER_MAX)
		return false;
	for (int i = 1; i < try; i++)
		ms *= 4;
	crypto_random(&random, sizeof(random));
	ms = ms / 2 + ms / 2 * random / UINT16_MAX + reached->retry_after * 1000;
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
	return true;
}

/**
 * request_run() - ask a server, again if need be
 * @place: where
 * @rq: what
 * @ret_answer: of a success
 * @p: the server's problem, or codes server-unreachable, server-timeout,
 *	server-certificate, server-answer; or the module's when it does not sign.
 *	Its settled says what the attempts did at the server
 *
 * Return: 0 or -1.
 */
int request_run(const struct request_place *place, const struct request *rq,
		struct request_answer *ret_answer, struct problem *p)
{
	size_t max = rq->answer_max > REQUEST_PROBLEM_MAX ? rq->answer_max : REQUEST_PROBLEM_MAX;
	struct reached reached = { 0 };
	struct body body = { .max = max };
	bool resynced = false;
	enum outcome outcome;
	int tries = 0;

	do {
		if (tries && !wait_before(tries, &reached))
			break;
		reached.retry_after = 0;
		outcome = attempt(place, rq, &body, &reached, p);
		if (outcome == RESYNC && !resynced) {
			resynced = true;
			outcome = attempt(place, rq, &body, &reached, p);
		}
	} while (outcome == RETRY && !request_is_stopped() && ++tries < TRIES);
	if (outcome == DONE && body.size > rq->answer_max) {
		problem_set(p, 502, "server-answer", "the server's answer is too long");
		outcome = FAILED;
	}
	if (outcome != DONE) {
		p->settled = reached.refused ? SETTLED :
			     reached.unsettled ? SETTLED_NOT : SETTLED_CALL;
		free(body.data);
		return -1;
	}
	ret_answer->status = reached.status;
	ret_answer->data = body.data;
	ret_answer->size = body.size;
	return 0;
}
