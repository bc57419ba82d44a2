"""All faults that a lab knows, in one table."""
from lab import faults_cert, faults_dns, faults_host, faults_peer

TABLE = {fault.name: fault for group in (faults_host, faults_dns, faults_cert,
                                         faults_peer)
         for fault in group.FAULTS}


def listing():
    """A line a fault: name, text, findings, who mends it."""
    wide = max(map(len, TABLE))
    return [f'{f.name:{wide}}  {f.text} ({f.ids}; {f.hands})'
            for f in TABLE.values()]
