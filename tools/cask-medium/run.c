// SPDX-License-Identifier: GPL-2.0
/*
 * run.c - run another program: mke2fs, e2fsck, mount.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "medium.h"

/* Whether the file is there where RUN_FILE says. dup2() onto itself leaves close-on-exec as it is. */
static bool give(int fd)
{
	return fd < 0 || (fd == RUN_FD ? !fcntl(fd, F_SETFD, 0) : dup2(fd, RUN_FD) == RUN_FD);
}

/* Where programs of root are, which are not in everybody's PATH. */
static void run(char *const *words, int fd)
{
	const char *path = getenv("PATH");
	char *longer;

	if (asprintf(&longer, "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin") > 0)
		setenv("PATH", longer, 1);
	/* What it says is for people, and standard output may be JSON. */
	if (dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 && give(fd))
		execvp(words[0], words);
	_exit(127);
}

/**
 * run_program() - run a program to its end; what it prints goes to standard error
 * @words: its name and arguments, NULL at the end
 * @fd: of a file that it gets as RUN_FILE, or -1
 * @ret_status: its exit status; 127 when there is none of this name, 128 and more by signals
 *
 * Return: 0 or -errno.
 */
int run_program(const char *const *words, int fd, int *ret_status)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		run((char *const *)words, fd);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}
