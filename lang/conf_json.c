// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lang/conf_json.h"

struct scan {
	const char *at;
	const char *end;
	unsigned int line;
	struct conf *conf;
	struct conf_place *service;
	unsigned int found;	/* a line */
	int ret;		/* not 0: no further */
};

static char next(struct scan *scan)
{
	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\n')
			scan->line++;
		else if (!memchr(" \t\r", *scan->at, 3))
			return *scan->at;
	}
	return '\0';
}

/* Whether @mark is next; then it is taken. */
static bool take(struct scan *scan, char mark)
{
	if (next(scan) != mark || scan->at == scan->end)
		return false;
	scan->at++;
	return true;
}

/* A string, between its quotes; as it stands, for no key of ours has escapes. */
static const char *take_string(struct scan *scan, size_t *len)
{
	const char *start;

	take(scan, '"');
	start = scan->at;
	while (scan->at < scan->end && *scan->at != '"')
		scan->at += *scan->at == '\\' && scan->end - scan->at > 1 ? 2 : 1;
	*len = (size_t)(scan->at - start);
	take(scan, '"');
	return start;
}

static void skip_value(struct scan *scan)
{
	size_t depth = 0, len;
	char c;

	do {
		c = next(scan);
		if (c == '"') {
			take_string(scan, &len);
		} else if (c == '{' || c == '[') {
			depth++;
			scan->at++;
		} else if (depth && (c == '}' || c == ']')) {
			depth--;
			scan->at++;
		} else if (depth && (c == ',' || c == ':')) {
			scan->at++;
		} else {
			while (scan->at < scan->end &&
			       !memchr(" \t\r\n,:]}", *scan->at, 8))
				scan->at++;
		}
	} while (depth && scan->at < scan->end);
}

/* Have @fn take the value of member @name, and pass over the others. */
static void scan_object(struct scan *scan, const char *name,
			void (*fn)(struct scan *scan))
{
	const char *key;
	size_t len;

	if (!take(scan, '{')) {
		skip_value(scan);
		return;
	}
	while (!scan->ret && next(scan) == '"') {
		key = take_string(scan, &len);
		take(scan, ':');
		if (len == strlen(name) && !memcmp(key, name, len))
			fn(scan);
		else
			skip_value(scan);
		take(scan, ',');
	}
	take(scan, '}');
}

static void scan_array(struct scan *scan, void (*fn)(struct scan *scan))
{
	if (!take(scan, '[')) {
		skip_value(scan);
		return;
	}
	while (!scan->ret && scan->at < scan->end && next(scan) != ']') {
		fn(scan);
		take(scan, ',');
	}
	take(scan, ']');
}

static struct conf_at here(struct scan *scan)
{
	next(scan);
	return (struct conf_at){ scan->line,
				 (size_t)(scan->at - scan->conf->text) };
}

static void backend(struct scan *scan)
{
	scan->ret = conf_add_backend(scan->service, here(scan));
	skip_value(scan);
}

static void backends(struct scan *scan)
{
	scan_array(scan, backend);
}

static void service(struct scan *scan)
{
	scan->service = conf_add_service(scan->conf, here(scan));
	if (scan->service)
		scan_object(scan, "backends", backends);
	else
		scan->ret = -ENOMEM;
}

static void services(struct scan *scan)
{
	scan_array(scan, service);
}

static void vdports(struct scan *scan)
{
	scan->conf->vdports = here(scan);
	skip_value(scan);
}

/* From @at on, with nothing found yet. */
static struct scan scan_from(struct conf *conf, struct conf_at at)
{
	return (struct scan){
		.at = conf->text + at.byte,
		.end = conf->text + conf->len,
		.line = at.line,
		.conf = conf,
	};
}

int conf_json_places(struct conf *conf)
{
	static const struct conf_at start = { .line = 1 };
	struct scan scan = scan_from(conf, start);

	scan_object(&scan, "vdports", vdports);
	scan = scan_from(conf, start);
	scan_object(&scan, "services", services);
	return scan.ret;
}

/* The first one is enough. */
static void member(struct scan *scan)
{
	scan->found = scan->line;
	scan->ret = -EEXIST;
}

unsigned int conf_json_member(const struct conf *conf, struct conf_at at,
			      const char *name)
{
	struct conf copy = *conf;
	struct scan scan = scan_from(&copy, at);

	scan_object(&scan, name, member);
	return scan.found ? scan.found : at.line;
}
