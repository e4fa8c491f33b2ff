// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "common/addr.h"
#include "common/duration.h"
#include "unit.h"

static int parse(const char *text)
{
	struct addr addr;
	struct err err;

	return addr_parse(text, "vip", &addr, &err);
}

static void test_addr(void)
{
	static const char *const good[] = {
		"192.0.2.10", "1.0.0.1", "127.0.0.1", "255.255.255.254",
		"2001:db8::1", "::1", "fd00:1::11", "64:ff9b::192.0.2.1",
	};
	static const char *const bad[] = {
		"", " ", "192.0.2", "192.0.2.256", "192.0.2.10/32", "192.0.2.10 ",
		" 192.0.2.10", "192.0.2.010", "0xc0.0.2.10", "localhost",
		"0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255",
		"255.255.255.255", "::", "ff02::1", "::ffff:192.0.2.10",
		"fe80::1", "fe80::1%eth0", "[2001:db8::1]", "2001:db8::1/64",
		"2001:db8:::1", "2001:db8::g", "192.0.2.10\n",
	};
	struct addr a;
	struct addr b;
	struct err err;
	char text[INET6_ADDRSTRLEN];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (parse(good[i]))
			CHECK_STR(good[i], "accepted");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(bad[i]) != -EINVAL)
			CHECK_STR(bad[i], "refused");

	memset(&a, 0xff, sizeof(a));
	NEED(!addr_parse("192.0.2.10", "vip", &a, &err));
	CHECK_INT(a.family, AF_INET);
	CHECK_INT(a.bytes[0], 192);
	CHECK_INT(a.bytes[15], 0);
	CHECK_STR(addr_text(&a, text, sizeof(text)), "192.0.2.10");
	NEED(!addr_parse("2001:DB8:0:0::A", "vip", &b, &err));
	CHECK_STR(addr_text(&b, text, sizeof(text)), "2001:db8::a");
	CHECK(!addr_equal(&a, &b));
	CHECK((addr_compare(&a, &b) < 0) != (addr_compare(&b, &a) < 0));
	b = a;
	CHECK(addr_equal(&a, &b));
	b.bytes[3]++;
	CHECK(!addr_equal(&a, &b));
	CHECK(addr_compare(&a, &b) < 0 && addr_compare(&b, &a) > 0);

	CHECK_INT(addr_parse("a\tb", "vip", &a, &err), -EINVAL);
	CHECK_STR(err.arg, "vip");
	CHECK_STR(err.msg, "vip \"a\\x09b\" is not an IPv4 or IPv6 address; "
		  "give it in numbers, without brackets, port or prefix length");
	CHECK_INT(addr_parse("nonsense", "vip", &a, NULL), -EINVAL);
}

static void test_uint(void)
{
	static const char *const bad[] = {
		"", "0", "65536", "-1", "+1", " 1", "1 ", "0x10", "1.0", "1e3",
		"99999999999999999999999999999999", "18446744073709551617",
	};
	unsigned int value = 7;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (uint_parse(bad[i], "port", 1, 65535, &value, &err) !=
		    -EINVAL)
			CHECK_STR(bad[i], "refused");
	CHECK_INT(value, 7);
	CHECK_STR(err.arg, "port");

	CHECK_INT(uint_parse("65535", "port", 1, 65535, &value, &err), 0);
	CHECK_INT(value, 65535);
	CHECK_INT(uint_parse("1", "port", 1, 65535, &value, &err), 0);
	CHECK_INT(value, 1);
	CHECK_INT(uint_parse("0", "weight", 0, WEIGHT_MAX, &value, &err), 0);
	CHECK_INT(value, 0);
	CHECK_INT(uint_parse("4294967295", "n", 0, 4294967295U, &value, &err),
		  0);
	CHECK_INT(value, 4294967295U);
	CHECK_INT(uint_parse("4294967296", "n", 0, 4294967295U, &value, &err),
		  -EINVAL);
}

static void test_range(void)
{
	static const char *const bad[] = {
		"", "-", "1", "1-", "-1", "0-1", "1-65536", "2-1", "1-2-3",
		" 1-2", "1 -2", "1-2 ", "+1-2", "1:2", "0x1-2", "123456789-3",
		"1-99999999999999999999", "a-b",
	};
	uint16_t min = 7, max = 8;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (range_parse(bad[i], "range", &min, &max, &err) != -EINVAL)
			CHECK_STR(bad[i], "refused");
	CHECK_INT(min, 7);
	CHECK_INT(max, 8);
	CHECK_STR(err.arg, "range");

	CHECK_INT(range_parse("1-65535", "range", &min, &max, &err), 0);
	CHECK_INT(min, 1);
	CHECK_INT(max, 65535);
	CHECK_INT(range_parse("80-80", "range", &min, &max, &err), 0);
	CHECK_INT(min, 80);
	CHECK_INT(max, 80);
}

static void test_proto(void)
{
	struct err err;
	uint8_t proto;

	CHECK_INT(proto_parse("tcp", "proto", &proto, &err), 0);
	CHECK_INT(proto, IPPROTO_TCP);
	CHECK_INT(proto_parse("udp", "proto", &proto, &err), 0);
	CHECK_INT(proto, IPPROTO_UDP);
	CHECK_STR(proto_text(IPPROTO_TCP), "tcp");
	CHECK_STR(proto_text(IPPROTO_UDP), "udp");
	CHECK_INT(proto_parse("TCP", "proto", &proto, &err), -EINVAL);
	CHECK_INT(proto_parse("sctp", "proto", &proto, &err), -EINVAL);
	CHECK_INT(proto_parse("", "proto", &proto, &err), -EINVAL);
}

static void test_name(void)
{
	static const char *const good[] = { "web", "0", "a.b_c-d", "WEB2",
					    "helper" };
	static const char *const bad[] = {
		"", "-a", ".a", "_a", "a b", "a/b", "a\"b", "a;b", "a\nb",
		"\xc3\xa9", "a{", "*", "help",
	};
	char longest[SERVICE_NAME_LEN + 2];
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (name_check(good[i], "name", &err))
			CHECK_STR(good[i], "accepted");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (name_check(bad[i], "name", &err) != -EINVAL)
			CHECK_STR(bad[i], "refused");

	memset(longest, 'a', sizeof(longest));
	longest[SERVICE_NAME_LEN + 1] = '\0';
	CHECK_INT(name_check(longest, "name", &err), -EINVAL);
	longest[SERVICE_NAME_LEN] = '\0';
	CHECK_INT(name_check(longest, "name", &err), 0);
}

static void test_quote(void)
{
	char buf[16];
	size_t len;

	CHECK_STR(text_quote("plain text", buf, sizeof(buf)), "plain text");
	CHECK_STR(text_quote("a\x1b[31m", buf, sizeof(buf)), "a\\x1b[31m");
	CHECK_STR(text_quote("\xc3\xa9", buf, sizeof(buf)), "\\xc3\\xa9");
	CHECK_STR(text_quote("123456789012345", buf, sizeof(buf)),
		  "123456789012345");
	CHECK_STR(text_quote("1234567890123456", buf, sizeof(buf)),
		  "123456789012...");
	CHECK_STR(text_quote("", buf, sizeof(buf)), "");

	/* The address sanitizer watches the end of each. */
	for (len = 1; len < sizeof(buf); len++) {
		char *tight = malloc(len);

		NEED(tight);
		text_quote("a\nb\nc\nd\n", tight, len);
		CHECK(strlen(tight) < len);
		text_quote("abcdefghijklmnopq", tight, len);
		CHECK(strlen(tight) < len);
		free(tight);
	}
}

static void test_duration(void)
{
	static const struct {
		const char *text;
		unsigned int ms;
		const char *back;
	} good[] = {
		{ "100ms", 100, "100ms" },   { "1000ms", 1000, "1s" },
		{ "1500ms", 1500, "1500ms" }, { "2s", 2000, "2s" },
		{ "90s", 90000, "90s" },     { "60s", 60000, "1m" },
		{ "1m", 60000, "1m" },	     { "1h", 3600000, "1h" },
		{ "007s", 7000, "7s" },	     { "5", 5000, "5s" },
	};
	static const char *const bad[] = {
		"", "s", "ms", "5 s", " 5s", "5s ", "5S", "5sec", "1.5s",
		"-1s", "+1s", "0x5s", "1m30s", "99ms", "2h", "3600001ms", "61m",
		"0s", "4294967297ms", "99999999999999999999999h",
	};
	char text[DURATION_TEXT_LEN];
	unsigned int ms = 7;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK_INT(duration_parse(good[i].text, "x", 100, 3600000, &ms,
					 &err), 0);
		CHECK_INT(ms, good[i].ms);
		CHECK_STR(duration_text(ms, text, sizeof(text)), good[i].back);
	}
	ms = 7;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (duration_parse(bad[i], "x", 100, 3600000, &ms, NULL) !=
		    -EINVAL)
			CHECK_STR(bad[i], "refused");
	CHECK_INT(ms, 7);
	CHECK_STR(duration_text(0, text, sizeof(text)), "0ms");
	CHECK_STR(duration_text(UINT32_MAX, text, sizeof(text)),
		  "4294967295ms");

	CHECK_INT(duration_parse("5", "rest", 1, 10000, &ms, &err), 0);
	CHECK_INT(ms, 5000);
	CHECK_INT(duration_parse("5x", "rest", 1, 1000, &ms, &err), -EINVAL);
	CHECK_STR(err.arg, "rest");
	CHECK_STR(err.msg, "rest \"5x\" is not a time; use seconds, or a number with ms, s, m or h, such as 500ms");
	CHECK_INT(duration_parse("99999999999999999999h", "rest", 1, 1000, &ms,
				 &err), -EINVAL);
	CHECK_STR(err.msg, "rest \"99999999999999999999h\" is not a time from 1ms to 1s");
}

int main(void)
{
	test_addr();
	test_uint();
	test_range();
	test_proto();
	test_name();
	test_quote();
	test_duration();
	return unit_result();
}
