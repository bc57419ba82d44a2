"""EP1-DO, what the stand-ins say to each other once the edge relays (WC
Appendix B; not the encoding of the original)."""
import struct

from support import psom

FRAME_MAX = 65536
CHUNK = 49152  # bytes of a slide in one frame
CONNECT, DISCONNECT, INVOKE, BEAT, ERROR = 1, 2, 3, 4, 5
MANAGER = 1  # number of the object ContentManager
NAME, VERSION = 'ContentManager', 10
SERVER_HASH, CLIENT_HASH = 3800622354142801969, -8255121175073997388
UPLOAD, PRESENT, RESERVE = 1, 2, 4
CONTENT, ACTIVE, RESERVED = 101, 102, 104
FORMS = {UPLOAD: 'sab', CONTENT: 'sab', PRESENT: 's', ACTIVE: 's',
         RESERVE: 'si', RESERVED: 'i'}


def frame(op, number, body=b''):
    """One operation on the object of that number."""
    made = struct.pack('>IBI', 5 + len(body), op, number) + body
    assert len(made) <= FRAME_MAX, len(made)
    return made


def string(text):
    """Length and UTF-8."""
    data = text.encode()
    return struct.pack('>H', len(data)) + data


PUT = {'s': string, 'i': lambda v: struct.pack('>i', v),
       'b': lambda v: b'\1' if v else b'\0',
       'a': lambda v: struct.pack('>I', len(v)) + v}


def connect():
    """Object 1 is the ContentManager."""
    return frame(CONNECT, MANAGER, struct.pack('>I', 0) + string(NAME) +
                 struct.pack('>Iqq', VERSION, SERVER_HASH, CLIENT_HASH))


def invoke(method, *arguments):
    """A call of a method of the ContentManager."""
    return frame(INVOKE, MANAGER, struct.pack('>H', method) + b''.join(
        PUT[form](value) for form, value in
        zip(FORMS[method], arguments, strict=True)))


def error(code, text):
    """Why the other side's last operation is refused."""
    return frame(ERROR, 0, struct.pack('>H', code) + string(text))


class Body:
    """A cursor over arguments; a Fault when they do not fit."""

    def __init__(self, data):
        self.data = data

    def take(self, size):
        """So many bytes."""
        if len(self.data) < size:
            raise psom.Fault(400, 'arguments are cut')
        found, self.data = self.data[:size], self.data[size:]
        return found

    def number(self, form):
        """A big-endian number of that struct form."""
        return struct.unpack('>' + form, self.take(struct.calcsize(form)))[0]

    def string(self):
        """Text."""
        try:
            return self.take(self.number('H')).decode()
        except UnicodeDecodeError:
            raise psom.Fault(400, 'a string is not UTF-8') from None

    def argument(self, form):
        """One argument."""
        if form == 's':
            return self.string()
        if form == 'a':
            return self.take(self.number('I'))
        return self.number('i') if form == 'i' else self.number('B') != 0

    def end(self):
        """Nothing may be left."""
        if self.data:
            raise psom.Fault(400, f'{len(self.data)} bytes too many')


def arguments(body):
    """(method, its arguments)."""
    cursor = Body(body)
    method = cursor.number('H')
    if method not in FORMS:
        raise psom.Fault(404, f'method {method}')
    found = [cursor.argument(form) for form in FORMS[method]]
    cursor.end()
    return method, found


def connected(body):
    """(name, version) of a connect; Fault when the hashes are others."""
    cursor = Body(body)
    cursor.number('I')
    name, version = cursor.string(), cursor.number('I')
    hashes = cursor.number('q'), cursor.number('q')
    cursor.end()
    if (name, version, hashes) != (NAME, VERSION, (SERVER_HASH, CLIENT_HASH)):
        raise psom.Fault(404, f'object {name} {version}')
    return name, version


async def receive(link):
    """(op, object, body) of the next frame; None at the end."""
    first = await link.read(4)
    if not first:
        return None
    length = int.from_bytes(first + await link.read_exactly(4 - len(first)),
                            'big')
    if not 5 <= length <= FRAME_MAX - 4:
        raise psom.Fault(413, f'frame of {length}')
    data = await link.read_exactly(length)
    return data[0], int.from_bytes(data[1:5], 'big'), data[5:]
