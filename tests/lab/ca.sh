#!/bin/sh
# The lab's throw-away certificates: ca.sh FOLDER [rsa|ec]. Two authorities that
# never meet (public, internal), the leaves of the contoso.com world, partners
# with an inside authority of their own, and the bad ones to be refused.
set -eu
out=$1
kind=${2:-ec}
mkdir -p "$out"
cd "$out"

newkey() {
	if [ "$kind" = rsa ]; then
		openssl genrsa -out "$1" 2048 2>/dev/null
	else
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
			-out "$1" 2>/dev/null
	fi
}

authority() { # NAME COMMON-NAME
	newkey "$1-ca.key"
	openssl req -x509 -new -sha256 -key "$1-ca.key" -days 365 \
		-subj "/O=lync-edge lab/CN=$2" \
		-addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign -out "$1-ca.pem"
}

cdp= # of the next leaves: where lists are, "URI:http://a/,URI:..."

# leaf NAME AUTHORITY COMMON-NAME SAN-LIST|- EKU|- [extra x509 options]
leaf() {
	name=$1 ca=$2 cn=$3 san=$4 eku=$5
	shift 5
	{
		echo basicConstraints=critical,CA:FALSE
		echo keyUsage=critical,digitalSignature,keyEncipherment
		[ "$san" = - ] || echo "subjectAltName=$(names "$san")"
		[ "$eku" = - ] || echo "extendedKeyUsage=$eku"
		[ -z "$cdp" ] || echo "crlDistributionPoints=$cdp"
	} >"$name.ext"
	newkey "$name.key"
	openssl req -new -sha256 -key "$name.key" -subj "/CN=$cn" -out "$name.csr"
	openssl x509 -req -sha256 -in "$name.csr" -CA "$ca-ca.pem" \
		-CAkey "$ca-ca.key" -CAcreateserial -days 90 -extfile "$name.ext" \
		"$@" -out "$name.pem" 2>/dev/null
	cat "$name.pem" "$ca-ca.pem" >"$name-chain.pem"
	rm "$name.csr" "$name.ext"
}

same() { # NAME OTHER: one certificate and key by another name
	for end in .pem -chain.pem .key; do
		ln -f "$1$end" "$2$end"
	done
}

names() { # a,b -> DNS:a,DNS:b
	echo "DNS:$1" | sed 's/,/,DNS:/g'
}

corp=corp.contoso.com
both=serverAuth,clientAuth
authority public 'Public CA'
authority internal 'Internal CA'
authority foreign 'Internal CA'

leaf access public sip.contoso.com \
	sip.contoso.com,webconf.contoso.com,av.contoso.com,sip.edge.contoso.com $both
leaf edge01 internal edgepool01.$corp edgepool01.$corp,edge01.$corp $both
leaf edge02 internal edgepool01.$corp edgepool01.$corp,edge02.$corp $both
leaf av-auth internal edgepool01.$corp edgepool01.$corp $both
leaf webconf public webconf.contoso.com webconf.contoso.com serverAuth
leaf webconf-ends public webconf.contoso.com webconf.contoso.com serverAuth -days 3
leaf turn public av.contoso.com av.contoso.com serverAuth
leaf dirpool01 internal dirpool01.$corp \
	dirpool01.$corp,dir01.$corp,dir02.$corp $both
leaf dir01 internal dirpool01.$corp dirpool01.$corp,dir01.$corp $both
leaf dir02 internal dirpool01.$corp dirpool01.$corp,dir02.$corp $both
leaf fe01 internal fepool01.$corp fepool01.$corp,fe01.$corp serverAuth
leaf fe02 internal fepool01.$corp fepool01.$corp,fe02.$corp serverAuth
leaf fe03 internal fepool01.$corp fepool01.$corp,fe03.$corp serverAuth
leaf mcu-vector internal fe01.contoso.local fe01.contoso.local serverAuth

# fabrikam.com, a partner with an edge of ours and an inside of its own
fab=corp.fabrikam.com
authority fabrikam-internal 'Internal CA of Fabrikam'
leaf partner public sip.fabrikam.com sip.fabrikam.com $both
for name in access webconf turn; do
	same partner fabrikam-$name
done
leaf fabrikam-edge01 fabrikam-internal edgepool01.$fab \
	edgepool01.$fab,edge01.$fab $both
same fabrikam-edge01 fabrikam-av-auth
leaf fabrikam-dirpool01 fabrikam-internal dirpool01.$fab \
	dirpool01.$fab,dir01.$fab $both
# others who speak to partners: one nobody entered, one for two domains, one
# that is blocked, providers
leaf litware public sip.litwareinc.com sip.litwareinc.com $both
leaf adatum public sip.adatum.com sip.adatum.com $both
leaf clearing public hub.tailspin.com hub.tailspin.com serverAuth
leaf messenger public federation.messenger.com federation.messenger.com $both
leaf proxies public sip.proxies.com sip.loses.com,sip.silent.com,sip.hub.com $both
leaf online public sipfed.online.com sipfed.online.com $both
# what partners must not be: another's name behind the right CN, ...
leaf partner-cn public sip.fabrikam.com sip.treyresearch.com $both
leaf partner-sanless public sip.fabrikam.com - $both
leaf partner-wildcard public sip.fabrikam.com '*.fabrikam.com' $both
leaf partner-eku public sip.fabrikam.com sip.fabrikam.com emailProtection
leaf partner-foreign foreign sip.fabrikam.com sip.fabrikam.com $both
leaf partner-inside internal sip.fabrikam.com sip.fabrikam.com $both
# XMPP: ours and partners' speak for domains
leaf xmpp-access public sip.contoso.com \
	sip.contoso.com,webconf.contoso.com,sip.edge.contoso.com,contoso.com $both
leaf xmpp-fabrikam public fabrikam.com fabrikam.com $both
leaf xmpp-litware public litware.com litware.com $both
leaf xmpp-name public xmpp.fabrikam.com "xmpp.fabrikam.com,*.fabrikam.com" $both
leaf xmpp-foreign foreign fabrikam.com fabrikam.com $both

# partners whose authority has a list: outside, and where nobody may look
cdp=URI:http://crl.fabrikam.com/public.crl
leaf partner-listed public sip.fabrikam.com sip.fabrikam.com $both
leaf xmpp-listed public fabrikam.com fabrikam.com $both
cdp=URI:http://dir01.$corp/public.crl,URI:http://10.20.30.31/public.crl
leaf litware-inward public sip.litwareinc.com sip.litwareinc.com $both
cdp=

# what L3 must turn away
leaf bad-name internal dirpool01.$corp laptop.$corp $both
leaf bad-sql internal sql01.$corp sql01.$corp $both
leaf bad-foreign foreign dirpool01.$corp dirpool01.$corp,dir01.$corp $both
leaf bad-public public dirpool01.$corp dirpool01.$corp,dir01.$corp $both
leaf bad-sanless internal dirpool01.$corp - $both
leaf bad-eku internal dirpool01.$corp dirpool01.$corp,dir01.$corp emailProtection
leaf bad-wildcard internal dirpool01.$corp "*.$corp" $both
# and what the door of Data MCUs must turn away
leaf mcu-none internal fe02.$corp fe02.$corp -
leaf mcu-client internal fe02.$corp fe02.$corp clientAuth
leaf mcu-eku internal fe02.$corp fe02.$corp emailProtection
leaf mcu-name internal laptop.$corp laptop.$corp serverAuth
leaf mcu-sanless internal fe02.$corp - serverAuth
leaf mcu-wildcard internal fe02.$corp "*.$corp" serverAuth
leaf mcu-foreign foreign fe02.$corp fe02.$corp serverAuth
leaf mcu-public public fe02.$corp fe02.$corp serverAuth
newkey bad-selfsigned.key
openssl req -x509 -new -sha256 -key bad-selfsigned.key -days 10 \
	-subj "/CN=dirpool01.$corp" -addext "subjectAltName=DNS:dirpool01.$corp" \
	-out bad-selfsigned.pem
cp bad-selfsigned.pem bad-selfsigned-chain.pem

# expired: openssl x509 -req cannot date back, the ca command can
expired() { # NAME AUTHORITY COMMON-NAME SAN-LIST EKU
	mkdir -p expired.d
	: >expired.d/index
	echo 01 >expired.d/serial
	cat >expired.d/ca.cnf <<-EOT
		[ca]
		default_ca = lab
		[lab]
		dir = expired.d
		database = expired.d/index
		serial = expired.d/serial
		new_certs_dir = expired.d
		default_md = sha256
		policy = any
		email_in_dn = no
		[any]
		commonName = supplied
		[leaf]
		subjectAltName = $(names "$4")
		extendedKeyUsage = $5
	EOT
	newkey "$1.key"
	openssl req -new -sha256 -key "$1.key" -subj "/CN=$3" -out "$1.csr"
	openssl ca -batch -notext -config expired.d/ca.cnf -extensions leaf \
		-cert "$2-ca.pem" -keyfile "$2-ca.key" -in "$1.csr" \
		-startdate 20200101000000Z -enddate 20200201000000Z \
		-out "$1.pem" 2>/dev/null
	cat "$1.pem" "$2-ca.pem" >"$1-chain.pem"
	rm -r expired.d "$1.csr"
}
expired bad-expired internal dirpool01.$corp dirpool01.$corp,dir01.$corp $both
expired mcu-expired internal fe02.$corp fe02.$corp serverAuth
expired access-expired public sip.contoso.com \
	sip.contoso.com,webconf.contoso.com,av.contoso.com $both
expired partner-expired public sip.fabrikam.com sip.fabrikam.com $both
chmod 0640 ./*.key
