// SPDX-License-Identifier: GPL-2.0
/* unit_recording.c - cask-medium records from each kind of source. */
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cask-medium/recording.h"
#include "file.h"
#include "internal.h"
#include "scratch.h"

static char *dir;
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
	return !dir || make_film(state);
}

static int tear_down(void **state)
{
	free(film);
	return scratch_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	return cmocka_run_group_tests_name("recording", tests, set_up, tear_down);
}
