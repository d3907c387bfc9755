#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Says which links between the Markdown pages lead nowhere: check-links.py PAGE..."""
import os
import re
import sys


def anchors(text):
    """Ids of a page's headings, as GitHub makes them."""
    found = set()
    for heading in re.findall(r'^#+ +(.*)$', re.sub(r'^```.*?^```', '', text, flags=re.M | re.S), re.M):
        heading = re.sub(r'[^\w\- ]', '', heading.lower())
        found.add(heading.replace(' ', '-'))
    return found


def main(pages):
    bad = 0
    for page in pages:
        text = open(page, encoding='utf-8').read()
        for link in re.findall(r'\]\(([^)\s]+)\)', text):
            if re.match(r'[a-z]+:', link):
                continue
            path, _, anchor = link.partition('#')
            target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if not os.path.exists(target):
                print(f'{page}: {link}: no such file')
            elif anchor and anchor not in anchors(open(target, encoding='utf-8').read()):
                print(f'{page}: {link}: no such heading')
            else:
                continue
            bad += 1
    return bad > 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
