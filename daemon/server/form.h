/* SPDX-License-Identifier: GPL-2.0 */
/*
 * form.h - what users are asked for when they register.
 */
#ifndef CASK_FORM_H
#define CASK_FORM_H

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>

#define FORM_FIELDS_MAX		32
#define FORM_NAME_MAX		32	/* bytes */
#define FORM_TITLE_MAX		128
#define FORM_VALUE_MAX		256
#define FORM_CHOICES_MAX	32

/* Fields that mean something here; all others are kept as they are. */
#define FORM_USER		"user"
#define FORM_PASSWORD		"password"
#define FORM_PAYMENT_METHOD	"payment_method"
#define FORM_PAYMENT		"payment_"	/* what begins so is for the payment provider */

/**
 * struct form - what users are asked for
 * @fields: [{"name", "title", "required", "secret", "pattern" or "choices"}], or NULL: for nothing
 * @patterns: compiled, by the index of the field
 * @has_pattern: likewise
 */
struct form {
	json_t *fields;
	regex_t patterns[FORM_FIELDS_MAX];
	bool has_pattern[FORM_FIELDS_MAX];
};

/**
 * struct form_refusal - what is wrong with what a user said
 * @code: of the protocol
 * @field: which
 */
struct form_refusal {
	const char *code;
	char field[FORM_NAME_MAX + 1];
};

int form_load(const char *path, struct form *ret_form);
void form_free(struct form *form);
/**
 * struct form_asks - what depends on who is asked
 * @user: whose account it will be is not known
 * @password: nor is a password
 * @prepaid: who pays beforehand may register: it costs nothing
 */
struct form_asks {
	bool user;
	bool password;
	bool prepaid;
};

json_t *form_fields(const struct form *form, const struct form_asks *asks);
bool form_has(const json_t *fields, const char *name);
bool form_check(const struct form *form, const json_t *fields, const json_t *said,
		struct form_refusal *ret_refusal);

#endif /* CASK_FORM_H */
