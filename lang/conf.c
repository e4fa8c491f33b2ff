// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/array.h"
#include "lang/conf.h"
#include "lang/lines.h"
#include "lang/parse.h"

#define CONF_VERSION 1
#define FAULT_LEN 1024

/* The arguments of "backend add". */
struct kept {
	json_t *args;
	unsigned int line;
};

struct reading {
	struct conf *conf;
	struct file_errors *faults;
	json_t *names;		/* service's name: index in @services */
	json_t *broken;		/* names of services whose line has an error */
	json_t *services;
	unsigned int line;	/* number of the current line */
	unsigned int none;	/* line of "services none", or 0 */
	size_t n_kept;
	size_t room;
	struct kept *kept;	/* for add_backends() */
};

/* Remove the byte order mark of UTF-8, which some editors write. */
static void drop_mark(struct text *text)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };

	if (text->len < sizeof(mark) || memcmp(text->buf, mark, sizeof(mark)))
		return;
	text->len -= sizeof(mark);
	memmove(text->buf, text->buf + sizeof(mark), text->len);
}

static int read_all(int fd, struct text *text, struct err *err)
{
	ssize_t n;
	char *at;

	do {
		at = text_room(text, 65536);
		if (!at)
			return err_no_memory(err);
		n = TEMP_FAILURE_RETRY(read(fd, at, 65535));
		if (n < 0)
			return err_set(err, -errno, NULL, "cannot be read: %s",
				       strerror(errno));
		text->len += (size_t)n;
		if (text->len > CONF_MAX)
			return err_set(err, -EFBIG, NULL,
				       "is longer than %u bytes", CONF_MAX);
	} while (n);
	drop_mark(text);
	return 0;
}

static int not_text(const struct text *text, size_t i, struct err *err)
{
	unsigned int line = 1;

	for (size_t j = 0; j < i; j++)
		line += text->buf[j] == '\n';
	return err_set(err, -EILSEQ, NULL,
		       "is not a text file: line %u has a byte 0x%02x", line,
		       (unsigned char)text->buf[i]);
}

/* Bytes of the UTF-8 character at @at; 0: invalid, or a control character. */
static size_t character(const unsigned char *at, const unsigned char *end)
{
	static const unsigned char least[] = { 0, 0, 0xc2, 0xe0, 0xf0 };
	size_t len = *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;

	if (len == 1)
		return (*at >= ' ' && *at != 0x7f) || memchr("\t\n\r", *at, 3);
	if (*at < least[len] || *at > 0xf4 || (size_t)(end - at) < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* Report a binary file with one error, not with one for each line. */
static int check_text(const struct text *text, struct err *err)
{
	const unsigned char *at = (const unsigned char *)text->buf;
	size_t len;

	for (size_t i = 0; i < text->len; i += len) {
		len = character(at + i, at + text->len);
		if (!len)
			return not_text(text, i, err);
	}
	return 0;
}

static bool is_json(const char *text, size_t len)
{
	size_t blanks = 0;

	while (blanks < len && memchr(" \t\r\n", text[blanks], 4))
		blanks++;
	return blanks < len && text[blanks] == '{';
}

/*
 * If the disk was full or the writer died, the file may end within a line,
 * which makes "addr 10.1.0.1" of "addr 10.1.0.11".  For JSON the parser finds
 * it.
 */
static int check_end(const struct text *text, struct err *err)
{
	if (!text->len || text->buf[text->len - 1] == '\n' ||
	    is_json(text->buf, text->len))
		return 0;
	return err_set(err, -EINVAL, NULL,
		       "does not end with a newline, so its last line may be cut off; look at that line, and end it with a newline");
}

char *conf_load(const char *path, size_t *len, struct err *err)
{
	int fd = STDIN_FILENO;
	struct text text = { 0 };

	if (strcmp(path, "-"))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		err_set(err, -errno, NULL, "cannot be opened: %s%s",
			strerror(errno), err_root_hint(errno));
		return NULL;
	}
	if (read_all(fd, &text, err) || check_text(&text, err) ||
	    check_end(&text, err)) {
		free(text.buf);
		text.buf = NULL;
	}
	if (fd != STDIN_FILENO)
		close(fd);
	*len = text.len;
	return text.buf;
}

static int add_service(struct reading *reading, json_t *args, struct err *err)
{
	const char *name = json_string_value(json_object_get(args, "name"));

	struct conf *conf = reading->conf;

	/* The daemon reports duplicates.  Backends are added to the first. */
	if (json_object_set_new(args, "backends", json_array()) ||
	    (!json_object_get(reading->names, name) &&
	     json_object_set_new(reading->names, name,
				 json_integer((json_int_t)conf->n))) ||
	    json_array_append(reading->services, args) ||
	    array_room(&conf->services, conf->n, &conf->room,
		       sizeof(*conf->services)))
		return err_no_memory(err);
	conf->services[conf->n++] = (struct conf_place){ .line = reading->line };
	return 0;
}

static int add_backend(struct reading *reading, json_t *args, struct err *err)
{
	const char *name = json_string_value(json_object_get(args, "service"));
	const json_t *number = json_object_get(reading->names, name);
	size_t i = (size_t)json_integer_value(number);
	struct conf_place *place;
	json_t *service;

	if (!number && json_object_get(reading->broken, name))
		return 0;
	if (!number)
		return err_set(err, -ENOENT, "service",
			       "there is no service %s in this file; add a line \"service add %s ...\"",
			       name, name);
	service = json_array_get(reading->services, i);
	place = &reading->conf->services[i];
	json_object_del(args, "service");
	if (json_array_append(json_object_get(service, "backends"), args) ||
	    array_room(&place->backends, place->n, &place->room,
		       sizeof(*place->backends)))
		return err_no_memory(err);
	place->backends[place->n++] = reading->line;
	return 0;
}

static int add_vdports(struct reading *reading, json_t *args, struct err *err)
{
	json_t *vdports = json_object_get(reading->conf->json, "vdports");
	const char *key;
	json_t *value;

	if (!vdports &&
	    json_object_set_new(reading->conf->json, "vdports",
				vdports = json_object()))
		return err_no_memory(err);
	json_object_foreach(args, key, value) {
		if (json_object_get(vdports, key))
			return err_set(err, -EEXIST, key,
				       "%s is set in line %u already; set it once",
				       key, reading->conf->vdports);
		if (json_object_set(vdports, key, value))
			return err_no_memory(err);
	}
	reading->conf->vdports = reading->line;
	return 0;
}

/* Add a backend after all services, because it may stand before its own. */
static int keep_backend(struct reading *reading, json_t *args, struct err *err)
{
	if (array_room(&reading->kept, reading->n_kept, &reading->room,
		       sizeof(*reading->kept)))
		return err_no_memory(err);
	reading->kept[reading->n_kept++] =
		(struct kept){ json_incref(args), reading->line };
	return 0;
}

static int add_line(struct reading *reading, const struct cli *cli,
		    struct err *err)
{
	const char *op = cli->command->op;
	char title[64];

	if (!strcmp(op, "vdport.set"))
		return add_vdports(reading, cli->args, err);
	if (!strcmp(op, "service.add"))
		return add_service(reading, cli->args, err);
	if (!strcmp(op, "backend.add"))
		return keep_backend(reading, cli->args, err);
	return err_set(err, -EINVAL, NULL,
		       "\"%s\" is not for a file that says what there is; use service add, backend add, vdport set or services none",
		       grammar_title(cli->command, title, sizeof(title)));
}

/* The line of a service has an error: do not report its backends, too. */
static void remember_broken(struct reading *reading, const struct lines *lines)
{
	if (lines->n > 2 && !strcmp(lines->words[0], "service") &&
	    !strcmp(lines->words[1], "add"))
		json_object_set_new(reading->broken, lines->words[2],
				    json_true());
}

static bool says_none(const struct lines *lines)
{
	return lines->n == 2 && !strcmp(lines->words[0], "services") &&
	       !strcmp(lines->words[1], "none");
}

static void read_line(struct reading *reading, const struct lines *lines)
{
	struct err err = { 0 };
	struct cli cli;
	int ret;

	reading->line = lines->line;
	if (says_none(lines)) {
		reading->none = lines->line;
		return;
	}
	ret = cli_parse_line(lines->n, lines->words, &cli, &err);
	if (!ret) {
		ret = add_line(reading, &cli, &err);
		json_decref(cli.args);
	}
	if (!ret)
		return;
	remember_broken(reading, lines);
	file_errors_add(reading->faults, lines->line, err.msg);
}

static void add_backends(struct reading *reading)
{
	struct err err = { 0 };

	for (size_t i = 0; i < reading->n_kept; i++) {
		reading->line = reading->kept[i].line;
		if (add_backend(reading, reading->kept[i].args, &err))
			file_errors_add(reading->faults, reading->line,
					err.msg);
		json_decref(reading->kept[i].args);
	}
	free(reading->kept);
}

/* A tool that failed may leave an empty file, so "no services" is explicit. */
static void check_none(struct reading *reading)
{
	bool some = json_array_size(reading->services) ||
		    json_object_size(reading->broken);

	if (reading->none && some)
		file_errors_add(
			reading->faults, reading->none,
			"\"services none\" is for a file without services; remove this line");
	else if (!reading->none && !some && !reading->faults->n)
		file_errors_add(
			reading->faults, 0,
			"has no service; where that is meant, write the line \"services none\" into it");
}

static void read_lines(struct conf *conf, char *text, size_t len,
		       struct file_errors *faults)
{
	struct reading reading = {
		.conf = conf,
		.faults = faults,
		.names = json_object(),
		.broken = json_object(),
		.services = json_array(),
	};
	struct err err = { 0 };
	struct lines lines;
	int ret;

	conf->json = json_pack("{s:i, s:O}", "version", CONF_VERSION,
				 "services", reading.services);
	lines_init(&lines, text, len);
	while ((ret = lines_next(&lines, &err))) {
		if (ret > 0)
			read_line(&reading, &lines);
		else
			file_errors_add(faults, lines.line, err.msg);
	}
	if (!conf->json)
		file_errors_add(faults, 0, "out of memory");
	add_backends(&reading);
	check_none(&reading);
	json_decref(reading.names);
	json_decref(reading.broken);
	json_decref(reading.services);
}

static void read_json(struct conf *conf, const char *text, size_t len,
		      struct file_errors *faults)
{
	json_error_t error;

	conf->is_json = true;
	conf->json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	/* Copies of the state file have a serial. */
	json_object_del(conf->json, "serial");
	if (!conf->json)
		file_errors_add(faults, (unsigned int)error.line, error.text);
}

void conf_read(struct conf *conf, char *text, size_t len,
		 struct file_errors *faults)
{
	memset(conf, 0, sizeof(*conf));
	if (is_json(text, len))
		read_json(conf, text, len, faults);
	else
		read_lines(conf, text, len, faults);
}

void conf_clean(struct conf *conf)
{
	for (size_t i = 0; i < conf->n; i++)
		free(conf->services[i].backends);
	free(conf->services);
	json_decref(conf->json);
	memset(conf, 0, sizeof(*conf));
}

unsigned int conf_line(const struct conf *conf, const char *path)
{
	static const char vdports[] = "vdports";
	const struct conf_place *place;
	size_t i, j;
	int found;

	if (!strncmp(path, vdports, strlen(vdports)))
		return conf->vdports;
	found = sscanf(path, "services[%zu].backends[%zu]", &i, &j);
	if (found < 1 || i >= conf->n)
		return 0;
	place = &conf->services[i];
	return found == 2 && j < place->n ? place->backends[j] : place->line;
}

void conf_fault(const struct conf *conf, const char *path, const char *msg,
		struct file_errors *faults)
{
	char placed[FAULT_LEN];

	if (conf->is_json && *path) {
		snprintf(placed, sizeof(placed), "%s: %s", path, msg);
		msg = placed;
	}
	file_errors_add(faults, conf_line(conf, path), msg);
}

const char *conf_where(const struct conf *conf, const char *file,
		       const char *path, char *buf, size_t len)
{
	if (conf->is_json)
		snprintf(buf, len, "%s: %s", file, path);
	else
		snprintf(buf, len, "%s:%u", file, conf_line(conf, path));
	return buf;
}
