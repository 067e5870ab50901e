// SPDX-License-Identifier: GPL-2.0
/*
 * cask-pack.c - the program cask-pack, run as users run it: what it leaves behind
 * when all goes well, when the disk is full and when it is killed.
 */
#include "unit.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jwk.h"
#include "scratch.h"
#include "unpack.h"

#define ISSUER		"abababababababababababababababababababababababababababababababab"
#define OPTION_MAX	16

static char program[PATH_MAX];
static char *dir;

/* --- running it --- */

/**
 * struct run - a run of cask-pack in dir
 * @pid: of it
 * @in: write end of its standard input
 * @err: read end of its standard error
 * @text: what it said there
 */
struct run {
	pid_t pid;
	int in;
	int err;
	char text[4096];
};

enum how { PLAIN, NO_TMPFILE, KILL_AT_LINK, FAIL_AT_LINK, SMALL_FILES, ORDINARY };

/* A kernel or file system where this system call, with these flags, does not work. */
static void filter(unsigned int nr, unsigned int arg, uint32_t bits, uint32_t action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[arg])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		_exit(99);
}

static void set_up(enum how how)
{
	struct rlimit small = { 300000, 300000 };

	switch (how) {
	case PLAIN:
		break;
	case NO_TMPFILE:
		filter(SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, SECCOMP_RET_ERRNO | EOPNOTSUPP);
		break;
	case KILL_AT_LINK:
		filter(SYS_linkat, 4, AT_SYMLINK_FOLLOW, SECCOMP_RET_KILL_PROCESS);
		break;
	case FAIL_AT_LINK:
		filter(SYS_linkat, 4, AT_SYMLINK_FOLLOW, SECCOMP_RET_ERRNO | EPERM);
		break;
	case ORDINARY:
		/* Permissions hold for it, even if it is root. */
		prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
		prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH);
		break;
	case SMALL_FILES:
		setrlimit(RLIMIT_FSIZE, &small);
		break;
	}
}

static struct run start(enum how how, char *const *argv)
{
	struct run r = { 0 };
	int in[2], err[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	fflush(stdout);
	r.pid = fork();
	assert_true(r.pid >= 0);
	if (!r.pid) {
		dup2(in[0], 0);
		dup2(err[1], 1);
		dup2(err[1], 2);
		/* What was ignored by whoever runs the tests, it would ignore as well. */
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		if (chdir(dir))
			_exit(98);
		set_up(how);
		execv(program, argv);
		_exit(97);
	}
	close(in[0]);
	close(err[1]);
	r.in = in[1];
	r.err = err[0];
	return r;
}

/* Its status as waitpid() gives it; its words in r->text. */
static int finish(struct run *r)
{
	size_t n = 0;
	ssize_t got;
	int status;

	if (r->in >= 0)
		close(r->in);
	while ((got = read(r->err, r->text + n, sizeof(r->text) - 1 - n)) > 0)
		n += got;
	r->text[n] = 0;
	close(r->err);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	return status;
}

#define ARGS(...) ((char *const []){ "cask-pack", __VA_ARGS__, NULL })
#define EXITED(n) ((n) << 8)

static int run(char *const *argv, char text[4096])
{
	struct run r = start(PLAIN, argv);
	int status = finish(&r);

	if (text)
		memcpy(text, r.text, sizeof(r.text));
	return status;
}

/* --- the directory it runs in --- */

static const char *in_dir(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* Names in dir, sorted by nothing: how many there are. */
static int entries(void)
{
	DIR *d = opendir(dir);
	int n = -2;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static bool exists(const char *name)
{
	struct stat st;

	return !lstat(in_dir(name), &st);
}

static void write_file(const char *name, const void *data, size_t size)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static int clear(void **state)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return -1;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			unlink(in_dir(e->d_name));
	closedir(d);
	return 0;
}

static void expect_content(const char *file, const char *key, const void *data, size_t size)
{
	static uint8_t plain[65536];
	struct unpack u;
	struct jwk jwk;
	size_t got, done = 0;
	uint64_t i;
	int fd;

	assert_int_equal(jwk_read(in_dir(key), &jwk), 0);
	fd = open(in_dir(file), O_RDONLY);
	assert_true(fd >= 0);
	assert_string_equal(unpack_open(&u, fd, jwk.key) ?: "", "");
	assert_memory_equal(u.content_id, jwk.content_id, 16);
	assert_int_equal(u.plain_size, size);
	assert_int_equal(u.block_size, sizeof(plain));
	for (i = 0; i < unpack_blocks(&u); i++) {
		assert_string_equal(unpack_block(&u, i, plain, &got) ?: "", "");
		assert_memory_equal(plain, (const uint8_t *)data + done, got);
		done += got;
	}
	assert_int_equal(done, size);
	close(fd);
}

/* --- tests --- */

static uint8_t data[200000];

static void D5_file_to_file(void **state)
{
	struct stat st;

	write_file("in", data, sizeof(data));
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "key", "in", "out.cask"), NULL), 0);
	expect_content("out.cask", "key", data, sizeof(data));
	assert_int_equal(stat(in_dir("key"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(entries(), 3);
}

static void D5_without_tmpfile(void **state)
{
	struct run r;

	write_file("in", data, sizeof(data));
	r = start(NO_TMPFILE, ARGS("-i", ISSUER, "-k", "key", "in", "out.cask"));
	assert_int_equal(finish(&r), 0);
	expect_content("out.cask", "key", data, sizeof(data));
	assert_int_equal(entries(), 3);
	r = start(NO_TMPFILE, ARGS("-f", "-i", ISSUER, "-k", "key", "in", "out.cask"));
	assert_int_equal(finish(&r), 0);
	expect_content("out.cask", "key", data, sizeof(data));
	assert_int_equal(entries(), 3);
}

static void D5_standard_input(void **state)
{
	struct run r = start(PLAIN, ARGS("-i", ISSUER, "-k", "key", "-", "out.cask"));

	assert_int_equal(write(r.in, data, sizeof(data)), sizeof(data));
	assert_int_equal(finish(&r), 0);
	expect_content("out.cask", "key", data, sizeof(data));
	r = start(PLAIN, ARGS("-i", ISSUER, "-k", "key2", "-", "empty.cask"));
	assert_int_equal(finish(&r), 0);
	expect_content("empty.cask", "key2", data, 0);
}

static void key_in_keeps_id_and_key(void **state)
{
	struct jwk a, b;

	write_file("in", data, 10);
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "key", "in", "a.cask"), NULL), 0);
	assert_int_equal(run(ARGS("-i", ISSUER, "-K", "key", "in", "b.cask"), NULL), 0);
	assert_int_equal(run(ARGS("-i", ISSUER, "-K", "key", "-k", "key2", "in", "c.cask"), NULL),
			 0);
	expect_content("a.cask", "key", data, 10);
	expect_content("b.cask", "key", data, 10);
	assert_int_equal(jwk_read(in_dir("key"), &a), 0);
	assert_int_equal(jwk_read(in_dir("key2"), &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
}

static void distributor_file(void **state)
{
	static const char json[] = "{\"name\":\"A\",\"issuer\":\"" ISSUER "\",\"time\":1}";
	struct unpack u;
	struct jwk jwk;
	int fd;

	write_file("in", "x", 1);
	write_file("dist", json, strlen(json));
	write_file("bad", "{}", 2);
	assert_int_equal(run(ARGS("-d", "dist", "-k", "key", "in", "out.cask"), NULL), 0);
	assert_int_equal(jwk_read(in_dir("key"), &jwk), 0);
	fd = open(in_dir("out.cask"), O_RDONLY);
	assert_null(unpack_open(&u, fd, jwk.key));
	assert_int_equal(u.issuer[31], 0xab);
	close(fd);
	assert_int_equal(run(ARGS("-d", "bad", "-k", "key2", "in", "o2.cask"), NULL), EXITED(1));
	assert_int_equal(run(ARGS("-d", "none", "-k", "key2", "in", "o2.cask"), NULL), EXITED(1));
}

static void json_output(void **state)
{
	char text[4096];

	write_file("in", "%PDF-1.7\n", 9);
	assert_int_equal(run(ARGS("-j", "-t", "T", "-i", ISSUER, "-k", "key", "in", "out.cask"),
			     text), 0);
	assert_non_null(strstr(text, "\"media_type\": \"application/pdf\""));
	assert_non_null(strstr(text, "\"size\": 9"));
	assert_non_null(strstr(text, "\"issuer\": \"" ISSUER "\""));
	assert_int_equal(run(ARGS("-q", "-i", ISSUER, "-k", "key2", "in", "o2.cask"), text), 0);
	assert_string_equal(text, "");
}

static void wrong_usage(void **state)
{
	char *const *bad[] = {
		ARGS("in"), ARGS("in", "out"), ARGS("-i", ISSUER, "in", "out"),
		ARGS("-k", "key", "in", "out"), ARGS("-i", "ab", "-k", "key", "in", "out"),
		ARGS("-i", ISSUER, "-k", "key", "in", "out", "more"),
		ARGS("-i", ISSUER, "-k", "key", "in", "-"),
		ARGS("-i", ISSUER, "-k", "out", "in", "out"),
		ARGS("-i", ISSUER, "-k", "key", "-b", "5000", "in", "out"),
		ARGS("-i", ISSUER, "-k", "key", "-b", "2M", "in", "out"),
		ARGS("-i", ISSUER, "-k", "key", "-b", "-4096", "in", "out"),
		ARGS("-i", ISSUER, "-k", "key", "-b", "64KB", "in", "out"),
		ARGS("-i", ISSUER, "-k", "key", "-b", "18446744073709551616", "in", "out"),
		ARGS("-i", ISSUER, "-k", "key", "-c", "00", "in", "out"),
		ARGS("-i", ISSUER, "-k", "key", "-m", "video", "in", "out"),
		ARGS("-i", ISSUER, "-k", "key", "-u", "ftp://x", "in", "out"),
		ARGS("-i", ISSUER, "-K", "key", "-c", ISSUER, "in", "out"),
		ARGS("--nonsense", "in", "out"),
	};
	size_t i;

	write_file("in", "x", 1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(run(bad[i], NULL), EXITED(2));
	assert_int_equal(entries(), 1);
	assert_int_equal(run(ARGS("--help"), NULL), 0);
	assert_int_equal(run(ARGS("--version"), NULL), 0);
}

/* Names the file and the reason, and leaves nothing. */
static void failures_leave_nothing(void **state)
{
	char text[4096];

	write_file("in", "x", 1);
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "key", "none", "out"), text), EXITED(1));
	assert_string_equal(text, "cask-pack: none: No such file or directory\n");
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "key", "/", "out"), text), EXITED(1));
	assert_string_equal(text, "cask-pack: /: Is a directory\n");
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "key", "in", "none/out"), text), EXITED(1));
	assert_string_equal(text, "cask-pack: none/out: No such file or directory\n");
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "none/key", "in", "out"), text), EXITED(1));
	assert_string_equal(text, "cask-pack: none/key: No such file or directory\n");
	assert_int_equal(run(ARGS("-i", ISSUER, "-K", "in", "in", "out"), text), EXITED(1));
	assert_string_equal(text, "cask-pack: in: not a content key file\n");
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "key", "-t", "a\nb", "in", "out"), text),
			 EXITED(1));
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "key", "-f", "in", "/dev/null"), text),
			 EXITED(1));
	assert_int_equal(entries(), 1);
}

/* However they are written: replacing one would destroy the other. */
static void the_same_file_twice(void **state)
{
	char *const *bad[] = {
		ARGS("-f", "-i", ISSUER, "-k", "./out", "in", "out"),
		ARGS("-f", "-i", ISSUER, "-k", "link", "in", "out"),
		ARGS("-f", "-i", ISSUER, "-k", "key", "in", "./in"),
		ARGS("-f", "-i", ISSUER, "-k", "key", "in", "in"),
		ARGS("-f", "-i", ISSUER, "-k", "in", "in", "out"),
		ARGS("-f", "-i", ISSUER, "-K", "key", "in", "./key"),
		ARGS("-f", "-i", ISSUER, "-K", "key", "-k", "./key", "in", "out"),
	};
	size_t i;

	write_file("in", "x", 1);
	write_file("key", "mine", 4);
	assert_int_equal(run(bad[0], NULL), EXITED(2));
	write_file("out", "mine", 4);
	assert_int_equal(symlink("out", in_dir("link")), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(run(bad[i], NULL), EXITED(2));
	assert_int_equal(entries(), 4);
}

static void no_overwriting(void **state)
{
	char text[4096];

	write_file("in", "x", 1);
	write_file("out", "mine", 4);
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "key", "in", "out"), text), EXITED(1));
	assert_non_null(strstr(text, "out: exists"));
	assert_false(exists("key"));
	unlink(in_dir("out"));
	write_file("key", "mine", 4);
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "key", "in", "out"), text), EXITED(1));
	assert_non_null(strstr(text, "key: exists"));
	assert_false(exists("out"));
	assert_int_equal(run(ARGS("-f", "-i", ISSUER, "-k", "key", "in", "out"), NULL), 0);
	expect_content("out", "key", "x", 1);
	assert_int_equal(run(ARGS("-f", "-i", ISSUER, "-k", "key", "in", "out"), NULL), 0);
	expect_content("out", "key", "x", 1);
	assert_int_equal(entries(), 3);
}

/* Something of that name appears while it works: it wins. */
static void output_appears_meanwhile(void **state)
{
	struct run r = start(PLAIN, ARGS("-i", ISSUER, "-k", "key", "-", "out"));
	char byte[4] = "";
	int fd;

	assert_int_equal(write(r.in, data, 100000), 100000);
	write_file("out", "mine", 4);
	assert_int_equal(finish(&r), EXITED(1));
	assert_non_null(strstr(r.text, "out: exists"));
	fd = open(in_dir("out"), O_RDONLY);
	assert_int_equal(read(fd, byte, 4), 4);
	close(fd);
	assert_memory_equal(byte, "mine", 4);
	assert_int_equal(entries(), 1);
}

/* Waits until it has eaten what was written, so it is in the middle. */
static void feed(struct run *r)
{
	int i, left;

	assert_int_equal(write(r->in, data, sizeof(data)), sizeof(data));
	for (i = 0; i < 1000; i++) {
		assert_int_equal(ioctl(r->in, FIONREAD, &left), 0);
		if (!left)
			break;
		usleep(10000);
	}
	usleep(50000);
}

static void killed(enum how how, int number, int left_over)
{
	struct run r = start(how, ARGS("-i", ISSUER, "-k", "key", "-", "out.cask"));
	int status;

	feed(&r);
	assert_int_equal(entries(), how == NO_TMPFILE);
	assert_int_equal(kill(r.pid, number), 0);
	status = finish(&r);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), number);
	assert_false(exists("out.cask"));
	assert_false(exists("key"));
	assert_int_equal(entries(), left_over);
}

static void D5_killed_leaves_nothing(void **state)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGKILL };
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		killed(PLAIN, numbers[i], 0);
}

static void D5_killed_without_tmpfile_leaves_nothing(void **state)
{
	killed(NO_TMPFILE, SIGINT, 0);
	killed(NO_TMPFILE, SIGTERM, 0);
	/* Only this way something stays, and it is not called out.cask. */
	killed(NO_TMPFILE, SIGKILL, 1);
}

/* Cut off at the very step that names the output: the key is there already. */
static void key_is_durable_before_the_output(void **state)
{
	struct jwk jwk;
	struct run r;

	write_file("in", data, sizeof(data));
	r = start(KILL_AT_LINK, ARGS("-i", ISSUER, "-k", "key", "in", "out.cask"));
	assert_true(WIFSIGNALED(finish(&r)));
	assert_false(exists("out.cask"));
	assert_int_equal(jwk_read(in_dir("key"), &jwk), 0);
	assert_int_equal(entries(), 2);
}

/* The name of the key file that --force set aside. */
static const char *set_aside(const struct jwk *old)
{
	static char name[64] = "key.";
	int i;

	for (i = 0; i < 16; i++)
		sprintf(name + 4 + 2 * i, "%02x", old->content_id[i]);
	return name;
}

/* Replacing a content: at every moment what has a name has a key. */
static void D5_forced_keeps_the_old_key_until_the_end(void **state)
{
	struct jwk old;
	struct run r;

	write_file("in", data, sizeof(data));
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "key", "in", "out.cask"), NULL), 0);
	assert_int_equal(jwk_read(in_dir("key"), &old), 0);
	r = start(FAIL_AT_LINK, ARGS("-f", "-i", ISSUER, "-k", "key", "in", "out.cask"));
	assert_int_equal(finish(&r), EXITED(1));
	expect_content("out.cask", "key", data, sizeof(data));
	assert_int_equal(entries(), 3);
	r = start(KILL_AT_LINK, ARGS("-f", "-i", ISSUER, "-k", "key", "in", "out.cask"));
	assert_true(WIFSIGNALED(finish(&r)));
	expect_content("out.cask", set_aside(&old), data, sizeof(data));
	assert_int_equal(entries(), 4);
}

/* The output has its name when syncing its directory fails: its key stays. */
static void D5_unsynced_keeps_its_key(void **state)
{
	struct run r;

	write_file("in", data, sizeof(data));
	assert_int_equal(mkdir(in_dir("locked"), 0700), 0);
	assert_int_equal(chmod(in_dir("locked"), 0333), 0);
	r = start(ORDINARY, ARGS("-i", ISSUER, "-k", "key", "in", "locked/out.cask"));
	assert_int_equal(finish(&r), EXITED(1));
	assert_non_null(strstr(r.text, "complete"));
	expect_content("locked/out.cask", "key", data, sizeof(data));
	assert_int_equal(unlink(in_dir("locked/out.cask")), 0);
	assert_int_equal(rmdir(in_dir("locked")), 0);
}

static void file_size_limit_leaves_nothing(void **state)
{
	struct run r = start(SMALL_FILES, ARGS("-i", ISSUER, "-k", "key", "/dev/zero", "out"));

	assert_int_equal(finish(&r), EXITED(1));
	assert_string_equal(r.text, "cask-pack: out: File too large\n");
	assert_int_equal(entries(), 0);
}

/* A file system of 1 MiB over dir. */
static void mount_small(void)
{
	if (mount("small", dir, "tmpfs", 0, "size=1m")) {
		print_message("# cannot mount: %s\n", strerror(errno));
		skip();
	}
}

static void D5_full_disk_leaves_nothing(void **state)
{
	static const enum how ways[] = { PLAIN, NO_TMPFILE };
	struct run r;
	int i;

	mount_small();
	for (i = 0; i < 2; i++) {
		r = start(ways[i], ARGS("-i", ISSUER, "-k", "key", "/dev/zero", "out"));
		assert_int_equal(finish(&r), EXITED(1));
		assert_string_equal(r.text, "cask-pack: out: No space left on device\n");
		assert_int_equal(entries(), 0);
	}
	/* and there is room again */
	write_file("in", data, sizeof(data));
	assert_int_equal(run(ARGS("-i", ISSUER, "-k", "key", "in", "out"), NULL), 0);
	assert_int_equal(umount2(dir, MNT_DETACH), 0);
}

static int find_program(const char *self)
{
	const char *slash = strrchr(self, '/');
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.*scask-pack", slash ? (int)(slash - self + 1) : 0, self);
	return realpath(path, program) && !access(program, X_OK) ? 0 : -1;
}

#define test(name) cmocka_unit_test_teardown(name, clear)

int main(int argc, char **argv)
{
	const struct CMUnitTest cask_pack[] = {
		test(D5_file_to_file),
		test(D5_without_tmpfile),
		test(D5_standard_input),
		test(key_in_keeps_id_and_key),
		test(distributor_file),
		test(json_output),
		test(wrong_usage),
		test(failures_leave_nothing),
		test(the_same_file_twice),
		test(no_overwriting),
		test(output_appears_meanwhile),
		test(D5_killed_leaves_nothing),
		test(D5_killed_without_tmpfile_leaves_nothing),
		test(key_is_durable_before_the_output),
		test(D5_forced_keeps_the_old_key_until_the_end),
		test(D5_unsynced_keeps_its_key),
		test(file_size_limit_leaves_nothing),
		test(D5_full_disk_leaves_nothing),
	};
	size_t i;
	int ret;

	dir = scratch_new("/tmp");
	if (!dir || find_program(argv[0])) {
		perror(argv[0]);
		return 1;
	}
	/* Mounts of the tests are seen by nobody else. */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		perror("unshare");
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 2654435761u >> 13;
	ret = run_suite(cask_pack);
	scratch_free(dir);
	return ret;
}
