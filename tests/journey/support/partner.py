"""Partners of the edge that are not ours: Kamailio with mutual TLS as the edge
of fabrikam.com, and a peer of a few lines that may be anybody."""
from support import netns, sink, sip
from support.kamailio import Kamailio
from support.org import CONTOSO, FABRIKAM
from support.user import User


class Partner(Kamailio):
    """Kamailio alone, edge and registrar of fabrikam.com at 192.0.2.200."""

    def __init__(self, world, folder, ca, certificate='partner'):
        super().__init__(world.inet, folder, ('partner.cfg',
                                              'tls-partner.cfg'),
                         CONTOSO.outside[0], [netns.PARTNER])
        self.identity(ca, certificate, 'public')
        self.start()


class PartnerUser(User):
    """A user of fabrikam.com, registered straight at that Kamailio."""

    challenged = False

    def __init__(self, world, name, address):
        super().__init__(name, sip.Wire.tcp(
            world.inet, (netns.PARTNER, 5060), address), FABRIKAM.domain)
        self.transport = 'TCP'

    def sign_in(self):
        """REGISTER; nothing is asked."""
        self.wire.send(self.request(
            'REGISTER', f'sip:{self.domain}', to=self.aor,
            contact=f'<{self.contact}>'))
        return self.wire.expect(200)


class Peer(User):
    """Whoever shows that certificate at the edge's door for partners, and says
    what it likes in the name of anybody."""

    challenged = False

    def __init__(self, world, ca, certificate, source=netns.PARTNER, name='eve',
                 domain=FABRIKAM.domain, target=None):
        shown = certificate and (ca / f'{certificate}-chain.pem',
                                 ca / f'{certificate}.key')
        super().__init__(name, sip.Wire.tls(
            world.inet, target or (CONTOSO.outside[0], 5061), source,
            str(ca / 'public-ca.pem'), CONTOSO.access, shown), domain)

    @property
    def contact(self):
        """As an edge's users have it."""
        return f'{self.aor};opaque=user:epid:{self.epid};gruu'


class Door(sink.Sink):
    """Where the edge finds a partner: mutual TLS at that address."""
    AUTHORITY = 'public'
    SPACE = 'inet'

    def __init__(self, world, ca, certificate, address=netns.PARTNER,
                 answer=sink.yes, port=5061):
        self.PORT = port
        super().__init__(world, ca, answer, [address], certificate)


class InsideServer(User):
    """A server of the inside that dials the edge itself."""

    challenged = False

    def __init__(self, world, ca, address, name='alice',
                 domain=CONTOSO.domain):
        self.where = (world, ca, address)
        super().__init__(name, self._connect(), domain)

    def _connect(self):
        world, ca, address = self.where
        return sip.Wire.tls(
            world.inside, (CONTOSO.edge_inside, 5061), address,
            str(ca / 'internal-ca.pem'), CONTOSO.pool,
            (ca / 'dirpool01-chain.pem', ca / 'dirpool01.key'))

    def reconnect(self):
        """To an edge that was started anew."""
        self.wire.close()
        self.wire = self._connect()

    @property
    def contact(self):
        """As registrars give them."""
        return f'{self.aor};opaque=user:epid:{self.epid};gruu'
