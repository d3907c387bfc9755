/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What userspace writes and the XDP program reads: keys and values of the
 * pinned maps. docs/bpf.md is the tour for people, docs/consistency.md has
 * the argument why readers never see half of anything.
 *
 *   names       hash of a name -> its record      (the index: what exists, for people too)
 *   front       the same in buckets of one cache line, looked at first
 *   records     one immutable record a name       (small sets inline)
 *   a_sets, aaaa_sets, srv_sets, name_tails       (what does not fit a record;
 *                                                  a set is a run of elements)
 *   targets     node of an SRV target -> its record
 *   state       one element: serving or not, serial, sizes, our addresses
 *   cookies     what server cookies are made of, two elements: one in use, one to be written
 *   limits      a cell for each network that asks: what it may still be answered (limit.h)
 *   clients     one element: the trie of the networks that the lists name
 *   clock       one element: the timer that ends a zone nobody refreshes
 *   counters    one struct a CPU
 *
 * Numbers are in host byte order unless a comment says otherwise. Addresses
 * and names are as on the wire. Any change here raises XDNS_ABI_VERSION.
 */
#ifndef XDNS_ABI_H
#define XDNS_ABI_H

#include "compat.h"
#include "dns.h"

#define XDNS_ABI_VERSION 8

#define XDNS_NAME_INLINE 64
#define XDNS_NAME_LINE	 48 /* of these in a record's first cache line */
#define XDNS_NAME_TAIL	 192
#define XDNS_TEXT_LEN	 68

/* Records in a record itself; larger sets are in *_sets from the first on. */
#define XDNS_A_INLINE	 4
#define XDNS_A_LINE	 2 /* of these in its first cache line */
#define XDNS_AAAA_INLINE 1
#define XDNS_SRV_INLINE	 1

/* Records in one element of *_sets. */
#define XDNS_A_PER_SET	  16
#define XDNS_AAAA_PER_SET 4
#define XDNS_SRV_PER_SET  8

struct xdns_srv {
	__u16 port;
	__u16 weight;
	__u32 target; /* index into `targets` */
};

/*
 * All RRsets of a name. Never changed once a reader can reach it; its slot,
 * and those of its sets, are used again only a grace period after nothing
 * points to them. An A answer of a short name and one or two addresses reads the first cache
 * line only.
 */
struct xdns_record {
	__u8 name_len; /* octets of the wire name, the root's included */
	__u8 flags;    /* XDNS_RECORD_* */
	__u16 n_a;
	__u16 n_aaaa;
	__u16 n_srv; /* SRV, or PTR for a reverse name */
	__u8 a[XDNS_A_LINE][4];
	__u8 name[XDNS_NAME_INLINE];		     /* lower-case wire name, zero padded */
	__u8 a_more[XDNS_A_INLINE - XDNS_A_LINE][4]; /* the third and the fourth */
	__u32 name_tail; /* index into `name_tails` if name_len > XDNS_NAME_INLINE */
	__u32 a_set;	 /* indices of the first element, */
	__u32 aaaa_set;	 /* if the set is larger than its */
	__u32 srv_set;	 /* inline room */
	struct xdns_srv srv[XDNS_SRV_INLINE];
	__u8 aaaa[XDNS_AAAA_INLINE][16];
};

/* The i-th address in the record itself, i < XDNS_A_INLINE. */
static __always_inline const __u8 *xdns_inline_a(const struct xdns_record *r, __u32 i)
{
	/* the name stands between the two pairs; no branch, for i may be any */
	return (const __u8 *)r + __builtin_offsetof(struct xdns_record, a) + i * 4 +
	       (i / XDNS_A_LINE) * XDNS_NAME_INLINE;
}

/*
 * Of the first `homes` records the one for a name of this hash, if it was free when the record was
 * made: so it is for more than half of a zone's first names. Only a hint of what will be read
 * (look_up.bpf.h).
 */
static __always_inline __u32 xdns_home(__u64 hash, __u32 homes)
{
	return ((hash >> 32) * homes) >> 32;
}

#define XDNS_RECORD_TARGET_ONLY 1 /* only SRV targets lead here: the name does not exist */
#define XDNS_RECORD_REVERSE	2 /* below in-addr.arpa. or ip6.arpa.: n_srv counts PTRs */

struct xdns_a_set {
	__u8 a[XDNS_A_PER_SET][4];
};
struct xdns_aaaa_set {
	__u8 aaaa[XDNS_AAAA_PER_SET][16];
};
struct xdns_srv_set {
	struct xdns_srv srv[XDNS_SRV_PER_SET];
};
struct xdns_name_tail {
	__u8 name[XDNS_NAME_TAIL]; /* wire octets from XDNS_NAME_INLINE on, zero padded */
};

/* A value of `targets`: read in one load. Record 0 is never a name's. */
struct xdns_ref {
	__u32 record;
	__u32 unused;
};

/* A value of `names`; the program reads the number, in one load, and nothing else of it. */
struct xdns_name {
	__u32 record;
	char text[XDNS_TEXT_LEN]; /* for people who dump the map: cut, no final dot */
};
#define XDNS_REF_COLLISION 0 /* two names have this hash: userspace answers */

/*
 * A bucket of `front`, one cache line. An entry is a tag, odd, in the lower half and a record in
 * the upper; 0: never used. include/front.h has the rules.
 */
#define XDNS_FRONT_ENTRIES 8
struct xdns_front {
	__u64 entry[XDNS_FRONT_ENTRIES];
};

#define XDNS_ADDRESSES_MAX 64

/* An IPv4 address we listen on, and its subnet's broadcast address (0.0.0.0: none). */
struct xdns_ip4 {
	__u8 address[4];
	__u8 broadcast[4];
};
struct xdns_ip6 {
	__u8 address[16];
};

#define XDNS_MASTER_ID_MAX 64 /* octets of a Mesos master's id that are looked at, and a NUL */

/*
 * A value of `cookies`: secrets of 16 octets. The first one makes server cookies, each is good to
 * know one by (RFC 9018 5). None: COOKIE options are ignored. The element that state.cookies
 * names is never written.
 */
#define XDNS_COOKIE_SECRETS 2
struct xdns_cookies {
	__u32 secrets; /* how many */
	__u32 unused;
	__u64 secret[XDNS_COOKIE_SECRETS][2];
};

/*
 * A key of the trie in `clients`, as BPF_MAP_TYPE_LPM_TRIE wants it. IPv4 is ::ffff:a.b.c.d, its
 * prefixes are 96 longer. The values are XDNS_CLIENT_*; both families have a prefix of length 0.
 */
struct xdns_client_net {
	__u32 bits;
	__u8 address[16];
};
#define XDNS_CLIENT_DENIED  1 /* gets nothing at all */
#define XDNS_CLIENT_REFUSED 2 /* not among those that may ask: REFUSED, by userspace */
#define XDNS_CLIENT_EXEMPT  4 /* is answered as often as it asks */

/* What a client's network gets; include/limit.h has the rule. */
struct xdns_limit {
	__u64 interval; /* ns from one response to the next; 0: no limit */
	__u64 key[2];	/* networks are hashed to cells with it */
	__u32 slip;	/* of so many responses too many one is sent, with TC; 0: none */
	__u32 unused;
};

/* What `state` says of the zone. The rest of the values: pass everything. */
#define XDNS_SERVING_NO	     0 /* none, or it could not be kept true */
#define XDNS_SERVING_YES     1
#define XDNS_SERVING_EXPIRED 2 /* true once, but not heard of for `expire` seconds */

/* The maps whose numbers (ids) `state` holds, by name, in this order. */
#define XDNS_ZONE_MAPS(X)                                                                          \
	X(names) X(records) X(a_sets) X(aaaa_sets) X(srv_sets) X(name_tails) X(targets)
enum xdns_zone_map {
#define X(name) XDNS_MAP_##name,
	XDNS_ZONE_MAPS(X)
#undef X
		XDNS_ZONE_MAPS_COUNT,
};

/*
 * The value of `state`. Userspace brackets every change of `names` and `front` by two
 * increments of `changes`: a reader that misses a name believes the miss only
 * if it saw the same even number before and after, and then names_complete. That becomes 0
 * before the first name is left out, and is never 1 again in these maps.
 * The timer in `clock` makes `serving` EXPIRED when `heard` is `expire` seconds ago.
 * abi_version is and stays the first member: whoever finds pinned maps looks at it before all else.
 */
struct xdns_state {
	__u32 abi_version;
	__u32 serving; /* XDNS_SERVING_* */
	__u32 changes;
	__u32 serial;  /* of the SOA */
	__u32 max_udp; /* octets of a DNS message that every interface's MTU has room for */
	__u32 ip4_count;
	__u32 ip6_count;
	__u32 front_complete; /* what `front` calls absent is in `names` neither */
	__u32 names_complete; /* every name is in `names`: none was left out for want of memory */
	struct xdns_ip4 ip4[XDNS_ADDRESSES_MAX];
	struct xdns_ip6 ip6[XDNS_ADDRESSES_MAX];
	__u32 expire;  /* seconds; 0: never */
	__u64 heard;   /* CLOCK_BOOTTIME in ns: when the zone was last known to be true; 0: never */
	__u64 wall;    /* CLOCK_REALTIME minus CLOCK_BOOTTIME in ns, for the cookies' time */
	__u32 cookies; /* which element of `cookies` */
	__u32 nsid;    /* there is an NSID, which userspace sends */
	/* of the generation: pins of several mean that a daemon was killed while it replaced them
	 */
	__u32 map_id[XDNS_ZONE_MAPS_COUNT];
	__u32 program; /* its number (id) */
	__u32 domain_len;
	__u8 domain[DNS_NAME_MAX + 1]; /* lower-case wire name */
	/* of whose word the zone is; "": not known. For the next daemon: another one may know less
	 */
	char master_id[XDNS_MASTER_ID_MAX];
	struct xdns_limit limit;
};

#define XDNS_SOA_MAX	544 /* owner pointer, fixed fields, two names */
#define XDNS_HASH_WORDS 32

/*
 * A ready-made RR whose names end in pointers to the zone's apex. The places
 * of those pointers are patched for each response: the apex stands at another offset
 * behind every question.
 */
struct xdns_apex_rr {
	__u16 len;
	__u16 pointers; /* how many places below count, 1..3 */
	__u16 pointer_at[3];
	__u16 serial_at;    /* 0 in an RR without serial */
	__u16 pointers_odd; /* how many of the places are odd */
	__u32 sum;	    /* one's complement sum of the octets, pointers and serial being 0 */
	__u8 bytes[XDNS_SOA_MAX];
};

/*
 * What stays for the life of a loaded program: read-only data, so constants to
 * the verifier and the JIT.
 */
struct xdns_config {
	__u16 port;	    /* network order */
	__u16 domain_len;   /* octets of the wire name, the root's included */
	__u32 ttl;	    /* network order */
	__u16 answer_flags; /* AA, and RA if recurseon */
	__u8 set_tc;	    /* SetTruncateBit */
	__u8 reserved[5];
	__u64 answer_word; /* a response's first eight octets: QR, answer_flags, one question */
	__u64 hash_key[XDNS_HASH_WORDS][2];
	__u8 domain[DNS_NAME_MAX + 1];	  /* lower case */
	struct xdns_apex_rr soa;	  /* as a positive answer */
	struct xdns_apex_rr soa_negative; /* TTL min(TTL, SOAMinttl), RFC 2308 5 */
};

/* What a program may do beside answering, for `xdns_extras` of its read-only data. */
#define XDNS_EXTRA_FRAGS   1 /* frames may have several buffers (a jumbo MTU) */
#define XDNS_EXTRA_CLIENTS 2 /* the lists of clients name somebody */
#define XDNS_EXTRA_LIMIT   4 /* responses are counted */
#define XDNS_EXTRA_FENCES  8 /* the machine may do loads out of their order, as x86 does not */

#define XDNS_ASSERT(cond) _Static_assert(cond, #cond)
XDNS_ASSERT(sizeof(struct xdns_srv) == 8);
XDNS_ASSERT(sizeof(struct xdns_record) == 128);
XDNS_ASSERT(__builtin_offsetof(struct xdns_record, name) == 64 - XDNS_NAME_LINE);
XDNS_ASSERT(__builtin_offsetof(struct xdns_record, a_more) ==
	    __builtin_offsetof(struct xdns_record, name) + XDNS_NAME_INLINE);
XDNS_ASSERT(sizeof(struct xdns_a_set) == 64);
XDNS_ASSERT(sizeof(struct xdns_aaaa_set) == 64);
XDNS_ASSERT(sizeof(struct xdns_srv_set) == 64);
XDNS_ASSERT(sizeof(struct xdns_ref) == 8);
XDNS_ASSERT(sizeof(struct xdns_front) == 64);
XDNS_ASSERT(XDNS_NAME_INLINE + XDNS_NAME_TAIL >= DNS_NAME_MAX + 1);

#endif
