"""An authority's revocation lists, and the web server that has them."""
import http.server
import threading

from support import netns

CONFIG = '''\
[ca]
default_ca = lab
[lab]
database = {folder}/index
crlnumber = {folder}/number
default_md = sha256
default_crl_days = 1
crl_extensions = list
[list]
authorityKeyIdentifier = keyid
'''


class Lists:
    """What the public authority of the lab says is revoked."""

    def __init__(self, folder, ca):
        self.folder, self.ca = folder, ca
        folder.mkdir()
        (folder / 'index').write_text('')
        (folder / 'number').write_text('01\n')
        (folder / 'ca.cnf').write_text(CONFIG.format(folder=folder))

    def _openssl(self, *words):
        netns.run('openssl', 'ca', '-config', str(self.folder / 'ca.cnf'),
                  '-cert', str(self.ca / 'public-ca.pem'), '-keyfile',
                  str(self.ca / 'public-ca.key'), *words)

    def revoke(self, certificate):
        """From the next list on."""
        self._openssl('-revoke', str(self.ca / f'{certificate}.pem'))

    def list(self, seconds):
        """The list of now, good for so long."""
        out = self.folder / 'list.pem'
        self._openssl('-gencrl', '-crlsec', str(seconds), '-out', str(out))
        return out.read_bytes()


class Web:
    """Port 80 of an address; asked: (path, who came) of each request."""

    def __init__(self, space, address, body=b''):
        asked = self.asked = []
        self.body = body
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Gives the one body there is."""

            def do_GET(self):
                """The list."""
                asked.append((self.path, self.client_address[0]))
                self.send_response(200)
                self.send_header('Content-Type', 'application/pkix-crl')
                self.send_header('Content-Length', str(len(web.body)))
                self.end_headers()
                self.wfile.write(web.body)

            def log_message(self, *_):
                """Not on our stderr."""

        with space.inside():
            self.server = http.server.ThreadingHTTPServer((address, 80),
                                                          Handler)
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def stop(self):
        """Nobody is there any more."""
        self.server.shutdown()
        self.server.server_close()
