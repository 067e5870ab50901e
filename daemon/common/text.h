/* SPDX-License-Identifier: GPL-2.0 */
/*
 * text.h - bytes as lower-case hex and as base64url without padding (RFC 4648).
 */
#ifndef CASK_COMMON_TEXT_H
#define CASK_COMMON_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Sizes of the encoded text with its terminating zero. */
#define TEXT_HEX_SIZE(n)	(2 * (n) + 1)
#define TEXT_BASE64URL_SIZE(n)	(((n) * 4 + 2) / 3 + 1)

void text_hex(const void *data, size_t size, char *ret_text);
int text_from_hex(const char *text, void *ret_data, size_t size);

void text_base64url(const void *data, size_t size, char *ret_text);
/* Exactly size bytes. */
int text_from_base64url(const char *text, void *ret_data, size_t size);
/* At most max bytes, allocated; the caller frees (and wipes, if secret). */
int text_from_base64url_alloc(const char *text, size_t max, uint8_t **ret_data, size_t *ret_size);

#endif /* CASK_COMMON_TEXT_H */
