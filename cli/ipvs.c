// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ipvs.h"
#include "common/array.h"
#include "lang/lines.h"

#define QUOTED_LEN 80
#define SCHEDULER "wlc"		/* ipvsadm's default */

enum command {
	ADD_SERVICE,
	ADD_SERVER,
	ADD_LOCAL,		/* a local address, only in FULLNAT's forks */
	CLEAR,
};

static const struct {
	const char *letter, *name;
	enum command command;
} commands[] = {
	{ "-A", "--add-service", ADD_SERVICE },
	{ "-a", "--add-server", ADD_SERVER },
	{ "-P", "--add-laddr", ADD_LOCAL },
	{ "-C", "--clear", CLEAR },
};

/* The state of parsing one line. */
struct line {
	struct lines *lines;
	int at;			/* index of the next word */
	enum command command;
	bool named;		/* has named the service */
	bool reached;		/* has given the server's address */
	struct ipvs_service service;
	struct ipvs_server of;
};

static const char *word_next(struct line *line)
{
	return line->at < line->lines->n ? line->lines->words[line->at++] :
					   NULL;
}

static bool is(const char *word, const char *letter, const char *name)
{
	return !strcmp(word, letter) || !strcmp(word, name);
}

/* Keeps *value on error, because line_take() keeps services with errors. */
static int value_next(struct line *line, const char *option,
		      const char **value, struct err *err)
{
	const char *word = word_next(line);

	if (!word) {
		err_set(err, -EINVAL, NULL, "%s needs a value", option);
		return -EINVAL;
	}
	*value = word;
	return 0;
}

static int number_next(struct line *line, const char *option,
		       unsigned int max, unsigned int *number, struct err *err)
{
	const char *value;
	int ret = value_next(line, option, &value, err);

	return ret ? ret : uint_parse(value, option, 0, max, number, err);
}

/* Parse 192.0.2.1:80 or [2001:db8::1]:80; without a port, *port becomes 0. */
static int endpoint_next(struct line *line, const char *option,
			 struct addr *addr, uint16_t *port, struct err *err)
{
	char host[INET6_ADDRSTRLEN + 2], quoted[QUOTED_LEN];
	const char *value, *colon;
	unsigned int number;
	char *start = host;
	size_t len;
	int ret = value_next(line, option, &value, err);

	if (ret)
		return ret;
	colon = strrchr(value, ':');
	if (colon && strchr(colon, ']'))
		colon = NULL;
	len = colon ? (size_t)(colon - value) : strlen(value);
	number = 0;
	if (!len || len >= sizeof(host) ||
	    (colon && uint_parse(colon + 1, option, 0, 65535, &number, NULL)))
		goto unknown;
	memcpy(host, value, len);
	host[len] = '\0';
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		start++;
	}
	memset(addr, 0, sizeof(*addr));
	addr->family = start == host ? AF_INET : AF_INET6;
	if (inet_pton(addr->family, start, addr->bytes) != 1)
		goto unknown;
	*port = (uint16_t)number;
	return 0;

unknown:
	return err_set(err, -EINVAL, NULL,
		       "%s \"%s\" is not an address with a port; have ipvsadm-save -n write numbers",
		       option, text_quote(value, quoted, sizeof(quoted)));
}

/* ipvsadm prints a mark as a signed number. */
static int mark_next(struct line *line, const char *option, unsigned int *mark,
		     struct err *err)
{
	const char *value;
	int ret = value_next(line, option, &value, err);

	if (ret)
		return ret;
	if (value[0] != '-')
		return uint_parse(value, option, 0, UINT_MAX, mark, err);
	ret = uint_parse(value + 1, option, 1, 1U + INT_MAX, mark, err);
	*mark = -*mark;
	return ret;
}

/* Parse the option that names the service: -t, -u, -f or --sctp-service. */
static int service_word(struct line *line, const char *word, struct err *err)
{
	struct ipvs_service *service = &line->service;

	if (line->named)
		return err_set(err, -EINVAL, NULL,
			       "the service is named twice; leave one of them out");
	line->named = true;
	if (is(word, "-f", "--fwmark-service"))
		return mark_next(line, word, &service->mark, err);
	service->proto = is(word, "-t", "--tcp-service") ? IPPROTO_TCP :
			 is(word, "-u", "--udp-service") ? IPPROTO_UDP :
							   IPPROTO_SCTP;
	return endpoint_next(line, word, &service->vip, &service->port, err);
}

/* Parse -p; its value is optional. */
static int persistent_word(struct line *line, struct err *err)
{
	unsigned int seconds;

	line->service.persistent = true;
	if (line->at == line->lines->n ||
	    !strchr("0123456789", line->lines->words[line->at][0]))
		return 0;
	return number_next(line, "-p", UINT_MAX, &seconds, err);
}

/* Return: 1 if @word is no option of a service's line */
static int add_service_word(struct line *line, const char *word,
			    struct err *err)
{
	struct ipvs_service *service = &line->service;
	const char *value;

	if (is(word, "-s", "--scheduler"))
		return value_next(line, word, &service->scheduler, err);
	if (is(word, "-p", "--persistent"))
		return persistent_word(line, err);
	if (is(word, "-M", "--netmask"))
		return value_next(line, word, &value, err);
	/* ipvsadm 1.26 writes these two without their dashes. */
	if (is(word, "pe", "--pe"))
		return value_next(line, word, &service->engine, err);
	if (is(word, "-b", "--sched-flags")) {
		service->flags = true;
		return value_next(line, word, &value, err);
	}
	if (!is(word, "-o", "--ops") && strcmp(word, "ops"))
		return 1;
	service->one_packet = true;
	return 0;
}

/* Return: 1 if @word is no option of a local address's line */
static int add_local_word(struct line *line, const char *word, struct err *err)
{
	const char *value;

	if (is(word, "-z", "--local-address") || is(word, "-F", "--ifname"))
		return value_next(line, word, &value, err);
	return 1;
}

/* Return: 1 if @word is no option of a server's line */
static int add_server_word(struct line *line, const char *word,
			   struct err *err)
{
	struct ipvs_server *server = &line->of;
	const char *value;
	unsigned int number;

	if (is(word, "-r", "--real-server")) {
		line->reached = true;
		return endpoint_next(line, word, &server->addr, &server->port,
				     err);
	}
	if (is(word, "-w", "--weight"))
		return number_next(line, word, INT_MAX, &server->weight, err);
	if (is(word, "-x", "--u-threshold") || is(word, "-y", "--l-threshold")) {
		int ret = number_next(line, word, UINT_MAX, &number, err);

		server->thresholds |= !ret && number;
		return ret;
	}
	if (!strcmp(word, "--tun-type") || !strcmp(word, "--tun-port"))
		return value_next(line, word, &value, err);
	if (is(word, "-m", "--masquerading"))
		server->forward = IPVS_MASQUERADE;
	else if (is(word, "-g", "--gatewaying"))
		server->forward = IPVS_ROUTE;
	else if (is(word, "-i", "--ipip"))
		server->forward = IPVS_TUNNEL;
	/* An ipvsadm that does not know the mode prints "(null)". */
	else if (is(word, "-b", "--fullnat") || !strcmp(word, "(null)"))
		server->forward = IPVS_FULLNAT;
	else if (strncmp(word, "--tun-", strlen("--tun-")))
		return 1;
	return 0;
}

static int line_word(struct line *line, const char *word, struct err *err)
{
	char quoted[QUOTED_LEN];
	int ret;

	if (is(word, "-t", "--tcp-service") ||
	    is(word, "-u", "--udp-service") ||
	    is(word, "-f", "--fwmark-service") ||
	    !strcmp(word, "--sctp-service"))
		return service_word(line, word, err);
	if (is(word, "-6", "--ipv6")) {
		line->service.mark6 = true;
		return 0;
	}
	ret = line->command == ADD_SERVER ? add_server_word(line, word, err) :
	      line->command == ADD_LOCAL  ? add_local_word(line, word, err) :
					    add_service_word(line, word, err);
	if (ret <= 0)
		return ret;
	return err_set(err, -EINVAL, NULL,
		       "\"%s\" is not what ipvsadm-save -n writes; leave it out",
		       text_quote(word, quoted, sizeof(quoted)));
}

/* A file that was written by hand may have "ipvsadm" before each command. */
static bool is_program(const char *word)
{
	const char *slash = strrchr(word, '/');

	return !strcmp(slash ? slash + 1 : word, "ipvsadm");
}

static int command_next(struct line *line, struct err *err)
{
	char quoted[QUOTED_LEN];
	const char *word = word_next(line);

	if (is_program(word) && line->at < line->lines->n)
		word = word_next(line);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (is(word, commands[i].letter, commands[i].name)) {
			line->command = commands[i].command;
			return 0;
		}
	}
	return err_set(err, -EINVAL, NULL,
		       "\"%s\" is not what a line of ipvsadm-save -n begins with; use -A or -a",
		       text_quote(word, quoted, sizeof(quoted)));
}

static int line_read(struct line *line, struct err *err)
{
	const char *word;
	int ret = command_next(line, err);

	if (!ret && line->command == CLEAR)
		return 0;
	while (!ret && (word = word_next(line)))
		ret = line_word(line, word, err);
	if (ret)
		return ret;
	if (!line->named)
		return err_set(err, -EINVAL, NULL,
			       "the service is missing; add -t, -u or -f");
	if (line->command == ADD_SERVER && !line->reached)
		return err_set(err, -EINVAL, NULL,
			       "the server is missing; add -r");
	return 0;
}

static struct ipvs_service *find_service(const struct ipvs *ipvs,
					 const struct ipvs_service *as)
{
	/* Search backwards: servers usually follow their service. */
	for (size_t i = ipvs->n; i-- > 0;) {
		struct ipvs_service *service = &ipvs->services[i];

		if (service->proto == as->proto && service->port == as->port &&
		    service->mark == as->mark && service->mark6 == as->mark6 &&
		    addr_equal(&service->vip, &as->vip))
			return service;
	}
	return NULL;
}

static int add_service(struct ipvs *ipvs, const struct line *line,
		       struct err *err)
{
	const struct ipvs_service *other = find_service(ipvs, &line->service);

	if (other)
		return err_set(err, -EEXIST, NULL,
			       "this service is in line %u already; leave one of them out",
			       other->line);
	if (array_room(&ipvs->services, ipvs->n, &ipvs->room,
		       sizeof(*ipvs->services)))
		return err_no_memory(err);
	ipvs->services[ipvs->n++] = line->service;
	return 0;
}

static int add_server(struct ipvs_service *service, const struct line *line,
		      struct err *err)
{
	struct ipvs_server server = line->of;

	if (!server.port)
		server.port = service->port;
	for (size_t i = 0; i < service->n; i++)
		if (addr_equal(&service->servers[i].addr, &server.addr) &&
		    service->servers[i].port == server.port)
			return err_set(err, -EEXIST, NULL,
				       "this server is in line %u already; leave one of them out",
				       service->servers[i].line);
	if (array_room(&service->servers, service->n, &service->room,
		       sizeof(*service->servers)))
		return err_no_memory(err);
	service->servers[service->n++] = server;
	return 0;
}

static int line_add(struct ipvs *ipvs, const struct line *line, struct err *err)
{
	struct ipvs_service *service;

	if (line->command == CLEAR)
		return 0;
	if (line->command == ADD_SERVICE)
		return add_service(ipvs, line, err);
	service = find_service(ipvs, &line->service);
	if (!service)
		return err_set(err, -ENOENT, NULL,
			       "there is no such service before this line; add its -A line");
	if (line->command == ADD_SERVER)
		return add_server(service, line, err);
	if (!service->local)
		service->local = line->lines->line;
	return 0;
}

static int line_take(struct ipvs *ipvs, struct line *line, struct err *err)
{
	int ret = line_read(line, err);

	if (!ret)
		return line_add(ipvs, line, err);
	/* Add it despite the error; else each of its servers is an error. */
	if (line->command == ADD_SERVICE && line->named)
		add_service(ipvs, line, &(struct err){ 0 });
	return ret;
}

/* Whether a line begins as those of ipvsadm-save do, or nothing is there. */
static bool is_ipvsadm(const char *text, size_t len)
{
	const char *end = text + len, *next;
	bool empty = true;

	for (const char *at = text; at < end; at = next + 1) {
		next = memchr(at, '\n', (size_t)(end - at));
		next = next ? next : end;
		while (at < next && strchr(" \t\r", *at))
			at++;
		if (at == next || *at == '#')
			continue;
		/* In the output of ipvsadm -L, "->" begins a server's line. */
		if ((*at == '-' && next - at > 1 && at[1] != '>' && at[1] != ' ') ||
		    memmem(at, (size_t)(next - at), "ipvsadm -", strlen("ipvsadm -")))
			return true;
		empty = false;
	}
	return empty;
}

void ipvs_read(struct ipvs *ipvs, char *text, size_t len,
	       struct file_errors *faults)
{
	struct lines lines;
	struct err err;
	int ret;

	memset(ipvs, 0, sizeof(*ipvs));
	if (!is_ipvsadm(text, len)) {
		file_errors_add(faults, 0, "not from ipvsadm-save -n");
		return;
	}
	lines_init(&lines, text, len);
	while ((ret = lines_next(&lines, &err))) {
		struct line line = {
			.lines = &lines,
			.service.line = lines.line,
			.service.scheduler = SCHEDULER,
			.of.line = lines.line,
			.of.weight = 1,
			.of.forward = IPVS_ROUTE,	/* ipvsadm's default */
		};

		if (ret > 0)
			ret = line_take(ipvs, &line, &err);
		if (ret)
			file_errors_add(faults, lines.line, err.msg);
	}
}

void ipvs_clean(struct ipvs *ipvs)
{
	for (size_t i = 0; i < ipvs->n; i++)
		free(ipvs->services[i].servers);
	free(ipvs->services);
	memset(ipvs, 0, sizeof(*ipvs));
}
