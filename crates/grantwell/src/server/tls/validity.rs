//! From when until when a certificate holds: the one thing in it that nothing else here reads (RFC 5280 §4.1).

use chrono::NaiveDateTime;
use oauth::time::Timestamp;

/// A span with both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    /// The first moment.
    pub(crate) not_before: Timestamp,
    /// The last moment.
    pub(crate) not_after: Timestamp,
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

impl Validity {
    /// Reads it out of a certificate in DER form; `None` if that is none.
    pub(crate) fn of(certificate: &[u8]) -> Option<Self> {
        let (SEQUENCE, certificate, _) = element(certificate)? else { return None };
        let (SEQUENCE, mut rest, _) = element(certificate)? else { return None };
        if rest.first() == Some(&VERSION) {
            rest = element(rest)?.2;
        }
        // Serial number, signature algorithm, issuer.
        for _ in 0..3 {
            rest = element(rest)?.2;
        }
        let (SEQUENCE, validity, _) = element(rest)? else { return None };
        let (kind, from, rest) = element(validity)?;
        let not_before = time(kind, from)?;
        let (kind, until, _) = element(rest)?;
        Some(Self { not_before, not_after: time(kind, until)? })
    }
}

/// The first element: its tag, its content, and what follows it. Tags of several bytes do not occur here.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        // So many bytes of length follow; 0x80 says none (BER), more than four are more than any certificate.
        0x80 | 0x85.. => return None,
        long => {
            let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// RFC 5280 §4.1.2.5: years up to 2049 have two digits.
fn time(kind: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let full = match kind {
        GENERALIZED_TIME => text.to_owned(),
        UTC_TIME => {
            let century = if text.get(..2)?.parse::<u8>().ok()? < 50 { "20" } else { "19" };
            format!("{century}{text}")
        }
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%SZ").ok()?;
    Some(Timestamp::from_seconds(time.and_utc().timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fetch::testing::Authority;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    fn certificate(from: i32, until: i32) -> CertificateDer<'static> {
        let (pem, _) = Authority::new().issue_between(&["a.example"], from, until);
        CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
    }

    /// RFC 5280 §4.1.2.5: two digits until 2049, four from 2050 on.
    #[test]
    fn both_forms_of_time_are_read() {
        let at = |year: i32| {
            let day = chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_hms_opt(0, 0, 0);
            Timestamp::from_seconds(day.unwrap().and_utc().timestamp())
        };
        for (from, until) in [(1990, 2020), (2020, 2049), (2049, 2050), (2060, 9999)] {
            let validity = Validity::of(&certificate(from, until)).unwrap();
            assert_eq!(validity, Validity { not_before: at(from), not_after: at(until) });
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_validity() {
        let good = certificate(2020, 2049);
        let end = Validity::of(&good).unwrap();
        for length in 0..good.len() {
            assert_eq!(Validity::of(&good[..length]), None, "{length}");
        }
        for at in 0..good.len().min(200) {
            for byte in [0, 0x30, 0x7f, 0x80, 0x84, 0x88, 0xff] {
                let mut changed = good.to_vec();
                changed[at] = byte;
                // It may be read or not; it must end.
                let _ = Validity::of(&changed).map_or(end.not_after, |validity| validity.not_after);
            }
        }
        assert_eq!(Validity::of(b""), None);
        assert_eq!(time(UTC_TIME, "2\u{e9}0101000000Z".as_bytes()), None);
        assert_eq!(time(UTC_TIME, b"200101000000+0000"), None);
        assert_eq!(time(GENERALIZED_TIME, b"20201301000000Z"), None);
    }
}
