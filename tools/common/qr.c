// SPDX-License-Identifier: GPL-2.0
/*
 * qr.c - a text as a QR code, in a PNG or SVG file.
 */
#include <errno.h>
#include <png.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "label_output.h"

#define QUIET	4	/* modules around the code, as the standard wants */
#define SCALE	8	/* pixels of a module */

static bool is_dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width &&
	       code->data[y * code->width + x] & 1;
}

static void draw_gray(const QRcode *code, uint8_t *pixels, size_t width)
{
	for (size_t y = 0; y < width; y++)
		for (size_t x = 0; x < width; x++)
			pixels[y * width + x] = is_dark(code, (int)(x / SCALE) - QUIET,
							(int)(y / SCALE) - QUIET) ? 0 : 255;
}

static int to_png(const QRcode *code, char **ret_data, size_t *ret_size)
{
	size_t width = (size_t)(code->width + 2 * QUIET) * SCALE;
	png_image image = {
		.version = PNG_IMAGE_VERSION, .width = width, .height = width,
		.format = PNG_FORMAT_GRAY,
	};
	png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
	_cleanup_free_ uint8_t *pixels = malloc(width * width);
	_cleanup_free_ char *data = malloc(size);

	if (!pixels || !data)
		return -ENOMEM;
	draw_gray(code, pixels, width);
	if (!png_image_write_to_memory(&image, data, &size, 0, pixels, 0, NULL))
		return -EIO;
	*ret_data = steal_ptr(&data);
	*ret_size = size;
	return 0;
}

/* The text stands below the code, too: a label is read by people and by cameras. */
static int to_svg(const QRcode *code, const char *text, char **ret_data, size_t *ret_size)
{
	int width = code->width + 2 * QUIET;
	FILE *svg = open_memstream(ret_data, ret_size);

	if (!svg)
		return -ENOMEM;
	fprintf(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<path d=\"", width * SCALE, (width + 2) * SCALE, width, width + 2);
	for (int y = 0; y < code->width; y++)
		for (int x = 0; x < code->width; x++)
			if (is_dark(code, x, y))
				fprintf(svg, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
	fprintf(svg, "\"/>\n<text x=\"50%%\" y=\"%d\" font-family=\"monospace\" font-size=\"1.5\" "
		"text-anchor=\"middle\" textLength=\"%d\">%s</text>\n</svg>\n", width, width - 2,
		text);
	return fclose(svg) ? -ENOMEM : 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length > tail && !strcasecmp(text + length - tail, end);
}

/**
 * qr_write() - write a text as a QR code
 * @path: file to make or replace; ends with .png or .svg
 * @text: digits, capital letters, "-"
 *
 * Return: 0; -EINVAL when @path ends otherwise; -errno.
 */
int qr_write(const char *path, const char *text)
{
	bool png = ends_with(path, ".png");
	_cleanup_free_ char *data = NULL;
	QRcode *code;
	size_t size;
	int ret;

	if (!png && !ends_with(path, ".svg"))
		return -EINVAL;
	code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (!code)
		return -errno;
	ret = png ? to_png(code, &data, &size) : to_svg(code, text, &data, &size);
	QRcode_free(code);
	return ret ?: cask_file_write(path, data, size, 0644);
}
