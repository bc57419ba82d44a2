"""Credentials of A/V authentication, made a second time from the same key."""
import base64
import hashlib
import hmac
import os
import re
import struct
import subprocess
import time

SALT = b'oedge-av-token-v1'
INTERNET, INTRANET, SERVER = 1, 2, 4
HOURS = 8 * 3600


SECRETS = set()  # texts of what this journey has made; no log has one of them
SHORTEST = 8  # octets; what is shorter may occur by itself


def register(*octets):
    """These may not be told, however they are written."""
    for one in octets:
        if len(one) >= SHORTEST:
            SECRETS.update((base64.b64encode(one).decode().rstrip('='),
                            one.hex(), one.hex().upper(), one.hex(':')))


def told(text):
    """The secrets that occur in a text."""
    return [secret for secret in SECRETS if secret in text]


class Ticket:
    """What a client is given: raw bytes, and the text they travel as."""

    def __init__(self, username, password):
        self.username, self.password = username, password
        register(username, password)

    @classmethod
    def of_text(cls, username, password):
        """From base64, as MRAS answers."""
        return cls(base64.b64decode(username, validate=True),
                   base64.b64decode(password, validate=True))

    @property
    def user_text(self):
        """base64, as RFC clients and libnice take it."""
        return base64.b64encode(self.username).decode()

    @property
    def password_text(self):
        """The same of the password."""
        return base64.b64encode(self.password).decode()


def derive(ikm, label, size=32):
    """HKDF-SHA256, one block."""
    prk = hmac.digest(SALT, ikm, 'sha256')
    return hmac.digest(prk, label + b'\1', 'sha256')[:size]


class Mint:
    """Makes tickets with the A/V authentication key (an EC key)."""

    def __init__(self, key_file):
        text = subprocess.run(
            ['openssl', 'pkey', '-in', str(key_file), '-noout', '-text'],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        scalar = re.search(r'priv:\n((?:\s+[0-9a-f:]+\n)+)', text).group(1)
        octets = bytes.fromhex(re.sub(r'[\s:]', '', scalar))
        self._derive(octets[-32:].rjust(32, b'\0'))

    def _derive(self, ikm):
        self.kid = derive(ikm, b'kid', 2)
        self.user_key = derive(ikm, b'username-mac')
        self.password_key = derive(ikm, b'password')
        self.identity_key = derive(ikm, b'identity')
        self.nonce_key = derive(ikm, b'nonce')
        register(ikm, self.user_key, self.password_key, self.identity_key,
                 self.nonce_key)

    @classmethod
    def of_ikm(cls, ikm):
        """From the input of the derivation itself."""
        made = cls.__new__(cls)
        made._derive(ikm)
        return made

    def pseudonym(self, identity):
        """How an identity shows in a token."""
        return hmac.digest(self.identity_key, identity.lower().encode(),
                           'sha256')[:16]

    def ticket(self, identity='sip:alice@contoso.com', flags=INTERNET,
               age=0, life=HOURS, random=None):
        """One made age seconds ago, valid for life from then."""
        issued = int(time.time()) - age
        body = b'\x45\1' + self.kid + struct.pack(
            '>IIBBH', issued, issued + life, flags, 0, 0) + \
            self.pseudonym(identity) + (random or os.urandom(8))
        username = body + hmac.digest(self.user_key, body,
                                      'sha256')[:19] + b'\x7f'
        password = bytearray(hmac.digest(self.password_key, username,
                                         'sha256')[:20])
        password[0] |= 0x80
        password[19] |= 0x80
        return Ticket(username, bytes(password))

    def nonce(self, client, age=0):
        """A nonce for that IPv4 address, made age seconds ago."""
        stamp = struct.pack('>I', int(time.time()) - age)
        address = bytes(int(part) for part in client.split('.'))
        return base64.urlsafe_b64encode(stamp + hmac.digest(
            self.nonce_key, stamp + b'\4' + address, 'sha256')[:20])


def md5_key(ticket, realm):
    """The key of Message Integrity over raw bytes."""
    return hashlib.md5(b':'.join(
        (ticket.username, realm, ticket.password))).digest()
