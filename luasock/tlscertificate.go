package luasock

import (
	"crypto"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/youmark/pkcs8"
	"golang.org/x/sys/unix"
)

// pemError is why a file of certificates or keys cannot be used; option is the
// one that named it.
type pemError struct {
	option string
	err    error
}

func (e *pemError) Error() string { return e.err.Error() }

// loadPair reads a certificate, with the chain behind it, and its key. Without a
// file of its own the key lies beside the certificate.
func loadPair(certFile, keyFile, passphrase string) (*tls.Certificate, *pemError) {
	chain, err := pemBlocks(certFile, "CERTIFICATE")
	if err != nil {
		return nil, &pemError{"local_cert", err}
	}
	leaf, err := x509.ParseCertificate(chain[0].Bytes)
	if err != nil {
		return nil, &pemError{"local_cert", fmt.Errorf("(%s) holds no certificate that can be read: %w", certFile, err)}
	}
	option := "local_pk"
	if keyFile == "" {
		option, keyFile = "local_cert", certFile
	}
	key, err := loadKey(keyFile, passphrase)
	if err != nil {
		return nil, &pemError{option, err}
	}
	if !keyFits(leaf, key) {
		return nil, &pemError{option, fmt.Errorf("(%s) holds a key that does not match the certificate in %s", keyFile, certFile)}
	}
	pair := &tls.Certificate{PrivateKey: key, Leaf: leaf}
	for _, block := range chain {
		pair.Certificate = append(pair.Certificate, block.Bytes)
	}
	return pair, nil
}

// What no file of certificates or keys needs: a path may name a device that never
// ends, or a FIFO into which nobody writes.
const (
	mostPEM = 16 << 20 // bytes
	pemTime = 10 * time.Second
)

// ReadPEM reads a file of certificates or keys, which may be a FIFO (/dev/fd/63
// of a shell).
func ReadPEM(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	defer f.Close()
	f.SetReadDeadline(time.Now().Add(pemTime)) // a regular file needs none
	text, err := io.ReadAll(io.LimitReader(f, mostPEM+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fmt.Errorf("(%s) has not ended within %d seconds", path, pemTime/time.Second)
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w", err)
	case len(text) > mostPEM:
		return nil, fmt.Errorf("(%s) has more than %d MB: it is no file in PEM format", path, mostPEM>>20)
	}
	return text, nil
}

// pemBlocks reads the blocks of a file whose type ends so; there is one at least.
func pemBlocks(path, suffix string) (list []*pem.Block, err error) {
	text, err := ReadPEM(path)
	if err != nil {
		return nil, err
	}
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if strings.HasSuffix(block.Type, suffix) {
			list = append(list, block)
		}
	}
	if list == nil {
		return nil, fmt.Errorf("(%s) must hold a %s in PEM format", path, strings.ToLower(suffix))
	}
	return list, nil
}

// loadKey reads a private key: PKCS #8, PKCS #1 or SEC 1, encrypted or not.
func loadKey(path, passphrase string) (crypto.PrivateKey, error) {
	blocks, err := pemBlocks(path, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	block := blocks[0]
	legacy := x509.IsEncryptedPEMBlock(block) //lint:ignore SA1019 keys that OpenSSL has encrypted in the old way are still about
	if passphrase == "" && (legacy || block.Type == "ENCRYPTED PRIVATE KEY") {
		return nil, fmt.Errorf("(%s) holds an encrypted key: passphrase is missing", path)
	}
	key, err := parseKey(block, passphrase, legacy)
	if err != nil && (legacy || block.Type == "ENCRYPTED PRIVATE KEY") {
		return nil, fmt.Errorf("(%s) holds an encrypted key that passphrase does not open: %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("(%s) holds no key that can be read: %w", path, err)
	}
	return key, nil
}

func parseKey(block *pem.Block, passphrase string, legacy bool) (crypto.PrivateKey, error) {
	der := block.Bytes
	if legacy {
		var err error
		der, err = x509.DecryptPEMBlock(block, []byte(passphrase)) //lint:ignore SA1019 as above
		if err != nil {
			return nil, err
		}
	}
	if block.Type == "ENCRYPTED PRIVATE KEY" {
		return pkcs8.ParsePKCS8PrivateKey(der, []byte(passphrase))
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	return x509.ParsePKCS8PrivateKey(der)
}

// keyFits tells whether a private key is that of a certificate.
func keyFits(leaf *x509.Certificate, key crypto.PrivateKey) bool {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return false
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(leaf.PublicKey)
}

// loadRoots reads authorities from a file and from the files of a folder; ""
// for none. Without both the result is nil, which is the system's.
func loadRoots(file, folder string) (*x509.CertPool, *pemError) {
	if file == "" && folder == "" {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if file != "" {
		if err := addRoots(pool, file); err != nil {
			return nil, &pemError{"cafile", err}
		}
	}
	if folder != "" {
		if err := addFolder(pool, folder); err != nil {
			return nil, &pemError{"capath", err}
		}
	}
	return pool, nil
}

func addRoots(pool *x509.CertPool, path string) error {
	blocks, err := pemBlocks(path, "CERTIFICATE")
	if err != nil {
		return err
	}
	for _, block := range blocks {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("(%s) holds a certificate that cannot be read: %w", path, err)
		}
		pool.AddCert(cert)
	}
	return nil
}

// addFolder takes every file that holds certificates, by whatever name: OpenSSL
// wants names that are hashes.
func addFolder(pool *x509.CertPool, path string) error {
	files, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	found := false
	for _, f := range files {
		name := filepath.Join(path, f.Name())
		if there, err := os.Stat(name); err == nil && there.Mode().IsRegular() && addRoots(pool, name) == nil {
			found = true
		}
	}
	if !found {
		return fmt.Errorf("(%s) must hold files with certificates in PEM format", path)
	}
	return nil
}

// fingerprint is a hash that a peer's certificate must have.
type fingerprint struct {
	name string
	hash func() hash.Hash
	sum  []byte
}

// digests are the algorithms of a fingerprint.
var digests = []struct {
	name string
	hash func() hash.Hash
}{
	{"md5", md5.New}, {"sha1", sha1.New}, {"sha224", sha256.New224},
	{"sha256", sha256.New}, {"sha384", sha512.New384}, {"sha512", sha512.New},
}

// parseFingerprint reads a hash in hexadecimal digits, with or without ":"
// between. Without a name its length tells which it is.
func parseFingerprint(name, text string) (fingerprint, error) {
	sum, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil {
		return fingerprint{}, errors.New("must be hexadecimal digits")
	}
	var names []string
	for _, d := range digests {
		if right := d.hash().Size() == len(sum); right && (name == "" || name == d.name) {
			return fingerprint{d.name, d.hash, sum}, nil
		} else if name == d.name {
			return fingerprint{}, fmt.Errorf("must have %d digits, got %d", 2*d.hash().Size(), 2*len(sum))
		}
		names = append(names, d.name)
	}
	return fingerprint{}, fmt.Errorf("must be a hash by %s", strings.Join(names, ", "))
}

// digest is a certificate's hash in hexadecimal digits.
func digest(h hash.Hash, cert *x509.Certificate) string {
	h.Write(cert.Raw)
	return hex.EncodeToString(h.Sum(nil))
}
