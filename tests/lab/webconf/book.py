"""Who may come: what addUser has handed out (WC 5.3, 5.4), and the
conferences that are."""
import os
import secrets
import time

from support import psom
from webconf.conference import Conference

DOMAIN = 'contoso.com'


class Guest:
    """One addUser: whoever shows its sAuthId is that user. mode: how its
    session goes, see modes."""

    def __init__(self, user, conference, mode, ends):
        self.user, self.conference = user, conference
        self.mode, self.ends = mode, ends


class Book:
    """Issuer and verifier of what clients show."""

    def __init__(self, name, ring, journal, queue_max):
        self.name, self.ring, self.journal = name, ring, journal
        self.queue_max = queue_max
        self.guests, self.conferences = {}, {}

    def conference(self, uri):
        """The conference, begun if it is not."""
        key = psom.fold_conference(uri)
        if key not in self.conferences:
            self.conferences[key] = Conference(uri, self.journal,
                                               self.queue_max)
        return self.conferences[key]

    def add(self, wish, proxies):
        """The entries of connection-info for a wish of add-user."""
        uri = wish['conference']
        life = wish.get('life', psom.LIFE)
        number = str(secrets.randbelow(9 * 10 ** 9) + 10 ** 9)
        self.conference(uri)
        self._forget()
        self.guests[number] = Guest(wish.get('user', 'somebody'), uri,
                                    wish.get('mode', 'meeting'),
                                    time.monotonic() + life + 60)
        if not proxies:
            self.journal.tell('no_proxies', user=wish.get('user'))
        kid, key = self.ring.newest()
        token = psom.mint(key, self.name, uri, kid=kid, life=life,
                          nonce=os.urandom(16))
        return {
            'Mcu-Server-Uri': f'sip:{self.name}@{DOMAIN};gruu;opaque=srvr:'
                              f'DataMCU', 'Mcu-Conference-Uri': uri,
            'sAuthId': number, 'serverURL': f'psom://{self.name}:8057',
            'numberOfProxies': str(len(proxies)),
            **{f'proxy.{i}': f'{host}:{port}'
               for i, (host, port) in enumerate(proxies)},
            'wceToken': psom.text_of(token)}

    def _forget(self):
        now = time.monotonic()
        for number in [n for n, g in self.guests.items() if g.ends < now]:
            del self.guests[number]

    def find(self, inner, conference):
        """(guest, None), or (None, code of ASSIGN_NO): 403 not handed out
        for that conference, 404 no such conference."""
        guest = self.guests.get(inner.decode('ascii', 'replace'))
        key = psom.fold_conference(conference)
        if not guest or guest.ends < time.monotonic() or \
                psom.fold_conference(guest.conference) != key:
            return None, 403
        return (guest, None) if key in self.conferences else (None, 404)

    def end(self, uri):
        """The conference is over; its participants are, too."""
        found = self.conferences.pop(psom.fold_conference(uri), None)
        if found:
            found.end()
        return found is not None

    def participants(self):
        """How many, by conference."""
        return {c.uri: len(c.participants)
                for c in self.conferences.values()}
