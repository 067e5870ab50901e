// SPDX-License-Identifier: GPL-2.0
/*
 * schema.c - the numbered files of schema/, compiled in.
 *
 * A published file is never changed; a change is the next number.
 */
#include "db.h"

#define SCHEMA_DIR "daemon/server/db/schema/"	/* from the top, where make runs */

#define EMBED(symbol, file) \
	__asm__(".section .rodata\n" \
		"cask_schema_" #symbol ": .incbin \"" SCHEMA_DIR file "\"\n" \
		".byte 0\n" \
		".text\n"); \
	extern const char cask_schema_##symbol[] __attribute__((visibility("hidden")))

EMBED(0001, "0001.sql");
EMBED(0002, "0002.sql");
EMBED(0003, "0003.sql");
EMBED(0004, "0004.sql");
EMBED(0005, "0005.sql");
EMBED(0006, "0006.sql");
EMBED(0007, "0007.sql");
EMBED(0008, "0008.sql");
EMBED(0009, "0009.sql");
EMBED(0010, "0010.sql");
EMBED(0011, "0011.sql");
EMBED(0012, "0012.sql");
EMBED(0013, "0013.sql");
EMBED(0014, "0014.sql");
EMBED(0015, "0015.sql");
EMBED(0016, "0016.sql");
EMBED(0017, "0017.sql");
EMBED(0018, "0018.sql");
EMBED(0019, "0019.sql");
EMBED(0020, "0020.sql");

const struct cask_schema cask_schemas[] = {
	{ 1, cask_schema_0001 },
	{ 2, cask_schema_0002 },
	{ 3, cask_schema_0003 },
	{ 4, cask_schema_0004 },
	{ 5, cask_schema_0005 },
	{ 6, cask_schema_0006 },
	{ 7, cask_schema_0007 },
	{ 8, cask_schema_0008 },
	{ 9, cask_schema_0009 },
	{ 10, cask_schema_0010 },
	{ 11, cask_schema_0011 },
	{ 12, cask_schema_0012 },
	{ 13, cask_schema_0013 },
	{ 14, cask_schema_0014 },
	{ 15, cask_schema_0015 },
	{ 16, cask_schema_0016 },
	{ 17, cask_schema_0017 },
	{ 18, cask_schema_0018 },
	{ 19, cask_schema_0019 },
	{ 20, cask_schema_0020 },
};

const size_t cask_schema_count = ARRAY_SIZE(cask_schemas);
