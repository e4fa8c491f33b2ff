/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole configuration as a file: dnatctl's lines, or JSON.
 *
 *   vdport set range 1024-65535
 *   service add web vip 192.0.2.10 port 80
 *   backend add web addr 10.1.0.11 port 8080
 *
 *   {"version": 1, "vdports"?: {...}, "services": [{..., "backends": [...]}]}
 *
 * The file is a configuration, not a list of changes, so only these three
 * commands are valid; their order does not matter.  A file without services
 * must have the line "services none", because an empty file may be left by a
 * writer that failed.  A file that begins with "{" is JSON, in the format of
 * the state file (store.h); its serial is ignored.
 */
#ifndef DNAT_CONF_H
#define DNAT_CONF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/text.h"
#include "lang/file_errors.h"

/* Maximum size of a file, and of a request with one, in bytes. */
#define CONF_MAX (16U << 20)

/* The line numbers of a service and of its backends. */
struct conf_place {
	unsigned int line;
	size_t n;
	size_t room;
	unsigned int *backends;
};

struct conf {
	json_t *json;		/* the valid part; NULL: none, or no memory */
	bool is_json;		/* the file was JSON: no line numbers */
	unsigned int vdports;	/* line of the last "vdport set", or 0 */
	size_t n;
	size_t room;
	struct conf_place *services;
};

/**
 * conf_load - read a file into memory
 * @path: name of the file, "-" for standard input
 * @len: result, number of bytes; the text is not NUL-terminated
 *
 * The file must be ASCII or UTF-8, without control characters except tabs and
 * line ends.  Unless it is JSON, it must end with a newline: otherwise the last
 * line may be cut off.  A byte order mark is removed.
 *
 * Return: the text, for the caller to free, or NULL with @err set
 */
char *conf_load(const char *path, size_t *len, struct err *err);

/**
 * conf_read - parse the text of a file
 * @conf: result, for conf_clean()
 * @text: is overwritten, and must have room for one byte after @len
 * @faults: the errors are added here
 *
 * Lines without errors are in @conf even if others have errors.  So the caller
 * can check these, too, and report all errors at once.
 */
void conf_read(struct conf *conf, char *text, size_t len,
		 struct file_errors *faults);

void conf_clean(struct conf *conf);

/*
 * The line number for a path of model_read(), such as
 * "services[3].backends[0].port"; 0 if it has none.
 */
unsigned int conf_line(const struct conf *conf, const char *path);

/**
 * conf_fault - add an error of model_read()
 * @path: err->arg of the error
 * @msg: err->msg of the error; if the file is JSON, @path is put before it,
 *	because there is no line number
 */
void conf_fault(const struct conf *conf, const char *path, const char *msg,
		struct file_errors *faults);

/* Write @path's place, "FILE:LINE" or, for JSON, "FILE: PATH".  Return: @buf */
const char *conf_where(const struct conf *conf, const char *file,
		       const char *path, char *buf, size_t len);

/**
 * conf_put - append a configuration as lines
 * @conf: the configuration without default values, from config.show
 *
 * A member without a keyword is an error: the lines would lack it.
 *
 * Return: 0, -EPROTO or -ENOMEM with @err set
 */
int conf_put(struct text *text, const json_t *conf, struct err *err);

/**
 * conf_put_request - append a request in the form of a command
 * @op: the operation
 * @args: its arguments
 *
 * Return: 0, -EPROTO if there is no such command, or -ENOMEM
 */
int conf_put_request(struct text *text, const char *op, const json_t *args);

/* conf_put() for one service, and for the settings of the vdports. */
int conf_put_service(struct text *text, const json_t *service,
		       struct err *err);
int conf_put_vdports(struct text *text, const json_t *vdports,
		       struct err *err);

#endif
