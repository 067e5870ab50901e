// SPDX-License-Identifier: GPL-2.0
/*
 * root.c - caskctl root make, caskctl root load: a root secret in a file, for
 * the module's root "keyring"; or, root_tpm.c, in the TPM. Asks nobody.
 *
 * The file is for development: whoever is root can read it, and with it have
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

#include "cleanup.h"
#include "file.h"
#include "root.h"

#define SECRET_DEFAULT	COMMAND_ROOT_SECRET
#define SECRET_SIZE	32	/* the module takes no less */
#define KEY_NAME	"cask:root"

static const char warning[] = "level development: who is root can read it, and so have every "
			      "key of this device";

/**
 * root_failed() - say that a file cannot be used, by errno
 * @c: the command
 * @path: of the file
 *
 * Return: STATUS_FAILED.
 */
int root_failed(const struct context *c, const char *path)
{
	return output_file_error(c, path, -errno, strerror(errno));
}

/**
 * root_refused() - say why a command does not do it
 * @c: the command
 * @code: a word for programs
 * @text: a sentence without a full stop
 *
 * Return: STATUS_FAILED.
 */
int root_refused(const struct context *c, const char *code, const char *text)
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
	ret = cask_file_write(ROOT_OPTIONS, text, strlen(text), 0644);
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

static int make_secret(const struct context *c, const char *path)
{
	struct root wanted;
	int ret;

	root_wanted(&wanted);
	if (!strcmp(path, SECRET_DEFAULT)) {
		if (!strcmp(wanted.name, "tpm"))
			return root_refused(c, "root-exists", "this device's root secret is in its "
					    "TPM, by " ROOT_OPTIONS);
		mkdir("/etc/cask", 0755);	/* if that fails, the file tells */
		if (write_options())
			return root_failed(c, ROOT_OPTIONS);
	}
	if (!write_secret(path))
		return done(c, path);
	ret = root_failed(c, path);
	/* Without a secret the module could not be loaded any more. */
	if (!strcmp(path, SECRET_DEFAULT) && access(path, F_OK))
		unlink(ROOT_OPTIONS);
	return ret;
}

static int make(struct context *c, int argc, char **argv)
{
	const char *path = NULL, *pcrs = NULL, *cap = NULL;
	bool tpm = false;
	const struct argument own[] = {
		{ "secret", &path, NULL, false },
		{ "tpm", NULL, &tpm, false },
		{ "pcrs", &pcrs, NULL, false },
		{ "cap", &cap, NULL, false },
	};
	int ret = arguments_parse(c, argc, argv, own, ARRAY_SIZE(own), 0);

	if (ret >= 0)
		return ret;
	if (tpm && path)
		return arguments_usage(c, "--secret is for a file, --tpm for none");
	if (!tpm && (pcrs || cap))
		return arguments_usage(c, "--pcrs and --cap go with --tpm");
	return tpm ? root_make_tpm(c, pcrs, cap) : make_secret(c, path ? path : SECRET_DEFAULT);
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

static int load_module(const struct context *c, const char *path)
{
	uint8_t secret[SECRET_SIZE];
	int key, status;

	if (read_secret(path, secret))
		return root_failed(c, path);
	key = add_key(secret);
	explicit_bzero(secret, sizeof(secret));
	if (key < 0)
		return root_failed(c, "keyring");
	status = run_modprobe();
	/* The module takes it out by itself; not if it did not get so far. */
	syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_SESSION_KEYRING);
	return status ? root_refused(c, "module-load", "modprobe cask root=keyring failed") :
			done(c, path);
}

static int load(struct context *c, int argc, char **argv)
{
	const char *path = SECRET_DEFAULT;
	const struct argument own[] = { { "secret", &path, NULL, false } };
	int ret = arguments_parse(c, argc, argv, own, 1, 0);
	struct root root;

	if (ret >= 0)
		return ret;
	root_loaded(&root);
	if (!strcmp(root.name, "keyring"))
		return done(c, path);
	if (*root.name)
		return root_refused(c, "module-loaded", "the module is loaded with another root: "
			       "modprobe -r cask first");
	return load_module(c, path);
}

static const struct command command_make = {
	.name = "make",
	.arguments = "[--secret FILE | --tpm [--pcrs LIST] [--cap PCR]]",
	.summary = "draw a root secret into a file, or have one in the TPM (root)",
	.details = "  --secret FILE  default " SECRET_DEFAULT "; it must not exist\n"
		   "  --tpm          in the TPM: drawn by the module, at the next boot\n"
		   "  --pcrs LIST    it is sealed by these PCRs (default 0,2,4,7,8,9,12)\n"
		   "  --cap PCR      and by this one, which is extended after that (default 14)\n"
		   "\nWith --tpm and with the default FILE, " ROOT_OPTIONS " keeps\n"
		   "the module from being loaded without it.\n"
		   "\nA FILE is for development: who is root can read it, and so have every key of\n"
		   "this device. Lost, the device is lost.\n\n",
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
	static const struct command *const table[] = {
		&command_make, &command_load, &command_root_show, NULL
	};

	return command_dispatch(c, "caskctl root",
				"A root secret in the TPM, or for development in a file: the same "
				"device after each boot.", table, argc, argv);
}

const struct command command_root = {
	.name = "root",
	.arguments = "COMMAND",
	.summary = "a root secret in the TPM, or for development in a file",
	.details = "",
	.run = run,
};
