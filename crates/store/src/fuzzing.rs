//! What is packed into the database's columns, for the fuzz targets: these formats have no other way in than through
//! SQLite. Each function asserts what must hold for any bytes at all.

use crate::codec::{hash_of, open, seal, sealed_hash};
use crate::commit_log::{pack_changes, unpack_changes};
use crate::row_set::{RowSet, signature_meets};

/// An envelope opens to a text that can be sealed and opened again, or is refused.
pub fn envelope(bytes: &[u8]) {
    let hash = sealed_hash(bytes);
    let Ok((text, splice)) = open(bytes) else { return };
    assert_eq!(hash.ok(), Some(hash_of(&text)));
    let (head, tail) = text.split_at(splice.at as usize);
    assert_eq!(head.len() + tail.len(), text.len());
    assert_eq!(open(&seal(&text, splice)).ok(), Some((text, splice)));
}

/// Index rows that unpack are the same when packed again, or are refused.
pub fn row_set(bytes: &[u8]) {
    signature_meets(bytes, &[vec![0, 1], vec![u32::MAX]]);
    let Ok(mut set) = RowSet::unpack(bytes) else { return };
    let packed = set.pack();
    // Compared as bytes: a number that is none is not equal to itself.
    assert_eq!(RowSet::unpack(&packed).map(|again| again.pack()).ok(), Some(packed));
    set.normalise();
    assert_eq!(set.without(&set).len(), 0);
}

/// Changes that unpack are the same when packed again, or are refused.
pub fn commit_log(bytes: &[u8]) {
    let Ok(changes) = unpack_changes(bytes) else { return };
    assert_eq!(unpack_changes(&pack_changes(&changes)).ok(), Some(changes));
}
