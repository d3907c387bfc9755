# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The zone, from its master file: what exists, for those who ask and those who judge."""
import dns.name
import dns.zone

LARGE = 5  # records of one type


class Zone:
    """Names are lists of labels without the root, or texts in lower case."""

    def __init__(self, path, origin="mesos."):
        zone = dns.zone.from_file(path, origin=origin, relativize=False)
        self.origin = zone.origin
        self.apex = list(zone.origin.labels[:-1])
        self.ttl = zone.get_rdataset(zone.origin, "NS").ttl
        self.sets = {name.to_text(): {rdataset.rdtype: sorted(data.to_text() for data in rdataset)
                                      for rdataset in node} for name, node in zone.nodes.items()}
        self.existing = sorted(list(name.labels[:-1]) for name in zone.nodes)
        self.large = [list(dns.name.from_text(name).labels[:-1]) for name, sets in sorted(self.sets.items())
                      if any(len(data) > LARGE for data in sets.values())]
        everything = {tuple(name[i:]) for name in self.existing for i in range(len(name))}
        self.empty = [list(name) for name in sorted(everything - set(map(tuple, self.existing)))
                      if len(name) > len(self.apex)]

    def data(self, name, rtype):
        return self.sets.get(name, {}).get(rtype, [])

    def records(self, name, rtype=None):
        """Of one type or all, as a section of an answer has them."""
        return [(name, one, 1, self.ttl, data) for one, rdata in self.sets.get(name, {}).items() for data in rdata
                if rtype in (None, one)]

    def has_data(self, name):
        return name in self.sets

    def without_stars(self, name):
        """The existing name that is left of one with ".*" in it, as text; None: there is none."""
        labels = list(name.labels[:-1])
        merged = labels[:1]
        for label in labels[1:]:
            if label.startswith(b"*"):
                merged[-1] += label[1:]
            else:
                merged.append(label)
        if len(merged) == len(labels) or any(len(label) > 63 for label in merged):
            return None
        text = dns.name.Name(merged + [b""]).to_text().lower()
        below = "." + text
        return text if any(known == text or known.endswith(below) for known in self.sets) else None
