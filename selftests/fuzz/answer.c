// SPDX-License-Identifier: GPL-2.0
/* answer.c - what a server answers the client: problems, a distributor, its URL, an EKB. */
#include <string.h>

#include "caskd/block.h"
#include "caskd/server.h"
#include "fuzz.h"
#include "json.h"
#include "lib/internal.h"

/* What goes on to programs and terminals is short, and a code is a word. */
static void problem(const uint8_t *data, size_t size)
{
	struct cask_error error;
	struct problem p;
	int64_t time;

	request_refused(403, data, size, &time, &p);
	if (p.status < 400 || p.status > 599 || time < -1 ||
	    strnlen(p.code, sizeof(p.code)) == sizeof(p.code) ||
	    strspn(p.code, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(p.code) ||
	    strnlen(p.detail, sizeof(p.detail)) == sizeof(p.detail))
		abort();
	cask_agent_refused(403, data, size, &error);
	for (const char *c = error.text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			abort();
}

static void distributor(const uint8_t *data, size_t size)
{
	struct server_bundle bundle;
	json_t *json;
	int ret = cask_json_parse(data, size, &json);

	fuzz_errno(ret);
	if (ret)
		return;
	ret = server_bundle_read(json, &bundle);
	if (ret && ret != -EINVAL && ret != -ENOENT && ret != -EMSGSIZE)
		abort();
	if (!ret && (bundle.grant_size > CASK_STATEMENT_MAX ||
		     bundle.scope_size > CASK_STATEMENT_MAX ||
		     bundle.provisioning_key_size > CASK_COSE_KEY_MAX))
		abort();
	server_bundle_clear(&bundle);
	json_decref(json);
}

/* A normal form is its own normal form. */
static void url(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	char once[REQUEST_URL_MAX], twice[REQUEST_URL_MAX];
	struct problem p;

	if (!request_url(text, once, &p) && (request_url(once, twice, &p) || strcmp(once, twice)))
		abort();
	free(text);
}

/* Its parts are all of it, whatever it says of their lengths. */
static void block(const uint8_t *data, size_t size)
{
	struct block b = { .data = (uint8_t *)data, .size = size };
	int ret = block_read(&b);

	fuzz_errno(ret);
	if (!ret && sizeof(uint32_t) + b.statement.size + b.entries.size != size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	problem(data, size);
	distributor(data, size);
	url(data, size);
	block(data, size);
	return 0;
}
