//! From when until when a certificate holds (RFC 5280 §4.1.2.5).

use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use rustls_pki_types::CertificateDer;

/// From when until when a certificate holds, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Its first moment.
    pub from_ms: i64,
    /// Its last.
    pub until_ms: i64,
}

impl Validity {
    /// Reads it from a certificate; `None` when that is none.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        read(certificate).ok()
    }

    /// For how long it holds from beginning to end.
    pub fn lifetime_ms(&self) -> i64 {
        self.until_ms.saturating_sub(self.from_ms).max(0)
    }
}

/// Certificate ::= { tbsCertificate ::= { [0] version, serialNumber, signature, issuer, validity, … }, … }
fn read(certificate: &[u8]) -> der::Result<Validity> {
    let whole = AnyRef::from_der(certificate)?;
    let signed = AnyRef::decode(&mut SliceReader::new(whole.value())?)?;
    let mut fields = SliceReader::new(signed.value())?;
    if fields.peek_tag()?.is_context_specific() {
        AnyRef::decode(&mut fields)?;
    }
    for _before in ["serialNumber", "signature", "issuer"] {
        AnyRef::decode(&mut fields)?;
    }
    let validity = AnyRef::decode(&mut fields)?;
    let mut times = SliceReader::new(validity.value())?;
    Ok(Validity { from_ms: read_time(&mut times)?, until_ms: read_time(&mut times)? })
}

fn read_time(times: &mut SliceReader<'_>) -> der::Result<i64> {
    let time = AnyRef::decode(times)?;
    let since_1970 = match time.tag() {
        Tag::UtcTime => time.decode_as::<UtcTime>()?.to_unix_duration(),
        _ => time.decode_as::<GeneralizedTime>()?.to_unix_duration(),
    };
    Ok(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    fn certificate(from: i32, until: i32) -> Vec<u8> {
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.not_before = date_time_ymd(from, 1, 1);
        parameters.not_after = date_time_ymd(until, 1, 1);
        parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn the_times_are_those_of_the_certificate() {
        // Years from 2050 on are written in the other of the two forms.
        let validity = read(&certificate(2020, 2051)).unwrap();
        assert_eq!((validity.from_ms, validity.until_ms), (1_577_836_800_000, 2_556_144_000_000));
    }

    #[test]
    fn what_is_no_certificate_has_none() {
        let whole = certificate(2020, 2030);
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "cut off at {end}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            let _ = read(&changed);
        }
    }
}
