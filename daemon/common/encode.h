/* SPDX-License-Identifier: GPL-2.0 */
/*
 * encode.h - hex and base64 in the exact forms that Cask sends: one encoding
 * for each value, everything else is refused.
 */
#ifndef CASK_ENCODE_H
#define CASK_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#define CASK_HEX_SIZE(bytes)		((bytes) * 2 + 1)
#define CASK_BASE64_SIZE(bytes)		(((bytes) + 2) / 3 * 4 + 1)

char *cask_hex_encode(char *out, const void *data, size_t size);
int cask_hex_decode(void *out, size_t size, const char *text);

char *cask_base64url_encode(char *out, const void *data, size_t size);
int cask_base64url_decode(void *out, size_t capacity, const char *text, size_t *ret_size);

char *cask_base64_encode(char *out, const void *data, size_t size);
int cask_base64_decode(void *out, size_t capacity, const char *text, size_t length,
		       size_t *ret_size);

#endif /* CASK_ENCODE_H */
