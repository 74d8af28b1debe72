#!/bin/sh
# Makes the certificates and PKCS#12 files of the PKI tests anew (openssl 3). They are valid for 100 years; every private key
# here is public and worthless. Usage: make.sh, in this directory.
set -eu
days=36500
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

key() { openssl genrsa -out "$1.key" "${2:-2048}" 2>/dev/null; }

# self NAME SUBJECT EXTENSION...: self-signed with exactly these extensions
self() {
        name=$1 subject=$2
        shift 2
        { printf '[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n[x]\n'; printf '%s\n' "$@"; } >"$tmp/c"
        openssl req -x509 -new -key "$name.key" -subj "$subject" -days $days -config "$tmp/c" -extensions x -out "$name.pem"
}

# signed NAME SUBJECT CA DIGEST EXTENSION...
signed() {
        name=$1 subject=$2 ca=$3 md=$4
        shift 4
        printf '%s\n' "$@" >"$tmp/x"
        openssl req -new -key "$name.key" -subj "$subject" -out "$tmp/r"
        openssl x509 -req -in "$tmp/r" -CA "$ca.pem" -CAkey "$ca.key" -set_serial "0x$(openssl rand -hex 8 | sed s/^./4/)" \
                "-$md" -days $days -extfile "$tmp/x" -out "$name.pem" 2>/dev/null
}

CA='basicConstraints=critical,CA:TRUE' SIGN='keyUsage=critical,keyCertSign,cRLSign'
LEAF='basicConstraints=CA:FALSE' USE='keyUsage=digitalSignature,keyEncipherment'
BOTH='extendedKeyUsage=serverAuth,clientAuth'

for k in root int int2 server client other self selfca child; do key $k; done
key small 768
self root '/C=US/O=Example/CN=Example Root' "$CA" "$SIGN"
self other '/C=US/O=Example/CN=Example Root' "$CA" "$SIGN"
signed int '/O=Example/CN=Example Issuing' root sha256 'basicConstraints=critical,CA:TRUE,pathlen:0' "$SIGN"
signed int2 '/O=Example/CN=Example Too Deep' int sha256 "$CA" "$SIGN"
signed server '/C=US/O=Example, Inc/OU=Voice/CN=server.example.com' int sha256 "$LEAF" "$USE" "$BOTH" \
        'subjectAltName=DNS:server.example.com,DNS:*.wild.example.com,IP:10.1.1.2,IP:2001:db8::2'
signed client '/CN=SEP001122334455' root sha256 "$LEAF" 'keyUsage=digitalSignature' 'extendedKeyUsage=clientAuth'

# the same key under other circumstances
for v in deep:int2:sha256 sha1:root:sha1 md5:root:md5 forged:other:sha256; do
        n=${v%%:*} r=${v#*:}
        cp server.key $n.key
        signed $n "/CN=$n.example.com" "${r%%:*}" "${r#*:}" "$LEAF" "$USE"
        rm $n.key
done
cp child.key critical.key
signed critical '/CN=critical' root sha256 "$LEAF" '1.2.3.4=critical,ASN1:NULL'
rm critical.key
signed small '/CN=small.example.com' root sha256 "$LEAF" "$USE"

# certificates that an operator pastes: with CA:FALSE, as "openssl req -x509" makes them, and with an unhelpful keyUsage
self self '/CN=cuma.example.com' "$LEAF" 'subjectAltName=DNS:cuma.example.com,DNS:*.test'
self selfca '/CN=lab-ca' 'basicConstraints=CA:TRUE'
cp selfca.key selfuse.key
self selfuse '/CN=self-use' "$CA" "$USE"
cp selfca.key selfnc.key
self selfnc '/CN=self-nc' "$CA" "$SIGN" 'nameConstraints=permitted;DNS:example.com'
for ca in self selfca selfuse selfnc; do
        cp child.key "$ca-child.key"
        signed "$ca-child" "/CN=child-of-$ca" $ca sha256 "$LEAF" "$USE"
        rm "$ca-child.key"
done
# what the texts of server.pem must be
{
        openssl x509 -in server.pem -noout -serial
        for md in md5 sha1 sha256; do
                openssl x509 -in server.pem -noout -fingerprint -$md
        done
} | sed 's/.*=//; s/://g' | tr A-F a-f | sed '2,$s/......../& /g; s/ $//' >server.txt
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:4294967311 \
        -out exponent.key 2>/dev/null
self exponent '/CN=exponent' "$LEAF"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec.key -subj /CN=ec.example.com -days $days \
        -out ec.pem 2>/dev/null

# PKCS#12; the passphrase is that of the sample configuration
p12() {
        out=$1
        shift
        openssl pkcs12 -export -passout pass:sample_passphrase -out "$out" "$@"
}
p12 new.p12 -inkey server.key -in server.pem
cat int.pem root.pem >"$tmp/chain"
p12 chain.p12 -inkey server.key -in server.pem -certfile "$tmp/chain"
p12 old.p12 -legacy -inkey server.key -in server.pem
p12 self.p12 -inkey self.key -in self.pem
p12 ec.p12 -inkey ec.key -in ec.pem
p12 iterations.p12 -inkey server.key -in server.pem -iter 1000001
p12 mac.p12 -inkey server.key -in server.pem -nomaciter
p12 nomac.p12 -inkey server.key -in server.pem -nomac
p12 nokey.p12 -nokeys -in server.pem
p12 nocert.p12 -nocerts -inkey server.key -in server.pem
openssl pkcs12 -export -passout pass: -out empty.p12 -inkey server.key -in server.pem
rm -f int2.key client.key other.key self.key selfca.key selfuse.key selfnc.key child.key small.key ec.key root.key int.key
