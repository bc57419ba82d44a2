"""edgectl cert: each fault of a certificate has its verdict and no other has
it; a request carries exactly the names that the topology wants, and what an
authority makes of it is good."""
import json
import re
import subprocess

from support import journey

CORP = 'corp.contoso.com'
# (use, chain, key, findings with their level); what is not named here is in
# order.
CASES = (
    ('access', 'access', 'access', {}),
    ('internal', 'edge01', 'edge01', {}),
    ('access', 'no-such', 'access', {'CERT-001': 'error'}),
    ('access', 'access', 'no-such', {'CERT-001': 'error'}),
    ('access', 'access', 'turn', {'CERT-002': 'error'}),
    ('access', 'partner', 'partner', {'CERT-003': 'error'}),
    ('internal', 'bad-name', 'bad-name', {'CERT-003': 'error'}),
    ('internal', 'bad-eku', 'bad-eku', {'CERT-003': 'error',
                                        'CERT-005': 'error'}),
    ('access', 'server-only', 'access', {'CERT-005': 'warning'}),
    ('internal', 'bad-wildcard', 'bad-wildcard', {'CERT-003': 'error',
                                                  'CERT-006': 'warning'}),
    ('internal', 'bad-expired', 'bad-expired', {'CERT-003': 'error',
                                                'CERT-009': 'error'}),
    ('internal', 'bad-sanless', 'bad-sanless', {'CERT-010': 'error'}),
    ('internal', 'bad-foreign', 'bad-foreign', {'CERT-003': 'error',
                                                'CERT-011': 'error'}),
    ('access', 'from-inside', 'access', {'CERT-011': 'warning'}),
)


def openssl(j, *words):
    """Run it among the certificates; its output."""
    return subprocess.run(['openssl', *words], cwd=j.ca, check=True, text=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def sign(j, request, authority, out, days='90', extensions=None):
    """The authority's answer to a request; its extensions, or others."""
    copy = ['-copy_extensions', 'copyall']
    if extensions:
        (j.ca / 'sign.ext').write_text(extensions)
        copy = ['-extfile', 'sign.ext']
    openssl(j, 'x509', '-req', '-sha256', '-in', request, '-CA',
            f'{authority}-ca.pem', '-CAkey', f'{authority}-ca.key',
            '-CAcreateserial', '-days', days, *copy, '-out', f'{out}.pem')
    (j.ca / f'{out}-chain.pem').write_text(
        (j.ca / f'{out}.pem').read_text() +
        (j.ca / f'{authority}-ca.pem').read_text())


def others(j):
    """Certificates of the access key that are fine but for one thing."""
    names = ','.join(f'DNS:{name}' for name in (
        'sip.contoso.com', 'webconf.contoso.com', 'av.contoso.com'))
    openssl(j, 'req', '-new', '-key', 'access.key', '-subj',
            '/CN=sip.contoso.com', '-out', 'access.csr')
    sign(j, 'access.csr', 'public', 'server-only', '90',
         f'subjectAltName={names}\nextendedKeyUsage=serverAuth\n')
    sign(j, 'access.csr', 'internal', 'from-inside', '90',
         f'subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n')


def assign(edge, j, use, chain, key):
    """[certificate.USE] of edge.ini."""
    text = edge.ini.read_text()
    edge.ini.write_text(re.sub(
        rf'(\[certificate\.{use}\]\n)chain = .*\nkey = .*\n',
        rf'\1chain = {j.ca}/{chain}-chain.pem\nkey = {j.ca}/{key}.key\n',
        text))


def verdicts(edge, *words, good=(0, 1, 7)):
    """(findings by id, what else it said)."""
    said = json.loads(edge.edgectl('cert', 'check', *words, '--json',
                                   good=good))
    return {f['id']: f for f in said['findings']}, said


def each(j, edge):
    """One case after the other, the rest of edge.ini as it was."""
    before = edge.ini.read_text()
    for use, chain, key, wanted in CASES:
        assign(edge, j, use, chain, key)
        found, _ = verdicts(edge, use)
        levels = {name: f['level'] for name, f in found.items()}
        assert levels == wanted, (use, chain, key, levels)
        for finding in found.values():
            assert finding['place'] == use, finding
            for word in ('saw', 'want', 'why', 'fix'):
                assert finding[word], finding
        edge.ini.write_text(before)
    assign(edge, j, 'access', 'partner', 'partner')
    found, _ = verdicts(edge, 'access', good=(7,))
    assert 'sip.contoso.com' in found['CERT-003']['saw'], found
    edge.ini.write_text(before)


def same_key(j, edge):
    """The A/V key of the members: told apart by its public half."""
    listed = json.loads(edge.edgectl('cert', 'list', '--json'))
    spki = [c['spki_sha256'] for c in listed['certificates']
            if c['use'] == 'av-auth'][0]
    assert 'CERT-004' not in verdicts(edge, 'av-auth', '--spki', spki)[0]
    assert 'CERT-004' not in verdicts(edge, 'av-auth', '--spki',
                                      spki.upper())[0]
    assign(edge, j, 'av-auth', 'edge02', 'edge02')
    found, _ = verdicts(edge, 'av-auth', '--spki', spki, good=(7,))
    assert found['CERT-004']['level'] == 'error', found
    assert spki[:16] in found['CERT-004']['saw'], found


def request(j, edge):
    """A key and a request; signed, it is judged good, and nothing is written
    over."""
    for use, authority, names in (
            ('access', 'public', {'sip.contoso.com'}),
            ('internal', 'internal', {f'edgepool01.{CORP}',
                                      f'edge01.{CORP}'})):
        paths = [j.ca / f'new-{use}.csr', j.ca / f'new-{use}.key']
        words = ['cert', 'csr', use, '--out', str(paths[0]), '--key-out',
                 str(paths[1]), '--type', 'p256']
        edge.edgectl(*words, good=(0,))
        assert paths[1].stat().st_mode & 0o777 == 0o600
        text = openssl(j, 'req', '-in', str(paths[0]), '-noout', '-text',
                       '-verify')
        assert set(re.findall(r'DNS:([\w.-]+)', text)) == names, text
        assert 'TLS Web Server Authentication, TLS Web Client' in text
        key = paths[1].read_text()
        assert 'is there already' in edge.edgectl(*words, good=(6,))
        assert paths[1].read_text() == key
        sign(j, str(paths[0]), authority, f'new-{use}')
        assign(edge, j, use, f'new-{use}', f'new-{use}')
        found, said = verdicts(edge, use, good=(0,))
        assert not found, found
        shown = said['certificates'][0]
        assert set(shown['names']) == names and shown['chain'] == 'good'
        assert shown['days_left'] >= 88 and shown['key_matches'], shown


def body(j):
    edge = j.edge()
    others(j)
    each(j, edge)
    same_key(j, edge)
    request(j, edge)


journey.main(body)
