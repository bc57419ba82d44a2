"""Exports with settings (DocItemSet), from the lab's topologies."""
import html
import pathlib

from support.org import CONTOSO

LAB = pathlib.Path(__file__).resolve().parents[2] / 'lab' / 'topology'
SETTINGS = 'urn:schema:Microsoft.Rtc.Management.Settings.Edge.2008'
ITEM = '''\
  <DocItem Name="{name}:Global" Version="1">
    <Data>
      <AnchoredXml xmlns="urn:schema:Microsoft.Rtc.Management.ScopeFramework.2008" SchemaWriteVersion="1">
        <Key ScopeClass="Global">
          <SchemaId Namespace="{space}" ElementName="{name}" />
          <AuthorityId Class="Host" InstanceId="00000000-0000-0000-0000-000000000000" />
        </Key>
        <Dictionary Count="1">
          <Item>
            <Key />
            <Value Signature="0c5a9d10-0000-4000-8000-000000000001">
              {element}
            </Value>
          </Item>
        </Dictionary>
      </AnchoredXml>
    </Data>
  </DocItem>
'''
NAMES = {'outside': 'AllowOutsideUsers', 'anonymous': 'AllowAnonymousUsers',
         'federated': 'AllowFederatedUsers',
         'archiving': 'EnableArchivingDisclaimer',
         'mark': 'MarkSourceVerifiableOnOutgoingMessages',
         'crls': 'KeepCrlsUpToDateForPeers',
         'tls_count': 'OutgoingTlsCountForFederatedPartners',
         'discovered_level': 'DiscoveredPartnerVerificationLevel',
         'rate': 'DiscoveredPartnerStandardRate',
         'limit_contacts': 'EnableDiscoveredPartnerContactsLimit',
         'contacts': 'MaxContactsPerDiscoveredPartner'}


def _words(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attributes(fields):
    return ''.join(f' {name}="{html.escape(_words(value))}"'
                   for name, value in fields.items() if value is not None)


def _element(name, fields, inner='', space=''):
    space = f' xmlns="{space}"' if space else ''
    return f'<{name}{space}{_attributes(fields)}>{inner}</{name}>'


def _list(name, rows, row_name):
    return _element(name, {}, ''.join(
        _element(row_name, row) for row in rows), SETTINGS)


def _access(settings):
    discovery = settings.pop('discovery', False)
    route = settings.pop('default_route', None)
    level = settings.pop('route_level', None)
    public = settings.pop('route_is_public', None)
    if route:
        routing = _element('UseDefaultRouting', {
            'DefaultRouteFqdn': route, 'IsPublicProvider': public,
            'VerificationLevel': level})
    else:
        routing = _element('UseDnsSrvRouting',
                           {'EnablePartnerDiscovery': discovery})
    fields = {NAMES[name]: value for name, value in settings.items()}
    return _element('AccessEdgeSettings', fields,
                    _element('RoutingMethod', {}, routing), SETTINGS)


def _domain(entry):
    """'domain', (domain, proxy) or (domain, proxy, level)."""
    row = (entry,) if isinstance(entry, str) else tuple(entry)
    domain, proxy, level = row + (None,) * (3 - len(row))
    return {'Domain': domain, 'ProxyFqdn': proxy, 'VerificationLevel': level,
            'MarkForMonitoring': False}


def text(org=CONTOSO, allowed=(), blocked=(), public=(), hosting=(),
         proxy=None, topology=None, **settings):
    """An export: settings by the names above, and discovery, default_route,
    route_level, route_is_public; rows of providers and proxy settings are
    dicts of attributes."""
    settings = {'outside': True, 'federated': True, **settings}
    name = org.domain.split('.', maxsplit=1)[0]
    document = topology or (LAB / f'{name}.xml').read_text()
    items = {
        'AccessEdgeSettings': _access(settings),
        'AllowedDomains': _list('AllowedDomains', map(_domain, allowed),
                                'AllowedDomain'),
        'BlockedDomains': _list('BlockedDomains', (
            {'Domain': domain} for domain in blocked), 'BlockedDomain'),
        'PublicProviders': _list('PublicProviders', public, 'PublicProvider'),
        'HostingProviders': _list('HostingProviders', hosting,
                                  'HostingProvider')}
    if proxy:
        items['ProxySettings'] = _element('ProxySettings', proxy, '', SETTINGS)
    return ('<?xml version="1.0" encoding="utf-8"?>\n<DocItemSet>\n'
            '  <DocItem Name="Topology" Version="17">\n    <Data>\n'
            + document + '    </Data>\n  </DocItem>\n' + ''.join(
                ITEM.format(name=item, space=SETTINGS, element=element)
                for item, element in items.items()) + '</DocItemSet>\n')


def single_address():
    """The lab's topology with the ports of TO 1.5 for one address outside."""
    made = (LAB / 'contoso.xml').read_text()
    for owner, port in (('AccessEdge" Usage="SipClient', '5061'),
                        ('DataEdge" Usage="PsomClient', '444')):
        start = made.index(owner)
        end = made.index('/>', start)
        made = made[:start] + made[start:end].replace(
            'Port="443"', f'Port="{port}"') + made[end:]
    for number in '23':
        made = made.replace(f'<NetInterface InterfaceSide="External" Inter'
                            f'faceNumber="{number}" IPAddress="192.0.2.'
                            f'{int(number) + 1}1" />', '')
        made = made.replace(f'"External" InterfaceNumber="{number}"',
                            '"External" InterfaceNumber="1"')
    return made
