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
 * Only these three commands are in it, for the file says what there is, not
 * what shall be done; they come in any order.  A file without a service has to
 * say so with the line "services none": one that says nothing is what is left
 * where its writer failed.  JSON is what begins with "{", and is what the state
 * file has (store.h); its serial is ignored.
 */
#ifndef DNAT_CONF_H
#define DNAT_CONF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/text.h"
#include "lang/file_errors.h"

/* Bytes of a file, and of a request with one. */
#define CONF_MAX (16U << 20)

/* The lines of a service and its backends. */
struct conf_place {
	unsigned int line;
	size_t n;
	size_t room;
	unsigned int *backends;
};

struct conf {
	json_t *json;		/* what could be read; NULL: nothing */
	bool is_json;		/* it was JSON, and no line is known */
	unsigned int vdports;	/* their line, 0 where there are none */
	size_t n;
	size_t room;
	struct conf_place *services;
};

/**
 * conf_load - the text of a file
 * @path: "-" for the standard input
 * @len: result, the bytes without a NUL behind them
 *
 * A file with bytes that no text in ASCII or UTF-8 has is refused, and so is one
 * that is not JSON and whose last line has no newline: it may be cut off.  A byte
 * order mark at its begin is left out.
 *
 * Return: the text, for the caller to free, or NULL with @err set
 */
char *conf_load(const char *path, size_t *len, struct err *err);

/**
 * conf_read - make sense of it
 * @conf: result, for conf_clean()
 * @text: is changed; a byte behind @len is written to, too
 * @faults: gets all that is wrong with single lines
 *
 * What is not wrong is in @conf all the same, so that all faults can be told
 * at once.
 */
void conf_read(struct conf *conf, char *text, size_t len,
		 struct file_errors *faults);

void conf_clean(struct conf *conf);

/*
 * The line of what model_read() calls @path, "services[3].backends[0].port"; 0
 * where it has none.
 */
unsigned int conf_line(const struct conf *conf, const char *path);

/**
 * conf_fault - add what is wrong with what model_read() calls @path
 * @msg: of JSON it gets @path before it, in place of a line
 */
void conf_fault(const struct conf *conf, const char *path, const char *msg,
		struct file_errors *faults);

/* Where that is: "FILE:LINE", or "FILE: PATH" of JSON.  Return: @buf */
const char *conf_where(const struct conf *conf, const char *file,
		       const char *path, char *buf, size_t len);

/**
 * conf_put - append a configuration as lines
 * @conf: what differs from the defaults, as config.show gives it
 *
 * A member that no keyword is for is an error, lest the lines lack it.
 *
 * Return: 0, -EPROTO or -ENOMEM with @err set
 */
int conf_put(struct text *text, const json_t *conf, struct err *err);

/**
 * conf_put_request - append a request as the command that asks for it
 * @op: the operation
 * @args: its arguments
 *
 * Return: 0, -EPROTO where no command asks for it, or -ENOMEM
 */
int conf_put_request(struct text *text, const char *op, const json_t *args);

/* conf_put() for one service, and for the settings of the vdports. */
int conf_put_service(struct text *text, const json_t *service,
		       struct err *err);
int conf_put_vdports(struct text *text, const json_t *vdports,
		       struct err *err);

#endif
