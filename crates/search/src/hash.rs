//! The hashes in index rows and signatures. They are stored: they must never change.

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// A hash that is built from pieces of text.
#[derive(Clone, Copy)]
pub(crate) struct Hasher(u64);

impl Hasher {
    pub(crate) fn new() -> Self {
        Self(OFFSET)
    }

    /// Adds text, with ASCII letters as small ones: rows find whatever the case, the matcher decides on it.
    pub(crate) fn folded(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(PRIME);
        }
        self
    }

    /// Adds text as it is.
    pub(crate) fn text(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(PRIME);
        }
        self
    }

    /// The hash, all bits mixed.
    pub(crate) fn finish(self) -> i64 {
        let mut hash = self.0;
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        (hash ^ (hash >> 33)).cast_signed()
    }
}

/// The hash of a token's code, whatever its case.
pub(crate) fn of_token(code: &str) -> i64 {
    Hasher::new().folded(code).finish()
}

/// The hash of a reference to a resource.
pub(crate) fn of_reference(type_name: &str, id: &str) -> i64 {
    Hasher::new().text(type_name).text("/").text(id).finish()
}

/// The hash of a URI.
pub(crate) fn of_uri(uri: &str) -> i64 {
    Hasher::new().text(uri).finish()
}

/// What a signature keeps of a hash.
#[allow(clippy::cast_possible_truncation)] // the upper half is left out on purpose
pub(crate) fn signature(hash: i64) -> u32 {
    (hash.cast_unsigned() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_stay_as_they_are() {
        for (text, hash) in [
            ("", -1_166_397_803_181_037_274),
            ("8480-6", -3_429_296_096_944_668_831),
            ("Patient/1", 4_482_323_484_384_891_445),
        ] {
            let found = of_uri(text);
            assert_eq!(found, hash, "{text}: {found:#x}");
        }
        assert_eq!(of_reference("Patient", "1"), of_uri("Patient/1"));
        assert_eq!(of_token("ABC"), of_uri("abc"));
    }
}
