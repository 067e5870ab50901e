// SPDX-License-Identifier: GPL-2.0
/*
 * root.c - caskctl root make, caskctl root load: a root secret in a file, for
 * the module's root "keyring". Asks nobody.
 *
 * It is for development: whoever is root can read the file, and with it have
 * every key of the device. It makes the device the same one after each boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "file.h"

#define SECRET_DEFAULT	COMMAND_ROOT_SECRET
#define OPTIONS		"/etc/modprobe.d/cask-root.conf"
#define SECRET_SIZE	32	/* the module takes no less */
#define KEY_NAME	"cask:root"
#define LOADED_ROOT	"/sys/module/cask/parameters/root"

static const char warning[] = "level development: who is root can read it, and so have every "
			      "key of this device";

static int failed(const struct context *c, const char *path)
{
	return output_file_error(c, path, -errno, strerror(errno));
}

static int refused(const struct context *c, const char *code, const char *text)
{
	struct cask_error error = { 0 };

	snprintf(error.code, sizeof(error.code), "%s", code);
	snprintf(error.text, sizeof(error.text), "%s", text);
	return output_error(c, &error);
}

/*
 * A secret is never written over: it would be the end of the device that it makes. Nor
 * is there ever a part of one.
 */
static int write_secret(const char *path)
{
	uint8_t secret[SECRET_SIZE];
	int ret = -EIO;

	if (getrandom(secret, sizeof(secret), 0) == sizeof(secret))
		ret = cask_file_create(path, secret, sizeof(secret), 0600);
	explicit_bzero(secret, sizeof(secret));
	errno = -ret;
	return ret;
}

/*
 * Whoever asks for the module's netlink family or device has the kernel load it, and so
 * does modules-load.d when loading it with the secret failed: it would be another device.
 */
static int write_options(void)
{
	static const char text[] = "# By caskctl root make: the module is nothing without the root secret.\n"
				   "options cask root=keyring\n";
	int ret;

	mkdir("/etc/modprobe.d", 0755);	/* if that fails, the file tells */
	ret = cask_file_write(OPTIONS, text, strlen(text), 0644);
	errno = -ret;
	return ret;
}

static int done(const struct context *c, const char *path)
{
	if (c->json)
		return output_json(json_pack("{ss ss ss}", "file", path, "root", "keyring",
					     "level", "development"));
	printf("%s\n%s\n", path, warning);
	return STATUS_OK;
}

static int make(struct context *c, int argc, char **argv)
{
	const char *path = SECRET_DEFAULT;
	const struct argument own[] = { { "secret", &path, NULL, false } };
	int ret = arguments_parse(c, argc, argv, own, 1, 0);

	if (ret >= 0)
		return ret;
	if (!strcmp(path, SECRET_DEFAULT)) {
		mkdir("/etc/cask", 0755);	/* if that fails, the file tells */
		if (write_options())
			return failed(c, OPTIONS);
	}
	if (!write_secret(path))
		return done(c, path);
	ret = failed(c, path);
	/* Without a secret the module could not be loaded any more. */
	if (!strcmp(path, SECRET_DEFAULT) && access(path, F_OK))
		unlink(OPTIONS);
	return ret;
}

/* What anyone but root could read or have put there is no secret. */
static int read_secret(const char *path, uint8_t secret[SECRET_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), saved = 0;
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st))
		saved = errno;
	else if (!S_ISREG(st.st_mode) || st.st_uid || st.st_mode & 077)
		saved = EPERM;
	else if (st.st_size != SECRET_SIZE || read(fd, secret, SECRET_SIZE) != SECRET_SIZE)
		saved = EINVAL;
	close(fd);
	errno = saved;
	return saved ? -1 : 0;
}

/* In a session keyring of our own, which ends with us; only modprobe inherits it. */
static int add_key(const uint8_t secret[SECRET_SIZE])
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		return -1;
	return syscall(SYS_add_key, "logon", KEY_NAME, secret, (size_t)SECRET_SIZE,
		       KEY_SPEC_SESSION_KEYRING);
}

/* Returns the exit status, or -1. */
static int run_modprobe(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execlp("modprobe", "modprobe", "cask", "root=keyring", NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The parameter of a module that is loaded; "" without one. */
static void loaded_root(char root[32])
{
	FILE *file = fopen(LOADED_ROOT, "re");

	root[0] = 0;
	if (!file)
		return;
	if (fgets(root, 32, file))
		root[strcspn(root, "\n")] = 0;
	fclose(file);
}

static int load_module(const struct context *c, const char *path)
{
	uint8_t secret[SECRET_SIZE];
	int key, status;

	if (read_secret(path, secret))
		return failed(c, path);
	key = add_key(secret);
	explicit_bzero(secret, sizeof(secret));
	if (key < 0)
		return failed(c, "keyring");
	status = run_modprobe();
	/* The module takes it out by itself; not if it did not get so far. */
	syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_SESSION_KEYRING);
	return status ? refused(c, "module-load", "modprobe cask root=keyring failed") :
			done(c, path);
}

static int load(struct context *c, int argc, char **argv)
{
	const char *path = SECRET_DEFAULT;
	const struct argument own[] = { { "secret", &path, NULL, false } };
	int ret = arguments_parse(c, argc, argv, own, 1, 0);
	char root[32];

	if (ret >= 0)
		return ret;
	loaded_root(root);
	if (!strcmp(root, "keyring"))
		return done(c, path);
	if (root[0])
		return refused(c, "module-loaded", "the module is loaded with another root: "
			       "modprobe -r cask first");
	return load_module(c, path);
}

static const struct command command_make = {
	.name = "make",
	.arguments = "[--secret FILE]",
	.summary = "draw a root secret into a file (root)",
	.details = "  --secret FILE  default " SECRET_DEFAULT "; it must not exist\n"
		   "\nWith the default FILE, " OPTIONS " keeps the module from\n"
		   "being loaded without it.\n"
		   "\nFor development: who is root can read it, and so have every key of this\n"
		   "device. Lost, the device is lost.\n\n",
	.run = make,
};

static const struct command command_load = {
	.name = "load",
	.arguments = "[--secret FILE]",
	.summary = "load the kernel module with the root secret of a file (root)",
	.details = "  --secret FILE  default " SECRET_DEFAULT "\n",
	.run = load,
};

static int run(struct context *c, int argc, char **argv)
{
	static const struct command *const table[] = { &command_make, &command_load, NULL };

	return command_dispatch(c, "caskctl root",
				"A root secret in a file, for development: the same device after "
				"each boot.", table, argc, argv);
}

const struct command command_root = {
	.name = "root",
	.arguments = "COMMAND",
	.summary = "a root secret in a file, for development",
	.details = "",
	.run = run,
};
