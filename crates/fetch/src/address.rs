//! Which addresses are public: the special-purpose registries of IANA (RFC 6890) and the metadata services of clouds.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for, if it is not one of the public internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpecialUse {
    /// This machine: 127.0.0.0/8, `::1`.
    Loopback,
    /// A private network: RFC 1918, `fc00::/7`.
    Private,
    /// The network between a provider and its customers: 100.64.0.0/10 (RFC 6598).
    Shared,
    /// One cable, and on it the metadata service of most clouds: 169.254.0.0/16, `fe80::/10`.
    LinkLocal,
    /// An address at which a cloud tells a machine its secrets.
    Metadata,
    /// No address, or "this network": 0.0.0.0/8, `::`.
    Unspecified,
    /// Many machines at once.
    Multicast,
    /// Documentation (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
    /// Measurements between networks: 198.18.0.0/15, `2001:2::/48`.
    Benchmarking,
    /// An IPv6 address that hides another address: 6to4, Teredo, IPv4-compatible, local NAT64.
    Transition,
    /// Reserved, or assigned to no one.
    Reserved,
}

impl SpecialUse {
    /// Whether `allow_private_networks` lets requests go there: to this machine and to private networks, and never to
    /// link-local addresses, metadata services or what is no address of one machine.
    pub fn is_private_network(self) -> bool {
        matches!(self, Self::Loopback | Self::Private | Self::Shared)
    }
}

impl fmt::Display for SpecialUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "a loopback address",
            Self::Private => "an address of a private network",
            Self::Shared => "an address of a provider's shared network",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "the metadata service of a cloud",
            Self::Unspecified => "the unspecified address",
            Self::Multicast => "a multicast address",
            Self::Documentation => "an address for documentation",
            Self::Benchmarking => "an address for benchmarks",
            Self::Transition => "an address that hides another one",
            Self::Reserved => "a reserved address",
        })
    }
}

use SpecialUse::{
    Benchmarking, Documentation, LinkLocal, Loopback, Metadata, Multicast, Private, Reserved,
    Shared, Transition, Unspecified,
};

/// Single addresses that are more dangerous than the range around them, and one that looks public.
const METADATA: [IpAddr; 7] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

const V4: [(Ipv4Addr, u32, SpecialUse); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8, Unspecified),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Shared),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Documentation),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Transition),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Benchmarking),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Multicast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Reserved),
];

const V6: [(Ipv6Addr, u32, SpecialUse); 13] = [
    (Ipv6Addr::UNSPECIFIED, 128, Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Loopback),
    // IPv4-compatible, deprecated by RFC 4291 §2.5.5.1.
    (Ipv6Addr::UNSPECIFIED, 96, Transition),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, Transition),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, Transition),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, Benchmarking),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Reserved),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Documentation),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Transition),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Documentation),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Private),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, LinkLocal),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Multicast),
];

/// What an address is for; `None` for an address of the public internet.
///
/// An IPv4 address inside an IPv4-mapped (`::ffff:0:0/96`) or a NAT64 address (`64:ff9b::/96`, RFC 6052 §2.1) counts as
/// itself. Of IPv6, only what is assigned to the internet (`2000::/3`) can be public.
pub fn special_use(address: IpAddr) -> Option<SpecialUse> {
    if METADATA.contains(&address) {
        return Some(Metadata);
    }
    match address {
        IpAddr::V4(address) => V4
            .iter()
            .find(|(network, prefix, _)| same_v4(address, *network, *prefix))
            .map(|(_, _, meant)| *meant),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => special_use(inner.into()),
            None => special_v6(address),
        },
    }
}

fn special_v6(address: Ipv6Addr) -> Option<SpecialUse> {
    let known = V6.iter().find(|(network, prefix, _)| same_v6(address, *network, *prefix));
    match known {
        Some((_, _, meant)) => Some(*meant),
        None if same_v6(address, Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3) => None,
        None => Some(Reserved),
    }
}

/// The IPv4 address that is reached by this IPv6 address, where translation is the rule and not a relic.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let nat64 = same_v6(address, Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);
    let low = u32::try_from(address.to_bits() & u128::from(u32::MAX)).ok()?;
    address.to_ipv4_mapped().or_else(|| nat64.then(|| Ipv4Addr::from_bits(low)))
}

fn same_v4(a: Ipv4Addr, b: Ipv4Addr, prefix: u32) -> bool {
    (a.to_bits() ^ b.to_bits()).leading_zeros() >= prefix
}

fn same_v6(a: Ipv6Addr, b: Ipv6Addr, prefix: u32) -> bool {
    (a.to_bits() ^ b.to_bits()).leading_zeros() >= prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6890 §2.2.2: first and last address of each range of IPv4, and the public ones beside them.
    #[test]
    fn every_range_of_ipv4_is_known_to_its_edges() {
        for (first, last, meant) in [
            ("0.0.0.0", "0.255.255.255", Unspecified),
            ("10.0.0.0", "10.255.255.255", Private),
            ("100.64.0.0", "100.127.255.255", Shared),
            ("127.0.0.0", "127.255.255.255", Loopback),
            ("169.254.0.0", "169.254.255.255", LinkLocal),
            ("172.16.0.0", "172.31.255.255", Private),
            ("192.0.0.0", "192.0.0.255", Reserved),
            ("192.0.2.0", "192.0.2.255", Documentation),
            ("192.88.99.0", "192.88.99.255", Transition),
            ("192.168.0.0", "192.168.255.255", Private),
            ("198.18.0.0", "198.19.255.255", Benchmarking),
            ("198.51.100.0", "198.51.100.255", Documentation),
            ("203.0.113.0", "203.0.113.255", Documentation),
            ("224.0.0.0", "239.255.255.255", Multicast),
            ("240.0.0.0", "255.255.255.255", Reserved),
        ] {
            let bits = |text: &str| text.parse::<Ipv4Addr>().unwrap().to_bits();
            let of = |bits: u32| special_use(Ipv4Addr::from_bits(bits).into());
            assert_eq!((of(bits(first)), of(bits(last))), (Some(meant), Some(meant)), "{first}");
            assert_ne!(bits(first).checked_sub(1).and_then(of), Some(meant), "before {first}");
            assert_ne!(bits(last).checked_add(1).and_then(of), Some(meant), "after {last}");
        }
        for public in ["1.1.1.1", "9.255.255.255", "172.15.0.1", "172.32.0.1", "223.255.255.255"] {
            assert_eq!(special_use(public.parse().unwrap()), None, "{public}");
        }
    }

    /// RFC 6890 §2.2.3; RFC 4193, 4291, 3056, 4380, 9637.
    #[test]
    fn of_ipv6_only_assigned_unicast_is_public() {
        for (text, meant) in [
            ("::", Some(Unspecified)),
            ("::1", Some(Loopback)),
            ("::2", Some(Transition)),
            ("::7f00:1", Some(Transition)),
            ("::808:808", Some(Transition)),
            ("64:ff9b:1::1", Some(Transition)),
            ("100::1", Some(Reserved)),
            ("1fff::1", Some(Reserved)),
            ("2001::1", Some(Transition)),
            ("2001:2::1", Some(Benchmarking)),
            ("2001:10::1", Some(Reserved)),
            ("2001:1ff:ffff::1", Some(Reserved)),
            ("2001:200::1", None),
            ("2001:db8::1", Some(Documentation)),
            ("2001:db9::1", None),
            ("2002:7f00:1::", Some(Transition)),
            ("2002:808:808::", Some(Transition)),
            ("2606:4700::1111", None),
            ("3fff::1", Some(Documentation)),
            ("3fff:1000::1", None),
            ("4000::1", Some(Reserved)),
            ("5f00::1", Some(Reserved)),
            ("fbff::1", Some(Reserved)),
            ("fc00::1", Some(Private)),
            ("fdff:ffff::1", Some(Private)),
            ("fe80::1", Some(LinkLocal)),
            ("febf::1", Some(LinkLocal)),
            ("fec0::1", Some(Reserved)),
            ("ff02::1", Some(Multicast)),
        ] {
            assert_eq!(special_use(text.parse().unwrap()), meant, "{text}");
        }
    }

    #[test]
    fn an_address_inside_another_counts_as_itself() {
        for (text, meant) in [
            ("::ffff:127.0.0.1", Some(Loopback)),
            ("::ffff:10.0.0.1", Some(Private)),
            ("::ffff:169.254.169.254", Some(Metadata)),
            ("::ffff:0.0.0.0", Some(Unspecified)),
            ("::ffff:8.8.8.8", None),
            ("64:ff9b::7f00:1", Some(Loopback)),
            ("64:ff9b::a9fe:a9fe", Some(Metadata)),
            ("64:ff9b::c0a8:1", Some(Private)),
            ("64:ff9b::808:808", None),
        ] {
            assert_eq!(special_use(text.parse().unwrap()), meant, "{text}");
        }
    }

    #[test]
    fn a_metadata_service_is_no_private_network() {
        for address in METADATA {
            let meant = special_use(address).unwrap();
            assert!(!meant.is_private_network(), "{address}");
        }
        for text in ["169.254.1.1", "fe80::1", "0.0.0.0", "224.0.0.1", "192.0.2.1", "240.0.0.1"] {
            assert!(!special_use(text.parse().unwrap()).unwrap().is_private_network(), "{text}");
        }
        for text in ["127.0.0.1", "::1", "10.1.1.1", "100.64.0.1", "fd00::1"] {
            assert!(special_use(text.parse().unwrap()).unwrap().is_private_network(), "{text}");
        }
    }
}
