// SPDX-License-Identifier: GPL-2.0
/*
 * prompt.c - ask the user at the terminal; secrets without showing them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "prompt.h"

/**
 * prompt_possible() - whether there is somebody to ask
 *
 * Return: whether standard input and error are a terminal.
 */
bool prompt_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* Titles are a server's words. */
static void print_title(const char *title)
{
	for (const unsigned char *c = (const unsigned char *)title; *c; c++)
		fputc(*c < ' ' || *c == 0x7f || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) ? '?' : *c,
		      stderr);
}

/**
 * prompt_line() - a line of standard input
 * @ret_text: without its end
 *
 * Return: 0, -ENODATA when there is none, or -E2BIG.
 */
int prompt_line(char ret_text[PROMPT_MAX])
{
	size_t length;

	if (!fgets(ret_text, PROMPT_MAX, stdin))
		return -ENODATA;
	length = strcspn(ret_text, "\r\n");
	if (!ret_text[length] && !feof(stdin))
		return -E2BIG;
	ret_text[length] = 0;
	return 0;
}

/**
 * prompt_text() - ask for something that may be seen
 * @title: what for
 * @ret_text: the answer, "" for none
 *
 * Return: as prompt_line().
 */
int prompt_text(const char *title, char ret_text[PROMPT_MAX])
{
	print_title(title);
	fputs(": ", stderr);
	return prompt_line(ret_text);
}

/**
 * prompt_user() - ask who somebody is
 * @title: why
 * @ret_id: user id; asked for when it is ""
 * @ret_password: the caller wipes it
 *
 * Without a terminal the password is a line of standard input.
 *
 * Return: as prompt_line(); -ENOTTY when there is nobody to ask for the user id.
 */
int prompt_user(const char *title, char ret_id[PROMPT_MAX], char ret_password[PROMPT_MAX])
{
	int ret = 0;

	if (!prompt_possible())
		return *ret_id ? prompt_line(ret_password) : -ENOTTY;
	fprintf(stderr, "%s\n", title);
	if (!*ret_id)
		ret = prompt_text("User id", ret_id);
	return ret ? ret : prompt_secret("Password", ret_password);
}

/**
 * prompt_secret() - ask for something that is not to be seen
 * @title: what for
 * @ret_text: the answer, "" for none; the caller wipes it
 *
 * Return: as prompt_line().
 */
int prompt_secret(const char *title, char ret_text[PROMPT_MAX])
{
	char *typed;
	size_t length;

	print_title(title);
	/* It turns the echo off, throws away what was typed before that, and then prompts. */
	typed = getpass(": ");
	if (!typed)
		return -ENODATA;
	length = strlen(typed);
	if (length < PROMPT_MAX)
		memcpy(ret_text, typed, length + 1);
	explicit_bzero(typed, length);
	return length < PROMPT_MAX ? 0 : -E2BIG;
}
