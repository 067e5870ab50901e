// SPDX-License-Identifier: GPL-2.0
/* device.c - a device's answer as the server opens it, its MAC and its name made right. */
#include <string.h>

#include "cose.h"
#include "crypto.h"
#include "fuzz.h"
#include "pairwise.h"

static const uint8_t secret[32] = "what server and device both know";

/* The fuzzer cannot guess a MAC, nor the hash that a device is called by. */
static void complete(uint8_t *object, size_t size)
{
	struct cask_enrolment e;
	uint8_t key[32];

	if (cask_enrolment_parse(&e, object, size))
		return;
	/* An odd level stands for a device under another's name. */
	if (!(e.level & 1))
		cose_device_id(e.device_key.data, object + (e.device_id.data - object));
	if (pairwise_key(secret, CASK_INFO_ENROL, key) ||
	    crypto_hmac_sha256(key, sizeof(key), e.maced.data, e.maced.len,
			       object + (e.mac.data - object)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *object = malloc(size ? size : 1);
	struct pairwise_answer answer;
	int ret;

	memcpy(object, data, size);
	ret = pairwise_open_answer(secret, object, size, &answer);
	fuzz_errno(ret == -EBADMSG ? 0 : ret);
	if (!ret)
		abort();
	complete(object, size);
	ret = pairwise_open_answer(secret, object, size, &answer);
	fuzz_errno(ret);
	free(object);
	return 0;
}
