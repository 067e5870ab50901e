// SPDX-License-Identifier: GPL-2.0
/*
 * lend.c - cask-medium export, checkout and checkin: copies of this device's licenses. The
 * kernel makes, counts and removes them.
 */
#include <fcntl.h>

#include "medium.h"

/* Also the way back. */
typedef int lend_fn(int medium, const uint8_t issuer[CASK_KID_SIZE],
		    const uint8_t license_id[CASK_ID_SIZE]);

static int print(const struct context *c, const struct medium *m, const char *license_id)
{
	char number[CASK_ID_TEXT_SIZE];

	if (!c->json)
		return STATUS_OK;
	return output_json(json_pack("{ss ss}", "license_id", license_id, "number",
				     cask_hex(m->head.number, CASK_MEDIUM_NUMBER_SIZE, number)));
}

/* The distributor is the medium's: no other's license may go there. */
static int lend(struct context *c, int argc, char **argv, lend_fn *fn)
{
	uint8_t license_id[CASK_ID_SIZE];
	struct medium m;
	int ret = arguments_parse(c, argc, argv, NULL, 0, 2);

	if (ret >= 0)
		return ret;
	if (cask_id_parse(argv[optind + 1], license_id))
		return arguments_usage(c, "\"%s\" is no license id", argv[optind + 1]);
	if (medium_open(c, argv[optind], O_RDWR, &m))
		return STATUS_FAILED;
	ret = fn(m.handle, m.head.issuer, license_id);
	ret = ret ? output_file_error(c, m.path, ret, cask_medium_lend_strerror(ret)) :
		    print(c, &m, argv[optind + 1]);
	medium_close(&m);
	return ret;
}

static int run_export(struct context *c, int argc, char **argv)
{
	return lend(c, argc, argv, cask_medium_export);
}

static int run_checkout(struct context *c, int argc, char **argv)
{
	return lend(c, argc, argv, cask_medium_check_out);
}

static int run_checkin(struct context *c, int argc, char **argv)
{
	return lend(c, argc, argv, cask_medium_check_in);
}

const struct command command_export = {
	.name = "export",
	.arguments = "MEDIUM LICENSE",
	.summary = "a copy of a license of this device, onto the medium for good",
	.details = "",
	.run = run_export,
};

const struct command command_checkout = {
	.name = "checkout",
	.arguments = "MEDIUM LICENSE",
	.summary = "a copy of a license of this device, onto the medium until checkin",
	.details = "",
	.run = run_checkout,
};

const struct command command_checkin = {
	.name = "checkin",
	.arguments = "MEDIUM LICENSE",
	.summary = "take off the medium what this device checked out to it",
	.details = "",
	.run = run_checkin,
};
