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

/**
 * struct play - the command line
 * @has_license: a license was named
 * @license: which
 * @yes: get a license without asking
 * @price: that may be paid for one, in hundredths
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

/* acquire.c */
int acquire_license(const struct play *p, const struct cask_header *header, int why);
int acquire_class(const struct play *p, const struct cask_medium_head *head);

/* medium.c */
int medium_open(const struct play *p, int content, int *ret_medium);

#endif /* CASK_PLAY_H */
