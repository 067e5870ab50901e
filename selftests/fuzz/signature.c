// SPDX-License-Identifier: GPL-2.0
/* signature.c - the headers of a signed request, and the base that they are about. */
#include <string.h>

#include "fuzz.h"
#include "signature.h"

/* One text has one meaning: what was read writes the same. */
static void input(const char *text)
{
	char again[SIGNATURE_INPUT_MAX];
	struct signature_params p;
	int ret = signature_parse_input(text, &p);

	fuzz_errno(ret);
	if (ret)
		return;
	signature_input(&p, again);
	if (strcmp(again, text))
		abort();
}

static void value(const char *text)
{
	char again[SIGNATURE_VALUE_MAX];
	uint8_t mac[CASK_MAC_SIZE];
	int ret = signature_parse_value(text, mac);

	fuzz_errno(ret);
	if (ret)
		return;
	signature_value(mac, again);
	if (strcmp(again, text))
		abort();
}

/* The lines of the input, in order, are what a request says; an absent one is empty. */
static void base(char *text)
{
	const char *parts[6] = { "", "", "", "", "", "" };
	struct signature_params params = { 0 };
	struct signature_message message;
	char out[SIGNATURE_BASE_MAX];
	size_t size = 0;
	char *save = NULL;
	int ret;

	for (int i = 0; i < 6 && (text = strtok_r(i ? NULL : text, "\n", &save)); i++)
		parts[i] = text;
	message = (struct signature_message){ parts[0], parts[1], parts[2], parts[3],
					      parts[4][0] ? parts[4] : NULL,
					      parts[5][0] ? parts[5] : NULL };
	params.has_digest = message.digest;
	params.has_key = message.idempotency_key;
	ret = signature_base(&message, &params, out, &size);
	if (ret && ret != -EINVAL && ret != -E2BIG)
		abort();
	if (!ret && (size > sizeof(out) || memchr(out, 0, size)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = 0;
	input(text);
	value(text);
	base(text);
	free(text);
	return 0;
}
