#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Checks tools/marathon/mesos-xdns.json: its form by what Marathon documents of an app, and that it
says the same as the unit, the image and the HTTP API. Prints "pass TEXT" and "fail TEXT"."""
import json
import re
import sys

NUMBER, FRACTION = 'number', 'from 0 to 1'

# Of Marathon's /v2/apps, the fields that are used here and the neighbours they might be taken for:
# a dict is an object with these fields, a list of one a list of such, a set the texts allowed.
APP = {
    'id': re.compile(r'/?([a-z0-9]([a-z0-9-]*[a-z0-9])?/?)+'),
    'instances': int, 'cpus': NUMBER, 'mem': NUMBER, 'disk': NUMBER, 'cmd': str, 'args': [str],
    'user': str, 'env': dict, 'labels': dict, 'acceptedResourceRoles': [str],
    'constraints': [[str]], 'requirePorts': bool,
    'networks': [{'mode': {'host', 'container', 'container/bridge'}, 'name': str}],
    'portDefinitions': [{'port': int, 'protocol': {'tcp', 'udp', 'udp,tcp'}, 'name': str}],
    'container': {
        'type': {'DOCKER', 'MESOS'},
        'docker': {'image': str, 'privileged': bool, 'forcePullImage': bool,
                   'parameters': [{'key': str, 'value': str}]},
        'volumes': [{'hostPath': str, 'containerPath': str, 'mode': {'RO', 'RW'}}],
    },
    'healthChecks': [{
        'protocol': {'HTTP', 'HTTPS', 'TCP', 'COMMAND', 'MESOS_HTTP', 'MESOS_HTTPS', 'MESOS_TCP'},
        'path': str, 'port': int, 'portIndex': int, 'gracePeriodSeconds': int,
        'intervalSeconds': int, 'timeoutSeconds': int, 'maxConsecutiveFailures': int,
    }],
    'upgradeStrategy': {'minimumHealthCapacity': FRACTION, 'maximumOverCapacity': FRACTION},
    'taskKillGracePeriodSeconds': int, 'backoffSeconds': NUMBER, 'maxLaunchDelaySeconds': NUMBER,
}
OPERATORS = {'UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS'}


def faults(value, form, where):
    """What is wrong with the value, each as a text."""
    if isinstance(form, dict) and isinstance(value, dict):
        for key, inner in value.items():
            if key not in form:
                yield '%s.%s: no such field' % (where, key)
            else:
                yield from faults(inner, form[key], where + '.' + key)
    elif isinstance(form, list) and isinstance(value, list):
        for i, inner in enumerate(value):
            yield from faults(inner, form[0], '%s[%d]' % (where, i))
    elif form in (NUMBER, FRACTION):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0 or \
                form == FRACTION and value > 1:
            yield '%s: %r' % (where, value)
    elif isinstance(form, re.Pattern):
        if not isinstance(value, str) or not form.fullmatch(value):
            yield '%s: %r' % (where, value)
    elif isinstance(form, set):
        if value not in form:
            yield '%s: %r' % (where, value)
    elif isinstance(form, (dict, list)) or type(value) is not form:
        yield '%s: %r' % (where, value)


def report(text, wrong):
    print('%s %s' % ('fail' if wrong else 'pass', text + (': ' + wrong if wrong else '')))


def differs(one, other):
    return '' if one == other else '%r, not %r' % (one, other)


def text(path):
    with open(path) as file:
        return file.read()


def unit(key):
    return re.search('^%s=(.*)$' % key, text('tools/systemd/mesos-xdns.service'), re.M).group(1)


def image(key):
    return json.loads(re.search('^%s (.*)$' % key, text('tools/container/Containerfile'), re.M).group(1))


def main():
    app = json.loads(text('tools/marathon/mesos-xdns.json'))
    docker = app['container']['docker']
    check = app['healthChecks'][0]
    added = ['CAP_' + p['value'] for p in docker['parameters'] if p['key'] == 'cap-add']
    tables = text('user/config_keys.c')
    report('each field is one that Marathon documents', '; '.join(faults(app, APP, 'app')))
    report('a wrong field would be found', '' if list(faults(
        {'instances': '3', 'netwrok': []}, APP, 'app')) == ["app.instances: '3'", 'app.netwrok: no such field']
        else 'it was not')
    report('each constraint has an operator', '; '.join(
        str(c) for c in app['constraints'] if len(c) not in (2, 3) or c[1] not in OPERATORS))
    report('one on each host', '' if ['hostname', 'UNIQUE'] in app['constraints'] else 'no such constraint')
    report('on the network of the host', differs(app['networks'], [{'mode': 'host'}]))
    report('with the capabilities of the unit', differs(added, unit('AmbientCapabilities').split()))
    report('and no other privilege', '' if not docker['privileged'] and
           {'key': 'cap-drop', 'value': 'ALL'} in docker['parameters'] else 'it is privileged')
    report('started as by the unit', differs(' '.join(image('ENTRYPOINT') + app['args']), unit('ExecStart')))
    report('and as the image is by itself', differs(image('CMD'), app['args']))
    report('it has the BPF file system', '' if {'hostPath': '/sys/fs/bpf', 'containerPath': '/sys/fs/bpf',
           'mode': 'RW'} in app['container']['volumes'] else 'no such volume')
    report('its health is a path of the API', '' if '.path = "%s"' % check['path'] in text('user/api.c')
           else check['path'])
    report('at the port of the API', '' if re.search(r'"httpport".*\b%d\b' % check['port'], tables, re.I) or
           re.search(r'httpport[^{}]*%d' % check['port'], tables, re.I) else str(check['port']))
    healthy = app['upgradeStrategy']['minimumHealthCapacity'] * app['instances']
    report('an upgrade replaces one at a time', '' if app['instances'] - 2 < healthy <= app['instances'] - 1
           and app['upgradeStrategy']['maximumOverCapacity'] == 0 else '%g have to be healthy' % healthy)
    return 0


if __name__ == '__main__':
    sys.exit(main())
