/* SPDX-License-Identifier: GPL-2.0 */
/*
 * play.h - the steps of cask-play: arguments, opening, the player.
 */
#ifndef CASK_PLAY_H
#define CASK_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "cask.h"

/* Exit statuses of our own; 126 and 127 are a shell's for what cannot be run. */
#define STATUS_FAILED	1
#define STATUS_USAGE	2
#define STATUS_NO_EXEC	126
#define STATUS_NO_FILE	127

#define POLICY_TERMS_MAX	16
#define POLICY_DEFAULT		"/etc/cask/cask-play.policy"

#define POLICY_UNITS		4	/* in which use is charged for */

/**
 * struct use_bound - what use may cost
 * @price: most of @units, in hundredths
 * @units: 0: nothing may be charged
 */
struct use_bound {
	uint64_t price;
	uint64_t units;
};

/**
 * struct policy - what may be decided without asking
 * @max_price: most that may be paid for a license or its renewal, in hundredths
 * @use: and for its use then, in each unit
 * @terms: names of terms, the best first
 * @term_count: of @terms; 0: the cheapest
 */
struct policy {
	uint64_t max_price;
	struct use_bound use[POLICY_UNITS];
	char *terms[POLICY_TERMS_MAX];
	size_t term_count;
};

/**
 * struct play - the command line
 * @has_license: a license was named
 * @license: which
 * @yes: get a license without asking
 * @price: that may be paid for one, in hundredths
 * @term: name of the term to get or renew one with, or NULL
 * @only_renew: do not get another
 * @times: how many times the term
 * @policy: of @yes
 * @has_policy: it was named
 * @medium: path of the medium with the license, or NULL for the one that @path lies on
 * @socket: of caskd, or NULL for the default
 * @path: the .cask file
 * @player: words of the player, with placeholders, NULL at the end
 */
struct play {
	bool has_license;
	uint8_t license[CASK_ID_SIZE];
	bool yes;
	uint64_t price;
	const char *term;
	bool only_renew;
	uint32_t times;
	struct policy policy;
	bool has_policy;
	const char *medium;
	const char *socket;
	const char *path;
	char **player;
};

/* player.c */
bool player_has_placeholder(char *const *words);
char **player_words(char *const *words, int fd);
int player_exec(char **words, int fd);

int player_keep(int fd);

/* policy.c */
int policy_read(const char *path, struct policy *ret_policy);
bool policy_allows_use(const struct policy *policy, const json_t *term);

/**
 * struct offer - what was chosen
 * @term: its name, or NULL: the content's own conditions
 * @quantity: how many times
 * @price: of all, in hundredths
 */
struct offer {
	const char *term;
	uint32_t quantity;
	uint64_t price;
};

/**
 * struct choice - what there is to choose
 * @why: errno for which the content does not open
 * @can: that something can be done about it
 * @hint: the options that do
 */
struct choice {
	int why;
	const char *can;
	const char *hint;
};

/* What is not there, or something else, is 0 or "". */
static inline json_int_t json_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static inline const char *json_word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* terms.c */
void terms_take_own(json_t *answer);
void terms_print_one(const json_t *term, const char *currency);
void terms_refuse(const json_t *terms, const char *currency);
bool terms_choose(const struct play *p, const json_t *answer, const struct choice *choice,
		  struct offer *ret);

/* renew.c */
int renew_license(struct cask_agent *agent, const struct play *p, const struct cask_header *header,
		  int why, bool *ret_done);

/* acquire.c */
int explain_agent(const struct cask_error *error, const char *name);
int take_license(json_t *license);
bool is_license_of(const json_t *license, const struct cask_header *header);
int acquire_word(const struct play *p, const struct cask_header *header);
int acquire_license(const struct play *p, const struct cask_header *header, int why);
int acquire_class(const struct play *p, const struct cask_medium_head *head);

/* medium.c */
int medium_open(const struct play *p, int content, int *ret_medium);

#endif /* CASK_PLAY_H */
