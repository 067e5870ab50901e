// SPDX-License-Identifier: GPL-2.0
/*
 * label.c - caskctl label: the apparatus number of this device, to be printed on it. It
 * is the device's public key.
 */
#include <stdio.h>

#include "command.h"
#include "label_output.h"
#include "text.h"

static int show(struct context *c, const json_t *status, const char *qr)
{
	const json_t *device = json_object_get(status, "device");
	const json_t *module = json_object_get(status, "module");
	struct cask_error error = { .code = "module-absent" };
	uint8_t key[CASK_X25519_SIZE];

	if (!text_from_base64url(output_get(device, "key"), key, sizeof(key)))
		return label_output(c, "apparatus", key, sizeof(key), qr);
	snprintf(error.text, sizeof(error.text), "%s", output_get(module, "detail"));
	return output_error(c, &error);
}

static int run(struct context *c, int argc, char **argv)
{
	const char *qr = NULL;
	const struct argument own[] = { { "qr", &qr, NULL, false } };
	struct cask_error error;
	json_t *status;
	int ret = arguments_parse(c, argc, argv, own, 1, 0);

	if (ret >= 0)
		return ret;
	if (cask_agent_status(output_agent(c), &status, &error))
		return output_error(c, &error);
	ret = show(c, status, qr);
	json_decref(status);
	return ret;
}

const struct command command_label = {
	.name = "label",
	.arguments = "[--qr FILE.png|FILE.svg]",
	.summary = "the apparatus number of this device as text, and as a QR code",
	.details = "  --qr FILE      write the text as a QR code, PNG or SVG by its name\n",
	.run = run,
};
