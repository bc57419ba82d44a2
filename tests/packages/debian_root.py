"""A fresh Debian to install into: one minimal base, kept in build/, and a copy
of it for each run that costs nothing where overlays may be mounted."""
import os
import pathlib
import shutil
import subprocess
import tempfile


def run(*command, good=(0,), **how):
    """A command's output; another exit status than the good ones raises."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, check=False, **how)
    assert done.returncode in good, \
        f"{' '.join(map(str, command))}: {done.returncode}\n" \
        f"{done.stdout[-3000:]}"
    return done.stdout


def source():
    """(mirror, suite) that this machine's own apt has for its release."""
    release = dict(line.rstrip().split('=', 1) for line in open(
        '/etc/os-release', encoding='utf-8') if '=' in line)
    suite = release['VERSION_CODENAME'].strip('"')
    for line in run('apt-get', 'indextargets', '--format',
                    '$(REPO_URI) $(RELEASE) $(COMPONENT)',
                    'Created-By: Packages').splitlines():
        mirror, name, component = line.split()
        if (name, component) == (suite, 'main'):
            return mirror, suite
    raise AssertionError(f'apt has no source of {suite} main')


def environment():
    """With the proxy that apt uses, if any."""
    proxy = run('apt-config', 'dump', '--format', '%v%n',
                'Acquire::http::Proxy').strip()
    made = dict(os.environ, DEBIAN_FRONTEND='noninteractive', LC_ALL='C')
    if proxy:
        made['http_proxy'] = proxy
    return made


def make_base(folder, log):
    """The base system in that folder, unless it is there."""
    if folder.exists():
        return
    mirror, suite = source()
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = pathlib.Path(tempfile.mkdtemp(prefix='part-', dir=folder.parent))
    part.chmod(0o755)
    try:
        with open(log, 'w', encoding='utf-8') as said:
            done = subprocess.run(
                # debootstrap's minbase in half of its time
                ['mmdebstrap', '--variant=minbase', '--mode=root',
                 '--dpkgopt=force-unsafe-io', suite, str(part), mirror],
                stdout=said, stderr=said, check=False,
                env=environment())
        assert done.returncode == 0, \
            f'mmdebstrap: {log.read_text()[-2000:]}'
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


class Root:
    """A copy of the base; mounts: our mount namespace is our own."""

    def __init__(self, base, mounts):
        self.mounts = mounts
        self.base = base
        self.home = pathlib.Path(tempfile.mkdtemp(prefix='lync-edge-root-'))
        self.home.chmod(0o755)
        self.at = self.home / 'root'
        self.at.mkdir()
        self.said = ''
        if not self._overlay():
            run('cp', '-a', f'{base}/.', str(self.at))
        if mounts:
            run('mount', '-t', 'proc', 'proc', str(self.at / 'proc'))
        shutil.copy('/etc/resolv.conf', self.at / 'etc' / 'resolv.conf')
        mirror, suite = source()
        (self.at / 'etc/apt/sources.list').write_text(
            f'deb {mirror} {suite} main\n')

    def _overlay(self):
        if not self.mounts:
            return False
        run('mount', '-t', 'tmpfs', 'lync-edge-root', str(self.home))
        for name in ('root', 'upper', 'work'):
            (self.home / name).mkdir()
        done = subprocess.run(
            ['mount', '-t', 'overlay', '-o', f'lowerdir={self.base},'
             f'upperdir={self.home}/upper,workdir={self.home}/work', 'root',
             str(self.at)], check=False, stderr=subprocess.DEVNULL)
        return done.returncode == 0

    def run(self, *command, good=(0,)):
        """Run to the end in it."""
        return run('chroot', str(self.at), *command, good=good,
                   env=environment())

    def install(self, *packages):
        """With what they depend on; downloads are kept for the next run."""
        for there, kept in self._kept():
            if kept.exists():
                shutil.copytree(kept, there, dirs_exist_ok=True)
        words = ('apt-get', '-qy', '-o', 'Dpkg::Options::=--force-unsafe-io',
                 '-o', 'APT::Keep-Downloaded-Packages=true',
                 '--no-install-recommends', 'install', *packages)
        try:
            self.said = self.run(*words)
        except AssertionError:  # the lists are old, or not there yet
            self.run('apt-get', '-q', 'update')
            self.said = self.run(*words)
        for there, kept in self._kept():
            kept.mkdir(parents=True, exist_ok=True)
            for file in there.iterdir():
                if file.is_file() and file.name != 'lock':
                    shutil.copy2(file, kept)

    def _kept(self):
        """Folders of apt, and where what is in them is kept; not in the
        base, which may not change below an overlay."""
        for name in ('var/cache/apt/archives', 'var/lib/apt/lists'):
            yield self.at / name, self.base.with_name('apt') / name

    def stat(self, path):
        """(mode, user, group) by the names that it has there."""
        return self.run('stat', '-c', '%a %U %G', path).split()

    def remove(self):
        """All of it."""
        if self.mounts:
            run('umount', '-l', str(self.at / 'proc'), good=(0, 32))
            run('umount', '-l', str(self.at), good=(0, 32))
            run('umount', '-l', str(self.home), good=(0, 32))
        shutil.rmtree(self.home, ignore_errors=True)
