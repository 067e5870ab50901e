// SPDX-License-Identifier: GPL-2.0
/* range.c - the Range header of a download: the first byte chooses the file's size. */
#include "../../daemon/common/reply_file.c"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t sizes[] = { 0, 1, 2, 1000, 65536, 1ULL << 33, INT64_MAX };
	struct range range = { 0 };
	uint64_t file;
	char *text;
	int ret;

	if (!size)
		return 0;
	file = sizes[data[0] % (sizeof(sizes) / sizeof(sizes[0]))];
	text = strndup((const char *)data + 1, size - 1);
	ret = parse_range(text, file, &range);
	free(text);
	if (ret && ret != -ERANGE)
		abort();
	/* A part has at least a byte, and lies in the file. */
	if (!ret && range.partial &&
	    (!range.size || range.first >= file || range.size > file - range.first))
		abort();
	return 0;
}
