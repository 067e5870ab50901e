// SPDX-License-Identifier: GPL-2.0
/*
 * conditions.c - print what a license that is offered costs, and what it is bound by.
 */
#include <string.h>

#include "conditions.h"
#include "words.h"

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* Of one, without its "s". */
static void print_unit(FILE *file, const json_t *unit, json_int_t count)
{
	const char *text = json_string_value(unit);
	char one[32];

	if (!text)
		text = "";
	snprintf(one, sizeof(one), "%.*s", (int)strlen(text) - 1, text);
	words_print(file, count == 1 && *text ? one : text);
}

/**
 * conditions_price() - print an amount
 * @file: where to
 * @price: in hundredths
 * @currency: three letters, as a server says them
 */
void conditions_price(FILE *file, json_int_t price, const char *currency)
{
	fprintf(file, "%llu.%02llu ", (unsigned long long)price / 100, (unsigned long long)price % 100);
	words_print(file, currency);
}

/**
 * conditions_use() - print what is charged for use, beside the price
 * @file: where to
 * @term: as the agent says it; without a price of use nothing is printed
 * @before: goes before it
 * @currency: of it
 */
void conditions_use(FILE *file, const json_t *term, const char *before, const char *currency)
{
	const json_t *use = json_object_get(term, "use");
	json_int_t units = number(use, "units");

	if (!use)
		return;
	fprintf(file, "%sand ", before);
	conditions_price(file, number(use, "price"), currency);
	if (units == 1)
		fputs(" for each ", file);
	else
		fprintf(file, " for %lld ", (long long)units);
	print_unit(file, json_object_get(use, "unit"), units);
}

static void print_meter(FILE *file, const json_t *term, const char *before)
{
	const json_t *meter = json_object_get(term, "meter");
	const char *unit = json_string_value(json_object_get(meter, "unit"));

	if (meter) {
		fprintf(file, "%smetered in ", before);
		words_print(file, unit ? unit : "?");
	}
	if (json_is_true(json_object_get(term, "use_log")))
		fprintf(file, "%seach use is logged and reported", before);
}

static void print_permissions(FILE *file, const json_t *term, const char *before)
{
	const json_t *word;
	size_t i;

	json_array_foreach(json_object_get(term, "permissions"), i, word) {
		fprintf(file, "%spermits to ", before);
		words_print(file, json_string_value(word) ? json_string_value(word) : "?");
	}
}

/**
 * conditions_more() - print what a license is bound by, beside period, openings and price
 * @file: where to
 * @term: as the agent says it; what there is not is not printed
 * @before: goes before each
 */
void conditions_more(FILE *file, const json_t *term, const char *before)
{
	static const struct {
		const char *name;
		const char *words;
	} counts[] = {
		{ "max_offline_opens", "openings offline" }, { "max_exports", "copies to media" },
		{ "max_checkouts", "check-outs" }, { "at_once", "of them at once" },
	};

	print_meter(file, term, before);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (number(term, counts[i].name))
			fprintf(file, "%s%lld %s", before, (long long)number(term, counts[i].name),
				counts[i].words);
	print_permissions(file, term, before);
	if (number(term, "download_period"))
		fprintf(file, "%sits file is accepted for %.4g days", before,
			number(term, "download_period") / 86400.0);
}
