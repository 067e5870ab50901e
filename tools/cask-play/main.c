// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - cask-play: run a player on the plaintext of a .cask file.
 *
 * The kernel opens the file and gives a descriptor; the player gets it instead
 * of a file name. If there is no license, or it has expired or is used up, one is got first.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "play.h"
#include "prompt.h"

static const char usage[] =
	"usage: cask-play [OPTION]... FILE.cask -- PLAYER [ARGUMENT]...\n"
	"Run a player on the plaintext of FILE.cask.\n"
	"\n"
	"In the player's words stands for the content\n"
	"  {}       /dev/fd/N, for everything that opens files\n"
	"  {fdurl}  fd://N, for mpv and GStreamer\n"
	"  {fd}     N\n"
	"\n"
	"  --license ID   the license to use, if there are several\n"
	"  --medium PATH  play with a license on this medium; without it, of the one that\n"
	"                 FILE.cask lies on, if it has one\n"
	"  -y, --yes      get a license if there is none of use, without asking\n"
	"  --price AMOUNT pay this for it, as 4.99; what costs something else is not got\n"
	"  --term TERM    get it, or renew one that has expired or is used up, with this term\n"
	"  --renew TERM   the same, but only renew\n"
	"  --times N      so many times the term\n"
	"  --policy FILE  what --yes may get and renew without asking (default " POLICY_DEFAULT ")\n"
	"  --socket PATH  of caskd (default $CASK_SOCKET or " CASK_SOCKET_DEFAULT ")\n"
	"  -h, --help     this text\n"
	"  --version      the version\n"
	"\n"
	"The exit status is the player's; 1 if the content does not open, 2 if the\n"
	"command line is wrong, 126 or 127 if the player cannot be run.\n"
	"\n"
	"  cask-play film.cask -- ffplay {}\n"
	"  cask-play film.cask -- mpv {fdurl}\n";

static int wrong(const char *what)
{
	fprintf(stderr, "cask-play: %s; try cask-play --help\n", what);
	return STATUS_USAGE;
}

/* Returns -1 to go on, else the exit status. */
static int take(int option, struct play *p)
{
	switch (option) {
	case 'l':
		if (cask_id_parse(optarg, p->license))
			return wrong("a license id has 32 digits, 0-9 and a-f");
		p->has_license = true;
		return -1;
	case 'm':
		p->medium = optarg;
		return -1;
	case 'y':
		p->yes = true;
		return -1;
	case 'p':
		if (cask_amount_parse(optarg, &p->price))
			return wrong("a price is an amount such as 4.99");
		return -1;
	case 'r':
		p->only_renew = true;
		/* fall through */
	case 'e':
		p->term = optarg;
		return -1;
	case 't':
		if (cask_quantity_parse(optarg, &p->times))
			return wrong("--times is 1 to 1000");
		return -1;
	case 'o':
		p->has_policy = true;
		return policy_read(optarg, &p->policy) ? STATUS_FAILED : -1;
	case 's':
		p->socket = optarg;
		return -1;
	case 'h':
		fputs(usage, stdout);
		return 0;
	case 'v':
		puts("cask-play " CASK_VERSION);
		return 0;
	default:
		return wrong("an option is not understood, or lacks its value");
	}
}

static int parse(int argc, char **argv, struct play *p)
{
	static const struct option options[] = {
		{ "license", required_argument, NULL, 'l' },
		{ "medium", required_argument, NULL, 'm' },
		{ "yes", no_argument, NULL, 'y' },
		{ "price", required_argument, NULL, 'p' },
		{ "term", required_argument, NULL, 'e' },
		{ "renew", required_argument, NULL, 'r' },
		{ "times", required_argument, NULL, 't' },
		{ "policy", required_argument, NULL, 'o' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 }
	};
	int option, status;

	/* "+": the player's options are its own. */
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+hy", options, NULL)) != -1) {
		status = take(option, p);
		if (status >= 0)
			return status;
	}
	if (argc - optind < 1)
		return wrong("there is no file");
	p->path = argv[optind++];
	if (argc - optind < 2 || strcmp(argv[optind], "--"))
		return wrong("after the file come -- and the player");
	p->player = &argv[optind + 1];
	if (!player_has_placeholder(p->player))
		return wrong("the player's words have no {}, so it would not get the content");
	return p->yes && !p->has_policy && policy_read(NULL, &p->policy) ? STATUS_FAILED : -1;
}

static int explain(const struct play *p, int error)
{
	fprintf(stderr, "cask-play: %s: %s (%s)\n", p->path, cask_strerror(error),
		strerrorname_np(-error));
	return STATUS_FAILED;
}

static int explain_medium(const struct play *p, int error)
{
	fprintf(stderr, "cask-play: %s: %s (%s)\n", p->path, cask_medium_strerror(error),
		strerrorname_np(-error));
	return STATUS_FAILED;
}

/*
 * Whether a (new) license may help; EACCES: so far only another user has one; EREMOTE: it has
 * another download period; EKEYREJECTED: its distributor took back who signed it.
 */
static bool wants_license(const struct play *p, int error)
{
	return !p->has_license && (error == -ENOKEY || error == -EKEYEXPIRED || error == -EDQUOT ||
				   error == -EACCES || error == -EREMOTE || error == -EKEYREJECTED);
}

static int open_with(const struct play *p, int content, int medium)
{
	const uint8_t *license = p->has_license ? p->license : NULL;

	return medium < 0 ? cask_open_content(content, license) :
			    cask_open_on_medium(content, medium, license);
}

/*
 * Its distributor is heard of first, if that, or a later EKB of it, is what it lacks; and what came when there was no
 * license yet is accepted now, if it still may be.
 */
static int open_prepared(const struct play *p, const struct cask_header *header, int content,
			 int medium)
{
	int fd = open_with(p, content, medium);

	if ((fd == -ENONET || fd == -EL2NSYNC) && !acquire_word(p, header))
		fd = open_with(p, content, medium);
	if (fd == -EREMOTE &&
	    !cask_accept_content(content, medium, p->has_license ? p->license : NULL))
		fd = open_with(p, content, medium);
	return fd;
}

/*
 * With a license of this device; a new one if need be. @on_medium: why the medium's is of
 * no use, or 0.
 */
static int open_on_device(const struct play *p, const struct cask_header *header, int content,
			  int on_medium, int *ret_fd)
{
	int fd = open_prepared(p, header, content, -1), ret;

	if (fd < 0 && on_medium && on_medium != fd)
		explain_medium(p, on_medium);
	if (fd < 0 && wants_license(p, fd)) {
		ret = acquire_license(p, header, fd);
		if (ret)
			return ret;
		fd = open_prepared(p, header, content, -1);
	}
	if (fd < 0)
		return explain(p, fd);
	*ret_fd = fd;
	return 0;
}

/* With a license on the medium, if it has one for this content. */
static int open_content(const struct play *p, int content, int medium, int *ret_fd)
{
	struct cask_header header;
	int fd, ret = cask_header_read(content, &header);

	if (ret)
		return explain(p, ret);
	if (medium < 0)
		return open_on_device(p, &header, content, 0, ret_fd);
	fd = open_prepared(p, &header, content, medium);
	/* One that was only found may be lost, an older copy, another's, or gone by now. */
	if (fd < 0 && !p->medium)
		return open_on_device(p, &header, content, fd == -ENOKEY ? 0 : fd, ret_fd);
	if (fd < 0)
		return explain_medium(p, fd);
	*ret_fd = fd;
	/* The kernel looks at the medium again when the player opens the content anew. */
	return player_keep(medium);
}

static int play(const struct play *p)
{
	int content, medium, fd, ret;
	char **words;

	content = open(p->path, O_RDONLY | O_CLOEXEC);
	if (content < 0) {
		fprintf(stderr, "cask-play: %s: %s\n", p->path, strerror(errno));
		return STATUS_FAILED;
	}
	ret = medium_open(p, content, &medium);
	if (!ret)
		ret = open_content(p, content, medium, &fd);
	close(content);
	if (ret)
		return ret;
	words = player_words(p->player, fd);
	if (!words) {
		fputs("cask-play: out of memory\n", stderr);
		return STATUS_FAILED;
	}
	return player_exec(words, fd);
}

int main(int argc, char **argv)
{
	struct play p = { 0 };
	int status;

	prompt_wipe();
	status = parse(argc, argv, &p);
	return status >= 0 ? status : play(&p);
}
