// SPDX-License-Identifier: GPL-2.0-only
/* Checks of forwarding, and of what prevents it. */
#include <dirent.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "api/host_part.h"
#include "model/model.h"
#include "net/route.h"

/* Checked also before the first service is added, so that it will work. */
static bool ipv4_in_use(const struct checks *checks)
{
	return check_family(checks, AF_INET) || !checks->model->n_services;
}

static void add_forwarding(struct checks *checks, const char *name,
			   const char *file, const char *advice)
{
	unsigned long long value;

	if (!check_number(checks, file, &value))
		check_add(checks, name, json_string("unknown"), false,
			  "the kernel has no such protocol; use one that has");
	else
		check_add(checks, name, json_integer((json_int_t)value), value,
			  value ? NULL : advice);
}

void check_ipv4_forwarding(struct checks *checks)
{
	static const char name[] = "net.ipv4.ip_forward";
	char advice[ADVICE_LEN];

	if (!ipv4_in_use(checks))
		return;
	snprintf(advice, sizeof(advice),
		 "backends are not reached; " ADVICE_SYSCTL, name, 1ULL, name,
		 1ULL);
	add_forwarding(checks, "ip_forward", "net/ipv4/ip_forward", advice);
}

/* The interfaces with some property. */
struct found {
	size_t n;
	bool of_service;		/* one of them is a service's dev */
	char first[IFNAMSIZ];		/* the first one by name */
};

static bool find_interfaces(const struct checks *checks,
			    bool (*holds)(const struct checks *checks,
					  const char *iface),
			    struct found *found)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	DIR *dir;

	memset(found, 0, sizeof(*found));
	snprintf(path, sizeof(path), "%s/sys/net/ipv4/conf", checks->proc);
	dir = opendir(path);
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (name[0] == '.' || !strcmp(name, "all") ||
		    !strcmp(name, "default") || !strcmp(name, "lo") ||
		    strlen(name) >= sizeof(found->first) ||
		    !holds(checks, name))
			continue;
		found->of_service |= model_has_dev(checks->model, name);
		if (!found->n++ || strcmp(name, found->first) < 0)
			strcpy(found->first, name);
	}
	closedir(dir);
	return true;
}

/* "off on eth0", "off on eth0 and 2 more" */
static json_t *found_text(const struct found *found, const char *what,
			  const char *none)
{
	if (!found->n)
		return json_string(none);
	if (found->n == 1)
		return json_sprintf("%s on %s", what, found->first);
	return json_sprintf("%s on %s and %zu more", what, found->first,
			    found->n - 1);
}

static bool iface_number(const struct checks *checks, const char *iface,
			 const char *what, unsigned long long *value)
{
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "net/ipv4/conf/%s/%s", iface, what);
	return check_number(checks, file, value);
}

static bool iface_keeps(const struct checks *checks, const char *iface)
{
	unsigned long long value;

	return iface_number(checks, iface, "forwarding", &value) && !value;
}

/* The kernel forwards a packet if the interface it comes in by allows it. */
void check_interface_forwarding(struct checks *checks)
{
	char advice[ADVICE_LEN], name[64];
	unsigned long long all = 0;
	struct found found;

	if (!ipv4_in_use(checks) ||
	    !check_number(checks, "net/ipv4/ip_forward", &all) || !all ||
	    !find_interfaces(checks, iface_keeps, &found))
		return;
	snprintf(name, sizeof(name), "net.ipv4.conf.%s.forwarding",
		 found.first);
	snprintf(advice, sizeof(advice),
		 "packets that come in there are not forwarded; " ADVICE_SYSCTL,
		 name, 1ULL, name, 1ULL);
	check_add(checks, "interface_forwarding",
		  found_text(&found, "off", "on"), !found.of_service,
		  found.n ? advice : NULL);
}

/* The kernel uses the higher of the interface's value and that of "all". */
static bool iface_strict(const struct checks *checks, const char *iface)
{
	unsigned long long value = 0;
	unsigned long long all = 0;

	check_number(checks, "net/ipv4/conf/all/rp_filter", &all);
	if (!iface_number(checks, iface, "rp_filter", &value))
		return false;
	return (value > all ? value : all) == 1;
}

void check_rp_filter(struct checks *checks)
{
	static const char name[] = "net.ipv4.conf.all.rp_filter";
	char advice[ADVICE_LEN];
	struct found found;

	if (!ipv4_in_use(checks) ||
	    !find_interfaces(checks, iface_strict, &found))
		return;
	snprintf(advice, sizeof(advice),
		 "packets that come in by another interface than the route back are dropped; "
		 ADVICE_SYSCTL, name, 2ULL, name, 2ULL);
	check_add(checks, "rp_filter",
		  found_text(&found, "strict", "not strict"), !found.n,
		  found.n ? advice : NULL);
}

static bool takes_no_ra(const struct checks *checks, const char *dev)
{
	unsigned long long value;
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "net/ipv6/conf/%s/accept_ra", dev);
	return check_number(checks, file, &value) && value == 1;
}

/*
 * With forwarding, an interface ignores router advertisements unless its
 * accept_ra is 2, and the kernel removes the default route that came by one.
 */
static void check_ipv6_default(struct checks *checks)
{
	unsigned long long forwarding = 0;
	char dev[IFNAMSIZ];
	bool ra;

	if (!check_number(checks, "net/ipv6/conf/all/forwarding",
			  &forwarding) || !forwarding)
		return;
	if (route6_default(dev, &ra))
		check_add(checks, "ipv6_default_route", json_string(dev), true,
			  NULL);
	else
		check_add(checks, "ipv6_default_route", json_string("none"),
			  true,
			  "clients outside the local networks are not answered; if it came by router advertisements, forwarding took it away: sysctl -w net.ipv6.conf.IFACE.accept_ra=2, and net.ipv6.conf.IFACE.accept_ra=2 in /etc/sysctl.d/dnat.conf for the next boot");
}

void check_ipv6_forwarding(struct checks *checks)
{
	static const char name[] = "net.ipv6.conf.all.forwarding";
	char advice[ADVICE_LEN], first[160] = "", dev[IFNAMSIZ];
	bool ra;

	if (!check_family(checks, AF_INET6))
		return;
	if (route6_default(dev, &ra) && ra && takes_no_ra(checks, dev))
		snprintf(first, sizeof(first),
			 "first sysctl -w net.ipv6.conf.%s.accept_ra=2 (and in dnat.conf), or the default route goes, then ",
			 dev);
	snprintf(advice, sizeof(advice),
		 "backends are not reached; %s" ADVICE_SYSCTL, first, name,
		 1ULL, name, 1ULL);
	add_forwarding(checks, "ipv6_forwarding",
		       "net/ipv6/conf/all/forwarding", advice);
	check_ipv6_default(checks);
}
