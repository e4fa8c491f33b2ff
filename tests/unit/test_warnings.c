// SPDX-License-Identifier: GPL-2.0-only
/* What counts for nothing is told to who asks for it, and to nobody else. */
#include <jansson.h>
#include <string.h>

#include "model/model.h"
#include "model/warnings.h"
#include "unit.h"

static const char config[] =
	"{\"version\": 1, \"services\": ["
	"{\"name\": \"web\", \"vip\": \"192.0.2.10\", \"port\": 80, \"check\": \"tcp\", \"backends\": ["
	"{\"addr\": \"10.1.0.11\", \"port\": 8080},"
	"{\"addr\": \"10.1.0.12\", \"port\": 8080, \"weight\": 3},"
	"{\"addr\": \"10.1.0.12\", \"port\": 8081, \"weight\": 0, \"backup\": \"on\"},"
	"{\"addr\": \"10.1.0.13\", \"weight\": 2}]},"
	"{\"name\": \"dns\", \"vip\": \"192.0.2.10\", \"port\": 53, \"proto\": \"udp\","
	" \"scheduler\": \"wrr\", \"check\": \"tcp\", \"when-empty\": \"backup\", \"backends\": ["
	"{\"addr\": \"10.1.0.11\", \"weight\": 3, \"backup\": \"on\"},"
	"{\"addr\": \"10.1.0.12\", \"check-port\": 53}]},"
	"{\"name\": \"names\", \"vip\": \"192.0.2.11\", \"port\": 53, \"proto\": \"udp\","
	" \"check\": \"dns\", \"dns-name\": \"example.org\", \"backends\": ["
	"{\"addr\": \"10.1.0.11\"}]}]}";

#define WEIGHT \
	"weight 3 of backend addr 10.1.0.12 port 8080 counts for nothing with scheduler rr; use \"service set web scheduler wrr\""
#define BACKUP \
	"backup on has backend addr 10.1.0.12 port 8081 never serve, for when-empty of the service is not backup; use \"service set web when-empty backup\""
#define CHECK_OVER_TCP \
	"the check of UDP service dns asks backend addr 10.1.0.11 port 53 over TCP; give check-port where something listens there, or use check dns or exec"

/* Of a request: its op and arguments, and the one note wanted, or NULL. */
static void test_change(const struct model *model)
{
	static const struct {
		const char *op, *args, *note;
	} all[] = {
		{ "backend.set", "{'service':'web','addr':'10.1.0.12','port':8080,'weight':3}", WEIGHT },
		{ "backend.set", "{'service':'web','addr':'10.1.0.12','port':8080,'state':'drain'}", NULL },
		{ "backend.set", "{'service':'web','addr':'10.1.0.12','port':8081,'weight':0}", NULL },
		{ "backend.set", "{'service':'web','addr':'10.1.0.11','weight':1}", NULL },
		{ "backend.add", "{'service':'web','addr':'10.1.0.12','port':8081,'backup':'on'}", BACKUP },
		{ "backend.set", "{'service':'dns','addr':'10.1.0.11','weight':3,'backup':'on'}", NULL },
		{ "backend.add", "{'service':'dns','addr':'10.1.0.11'}", CHECK_OVER_TCP },
		{ "backend.add", "{'service':'dns','addr':'10.1.0.12','check-port':53}", NULL },
		{ "backend.del", "{'service':'dns','addr':'10.1.0.11'}", NULL },
		{ "service.set", "{'name':'dns','check':'tcp'}", CHECK_OVER_TCP },
		{ "service.set", "{'name':'dns','rise':3}", NULL },
		{ "service.set", "{'name':'web','check':'tcp'}", NULL },
		{ "service.set", "{'name':'names','check':'dns'}", NULL },
		{ "service.set", "{'name':'web','when-empty':'drop'}", BACKUP },
		{ "service.set", "{'name':'web','scheduler':'rr'}",
		  "weight 3 of backend addr 10.1.0.12 port 8080 and 1 more counts for nothing with scheduler rr; use \"service set web scheduler wrr\"" },
		{ "service.del", "{'name':'gone'}", NULL },
		{ "vdport.set", "{'range':'1-9'}", NULL },
	};
	char args[256];
	json_t *json, *notes;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(args, sizeof(args), "%s", all[i].args);
		for (char *p = args; *p; p++)
			if (*p == '\'')
				*p = '"';
		json = json_loads(args, 0, NULL);
		NEED(json);
		notes = warnings_of_change(model, all[i].op, json);
		CHECK_INT(json_array_size(notes), all[i].note ? 1 : 0);
		if (all[i].note && notes)
			CHECK_STR(json_string_value(json_array_get(notes, 0)),
				  all[i].note);
		json_decref(notes);
		json_decref(json);
	}
}

static void test_config(const struct model *model, const json_t *json)
{
	static const char *const wanted[][2] = {
		{ "services[0].backends[1].weight", WEIGHT },
		{ "services[0].backends[2].backup", BACKUP },
		{ "services[0].backends[3].weight",
		  "weight 2 of backend addr 10.1.0.13 port 80 counts for nothing with scheduler rr; use \"service set web scheduler wrr\"" },
		{ "services[1].backends[0].addr", CHECK_OVER_TCP },
	};
	json_t *notes = warnings_of_config(model, json);

	CHECK_INT(json_array_size(notes), 4);
	for (size_t i = 0; i < 4; i++) {
		const json_t *note = json_array_get(notes, i);

		CHECK_STR(json_string_value(json_object_get(note, "arg")),
			  wanted[i][0]);
		CHECK_STR(json_string_value(json_object_get(note, "msg")),
			  wanted[i][1]);
	}
	json_decref(notes);
}

/* More than anybody reads are cut off. */
static void test_many(void)
{
	json_t *backends = json_array();
	json_t *json = json_pack("{s:i, s:[{s:s, s:s, s:i, s:O}]}", "version", 1,
				 "services", "name", "web", "vip", "192.0.2.10",
				 "port", 80, "backends", backends);
	struct model *model;
	json_t *notes;

	for (int i = 0; i <= NOTES_MAX; i++)
		json_array_append_new(backends,
				      json_pack("{s:s, s:i, s:i}", "addr",
						"10.1.0.11", "port", 1 + i,
						"weight", 2));
	model = model_from_json(json, NULL);
	NEED(model);
	notes = warnings_of_config(model, json);
	CHECK_INT(json_array_size(notes), NOTES_MAX);
	json_decref(notes);
	model_free(model);
	json_decref(json);
	json_decref(backends);
}

int main(void)
{
	json_t *json = json_loads(config, 0, NULL);
	struct model *model = model_from_json(json, NULL);

	NEED(json);
	NEED(model);
	test_change(model);
	test_config(model, json);
	test_many();
	model_free(model);
	json_decref(json);
	return unit_result();
}
