package php

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// receive reads the answer and hands it over.
func (x *curlTransfer) receive() error {
	x.bytes, x.length = 0, -1
	for {
		if err := x.readHead(x.deliverHead); err != nil {
			return err
		}
		if x.status/100 != 1 {
			break
		}
	}
	if x.h.jar != nil {
		x.keepCookies()
	}
	if n, err := strconv.Atoi(x.field("Content-Length")); err == nil && n >= 0 && !x.chunked() {
		x.length = n
	}
	if x.h.on(curlFailOnError) && x.status >= 400 {
		return curlFault{22, fmt.Sprintf("The requested URL returned error: %d", x.status)}
	}
	err := x.readBody()
	x.total = time.Since(x.began)
	closes := strings.EqualFold(x.field("Connection"), "close") || x.protocol == "HTTP/1.0"
	if closes || x.length < 0 && !x.chunked() && !x.bodiless() {
		defer x.hangUp()
	}
	return err
}

// readHead reads a status line and fields; each line is handed over.
func (x *curlTransfer) readHead(hand func(line string) bool) error {
	x.head = nil
	const most = 100 << 10
	for size := 0; ; {
		line, err := x.r.ReadString('\n')
		if x.firstByte == 0 {
			x.firstByte = time.Since(x.began)
		}
		if err != nil {
			if len(x.head) == 0 && line == "" {
				return err
			}
			if errors.Is(err, io.EOF) && len(x.head) > 0 {
				return curlFault{56, "Recv failure: the head has no end"}
			}
			return err
		}
		if size += len(line); size > most {
			return curlFault{56, "Too large response headers"}
		}
		if len(x.head) == 0 && !x.statusLine(line) {
			return curlFault{1, "Received HTTP/0.9 when not allowed"}
		}
		x.head = append(x.head, line)
		x.headBytes += len(line)
		if !hand(line) {
			return curlFault{23, "Failed writing header"}
		}
		if strings.TrimRight(line, "\r\n") == "" {
			return nil
		}
	}
}

func (x *curlTransfer) statusLine(line string) bool {
	protocol, rest, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	if !ok || !strings.HasPrefix(protocol, "HTTP/") {
		return false
	}
	code, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(code)
	x.protocol, x.status = protocol, n
	return err == nil && len(code) == 3
}

// field is the last value of a field of the head.
func (a *answer) field(name string) string {
	value := ""
	for _, line := range a.head[min(1, len(a.head)):] {
		if key, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			value = strings.TrimSpace(v)
		}
	}
	return value
}

func (a *answer) chunked() bool { return strings.EqualFold(a.field("Transfer-Encoding"), "chunked") }

// bodiless tells whether the answer has no body, whatever its head says.
func (x *curlTransfer) bodiless() bool {
	return x.h.on(curlNoBody) || x.method == "HEAD" || x.status == 204 || x.status == 304
}

// deliverHead hands over a line of a head.
func (x *curlTransfer) deliverHead(line string) bool {
	if fn := x.h.function(curlHeaderFunction); fn != nil && !x.h.call(x.k, fn, line) {
		return false
	}
	return !x.h.on(curlHeader) || x.write(line)
}

// readBody reads the body. One of a redirect that is followed is not handed over.
func (x *curlTransfer) readBody() error {
	if x.bodiless() {
		return nil
	}
	deliver := x.write
	if x.follows() && x.field("Location") != "" {
		deliver = func(string) bool { return true }
	}
	var coded bytes.Buffer
	coding := strings.ToLower(x.field("Content-Encoding"))
	_, decode := x.h.encoding()
	decode = decode && (coding == "gzip" || coding == "x-gzip" || coding == "deflate")
	hand := deliver
	if decode {
		hand = func(piece string) bool { coded.WriteString(piece); return true }
	}
	var err error
	switch {
	case x.chunked():
		err = x.readChunks(hand)
	case x.length >= 0:
		if err = x.readPart(x.length, hand); errors.Is(err, io.EOF) {
			err = curlFault{18, fmt.Sprintf("transfer closed with %d bytes remaining to read", x.length-x.bytes)}
		}
	default:
		if err = x.readPart(-1, hand); errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil || !decode {
		return err
	}
	plain, err := decoded(coding, coded.Bytes())
	if err != nil {
		return curlFault{61, "Error while processing content unencoding: " + strings.TrimPrefix(err.Error(), "gzip: ")}
	}
	return handPieces(string(plain), deliver)
}

// handPieces hands a text over in pieces of curl's size.
func handPieces(text string, hand func(string) bool) error {
	const most = 16 << 10
	for text != "" {
		piece := text[:min(most, len(text))]
		text = text[len(piece):]
		if !hand(piece) {
			return curlFault{23, "Failure writing output to destination"}
		}
	}
	return nil
}

func decoded(coding string, data []byte) ([]byte, error) {
	if coding != "deflate" {
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	if r, err := zlib.NewReader(bytes.NewReader(data)); err == nil {
		return io.ReadAll(r)
	}
	return io.ReadAll(flate.NewReader(bytes.NewReader(data)))
}

// readPart reads n bytes, -1 for all, and hands over what comes as it comes.
func (x *curlTransfer) readPart(n int, hand func(string) bool) error {
	buf := make([]byte, 16<<10)
	for n != 0 {
		p := buf
		if n > 0 {
			p = buf[:min(n, len(buf))]
		}
		got, err := x.r.Read(p)
		x.bytes += got
		if got > 0 && !hand(string(p[:got])) {
			return curlFault{23, "Failure writing output to destination"}
		}
		if err != nil {
			return err
		}
		if n > 0 {
			n -= got
		}
	}
	return nil
}

// readChunks reads a chunked body.
func (x *curlTransfer) readChunks(hand func(string) bool) error {
	short := func(err error) error {
		if errors.Is(err, io.EOF) {
			return curlFault{18, "transfer closed with outstanding read data remaining"}
		}
		return err
	}
	for {
		line, err := x.r.ReadString('\n')
		if err != nil {
			return short(err)
		}
		size, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 31)
		if err != nil {
			return curlFault{56, "Illegal or missing hexadecimal sequence in chunked-encoding"}
		}
		if n == 0 {
			break
		}
		if err := x.readPart(int(n), hand); err != nil {
			return short(err)
		}
		if _, err := x.r.ReadString('\n'); err != nil {
			return short(err)
		}
	}
	for { // the trailer
		line, err := x.r.ReadString('\n')
		if err != nil || strings.TrimRight(line, "\r\n") == "" {
			return short(err)
		}
	}
}
