"""Whoever lies between the edge and the others, and filters: in a lab the far
end's own namespace has a table for it."""
import json

TABLE = ('inet', 'between')
CHAINS = ('input', 'output')


def _nft(space, *words):
    return space.exec('nft', *words)


def _table(space):
    """It is there; what no rule names passes."""
    _nft(space, 'add', 'table', *TABLE)
    for chain in CHAINS:
        _nft(space, 'add', 'chain', *TABLE, chain, '{', 'type', 'filter',
             'hook', chain, 'priority', '0', ';', 'policy', 'accept', ';', '}')


def _does(verdict, place, chain, words):
    def breaks(lab):
        space = getattr(lab.world, place)
        _table(space)
        _nft(space, 'insert', 'rule', *TABLE, chain, *words, *verdict.split())
    return breaks


def drops(place, chain, *words):
    """A fault: at that far end this is dropped, on its way in or out."""
    return _does('drop', place, chain, words)


def refuses(place, chain, *words):
    """The same, and whoever sent it is told so."""
    return _does('reject with icmp type admin-prohibited', place, chain, words)


def allow(space, protocols, to, port, is_in):
    """From now on that passes, whatever else is dropped; is_in: into the far
    end."""
    _table(space)
    for protocol in protocols:
        _nft(space, 'insert', 'rule', *TABLE, CHAINS[not is_in], 'ip', 'daddr',
             to, protocol, 'dport', port, 'accept')


def clear(space):
    """As if nobody lay there."""
    tables = json.loads(_nft(space, '-j', 'list', 'tables'))['nftables']
    if any(TABLE == (row['table']['family'], row['table']['name'])
           for row in tables if 'table' in row):
        _nft(space, 'delete', 'table', *TABLE)
