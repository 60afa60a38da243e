package lualib

import (
	"math/bits"
	"slices"
	"strings"
	"sync"

	"sockscript/luasock/bind"
)

// crc16Kind is one algorithm of the catalogue of parametrised CRC algorithms
// (reveng.sourceforge.io/crc-catalogue), from which names and numbers are.
type crc16Kind struct {
	names []string // the one to list first, other names after it
	poly  uint16
	init  uint16
	refl  bool // bytes are taken and the result is given with the lowest bit first
	xor   uint16
	check uint16 // of "123456789"
	table func() *[256]uint16
}

// crc16Kinds is all of them. The first is the default: in the catalogue, "CRC-16"
// without more is ARC.
var crc16Kinds = []crc16Kind{
	crc16("arc crc-16 ibm lha", 0x8005, 0, true, 0, 0xBB3D),
	crc16("modbus", 0x8005, 0xFFFF, true, 0, 0x4B37),
	crc16("usb", 0x8005, 0xFFFF, true, 0xFFFF, 0xB4C8),
	crc16("maxim maxim-dow", 0x8005, 0, true, 0xFFFF, 0x44C2),
	crc16("umts buypass verifone", 0x8005, 0, false, 0, 0xFEE8),
	crc16("cms", 0x8005, 0xFFFF, false, 0, 0xAEE7),
	crc16("dds-110", 0x8005, 0x800D, false, 0, 0x9ECF),
	crc16("ccitt-false ibm-3740 autosar", 0x1021, 0xFFFF, false, 0, 0x29B1),
	crc16("xmodem zmodem acorn", 0x1021, 0, false, 0, 0x31C3),
	crc16("aug-ccitt spi-fujitsu", 0x1021, 0x1D0F, false, 0, 0xE5CC),
	crc16("genibus epc icode darc", 0x1021, 0xFFFF, false, 0xFFFF, 0xD64E),
	crc16("gsm", 0x1021, 0, false, 0xFFFF, 0xCE3C),
	crc16("kermit ccitt ccitt-true v-41-lsb", 0x1021, 0, true, 0, 0x2189),
	crc16("x25 x-25 ibm-sdlc hdlc", 0x1021, 0xFFFF, true, 0xFFFF, 0x906E),
	crc16("mcrf4xx", 0x1021, 0xFFFF, true, 0, 0x6F91),
	crc16("iso-iec-14443-3-a crc-a", 0x1021, 0xC6C6, true, 0, 0xBF05),
	crc16("tms37157", 0x1021, 0x89EC, true, 0, 0x26B1),
	crc16("riello", 0x1021, 0xB2AA, true, 0, 0x63D0),
	crc16("dnp", 0x3D65, 0, true, 0xFFFF, 0xEA82),
	crc16("en-13757", 0x3D65, 0, false, 0xFFFF, 0xC2B7),
	crc16("profibus iec-61158-2", 0x1DCF, 0xFFFF, false, 0xFFFF, 0xA819),
	crc16("t10-dif", 0x8BB7, 0, false, 0, 0xD0DB),
	crc16("teledisk", 0xA097, 0, false, 0, 0x0FB3),
	crc16("cdma2000", 0xC867, 0xFFFF, false, 0, 0x4C06),
	crc16("dect-r", 0x0589, 0, false, 0x0001, 0x007E),
	crc16("dect-x", 0x0589, 0, false, 0, 0x007F),
	crc16("opensafety-a", 0x5935, 0, false, 0, 0x5D38),
	crc16("opensafety-b", 0x755B, 0, false, 0, 0x20FE),
}

// crc16 makes one row; its table is computed at the first use.
func crc16(names string, poly, init uint16, refl bool, xor, check uint16) crc16Kind {
	return crc16Kind{strings.Fields(names), poly, init, refl, xor, check,
		sync.OnceValue(func() *[256]uint16 { return crc16Table(poly, refl) })}
}

// crc16Table holds the remainder of each byte.
func crc16Table(poly uint16, refl bool) *[256]uint16 {
	var table [256]uint16
	for b := range table {
		crc := uint16(b) << 8
		if refl {
			crc = bits.Reverse16(uint16(b))
		}
		for range 8 {
			carry := crc&0x8000 != 0
			if crc <<= 1; carry {
				crc ^= poly
			}
		}
		table[b] = crc
		if refl {
			table[b] = bits.Reverse16(crc)
		}
	}
	return &table
}

func (k *crc16Kind) sum(s string) uint16 {
	table, crc := k.table(), k.init
	if k.refl {
		crc = bits.Reverse16(crc)
		for i := range len(s) {
			crc = crc>>8 ^ table[byte(crc)^s[i]]
		}
	} else {
		for i := range len(s) {
			crc = crc<<8 ^ table[byte(crc>>8)^s[i]]
		}
	}
	return crc ^ k.xor
}

func crc16Names() (names []string) {
	for _, k := range crc16Kinds {
		names = append(names, k.names[0])
	}
	return names
}

func bytesCRC16(c bind.Call) int {
	s, name := c.Bytes(1), strings.ToLower(c.OptBytes(2, "arc"))
	for i := range crc16Kinds {
		if k := &crc16Kinds[i]; slices.Contains(k.names, name) {
			return c.Integer(int(k.sum(s)))
		}
	}
	c.Wrong(2, "one of "+strings.Join(crc16Names(), ", "))
	return 0
}
