// SPDX-License-Identifier: GPL-2.0-only
#define PCRE2_CODE_UNIT_WIDTH 8

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>

#include "common/addr.h"
#include "common/duration.h"
#include "model/check.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(type) (1U << (type))

#define INTERVAL_MIN 100
#define INTERVAL_MAX 3600000
#define TIMEOUT_MIN 10
#define TIMEOUT_MAX 60000
#define STREAK_MAX 100
#define DNS_LABEL_MAX 63

static const char *const types[] = {
	[CHECK_NONE] = "none", [CHECK_TCP] = "tcp",
	[CHECK_HTTP] = "http", [CHECK_HTTPS] = "https",
	[CHECK_DNS] = "dns",   [CHECK_EXEC] = "exec",
};

/* The arguments that only some types of check have. */
static const struct special {
	const char *arg;
	unsigned int types;	/* BIT()s */
	const char *type;	/* proposed in the error message */
} specials[] = {
	{ "http-path", BIT(CHECK_HTTP) | BIT(CHECK_HTTPS), "http" },
	{ "http-host", BIT(CHECK_HTTP) | BIT(CHECK_HTTPS), "http" },
	{ "http-status", BIT(CHECK_HTTP) | BIT(CHECK_HTTPS), "http" },
	{ "http-body", BIT(CHECK_HTTP) | BIT(CHECK_HTTPS), "http" },
	{ "check-source", ~(BIT(CHECK_NONE) | BIT(CHECK_EXEC)), "tcp" },
	{ "dns-name", BIT(CHECK_DNS), "dns" },
	{ "exec-command", BIT(CHECK_EXEC), "exec" },
	{ "interval", ~BIT(CHECK_NONE), "tcp" },
	{ "timeout", ~BIT(CHECK_NONE), "tcp" },
	{ "rise", ~BIT(CHECK_NONE), "tcp" },
	{ "fall", ~BIT(CHECK_NONE), "tcp" },
};

void check_init(struct check *check)
{
	*check = (struct check){
		.type = CHECK_NONE,
		.interval = 2000,
		.timeout = 1000,
		.rise = 2,
		.fall = 3,
		.statuses = { { 200, 399 } },
		.path = "/",
	};
}

static void type_set(struct check *check, enum check_type type)
{
	struct check fresh;

	if (check->type == type)
		return;
	check_init(&fresh);
	if (type != CHECK_NONE) {
		fresh.interval = check->interval;
		fresh.timeout = check->timeout;
		fresh.rise = check->rise;
		fresh.fall = check->fall;
		fresh.from_vip = check->from_vip && type != CHECK_EXEC;
	}
	fresh.type = type;
	*check = fresh;
}

/* Refuse arguments that the type of check does not have. */
static int specials_check(const struct check *check, const json_t *args,
			  struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(specials); i++)
		if (json_object_get(args, specials[i].arg) &&
		    !(specials[i].types & BIT(check->type)))
			return err_set(err, -EINVAL, specials[i].arg,
				       "%s says nothing to check %s; add \"check %s\" or leave it out",
				       specials[i].arg, types[check->type],
				       specials[i].type);
	return 0;
}

static int time_set(const json_t *args, const char *arg, unsigned int min,
		    unsigned int max, unsigned int *ms, struct err *err)
{
	const char *text = args_string(args, arg);

	return text ? duration_parse(text, arg, min, max, ms, err) : 0;
}

/*
 * Only printable ASCII is valid: the texts go into requests, dnatctl's files
 * and messages.  @blanks: blanks are valid, too.
 */
static int check_text_set(const json_t *args, const char *arg, bool blanks,
			  char to[CHECK_TEXT_LEN + 1], struct err *err)
{
	const char *text = args_string(args, arg);
	char quoted[80];
	size_t len;

	if (!text)
		return 0;
	len = strlen(text);
	if (len > CHECK_TEXT_LEN)
		return err_set(err, -EINVAL, arg,
			       "%s has %zu bytes; use %d at most", arg, len,
			       CHECK_TEXT_LEN);
	for (const char *p = text; *p; p++)
		if (*p > '~' || *p < ' ' || (*p == ' ' && !blanks))
			return err_set(err, -EINVAL, arg,
				       "%s \"%s\" may have printable ASCII only%s",
				       arg,
				       text_quote(text, quoted, sizeof(quoted)),
				       blanks ? "" : ", and no blanks");
	/* Checks are compared with memcmp(), so the rest must be zero. */
	memset(to, 0, CHECK_TEXT_LEN + 1);
	memcpy(to, text, len);
	return 0;
}

static int source_set(struct check *check, const json_t *args,
		      struct err *err)
{
	static const char *const sources[] = { "own", "vip" };
	size_t source = check->from_vip;
	int ret = args_word(args, "check-source", sources,
			    ARRAY_SIZE(sources), "own or vip", &source, err);

	check->from_vip = source;
	return ret;
}

static int path_set(struct check *check, const json_t *args, struct err *err)
{
	int ret = check_text_set(args, "http-path", false, check->path, err);
	char quoted[80];

	if (ret || check->path[0] == '/')
		return ret;
	return err_set(err, -EINVAL, "http-path",
		       "http-path \"%s\" does not begin with a slash; put one there",
		       text_quote(check->path, quoted, sizeof(quoted)));
}

/* Read "200" or "200-399".  Return: the text after it; NULL if it is invalid */
static const char *status_range_parse(const char *text, struct status_range *range)
{
	unsigned int min, max;
	int len = 0, more = 0;

	if (!isdigit((unsigned char)*text) ||
	    sscanf(text, "%3u%n", &min, &len) != 1)
		return NULL;
	text += len;
	max = min;
	if (text[0] == '-' && isdigit((unsigned char)text[1])) {
		sscanf(text + 1, "%3u%n", &max, &more);
		text += 1 + more;
	}
	if (min < 100 || max > 599 || min > max)
		return NULL;
	*range = (struct status_range){ (uint16_t)min, (uint16_t)max };
	return text;
}

static int status_set(struct check *check, const json_t *args, struct err *err)
{
	struct status_range ranges[CHECK_STATUSES] = { 0 };
	const char *text = args_string(args, "http-status");
	const char *rest = text;
	char quoted[80];

	if (!text)
		return 0;
	for (size_t i = 0; rest && i < CHECK_STATUSES; i++) {
		rest = status_range_parse(rest, &ranges[i]);
		if (!rest || *rest != ',' || i + 1 == CHECK_STATUSES)
			break;
		rest++;
	}
	if (!rest || *rest)
		return err_set(err, -EINVAL, "http-status",
			       "http-status \"%s\" is not a status; use one from 100 to 599, a range such as 200-399, or up to %d of these such as 200,204",
			       text_quote(text, quoted, sizeof(quoted)),
			       CHECK_STATUSES);
	memcpy(check->statuses, ranges, sizeof(ranges));
	return 0;
}

bool check_status_fits(const struct check *check, unsigned int status)
{
	const struct status_range *range = check->statuses;

	for (size_t i = 0; i < CHECK_STATUSES && range[i].min; i++)
		if (status >= range[i].min && status <= range[i].max)
			return true;
	return false;
}

const char *check_status_text(const struct check *check,
			      char text[CHECK_STATUS_LEN])
{
	const struct status_range *range = check->statuses;
	size_t len = 0;

	for (size_t i = 0; i < CHECK_STATUSES && range[i].min; i++) {
		len += (size_t)snprintf(text + len, CHECK_STATUS_LEN - len,
					"%s%u", i ? "," : "", range[i].min);
		if (range[i].max != range[i].min)
			len += (size_t)snprintf(text + len,
						CHECK_STATUS_LEN - len, "-%u",
						range[i].max);
	}
	return text;
}

bool check_tls_name(const struct check *check, char *name)
{
	size_t len = strcspn(check->host, ":");
	struct in_addr addr;

	/* A text with two colons or in brackets is an IPv6 address. */
	if (check->host[0] == '[' ||
	    strchr(check->host, ':') != strrchr(check->host, ':'))
		return false;
	if (len && check->host[len - 1] == '.')
		len--;
	memcpy(name, check->host, len);
	name[len] = '\0';
	return len && inet_pton(AF_INET, name, &addr) != 1;
}

static int body_set(struct check *check, const json_t *args, struct err *err)
{
	int ret = check_text_set(args, "http-body", true, check->body, err);
	PCRE2_UCHAR reason[128];
	PCRE2_SIZE offset;
	pcre2_code *code;
	int error;

	if (ret || !check->body[0])
		return ret;
	code = pcre2_compile((PCRE2_SPTR)check->body, PCRE2_ZERO_TERMINATED, 0,
			     &error, &offset, NULL);
	if (code) {
		pcre2_code_free(code);
		return 0;
	}
	pcre2_get_error_message(error, reason, ARRAY_SIZE(reason));
	return err_set(err, -EINVAL, "http-body",
		       "http-body is not a regular expression: at byte %zu: %s",
		       offset, (const char *)reason);
}

static int dns_name_set(struct check *check, const json_t *args,
			struct err *err)
{
	int ret = check_text_set(args, "dns-name", false, check->dns_name, err);
	const char *p = check->dns_name;
	char quoted[80];

	if (ret || !args_string(args, "dns-name") || !strcmp(p, "."))
		return ret;
	do {
		size_t len = strcspn(p, ".");

		if (!len || len > DNS_LABEL_MAX)
			break;
		p += len;
		if (*p)
			p++;
	} while (*p);
	/* The wire format is 2 bytes longer and has 255 at most (RFC 1035). */
	if (p == check->dns_name || *p || strlen(check->dns_name) > 253)
		return err_set(err, -EINVAL, "dns-name",
			       "dns-name \"%s\" is not a domain name; use one such as example.org",
			       text_quote(check->dns_name, quoted,
					  sizeof(quoted)));
	return 0;
}

static int command_set(struct check *check, const json_t *args,
		       struct err *err)
{
	int ret =
		check_text_set(args, "exec-command", true, check->command, err);
	char quoted[80];

	if (ret || !args_string(args, "exec-command") ||
	    check->command[0] == '/')
		return ret;
	return err_set(err, -EINVAL, "exec-command",
		       "exec-command \"%s\" does not begin with a slash; give the whole path of the program",
		       text_quote(check->command, quoted, sizeof(quoted)));
}

/* Refuse a check that lacks an argument which its type requires. */
static int needed_check(const struct check *check, struct err *err)
{
	if (check->type == CHECK_DNS && !check->dns_name[0])
		return err_set(err, -EINVAL, "dns-name",
			       "check dns needs a name to ask for; add \"dns-name NAME\"");
	if (check->type == CHECK_EXEC && !check->command[0])
		return err_set(err, -EINVAL, "exec-command",
			       "check exec needs a program; add \"exec-command PATH\"");
	return 0;
}

int check_set(struct check *check, const json_t *args, struct err *err)
{
	size_t type = check->type;
	int ret = args_word(args, "check", types, ARRAY_SIZE(types),
			    "tcp, http, https, dns, exec or none", &type, err);

	if (ret)
		return ret;
	type_set(check, (enum check_type)type);
	ret = specials_check(check, args, err);
	if (!ret)
		ret = time_set(args, "interval", INTERVAL_MIN, INTERVAL_MAX,
			       &check->interval, err);
	if (!ret)
		ret = time_set(args, "timeout", TIMEOUT_MIN, TIMEOUT_MAX,
			       &check->timeout, err);
	if (!ret)
		ret = args_uint(args, "rise", 1, STREAK_MAX, &check->rise, err);
	if (!ret)
		ret = args_uint(args, "fall", 1, STREAK_MAX, &check->fall, err);
	if (!ret)
		ret = source_set(check, args, err);
	if (!ret)
		ret = path_set(check, args, err);
	if (!ret)
		ret = check_text_set(args, "http-host", false, check->host,
				     err);
	if (!ret)
		ret = status_set(check, args, err);
	if (!ret)
		ret = body_set(check, args, err);
	if (!ret)
		ret = dns_name_set(check, args, err);
	if (!ret)
		ret = command_set(check, args, err);
	return ret ? ret : needed_check(check, err);
}

static int http_to_json(const struct check *check, json_t *service)
{
	char status[CHECK_STATUS_LEN];
	int ret;

	ret = json_object_set_new(service, "http-path",
				  json_string(check->path)) ||
	      json_object_set_new(service, "http-status",
				  json_string(check_status_text(check,
								status)));
	if (check->host[0])
		ret = ret || json_object_set_new(service, "http-host",
						 json_string(check->host));
	if (check->body[0])
		ret = ret || json_object_set_new(service, "http-body",
						 json_string(check->body));
	return ret ? -1 : 0;
}

int check_to_json(const struct check *check, json_t *service)
{
	char interval[DURATION_TEXT_LEN], timeout[DURATION_TEXT_LEN];
	int ret;

	if (json_object_set_new(service, "check",
				json_string(types[check->type])))
		return -1;
	if (check->type == CHECK_NONE)
		return 0;

	duration_text(check->interval, interval, sizeof(interval));
	duration_text(check->timeout, timeout, sizeof(timeout));
	ret = json_object_set_new(service, "interval", json_string(interval)) ||
	      json_object_set_new(service, "timeout", json_string(timeout)) ||
	      json_object_set_new(service, "rise",
				  json_integer(check->rise)) ||
	      json_object_set_new(service, "fall", json_integer(check->fall));
	if (check->from_vip)
		ret = ret || json_object_set_new(service, "check-source",
						 json_string("vip"));
	if (check->type == CHECK_HTTP || check->type == CHECK_HTTPS)
		ret = ret || http_to_json(check, service);
	if (check->type == CHECK_DNS)
		ret = ret || json_object_set_new(service, "dns-name",
						 json_string(check->dns_name));
	if (check->type == CHECK_EXEC)
		ret = ret || json_object_set_new(service, "exec-command",
						 json_string(check->command));
	return ret ? -1 : 0;
}
