// SPDX-License-Identifier: GPL-2.0
/*
 * pack.c - what pack_run() writes, read back by a second reading of formats.rst.
 */
#include "unit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "crypto.h"
#include "json.h"
#include "jwk.h"
#include "license.h"
#include "media.h"
#include "pack.h"
#include "scratch.h"
#include "unpack.h"
#include "../../kmod/parse/parse.h"

static struct pack order(void)
{
	struct pack p = { .suite = CASK_SUITE_AES_128_GCM, .block_size = 4096,
			  .media_type = "video/mp4" };

	assert_int_equal(crypto_random(p.content_id, sizeof(p.content_id)), 0);
	assert_int_equal(crypto_random(p.content_key, sizeof(p.content_key)), 0);
	memset(p.issuer, 0x1c, sizeof(p.issuer));
	return p;
}

static int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("unit", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static int pack_bytes(const struct pack *p, const void *data, size_t size)
{
	int in = memory_file(data, size), out = memory_file("", 0);
	struct pack_result result;

	assert_int_equal(pack_check(p), 0);
	assert_int_equal(pack_run(p, in, out, &result), 0);
	assert_int_equal(result.plain_size, size);
	assert_int_equal(result.file_size, lseek(out, 0, SEEK_END));
	close(in);
	return out;
}

static void expect(int fd, const struct pack *p, const uint8_t *data, size_t size)
{
	uint8_t *plain = malloc(p->block_size);
	size_t got, done = 0;
	struct unpack u;
	uint64_t i;

	assert_string_equal(unpack_open(&u, fd, p->content_key) ?: "", "");
	assert_int_equal(u.plain_size, size);
	assert_memory_equal(u.content_id, p->content_id, 16);
	assert_memory_equal(u.issuer, p->issuer, 32);
	for (i = 0; i < unpack_blocks(&u); i++) {
		assert_string_equal(unpack_block(&u, i, plain, &got) ?: "", "");
		assert_memory_equal(plain, data + done, got);
		done += got;
	}
	assert_int_equal(done, size);
	free(plain);
}

static void sizes_of(uint32_t suite)
{
	static const size_t blocks[] = { 4096, 65536, 1048576 };
	size_t i, j;

	for (i = 0; i < 3; i++) {
		size_t b = blocks[i], sizes[] = { 0, 1, b - 1, b, b + 1, 2 * b, 3 * b, 3 * b + 7 };
		uint8_t *data = malloc(3 * b + 7);

		assert_int_equal(crypto_random(data, 3 * b + 7), 0);
		for (j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			struct pack p = order();
			int fd;

			p.suite = suite;
			p.block_size = b;
			fd = pack_bytes(&p, data, sizes[j]);
			expect(fd, &p, data, sizes[j]);
			close(fd);
		}
		free(data);
	}
}

static void D5_sizes(void **state)
{
	sizes_of(CASK_SUITE_AES_128_GCM);
}

static void D5_sizes_of_CBC(void **state)
{
	sizes_of(CASK_SUITE_AES_128_CBC);
}

static void D5_a_suite_without_file_is_refused(void **state)
{
	struct pack p = order();

	p.suite = CASK_SUITE_RAW_AES_128_CTR;
	assert_int_equal(pack_check(&p), -EOPNOTSUPP);
}

static void D5_head_says_what_was_asked(void **state)
{
	struct pack p = order();
	struct unpack u;
	int fd;

	p.title = "Der Titel \xe2\x80\x93 na\xc3\xafve";
	p.media_type = "video/mp4; codecs=\"avc1.640028, mp4a.40.2\"";
	p.license_url = "https://licenses.example/v1";
	fd = pack_bytes(&p, "x", 1);
	assert_null(unpack_open(&u, fd, p.content_key));
	assert_string_equal(u.title, p.title);
	assert_string_equal(u.media_type, p.media_type);
	assert_string_equal(u.link_url, p.license_url);
	assert_int_equal(u.block_size, 4096);
	close(fd);
}

/* The module's own parser takes it too. */
static void D5_parser_agrees(void **state)
{
	struct pack p = order();
	uint8_t head[CASK_CONTENT_FIXED_MAX], id[16] = { 3 }, room[CASK_LINK_MAX];
	struct cask_content c;
	struct cask_link link;
	int fd, length;

	p.license_id = id;
	p.license_url = "https://licenses.example/v1";
	p.title = "T";
	fd = pack_bytes(&p, "some bytes", 10);
	assert_true(pread(fd, head, sizeof(head), 0) > 0);
	length = cask_content_length(head, sizeof(head));
	assert_true(length > 0);
	assert_int_equal(cask_content_parse(&c, head, length), 0);
	assert_int_equal(c.plain_size, 10);
	assert_int_equal(c.title.len, 1);
	assert_true(c.link_capacity >= 1024 && c.link_capacity <= sizeof(room));
	assert_int_equal(pread(fd, room, c.link_capacity, c.link_offset), c.link_capacity);
	assert_int_equal(cask_link_parse(&link, room, c.link_capacity), 0);
	assert_memory_equal(link.license_id.data, id, 16);
	assert_int_equal(link.url.len, strlen(p.license_url));
	close(fd);
}

/* By OpenSSL's own key wrap, from what formats.rst says. */
static void unwrap(const uint8_t kek[16], const uint8_t wrapped[24], uint8_t ret_key[16])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t out[32];
	int n = 0;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_128_wrap(), NULL, kek, NULL), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, wrapped, 24), 1);
	assert_int_equal(n, 16);
	memcpy(ret_key, out, 16);
	EVP_CIPHER_CTX_free(ctx);
}

static void D5_the_key_is_in_the_header(void **state)
{
	const struct license_root root = { .category = "a category of 16", .version = 258,
					   .wrap = "16 bytes: K_EKB." };
	uint8_t aad[16 + 32 + 4 + 36] = { 0 }, kek[32], key[16], room[1024];
	struct pack p = order();
	struct cask_link link;
	struct unpack u;
	int fd;

	p.root = &root;
	p.license_url = "https://licenses.example/v1";
	fd = pack_bytes(&p, "x", 1);
	assert_null(unpack_open(&u, fd, p.content_key));
	assert_string_equal(u.link_url, p.license_url);
	assert_int_equal(pread(fd, room, sizeof(room), u.link_offset), sizeof(room));
	assert_int_equal(cask_link_parse(&link, room, sizeof(room)), 0);
	assert_true(link.has_key);
	memcpy(aad, p.content_id, 16);
	memcpy(aad + 16, p.issuer, 32);
	aad[48] = p.suite;
	/* method EKB, no flags, category, version, zeros */
	aad[52] = 4;
	memcpy(aad + 56, root.category, 16);
	aad[72] = 2;
	aad[73] = 1;
	assert_memory_equal(link.slot.data, aad + 52, 36);
	assert_int_equal(crypto_hmac_sha256(root.wrap, 16, aad, sizeof(aad), kek), 0);
	unwrap(kek, link.key.wrapped.data, key);
	assert_memory_equal(key, p.content_key, 16);
	close(fd);
}

/* The longest texts still leave the fixed part within its limit. */
static void D5_longest_texts(void **state)
{
	struct pack p = order();
	char title[CASK_TEXT_MAX + 2], type[CASK_TEXT_MAX + 2];
	int fd;

	memset(title, 'a', sizeof(title));
	memset(type, 'a', sizeof(type));
	type[1] = '/';
	title[CASK_TEXT_MAX] = type[CASK_TEXT_MAX] = 0;
	p.title = p.license_url = title;
	p.media_type = type;
	fd = pack_bytes(&p, "x", 1);
	expect(fd, &p, (const uint8_t *)"x", 1);
	close(fd);
}

static void refused_orders(void **state)
{
	static const char *bad[] = { "", "a\nb", "a\x7f", "\xc3", "\xff", "\xc2\x9b" "31m",
		"\xed\xa0\x80" };
	char longer[CASK_TEXT_MAX + 2];
	struct pack p;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = order();
		p.title = bad[i];
		assert_int_equal(pack_check(&p), -EINVAL);
		p = order();
		p.media_type = bad[i];
		assert_int_equal(pack_check(&p), -EINVAL);
		p = order();
		p.license_url = bad[i];
		assert_int_equal(pack_check(&p), -EINVAL);
	}
	memset(longer, 'a', sizeof(longer));
	longer[CASK_TEXT_MAX + 1] = 0;
	p = order();
	p.title = longer;
	assert_int_equal(pack_check(&p), -EINVAL);
	p = order();
	memset(p.content_id, 0, sizeof(p.content_id));
	assert_int_equal(pack_check(&p), -EINVAL);
	for (i = 0; i < 6; i++) {
		static const uint32_t sizes[] = { 0, 1, 2048, 4095, 65537, 2097152 };

		p = order();
		p.block_size = sizes[i];
		assert_int_equal(pack_check(&p), -EINVAL);
	}
}

/* No 16 bytes of two packings of zeros under one key are the same. */
static void D5_fresh_iv_and_seed(void **state)
{
	static uint8_t zeros[20 * 4096], raw[2][4096 + 44];
	struct pack p = order();
	struct unpack u[2];
	size_t sizes[2], at;
	uint64_t i, j;
	int k, fd[2];

	for (k = 0; k < 2; k++) {
		fd[k] = pack_bytes(&p, zeros, sizeof(zeros));
		assert_null(unpack_open(&u[k], fd[k], p.content_key));
	}
	for (i = 0; i < 20; i++) {
		assert_null(unpack_raw(&u[0], i, raw[0], &sizes[0]));
		for (k = 0; k < 2; k++) {
			for (j = 0; j < 20; j++) {
				if (!k && i == j)
					continue;
				assert_null(unpack_raw(&u[k], j, raw[1], &sizes[1]));
				assert_memory_not_equal(raw[0], raw[1], 12);
				assert_memory_not_equal(raw[0] + 12, raw[1] + 12, 16);
				for (at = 28; at + 16 <= sizes[0]; at += 16)
					assert_memory_not_equal(raw[0] + at, raw[1] + at, 16);
			}
		}
	}
	close(fd[0]);
	close(fd[1]);
}

/* Blocks open alone, in any order, and only where they belong. */
static void D5_blocks_are_independent_and_bound(void **state)
{
	uint8_t data[4 * 4096 + 1], plain[4096], raw[4096 + 44], other[4096 + 44];
	struct pack p = order(), q;
	size_t size, other_size, i;
	struct unpack u;
	int fd;

	assert_int_equal(crypto_random(data, sizeof(data)), 0);
	fd = pack_bytes(&p, data, sizeof(data));
	assert_null(unpack_open(&u, fd, p.content_key));
	for (i = 5; i-- > 0;) {
		assert_null(unpack_block(&u, i, plain, &size));
		assert_memory_equal(plain, data + i * 4096, size);
	}
	/* swapped */
	assert_null(unpack_raw(&u, 1, raw, &size));
	assert_null(unpack_raw(&u, 2, other, &other_size));
	assert_int_equal(pwrite(fd, other, size, u.data_offset + size), size);
	assert_non_null(unpack_block(&u, 1, plain, &size));
	assert_null(unpack_block(&u, 2, plain, &size));
	/* truncated: block 3 taken for the last */
	u.plain_size = 4 * 4096;
	assert_non_null(unpack_block(&u, 3, plain, &size));
	close(fd);
	/* from another file of the same key */
	q = order();
	memcpy(q.content_key, p.content_key, 16);
	fd = pack_bytes(&q, data, sizeof(data));
	assert_null(unpack_open(&u, fd, q.content_key));
	assert_int_equal(pwrite(fd, raw, sizeof(raw), u.data_offset + sizeof(raw)), sizeof(raw));
	assert_non_null(unpack_block(&u, 1, plain, &size));
	close(fd);
}

static void D5_every_head_byte_is_authentic(void **state)
{
	struct pack p = order();
	struct unpack u;
	uint8_t byte;
	uint32_t i;
	int fd;

	p.title = "T";
	fd = pack_bytes(&p, "x", 1);
	assert_null(unpack_open(&u, fd, p.content_key));
	for (i = 0; i < u.link_offset; i++) {
		struct unpack again;

		assert_int_equal(pread(fd, &byte, 1, i), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, i), 1);
		assert_non_null(unpack_open(&again, fd, p.content_key));
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, i), 1);
	}
	p.content_key[0] ^= 1;
	assert_non_null(unpack_open(&u, fd, p.content_key));
	close(fd);
}

/* A reader of pieces: what a pipe may do. */
static void pieces(void **state)
{
	uint8_t data[3 * 4096 + 5];
	struct pack p = order();
	struct pack_result result;
	int ends[2], out = memory_file("", 0);
	size_t done = 1000, n;

	assert_int_equal(crypto_random(data, sizeof(data)), 0);
	assert_int_equal(pipe(ends), 0);
	for (n = 1; done < sizeof(data); n = n * 2 + 1) {
		if (n > sizeof(data) - done)
			n = sizeof(data) - done;
		assert_int_equal(write(ends[1], data + done, n), n);
		done += n;
	}
	close(ends[1]);
	p.head = data;
	p.head_size = 1000;
	assert_int_equal(pack_run(&p, ends[0], out, &result), 0);
	expect(out, &p, data, sizeof(data));
	close(ends[0]);
	close(out);
}

/* Gives the written middle back, so that 5 GiB need no disk. */
static void punch(void *arg, uint64_t done)
{
	int fd = *(int *)arg;
	uint64_t from = 64 << 20;

	if (done % (64 << 20) == 0 && done > 3 * from)
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, done - 2 * from);
}

static void D5_five_gib_sparse(void **state)
{
	uint64_t size = (5ULL << 30) + 12345, last;
	int in = memory_file("", 0), out = memory_file("", 0);
	static uint8_t plain[1048576];
	struct pack p = order();
	struct pack_result result;
	struct unpack u;
	size_t got;

	assert_int_equal(ftruncate(in, size), 0);
	assert_int_equal(pwrite(in, "begin", 5, 0), 5);
	assert_int_equal(pwrite(in, "end", 3, size - 3), 3);
	p.block_size = 1048576;
	p.progress = punch;
	p.progress_arg = &out;
	assert_int_equal(pack_run(&p, in, out, &result), 0);
	assert_true(result.plain_size == size);
	assert_null(unpack_open(&u, out, p.content_key));
	assert_true(u.plain_size == size);
	last = unpack_blocks(&u) - 1;
	assert_int_equal(last, 5120);
	assert_null(unpack_block(&u, 0, plain, &got));
	assert_memory_equal(plain, "begin", 6);
	assert_null(unpack_block(&u, last - 1, plain, &got));
	assert_int_equal(got, sizeof(plain));
	assert_null(unpack_block(&u, last, plain, &got));
	assert_int_equal(got, 12345);
	assert_memory_equal(plain + got - 3, "end", 3);
	close(in);
	close(out);
}

static void io_errors(void **state)
{
	struct pack p = order();
	struct pack_result result;
	int out = memory_file("", 0), directory = open("/", O_RDONLY | O_CLOEXEC), in;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_int_equal(pack_run(&p, directory, out, &result), -EISDIR);
	assert_true(result.input_failed);
	in = memory_file("abc", 3);
	assert_int_equal(pack_run(&p, in, full, &result), -ENOSPC);
	assert_false(result.input_failed);
	close(in);
	close(out);
	close(full);
	close(directory);
}

static void cancelled(void **state)
{
	volatile sig_atomic_t cancel = 1;
	int in = memory_file("abc", 3), out = memory_file("", 0);
	struct pack_result result;
	struct pack p = order();

	p.cancel = &cancel;
	assert_int_equal(pack_run(&p, in, out, &result), -EINTR);
	close(in);
	close(out);
}

static void jwk_files(void **state)
{
	char *dir = scratch_new("/tmp"), path[64];
	struct jwk jwk = { .content_id = { 1 }, .key = { 2 }, .alg = "A128GCM" }, back;
	struct stat st;

	assert_non_null(dir);
	snprintf(path, sizeof(path), "%s/key.jwk", dir);
	assert_int_equal(jwk_write(path, &jwk, false), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(jwk_read(path, &back), 0);
	assert_memory_equal(jwk.content_id, back.content_id, sizeof(jwk.content_id));
	assert_memory_equal(jwk.key, back.key, sizeof(jwk.key));
	assert_string_equal(back.alg, "A128GCM");
	jwk.key[0] = 3;
	assert_int_equal(jwk_write(path, &jwk, false), -EEXIST);
	assert_int_equal(jwk_read(path, &back), 0);
	assert_int_equal(back.key[0], 2);
	assert_int_equal(jwk_write(path, &jwk, true), 0);
	assert_int_equal(jwk_read(path, &back), 0);
	assert_int_equal(back.key[0], 3);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(jwk_read(path, &back), -ENOENT);
	/* Nothing else is left there. */
	assert_int_equal(rmdir(dir), 0);
	free(dir);
}

#define ID	"\"kid\":\"01000000000000000000000000000000\""
#define K	"\"k\":\"AgAAAAAAAAAAAAAAAAAAAA\""

static void jwk_malformed(void **state)
{
	static const char *good = "{ " K ", \"kty\":\"oct\", \"alg\":\"A128GCM\", " ID " }";
	static const char *bad[] = {
		"", "null", "[]", "{}", "{",
		"{\"kty\":\"oct\",\"alg\":\"A128GCM\"," ID "}",
		"{\"kty\":\"RSA\",\"alg\":\"A128GCM\"," ID "," K "}",
		"{\"kty\":\"oct\",\"alg\":\"A256GCM\"," ID "," K "}",
		"{\"kty\":\"oct\"," ID "," K "}",
		"{\"kty\":\"oct\",\"alg\":\"A128GCM\",\"kid\":\"01\"," K "}",
		"{\"kty\":\"oct\",\"alg\":\"A128GCM\","
			"\"kid\":\"00000000000000000000000000000000\"," K "}",
		"{\"kty\":\"oct\",\"alg\":\"A128GCM\"," ID ",\"k\":\"AgAAAAAAAAAAAAAAAAAA\"}",
		"{\"kty\":\"oct\",\"alg\":\"A128GCM\"," ID ",\"k\":7}",
		"{\"kty\":\"oct\",\"alg\":\"A128GCM\"," ID "," K "," K "}",
		"{\"kty\":\"oct\",\"alg\":\"A128GCM\"," ID "," K "} x",
	};
	struct jwk jwk;
	size_t i;

	assert_int_equal(jwk_parse(good, strlen(good), &jwk), 0);
	assert_int_equal(jwk.content_id[0], 1);
	assert_int_equal(jwk.key[0], 2);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(jwk_parse(bad[i], strlen(bad[i]), &jwk), -EINVAL);
	for (i = 0; i < strlen(good); i++)
		assert_int_equal(jwk_parse(good, i, &jwk), -EINVAL);
}

static int read_root(const char *text, struct license_root *root)
{
	char path[32];
	int fd = memory_file(text, strlen(text)), ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = jwk_root_read(path, root);
	close(fd);
	return ret;
}

#define ROOT(version)	"{\"kty\":\"oct\",\"alg\":\"A128KW\",\"version\":" version "," ID "," K "}"

static void D5_keys_of_categories(void **state)
{
	static const char *bad[] = {
		"", "{}", ROOT("0"), ROOT("4097"), ROOT("-1"), ROOT("\"1\""), ROOT("1.5"), ROOT("null"),
		"{\"kty\":\"oct\",\"alg\":\"A128KW\"," ID "," K "}",
		"{\"kty\":\"oct\",\"alg\":\"A128GCM\",\"version\":1," ID "," K "}",
		"{\"kty\":\"oct\",\"alg\":\"A128KW\",\"version\":1," ID "}",
	};
	const struct license_root root = { .category = { 1 }, .version = CASK_EKB_VERSIONS,
					   .wrap = { 2 } };
	char *dir = scratch_new("/tmp"), path[64];
	struct license_root got;
	struct jwk jwk;
	size_t i;

	assert_int_equal(read_root(ROOT("4096"), &got), 0);
	assert_int_equal(got.version, 4096);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_root(bad[i], &got), -EINVAL);
	assert_non_null(dir);
	snprintf(path, sizeof(path), "%s/root.jwk", dir);
	assert_int_equal(jwk_root_write(path, &root), 0);
	assert_int_equal(jwk_root_write(path, &root), -EEXIST);
	assert_int_equal(jwk_root_read(path, &got), 0);
	assert_memory_equal(&got, &root, sizeof(root));
	/* It wraps keys, and is none of a content. */
	assert_int_equal(jwk_read(path, &jwk), -EINVAL);
	assert_int_equal(unlink(path), 0);
	/* Nothing else is left there. */
	assert_int_equal(rmdir(dir), 0);
	free(dir);
}

static void media_types(void **state)
{
	static const char *good[] = { "a/b", "video/mp4", "application/vnd.cask.content+x",
		"video/mp4; codecs=\"avc1\"", "text/plain;charset=utf-8" };
	static const char *bad[] = { "", "video", "video/", "/mp4", "video/mp4 x", "vi deo/mp4",
		"video/mp4,", "a/b/c" };
	char type[CASK_TEXT_MAX + 1];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(media_valid(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(media_valid(bad[i]));
	media_guess("%PDF-1.7\n", 9, type);
	assert_string_equal(type, "application/pdf");
	media_guess("\x00\x01\xfe\xff\x13\x37", 6, type);
	assert_string_equal(type, "application/octet-stream");
	media_guess("", 0, type);
	assert_string_equal(type, "application/octet-stream");
}

int main(void)
{
	const struct CMUnitTest pack[] = {
		cmocka_unit_test(D5_sizes),
		cmocka_unit_test(D5_sizes_of_CBC),
		cmocka_unit_test(D5_a_suite_without_file_is_refused),
		cmocka_unit_test(D5_head_says_what_was_asked),
		cmocka_unit_test(D5_parser_agrees),
		cmocka_unit_test(D5_the_key_is_in_the_header),
		cmocka_unit_test(D5_longest_texts),
		cmocka_unit_test(refused_orders),
		cmocka_unit_test(D5_fresh_iv_and_seed),
		cmocka_unit_test(D5_blocks_are_independent_and_bound),
		cmocka_unit_test(D5_every_head_byte_is_authentic),
		cmocka_unit_test(pieces),
		cmocka_unit_test(D5_five_gib_sparse),
		cmocka_unit_test(io_errors),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(jwk_files),
		cmocka_unit_test(jwk_malformed),
		cmocka_unit_test(D5_keys_of_categories),
		cmocka_unit_test(media_types),
	};

	cask_json_wipe();
	return run_suite(pack);
}
