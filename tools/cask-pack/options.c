// SPDX-License-Identifier: GPL-2.0
/* options.c - cask-pack's command line. */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "file.h"
#include "json.h"
#include "media.h"
#include "options.h"
#include "parse.h"
#include "text.h"

#define DISTRIBUTOR_MAX	262144

static const char help[] =
"Usage: cask-pack [OPTION]... INPUT OUTPUT.cask\n"
"Encrypt a file of any kind and size for Cask. INPUT may be - for standard input.\n"
"\n"
"Whose it is (one of the two):\n"
"  -i, --issuer=HEX         the distributor's issuer, 64 digits\n"
"  -d, --distributor=FILE   take it from what GET /v1/distributor answered, with the\n"
"                           namespace that content ids begin with\n"
"\n"
"The content key (at least one of the two):\n"
"  -k, --key-out=FILE       write it here (JWK, mode 0600), for cask-server\n"
"  -K, --key-in=FILE        use the key and content id of this file\n"
"  -g, --category=FILE      put it into the header, too, for the category whose key\n"
"                           cask-server ekb key wrote here\n"
"\n"
"The content:\n"
"  -t, --title=TEXT         what people call it\n"
"  -m, --media-type=TYPE    instead of a guess from its first bytes\n"
"  -c, --content-id=HEX     32 digits (default: random)\n"
"  -b, --block-size=BYTES   4096 to 1048576, a power of two; also 64K, 1M\n"
"                           (default: 64K)\n"
"  -s, --suite=SUITE        aes-128-gcm (default), or aes-128-cbc, which does not notice\n"
"                           altered or exchanged blocks\n"
"  -u, --license-url=URL    hint where to get a license, https\n"
"\n"
"  -f, --force              replace OUTPUT and the key file; the old key file stays as\n"
"                           FILE.CONTENT-ID until OUTPUT is there\n"
"  -j, --json               describe the result as JSON\n"
"  -q, --quiet              no progress, no summary\n"
"  -h, --help\n"
"  -V, --version\n"
"\n"
"Exit status: 0 done, 1 failed, 2 wrong usage. A failure leaves no OUTPUT.\n";

static const struct option longopts[] = {
	{ "issuer", required_argument, NULL, 'i' },
	{ "distributor", required_argument, NULL, 'd' },
	{ "key-out", required_argument, NULL, 'k' },
	{ "key-in", required_argument, NULL, 'K' },
	{ "category", required_argument, NULL, 'g' },
	{ "title", required_argument, NULL, 't' },
	{ "media-type", required_argument, NULL, 'm' },
	{ "content-id", required_argument, NULL, 'c' },
	{ "block-size", required_argument, NULL, 'b' },
	{ "suite", required_argument, NULL, 's' },
	{ "license-url", required_argument, NULL, 'u' },
	{ "force", no_argument, NULL, 'f' },
	{ "json", no_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ }
};

/* The namespace of the scope; what was written by hand may have none. */
static int read_scope(struct options *o, const json_t *json)
{
	_cleanup_free_ uint8_t *statement = NULL;
	struct cask_scope scope;
	struct cask_cose cose;
	size_t size;

	if (!json_object_get(json, "scope"))
		return 0;
	if (cask_json_base64url(json, "scope", CASK_STATEMENT_MAX, &statement, &size) ||
	    cask_cose_parse(&cose, statement, size) ||
	    cask_scope_parse(&scope, cose.payload.data, cose.payload.len) ||
	    scope.namespace_.len > sizeof(o->prefix))
		return -EINVAL;
	o->prefix_size = scope.namespace_.len;
	if (o->prefix_size)
		memcpy(o->prefix, scope.namespace_.data, o->prefix_size);
	return 0;
}

/* A file and not the command line is at fault, but it is named there. */
static void read_distributor(struct options *o, const char *path)
{
	uint8_t *data;
	size_t size;
	json_t *json;
	int ret;

	ret = cask_file_read(path, DISTRIBUTOR_MAX, &data, &size);
	if (ret)
		errx(EXIT_FAILED, "%s: %s", path, strerror(-ret));
	if (cask_json_parse(data, size, &json))
		errx(EXIT_FAILED, "%s: not a JSON object", path);
	free(data);
	if (cask_json_hex(json, "issuer", o->issuer, sizeof(o->issuer)))
		errx(EXIT_FAILED, "%s: has no \"issuer\" of %u hex digits", path,
		     2 * CASK_KID_SIZE);
	if (read_scope(o, json))
		errx(EXIT_FAILED, "%s: its \"scope\" is none", path);
	json_decref(json);
	o->has_issuer = true;
}

static uint32_t block_size(const char *text)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || text[0] == '-')
		n = 0;
	if (!strcmp(end, "K") && n <= CASK_BLOCK_SIZE_MAX)
		n *= 1024;
	else if (!strcmp(end, "M") && n <= CASK_BLOCK_SIZE_MAX)
		n *= 1024 * 1024;
	else if (*end)
		n = 0;
	if (n < CASK_BLOCK_SIZE_MIN || n > CASK_BLOCK_SIZE_MAX || n & (n - 1))
		errx(EXIT_USAGE, "--block-size %s: not a power of two of 4K to 1M", text);
	return n;
}

static const struct suite *suite(const char *text)
{
	const struct suite *found = suite_named(text);

	if (!found || !found->head)
		errx(EXIT_USAGE, "--suite %s: neither aes-128-gcm nor aes-128-cbc", text);
	return found;
}

static void read_hex(const char *option, const char *text, uint8_t *out, size_t size)
{
	if (text_from_hex(text, out, size))
		errx(EXIT_USAGE, "--%s: not %zu lower-case hex digits", option, 2 * size);
}

static void show_version(void)
{
	printf("cask-pack %s\n", CASK_VERSION);
	exit(EXIT_DONE);
}

static void show_help(void)
{
	fputs(help, stdout);
	exit(EXIT_DONE);
}

static void take(struct options *o, int option, const char *value)
{
	switch (option) {
	case 'i':
		read_hex("issuer", value, o->issuer, sizeof(o->issuer));
		o->has_issuer = true;
		break;
	case 'd':
		read_distributor(o, value);
		break;
	case 'k':
		o->key_out = value;
		break;
	case 'K':
		o->key_in = value;
		break;
	case 'g':
		o->category = value;
		break;
	case 't':
		o->title = value;
		break;
	case 'm':
		o->media_type = value;
		break;
	case 'c':
		read_hex("content-id", value, o->content_id, sizeof(o->content_id));
		o->has_content_id = true;
		break;
	case 'b':
		o->block_size = block_size(value);
		break;
	case 's':
		o->suite = suite(value);
		break;
	case 'u':
		o->license_url = value;
		break;
	case 'f':
		o->force = true;
		break;
	case 'j':
		o->json = true;
		break;
	case 'q':
		o->quiet = true;
		break;
	case 'h':
		show_help();
		break;
	case 'V':
		show_version();
		break;
	default:
		fputs("Try cask-pack --help.\n", stderr);
		exit(EXIT_USAGE);
	}
}

static bool same_inode(const char *a, const char *b)
{
	struct stat sa, sb;

	return !stat(a, &sa) && !stat(b, &sb) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* Also by another name, or where nothing is yet. */
static bool same_file(const char *a, const char *b)
{
	_cleanup_free_ char *copy_a = NULL, *copy_b = NULL;
	const char *name_a, *name_b;

	if (!a || !b || same_inode(a, b))
		return a && b;
	name_a = strrchr(a, '/') ? strrchr(a, '/') + 1 : a;
	name_b = strrchr(b, '/') ? strrchr(b, '/') + 1 : b;
	if (strcmp(name_a, name_b))
		return false;
	copy_a = strdup(a);
	copy_b = strdup(b);
	return copy_a && copy_b && same_inode(dirname(copy_a), dirname(copy_b));
}

/* Replacing one of them would destroy another. */
static void check_files(const struct options *o)
{
	const char *input = strcmp(o->input, "-") ? o->input : NULL;

	if (same_file(o->key_out, o->output))
		errx(EXIT_USAGE, "OUTPUT and --key-out are the same file");
	if (same_file(input, o->output))
		errx(EXIT_USAGE, "INPUT and OUTPUT are the same file");
	if (same_file(o->key_in, o->output))
		errx(EXIT_USAGE, "--key-in and OUTPUT are the same file");
	if (same_file(input, o->key_out))
		errx(EXIT_USAGE, "INPUT and --key-out are the same file");
	if (same_file(o->key_in, o->key_out))
		errx(EXIT_USAGE, "--key-in and --key-out are the same file");
	if (same_file(o->category, o->output))
		errx(EXIT_USAGE, "--category and OUTPUT are the same file");
	if (same_file(o->category, o->key_out))
		errx(EXIT_USAGE, "--category and --key-out are the same file");
}

static void check(const struct options *o)
{
	if (!o->has_issuer)
		errx(EXIT_USAGE, "--issuer or --distributor is required");
	if (!o->key_out && !o->key_in)
		errx(EXIT_USAGE, "--key-out is required: without the key file nobody can "
		     "issue licenses");
	if (o->key_in && o->has_content_id)
		errx(EXIT_USAGE, "--content-id: the key file of --key-in names it already");
	if (o->media_type && !media_valid(o->media_type))
		errx(EXIT_USAGE, "--media-type: %s is none", o->media_type);
	if (o->license_url && strncmp(o->license_url, "https://", 8))
		errx(EXIT_USAGE, "--license-url: does not begin with https://");
	if (!strcmp(o->output, "-"))
		errx(EXIT_USAGE, "OUTPUT must be a file: its head is written last");
	check_files(o);
}

/**
 * options_parse() - read the command line; does not return when it is wrong
 * @o: to fill in
 * @argc: of main()
 * @argv: of main()
 */
void options_parse(struct options *o, int argc, char **argv)
{
	int option;

	*o = (struct options){ .block_size = CASK_BLOCK_SIZE_DEFAULT,
				.suite = suite_find(CASK_SUITE_AES_128_GCM) };
	while ((option = getopt_long(argc, argv, "i:d:k:K:g:t:m:c:b:s:u:fjqhV", longopts, NULL)) != -1)
		take(o, option, optarg);
	if (argc - optind != 2)
		errx(EXIT_USAGE, "INPUT and OUTPUT are required; try cask-pack --help");
	o->input = argv[optind];
	o->output = argv[optind + 1];
	check(o);
}
