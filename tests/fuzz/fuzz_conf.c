// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file with a configuration, read as dnatctl and dnatd do: lines or JSON, then
 * the rules.  As a libFuzzer target, or with FUZZ_STANDALONE over the texts below
 * and the files that are named.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/conf.h"
#include "model/export.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct place {
	const struct conf *conf;
	unsigned int lines;
};

/* Every error has a sentence, and a line that there is. */
static void check_error(const struct err *err, void *data)
{
	const struct place *place = data;

	if (!err->msg[0] || conf_line(place->conf, err->arg) > place->lines)
		abort();
}

static void check_faults(const struct file_errors *faults, unsigned int lines)
{
	char line[2048];

	for (size_t i = 0; i < faults->n; i++) {
		if (!faults->list[i].msg[0] || faults->list[i].line > lines)
			abort();
		if (strchr(file_errors_line(faults, i, "file", line,
					    sizeof(line)),
			   '\n'))
			abort();
	}
}

/* As lines it reads as the same again. */
static void check_again(const struct model *model)
{
	json_t *config = export_model(model);
	struct text text = { 0 };
	struct file_errors faults = { 0 };
	struct conf conf;

	if (!config || conf_put(&text, config, NULL) ||
	    text_add(&text, "", 1))
		abort();
	conf_read(&conf, text.buf, text.len - 1, &faults);
	if (faults.n || !json_equal(conf.json, config))
		abort();
	conf_clean(&conf);
	file_errors_clean(&faults);
	free(text.buf);
	json_decref(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct file_errors faults = { 0 };
	struct place place = { .lines = 1 };
	struct model *model;
	struct conf conf;

	if (!text)
		return 0;
	memcpy(text, data, size);
	for (size_t i = 0; i < size; i++)
		place.lines += data[i] == '\n';
	conf_read(&conf, text, size, &faults);
	check_faults(&faults, place.lines);
	place.conf = &conf;
	model = conf.json ? model_read(conf.json, check_error, &place) : NULL;
	if (model)
		check_again(model);
	model_free(model);
	conf_clean(&conf);
	file_errors_clean(&faults);
	free(text);
	return 0;
}

#ifdef FUZZ_STANDALONE
#define WEB "service add web vip 192.0.2.10 port 80"

static const char *const corpus[] = {
	"", "\n", "#", "'", "\"\\", "\\", "\\\n", "x", "help", "-j", WEB, WEB "\n" WEB,
	WEB " # x\nbackend add web addr 10.1.0.11 port 8080 weight 0\n",
	"backend add web addr 10.1.0.11\n" WEB " scheduler 'wrr' dev \"eth0\" fast \\\n off",
	"vdport set range 1-9\nvdport set on-exhausted drop\nvdport set range 1-9",
	"service add help\nservice del web\nstats -i 1\napply -f x --dry-run\nexport",
	WEB "\nservice add dns vip 2001:db8::1 port 53 proto udp\nbackend add dns addr 10.0.0.1",
	"services none\n", WEB "\nservices none", "services none at all\n",
	" {", "{}", "{\"version\":1,\"services\":[]}",
	"{\"version\":1,\n\"services\":[{\"name\":\"a\",\"vip\":\"192.0.2.1\",\"port\":1,\n"
	"\"backends\":[{\"addr\":\"10.0.0.1\"},\n{\"addr\":1},7]},5,{\"backends\":{}}],\"vdports\":{\"range\":\"9-1\"}}",
	"{\"version\":1,\"services\":[{\"name\":\"a\",\"vip\":\"192.0.2.1\",\"port\":1,\"dev\":null,"
	"\"backends\":[{\"addr\":\"10.0.0.1\"}]}],\"vdports\":{\"range\":\"1-9\"}}",
	"{\"services\":[[[{\"services\":[1]}]]],\"\\u0073ervices\":[]}",
};

#include "standalone.h"
#endif
