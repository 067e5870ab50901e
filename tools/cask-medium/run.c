// SPDX-License-Identifier: GPL-2.0
/*
 * run.c - run another program: mke2fs, e2fsck, mount.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "medium.h"

/* Where programs of root are, which are not in everybody's PATH. */
static void run(char *const *words)
{
	const char *path = getenv("PATH");
	char *longer;

	if (asprintf(&longer, "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin") > 0)
		setenv("PATH", longer, 1);
	/* What it says is for people, and standard output may be JSON. */
	if (dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
		execvp(words[0], words);
	_exit(127);
}

/**
 * run_program() - run a program to its end; what it prints goes to standard error
 * @words: its name and arguments, NULL at the end
 * @ret_status: its exit status; 127 when there is none of this name, 128 and more by signals
 *
 * Return: 0 or -errno.
 */
int run_program(const char *const *words, int *ret_status)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		run((char *const *)words);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}
