// SPDX-License-Identifier: GPL-2.0
/*
 * unit.c - pieces of caskd and of the tools that need no module: names of
 * stored licenses, what the store takes, URLs, answers of netlink, a player's
 * words.
 */
#include <errno.h>
#include <fcntl.h>
#include <netlink/msg.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/cask_netlink.h>

#include "caskd/events.h"
#include "caskd/family.h"
#include "caskd/holding.h"
#include "caskd/netlink.h"
#include "caskd/pending.h"
#include "caskd/request.h"
#include "caskd/store.h"
#include "caskd/validity.h"
#include "cask-play/play.h"
#include "http.h"
#include "listen.h"
#include "scratch.h"

#define ISSUER	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define LICENSE	"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"

static void name_is_read_and_written(void **state)
{
	static const struct {
		const char *name;
		bool machine;
		uint32_t owner;
	} good[] = {
		{ ISSUER "." LICENSE ".0.cose", false, 0 },
		{ ISSUER "." LICENSE ".1000.cose", false, 1000 },
		{ ISSUER "." LICENSE ".4294967294.cose", false, 4294967294U },
		{ ISSUER "." LICENSE ".machine.cose", true, 0 },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char again[HOLDING_NAME_MAX];
		struct holding h;

		memset(&h, 0xa5, sizeof(h));
		assert_int_equal(holding_from_name(good[i].name, &h), 0);
		assert_int_equal(h.machine, good[i].machine);
		assert_int_equal(h.owner, good[i].owner);
		assert_int_equal(h.issuer[31], 0x1f);
		assert_int_equal(h.license_id[0], 0xf0);
		holding_name(&h, again);
		assert_string_equal(again, good[i].name);
	}
}

static void other_names_are_refused(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", "lock", ISSUER, ISSUER "." LICENSE, ISSUER "." LICENSE ".cose",
		ISSUER "." LICENSE ".1000", ISSUER "." LICENSE ".1000.cose.1234.tmp",
		ISSUER "." LICENSE ".1000.json", ISSUER "." LICENSE "..cose",
		ISSUER "." LICENSE ".01000.cose", ISSUER "." LICENSE ".-1.cose",
		ISSUER "." LICENSE ".+1.cose", ISSUER "." LICENSE ".1e3.cose",
		ISSUER "." LICENSE ".4294967295.cose", ISSUER "." LICENSE ".4294967296.cose",
		ISSUER "." LICENSE ".99999999999999999999.cose",
		ISSUER "." LICENSE ".Machine.cose", ISSUER "." LICENSE ".machine2.cose",
		ISSUER "." LICENSE "00.1000.cose", ISSUER "00." LICENSE ".1000.cose",
		"A00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f." LICENSE
		".1.cose",
		LICENSE "." ISSUER ".1000.cose",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct holding h;

		if (holding_from_name(bad[i], &h) != -EINVAL)
			fail_msg("taken: \"%s\"", bad[i]);
	}
}

static void statement_that_is_none_is_refused(void **state)
{
	uint8_t data[CASK_STATEMENT_MAX + 1] = { 0xd2, 0x84 };
	struct holding h;

	assert_int_equal(holding_read(data, 0, &h), -EINVAL);
	assert_int_equal(holding_read(data, 2, &h), -EINVAL);
	assert_int_equal(holding_read(data, CASK_STATEMENT_MAX, &h), -EINVAL);
	assert_int_equal(holding_read(data, sizeof(data), &h), -EINVAL);
}

static void url_has_one_form(void **state)
{
	static const struct {
		const char *given;
		const char *normal;
	} good[] = {
		{ "https://example.org", "https://example.org" },
		{ "https://example.org/", "https://example.org" },
		{ "HTTPS://Example.ORG", "https://example.org" },
		{ "https://example.org:443", "https://example.org" },
		{ "https://example.org:8443/", "https://example.org:8443" },
		{ "https://10.0.2.2:1", "https://10.0.2.2:1" },
		{ "https://[::1]:8443", "https://[::1]:8443" },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char url[REQUEST_URL_MAX];
		struct problem p = { 0 };

		assert_int_equal(request_url(good[i].given, url, &p), 0);
		assert_string_equal(url, good[i].normal);
	}
}

static void other_urls_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "example.org", "http://example.org", "ftp://example.org", "file:///etc/passwd",
		"https://", "https:///", "https://user@example.org",
		"https://user:pass@example.org", "https://example.org/path",
		"https://example.org/?a=b", "https://example.org#f", "https://example.org:0x50",
		"https://example.org:65536", "https://exa mple.org", "https://example.org\r\nA: b",
		"unix:///run/cask/caskd.sock", "https://%2541.example.org",
	};
	char url[REQUEST_URL_MAX], huge[4000];
	struct problem p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&p, 0, sizeof(p));
		if (!request_url(bad[i], url, &p))
			fail_msg("taken: \"%s\" as \"%s\"", bad[i], url);
		assert_string_equal(p.code, "bad-request");
		assert_int_equal(p.status, 400);
	}
	memset(huge, 'a', sizeof(huge));
	memcpy(huge, "https://", 8);
	huge[sizeof(huge) - 1] = 0;
	assert_int_equal(request_url(huge, url, &p), -1);
}

/* Attributes in a message, indexed by type as family.c does for an answer. */
struct answer {
	struct nl_msg *msg;
	struct nlattr *attrs[CASK_A_MAX + 1];
};

static void add(struct answer *a, int type, const void *data, int size)
{
	assert_int_equal(nla_put(a->msg, type, size, data), 0);
}

static int decode(struct answer *a, struct netlink_anchor *out)
{
	static const struct family_field fields[] = {
		FAMILY_FIELD(ISSUER, BYTES, true, netlink_anchor, issuer),
		FAMILY_FIELD(NAME, TEXT, true, netlink_anchor, name),
		FAMILY_FIELD(SEQUENCE, U64, true, netlink_anchor, sequence),
		FAMILY_FIELD(NOT_BEFORE, U64, false, netlink_anchor, not_before),
	};
	struct nlattr *attr;
	int left, ret;

	memset(a->attrs, 0, sizeof(a->attrs));
	nlmsg_for_each_attr(attr, nlmsg_hdr(a->msg), 0, left)
		a->attrs[nla_type(attr)] = attr;
	memset(out, 0, sizeof(*out));
	ret = family_decode(a->attrs, fields, 4, out);
	nlmsg_free(a->msg);
	return ret;
}

static void begin(struct answer *a)
{
	a->msg = nlmsg_alloc();
	assert_non_null(a->msg);
	assert_non_null(nlmsg_put(a->msg, 0, 1, 16, 0, 0));
}

static void answer_is_read_by_table(void **state)
{
	uint8_t issuer[CASK_KID_SIZE] = { 7 };
	struct netlink_anchor anchor;
	uint64_t sequence = 1ULL << 40;
	struct answer a;

	begin(&a);
	add(&a, CASK_A_ISSUER, issuer, sizeof(issuer));
	add(&a, CASK_A_NAME, "Example", sizeof("Example"));
	add(&a, CASK_A_SEQUENCE, &sequence, sizeof(sequence));
	assert_int_equal(decode(&a, &anchor), 0);
	assert_memory_equal(anchor.issuer, issuer, sizeof(issuer));
	assert_string_equal(anchor.name, "Example");
	assert_int_equal(anchor.sequence, sequence);
	assert_int_equal(anchor.not_before, 0);
}

/* One bad attribute for each case, the others good. */
static void malformed_answers_are_refused(void **state)
{
	static const struct {
		int type;
		const char *data;
		int size;
	} bad[] = {
		{ CASK_A_ISSUER, NULL, -1 },		/* absent */
		{ CASK_A_ISSUER, "", 0 },
		{ CASK_A_ISSUER, "0123456789012345678901234567890", 31 },
		{ CASK_A_ISSUER, "012345678901234567890123456789012", 33 },
		{ CASK_A_NAME, NULL, -1 },
		{ CASK_A_NAME, "", 0 },
		{ CASK_A_NAME, "no zero", 7 },
		{ CASK_A_NAME, "a\0b", 4 },
		{ CASK_A_NAME, "0123456789012345678901234567890123456789012345678901234567890123"
			       "4", 66 },
		{ CASK_A_SEQUENCE, NULL, -1 },
		{ CASK_A_SEQUENCE, "1234", 4 },
		{ CASK_A_SEQUENCE, "123456789", 9 },
		{ CASK_A_NOT_BEFORE, "1234567", 7 },
	};
	static const int types[] = { CASK_A_ISSUER, CASK_A_NAME, CASK_A_SEQUENCE };
	uint8_t issuer[CASK_KID_SIZE] = { 7 };
	const void *const data[] = { issuer, "Example", "12345678" };
	const int sizes[] = { sizeof(issuer), sizeof("Example"), 8 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct netlink_anchor anchor;
		struct answer a;

		begin(&a);
		for (size_t j = 0; j < 3; j++)
			if (types[j] != bad[i].type)
				add(&a, types[j], data[j], sizes[j]);
		if (bad[i].size >= 0)
			add(&a, bad[i].type, bad[i].data, bad[i].size);
		if (decode(&a, &anchor) != -EPROTO)
			fail_msg("case %zu is taken", i);
	}
}

static void words_get_the_descriptor(void **state)
{
	char *const given[] = { "mpv", "{}", "a{}b{fd}", "{fdurl}", "{other}", "{", "}", "{fd", "",
				"%s%n", NULL };
	static const char *const want[] = { "mpv", "/dev/fd/17", "a/dev/fd/17b17", "fd://17",
					    "{other}", "{", "}", "{fd", "", "%s%n" };
	char **words = player_words(given, 17);
	size_t i;

	assert_non_null(words);
	for (i = 0; words[i]; i++) {
		assert_string_equal(words[i], want[i]);
		free(words[i]);
	}
	assert_int_equal(i, sizeof(want) / sizeof(want[0]));
	free(words);
}

static void words_without_content_are_told(void **state)
{
	char *const with[][3] = { { "a", "{}" }, { "a", "x{fd}" }, { "{fdurl}" } };
	char *const without[][3] = { { "a", "b" }, { "{x}", "{" }, { "fd", "}" } };

	for (size_t i = 0; i < 3; i++) {
		assert_true(player_has_placeholder(with[i]));
		assert_false(player_has_placeholder(without[i]));
	}
}

static void put_licenses(uint32_t owner, unsigned int from, unsigned int count)
{
	struct holding h = { .owner = owner };

	for (unsigned int i = from; i < from + count; i++) {
		memcpy(h.license_id, &i, sizeof(i));
		assert_int_equal(store_put_license(&h, "x", 1), 0);
	}
}

/* One user's licenses do not use up another's, nor all users' the machine's. */
static void licenses_are_rationed(void **state)
{
	uint32_t alice = 1000, bob = 1001, root = 0;
	unsigned int n = STORE_LICENSES_OF_USER;

	put_licenses(alice, 0, n - 1);
	assert_int_equal(store_room(&alice), 0);
	put_licenses(alice, n - 1, 1);
	assert_int_equal(store_room(&alice), -EDQUOT);
	assert_int_equal(store_room(&bob), 0);
	for (uint32_t uid = 2000; n < STORE_LICENSES_OF_USERS; uid++, n += 512)
		put_licenses(uid, n, 512);
	assert_int_equal(store_room(&bob), -ENOSPC);
	assert_int_equal(store_room(&root), 0);
	assert_int_equal(store_room(NULL), 0);
	put_licenses(root, n, STORE_LICENSES_MAX - STORE_UNDER_WAY - n);
	assert_int_equal(store_room(&root), -ENOSPC);
	assert_int_equal(store_room(NULL), -ENOSPC);
	/* What was granted meanwhile still fits. */
	put_licenses(root, STORE_LICENSES_MAX - STORE_UNDER_WAY, STORE_UNDER_WAY);
}

static void license_is_not_replaced(void **state)
{
	struct holding h = { .owner = 1000, .license_id = { 9 } }, other = h;
	uint8_t *data;
	size_t size;

	other.owner = 1001;
	assert_int_equal(store_put_license(&h, "one", 3), 0);
	assert_int_equal(store_put_license(&h, "one", 3), STORE_HAD_IT);
	assert_int_equal(store_put_license(&h, "two", 3), -EEXIST);
	assert_int_equal(store_put_license(&h, "on", 2), -EEXIST);
	assert_int_equal(store_put_license(&other, "one", 3), -EEXIST);
	assert_int_equal(store_read_license(&h, &data, &size), 0);
	assert_int_equal(size, 3);
	assert_memory_equal(data, "one", 3);
	free(data);
}

/* Nor is standard input asked for a pass phrase. */
static void encrypted_certificate_has_no_period(void **state)
{
	int ends[2], unread, input = dup(STDIN_FILENO);
	json_t *json;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "phrase\n", 7), 7);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	json = validity_of_certificate("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
				       "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
				       "AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n");
	assert_true(json_is_null(json));
	assert_int_equal(ioctl(ends[0], FIONREAD, &unread), 0);
	assert_int_equal(unread, 7);
	dup2(input, STDIN_FILENO);
	close(input);
	close(ends[0]);
	close(ends[1]);
}

static struct distributor *a_distributor(const char *user)
{
	struct server_identity identity = { .certificate = "PEM" };
	json_t *json = json_pack("{s[] s{ss s:s s:s s:s s:s}}", "x", "b", "name", "A",
				 "issuer", ISSUER, "provisioning_key", "AAAA", "grant", "AAAA",
				 "scope", "AAAA");
	struct distributor *d = distributor_new("https://localhost", NULL,
						json_object_get(json, "b"));

	json_decref(json);
	assert_non_null(d);
	snprintf(identity.user, sizeof(identity.user), "%s", user);
	assert_int_equal(distributor_identify(d, &identity), 0);
	return d;
}

/* A refresh that began before the device registered anew must not undo that. */
static void registration_outlives_refresh(void **state)
{
	struct distributor *old = a_distributor("old"), *fresh = a_distributor("old");
	struct distributor *again = a_distributor("new"), *kept;

	assert_int_equal(store_replace_distributor(old, fresh), -ESTALE);
	assert_int_equal(store_put_distributor(old), 0);
	assert_int_equal(store_put_distributor(again), 0);
	assert_int_equal(store_replace_distributor(old, fresh), -ESTALE);
	assert_int_equal(store_get_distributor(old->bundle.issuer, &kept), 0);
	assert_string_equal(kept->user, "new");
	distributor_unref(kept);
	assert_int_equal(store_replace_distributor(again, fresh), 0);
	assert_int_equal(store_get_distributor(old->bundle.issuer, &kept), 0);
	assert_ptr_equal(kept, fresh);
	distributor_unref(kept);
	distributor_unref(old);
	distributor_unref(fresh);
	distributor_unref(again);
}

/* In memory: four thousand licenses are as many fsyncs. */
static int open_store(void **state)
{
	char *dir = scratch_new("/dev/shm");

	*state = dir;
	return !dir || store_open(dir);
}

static int close_store(void **state)
{
	store_close();
	return scratch_free(*state);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

static struct pending pending_of(uint32_t owner, unsigned int content)
{
	struct pending p = { .owner = owner };

	memcpy(p.content_id, &content, sizeof(content));
	return p;
}

/* All but @left of what an owner may have. */
static void fill_pending(uint32_t owner, unsigned int left)
{
	for (unsigned int i = 0; i < PENDING_OF_USER - left; i++) {
		struct pending p = pending_of(owner, i);

		assert_int_equal(pending_begin(&p), 0);
		assert_false(p.again);
	}
}

/* Makes a request @days old. */
static void age(const char *dir, const struct pending *p, int days)
{
	struct timespec times[2] = { { .tv_sec = time(NULL) - days * 86400L } };
	char path[300], issuer[65], content[33];

	times[1] = times[0];
	text_hex(p->issuer, CASK_KID_SIZE, issuer);
	text_hex(p->content_id, CASK_ID_SIZE, content);
	snprintf(path, sizeof(path), "%s/requests/%s.%s.%u.key", dir, issuer, content, p->owner);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void requests_are_rationed(void **state)
{
	struct pending old = pending_of(1000, 7), next = pending_of(1000, 1000);
	char key[PENDING_KEY_SIZE];

	assert_int_equal(pending_open(*state), 0);
	fill_pending(1000, 0);
	age(*state, &old, 29);
	assert_int_equal(pending_begin(&next), -EDQUOT);
	assert_memory_equal(next.oldest, old.content_id, CASK_ID_SIZE);
	/* The same request again needs no room, and has its key. */
	assert_int_equal(pending_begin(&old), 0);
	assert_true(old.again);
	memcpy(key, old.key, sizeof(key));
	/* Beyond 30 days it makes room. */
	age(*state, &old, 31);
	assert_int_equal(pending_begin(&next), 0);
	pending_end(&next);
	assert_int_equal(pending_begin(&old), 0);
	assert_false(old.again);
	assert_string_not_equal(old.key, key);
	pending_close();
}

static void request_outlives_its_twin(void **state)
{
	struct pending first = pending_of(1000, 7), second = first, third = first;

	assert_int_equal(pending_open(*state), 0);
	assert_int_equal(pending_begin(&first), 0);
	assert_int_equal(pending_begin(&second), 0);
	assert_true(second.again);
	/* The first did not go out; of the second nobody knows. */
	pending_end(&first);
	pending_keep(&second);
	assert_int_equal(pending_begin(&third), 0);
	assert_true(third.again);
	assert_string_equal(third.key, second.key);
	/* What has begun anew meanwhile stays. */
	pending_end(&third);
	assert_int_equal(pending_begin(&first), 0);
	assert_false(first.again);
	pending_keep(&second);
	assert_int_equal(pending_begin(&third), 0);
	assert_string_equal(third.key, first.key);
	pending_close();
}

static void root_has_room_for_requests(void **state)
{
	struct pending user = pending_of(2000, 0);
	struct pending machine = { .machine = true };

	assert_int_equal(pending_open(*state), 0);
	for (uint32_t uid = 1000; uid < 1000 + PENDING_OF_USERS / PENDING_OF_USER; uid++)
		fill_pending(uid, 0);
	assert_int_equal(pending_begin(&user), -EDQUOT);
	fill_pending(0, 0);
	assert_int_equal(pending_begin(&machine), 0);
	pending_close();
}

static struct pending class_of(uint32_t owner, unsigned int class)
{
	struct pending p = pending_of(owner, class);

	p.machine = p.class = true;
	return p;
}

/* @one begins, then @other, which ends: @one is what it was. */
static void check_apart(struct pending one, struct pending other)
{
	struct pending again = one;

	assert_int_equal(pending_begin(&one), 0);
	assert_int_equal(pending_begin(&other), 0);
	assert_false(other.again);
	assert_string_not_equal(other.key, one.key);
	pending_end(&other);
	assert_int_equal(pending_begin(&again), 0);
	assert_true(again.again);
	assert_string_equal(again.key, one.key);
	pending_end(&again);
}

/* Anybody may ask for a class, by any id: that must not end what root asked for. */
static void class_request_is_of_who_asks(void **state)
{
	const struct pending machine = { .machine = true, .content_id = { 7 } };

	assert_int_equal(pending_open(*state), 0);
	check_apart(machine, class_of(65534, 7));
	check_apart(class_of(65534, 7), machine);
	check_apart(machine, class_of(0, 7));
	check_apart(class_of(1000, 7), class_of(65534, 7));
	check_apart(pending_of(1000, 7), class_of(1000, 7));
	pending_close();
}

static void class_requests_are_rationed(void **state)
{
	struct pending machine = { .machine = true }, root = class_of(0, 0), next;
	uint32_t uid = 1000;

	assert_int_equal(pending_open(*state), 0);
	for (; uid < 1000 + PENDING_OF_USERS / PENDING_OF_USER; uid++) {
		for (unsigned int i = 0; i < PENDING_OF_USER; i++) {
			next = class_of(uid, i);
			assert_int_equal(pending_begin(&next), 0);
		}
		next = class_of(uid, PENDING_OF_USER);
		assert_int_equal(pending_begin(&next), -EDQUOT);
	}
	next = class_of(uid, 0);
	assert_int_equal(pending_begin(&next), -EDQUOT);
	assert_int_equal(pending_begin(&machine), 0);
	assert_int_equal(pending_begin(&root), 0);
	pending_close();
}

#define DEADLINE_SECONDS	1

static struct cask_reply *take_time(struct cask_http_request *rq)
{
	/* The deadlines are looked at each second. */
	sleep(DEADLINE_SECONDS + 2);
	return cask_reply_empty(204);
}

static void handler_may_take_longer_than_the_request(void **state)
{
	static const struct cask_http_route route = { "GET", "/slow", take_time, 0 };
	static const char request[] = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n";
	char path[] = "/tmp/cask-unit.XXXXXX", answer[64] = "";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct cask_http_options options = {
		.routes = &route, .route_count = 1, .connections_max = 4,
		.request_seconds = DEADLINE_SECONDS, .idle_seconds = 60, .drain_seconds = 1,
	};
	struct cask_http *server;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	strcpy(address.sun_path, path);
	options.listen_fd = cask_listen_unix(path, 0600);
	assert_true(options.listen_fd >= 0);
	assert_int_equal(cask_http_start(&options, &server), 0);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	assert_true(read(fd, answer, sizeof(answer) - 1) > 0);
	assert_memory_equal(answer, "HTTP/1.1 204", 12);
	close(fd);
	cask_http_stop(server);
	unlink(path);
}

static void happen(uint32_t event, uint64_t sequence, uint32_t uid)
{
	struct agent_event e = {
		.event = event, .sequence = sequence, .license_id = { 7 },
		.has_owner = uid != UINT32_MAX, .owner = uid,
	};

	events_happened(&e);
}

/* The next line that @reader sees, without its end; "" when there is none. */
static const char *next_line(struct events_reader *reader)
{
	static char line[4096];
	ssize_t n = events_read(reader, line, sizeof(line));

	line[n ? n - 1 : 0] = 0;
	return line;
}

static struct events_reader *reader_of(uint32_t uid)
{
	struct events_reader *reader = events_open(uid, false);
	char empty[16];

	/* The first line is empty, and comes at once. */
	assert_int_equal(events_read(reader, empty, sizeof(empty)), 1);
	assert_int_equal(empty[0], '\n');
	return reader;
}

static void events_reach_whom_they_concern(void **state)
{
	struct events_reader *root, *user;

	happen(CASK_EVENT_OPENED, 5, 1000);
	happen(CASK_EVENT_REFUSED, 6, 1001);
	happen(CASK_EVENT_REMOVED, 7, UINT32_MAX);
	happen(CASK_EVENT_OPENED, 10, 1000);
	happen(99, 11, 1000);
	user = reader_of(1000);
	root = reader_of(0);
	assert_non_null(strstr(next_line(user), "\"opened\""));
	assert_non_null(strstr(next_line(user), "\"removed\""));
	/* 8 and 9 never came, whosever they were. */
	assert_non_null(strstr(next_line(user), "\"event\":\"lost\""));
	assert_non_null(strstr(next_line(user), "\"sequence\":10"));
	assert_non_null(strstr(next_line(user), "\"unknown\""));
	assert_string_equal(next_line(user), "");
	for (int i = 0; i < 6; i++)
		assert_string_not_equal(next_line(root), "");
	assert_string_equal(next_line(root), "");
	events_close(user);
	events_close(root);
}

static void slow_reader_is_told_what_it_lost(void **state)
{
	struct events_reader *reader = reader_of(0);
	const char *line;
	int n = 0;

	for (int i = 0; i < EVENTS_KEPT + 3; i++)
		happen(CASK_EVENT_OPENED, 12 + i, 1000);
	/* Those of the test before, and three. */
	line = next_line(reader);
	assert_non_null(strstr(line, "\"lost\""));
	assert_non_null(strstr(line, "\"count\":9"));
	while (*next_line(reader))
		n++;
	assert_int_equal(n, EVENTS_KEPT);
	events_close(reader);
}

/* What registering, getting, renewing and playing are refused with. */
static void D16_each_refusal_says_what_to_do_next(void **state)
{
	static const char *const codes[] = {
		"agent-unreachable", "category-full", "certificate-device", "certificate-expired",
		"certificate-key", "certificate-malformed", "certificate-purpose", "certificate-revoked",
		"clock-skew", "content-is-class", "content-removed", "content-unknown", "credit-exceeded",
		"credit-lost", "device-disabled", "device-foreign", "device-unknown", "enrolment-expired",
		"enrolment-unknown", "factory-unknown", "field-malformed", "field-missing", "field-unknown",
		"funds-missing", "information-wanted", "issuer-ambiguous", "issuer-unknown", "leaf-revoked",
		"level-too-low", "license-on-medium", "license-unknown", "module-absent", "not-registered",
		"password-weak", "payment-method-wanted", "price", "quantity-exceeded", "quota-exceeded",
		"revocation-unknown", "server-answer", "server-certificate", "server-timeout",
		"server-unreachable", "session-ended", "signature-rejected", "term-not-permitted",
		"term-unknown", "token-expired", "token-unknown", "token-used", "token-wanted",
		"too-many-connections", "too-many-licenses", "too-many-requests", "too-many-tries",
		"user-disabled", "user-rejected", "user-taken", "user-wanted",
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct cask_error error = { .code = "" };

		snprintf(error.code, sizeof(error.code), "%s", codes[i]);
		if (!cask_error_hint(&error))
			fail_msg("%s", codes[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handler_may_take_longer_than_the_request),
		cmocka_unit_test(events_reach_whom_they_concern),
		cmocka_unit_test(slow_reader_is_told_what_it_lost),
		cmocka_unit_test(name_is_read_and_written),
		cmocka_unit_test(other_names_are_refused),
		cmocka_unit_test(statement_that_is_none_is_refused),
		cmocka_unit_test(url_has_one_form),
		cmocka_unit_test(other_urls_are_refused),
		cmocka_unit_test(answer_is_read_by_table),
		cmocka_unit_test(malformed_answers_are_refused),
		cmocka_unit_test(words_get_the_descriptor),
		cmocka_unit_test(words_without_content_are_told),
		cmocka_unit_test(D16_each_refusal_says_what_to_do_next),
		WITH_STORE(licenses_are_rationed),
		WITH_STORE(license_is_not_replaced),
		cmocka_unit_test(encrypted_certificate_has_no_period),
		WITH_STORE(requests_are_rationed),
		WITH_STORE(root_has_room_for_requests),
		WITH_STORE(request_outlives_its_twin),
		WITH_STORE(class_request_is_of_who_asks),
		WITH_STORE(class_requests_are_rationed),
		WITH_STORE(registration_outlives_refresh),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
