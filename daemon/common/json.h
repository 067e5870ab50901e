/* SPDX-License-Identifier: GPL-2.0 */
/*
 * json.h - what is read out of JSON objects, each with its limit, over jansson.
 */
#ifndef CASK_JSON_H
#define CASK_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"

static inline void cask_cleanup_json(json_t **json)
{
	json_decref(*json);
}
#define _cleanup_json_ _cleanup_(cask_cleanup_json)

void cask_json_wipe(void);
int cask_json_parse(const void *text, size_t size, json_t **ret);
int cask_json_string(const json_t *object, const char *key, size_t max, const char **ret);
int cask_json_u64(const json_t *object, const char *key, uint64_t *ret);
int cask_json_hex(const json_t *object, const char *key, void *out, size_t size);
int cask_json_base64url(const json_t *object, const char *key, size_t max, uint8_t **ret_data,
			size_t *ret_size);
json_t *cask_json_new_hex(const void *data, size_t size);
json_t *cask_json_new_base64url(const void *data, size_t size);

#endif /* CASK_JSON_H */
