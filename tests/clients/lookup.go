// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// As lookup.c, by Go's own resolver.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sort"
	"strings"
)

func lookUp(family, name string) string {
	found, err := net.DefaultResolver.LookupIP(context.Background(), family, name)
	var failure *net.DNSError
	var texts []string
	if errors.As(err, &failure) && failure.IsNotFound {
		return "none"
	} else if err != nil {
		return err.Error()
	}
	for _, ip := range found {
		texts = append(texts, ip.String())
	}
	sort.Strings(texts)
	return strings.Join(texts, " ")
}

func main() {
	for i := 1; i+1 < len(os.Args); i += 2 {
		family := map[string]string{"A": "ip4", "AAAA": "ip6"}[os.Args[i]]
		fmt.Println(os.Args[i], os.Args[i+1], lookUp(family, os.Args[i+1]))
	}
}
