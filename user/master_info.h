/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a Mesos master says of itself in its node in ZooKeeper: MasterInfo (mesos.proto), as JSON in
 * json.info_*, as protobuf in info_* (Mesos before 0.24). Of interest is where it is: address.ip
 * with address.port, else ip with port, else a host name. ip is the in_addr of the master's machine
 * read as an integer: on the little-endian machines Mesos runs on its lowest octet comes first.
 */
#ifndef XDNS_MASTER_INFO_H
#define XDNS_MASTER_INFO_H

#include <stddef.h>

/*
 * Any octets may be given. On success *ret_master is "host:port" (IPv6 in [ ]), to be freed;
 * -EBADMSG: *ret_why says what is wrong, a constant; or -ENOMEM.
 */
int master_info_from_json(const char *data, size_t len, char **ret_master, const char **ret_why);
int master_info_from_protobuf(const char *data, size_t len, char **ret_master,
			      const char **ret_why);

#endif
