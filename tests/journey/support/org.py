"""The organisations of the lab: names and addresses, nothing else."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Organisation:
    """One of them; edge and inside are attributes of a World."""
    domain: str
    edge: str  # namespace of its edge host
    inside: str  # namespace of its inside
    outside: tuple  # addresses of its edge: access, web conferencing, A/V
    edge_inside: str
    gateway: str  # of its inside, toward the edge
    network: str  # behind that gateway
    directors: tuple
    front_end: str
    mcus: tuple = ()
    prefix: str = ''  # of its certificates' files

    @property
    def corp(self):
        """Its internal DNS domain."""
        return f'corp.{self.domain}'

    @property
    def access(self):
        """The outside name of its Access Edge."""
        return f'sip.{self.domain}'

    @property
    def pool(self):
        """The inside name of its edge pool."""
        return f'edgepool01.{self.corp}'

    @property
    def inside_addresses(self):
        """Every address that nobody outside is to read."""
        return (self.edge_inside, self.gateway, *self.directors,
                self.front_end, *self.mcus)


CONTOSO = Organisation(
    'contoso.com', 'edge', 'inside',
    ('192.0.2.21', '192.0.2.31', '192.0.2.41'), '172.16.20.21', '172.16.20.1',
    '10.20.30.0/24', ('10.20.30.31', '10.20.30.32'), '10.20.30.21',
    ('10.20.30.22', '10.20.30.23'))
FABRIKAM = Organisation(
    'fabrikam.com', 'pedge', 'pinside',
    ('192.0.2.61', '192.0.2.71', '192.0.2.81'), '172.16.40.21', '172.16.40.1',
    '10.40.30.0/24', ('10.40.30.31',), '10.40.30.21', prefix='fabrikam-')
