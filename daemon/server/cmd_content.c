// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_content.c - cask-server content: add, add-key, first-key, list, remove.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "content.h"
#include "contents/store.h"
#include "crypto.h"
#include "device.h"
#include "first_key.h"
#include "json.h"
#include "jwk.h"
#include "suite.h"
#include "text.h"
#include "tree.h"

static const struct {
	int error;
	const char *text;
} reasons[] = {
	{ EEXIST, "is offered already" },
	{ EINVAL, "is no .cask file" },
	{ EOPNOTSUPP, "is a .cask file of another version" },
	{ EFBIG, "is not as long as its header says" },
	{ EXDEV, "was packed for another distributor" },
	{ EDOM, "has a content id outside this distributor's namespace" },
	{ EILSEQ, "is damaged: a block is not authentic" },
	{ EKEYREJECTED, "does not open with this key" },
	{ ESRCH, "is for a category that there is not" },
	{ ERANGE, "is for devices of a higher level than its category is" },
	{ ENOBUFS, "has no room for a key in its header" },
};

static const char *reason(int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].error == -error)
			return reasons[i].text;
	return strerror(-error);
}

static int print_added(const struct content *content, bool as_json)
{
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];

	if (as_json)
		return command_print(content_json(content));
	text_hex(content->id, sizeof(content->id), id);
	puts(id);
	return EXIT_DONE;
}

static int read_jwk(const char *path, struct jwk *jwk)
{
	int ret = jwk_read(path, jwk);

	if (ret)
		command_fail("%s: %s", path, ret == -EINVAL || ret == -EFBIG ? "is no content key" :
									       strerror(-ret));
	return ret;
}

/* All devices that have a leaf can open the key. */
static int check_category(const struct server *server, const struct content *content)
{
	uint32_t level;
	int ret = 0;

	if (content->in_category)
		ret = tree_level(server->db, content->category_id, &level);
	return !ret && content->in_category && content->min_level > level ? -ERANGE : ret;
}

static int read_period(const char *text, uint64_t *ret_seconds)
{
	if (strcmp(text, "none"))
		return options_seconds(text, ret_seconds);
	*ret_seconds = 0;
	return 0;
}

/**
 * struct terms - of the licenses for a content, as written
 * @period: how long they last
 * @level: that a device needs
 * @max_opens: how often one may be opened
 * @meter: UNIT:QUANTUM:MAX, or NULL
 * @use_log: the use is logged and reported, as it is where it is metered
 * @authentication: by whom it has to be asked for
 * @exports: how many media may get a copy of one
 * @checkouts: how often one may be checked out to media
 * @at_once: to how many media at once
 * @max_offline_opens: how often without word from here; with a period
 * @permit: what may be done besides, of a file
 * @download: how long a file may be accepted
 * @category: whose leaves have the key; NULL: it is sealed to each device
 */
struct terms {
	const char *period;
	const char *level;
	const char *max_opens;
	const char *meter;
	bool use_log;
	const char *authentication;
	const char *exports;
	const char *checkouts;
	const char *at_once;
	const char *max_offline_opens;
	const char *permit;
	const char *download;
	const char *category;
};

#define TERMS_DEFAULT	{ .period = "none", .level = "development", .max_opens = "any", \
			  .authentication = "server", .exports = "none", .checkouts = "none", \
			  .at_once = "1", .max_offline_opens = "any", .permit = "none", \
			  .download = "none" }

#define OPTIONS_TERMS(terms) \
	{ "period", "TIME", "how long a license lasts from its issue, such as 30d;\n" \
	  "                                none: for ever (default)", .value = &(terms).period }, \
	{ "min-level", "LEVEL", "that a device needs: development (default) or production", \
	  .value = &(terms).level }, \
	{ "max-opens", "N", "how often a license may be opened (default: any)", \
	  .value = &(terms).max_opens }, \
	{ "use-log", NULL, "devices report each opening", .flag = &(terms).use_log }, \
	{ "meter", "UNIT:QUANTUM:MAX", "and how much they use, in bytes, packets or seconds: they log a\n" \
	  "                                quantum before they use it, and stop when more than MAX\n" \
	  "                                was not reported", .value = &(terms).meter }, \
	{ "authentication", "WHO", "has to ask for one: device, user, both, or server: as it is\n" \
	  "                                configured (default)", .value = &(terms).authentication }, \
	{ "max-exports", "N", "how many media may get a copy of a license (default: none)", \
	  .value = &(terms).exports }, \
	{ "max-checkouts", "N", "how often one may be checked out to media (default: none)", \
	  .value = &(terms).checkouts }, \
	{ "at-once", "N", "to how many media at once, 1 to 128 (default: 1)", \
	  .value = &(terms).at_once }, \
	{ "max-offline-opens", "N", "how often without word from this server, of a license with\n" \
	  "                                a period (default: any)", \
	  .value = &(terms).max_offline_opens }, \
	{ "category", "CATEGORY", "wrap the key for the leaves of that category", \
	  .value = &(terms).category }

/* @none: the word for 0 */
static int read_count(const char *text, const char *none, uint32_t *ret_count)
{
	unsigned long n;
	char *end;

	*ret_count = 0;
	if (!strcmp(text, none))
		return 0;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || !n || n >= CASK_OPENS_ANY)
		return -EINVAL;
	*ret_count = n;
	return 0;
}

static int read_copies(const struct terms *t, struct content *content)
{
	if (read_count(t->exports, "none", &content->max_exports))
		return command_usage("--max-exports: \"%s\" is no number of media", t->exports);
	if (read_count(t->checkouts, "none", &content->max_checkouts))
		return command_usage("--max-checkouts: \"%s\" is no number of times", t->checkouts);
	if (read_count(t->at_once, "none", &content->at_once) || !content->at_once ||
	    content->at_once > CASK_LENT_MAX)
		return command_usage("--at-once: \"%s\" is no number from 1 to %d", t->at_once,
				     CASK_LENT_MAX);
	if ((content->max_exports || content->max_checkouts) &&
	    (content->max_opens || content->use_log || content->download_period ||
	     content->max_offline_opens))
		return command_usage("copies go with none of --max-opens, --use-log, --meter, --download-period "
				     "and --max-offline-opens: who has one keeps none of these");
	if (!content->max_checkouts)
		content->at_once = 0;
	else if (content->at_once > content->max_checkouts)
		return command_usage("--at-once is no more than --max-checkouts");
	return EXIT_DONE;
}

static int read_conditions(const struct terms *t, struct content *content)
{
	if (read_count(t->max_offline_opens, "any", &content->max_offline_opens))
		return command_usage("--max-offline-opens: \"%s\" is no number of openings",
				     t->max_offline_opens);
	if (content->max_offline_opens && !content->period)
		return command_usage("--max-offline-opens goes with --period");
	if (read_period(t->download, &content->download_period))
		return command_usage("--download-period: \"%s\" is no time", t->download);
	if (content_permissions_read(t->permit, &content->permissions))
		return command_usage("--permit is record or none, not \"%s\"", t->permit);
	return EXIT_DONE;
}

static int read_terms(const struct terms *t, struct content *content)
{
	if (read_period(t->period, &content->period))
		return command_usage("--period: \"%s\" is no time", t->period);
	if (device_level_read(t->level, &content->min_level))
		return command_usage("--min-level is development or production, not \"%s\"",
				     t->level);
	if (read_count(t->max_opens, "any", &content->max_opens))
		return command_usage("--max-opens: \"%s\" is no number of openings", t->max_opens);
	if (t->meter && content_meter_read(t->meter, &content->meter))
		return command_usage("--meter: \"%s\" is not UNIT:QUANTUM:MAX", t->meter);
	content->use_log = t->use_log || t->meter;
	if (strcmp(t->authentication, "server") &&
	    content_authentication_read(t->authentication, &content->authentication))
		return command_usage("--authentication is device, user, both or server, not \"%s\"",
				     t->authentication);
	content->in_category = t->category;
	if (t->category && text_from_hex(t->category, content->category_id, CASK_ID_SIZE))
		return command_usage("--category: \"%s\" is no category", t->category);
	return read_conditions(t, content) ?: read_copies(t, content);
}

static int check_key_in_header(const struct content *content)
{
	if (!content->in_category)
		return command_usage("--key-in-header goes with --category");
	if (content->max_exports || content->max_checkouts)
		return command_usage("--key-in-header goes without copies: the header does not go along");
	return EXIT_DONE;
}

/**
 * struct adding - a file to be offered, as written
 * @key: file of its key; NULL: it is the first key
 * @of_first_key: --first-key
 * @twokey: --twokey
 * @terms: of its licenses
 * @content: what that comes to
 */
struct adding {
	const char *key;
	bool of_first_key;
	const char *twokey;
	struct terms terms;
	struct content content;
};

static int read_adding(struct command_call *call)
{
	struct adding *a = call->arguments;
	struct content *content = &a->content;
	int ret;

	if (!a->key == !a->of_first_key)
		return command_usage("--key or --first-key is wanted");
	if (content_twokey_read(a->twokey, &content->twokey))
		return command_usage("--twokey is terminal, synchronised or none, not \"%s\"", a->twokey);
	if (content->twokey && !a->of_first_key)
		return command_usage("--twokey goes with --first-key");
	ret = read_terms(&a->terms, content);
	if (!ret && content->meter.unit == CASK_UNIT_PACKETS)
		return command_usage("--meter: a file is not played in packets");
	if (!ret && content->twokey && content->in_category)
		ret = command_usage("--twokey goes without --category");
	if (!ret && content->key_in_header)
		ret = check_key_in_header(content);
	return ret;
}

static int add(struct command_call *call)
{
	struct adding *a = call->arguments;
	const char *path = call->operands[0];
	struct jwk jwk;
	int ret;

	if (a->key && read_jwk(a->key, &jwk))
		return EXIT_FAILED;
	ret = check_category(call->server, &a->content);
	if (!ret)
		ret = store_add(call->server, path, a->key ? &jwk : NULL, &a->content);
	crypto_wipe(&jwk, sizeof(jwk));
	return ret ? command_fail("%s: %s", path, reason(ret)) : print_added(&a->content, call->as_json);
}

static int run_add(int argc, char **argv)
{
	struct adding a = { .twokey = "none", .terms = TERMS_DEFAULT };
	const struct option_spec specs[] = {
		{ "key", "JWK", "the content key, as cask-pack --key-out wrote it", .value = &a.key },
		{ "first-key", NULL, "its key is what cask-server content first-key made of it",
		  .flag = &a.of_first_key },
		{ "twokey", "MODE", "send it as a second key: terminal or synchronised\n"
		  "                                (default: none)", .value = &a.twokey },
		OPTIONS_TERMS(a.terms),
		{ "permit", "LIST", "what may be done besides: record (to a disc); none (default)",
		  .value = &a.terms.permit },
		{ "download-period", "TIME", "how long from a license's issue the file may be accepted\n"
		  "                                into a store; none: for ever (default)",
		  .value = &a.terms.download },
		{ "key-in-header", NULL, "put the key into the header of what is downloaded, for the\n"
		  "                                category; the licenses are without it",
		  .flag = &a.content.key_in_header },
	};
	const struct command_action adding = {
		.usage = "cask-server content add FILE.cask --key JWK | --first-key [--twokey MODE]\n"
			 "           [--period TIME] [--min-level LEVEL] [--max-opens N]\n"
			 "           [--use-log] [--meter UNIT:QUANTUM:MAX] [--authentication WHO]\n"
			 "           [--max-exports N] [--max-checkouts N [--at-once N]]\n"
			 "           [--max-offline-opens N] [--permit LIST] [--download-period TIME]\n"
			 "           [--category CATEGORY [--key-in-header]]",
		.about = "Copies a packed file into the store and offers it; prints its content id.\n"
			 "Title and media type are those of the file. The key is kept wrapped.",
		.operands = 1, .json = true,
		.specs = specs, .count = ARRAY_SIZE(specs), .arguments = &a,
		.check = read_adding, .run = add,
	};

	return command_act(&adding, argc, argv);
}

/**
 * struct first - a first key to be made
 * @key_out: where it goes
 * @kid: content id; NULL: drawn
 * @suite_name: of the file
 * @suite: it
 * @media_type: of the content
 * @title: of the content
 */
struct first {
	const char *key_out;
	const char *kid;
	const char *suite_name;
	const struct suite *suite;
	const char *media_type;
	const char *title;
};

static int name_first(const struct server *server, const struct first *f, uint8_t id[CASK_ID_SIZE])
{
	const struct distributor *d = &server->distributor;
	int ret = f->kid ? text_from_hex(f->kid, id, CASK_ID_SIZE) : crypto_random(id, CASK_ID_SIZE);

	if (!f->kid)
		memcpy(id, d->prefix, d->prefix_size);
	return !ret && memcmp(id, d->prefix, d->prefix_size) ? -EDOM : ret;
}

static int make_first(struct command_call *call)
{
	const struct first *f = call->arguments;
	struct server *server = call->server;
	struct jwk jwk = { .alg = f->suite->alg };
	const struct twokey_information information = {
		.content_id = jwk.content_id, .suite = f->suite->id,
		.issuer = server->distributor.issuer, .media_type = f->media_type, .title = f->title,
	};
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)];
	int ret = name_first(server, f, jwk.content_id);

	if (!ret)
		ret = first_key(server, &information, jwk.key);
	if (!ret)
		ret = jwk_write(f->key_out, &jwk, false);
	text_hex(jwk.content_id, sizeof(jwk.content_id), id);
	crypto_wipe(&jwk, sizeof(jwk));
	if (ret)
		return command_fail("%s: %s", f->key_out, ret == -EEXIST ? "exists" : reason(ret));
	puts(id);
	return EXIT_DONE;
}

static int check_first(struct command_call *call)
{
	struct first *f = call->arguments;
	uint8_t id[CASK_ID_SIZE];

	f->suite = suite_named(f->suite_name);
	if (!f->suite || f->suite->operation != CASK_OPERATION_FILE)
		return command_usage("--suite is aes-128-gcm or aes-128-cbc, not \"%s\"", f->suite_name);
	if (!f->key_out || !*f->media_type)
		return command_usage("--media-type and --key-out are wanted");
	if (f->kid && text_from_hex(f->kid, id, sizeof(id)))
		return command_usage("--kid: %d lower-case hex digits are wanted", 2 * CASK_ID_SIZE);
	if (!content_title_fits(f->title) || !content_title_fits(f->media_type))
		return command_usage("--title and --media-type have up to %d bytes of UTF-8 without "
				     "control characters", CASK_TEXT_MAX);
	return EXIT_DONE;
}

static int run_first_key(int argc, char **argv)
{
	struct first f = { .media_type = "", .title = "", .suite_name = "aes-128-gcm" };
	const struct option_spec specs[] = {
		{ "media-type", "TYPE", "of the content, as the packer is told", .value = &f.media_type },
		{ "title", "TEXT", "likewise", .value = &f.title },
		{ "suite", "SUITE", "aes-128-gcm (default) or aes-128-cbc", .value = &f.suite_name },
		{ "kid", "HEX", "its content id (default: drawn)", .value = &f.kid },
		{ "key-out", "JWK", "write the key here, for cask-pack --key-in", .value = &f.key_out },
	};
	const struct command_action making = {
		.usage = "cask-server content first-key --media-type TYPE [--title TEXT]\n"
			 "           [--suite SUITE] [--kid HEX] --key-out JWK",
		.about = "Makes the first key of a content that is to be packed: of what describes it\n"
			 "and of a secret of the server's own. Prints its content id.",
		.specs = specs, .count = ARRAY_SIZE(specs), .arguments = &f,
		.check = check_first, .run = make_first,
	};

	return command_act(&making, argc, argv);
}

/**
 * struct bare - a content that is only a key
 * @key: file of the key, to be read; or
 * @key_out: to be made, with the key
 * @kid: for a key to be drawn; NULL: drawn, too
 * @suite_name: of the key
 * @suite: it
 * @title: --title
 * @terms: of its licenses
 * @jwk: the key
 * @content: what all that comes to
 */
struct bare {
	const char *key;
	const char *key_out;
	const char *kid;
	const char *suite_name;
	const struct suite *suite;
	const char *title;
	struct terms terms;
	struct jwk jwk;
	struct content content;
};

static int draw_jwk(const struct server *server, struct bare *b)
{
	int ret = crypto_random(b->jwk.key, sizeof(b->jwk.key));

	b->jwk.alg = b->suite->alg;
	if (!ret && b->kid)
		return text_from_hex(b->kid, b->jwk.content_id, sizeof(b->jwk.content_id));
	if (!ret)
		ret = crypto_random(b->jwk.content_id, sizeof(b->jwk.content_id));
	memcpy(b->jwk.content_id, server->distributor.prefix, server->distributor.prefix_size);
	return ret;
}

/* The key's file comes first: a content whose key nobody else has is of no use. */
static int insert_bare(struct server *server, struct bare *b)
{
	struct content *content = &b->content;
	int ret = check_category(server, content);

	if (!ret && !b->key)
		ret = draw_jwk(server, b);
	if (!ret && memcmp(b->jwk.content_id, server->distributor.prefix,
			   server->distributor.prefix_size))
		ret = -EDOM;
	if (!ret && b->key_out)
		ret = jwk_write(b->key_out, &b->jwk, false);
	if (ret)
		return ret == -EEXIST ? -ENOTEMPTY : ret;
	memcpy(content->id, b->jwk.content_id, sizeof(content->id));
	content->suite = b->suite->id;
	ret = content_insert(server->db, &server->vault, content, b->jwk.key);
	if (ret && b->key_out)
		unlink(b->key_out);
	return ret;
}

static int add_key(struct command_call *call)
{
	struct bare *b = call->arguments;
	const char *name = b->key ? b->key : b->key_out;
	int ret;

	if (b->key && read_jwk(b->key, &b->jwk))
		return EXIT_FAILED;
	if (b->key && strcmp(b->jwk.alg, b->suite->alg)) {
		crypto_wipe(&b->jwk, sizeof(b->jwk));
		return command_fail("%s: is a key for another suite", name);
	}
	ret = insert_bare(call->server, b);
	crypto_wipe(&b->jwk, sizeof(b->jwk));
	if (ret == -ENOTEMPTY)
		return command_fail("%s: exists", name);
	return ret ? command_fail("%s: %s", name, reason(ret)) : print_added(&b->content, call->as_json);
}

static int read_bare(struct command_call *call)
{
	struct bare *b = call->arguments;
	uint8_t id[CASK_ID_SIZE];

	b->suite = suite_named(b->suite_name);
	if (!b->suite || b->suite->operation != CASK_OPERATION_DECRYPT)
		return command_usage("--suite is raw-aes-128-ctr, raw-aes-128-cbc or "
				     "raw-aes-128-gcm, not \"%s\"", b->suite_name);
	if (!b->key == !b->key_out || (b->key && b->kid))
		return command_usage("--key, or --key-out with or without --kid, is wanted");
	if (b->kid && text_from_hex(b->kid, id, sizeof(id)))
		return command_usage("--kid: %d lower-case hex digits are wanted", 2 * CASK_ID_SIZE);
	if (!content_title_fits(b->title))
		return command_usage("--title has up to %d bytes of UTF-8 without control "
				     "characters", CASK_TEXT_MAX);
	snprintf(b->content.title, sizeof(b->content.title), "%s", b->title);
	return read_terms(&b->terms, &b->content);
}

static int run_add_key(int argc, char **argv)
{
	struct bare b = { .suite_name = "", .title = "", .terms = TERMS_DEFAULT };
	const struct option_spec specs[] = {
		{ "suite", "SUITE", "raw-aes-128-ctr, raw-aes-128-cbc or raw-aes-128-gcm",
		  .value = &b.suite_name },
		{ "key", "JWK", "the key and its KID", .value = &b.key },
		{ "key-out", "JWK", "draw a key, and write it here", .value = &b.key_out },
		{ "kid", "HEX", "its KID (default: drawn)", .value = &b.kid },
		{ "title", "TEXT", "what people call it", .value = &b.title },
		OPTIONS_TERMS(b.terms),
	};
	const struct command_action adding = {
		.usage = "cask-server content add-key --suite SUITE --key JWK | --key-out JWK\n"
			 "           [--kid HEX] [--title TEXT] [--period TIME] [--min-level LEVEL]\n"
			 "           [--max-opens N] [--use-log] [--meter UNIT:QUANTUM:MAX]\n"
			 "           [--authentication WHO] [--max-exports N]\n"
			 "           [--max-checkouts N [--at-once N]] [--max-offline-opens N]\n"
			 "           [--category CATEGORY]",
		.about = "Offers a content that is only a key: what it is for, packets or samples, is\n"
			 "delivered by other ways. Prints its content id, which is the KID.",
		.json = true, .specs = specs, .count = ARRAY_SIZE(specs), .arguments = &b,
		.check = read_bare, .run = add_key,
	};

	return command_act(&adding, argc, argv);
}

static void print_list(const json_t *list)
{
	json_t *content;
	size_t i;

	printf("%-32s  %12s  %-24s  %s\n", "CONTENT", "BYTES", "MEDIA TYPE", "TITLE");
	json_array_foreach(list, i, content) {
		const char *title = json_string_value(json_object_get(content, "title"));
		const char *type = json_string_value(json_object_get(content, "media_type"));

		printf("%-32s  %12lld  %-24s  %s\n",
		       json_string_value(json_object_get(content, "content_id")),
		       (long long)json_integer_value(json_object_get(content, "size")),
		       type ? type : json_string_value(json_object_get(content, "suite")),
		       title ? title : "");
	}
}

static const struct command_action listing = {
	.usage = "cask-server content list [--json] [--config FILE]",
	.about = "Lists what is offered, the latest first.",
	.name = "contents", .query = content_list, .print = print_list,
};

static int remove_one(struct command_call *call)
{
	struct content content;

	if (!content_find(call->server->db, call->id, &content) &&
	    content.suite == CASK_SUITE_MEDIUM_CLASS)
		return command_fail("%s: is a class of media", call->operands[0]);
	return store_remove(call->server, call->id);
}

static const struct command_action removing = {
	.usage = "cask-server content remove CONTENT [--config FILE]",
	.about = "Offers a content no more: deletes its file and forgets its key. Licenses\n"
		 "that devices have stay.",
	.operands = 1, .id = "content id", .id_size = CASK_ID_SIZE,
	.run = remove_one, .missing = "is not offered",
};

static const struct command commands[] = {
	{ "add", "offer a packed file", .run = run_add },
	{ "add-key", "offer a key without a file", .run = run_add_key },
	{ "first-key", "make the key of a file that is to be packed", .run = run_first_key },
	{ "list", "list what is offered", .action = &listing },
	{ "remove", "offer a content no more", .action = &removing },
};

/**
 * cmd_content() - cask-server content
 * @argc: of @argv
 * @argv: the command line from the command's name on
 *
 * Return: an exit status.
 */
int cmd_content(int argc, char **argv)
{
	return command_dispatch("cask-server content", commands, ARRAY_SIZE(commands), argc, argv);
}
