// SPDX-License-Identifier: GPL-2.0
/*
 * root_show.c - caskctl root show: which root the options ask for, which one is
 * loaded, and what TPM there is. Asks nobody.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "root.h"
#include "tpm.h"

#define PARAMETERS	"/sys/module/cask/parameters/"

/* The last line that says so counts, as for modprobe. */
static void take_words(struct root *root, char *line)
{
	char *save, *word = strtok_r(line, " \t\n", &save);

	if (!word || strcmp(word, "options"))
		return;
	word = strtok_r(NULL, " \t\n", &save);
	if (!word || strcmp(word, "cask"))
		return;
	while ((word = strtok_r(NULL, " \t\n", &save))) {
		if (!strncmp(word, "root=", 5))
			snprintf(root->name, sizeof(root->name), "%s", word + 5);
		else if (!strncmp(word, "tpm_pcrs=", 9))
			root->pcrs = strtoul(word + 9, NULL, 0);
		else if (!strncmp(word, "tpm_cap=", 8))
			root->cap = strtoul(word + 8, NULL, 0);
	}
}

/**
 * root_wanted() - which root the options ask for
 * @ret_root: that; "ephemeral" without options
 */
void root_wanted(struct root *ret_root)
{
	struct root root = { .name = "ephemeral", .pcrs = ROOT_PCRS, .cap = ROOT_CAP };
	FILE *file = fopen(ROOT_OPTIONS, "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		take_words(&root, line);
	if (file)
		fclose(file);
	*ret_root = root;
}

static bool read_parameter(const char *name, char ret_word[ROOT_WORD_MAX])
{
	char path[128];
	FILE *file;
	bool found;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	file = fopen(path, "re");
	found = file && fgets(ret_word, ROOT_WORD_MAX, file);
	if (file)
		fclose(file);
	if (found)
		ret_word[strcspn(ret_word, "\n")] = 0;
	return found;
}

/**
 * root_loaded() - which root the module was loaded with
 * @ret_root: that; its name is "" when there is no module
 */
void root_loaded(struct root *ret_root)
{
	struct root root = { .name = "" };
	char word[ROOT_WORD_MAX];

	if (read_parameter("root", word)) {
		memcpy(root.name, word, sizeof(root.name));
		if (read_parameter("tpm_pcrs", word))
			root.pcrs = strtoul(word, NULL, 0);
		if (read_parameter("tpm_cap", word))
			root.cap = strtoul(word, NULL, 0);
	}
	*ret_root = root;
}

static json_t *root_json(const struct root *root)
{
	char list[TPM_LIST_MAX];

	if (strcmp(root->name, "tpm"))
		return json_pack("{ss}", "root", root->name);
	return json_pack("{ss ss si}", "root", root->name, "pcrs", tpm_list(root->pcrs, list),
			 "cap", (int)root->cap);
}

static void print_root(const char *title, const struct root *root)
{
	char list[TPM_LIST_MAX], text[128];

	if (strcmp(root->name, "tpm"))
		snprintf(text, sizeof(text), "%s", *root->name ? root->name : "no module");
	else
		snprintf(text, sizeof(text), "tpm, by PCRs %s, capped by %u",
			 tpm_list(root->pcrs, list), root->cap);
	output_field(title, text);
}

static int run(struct context *c, int argc, char **argv)
{
	int ret = arguments_parse(c, argc, argv, NULL, 0, 0);
	struct root wanted, loaded;
	char list[TPM_LIST_MAX];
	const char *fault;
	struct tpm tpm;

	if (ret >= 0)
		return ret;
	root_wanted(&wanted);
	root_loaded(&loaded);
	tpm_look(&tpm);
	fault = tpm_fault(tpm.kind);
	tpm_list(tpm.measured, list);
	if (c->json)
		return output_json(json_pack("{so so* s{sb ss? ss}}", "wanted", root_json(&wanted),
					     "loaded", *loaded.name ? root_json(&loaded) : NULL,
					     "tpm", "fit", !fault, "fault", fault, "measured", list));
	print_root("wanted", &wanted);
	print_root("loaded", &loaded);
	output_field("TPM", fault ? fault : "2.0, with PCRs of SHA-256");
	output_field("measured", list);
	return STATUS_OK;
}

const struct command command_root_show = {
	.name = "show",
	.arguments = "[OPTION]...",
	.summary = "which root options ask for, which is loaded, what TPM there is",
	.details = "",
	.run = run,
};
