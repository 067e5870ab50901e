// SPDX-License-Identifier: GPL-2.0
/*
 * third.c - the third layer of a medium that is being made: an ext4 with the files in it.
 *
 * What goes onto it is copied into a directory first, and looked at on the way: mke2fs
 * takes it from there, and needs no mount and no root.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../contents/store.h"
#include "file.h"
#include "scratch.h"
#include "suite.h"
#include "text.h"
#include "third.h"

#define BLOCK		4096	/* of the file system */
#define CHUNK		(1U << 20)
#define FILE_MODE	0644	/* whoever mounts it may read it: it is enciphered, or for everyone */

/**
 * third_stage() - make a directory for what goes onto the third layer
 * @beside: a path; the directory lies beside it
 * @ret_dir: the caller frees; it is scratch, as all that the functions below put there
 *
 * Return: 0 or -errno.
 */
int third_stage(const char *beside, char **ret_dir)
{
	_cleanup_free_ char *dir = NULL;
	int ret;

	if (asprintf(&dir, "%s.XXXXXX", beside) < 0) {
		dir = NULL;
		return -ENOMEM;
	}
	if (!mkdtemp(dir))
		return -errno;
	ret = scratch_add(dir);
	if (ret) {
		rmdir(dir);
		return ret;
	}
	*ret_dir = steal_ptr(&dir);
	return 0;
}

/* A new file in the directory: two of one name are refused. */
static int create(const char *dir, const char *name)
{
	_cleanup_free_ char *path = cask_file_path(dir, name);
	int fd, ret = path ? scratch_add(path) : -ENOMEM;

	if (ret)
		return ret;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, FILE_MODE)) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int copy(int from, int to)
{
	_cleanup_free_ uint8_t *buffer = malloc(CHUNK);
	ssize_t n;
	int ret = buffer ? 0 : -ENOMEM;

	while (!ret && (n = cask_file_fill(from, buffer, CHUNK)) != 0)
		ret = n < 0 ? n : cask_file_put(to, buffer, n);
	return ret;
}

/**
 * third_add_file() - put any file onto the third layer
 * @dir: of third_stage()
 * @path: the file; it keeps its name
 *
 * Return: 0, -EEXIST when there is one of this name, -EINVAL for what is no regular file,
 * or another -errno.
 */
int third_add_file(const char *dir, const char *path)
{
	_cleanup_close_ int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_close_ int to = -1;
	struct stat st;

	if (from < 0 || fstat(from, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	to = create(dir, name_of(path));
	return to < 0 ? to : copy(from, to);
}

/**
 * third_add_content() - put a content's file onto the third layer
 * @server: open
 * @dir: of third_stage()
 * @content: on offer
 * @key: Kc
 * @path: the file; NULL: the store's, if the content has one
 *
 * A .cask file is the content's, and authentic, or refused. Return: 0, -EEXIST when there is a
 * file of this name, what store_copy() and third_add_file() say, or another -errno.
 */
int third_add_content(struct server *server, const char *dir, const struct content *content,
		      const uint8_t key[CASK_KEY_SIZE], const char *path)
{
	char name[TEXT_HEX_SIZE(CASK_ID_SIZE) + sizeof(".cask")];
	_cleanup_close_ int to = -1;

	if (!content->file_size)
		return path ? third_add_file(dir, path) : 0;
	text_hex(content->id, sizeof(content->id), name);
	strcat(name, ".cask");
	to = create(dir, path ? name_of(path) : name);
	return to < 0 ? to : store_copy(server, content, key, path, to);
}

/* mke2fs opens anew what is open here, and not what has its name by now. */
static void __attribute__((noreturn)) run_mke2fs(const char *dir, int image, uint64_t offset,
						 uint64_t size)
{
	char file[32], blocks[24], extended[96];

	/* mke2fs is in none of the directories that users search. */
	setenv("PATH", "/usr/sbin:/sbin:/usr/local/sbin:/usr/bin:/bin", 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	fcntl(image, F_SETFD, 0);
	snprintf(file, sizeof(file), "/proc/self/fd/%d", image);
	snprintf(blocks, sizeof(blocks), "%" PRIu64, size / BLOCK);
	snprintf(extended, sizeof(extended), "offset=%" PRIu64 ",root_owner=0:0,nodiscard", offset);
	execlp("mke2fs", "mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-L", "cask",
	       "-d", dir, "-E", extended, "--", file, blocks, NULL);
	fprintf(stderr, "mke2fs: %s\n", strerror(errno));
	_exit(127);
}

/**
 * third_make() - make the file system
 * @dir: of third_stage(), with what goes onto it
 * @image: descriptor of the medium, that long already
 * @offset: of the third layer, bytes
 * @size: of it, bytes
 *
 * Return: 0; -ECHILD when mke2fs failed, and has said why, such as that the files have no room;
 * or another -errno.
 */
int third_make(const char *dir, int image, uint64_t offset, uint64_t size)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		run_mke2fs(dir, image, offset, size);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status ? -ECHILD : 0;
}
