// SPDX-License-Identifier: GPL-2.0
/*
 * unit_media.c - what libcask and cask-medium do for media, without the module: labels,
 * ioctls (a mock of them), requests that are kept, recording from each kind of source.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cask-medium/recording.h"
#include "caskd/pending.h"
#include "file.h"
#include "internal.h"
#include "scratch.h"

/* --- a mock of /dev/cask --- */

static struct {
	unsigned long request;
	int fd;
	int error;
	int result;
	char arg[256] __attribute__((aligned(8)));
	void (*answer)(void *arg);
} mock;

static int device_error;

int cask_device_open(void)
{
	return device_error ? device_error : open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* Of /dev/cask or of a medium; the argument is kept as it came. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	mock.request = request;
	mock.fd = fd;
	memcpy(mock.arg, arg, _IOC_SIZE(request));
	if (mock.error) {
		errno = mock.error;
		return -1;
	}
	if (mock.answer)
		mock.answer(arg);
	return mock.result;
}

static int reset(void **state)
{
	memset(&mock, 0, sizeof(mock));
	device_error = 0;
	return 0;
}

static void draw_number(void *arg)
{
	struct cask_medium_create *create = arg;

	memset(create->number, 7, sizeof(create->number));
}

static void S1_create_asks_the_device(void **state)
{
	struct cask_medium_create create = { .fd = 5, .slot_size = 8192 };
	const struct cask_medium_create *got = (void *)mock.arg;

	mock.answer = draw_number;
	assert_int_equal(cask_medium_create(&create), 0);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_CREATE);
	assert_int_equal(got->fd, 5);
	assert_int_equal(got->slot_size, 8192);
	assert_int_equal(create.number[15], 7);
	mock.error = ENOKEY;
	assert_int_equal(cask_medium_create(&create), -ENOKEY);
	mock.error = EEXIST;
	assert_int_equal(cask_medium_create(&create), -EEXIST);
	device_error = -ENODEV;
	mock.request = 0;
	assert_int_equal(cask_medium_create(&create), -ENODEV);
	assert_int_equal(mock.request, 0);
}

static void S1_open_gives_a_descriptor(void **state)
{
	const struct cask_medium_open *got = (void *)mock.arg;

	mock.result = 42;
	assert_int_equal(cask_medium_open(9), 42);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_OPEN);
	assert_int_equal(got->fd, 9);
	assert_int_equal(got->flags, 0);
	mock.error = ENOKEY;
	assert_int_equal(cask_medium_open(9), -ENOKEY);
}

static void tell_info(void *arg)
{
	struct cask_medium_info *info = arg;

	info->state = CASK_MEDIUM_STALE;
	info->counter = 3;
}

static void S1_info_comes_whole_or_not(void **state)
{
	struct cask_medium_info info;

	memset(&info, 0xa5, sizeof(info));
	mock.error = EBADF;
	assert_int_equal(cask_medium_get_info(7, &info), -EBADF);
	assert_int_equal(info.state, 0xa5a5a5a5);
	reset(NULL);
	mock.answer = tell_info;
	assert_int_equal(cask_medium_get_info(7, &info), 0);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_INFO);
	assert_int_equal(mock.fd, 7);
	for (size_t i = 0; i < sizeof(info); i++)
		assert_int_equal(mock.arg[i], 0);
	assert_int_equal(info.state, CASK_MEDIUM_STALE);
	assert_int_equal(info.counter, 3);
}

static void S3_license_is_asked_for_by_its_index(void **state)
{
	const struct cask_medium_license *got = (void *)mock.arg;
	struct cask_medium_license license;

	assert_int_equal(cask_medium_get_license(7, 11, &license), 0);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_LICENSE);
	assert_int_equal(got->index, 11);
	mock.error = ENOENT;
	assert_int_equal(cask_medium_get_license(7, 12, &license), -ENOENT);
}

static void count_licenses(void *arg)
{
	((struct cask_medium_data *)arg)->licenses = 4;
}

static void S5_statement_and_backup_go_by_address(void **state)
{
	const struct cask_medium_data *got = (void *)mock.arg;
	uint32_t licenses = 0;

	mock.answer = count_licenses;
	assert_int_equal(cask_medium_install(7, "abc", 3), 0);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_INSTALL);
	assert_int_equal(got->len, 3);
	assert_memory_equal((char *)(uintptr_t)got->data, "abc", 3);
	assert_int_equal(cask_medium_restore(7, "abcd", 4, &licenses), 0);
	assert_int_equal(mock.request, CASK_IOC_MEDIUM_RESTORE);
	assert_int_equal(got->len, 4);
	assert_int_equal(licenses, 4);
	mock.error = EXDEV;
	licenses = 0;
	assert_int_equal(cask_medium_restore(7, "abcd", 4, &licenses), -EXDEV);
	assert_int_equal(licenses, 0);
	mock.request = 0;
	assert_int_equal(cask_medium_install(7, "", (size_t)CASK_BACKUP_MAX + 1), -EINVAL);
	assert_int_equal(mock.request, 0);
}

static void D9_copies_are_asked_for_by_name(void **state)
{
	static const uint8_t issuer[CASK_KID_SIZE] = { 7, 8 }, id[CASK_ID_SIZE] = { 1, 2, 3 };
	static const struct {
		int (*fn)(int medium, const uint8_t *issuer, const uint8_t *license_id);
		unsigned long request;
	} calls[] = {
		{ cask_medium_export, CASK_IOC_MEDIUM_EXPORT },
		{ cask_medium_check_out, CASK_IOC_MEDIUM_CHECKOUT },
		{ cask_medium_check_in, CASK_IOC_MEDIUM_CHECKIN },
	};
	static const int own[] = { EPERM, EDQUOT, EBUSY, EEXIST, ENOENT, EXDEV, EACCES };
	const struct cask_medium_lend *got = (void *)mock.arg;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		mock.error = 0;
		assert_int_equal(calls[i].fn(7, issuer, id), 0);
		assert_int_equal(mock.request, calls[i].request);
		assert_memory_equal(got->issuer, issuer, sizeof(issuer));
		assert_memory_equal(got->license_id, id, sizeof(id));
		mock.error = EDQUOT;
		assert_int_equal(calls[i].fn(7, issuer, id), -EDQUOT);
	}
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_string_not_equal(cask_medium_lend_strerror(-own[i]), cask_medium_strerror(own[i]));
	assert_string_equal(cask_medium_lend_strerror(EROFS), cask_medium_strerror(EROFS));
}

static void S3_content_opens_on_a_medium(void **state)
{
	static const uint8_t id[CASK_ID_SIZE] = { 1, 2, 3 };
	const struct cask_open *got = (void *)mock.arg;

	mock.result = 33;
	assert_int_equal(cask_open_on_medium(4, 6, id), 33);
	assert_int_equal(mock.request, CASK_IOC_OPEN);
	assert_int_equal(got->flags, CASK_OPEN_MEDIUM);
	assert_int_equal(got->content_fd, 4);
	assert_int_equal(got->medium_fd, 6);
	assert_memory_equal(got->license_id, id, sizeof(id));
	assert_int_equal(cask_open_content(4, NULL), 33);
	assert_int_equal(got->flags, 0);
	assert_int_equal(got->medium_fd, 0);
}

static void S3_errors_have_words(void **state)
{
	static const int own[] = {
		EINVAL, EOPNOTSUPP, EBADMSG, EBADF, EROFS, ENOKEY, ESTALE, EUCLEAN, EXDEV, EEXIST,
		EMSGSIZE, EKEYREVOKED, ENOSPC, ENOENT, EDQUOT,
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		assert_string_not_equal(cask_medium_strerror(own[i]), strerror(own[i]));
		assert_string_equal(cask_medium_strerror(own[i]), cask_medium_strerror(-own[i]));
	}
	assert_string_equal(cask_medium_strerror(EKEYEXPIRED), cask_strerror(EKEYEXPIRED));
	assert_string_not_equal(cask_medium_strerror(EDQUOT), cask_strerror(EDQUOT));
	assert_non_null(strstr(cask_strerror(EDQUOT), "caskctl license list"));
	assert_non_null(strstr(cask_medium_strerror(EUCLEAN), "cask-medium restore"));
}

/* --- labels --- */

static void S8_label_is_read_as_it_is_written(void **state)
{
	static const size_t sizes[] = { CASK_MEDIUM_NUMBER_SIZE, CASK_X25519_SIZE };
	uint8_t number[CASK_X25519_SIZE], again[CASK_X25519_SIZE];
	char text[CASK_LABEL_MAX];

	for (unsigned int seed = 0; seed < 256; seed++) {
		for (size_t i = 0; i < sizeof(number); i++)
			number[i] = seed * 31 + i * (seed | 1);
		for (size_t s = 0; s < 2; s++) {
			memset(again, 0xa5, sizeof(again));
			cask_label_text(number, sizes[s], text);
			assert_int_equal(strlen(text), s ? 77 : 41);
			assert_int_equal(cask_label_parse(text, sizes[s], again, NULL), 0);
			assert_memory_equal(number, again, sizes[s]);
		}
	}
}

static void S8_label_is_what_it_was(void **state)
{
	static const uint8_t number[CASK_MEDIUM_NUMBER_SIZE] = {
		0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
		0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
	};
	char text[CASK_LABEL_MAX];

	/* Printed on things: it never changes. */
	assert_string_equal(cask_label_text(number, sizeof(number), text),
			    "000GD-40R4S-0M308-E209Z-185GK-R38ES-1W003");
}

static void S8_label_is_read_as_people_write(void **state)
{
	static const uint8_t number[CASK_MEDIUM_NUMBER_SIZE] = { 0x08, 0x42, 0x10, 0x84, 0x21 };
	char text[CASK_LABEL_MAX], written[CASK_LABEL_MAX * 2];
	uint8_t again[CASK_MEDIUM_NUMBER_SIZE];
	size_t n = 0;

	cask_label_text(number, sizeof(number), text);
	for (const char *c = text; *c; c++) {
		if (*c == '-') {
			written[n++] = ' ';
			continue;
		}
		written[n++] = *c == '1' ? 'l' : *c == '0' ? 'o' :
			       *c >= 'A' ? *c - 'A' + 'a' : *c;
	}
	written[n] = 0;
	assert_int_equal(cask_label_parse(written, sizeof(again), again, NULL), 0);
	assert_memory_equal(again, number, sizeof(number));
}

/* Every one of them: that is the point of the check characters. */
static void S8_each_wrong_character_is_found(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t number[CASK_X25519_SIZE], again[CASK_X25519_SIZE];
	char text[CASK_LABEL_MAX];
	unsigned int group;

	for (size_t i = 0; i < sizeof(number); i++)
		number[i] = i * 77 + 5;
	cask_label_text(number, sizeof(number), text);
	for (size_t i = 0; text[i]; i++) {
		char right = text[i];

		if (right == '-')
			continue;
		for (const char *d = digits; *d; d++) {
			text[i] = *d;
			group = 0;
			if (*d == right)
				continue;
			assert_int_equal(cask_label_parse(text, sizeof(again), again, &group),
					 -EBADMSG);
			assert_int_equal(group, i / 6 + 1);
		}
		text[i] = right;
	}
}

static void S8_each_swap_is_found(void **state)
{
	uint8_t number[CASK_X25519_SIZE], again[CASK_X25519_SIZE];
	char text[CASK_LABEL_MAX], swapped[CASK_LABEL_MAX];

	for (size_t i = 0; i < sizeof(number); i++)
		number[i] = i * 77 + 5;
	cask_label_text(number, sizeof(number), text);
	for (size_t i = 0; text[i]; i++) {
		for (size_t j = i - i % 6; j < i; j++) {
			strcpy(swapped, text);
			swapped[i] = text[j];
			swapped[j] = text[i];
			if (text[i] != text[j] && text[i] != '-')
				assert_int_equal(cask_label_parse(swapped, sizeof(again), again,
								  NULL), -EBADMSG);
		}
	}
	for (size_t g = 0; g + 1 < 13; g++) {
		strcpy(swapped, text);
		memcpy(swapped + g * 6, text + (g + 1) * 6, 5);
		memcpy(swapped + (g + 1) * 6, text + g * 6, 5);
		assert_int_equal(cask_label_parse(swapped, sizeof(again), again, NULL), -EBADMSG);
	}
}

static void S8_other_texts_are_no_labels(void **state)
{
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE] = { 0 }, again[CASK_X25519_SIZE];
	char text[CASK_LABEL_MAX + 8];

	cask_label_text(number, sizeof(number), text);
	assert_int_equal(cask_label_parse("", sizeof(number), again, NULL), -EBADMSG);
	assert_int_equal(cask_label_parse("U", sizeof(number), again, NULL), -EBADMSG);
	/* A medium's is no apparatus's, and the other way round. */
	assert_int_equal(cask_label_parse(text, CASK_X25519_SIZE, again, NULL), -EBADMSG);
	strcat(text, "0");
	assert_int_equal(cask_label_parse(text, sizeof(number), again, NULL), -EINVAL);
	assert_int_equal(cask_label_parse(text, 33, again, NULL), -EINVAL);
}

/* --- requests that are kept --- */

static char *dir;

static void S2_answer_is_kept_until_the_end(void **state)
{
	struct pending p = { .owner = 1000, .medium = true, .number = { 9 } }, again = p, other = p;

	assert_int_equal(pending_begin(&p), 0);
	assert_false(p.again);
	p.once = true;
	p.nonce[0] = 5;
	assert_int_equal(pending_answer(&p, "state\nment", 10), 0);
	assert_int_equal(pending_begin(&again), 0);
	assert_true(again.again);
	assert_true(again.once);
	assert_int_equal(again.nonce[0], 5);
	assert_string_equal(again.key, p.key);
	assert_int_equal(again.answer_size, 10);
	assert_memory_equal(again.answer, "state\nment", 10);
	pending_clear(&again);
	/* Another medium, lock, owner or content is another request. */
	other.number[0] = 8;
	assert_int_equal(pending_find(&other), -ENOENT);
	other = (struct pending){ .owner = 1000, .medium = true, .number = { 9 }, .locked = true };
	assert_int_equal(pending_find(&other), -ENOENT);
	other = (struct pending){ .owner = 1001, .medium = true, .number = { 9 } };
	assert_int_equal(pending_find(&other), -ENOENT);
	other = (struct pending){ .owner = 1000 };
	assert_int_equal(pending_find(&other), -ENOENT);
	pending_end(&p);
	assert_int_equal(pending_find(&p), -ENOENT);
}

/* The same request in two connections: one has the answer, and says that it is done with it. */
static void S2_answer_that_is_done_with_stays_so(void **state)
{
	struct pending p = { .owner = 1000, .medium = true, .number = { 10 } }, twin = p;

	assert_int_equal(pending_begin(&p), 0);
	assert_int_equal(pending_begin(&twin), 0);
	assert_int_equal(pending_answer(&p, "statement", 9), 0);
	pending_end(&p);
	assert_int_equal(pending_answer(&twin, "statement", 9), 0);
	assert_int_equal(pending_find(&p), -ENOENT);
	/* Nor does it write over the one after that. */
	assert_int_equal(pending_begin(&p), 0);
	assert_int_equal(pending_answer(&twin, "statement", 9), 0);
	assert_int_equal(pending_find(&p), 0);
	assert_null(p.answer);
	assert_string_not_equal(p.key, twin.key);
	pending_end(&p);
}

/* --- recording --- */

static char target[64];
static uint8_t *film;
static size_t film_size;

static int make_film(void **state)
{
	char plain[64], path[64], *command;

	snprintf(target, sizeof(target), "%s/film.cask", dir);
	snprintf(plain, sizeof(plain), "%s/plain", dir);
	snprintf(path, sizeof(path), "%s/film", dir);
	if (asprintf(&command, "for i in $(seq 60000); do echo $i; done >%s && "
		     "build/bin/cask-pack --quiet --issuer %064d --key-out %s/key %s %s", plain, 0,
		     dir, plain, path) < 0 || system(command))
		return -1;
	free(command);
	return cask_file_read(path, 1 << 24, &film, &film_size);
}

static void check_recorded(void)
{
	uint8_t *got;
	size_t size;

	assert_int_equal(cask_file_read(target, 1 << 24, &got, &size), 0);
	assert_int_equal(size, film_size);
	assert_memory_equal(got, film, size);
	free(got);
	assert_int_equal(unlink(target), 0);
}

static void put_all(int fd, const void *data, size_t size)
{
	for (size_t done = 0; done < size; ) {
		ssize_t n = write(fd, (const char *)data + done, size - done);

		if (n <= 0)
			return;
		done += n;
	}
}

static char pipe_path[64];

static void *broadcast(void *size)
{
	int fd = open(pipe_path, O_WRONLY);

	put_all(fd, film, *(size_t *)size);
	put_all(fd, "the next one", 12);
	close(fd);
	return NULL;
}

static int record_pipe(size_t size, struct cask_error *error)
{
	struct recording r;
	pthread_t thread;
	int ret;

	snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", dir);
	unlink(pipe_path);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_int_equal(pthread_create(&thread, NULL, broadcast, &size), 0);
	assert_int_equal(recording_open(&r, target, error), 0);
	ret = source_stream(&r, pipe_path);
	ret = ret ? ret : recording_publish(&r);
	recording_close(&r);
	pthread_join(thread, NULL);
	return ret;
}

static void S9_stream_is_recorded_up_to_its_end(void **state)
{
	struct cask_error error;

	assert_int_equal(record_pipe(film_size, &error), 0);
	check_recorded();
}

static void S9_stream_that_ends_early_does_not_appear(void **state)
{
	struct cask_error error;

	/* What comes behind it then is taken for a part of it, and too little. */
	assert_int_equal(record_pipe(film_size - 100, &error), -1);
	assert_string_equal(error.code, RECORDING_ENDED);
	assert_int_equal(access(target, F_OK), -1);
	assert_int_equal(record_pipe(0, &error), -1);
	assert_string_equal(error.code, ERROR_CODE_FILE);
	assert_int_equal(record_pipe(film_size, &error), 0);
	check_recorded();
}

static void S9_stream_of_something_else_is_refused(void **state)
{
	struct cask_error error;
	uint8_t first = film[0];

	film[0] ^= 1;
	assert_int_equal(record_pipe(film_size, &error), -1);
	film[0] = first;
	assert_string_equal(error.code, ERROR_CODE_FILE);
	assert_non_null(strstr(error.text, "no .cask file"));
	assert_int_equal(access(target, F_OK), -1);
}

/* A server for some requests: sends so many bytes of each answer, then hangs up. */
static struct {
	int sock;
	const char *etag;
	size_t cut[4];
	size_t asked_from[4];
	int requests;
} web;

static size_t read_request(int fd)
{
	char head[4096];
	size_t n = 0;
	const char *range;

	while (n < sizeof(head) - 1 && read(fd, head + n, 1) == 1) {
		head[++n] = 0;
		if (n >= 4 && !strcmp(head + n - 4, "\r\n\r\n"))
			break;
	}
	head[n] = 0;
	range = strcasestr(head, "Range: bytes=");
	return range ? strtoull(range + 13, NULL, 10) : 0;
}

static void *serve(void *unused)
{
	for (int i = 0; i < web.requests; i++) {
		int fd = accept(web.sock, NULL, NULL);
		size_t from = read_request(fd), end = web.cut[i] < film_size ? web.cut[i] : film_size;
		char head[512];

		web.asked_from[i] = from;
		snprintf(head, sizeof(head), "HTTP/1.1 %s\r\n%s%s%sContent-Range: bytes %zu-%zu/%zu\r\n"
			 "Content-Length: %zu\r\nConnection: close\r\n\r\n",
			 from ? "206 Partial Content" : "200 OK", web.etag ? "ETag: " : "",
			 web.etag ? web.etag : "", web.etag ? "\r\n" : "", from, film_size - 1,
			 film_size, film_size - from);
		put_all(fd, head, strlen(head));
		if (end > from)
			put_all(fd, film + from, end - from);
		close(fd);
	}
	return NULL;
}

static int listen_here(int type, uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(a);
	int sock = socket(AF_INET, type, 0);

	assert_int_equal(bind(sock, (void *)&a, size), 0);
	assert_int_equal(getsockname(sock, (void *)&a, &size), 0);
	*ret_port = ntohs(a.sin_port);
	return sock;
}

static int record_http(int requests, const char *etag, struct cask_error *error)
{
	struct recording r;
	pthread_t thread;
	char url[64];
	uint16_t port;
	int ret;

	web.requests = requests;
	web.etag = etag;
	web.sock = listen_here(SOCK_STREAM, &port);
	assert_int_equal(listen(web.sock, 5), 0);
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/film", port);
	assert_int_equal(recording_open(&r, target, error), 0);
	ret = source_http(&r, url);
	ret = ret ? ret : recording_publish(&r);
	recording_close(&r);
	pthread_join(thread, NULL);
	close(web.sock);
	return ret;
}

static void S9_http_goes_on_where_it_broke_off(void **state)
{
	struct cask_error error;

	web.cut[0] = 70000;
	web.cut[1] = 200000;
	web.cut[2] = SIZE_MAX;
	assert_int_equal(record_http(3, "\"one\"", &error), 0);
	check_recorded();
	assert_int_equal(web.asked_from[0], 0);
	assert_true(web.asked_from[1] > 0 && web.asked_from[1] <= 70000);
	assert_true(web.asked_from[2] > web.asked_from[1] && web.asked_from[2] <= 200000);
}

static void S9_http_without_tag_begins_anew(void **state)
{
	struct cask_error error;

	web.cut[0] = 70000;
	web.cut[1] = SIZE_MAX;
	assert_int_equal(record_http(2, NULL, &error), 0);
	check_recorded();
	assert_int_equal(web.asked_from[1], 0);
}

/* --- datagrams --- */

#define PIECE	1000

static void send_piece(int sock, const struct sockaddr_in *to, size_t from, size_t size)
{
	uint8_t datagram[8 + PIECE];

	for (int i = 0; i < 8; i++)
		datagram[i] = (uint64_t)from >> 8 * i;
	memcpy(datagram + 8, film + from, size);
	sendto(sock, datagram, 8 + size, 0, (const void *)to, sizeof(*to));
}

static struct {
	uint16_t port;
	bool ends;
} carousel;

/* Backwards in the first round, each piece twice; every third is lost in each round. */
static void *turn(void *unused)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(carousel.port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	size_t pieces = (film_size + PIECE - 1) / PIECE;

	for (size_t round = 0; !__atomic_load_n(&carousel.ends, __ATOMIC_ACQUIRE); round++) {
		for (size_t i = 0; i < pieces; i++) {
			size_t at = round ? i : pieces - 1 - i;
			size_t from = at * PIECE;
			size_t size = film_size - from < PIECE ? film_size - from : PIECE;

			if (at % 3 == round % 3)
				continue;
			send_piece(sock, &to, from, size);
			send_piece(sock, &to, from + size / 2, size - size / 2);
		}
	}
	close(sock);
	return NULL;
}

static void record_datagrams(void *(*sender)(void *))
{
	struct cask_error error = { 0 };
	struct recording r;
	pthread_t thread;
	char url[64];

	close(listen_here(SOCK_DGRAM, &carousel.port));
	carousel.ends = false;
	snprintf(url, sizeof(url), "udp://127.0.0.1:%u", carousel.port);
	assert_int_equal(pthread_create(&thread, NULL, sender, NULL), 0);
	assert_int_equal(recording_open(&r, target, &error), 0);
	if (source_datagram(&r, url))
		fail_msg("%s", error.text);
	__atomic_store_n(&carousel.ends, true, __ATOMIC_RELEASE);
	assert_int_equal(recording_publish(&r), 0);
	recording_close(&r);
	pthread_join(thread, NULL);
	check_recorded();
}

/* There are more gaps by far than the recording keeps in mind: RANGES_MAX is small here. */
static void S9_datagrams_may_be_lost_and_out_of_order(void **state)
{
	record_datagrams(turn);
}

/* Before the head: to where no file system goes, and where it would not be asked for. */
static void *nonsense(void *unused)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(carousel.port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	uint8_t datagram[9] = { 0, 0, 0, 0, 0, 1 };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < 100; i++) {
		datagram[1] = i;
		sendto(sock, datagram, sizeof(datagram), 0, (void *)&to, sizeof(to));
		usleep(1000);
	}
	close(sock);
	return turn(unused);
}

static void S9_datagrams_to_nowhere_are_passed_over(void **state)
{
	struct rlimit all, some;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
	some = all;
	some.rlim_cur = 1 << 24;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &some), 0);
	record_datagrams(nonsense);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	record_datagrams(nonsense);
}

static void S9_wrong_addresses_are_refused(void **state)
{
	static const char *const bad[] = { "udp://", "udp://127.0.0.1", "udp://:::", "udp://no such:1" };
	struct cask_error error;
	struct recording r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(recording_open(&r, target, &error), 0);
		assert_int_equal(source_datagram(&r, bad[i]), -1);
		assert_string_equal(error.code, ERROR_CODE_FILE);
		recording_close(&r);
	}
}

static int set_up(void **state)
{
	dir = scratch_new("/tmp");
	return !dir || pending_open(dir) || make_film(state);
}

static int tear_down(void **state)
{
	pending_close();
	free(film);
	return scratch_free(dir);
}

#define MOCKED(test)	cmocka_unit_test_setup(test, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MOCKED(S1_create_asks_the_device),
		MOCKED(S1_open_gives_a_descriptor),
		MOCKED(S1_info_comes_whole_or_not),
		MOCKED(S3_license_is_asked_for_by_its_index),
		MOCKED(S5_statement_and_backup_go_by_address),
		MOCKED(D9_copies_are_asked_for_by_name),
		MOCKED(S3_content_opens_on_a_medium),
		cmocka_unit_test(S3_errors_have_words),
		cmocka_unit_test(S8_label_is_read_as_it_is_written),
		cmocka_unit_test(S8_label_is_what_it_was),
		cmocka_unit_test(S8_label_is_read_as_people_write),
		cmocka_unit_test(S8_each_wrong_character_is_found),
		cmocka_unit_test(S8_each_swap_is_found),
		cmocka_unit_test(S8_other_texts_are_no_labels),
		cmocka_unit_test(S2_answer_is_kept_until_the_end),
		cmocka_unit_test(S2_answer_that_is_done_with_stays_so),
		cmocka_unit_test(S9_stream_is_recorded_up_to_its_end),
		cmocka_unit_test(S9_stream_that_ends_early_does_not_appear),
		cmocka_unit_test(S9_stream_of_something_else_is_refused),
		cmocka_unit_test(S9_http_goes_on_where_it_broke_off),
		cmocka_unit_test(S9_http_without_tag_begins_anew),
		cmocka_unit_test(S9_datagrams_may_be_lost_and_out_of_order),
		cmocka_unit_test(S9_datagrams_to_nowhere_are_passed_over),
		cmocka_unit_test(S9_wrong_addresses_are_refused),
	};

	/* Who broadcasts is not asked whether anybody still listens. */
	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("media", tests, set_up, tear_down);
}
