// SPDX-License-Identifier: GPL-2.0
/*
 * words.c - print what others wrote.
 */
#include "words.h"

/**
 * words_print() - print words of somebody else
 * @file: where to
 * @text: UTF-8; control characters, C1 among them, become question marks
 */
void words_print(FILE *file, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) {
			fputc('?', file);
			c++;
		} else {
			fputc(*c < ' ' || *c == 0x7f ? '?' : *c, file);
		}
	}
}
