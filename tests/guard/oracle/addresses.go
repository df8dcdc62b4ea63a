package main

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// own says whether a host's name or address, as the C library or Go may read it, is the host itself or its own link.
func own(host string) bool {
	host = strings.ToLower(strings.Trim(strings.TrimSpace(host), "[]"))
	if at := strings.IndexByte(host, '%'); at >= 0 {
		host = host[:at]
	}
	host = strings.TrimRight(host, ".")
	switch {
	case host == "localhost", strings.HasSuffix(host, ".localhost"), host == "localhost.localdomain", host == "localhost4", host == "localhost6", host == "ip6-localhost", host == "ip6-loopback":
		return true
	}
	ip := net.ParseIP(host)
	if ip == nil {
		ip = oldAddress(host)
	}
	if ip == nil {
		return false
	}
	if four := ip.To4(); four != nil && four[0] == 0 {
		return true
	}
	return ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast()
}

// oldAddress reads 127.1, 0x7f.0.0.1, 2130706433 and 0177.1 as inet_aton(3) does.
func oldAddress(host string) net.IP {
	parts := strings.Split(host, ".")
	if host == "" || len(parts) > 4 {
		return nil
	}
	var sum uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 0, 64)
		if err != nil {
			return nil
		}
		switch last := i == len(parts)-1; {
		case !last && n > 255, last && n >= 1<<(8*uint(5-len(parts))):
			return nil
		case last:
			sum = sum<<(8*uint(5-len(parts))) | n
		default:
			sum = sum<<8 | n
		}
	}
	return net.IPv4(byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
}

// ownURL says whether a URL leads to the host itself. One that Go cannot read leads nowhere.
func ownURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && own(u.Hostname())
}
