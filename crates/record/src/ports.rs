//! What search and validation must know of the world around the data.

use terminology::Terminology;

/// The ports of a running record.
pub struct RecordPorts {
    pub(crate) base_url: String,
    pub(crate) terminology: Terminology,
}
