// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - cask-pack: encrypt a file for Cask and write its key for the server.
 *
 * The key file is durable before the output gets its name, and an older key file
 * that --force replaces is kept beside it until then: a .cask file that nobody has
 * the key of would be lost content.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <jansson.h>

#include "crypto.h"
#include "json.h"
#include "jwk.h"
#include "license.h"
#include "media.h"
#include "options.h"
#include "output.h"
#include "pack.h"
#include "progress.h"
#include "text.h"

/* libmagic looks at more of some formats; this much tells all that people pack. */
#define HEAD_SIZE	65536

static volatile sig_atomic_t cancel;

static void on_signal(int number)
{
	cancel = number;
}

/* Without SA_RESTART: a read that waits returns. */
static void catch_signals(void)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal }, was;
	size_t i;

	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		/* What nohup had us ignore stays ignored. */
		if (!sigaction(caught[i], NULL, &was) && was.sa_handler != SIG_IGN)
			sigaction(caught[i], &action, NULL);
	}
	/* EFBIG and EPIPE instead. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

/**
 * struct job - everything main() works with
 * @o: the command line
 * @in: the input
 * @head: its first bytes
 * @head_size: how many
 * @media_type: given or guessed
 * @jwk: content id and key; a secret
 * @root: what wraps the key for a category; a secret
 * @pack: what pack_run() is told
 * @old_key: where the key file is that is being replaced, or NULL
 * @output: the file being made
 * @result: what came of it
 */
struct job {
	struct options o;
	int in;
	uint8_t head[HEAD_SIZE];
	size_t head_size;
	char media_type[CASK_TEXT_MAX + 1];
	struct jwk jwk;
	struct license_root root;
	struct pack pack;
	char *old_key;
	struct output output;
	struct pack_result result;
};

static int fail(const char *path, int error)
{
	warnx("%s: %s", path, strerror(-error));
	return error;
}

static int open_input(struct job *j)
{
	j->in = strcmp(j->o.input, "-") ? open(j->o.input, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	return j->in < 0 ? fail(j->o.input, -errno) : 0;
}

static int read_head(struct job *j)
{
	ssize_t n;

	while (j->head_size < sizeof(j->head)) {
		n = read(j->in, j->head + j->head_size, sizeof(j->head) - j->head_size);
		if (cancel)
			return -EINTR;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(j->o.input, -errno);
		if (!n)
			break;
		j->head_size += n;
	}
	return 0;
}

static void choose_media_type(struct job *j)
{
	if (j->o.media_type)
		snprintf(j->media_type, sizeof(j->media_type), "%s", j->o.media_type);
	else
		media_guess(j->head, j->head_size, j->media_type);
}

/* The distributor can issue licenses only within the namespace of its scope. */
static int check_namespace(const struct job *j)
{
	if (!memcmp(j->jwk.content_id, j->o.prefix, j->o.prefix_size))
		return 0;
	warnx("the content id is outside the distributor's namespace");
	return -EDOM;
}

static int draw_key(struct job *j)
{
	int ret = crypto_random(j->jwk.key, sizeof(j->jwk.key));

	j->jwk.alg = j->o.suite->alg;
	if (!ret && j->o.has_content_id) {
		memcpy(j->jwk.content_id, j->o.content_id, sizeof(j->jwk.content_id));
	} else if (!ret) {
		ret = crypto_random(j->jwk.content_id, sizeof(j->jwk.content_id));
		memcpy(j->jwk.content_id, j->o.prefix, j->o.prefix_size);
	}
	return ret ? fail("random numbers", ret) : 0;
}

/* One key, one algorithm. */
static int check_alg(const struct job *j)
{
	if (!strcmp(j->jwk.alg, j->o.suite->alg))
		return 0;
	warnx("%s: a key for %s, not for --suite %s", j->o.key_in, j->jwk.alg, j->o.suite->name);
	return -EINVAL;
}

static int choose_key(struct job *j)
{
	int ret;

	if (j->o.key_in) {
		ret = jwk_read(j->o.key_in, &j->jwk);
		if (ret == -EINVAL)
			warnx("%s: not a content key file", j->o.key_in);
		else if (ret)
			fail(j->o.key_in, ret);
		return ret ? ret : check_alg(j);
	}
	return draw_key(j);
}

static int read_category(struct job *j)
{
	int ret;

	if (!j->o.category)
		return 0;
	ret = jwk_root_read(j->o.category, &j->root);
	j->pack.root = &j->root;
	if (ret == -EINVAL)
		warnx("%s: not the key of a category", j->o.category);
	else if (ret)
		fail(j->o.category, ret);
	return ret;
}

/* Early, before an hour of work; jwk_write() decides. */
static int check_key_out(const struct job *j)
{
	struct stat st;

	if (!j->o.key_out || j->o.force || lstat(j->o.key_out, &st))
		return 0;
	warnx("%s: exists; --force replaces it", j->o.key_out);
	return -EEXIST;
}

static int prepare(struct job *j)
{
	struct pack *p = &j->pack;
	int ret;

	memcpy(p->content_id, j->jwk.content_id, sizeof(p->content_id));
	memcpy(p->content_key, j->jwk.key, sizeof(p->content_key));
	memcpy(p->issuer, j->o.issuer, sizeof(p->issuer));
	p->suite = j->o.suite->id;
	p->block_size = j->o.block_size;
	p->media_type = j->media_type;
	p->title = j->o.title;
	p->license_url = j->o.license_url;
	p->head = j->head;
	p->head_size = j->head_size;
	p->cancel = &cancel;
	ret = pack_check(p);
	if (ret == -EINVAL)
		warnx("content id, title, media type or URL: zero, longer than %d bytes, or "
		      "not UTF-8 without control characters", CASK_TEXT_MAX);
	else if (ret)
		fail("cannot begin", ret);
	return ret;
}

static uint64_t input_size(const struct job *j)
{
	struct stat st;

	return !fstat(j->in, &st) && S_ISREG(st.st_mode) ? st.st_size : 0;
}

static int write_blocks(struct job *j)
{
	struct progress progress;
	int ret;

	progress_begin(&progress, !j->o.quiet && !j->o.json, input_size(j));
	j->pack.progress = progress_update;
	j->pack.progress_arg = &progress;
	ret = pack_run(&j->pack, j->in, j->output.fd, &j->result);
	progress_end(&progress);
	if (ret && !cancel)
		fail(j->result.input_failed ? j->o.input : j->o.output, ret);
	return ret;
}

static int report_exists(const char *path, int ret)
{
	if (ret == -EEXIST)
		warnx("%s: exists; --force replaces it if it is a file", path);
	else if (ret)
		fail(path, ret);
	return ret;
}

/* The name under which a key file that is replaced stays until the new output has its name. */
static int backup_name(const char *path, char **ret_name)
{
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)] = "old";
	struct jwk jwk;

	if (!jwk_read(path, &jwk))
		text_hex(jwk.content_id, sizeof(jwk.content_id), id);
	crypto_wipe(&jwk, sizeof(jwk));
	return asprintf(ret_name, "%s.%s", path, id) < 0 ? -ENOMEM : 0;
}

static int set_key_aside(struct job *j)
{
	struct stat st;
	int ret;

	if (!j->o.force || lstat(j->o.key_out, &st) || !S_ISREG(st.st_mode))
		return 0;
	ret = backup_name(j->o.key_out, &j->old_key);
	if (ret)
		return fail(j->o.key_out, ret);
	if (!renameat2(AT_FDCWD, j->o.key_out, AT_FDCWD, j->old_key, RENAME_NOREPLACE))
		return 0;
	ret = fail(j->old_key, -errno);
	free(j->old_key);
	j->old_key = NULL;
	return ret;
}

/* Without an output the new key is the key of nothing, and the old one's file is still there. */
static void take_key_back(struct job *j, bool wrote_key)
{
	if (wrote_key)
		unlink(j->o.key_out);
	if (j->old_key && renameat2(AT_FDCWD, j->old_key, AT_FDCWD, j->o.key_out, RENAME_NOREPLACE))
		warn("the key file that was to be replaced is now %s", j->old_key);
}

static int write_key(struct job *j, bool *ret_wrote)
{
	int ret = set_key_aside(j);

	if (ret)
		return ret;
	ret = report_exists(j->o.key_out, jwk_write(j->o.key_out, &j->jwk, false));
	*ret_wrote = !ret;
	return ret;
}

static int name_output(struct job *j)
{
	int ret = output_publish(&j->output);

	if (ret && j->output.published)
		warnx("%s: complete, but a power cut may take its name: %s", j->o.output,
		      strerror(-ret));
	else
		report_exists(j->o.output, ret);
	return ret;
}

static int publish(struct job *j)
{
	bool wrote_key = false;
	int ret = report_exists(j->o.output, output_sync(&j->output));

	if (!ret && j->o.key_out)
		ret = write_key(j, &wrote_key);
	if (!ret)
		ret = name_output(j);
	if (!ret && j->old_key)
		unlink(j->old_key);
	/* An output that has its name needs its key, whatever else failed. */
	if (ret && !j->output.published)
		take_key_back(j, wrote_key);
	return ret;
}

static int make(struct job *j)
{
	int ret;

	ret = choose_key(j);
	if (!ret)
		ret = read_category(j);
	if (!ret)
		ret = check_namespace(j);
	if (!ret)
		ret = check_key_out(j);
	if (!ret)
		ret = open_input(j);
	if (!ret)
		ret = report_exists(j->o.output,
				    output_open(&j->output, j->o.output, j->o.force));
	if (!ret)
		ret = read_head(j);
	if (ret)
		return ret;
	choose_media_type(j);
	ret = prepare(j);
	if (!ret)
		ret = write_blocks(j);
	return ret ? ret : publish(j);
}

static void describe_json(const struct job *j)
{
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)], issuer[TEXT_HEX_SIZE(CASK_KID_SIZE)];
	json_t *json;

	text_hex(j->pack.content_id, CASK_ID_SIZE, id);
	text_hex(j->pack.issuer, CASK_KID_SIZE, issuer);
	json = json_pack("{ss ss ss ss* ss* ss si sI sI}", "content_id", id, "issuer", issuer,
			 "output", j->o.output, "media_type", j->media_type,
			 "title", j->o.title, "suite", j->o.suite->name, "block_size", (int)j->pack.block_size,
			 "size", (json_int_t)j->result.plain_size,
			 "file_size", (json_int_t)j->result.file_size);
	if (!json || json_dumpf(json, stdout, JSON_INDENT(2)))
		warnx("cannot describe the result");
	putchar('\n');
	json_decref(json);
}

static void describe(const struct job *j)
{
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];

	if (j->o.json) {
		describe_json(j);
	} else if (!j->o.quiet) {
		text_hex(j->pack.content_id, CASK_ID_SIZE, id);
		printf("%s: content %s, %s, %llu bytes in %llu\n", j->o.output, id,
		       j->media_type, (unsigned long long)j->result.plain_size,
		       (unsigned long long)j->result.file_size);
	}
}

/* After a signal the program dies of it, so that a shell sees what happened. */
static int leave(int ret)
{
	if (!cancel || !ret)
		return ret ? EXIT_FAILED : EXIT_DONE;
	signal(cancel, SIG_DFL);
	raise(cancel);
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	static struct job j = { .in = -1 };
	int ret;

	/* No core file with a key in it. */
	prctl(PR_SET_DUMPABLE, 0);
	cask_json_wipe();
	j.output = OUTPUT_INIT;
	options_parse(&j.o, argc, argv);
	catch_signals();
	ret = make(&j);
	output_discard(&j.output);
	free(j.old_key);
	crypto_wipe(j.head, sizeof(j.head));
	crypto_wipe(&j.jwk, sizeof(j.jwk));
	crypto_wipe(&j.root, sizeof(j.root));
	crypto_wipe(&j.pack.content_key, sizeof(j.pack.content_key));
	if (!ret) {
		describe(&j);
		if (fflush(stdout) || ferror(stdout))
			ret = fail("standard output", -errno);
	}
	return leave(ret);
}
