// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipvs.h"
#include "lines.h"

#define QUOTED_LEN 80
#define SCHEDULER "wlc"		/* ipvsadm's default */

/* A line, as far as it is read. */
struct line {
	struct lines *lines;
	int at;			/* the next word */
	bool server;		/* -a, else -A */
	bool named;		/* the service */
	bool reached;		/* the server has an address */
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

static int value_next(struct line *line, const char *option,
		      const char **value, struct err *err)
{
	*value = word_next(line);
	if (*value)
		return 0;
	return err_set(err, -EINVAL, NULL, "%s needs a value", option);
}

static int number_next(struct line *line, const char *option,
		       unsigned int max, unsigned int *number, struct err *err)
{
	const char *value;
	int ret = value_next(line, option, &value, err);

	return ret ? ret : uint_parse(value, option, 0, max, number, err);
}

/* 192.0.2.1:80 or [2001:db8::1]:80 */
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
	len = colon ? (size_t)(colon - value) : 0;
	if (!len || len >= sizeof(host) ||
	    uint_parse(colon + 1, option, 0, 65535, &number, NULL))
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
	return addr_parse(start, option, addr, err);

unknown:
	return err_set(err, -EINVAL, NULL,
		       "%s \"%s\" is no address with a port; have ipvsadm-save -n write numbers",
		       option, text_quote(value, quoted, sizeof(quoted)));
}

/* The service that the line is about: one of these. */
static int service_word(struct line *line, const char *word, struct err *err)
{
	struct ipvs_service *service = &line->service;

	line->named = true;
	if (is(word, "-f", "--fwmark-service"))
		return number_next(line, word, UINT_MAX, &service->mark, err);
	service->proto = is(word, "-t", "--tcp-service") ? IPPROTO_TCP :
			 is(word, "-u", "--udp-service") ? IPPROTO_UDP :
							   IPPROTO_SCTP;
	return endpoint_next(line, word, &service->vip, &service->port, err);
}

/* Its value may be left out. */
static int persistent_word(struct line *line, struct err *err)
{
	unsigned int seconds;

	line->service.persistent = true;
	if (line->at == line->lines->n ||
	    line->lines->words[line->at][0] == '-')
		return 0;
	return number_next(line, "-p", UINT_MAX, &seconds, err);
}

/* Return: 1 where @word is no option of a service's line */
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
	if (!strcmp(word, "--pe"))
		return value_next(line, word, &service->engine, err);
	if (is(word, "-b", "--sched-flags")) {
		service->flags = true;
		return value_next(line, word, &value, err);
	}
	if (is(word, "-o", "--ops"))
		service->one_packet = true;
	else
		return 1;
	return 0;
}

/* Return: 1 where @word is no option of a server's line */
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
	ret = line->server ? add_server_word(line, word, err) :
			     add_service_word(line, word, err);
	if (ret <= 0)
		return ret;
	return err_set(err, -EINVAL, NULL,
		       "\"%s\" is not what ipvsadm-save -n writes; leave it out",
		       text_quote(word, quoted, sizeof(quoted)));
}

static int line_read(struct line *line, struct err *err)
{
	char quoted[QUOTED_LEN];
	const char *word = word_next(line);
	int ret = 0;

	line->server = is(word, "-a", "--add-server");
	if (!line->server && !is(word, "-A", "--add-service"))
		return err_set(err, -EINVAL, NULL,
			       "\"%s\" is not what a line of ipvsadm-save -n begins with; use -A or -a",
			       text_quote(word, quoted, sizeof(quoted)));
	while (!ret && (word = word_next(line)))
		ret = line_word(line, word, err);
	if (ret)
		return ret;
	if (!line->named)
		return err_set(err, -EINVAL, NULL,
			       "the service is missing; add -t, -u or -f");
	if (line->server && !line->reached)
		return err_set(err, -EINVAL, NULL,
			       "the server is missing; add -r");
	return 0;
}

static struct ipvs_service *find_service(const struct ipvs *ipvs,
					 const struct ipvs_service *as)
{
	/* A server's line follows its service's, and that is the last one. */
	for (size_t i = ipvs->n; i-- > 0;) {
		struct ipvs_service *service = &ipvs->services[i];

		if (service->proto == as->proto && service->port == as->port &&
		    service->mark == as->mark && service->mark6 == as->mark6 &&
		    addr_equal(&service->vip, &as->vip))
			return service;
	}
	return NULL;
}

/* Room for one more in an array of @size bytes each. */
static int make_room(void **list, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 8;
	void *bigger;

	if (n < *room)
		return 0;
	bigger = reallocarray(*list, more, size);
	if (!bigger)
		return -ENOMEM;
	*list = bigger;
	*room = more;
	return 0;
}

static int add_service(struct ipvs *ipvs, const struct line *line,
		       struct err *err)
{
	const struct ipvs_service *other = find_service(ipvs, &line->service);

	if (other)
		return err_set(err, -EEXIST, NULL,
			       "this service is in line %u already; leave one of them out",
			       other->line);
	if (make_room((void **)&ipvs->services, ipvs->n, &ipvs->room,
		      sizeof(*ipvs->services)))
		return err_no_memory(err);
	ipvs->services[ipvs->n++] = line->service;
	return 0;
}

static int add_server(struct ipvs *ipvs, const struct line *line,
		      struct err *err)
{
	struct ipvs_service *service = find_service(ipvs, &line->service);

	if (!service)
		return err_set(err, -ENOENT, NULL,
			       "there is no such service before this line; add its -A line");
	for (size_t i = 0; i < service->n; i++)
		if (addr_equal(&service->servers[i].addr, &line->of.addr) &&
		    service->servers[i].port == line->of.port)
			return err_set(err, -EEXIST, NULL,
				       "this server is in line %u already; leave one of them out",
				       service->servers[i].line);
	if (make_room((void **)&service->servers, service->n, &service->room,
		      sizeof(*service->servers)))
		return err_no_memory(err);
	service->servers[service->n++] = line->of;
	return 0;
}

void ipvs_read(struct ipvs *ipvs, char *text, size_t len,
	       struct faults *faults)
{
	struct lines lines;
	struct err err;
	int ret;

	memset(ipvs, 0, sizeof(*ipvs));
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
			ret = line_read(&line, &err);
		if (!ret)
			ret = line.server ? add_server(ipvs, &line, &err) :
					    add_service(ipvs, &line, &err);
		if (ret)
			faults_add(faults, lines.line, err.msg);
	}
}

void ipvs_clean(struct ipvs *ipvs)
{
	for (size_t i = 0; i < ipvs->n; i++)
		free(ipvs->services[i].servers);
	free(ipvs->services);
	memset(ipvs, 0, sizeof(*ipvs));
}
