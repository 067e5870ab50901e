// SPDX-License-Identifier: GPL-2.0
/*
 * label_output.c - print a number as it stands on labels, and draw its code.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "label_output.h"

/**
 * label_output() - do what a command "label" does
 * @c: whose
 * @name: what the number is called in JSON
 * @number: of a medium or an apparatus
 * @size: bytes of @number
 * @qr: file for a QR code of the text, or NULL
 *
 * Return: exit status.
 */
int label_output(const struct context *c, const char *name, const uint8_t *number, size_t size,
		 const char *qr)
{
	char text[CASK_LABEL_MAX], hex[CASK_KID_TEXT_SIZE];
	int err;

	cask_label_text(number, size, text);
	err = qr ? qr_write(qr, text) : 0;
	if (err == -EINVAL)
		return output_file_error(c, qr, err, "a QR code is a .png or an .svg file");
	if (err)
		return output_file_error(c, qr, err, strerror(-err));
	if (c->json)
		return output_json(json_pack("{ss ss}", name, cask_hex(number, size, hex), "label",
					     text));
	printf("%s\n", text);
	return STATUS_OK;
}
