//! The definitions that are compiled in; see the README beside each file.

use crate::archive::Archive;

const FILES: [&[u8]; 5] = [
    include_bytes!("../../../data/terminology/hl7/definitions.archive"),
    include_bytes!("../../../data/terminology/us-core/definitions.archive"),
    include_bytes!("../../../data/terminology/guides/definitions.archive"),
    include_bytes!("../../../data/terminology/icd-10-cm/definitions.archive"),
    include_bytes!("../../../data/terminology/cdc-vaccines/definitions.archive"),
];

/// The archives, nothing of them unpacked.
pub(crate) fn archives() -> Vec<Archive> {
    FILES.iter().map(|bytes| Archive::new(bytes)).collect()
}
