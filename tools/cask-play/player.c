// SPDX-License-Identifier: GPL-2.0
/*
 * player.c - put the descriptor into the player's words, and become the player.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "play.h"

/**
 * struct placeholder - what stands for the content in a player's words
 * @text: as it is written
 * @format: printf format of the descriptor
 */
static const struct placeholder {
	const char *text;
	const char *format;
} placeholders[] = {
	{ "{}", "/dev/fd/%d" },
	{ "{fd}", "%d" },
	{ "{fdurl}", "fd://%d" },
};

#define COUNT (sizeof(placeholders) / sizeof(placeholders[0]))

/* The placeholder that @text begins with, or NULL. */
static const struct placeholder *starts(const char *text)
{
	for (size_t i = 0; i < COUNT; i++)
		if (!strncmp(text, placeholders[i].text, strlen(placeholders[i].text)))
			return &placeholders[i];
	return NULL;
}

/**
 * player_has_placeholder() - whether the player would get the content at all
 * @words: NULL at the end
 */
bool player_has_placeholder(char *const *words)
{
	for (; *words; words++)
		for (const char *c = *words; *c; c++)
			if (starts(c))
				return true;
	return false;
}

static char *replace(const char *word, int fd)
{
	size_t size = 0;
	char *out = NULL;
	FILE *stream = open_memstream(&out, &size);

	if (!stream)
		return NULL;
	while (*word) {
		const struct placeholder *p = starts(word);

		if (!p) {
			fputc(*word++, stream);
			continue;
		}
		/* Only formats of the table above, each with one %d. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		fprintf(stream, p->format, fd);
#pragma GCC diagnostic pop
		word += strlen(p->text);
	}
	if (fclose(stream)) {
		free(out);
		return NULL;
	}
	return out;
}

/**
 * player_words() - the player's words with the descriptor in them
 * @words: NULL at the end
 * @fd: of the content
 *
 * Return: an allocated list of allocated words, or NULL without memory. It is
 * for exec, so nobody frees it.
 */
char **player_words(char *const *words, int fd)
{
	size_t count = 0;
	char **out;

	while (words[count])
		count++;
	out = calloc(count + 1, sizeof(*out));
	for (size_t i = 0; out && i < count; i++) {
		out[i] = replace(words[i], fd);
		if (!out[i])
			return NULL;
	}
	return out;
}

/**
 * player_keep() - have a descriptor stay open in the player
 * @fd: which
 *
 * Return: 0, or an exit status after saying why.
 */
int player_keep(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags >= 0 && !fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC))
		return 0;
	perror("cask-play: passing the content on");
	return STATUS_FAILED;
}

/**
 * player_exec() - become the player
 * @words: from player_words()
 * @fd: stays open in it
 *
 * There is no parent left, so signals and the exit status are the player's.
 *
 * Return: an exit status, only if it cannot be run.
 */
int player_exec(char **words, int fd)
{
	if (player_keep(fd))
		return STATUS_FAILED;
	execvp(words[0], words);
	fprintf(stderr, "cask-play: %s: %s\n", words[0], strerror(errno));
	return errno == ENOENT ? STATUS_NO_FILE : STATUS_NO_EXEC;
}
