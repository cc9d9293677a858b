# SPDX-License-Identifier: MIT
"""Shows certificates, right ones and wrong ones, over TLS on loopback: certificates_test.cpp connects to each.

    certificate_server.py FOLDER

Writes FOLDER/table, a row a line: name, accepted or refused, host, port, ca_file, what the refusal says. Ends with its
standard input.
"""
import datetime
import ipaddress
import os
import selectors
import socket
import ssl
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from cryptography.x509.oid import NameOID

FOLDER = sys.argv[1]
HOST = 'ws.venue.test'
NOW = datetime.datetime.utcnow()
DNS, MAIL, URI = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier
KEY_USAGES = ('digital_signature', 'content_commitment', 'key_encipherment', 'data_encipherment', 'key_agreement',
              'key_cert_sign', 'crl_sign', 'encipher_only', 'decipher_only')
rows = []  # (name, accepted, host, ca_file, words, TLS context)


def address(text):
    return x509.IPAddress(ipaddress.ip_address(text))


def network(text):
    return x509.IPAddress(ipaddress.ip_network(text))


def make_key(kind='P-256'):
    if kind.startswith('RSA'):
        return rsa.generate_private_key(65537, int(kind[4:]))
    return ec.generate_private_key({'P-256': ec.SECP256R1, 'P-224': ec.SECP224R1}[kind]())


def dn(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


class Holder:
    """A certificate and its key; `by`: the holder that signs it, None: itself. Days are counted from now."""

    def __init__(self, name='leaf', by=None, names=(), kind='P-256', days=(-1, 365), ca=False, path_length=None,
                 constraints=True, usage=None, purposes=(), limits=None, digest=None, unknown=False, forged_by=None):
        self.name = name
        self.key = make_key(kind)
        issuer = by or self
        builder = x509.CertificateBuilder().subject_name(dn(name)).issuer_name(dn(issuer.name))
        builder = builder.public_key(self.key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(NOW + datetime.timedelta(days=days[0]))
        builder = builder.not_valid_after(NOW + datetime.timedelta(days=days[1]))
        # As every CA writes them; without, wolfSSL takes any CA of the issuer's name that it has met.
        own_id = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(own_id, critical=False).add_extension(issuer_id, critical=False)
        if constraints:
            builder = builder.add_extension(x509.BasicConstraints(ca, path_length if ca else None), critical=True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if usage is not None:
            usages = {each: each in usage for each in KEY_USAGES}
            builder = builder.add_extension(x509.KeyUsage(**usages), critical=True)
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        if limits:
            builder = builder.add_extension(limits, critical=True)
        if unknown:
            odd = x509.UnrecognizedExtension(x509.ObjectIdentifier('1.2.3.4.5.6'), b'\x05\x00')
            builder = builder.add_extension(odd, critical=True)
        self.certificate = builder.sign(forged_by or issuer.key, digest or hashes.SHA256())

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def ca_file(*holders):
    path = os.path.join(FOLDER, 'ca%d.pem' % len(os.listdir(FOLDER)))
    with open(path, 'wb') as file:
        file.write(b''.join(holder.pem() for holder in holders))
    return path


def make_ca(name='Inter', by=None, **more):
    more.setdefault('usage', ['key_cert_sign'])
    more.setdefault('ca', True)
    return Holder(name, by or root, **more)


def server(chain, tune=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers('ALL:@SECLEVEL=0')
    path = os.path.join(FOLDER, 'chain.pem')
    key = chain[0].key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption())
    with open(path, 'wb') as file:
        file.write(b''.join(holder.pem() for holder in chain) + key)
    context.load_cert_chain(path)
    if tune:
        tune(context)
    return context


def show(title, words, chain, host=HOST, ca=None, tune=None):
    """`words`: of the refusal; none: it is accepted."""
    rows.append((title, 'refused' if words else 'accepted', host, ca or trusted, words or '-', server(chain, tune)))


def leaf(title, words, host=HOST, names=(), **more):
    show(title, words, [Holder(by=root, names=names, **more)], host)


def signs_sha1():
    """Later versions of the library than Debian 12's may no longer do so."""
    try:
        return bool(Holder(digest=hashes.SHA1()))
    except Exception:
        return False


SIGNS_SHA1 = signs_sha1()
root = Holder('Root', ca=True, usage=['key_cert_sign', 'crl_sign'])
trusted = ca_file(root)
OTHER = 'it is for another host name'


def host_names():
    leaf('its name', None, names=[DNS(HOST)])
    leaf('in capitals', None, names=[DNS('WS.VENUE.TEST')])
    leaf('with a dot at the end', None, names=[DNS(HOST + '.')])
    leaf('one label as *', None, names=[DNS('*.venue.test')])
    leaf('another name', OTHER, names=[DNS('other.test')])
    leaf('in the common name alone', OTHER, name=HOST)
    leaf('in the common name, another in SAN', OTHER, name=HOST, names=[DNS('other.test')])
    leaf('in the common name, mail in SAN', OTHER, name=HOST, names=[MAIL('a@b.test')])
    leaf('in the common name, address in SAN', OTHER, name=HOST, names=[address('1.2.3.4')])
    for pattern in ('*.test', '*', '*.*.test', 'ws.*.test', 'ws.venue.*', 'w*.venue.test', '*s.venue.test', '**', '*t',
                    '*.*.*', 'ws.venue.tes', 'ws.venue.test.evil'):
        leaf(pattern, OTHER, names=[DNS(pattern)])
    leaf('a zero byte behind it', OTHER, names=[DNS(HOST + '\0.evil.test')])
    leaf('as a URI', OTHER, names=[URI('https://' + HOST)])
    leaf('as mail', OTHER, names=[MAIL(HOST)])


def addresses():
    leaf('an address', None, '127.0.0.1', [address('127.0.0.1')])
    leaf('an IPv6 address', None, '[::1]', [address('::1')])
    leaf('another address', OTHER, '127.0.0.1', [address('127.0.0.2')])
    leaf('another IPv6 address', OTHER, '[::1]', [address('::2')])
    leaf('an address as a name', OTHER, '127.0.0.1', [DNS('127.0.0.1')])
    leaf('an address in the common name', OTHER, '127.0.0.1', name='127.0.0.1')
    leaf('no name for an address', OTHER, '127.0.0.1')
    leaf('a pattern for an address', OTHER, '127.0.0.1', [DNS('*.0.0.1')])


def own_faults():
    names = [DNS(HOST)]
    leaf('expired', 'it has expired', names=names, days=(-30, -1))
    leaf('not yet valid', 'it is not valid yet', names=names, days=(2, 30))
    leaf('for clients', 'extended key usage without serverAuth', names=names, purposes=[Usage.CLIENT_AUTH])
    leaf('for code', 'extended key usage without serverAuth', names=names, purposes=[Usage.CODE_SIGNING])
    leaf('for servers', None, names=names, purposes=[Usage.SERVER_AUTH])
    leaf('to sign certificates alone', 'key usage without digitalSignature', names=names, usage=['key_cert_sign'])
    leaf('unknown critical extension', 'a critical extension that is not known', names=names, unknown=True)
    leaf('RSA of 2048 bits', None, names=names, kind='RSA-2048')
    leaf('RSA of 1024 bits', 'its RSA key has 1024 bits', names=names, kind='RSA-1024')
    leaf('P-224', 'its elliptic curve key has 224 bits', names=names, kind='P-224')
    if SIGNS_SHA1:
        leaf('SHA-1', 'signed with SHA-1', names=names, digest=hashes.SHA1())


def trust():
    names = [DNS(HOST)]
    UNKNOWN = 'signed by an unknown CA'
    show("a key that is not the CA's", UNKNOWN, [Holder(by=root, names=names, forged_by=make_key())])
    show('self-signed', 'it is self-signed', [Holder(HOST, names=names)])
    own = Holder(HOST, names=names)
    show('itself in ca_file', None, [own], ca=ca_file(own))
    own = Holder(HOST, names=[DNS('other.test')])
    show('itself in ca_file, another host', OTHER, [own], ca=ca_file(own))
    own = Holder(HOST, names=names, days=(-9, -1))
    show('itself in ca_file, expired', 'it has expired', [own], ca=ca_file(own))
    other = Holder('l.test', root, names=[DNS('l.test')])
    show('no CA in ca_file signs', 'it is no CA', [Holder(by=other, names=names)], ca=ca_file(other))
    old = Holder('Old', ca=True, usage=['key_cert_sign'], days=(-30, -1))
    show('expired root in ca_file', 'put another into ca_file', [Holder(by=old, names=names)], ca=ca_file(old))
    show('expired root in ca_file beside another', 'it has expired', [Holder(by=old, names=names)],
         ca=ca_file(root, old))
    no_ca = Holder('NoCa')
    show('root in ca_file is no CA', 'it is no CA', [Holder(by=no_ca, names=names)], ca=ca_file(no_ca))


def chains():
    names = [DNS(HOST)]
    inter = make_ca()
    own = Holder(by=inter, names=names)
    unrelated = make_ca('Unrelated')
    show('intermediate missing', 'signed by an unknown CA', [own])  # before any that shows one: nothing may be kept
    show('intermediate', None, [own, inter])
    show('and the root', None, [own, inter, root])
    show('an unrelated one between', None, [own, unrelated, inter])
    show('root before intermediate', None, [own, root, inter])
    show('intermediate missing, after it was seen', 'signed by an unknown CA', [own])

    def refused(title, words, **more):
        ca = make_ca(**more)
        show('intermediate ' + title, words, [Holder(by=ca, names=names), ca])

    refused('expired', 'it has expired', days=(-30, -1))
    refused('not yet valid', 'it is not valid yet', days=(3, 365))
    refused('CA:FALSE', 'it is no CA', ca=False, usage=['digital_signature'])
    refused('CA:FALSE, no key usage', 'it is no CA', ca=False, usage=None)
    refused('without basicConstraints', 'it is no CA', constraints=False)
    refused('without basicConstraints and key usage', 'it is no CA', constraints=False, usage=None)
    refused('without keyCertSign', 'key usage without keyCertSign', usage=['digital_signature'])
    refused('for clients', 'extended key usage without serverAuth', purposes=[Usage.CLIENT_AUTH])
    if SIGNS_SHA1:
        refused('with SHA-1', 'signed with SHA-1', digest=hashes.SHA1())
    refused('of RSA with 1024 bits', 'its RSA key has 1024 bits', kind='RSA-1024')
    top = make_ca(path_length=0)
    low = make_ca('Low', top)
    show('longer than the path length', 'path length', [Holder(by=low, names=names), low, top])
    low = make_ca('Low', top, forged_by=make_key())
    show('intermediate of another key', 'signed by an unknown CA', [Holder(by=low, names=names), low, make_ca()])


def name_constraints():
    CONSTRAINT = 'name constraints'

    def constrained(title, words, permitted, excluded=None, names=(DNS(HOST),), host=HOST, between=False, **more):
        ca = make_ca(limits=x509.NameConstraints(permitted, excluded))
        below = make_ca('Below', ca) if between else None
        own = Holder(by=below or ca, names=list(names), **more)
        show(title, words, [own, below, ca] if between else [own, ca], host)

    loopback = [network('127.0.0.0/8')]
    constrained('permits another domain', CONSTRAINT, [DNS('other.test')])
    constrained('excludes the domain', CONSTRAINT, None, [DNS('venue.test')])
    constrained('permits the domain', None, [DNS('venue.test')])
    constrained('permits another domain, common name', CONSTRAINT, [DNS('other.test')], names=(), name=HOST)
    constrained('excludes the domain, a CA between', CONSTRAINT, None, [DNS('venue.test')], between=True)
    own_address = {'names': (address('127.0.0.1'),), 'host': '127.0.0.1'}
    constrained('excludes the address', CONSTRAINT, None, loopback, **own_address)
    constrained('permits another network', CONSTRAINT, [network('10.0.0.0/8')], **own_address)
    constrained('permits the network', None, loopback, **own_address)


def protocols():
    def tune(low=None, high=None, suites=None, curve=None, alpn=None):
        def apply(context):
            if high:
                context.maximum_version = high
            if low:
                context.minimum_version = low
            if suites:
                context.set_ciphers(suites)
            if curve:
                context.set_ecdh_curve(curve)
            if alpn:
                context.set_alpn_protocols(alpn)
        return apply

    own = Holder(by=root, names=[DNS(HOST)])
    of_rsa = Holder(by=root, names=[DNS(HOST)], kind='RSA-2048')
    v12, v13, TLS = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, 'TLS handshake failed'
    for suite in ('AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'):
        show(suite, None, [own], tune=tune(high=v12, suites='ECDHE-ECDSA-' + suite))
    show('CBC', TLS, [own], tune=tune(high=v12, suites='ECDHE-ECDSA-AES256-SHA384'))
    show('static RSA', TLS, [of_rsa], tune=tune(high=v12, suites='AES256-GCM-SHA384'))
    show('DHE', TLS, [of_rsa], tune=tune(high=v12, suites='DHE-RSA-AES256-GCM-SHA384'))
    show('anonymous', TLS, [of_rsa], tune=tune(high=v12, suites='ADH-AES256-GCM-SHA384:@SECLEVEL=0'))
    show('no cipher', TLS, [of_rsa], tune=tune(high=v12, suites='ECDHE-RSA-NULL-SHA:@SECLEVEL=0'))
    old = ssl.TLSVersion.TLSv1
    show('TLS 1.1', TLS, [own], tune=tune(old, ssl.TLSVersion.TLSv1_1, 'ALL:@SECLEVEL=0'))
    show('TLS 1.0', TLS, [own], tune=tune(old, old, 'ALL:@SECLEVEL=0'))
    show('TLS 1.3', None, [own], tune=tune(v13))
    for curve in ('secp521r1', 'secp384r1'):
        show(curve, None, [own], tune=tune(v13, curve=curve))
    show('ALPN', None, [own], tune=tune(alpn=['h2']))


def listen(host):
    listener = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
    listener.bind(('::1' if ':' in host else '127.0.0.1', 0))
    listener.listen(8)
    return listener


def serve():
    table = []
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    for name, verdict, host, ca, words, context in rows:
        listener = listen(host)
        selector.register(listener, selectors.EVENT_READ, context)
        table.append('\t'.join((name, verdict, host, str(listener.getsockname()[1]), ca, words)))
    path = os.path.join(FOLDER, 'table')
    with open(path + '.part', 'w') as file:
        file.write('\n'.join(table) + '\n')
    os.rename(path + '.part', path)
    while True:
        for ready, _ in selector.select():
            if ready.fileobj is sys.stdin:
                return
            peer, _ = ready.fileobj.accept()
            peer.settimeout(5)
            try:
                ready.data.wrap_socket(peer, server_side=True).close()
            except OSError:
                peer.close()


host_names()
addresses()
own_faults()
trust()
chains()
name_constraints()
protocols()
serve()
