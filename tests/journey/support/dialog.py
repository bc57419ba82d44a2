"""A dialog as one of its ends sees it."""
import re

from support import sip


def tag_of(value):
    """The tag of a From or To value."""
    return re.search(r';tag=([^;>\s]+)', value).group(1)


def entries(message, name='Record-Route'):
    """All entries of a route header, whatever lines they stand in."""
    return [entry.strip() for value in message.values(name)
            for entry in re.findall(r'<[^>]*>[^,]*', value)]


class Dialog:
    """From a request and the 2xx that made the dialog."""

    def __init__(self, user, request, answer, is_caller):
        self.user = user
        self.call_id = request.value('Call-ID')
        mine, theirs = ('From', 'To') if is_caller else ('To', 'From')
        self.local, self.remote = answer.value(mine), answer.value(theirs)
        routes = entries(answer if is_caller else request)
        self.routes = routes[::-1] if is_caller else routes
        contact = (answer if is_caller else request).value('Contact')
        self.target = re.search(r'<([^>]+)>', contact).group(1)
        self.number = int(request.value('CSeq').split()[0]) \
            if is_caller else 100

    def request(self, method, extra=(), body=b'', number=None, routes=None):
        """A request inside the dialog, as bytes."""
        if number is None and method != 'ACK':
            self.number += 1
        headers = [('Via', self.user.via())]
        headers += [('Route', r) for r in
                    (self.routes if routes is None else routes)]
        headers += [('From', self.local), ('To', self.remote),
                    ('Max-Forwards', 70),
                    ('CSeq', f'{number or self.number} {method}'),
                    ('Call-ID', self.call_id)]
        if method == 'INVITE':
            headers.append(('Contact', f'<{self.user.contact}>'))
        return sip.build(f'{method} {self.target} SIP/2.0',
                         headers + list(extra), body)

    def send(self, method, **how):
        """Build, send, and return it as a message."""
        raw = self.request(method, **how)
        self.user.wire.send(raw)
        return sip.Message(raw)


def establish(one, other):
    """A call that is up: INVITE, 180, 200, ACK; both its ends."""
    sent, _ = one.exchange('INVITE', other.aor)
    got = other.wire.expect('INVITE')
    other.answer(got, 180, 'Ringing')
    one.wire.expect(180)
    said = other.answer(got, 200, extra=[('Contact', f'<{other.contact}>')])
    caller = Dialog(one, sent, one.wire.expect(200), True)
    caller.send('ACK', number=caller.number)
    other.wire.expect('ACK')
    return caller, Dialog(other, got, said, False)
