// SPDX-License-Identifier: GPL-2.0
/*
 * prompt.c - ask the user at the terminal; secrets without showing them.
 */
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "prompt.h"
#include "words.h"

static void free_wiped(void *data)
{
	if (data)
		explicit_bzero(data, malloc_usable_size(data));
	free(data);
}

/**
 * prompt_wipe() - have jansson wipe what it frees
 *
 * What is asked for here goes out as JSON. Call first in a program that does so.
 */
void prompt_wipe(void)
{
	json_set_alloc_funcs(malloc, free_wiped);
}

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
	words_print(stderr, title);
	fputs(": ", stderr);
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
	int ret = 0, c;

	if (!fgets(ret_text, PROMPT_MAX, stdin))
		return -ENODATA;
	length = strcspn(ret_text, "\r\n");
	if (!strchr(ret_text + length, '\n') && !feof(stdin)) {
		/* The end of the line fits in no more; what else there is of it is no next answer. */
		while ((c = getchar()) != '\n' && c != EOF)
			if (c != '\r')
				ret = -E2BIG;
	}
	ret_text[length] = 0;
	return ret;
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

/* --- what is not to be seen --- */

static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
#define DEADLY	(sizeof(deadly) / sizeof(deadly[0]))

/* The terminal as it was, for who is interrupted. */
static struct termios seen;

static void leave(int number)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &seen);
	/* It is let go when this returns, and does what it did before. */
	raise(number);
}

static void catch(struct sigaction before[DEADLY])
{
	const struct sigaction action = { .sa_handler = leave, .sa_flags = SA_RESETHAND | SA_RESTART };

	for (size_t i = 0; i < DEADLY; i++) {
		sigaction(deadly[i], NULL, &before[i]);
		if (before[i].sa_handler == SIG_DFL)
			sigaction(deadly[i], &action, NULL);
	}
}

static void let_go(const struct sigaction before[DEADLY])
{
	for (size_t i = 0; i < DEADLY; i++)
		sigaction(deadly[i], &before[i], NULL);
}

/* What is typed before it is asked for stays, and who stops the program in between would show the rest. */
static int hide(void)
{
	struct termios hidden;

	if (tcgetattr(STDIN_FILENO, &seen))
		return -errno;
	hidden = seen;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	hidden.c_lflag |= ICANON | ISIG;
	hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
	return tcsetattr(STDIN_FILENO, TCSANOW, &hidden) ? -errno : 0;
}

/* Not by stdio, which would keep it. */
static int read_line(char ret_text[PROMPT_MAX])
{
	size_t length = 0;
	bool fits = true;
	ssize_t n;
	char c;

	while ((n = read(STDIN_FILENO, &c, 1)) && (n == 1 ? c != '\n' : errno == EINTR)) {
		if (n < 0)
			continue;
		fits = fits && length + 1 < PROMPT_MAX;
		if (fits)
			ret_text[length++] = c;
	}
	ret_text[length] = 0;
	explicit_bzero(&c, sizeof(c));
	if (n != 1 && !length)
		return -ENODATA;
	return fits ? 0 : -E2BIG;
}

/**
 * prompt_secret() - ask for something that is not to be seen
 * @title: what for
 * @ret_text: the answer, "" for none; the caller wipes it
 *
 * Return: as prompt_line(); -ENOTTY when standard input is no terminal.
 */
int prompt_secret(const char *title, char ret_text[PROMPT_MAX])
{
	struct sigaction before[DEADLY];
	int ret;

	catch(before);
	ret = hide();
	if (!ret) {
		print_title(title);
		ret = read_line(ret_text);
		tcsetattr(STDIN_FILENO, TCSANOW, &seen);
		fputc('\n', stderr);
	}
	let_go(before);
	return ret;
}

/* --- who asks --- */

/**
 * prompt_as() - ask for something, as a user where one has to
 * @title: why
 * @user: id of who asks; NULL: nobody, and where a user has to, whoever sits there says who it is
 * @call: asks, perhaps twice
 * @context: of @call
 * @error: on failure
 *
 * Return: 0 or -1.
 */
int prompt_as(const char *title, const char *user, prompt_call *call, void *context,
	      struct cask_error *error)
{
	char id[PROMPT_MAX] = "", password[PROMPT_MAX];
	const struct cask_user who = { .id = id, .password = password };
	int ret = -1;

	if (!user && !call(context, NULL, error))
		return 0;
	if (!user && (strcmp(error->code, "user-wanted") || !prompt_possible()))
		return -1;
	snprintf(id, sizeof(id), "%s", user ? user : "");
	if (!prompt_user(title, id, password))
		ret = call(context, &who, error);
	else
		*error = (struct cask_error){ .code = "user-wanted", .text = "there is no password" };
	explicit_bzero(password, sizeof(password));
	return ret;
}
