// SPDX-License-Identifier: GPL-2.0
/*
 * form.c - what users are asked for when they register: the operator's list of fields.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "billing/account.h"
#include "file.h"
#include "form.h"
#include "json.h"
#include "log.h"
#include "user.h"

#define FORM_FILE_MAX	65536
#define PATTERN_MAX	256

static bool is_name(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz") &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

static int read_flag(const json_t *field, const char *name, bool *ret)
{
	json_t *flag = json_object_get(field, name);

	*ret = json_is_true(flag);
	return flag && !json_is_boolean(flag) ? -EINVAL : 0;
}

static int check_choices(const json_t *choices, const char *name)
{
	enum bill_method method;
	json_t *choice;
	size_t i;

	if (!json_is_array(choices) || !json_array_size(choices) ||
	    json_array_size(choices) > FORM_CHOICES_MAX)
		return -EINVAL;
	json_array_foreach(choices, i, choice) {
		const char *text = json_string_value(choice);

		if (!text || !*text || strlen(text) > FORM_VALUE_MAX)
			return -EINVAL;
		if (!strcmp(name, FORM_PAYMENT_METHOD) && account_method_parse(text, &method))
			return -EINVAL;
	}
	return 0;
}

/* The whole of a value has to match. */
static int compile(const char *pattern, regex_t *ret_regex)
{
	char whole[PATTERN_MAX + sizeof("^()$")];

	snprintf(whole, sizeof(whole), "^(%s)$", pattern);
	return regcomp(ret_regex, whole, REG_EXTENDED | REG_NOSUB) ? -EINVAL : 0;
}

static int read_values(const json_t *field, const char *name, size_t index, struct form *form,
		       json_t *plain)
{
	json_t *choices = json_object_get(field, "choices");
	const char *pattern = NULL;
	int ret = cask_json_string(field, "pattern", PATTERN_MAX, &pattern);

	if ((ret && ret != -ENOENT) || (pattern && choices))
		return -EINVAL;
	if (choices || !strcmp(name, FORM_PAYMENT_METHOD))
		return check_choices(choices, name) ?: json_object_set(plain, "choices", choices);
	if (!pattern)
		return 0;
	ret = compile(pattern, &form->patterns[index]);
	form->has_pattern[index] = !ret;
	return ret ? ret : json_object_set_new(plain, "pattern", json_string(pattern));
}

/* As clients are shown it: all that is understood, and nothing else. */
static int add_field(const json_t *field, struct form *form)
{
	size_t index = json_array_size(form->fields);
	const char *name, *title;
	bool required, secret;
	json_t *plain;

	if (index == FORM_FIELDS_MAX || cask_json_string(field, "name", FORM_NAME_MAX, &name) ||
	    !is_name(name) || form_has(form->fields, name) ||
	    cask_json_string(field, "title", FORM_TITLE_MAX, &title) ||
	    read_flag(field, "required", &required) || read_flag(field, "secret", &secret))
		return -EINVAL;
	/* Without them there is no account, and nobody shows a password. */
	required |= !strcmp(name, FORM_USER) || !strcmp(name, FORM_PASSWORD);
	secret |= !strcmp(name, FORM_PASSWORD);
	plain = json_pack("{s:s, s:s, s:b, s:b}", "name", name, "title", title,
			  "required", required, "secret", secret);
	if (json_array_append_new(form->fields, plain))
		return -ENOMEM;
	return read_values(field, name, index, form, plain);
}

static int read_form(const uint8_t *text, size_t size, struct form *form)
{
	_cleanup_json_ json_t *json = NULL;
	json_t *fields, *field;
	size_t i;
	int ret = cask_json_parse(text, size, &json);

	fields = json_object_get(json, "fields");
	form->fields = json_array();
	if (ret || !json_is_array(fields) || !json_array_size(fields))
		return -EINVAL;
	json_array_foreach(fields, i, field) {
		ret = add_field(field, form);
		if (ret) {
			cask_err("field %zu of the form is not as it must be", i + 1);
			return ret;
		}
	}
	/* An account without a name, or one that anyone of that name could take, is none. */
	return form_has(form->fields, FORM_USER) && form_has(form->fields, FORM_PASSWORD) ? 0 : -EINVAL;
}

/**
 * form_load() - read the operator's form
 * @path: of a JSON file {"fields": [{"name", "title", "required", "secret", "pattern" or "choices"}]}
 * @ret_form: to be given to form_free(), also on failure
 *
 * Return: 0, -EINVAL when it is malformed or lacks "user" or "password", or -errno of reading it;
 * what is wrong is logged.
 */
int form_load(const char *path, struct form *ret_form)
{
	uint8_t *text;
	size_t size;
	int ret = cask_file_read(path, FORM_FILE_MAX, &text, &size);

	if (!ret) {
		ret = read_form(text, size, ret_form);
		free(text);
	}
	if (ret)
		cask_err("%s: %s", path, ret == -EINVAL ? "is no form" : strerror(-ret));
	return ret;
}

/**
 * form_free() - free what a form holds
 * @form: may be zero
 */
void form_free(struct form *form)
{
	for (size_t i = 0; i < FORM_FIELDS_MAX; i++)
		if (form->has_pattern[i])
			regfree(&form->patterns[i]);
	json_decref(form->fields);
	memset(form, 0, sizeof(*form));
}

static const char *name_of(const json_t *field)
{
	return json_string_value(json_object_get(field, "name"));
}

/* A field without one of its choices; if there is no other, it is not asked for. */
static void append_without(json_t *fields, const json_t *field, const char *without)
{
	json_t *copy = json_copy((json_t *)field), *choices = json_array(), *choice;
	size_t i;

	json_array_foreach(json_object_get(field, "choices"), i, choice)
		if (strcmp(json_string_value(choice), without))
			json_array_append(choices, choice);
	json_object_set(copy, "choices", choices);
	if (json_array_size(choices))
		json_array_append(fields, copy);
	json_decref(choices);
	json_decref(copy);
}

/**
 * form_fields() - what to ask somebody for
 * @form: loaded
 * @asks: besides what is always asked for
 *
 * Return: fields of the form, a new reference, or NULL without memory.
 */
json_t *form_fields(const struct form *form, const struct form_asks *asks)
{
	json_t *fields = json_array(), *field;
	size_t i;

	json_array_foreach(form->fields, i, field) {
		if ((!asks->user && !strcmp(name_of(field), FORM_USER)) ||
		    (!asks->password && !strcmp(name_of(field), FORM_PASSWORD)))
			continue;
		if (!asks->prepaid && !strcmp(name_of(field), FORM_PAYMENT_METHOD))
			append_without(fields, field, account_method_name(BILL_PREPAID));
		else
			json_array_append(fields, field);
	}
	return fields;
}

/**
 * form_has() - whether a field is among others
 * @fields: of a form
 * @name: of the field
 *
 * Return: whether.
 */
bool form_has(const json_t *fields, const char *name)
{
	json_t *field;
	size_t i;

	json_array_foreach(fields, i, field)
		if (!strcmp(name_of(field), name))
			return true;
	return false;
}

static bool refuse(struct form_refusal *refusal, const char *code, const char *field)
{
	refusal->code = code;
	snprintf(refusal->field, sizeof(refusal->field), "%s", field);
	return false;
}

static const regex_t *pattern_of(const struct form *form, const char *name)
{
	json_t *field;
	size_t i;

	json_array_foreach(form->fields, i, field)
		if (!strcmp(name_of(field), name))
			return form->has_pattern[i] ? &form->patterns[i] : NULL;
	return NULL;
}

static bool is_choice(const json_t *choices, const char *text)
{
	json_t *choice;
	size_t i;

	json_array_foreach(choices, i, choice)
		if (!strcmp(json_string_value(choice), text))
			return true;
	return !choices;
}

static bool check_value(const struct form *form, const json_t *field, const json_t *said,
			struct form_refusal *refusal)
{
	const char *name = name_of(field), *text;
	const regex_t *pattern = pattern_of(form, name);
	int ret = cask_json_string(said, name, FORM_VALUE_MAX, &text);

	if (ret == -ENOENT && !json_is_true(json_object_get(field, "required")))
		return true;
	if (ret == -ENOENT)
		return refuse(refusal, "field-missing", name);
	if (ret || !is_choice(json_object_get(field, "choices"), text) ||
	    (pattern && regexec(pattern, text, 0, NULL, 0)) ||
	    (!strcmp(name, FORM_USER) && user_check_own_name(text)))
		return refuse(refusal, "field-malformed", name);
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return refuse(refusal, "field-malformed", name);
	return true;
}

/**
 * form_check() - whether what somebody said will do
 * @form: loaded
 * @fields: of it, what was asked for
 * @said: an object, a text for each field
 * @ret_refusal: what will not
 *
 * Return: whether.
 */
bool form_check(const struct form *form, const json_t *fields, const json_t *said,
		struct form_refusal *ret_refusal)
{
	json_t *field, *value;
	const char *name;
	size_t i;

	json_object_foreach((json_t *)said, name, value)
		if (!form_has(fields, name))
			return refuse(ret_refusal, "field-unknown", is_name(name) &&
				      strlen(name) <= FORM_NAME_MAX ? name : "?");
	json_array_foreach(fields, i, field)
		if (!check_value(form, field, said, ret_refusal))
			return false;
	return true;
}
