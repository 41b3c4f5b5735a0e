//! What a sealed thing is and whose it is: sealed with it, so that nothing can stand in another's place.

use crate::error::StoreError;
use crate::pack::put_bytes;
use crate::version::ResourceKey;

/// The kind and name of what is sealed.
#[derive(Clone, Copy)]
pub(crate) enum Sealed<'a> {
    /// A version of a resource.
    Document(&'a ResourceKey),
    /// A private document, by space and key.
    Private(&'a str, &'a str),
    /// The audit row of a commit, whose place the chain tells.
    Audit,
    /// A row of the log of reads, whose place the chain tells.
    Read,
    /// A data key.
    Key,
    /// A chunk of a content, by its hash and the chunk's number.
    Chunk(&'a [u8], i64),
}

impl Sealed<'_> {
    /// As bytes that no other kind and name has.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        match self {
            Self::Document(key) => {
                out.push(1);
                put_bytes(&mut out, key.type_id.name().as_bytes());
                out.extend_from_slice(key.id.as_bytes());
            }
            Self::Private(space, key) => {
                out.push(2);
                put_bytes(&mut out, space.as_bytes());
                out.extend_from_slice(key.as_bytes());
            }
            Self::Audit => out.push(3),
            Self::Read => out.push(4),
            Self::Key => out.push(5),
            Self::Chunk(hash, number) => {
                out.push(6);
                out.extend_from_slice(&number.to_le_bytes());
                out.extend_from_slice(hash);
            }
        }
        out
    }

    /// That it does not open.
    pub fn damaged(&self) -> StoreError {
        let what = match self {
            Self::Document(_) => "its encrypted text is not what was written".into(),
            Self::Private(space, key) => format!("private document {key} of {space}"),
            Self::Audit => "the audit row of a commit is not what was written".into(),
            Self::Read => "a row of the log of reads is not what was written".into(),
            Self::Key => "a data key is not what was written".into(),
            Self::Chunk(..) => "a chunk of a content is not what was written".into(),
        };
        StoreError::Damaged(what)
    }
}
