//! Which addresses belong to the public internet.
//!
//! Source: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its updates). Everything listed there
//! as not globally reachable is refused, and so is everything that wraps an IPv4 address in an IPv6 one: such a wrapper is a
//! second spelling of an address the first check would have refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 blocks that are not public, as (first address, prefix length).
const REFUSED_V4: [(Ipv4Addr, u32); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),       // "this network"
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // shared by carriers (CGNAT); Lambda and ECS also live here
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local: instance and container metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 31, 196, 0), 24), // AS112
    (Ipv4Addr::new(192, 52, 193, 0), 24), // automatic multicast tunnelling
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(192, 175, 48, 0), 24), // AS112
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarking
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 3),     // multicast, reserved, broadcast
];

/// The only IPv6 block from which public addresses are handed out (RFC 4291 section 2.4, IANA global unicast).
///
/// Outside it lie loopback, unspecified, IPv4-mapped and -compatible addresses, NAT64 (`64:ff9b::/96`, `64:ff9b:1::/48`),
/// discard-only, unique local, link-local, site-local, segment routing and multicast: all refused by not being inside.
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Blocks inside [`PUBLIC_V6`] that are not public.
const REFUSED_V6: [(Ipv6Addr, u32); 5] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, benchmarking, ORCHID
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: an IPv4 address inside
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48), // AS112
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// Whether `address` is an ordinary address of the public internet.
///
/// `false` for loopback, private, link-local (so every cloud's metadata service), carrier-shared, documentation, multicast and
/// reserved addresses, and for every IPv6 form that carries an IPv4 address.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !REFUSED_V4.iter().any(|&(block, prefix)| v4_in(v4, block, prefix)),
        IpAddr::V6(v6) => {
            v6_in(v6, PUBLIC_V6.0, PUBLIC_V6.1) && !REFUSED_V6.iter().any(|&(block, prefix)| v6_in(v6, block, prefix))
        }
    }
}

fn v4_in(address: Ipv4Addr, block: Ipv4Addr, prefix: u32) -> bool {
    (address.to_bits() ^ block.to_bits()) >> (32 - prefix) == 0
}

fn v6_in(address: Ipv6Addr, block: Ipv6Addr, prefix: u32) -> bool {
    (address.to_bits() ^ block.to_bits()) >> (128 - prefix) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Addresses everybody agrees on, spelled as a reader would meet them.
    #[test]
    fn well_known_addresses() {
        for public in [
            "8.8.8.8",
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "223.255.255.255",
            "11.0.0.0",
            "9.255.255.255",
            "2606:4700:4700::1111",
            "2400:cb00::1",
            "2001:200::1",
            "2600:1f18::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for refused in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.2.1",
            "198.19.255.255",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ] {
            assert!(!is_public(refused.parse().unwrap()), "{refused}");
        }
    }

    proptest! {
        /// The standard library's own classification, where it is stable, is never contradicted.
        #[test]
        fn never_wider_than_the_standard_library(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast()
                || v4.is_documentation() || v4.is_unspecified() {
                prop_assert!(!is_public(IpAddr::V4(v4)));
            }
        }

        /// Every address inside a refused block is refused, whatever its host bits.
        #[test]
        fn whole_blocks_are_refused(host in any::<u32>(), host6 in any::<u128>()) {
            for (block, prefix) in REFUSED_V4 {
                let inside = block.to_bits() | (host & (u32::MAX >> prefix));
                prop_assert!(!is_public(IpAddr::V4(Ipv4Addr::from_bits(inside))));
            }
            for (block, prefix) in REFUSED_V6 {
                let inside = block.to_bits() | (host6 & (u128::MAX >> prefix));
                prop_assert!(!is_public(IpAddr::V6(Ipv6Addr::from_bits(inside))));
            }
        }

        /// No IPv6 spelling of an IPv4 address passes, public or not.
        #[test]
        fn wrapped_v4_is_refused(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            let [a, b] = [(bits >> 16) as u16, (bits & 0xffff) as u16];
            for wrapped in [v4.to_ipv6_mapped(), v4.to_ipv6_compatible(), Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a, b),
                            Ipv6Addr::new(0x2002, a, b, 0, 0, 0, 0, 1)] {
                prop_assert!(!is_public(IpAddr::V6(wrapped)));
            }
        }

        /// Outside the global unicast block nothing is public.
        #[test]
        fn only_global_unicast_v6(bits in any::<u128>()) {
            let v6 = Ipv6Addr::from_bits(bits);
            prop_assert!(!is_public(IpAddr::V6(v6)) || (v6.segments()[0] & 0xe000) == 0x2000);
        }
    }

    /// The addresses on either side of a block are public unless a neighbouring block says otherwise.
    #[test]
    fn blocks_end_where_they_end() {
        for (block, prefix) in REFUSED_V4.iter().take(16) {
            let last = block.to_bits() | (u32::MAX >> prefix);
            let after = Ipv4Addr::from_bits(last + 1);
            let in_another = REFUSED_V4.iter().any(|&(b, p)| v4_in(after, b, p));
            assert_eq!(is_public(IpAddr::V4(after)), !in_another, "{after}");
            assert!(!is_public(IpAddr::V4(Ipv4Addr::from_bits(last))));
        }
    }
}
