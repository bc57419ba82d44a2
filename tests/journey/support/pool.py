"""A pool of two edges, from the lab's topology."""
import pathlib

LAB = pathlib.Path(__file__).resolve().parents[2] / 'lab' / 'topology'
MEMBERS = ('172.16.20.2', '192.0.2.2', '192.0.2.3', '192.0.2.4')


def two_members(j):
    """The lab's topology and HOSTS with edge02 in the pool."""
    text = (LAB / 'contoso.xml').read_text()
    begin = text.index('<Machine OrdinalInCluster="1" Fqdn="edge01')
    end = text.index('</Machine>', begin) + len('</Machine>')
    other = text[begin:end].replace('edge01', 'edge02').replace(
        'OrdinalInCluster="1"', 'OrdinalInCluster="2"')
    for address in MEMBERS:
        other = other.replace(f'"{address}1"', f'"{address}2"')
    topology = j.folder / 'pool.xml'
    topology.write_text(text[:end] + '\n      ' + other + text[end:])
    hosts = j.folder / 'pool.hosts'
    hosts.write_text((LAB / 'hosts').read_text().replace(
        '# END', '172.16.20.22 edge02.corp.contoso.com edge02\n'
        '172.16.20.22 edgepool01.corp.contoso.com\n# END'))
    return {'topology': topology, 'hosts': hosts}
