//! The envelope of a stored document: codec, splice, length, hash, then the payload. It is encrypted as a whole (see
//! [`crate::keys`]).
//!
//! `codec` (one byte) says how the payload was packed. The hash is the first eight bytes of BLAKE3 over the plain text:
//! what comes out is what went in, or an error.

use crate::error::StoreError;
use crate::pack::{Unpack, put_varint};
use crate::version::{Splice, SpliceForm};
use std::cell::RefCell;
use std::sync::{Arc, LazyLock};
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// The level of compression: the fastest one; higher ones cost more than they save at this size.
const LEVEL: i32 = 1;

/// Trained on FHIR examples; see data/codec/README.md. Never changed, only followed by another: what was
/// written with it must stay readable.
const DICTIONARY_1: &[u8] = include_bytes!("../../../data/codec/dictionary-1.zstd-dict");

/// Texts below this many bytes are kept as they are.
const LEAST_COMPRESSED: usize = 64;

/// Greatest length of a document, in bytes: guards against a damaged length.
const GREATEST_LENGTH: u32 = 1 << 30;

/// Length of the hash in an envelope, in bytes.
pub(crate) const HASH_LENGTH: usize = 8;

const RAW: u8 = 0;
const ZSTD: u8 = 1;
const ZSTD_DICTIONARY_1: u8 = 2;

static ENCODER_1: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY_1, LEVEL));
static DECODER_1: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_1));

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> =
        RefCell::new(Compressor::with_prepared_dictionary(&ENCODER_1).ok());
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> =
        RefCell::new(Decompressor::with_prepared_dictionary(&DECODER_1).ok());
}

/// The hash of a text, as an envelope has it.
pub(crate) fn hash_of(text: &str) -> [u8; HASH_LENGTH] {
    let mut hash = [0; HASH_LENGTH];
    hash.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..HASH_LENGTH]);
    hash
}

/// Puts a text into an envelope, compressed when that makes it smaller.
pub(crate) fn pack(text: &str, splice: Splice) -> Vec<u8> {
    let packed = if text.len() < LEAST_COMPRESSED { None } else { compress(text.as_bytes()) };
    let (codec, payload) = match &packed {
        Some(packed) if packed.len() < text.len() => (ZSTD_DICTIONARY_1, packed.as_slice()),
        _ => (RAW, text.as_bytes()),
    };
    let mut out = Vec::with_capacity(payload.len() + 24);
    out.push(codec);
    out.push(form_number(splice.form));
    put_varint(&mut out, u64::from(splice.at));
    put_varint(&mut out, text.len() as u64);
    out.extend_from_slice(&hash_of(text));
    out.extend_from_slice(payload);
    out
}

/// Takes a text out of its envelope, checked against its hash.
pub(crate) fn unpack(envelope: &[u8]) -> Result<(Arc<str>, Splice), StoreError> {
    let mut unpack = Unpack::new(envelope);
    let codec = unpack.byte()?;
    let form = splice_form(unpack.byte()?)?;
    let at = unpack.varint_u32()?;
    let length = unpack.varint_u32()?;
    let hash: [u8; HASH_LENGTH] = unpack.array()?;
    if length > GREATEST_LENGTH {
        return Err(damaged("a length out of bounds"));
    }
    let bytes = match codec {
        RAW => unpack.rest().to_vec(),
        ZSTD => zstd::bulk::decompress(unpack.rest(), length as usize).map_err(|_| damaged("payload"))?,
        ZSTD_DICTIONARY_1 => decompress(unpack.rest(), length as usize)?,
        _ => return Err(damaged("a codec that is not known")),
    };
    let text = String::from_utf8(bytes).map_err(|_| damaged("payload is no text"))?;
    if text.len() != length as usize {
        return Err(damaged("its length differs"));
    }
    if hash_of(&text) != hash {
        return Err(damaged("hash differs"));
    }
    // The hash is over the text alone.
    if !text.is_char_boundary(at as usize) {
        return Err(damaged("a splice that is not in the text"));
    }
    Ok((text.into(), Splice { at, form }))
}

fn compress(bytes: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|compressor| compressor.as_mut()?.compress(bytes).ok())
}

fn decompress(bytes: &[u8], length: usize) -> Result<Vec<u8>, StoreError> {
    DECOMPRESSOR
        .with_borrow_mut(|decompressor| decompressor.as_mut()?.decompress(bytes, length).ok())
        .ok_or_else(|| damaged("payload does not decompress"))
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("envelope of a document: {what}"))
}

fn form_number(form: SpliceForm) -> u8 {
    match form {
        SpliceForm::NoMeta => 0,
        SpliceForm::EmptyMeta => 1,
        SpliceForm::Meta => 2,
    }
}

fn splice_form(number: u8) -> Result<SpliceForm, StoreError> {
    match number {
        0 => Ok(SpliceForm::NoMeta),
        1 => Ok(SpliceForm::EmptyMeta),
        2 => Ok(SpliceForm::Meta),
        _ => Err(damaged("a form of splice that is not known")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back() {
        for text in ["", "x", "{\"resourceType\":\"Patient\"}", &"äöü ".repeat(5000)] {
            let splice = Splice { at: u32::from(text.starts_with('{')), form: SpliceForm::NoMeta };
            let packed = pack(text, splice);
            let (unpacked, found) = unpack(&packed).unwrap();
            assert_eq!((&*unpacked, found), (text, splice));
        }
    }

    #[test]
    fn every_changed_byte_behind_the_splice_is_noticed() {
        let packed = pack(&"{\"resourceType\":\"Observation\"}".repeat(4), Splice::default());
        for at in 3..packed.len() {
            let mut changed = packed.clone();
            changed[at] ^= 1;
            if let Ok((text, _)) = unpack(&changed) {
                panic!("byte {at} of {} changed and {} bytes came back", packed.len(), text.len());
            }
        }
    }

    #[test]
    fn a_splice_outside_its_text_is_an_error() {
        let splice = |at| unpack(&pack("{\"é\":{}}", Splice { at, form: SpliceForm::EmptyMeta })).is_ok();
        assert!(splice(0) && splice(7) && splice(9));
        assert!(!splice(3) && !splice(10) && !splice(u32::MAX));
    }

    #[test]
    fn damaged_envelopes_are_errors() {
        assert!(unpack(&[]).is_err());
        assert!(unpack(&[9; 40]).is_err());
        assert!(unpack(&pack("abc", Splice::default())[..10]).is_err());
    }
}
