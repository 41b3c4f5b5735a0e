//! What is packed into the database's columns, for the fuzz targets: these formats have no other way in than through
//! SQLite. Each function asserts what must hold for any bytes at all.

use crate::codec::{pack, unpack};
use crate::commit_log::{pack_changes, unpack_changes};
use crate::row_set::{RowSet, signature_meets};

/// An envelope has a text that can be put into one and taken out again, or is refused.
pub fn envelope(bytes: &[u8]) {
    let Ok((text, splice)) = unpack(bytes) else { return };
    let (head, tail) = text.split_at(splice.at as usize);
    assert_eq!(head.len() + tail.len(), text.len());
    assert_eq!(unpack(&pack(&text, splice)).ok(), Some((text, splice)));
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
