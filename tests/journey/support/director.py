"""Kamailio as Director and registrar of an organisation."""
from support.kamailio import Kamailio
from support.org import CONTOSO

WORDS = '''\
#!substdefs "!HOME_DOMAIN!{org.domain}!g"
#!substdefs "!HOME_POOL!dirpool01.{org.corp}!g"
#!substdefs "!EDGE_POOL!{org.pool}!g"
#!substdefs "!EDGE_MRAS!sip:{org.edge_inside}:5062;transport=tls!g"
#!substdefs "!EDGE_SIP!sip:{org.edge_inside}:5061;transport=tls!g"
'''


class Director(Kamailio):
    """One Kamailio process; addresses are the members it stands for."""

    def __init__(self, world, folder, ca, addresses=None,
                 certificate='dirpool01', org=CONTOSO):
        super().__init__(world.space(org.inside), folder,
                         ('director.cfg', 'tls.cfg'), org.edge_inside,
                         addresses or list(org.directors))
        self.identity(ca, org.prefix + certificate, org.prefix + 'internal')
        lines = [WORDS.format(org=org)]
        for address in self.addresses:
            name = f'dir0{org.directors.index(address) + 1}.{org.corp}'
            for listener, port in (('tls', 5061), ('tcp', 5060)):
                lines.append(f'listen={listener}:{address}:{port} '
                             f'advertise "{name}":{port}\n')
            lines.append(f'alias="{name}"\n')
        (self.folder / 'listen.cfg').write_text(''.join(lines))
        self.start()
