// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "master_info.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "host_port.h"
#include "json_load.h"
#include "util.h"

/* Text is owned, NULL: not there. */
struct endpoint {
	char *hostname, *ip;
	int64_t port; /* not checked; 0: not there */
};

struct master_info {
	struct endpoint address;
	struct endpoint old; /* what there was before address; without ip */
	uint32_t old_ip;     /* first octet lowest; 0: not there */
};

static void info_done(struct master_info *info)
{
	free(info->address.hostname);
	free(info->address.ip);
	free(info->old.hostname);
}

static int bad(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EBADMSG;
}

/* --- where the master is ------------------------------------------------------ */

static int join(struct host_port *hp, int64_t port, char **ret_master, const char **ret_why)
{
	char *master;

	if (port < 1 || port > UINT16_MAX)
		return bad(ret_why, port == 0 ? "no port" : "the port is not one of 1 to 65535");
	if (host_port_normalise(hp) < 0)
		return bad(ret_why, "the host name has characters that no host name has");
	master = host_port_join(hp->host, (uint16_t)port);
	if (!master)
		return -ENOMEM;
	*ret_master = master;
	return 0;
}

static bool given(const char *text)
{
	return text && *text;
}

static int where_is(const struct master_info *info, char **ret_master, const char **ret_why)
{
	const struct endpoint *e = given(info->address.hostname) ? &info->address : &info->old;
	struct host_port hp;
	struct address a = {.family = AF_INET};

	if (given(info->address.ip)) {
		if (address_parse(info->address.ip, &a) < 0)
			return bad(ret_why, "address.ip is not an IP address");
		address_format(&a, hp.host, sizeof(hp.host));
		return join(&hp, info->address.port, ret_master, ret_why);
	}
	if (info->old_ip != 0) {
		for (unsigned i = 0; i < 4; i++)
			a.bytes[i] = (uint8_t)(info->old_ip >> (8 * i));
		address_format(&a, hp.host, sizeof(hp.host));
		return join(&hp, info->old.port, ret_master, ret_why);
	}
	if (!given(e->hostname))
		return bad(ret_why, "no address");
	if (strlen(e->hostname) >= sizeof(hp.host))
		return bad(ret_why, "the host name is too long");
	strcpy(hp.host, e->hostname);
	return join(&hp, e->port, ret_master, ret_why);
}

/* --- JSON ----------------------------------------------------------------------- */

/* *ret stays as it is if there is no such key, or null. */
static int json_text(const json_t *object, const char *key, char **ret, const char **ret_why)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return bad(ret_why, "a name or address in it is not a string");
	*ret = strdup(json_string_value(value));
	return *ret ? 0 : -ENOMEM;
}

static int json_number(const json_t *object, const char *key, int64_t max, int64_t *ret,
		       const char **ret_why)
{
	const json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > max)
		return bad(ret_why, "ip or port is not a number, or out of range");
	*ret = json_integer_value(value);
	return 0;
}

static int json_address(const json_t *address, struct endpoint *to, const char **ret_why)
{
	int r;

	if (!address || json_is_null(address))
		return 0;
	if (!json_is_object(address))
		return bad(ret_why, "address is not an object");
	r = json_text(address, "ip", &to->ip, ret_why);
	if (r == 0)
		r = json_text(address, "hostname", &to->hostname, ret_why);
	if (r == 0)
		r = json_number(address, "port", INT32_MAX, &to->port, ret_why);
	return r;
}

static int json_info(const json_t *doc, struct master_info *info, const char **ret_why)
{
	int64_t ip = 0;
	int r;

	if (!json_is_object(doc))
		return bad(ret_why, "not a JSON object");
	r = json_address(json_object_get(doc, "address"), &info->address, ret_why);
	if (r == 0)
		r = json_text(doc, "hostname", &info->old.hostname, ret_why);
	if (r == 0)
		r = json_number(doc, "port", UINT32_MAX, &info->old.port, ret_why);
	if (r == 0)
		r = json_number(doc, "ip", UINT32_MAX, &ip, ret_why);
	info->old_ip = (uint32_t)ip;
	return r;
}

int master_info_from_json(const char *data, size_t len, char **ret_master, const char **ret_why)
{
	struct master_info info = {0};
	json_error_t error;
	json_t *doc = json_load(data, len, 0, &error);
	int r = json_info(doc, &info, ret_why);

	if (r == 0)
		r = where_is(&info, ret_master, ret_why);
	json_decref(doc);
	info_done(&info);
	return r;
}

/* --- protobuf (proto2) ------------------------------------------------------------ */

enum wire_type { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_GROUP, WIRE_GROUP_END, WIRE_32 };

struct bytes {
	const uint8_t *at, *end;
};

struct field {
	uint64_t number;
	enum wire_type type;
	uint64_t value;	    /* WIRE_VARINT */
	struct bytes bytes; /* WIRE_BYTES */
};

static bool get_varint(struct bytes *in, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
		uint8_t octet = *in->at++;

		value |= (uint64_t)(octet & 0x7f) << shift;
		if (!(octet & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static bool get_bytes(struct bytes *in, uint64_t len, struct bytes *ret)
{
	if (len > (uint64_t)(in->end - in->at))
		return false;
	*ret = (struct bytes){in->at, in->at + len};
	in->at += len;
	return true;
}

/* false: cut short, or not protobuf. Groups are not: MasterInfo never had one. */
static bool get_field(struct bytes *in, struct field *ret)
{
	uint64_t tag, len;

	if (!get_varint(in, &tag) || tag >> 3 == 0 || tag > UINT32_MAX)
		return false;
	ret->number = tag >> 3;
	ret->type = (enum wire_type)(tag & 7);
	switch (ret->type) {
	case WIRE_VARINT:
		return get_varint(in, &ret->value);
	case WIRE_64:
		return get_bytes(in, 8, &ret->bytes);
	case WIRE_32:
		return get_bytes(in, 4, &ret->bytes);
	case WIRE_BYTES:
		return get_varint(in, &len) && get_bytes(in, len, &ret->bytes);
	default:
		return false;
	}
}

/* The last one of a field that is there twice counts. */
static int put_text(char **to, const struct field *f, const char **ret_why)
{
	size_t len = (size_t)(f->bytes.end - f->bytes.at);
	char *text;

	if (f->type != WIRE_BYTES)
		return 0;
	if (memchr(f->bytes.at, 0, len))
		return bad(ret_why, "a name or address in it holds a NUL");
	text = strndup((const char *)f->bytes.at, len);
	if (!text)
		return -ENOMEM;
	free(*to);
	*to = text;
	return 0;
}

/* A known number with an unknown type is a field of another message: not looked at. */
static void put_number(int64_t *to, const struct field *f)
{
	if (f->type == WIRE_VARINT)
		*to = (int64_t)(uint32_t)f->value;
}

static int put_address(struct endpoint *to, const struct field *f, const char **ret_why)
{
	struct bytes in = f->bytes;
	struct field part;
	int r = 0;

	if (f->type != WIRE_BYTES)
		return 0;
	while (r == 0 && in.at < in.end) {
		if (!get_field(&in, &part))
			return bad(ret_why, "not protobuf, or cut short");
		if (part.number == 1)
			r = put_text(&to->hostname, &part, ret_why);
		else if (part.number == 2)
			r = put_text(&to->ip, &part, ret_why);
		else if (part.number == 3)
			put_number(&to->port, &part);
	}
	return r;
}

static int protobuf_info(struct bytes in, struct master_info *info, const char **ret_why)
{
	struct field f;
	int64_t ip = 0;
	int r = 0;

	while (r == 0 && in.at < in.end) {
		if (!get_field(&in, &f))
			return bad(ret_why, "not protobuf, or cut short");
		if (f.number == 2)
			put_number(&ip, &f);
		else if (f.number == 3)
			put_number(&info->old.port, &f);
		else if (f.number == 5)
			r = put_text(&info->old.hostname, &f, ret_why);
		else if (f.number == 7)
			r = put_address(&info->address, &f, ret_why);
	}
	info->old_ip = (uint32_t)ip;
	return r;
}

int master_info_from_protobuf(const char *data, size_t len, char **ret_master, const char **ret_why)
{
	const uint8_t *at = (const uint8_t *)data;
	struct master_info info = {0};
	int r = protobuf_info((struct bytes){at, at + len}, &info, ret_why);

	if (r == 0)
		r = where_is(&info, ret_master, ret_why);
	info_done(&info);
	return r;
}
