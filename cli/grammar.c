// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "grammar.h"

static const struct arg none[] = { { 0 } };

static const struct arg service_add[] = {
	{ "vip", "ADDR", VALUE_ADDR, true,
	  "address that clients connect to, IPv4 or IPv6" },
	{ "port", "N", VALUE_PORT, true,
	  "port that clients connect to, 1 to 65535" },
	{ "proto", "tcp|udp", VALUE_WORD, false, "protocol, default tcp" },
	{ "mode", "double-nat", VALUE_WORD, false,
	  "forwarding mode, default double-nat" },
	{ "scheduler", "rr|wrr", VALUE_WORD, false,
	  "backends in turn, or in turn by weight; default rr" },
	{ "dev", "IFACE", VALUE_DEV, false,
	  "interface to put the VIP on, default none" },
	{ "fast", "on|off", VALUE_WORD, false,
	  "whether the module forwards packets itself, default on" },
	{ 0 }
};

static const struct arg service_set[] = {
	{ "scheduler", "rr|wrr", VALUE_WORD, false,
	  "backends in turn, or in turn by weight" },
	{ "dev", "IFACE|none", VALUE_DEV, false,
	  "interface to put the VIP on, none to take it away" },
	{ "fast", "on|off", VALUE_WORD, false,
	  "whether the module forwards new connections' packets itself" },
	{ 0 }
};

static const struct arg backend_add[] = {
	{ "addr", "ADDR", VALUE_ADDR, true,
	  "address of the backend, of the VIP's family" },
	{ "port", "N", VALUE_PORT, false,
	  "port of the backend, default the service's" },
	{ "weight", "W", VALUE_WEIGHT, false,
	  "share with scheduler wrr, 0 to 256, default 1; 0: no new connections" },
	{ 0 }
};

static const struct arg backend_set[] = {
	{ "addr", "ADDR", VALUE_ADDR, true, "address of the backend" },
	{ "port", "N", VALUE_PORT, false,
	  "port of the backend, needed where it has several" },
	{ "weight", "W", VALUE_WEIGHT, true,
	  "share with scheduler wrr, 0 to 256; 0: no new connections" },
	{ 0 }
};

static const struct arg backend_del[] = {
	{ "addr", "ADDR", VALUE_ADDR, true, "address of the backend" },
	{ "port", "N", VALUE_PORT, false,
	  "port of the backend, needed where it has several" },
	{ 0 }
};

static const struct arg connection_show[] = {
	{ "service", "NAME", VALUE_NAME, false, "only those of this service" },
	{ "backend", "ADDR", VALUE_ADDR, false, "only those to this backend" },
	{ "client", "ADDR", VALUE_ADDR, false, "only those of this client" },
	{ "state", "open|half-open|closed", VALUE_WORD, false,
	  "only those in this state" },
	{ 0 }
};

static const struct arg vdport_ports[] = {
	{ "vip", "ADDR", VALUE_ADDR, false, "only those of this VIP" },
	{ "proto", "tcp|udp", VALUE_WORD, false, "only those of this protocol" },
	{ 0 }
};

static const struct arg vdport_set[] = {
	{ "range", "MIN-MAX", VALUE_RANGE, false,
	  "ports that are handed out, within 1-65535" },
	{ "on-exhausted", "drop|reset", VALUE_WORD, false,
	  "what a client gets for whom there is none: nothing, or a reset" },
	{ 0 }
};

static const struct arg stats[] = {
	{ "-i", "SECONDS", VALUE_SECONDS, false,
	  "print what happens a second, again and again after so many" },
	{ 0 }
};

#define TARGET(name, value, required, help) \
	{ name, value, VALUE_NAME, required, help }
#define NO_TARGET { 0 }

const struct command commands[] = {
	{ "service", "add", "service.add",
	  TARGET("name", "NAME", true, "name of the new service"),
	  service_add, false, NULL, NULL, "add a service" },
	{ "service", "set", "service.set",
	  TARGET("name", "NAME", true, "name of the service"),
	  service_set, true, NULL, NULL, "change a service" },
	{ "service", "del", "service.del",
	  TARGET("name", "NAME", true, "name of the service"),
	  none, false, NULL, NULL, "delete a service with its backends" },
	{ "service", "show", "service.show",
	  TARGET("name", "NAME", false, "only this service"),
	  none, false, service_columns, NULL, "list the services" },

	{ "backend", "add", "backend.add",
	  TARGET("service", "SERVICE", true, "name of the service"),
	  backend_add, false, NULL, NULL, "add a backend to a service" },
	{ "backend", "set", "backend.set",
	  TARGET("service", "SERVICE", true, "name of the service"),
	  backend_set, false, NULL, NULL, "change a backend's weight" },
	{ "backend", "del", "backend.del",
	  TARGET("service", "SERVICE", true, "name of the service"),
	  backend_del, false, NULL, NULL, "take a backend out of a service" },
	{ "backend", "show", "backend.show",
	  TARGET("service", "SERVICE", false, "only those of this service"),
	  none, false, backend_columns, NULL, "list the backends" },

	{ "vdport", "show", "vdport.show", NO_TARGET,
	  none, false, pool_columns, NULL, "list the pools of vdports" },
	{ "vdport", "show ports", "vdport.ports", NO_TARGET,
	  vdport_ports, false, port_columns, NULL,
	  "list the vdports in use, and by how many backends each" },
	{ "vdport", "set", "vdport.set", NO_TARGET,
	  vdport_set, true, NULL, NULL, "change how vdports are handed out" },

	{ "connection", "show", "connection.show", NO_TARGET,
	  connection_show, false, connection_columns, NULL, "list the connections" },

	{ "stats", NULL, "stats", NO_TARGET,
	  stats, false, NULL, show_stats,
	  "show what the module has counted, or rates" },

	{ "status", NULL, "status", NO_TARGET,
	  none, false, NULL, show_status,
	  "show the allocator in force, versions and system settings" },
	{ 0 }
};

const struct command *grammar_object(const char *object)
{
	const struct command *c;

	for (c = commands; c->object; c++)
		if (!strcmp(c->object, object))
			return c;
	return NULL;
}

const struct command *grammar_next(const struct command *command)
{
	const struct command *next = command + 1;

	if (next->object && !strcmp(next->object, command->object))
		return next;
	return NULL;
}

const struct arg *grammar_arg(const struct command *command, const char *name)
{
	const struct arg *a;

	for (a = command->args; a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

bool grammar_word(const char *words, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		size_t word = strcspn(words, "|");

		if (word == len && !memcmp(words, text, len))
			return true;
		if (!words[word])
			return false;
		words += word + 1;
	}
	return false;
}

const char *grammar_title(const struct command *command, char *buf, size_t len)
{
	snprintf(buf, len, "%s%s%s", command->object,
		 command->name ? " " : "", command->name ? command->name : "");
	return buf;
}
