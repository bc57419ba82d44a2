"""What a Data MCU tells: one JSON object a line, the numbers of the original
(WC 5.6) where it has one. No token, no inner blob, no payload."""
import json
import time

# name: (number, text) as the original says it
NUMBERS = {
    'edge_lost': (41024, 'Edge FQDN, port 8057: connection is lost'),
    'edge_connected': (41025, 'Edge FQDN, port 8057: connected'),
    'no_edge': (41026, 'no connection to any Web Conferencing Edge'),
    'no_proxies': (41061, 'list of proxies is empty'),
}
AGAIN = 1200  # s between two tellings of the same loss


class Journal:
    """Appends to a file; told counts what was told."""

    def __init__(self, path):
        self.file = open(path, 'a', buffering=1, encoding='utf-8')
        self.told = {}

    def tell(self, name, **values):
        """One line."""
        self.told[name] = self.told.get(name, 0) + 1
        row = {'t': round(time.time(), 3), 'event': name}
        if name in NUMBERS:
            row['id'], row['text'] = NUMBERS[name]
        self.file.write(json.dumps({**row, **values}) + '\n')
