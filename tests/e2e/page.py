# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Reads the page in a headless Chromium: page.py URL DIR. Prints "pass TEXT" and "fail TEXT".
With XDNS_SHOTS=DIR pictures are kept there."""
import os
import sys
import time

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

URL, DIR = sys.argv[1:3]
SHOTS = os.environ.get('XDNS_SHOTS')


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = '/usr/bin/chromium'
    for flag in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
                 '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update',
                 '--disable-sync', '--disable-default-apps', '--user-data-dir=' + os.path.join(DIR, 'profile')):
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    return webdriver.Chrome(service=Service('/usr/bin/chromedriver'), options=options)


def text(driver, element):
    return driver.find_element(By.ID, element).text


def becomes(what, condition, shown, seconds=20):
    """Polls: a page is never ready at once."""
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            print('pass', what, flush=True)
            return
        time.sleep(0.1)
    print('fail', what + ': it shows', repr(shown())[:300], flush=True)


def shot(driver, name):
    if SHOTS:
        driver.save_screenshot(os.path.join(SHOTS, name + '.png'))


def emulate(driver, width, height, dark):
    driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride',
                           {'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': width < 600})
    driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {
        'features': [{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}]})


def figures(driver):
    for what, element, part in (('the domain', 'domain', 'mesos'), ('who answers', 'state', 'from the kernel'),
                                ('who leads', 'leader', '10.53.1.1:5050'), ('how it is followed', 'source', 'events'),
                                ('when it was changed', 'age', 'changed'), ('the records', 'records', ' SRV of '),
                                ('the share of the kernel', 'share', '%'), ('the interface', 'interfaces', 'client0'),
                                ('its mode', 'interfaces', 'native'), ('a conflict', 'conflicts', 'leader')):
        becomes('it shows ' + what, lambda: part in text(driver, element), lambda: text(driver, element))
    becomes('the serial is a number', lambda: text(driver, 'serial').isdigit(), lambda: text(driver, 'serial'))

    def rate():
        return text(driver, 'now-kernel')
    becomes("it draws the kernel's answers", lambda: rate()[:1].isdigit() and float(rate().replace('\u202f', '')) > 50 and
            driver.find_element(By.CSS_SELECTOR, '#plot .kernel').get_attribute('points').count(',') > 1, rate)


def rows(driver):
    # in one go: the list may be replaced at any moment
    return driver.execute_script("return [...document.querySelectorAll('#list tr')].map(r => r.innerText)")


def names(driver):
    becomes('all names are listed', lambda: any('web.marathon.mesos' in r and '172.16.1.2' in r for r in rows(driver)),
            lambda: rows(driver))
    driver.find_element(By.TAG_NAME, 'body').send_keys('/')
    becomes('/ goes to the search', lambda: driver.switch_to.active_element.get_attribute('id') == 'search',
            lambda: driver.switch_to.active_element.tag_name)
    driver.switch_to.active_element.send_keys('SVC')
    becomes('a part of a name is searched', lambda: rows(driver) and all('svc' in r for r in rows(driver)),
            lambda: rows(driver))
    becomes('services have target and port', lambda: any('_svc._tcp' in r and ':8080' in r for r in rows(driver)),
            lambda: rows(driver))
    becomes('it is said how many', lambda: text(driver, 'matches')[:1].isdigit(), lambda: text(driver, 'matches'))
    search = driver.find_element(By.ID, 'search')
    search.clear()
    search.send_keys('web.marathon.mesos')
    becomes('a name is found', lambda: len(rows(driver)) == 1, lambda: rows(driver))
    search.send_keys(Keys.TAB)
    focused = driver.switch_to.active_element
    becomes('a name is reached by Tab', lambda: focused.text == 'web.marathon.mesos.', lambda: focused.text)
    focused.send_keys(Keys.ENTER)
    becomes('and explained by Enter', lambda: len(rows(driver)) == 2 and 'marathon' in rows(driver)[1] and
            'web.1' in rows(driver)[1], lambda: rows(driver))
    shot(driver, 'explained')
    focused.send_keys(Keys.ENTER)
    becomes('and closed again', lambda: len(rows(driver)) == 1, lambda: rows(driver))
    search.clear()
    search.send_keys('<b>nobody')
    becomes('what is typed is a text', lambda: text(driver, 'matches') == '0 names', lambda: text(driver, 'matches'))
    search.clear()
    search.send_keys(' ')
    becomes('nothing searched for is everything', lambda: len(rows(driver)) > 20, lambda: text(driver, 'matches'))


def sizes(driver):
    for width, height, dark in ((1200, 1400, False), (1200, 1400, True), (375, 800, False), (375, 800, True)):
        emulate(driver, width, height, dark)
        name = '%s, %d wide' % ('dark' if dark else 'light', width)
        becomes(name + ': nothing is cut off at the side',
                lambda: driver.execute_script('return document.documentElement.scrollWidth <= innerWidth'),
                lambda: driver.execute_script('return document.documentElement.scrollWidth'))
        background = driver.execute_script('return getComputedStyle(document.body).backgroundColor')
        bright = sum(int(n) for n in background.strip('rgb()').split(',')) > 384
        becomes(name + ': as the system is set', lambda: bright != dark, lambda: background)
        shot(driver, '%s-%d' % ('dark' if dark else 'light', width))


def labelled(driver):
    script = """return [...document.querySelectorAll('input, button, svg[role]')].filter(e => !(
        e.textContent.trim() && e.tagName === 'BUTTON' || e.labels && e.labels.length ||
        e.getAttribute('aria-labelledby'))).map(e => e.outerHTML)"""
    becomes('whatever can be used has a name', lambda: not driver.execute_script(script),
            lambda: driver.execute_script(script))


def main():
    driver = browser()
    try:
        driver.get(URL)
        figures(driver)
        names(driver)
        labelled(driver)
        sizes(driver)
        said = [e['message'] for e in driver.get_log('browser') if e['level'] == 'SEVERE']
        becomes('the browser has nothing to complain of', lambda: not said, lambda: said, 0.5)
        external = driver.execute_script(
            "return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(arguments[0]))", URL)
        becomes('nothing came from elsewhere', lambda: not [n for n in external if not n.startswith('data:')],
                lambda: external, 0.5)
    except WebDriverException as e:
        print('fail', 'the browser:', str(e).split('\n', maxsplit=1)[0])
    finally:
        driver.quit()


if __name__ == '__main__':
    main()
