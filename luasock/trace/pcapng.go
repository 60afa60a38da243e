package trace

import (
	"encoding/binary"
	"io"
	"net/netip"
	"time"
)

// pcapng writes blocks of the format that Wireshark reads, in little-endian
// order, each with one Write.
//
// Source: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html
type pcapng struct {
	w    io.Writer
	text []byte
}

// The types of blocks and options, and the kind of packets.
const (
	sectionHeader  = 0x0A0D0D0A
	interfaceBlock = 1
	packetBlock    = 6
	commentOption  = 1
	nameOption     = 2   // of an interface
	linkTypeRaw    = 101 // packets begin with their IP header
)

// begin writes what stands before the packets.
func (p *pcapng) begin() {
	b := binary.LittleEndian.AppendUint32(nil, 0x1A2B3C4D) // says the order of bytes
	b = binary.LittleEndian.AppendUint16(b, 1)             // version 1.0
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint64(b, 1<<64-1) // the section's length is unknown
	p.block(sectionHeader, b)
	b = binary.LittleEndian.AppendUint32(nil, linkTypeRaw)
	b = binary.LittleEndian.AppendUint32(b, 0) // no limit to packets
	p.block(interfaceBlock, appendOption(b, nameOption, "sockscript"))
}

// packet writes one IP packet with a comment.
func (p *pcapng) packet(at time.Time, data []byte, comment string) {
	micros := uint64(at.UnixMicro())
	b := binary.LittleEndian.AppendUint32(nil, 0) // the interface
	b = binary.LittleEndian.AppendUint32(b, uint32(micros>>32))
	b = binary.LittleEndian.AppendUint32(b, uint32(micros))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = pad(append(b, data...))
	p.block(packetBlock, appendOption(b, commentOption, comment))
}

func (p *pcapng) block(kind uint32, body []byte) {
	length := uint32(len(body) + 12)
	b := binary.LittleEndian.AppendUint32(p.text[:0], kind)
	b = binary.LittleEndian.AppendUint32(b, length)
	b = append(b, body...)
	p.text = binary.LittleEndian.AppendUint32(b, length)
	p.w.Write(p.text)
}

// appendOption appends an option and the end of options.
func appendOption(b []byte, code uint16, text string) []byte {
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return append(pad(append(b, text...)), 0, 0, 0, 0)
}

// pad appends zeros up to a multiple of 4 bytes.
func pad(b []byte) []byte { return append(b, make([]byte, -len(b)&3)...) }

// ipPacket makes an IPv4 or IPv6 packet, as the source is (RFC 791, RFC 8200).
func ipPacket(from, to netip.Addr, protocol byte, payload []byte) []byte {
	var b []byte
	if from.Is4() {
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(20+len(payload)))
		b = append(b, 0, 0, 0x40, 0, 64, protocol, 0, 0) // do not fragment; 64 hops
		b = append(append(b, from.AsSlice()...), to.AsSlice()...)
		binary.BigEndian.PutUint16(b[10:], checksum(0, b))
	} else {
		b = append(b, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
		b = append(b, protocol, 64)
		b = append(append(b, from.AsSlice()...), to.AsSlice()...)
	}
	return append(b, payload...)
}

// The numbers of protocols.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
)

// The flags of a segment.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

// tcpSegment makes a TCP segment (RFC 9293) in a packet.
func tcpSegment(from, to netip.AddrPort, seq, acked uint32, flags byte, payload []byte) []byte {
	b := ports(from, to)
	b = binary.BigEndian.AppendUint32(b, seq)
	b = binary.BigEndian.AppendUint32(b, acked)
	b = append(b, 5<<4, flags, 0xFF, 0xFF, 0, 0, 0, 0) // the window; the checksum; nothing urgent
	b = append(b, payload...)
	binary.BigEndian.PutUint16(b[16:], checksum(pseudoHeader(from, to, protoTCP, len(b)), b))
	return ipPacket(from.Addr(), to.Addr(), protoTCP, b)
}

// udpDatagram makes a UDP datagram (RFC 768) in a packet.
func udpDatagram(from, to netip.AddrPort, payload []byte) []byte {
	b := ports(from, to)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(payload)))
	b = append(append(b, 0, 0), payload...)
	sum := checksum(pseudoHeader(from, to, protoUDP, len(b)), b)
	if sum == 0 {
		sum = 0xFFFF // 0 would mean none
	}
	binary.BigEndian.PutUint16(b[6:], sum)
	return ipPacket(from.Addr(), to.Addr(), protoUDP, b)
}

func ports(from, to netip.AddrPort) []byte {
	b := binary.BigEndian.AppendUint16(nil, from.Port())
	return binary.BigEndian.AppendUint16(b, to.Port())
}

// pseudoHeader is the sum of what the checksum of a segment covers beside it.
func pseudoHeader(from, to netip.AddrPort, protocol byte, length int) uint32 {
	b := append(from.Addr().AsSlice(), to.Addr().AsSlice()...)
	return add(uint32(protocol)+uint32(length), b)
}

// checksum is that of the Internet (RFC 1071).
func checksum(sum uint32, b []byte) uint16 {
	sum = add(sum, b)
	for sum > 0xFFFF {
		sum = sum>>16 + sum&0xFFFF
	}
	return ^uint16(sum)
}

func add(sum uint32, b []byte) uint32 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}
