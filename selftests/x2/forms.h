/* SPDX-License-Identifier: GPL-2.0 */
/*
 * forms.h - the forms in which a key may lie about: as it is, written down, and
 * as what ciphers and HMAC make of it.
 */
#ifndef CASK_SELFTESTS_FORMS_H
#define CASK_SELFTESTS_FORMS_H

#include <stddef.h>
#include <stdint.h>

/* No form is shorter than the window by which it is looked for, or longer than the most. */
#define FORM_MIN	16
#define FORM_MAX	64

/**
 * struct form - one form of a key
 * @name: of the form, "hex" or "aes-e3"
 * @bytes: it
 * @size: FORM_MIN to FORM_MAX
 */
struct form {
	char name[16];
	uint8_t bytes[FORM_MAX];
	size_t size;
};

typedef void (*form_fn)(const struct form *form, void *arg);

/* Every form of a key of 16 or 32 bytes, once. */
void forms_each(const uint8_t *key, size_t size, form_fn fn, void *arg);

#endif /* CASK_SELFTESTS_FORMS_H */
