//! Where a page of a search ended, as clients bring it back: refused, or the search goes on from some place.
//!
//! A check sum keeps out what the store has not written, so the target puts the right one behind whatever it is given.

use super::Target;
use super::practice::Practice;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fhir::schema::schema;
use record::{Error, StoreError};
use search::query::SortKey;

pub const TARGET: Target = Target {
    name: "search_cursor",
    help: "a search's cursor, as text and as bytes with their check sum: refused, or the search goes on",
    check,
    words: &["AAAA", "_", "-", "=", "\0", "\u{1}a", "\0\0\0\0\0\0\0\0", "\u{7f}"],
    cases: 1_600,
};

const CHECK_LENGTH: usize = 6;

/// Orders that cursors are tried in: of the index, and by values.
const ORDERS: [&[SortKey]; 2] =
    [&[], &[SortKey { code: "family", descending: false }, SortKey { code: "birthdate", descending: true }]];

fn check(bytes: &[u8]) {
    let practice = Practice::new();
    for order in ORDERS {
        let own = next(&practice, order, None).expect("a first page").expect("there is a second page");
        let decoded = BASE64_URL_SAFE_NO_PAD.decode(&own).expect("a cursor is base64");
        let place = &decoded[..decoded.len() - CHECK_LENGTH];
        assert_eq!(sealed(place, order), own, "cursors are made as this target makes them");
        let given = [String::from_utf8_lossy(bytes).into_owned(), sealed(bytes, order)];
        for cursor in given {
            match next(&practice, order, Some(&cursor)) {
                Ok(_) | Err(Error::Store(StoreError::BadCursor)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Bytes as a cursor: with the check sum that the store puts behind them.
fn sealed(place: &[u8], order: &[SortKey]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(place);
    for key in order {
        hasher.update(key.code.as_bytes());
        hasher.update(&[u8::from(key.descending)]);
    }
    let hash = hasher.finalize();
    BASE64_URL_SAFE_NO_PAD.encode([place, &hash.as_bytes()[..CHECK_LENGTH]].concat())
}

/// One page; gives where the next begins.
fn next(practice: &Practice, order: &[SortKey], cursor: Option<&str>) -> Result<Option<String>, Error> {
    let mut request = search::parse::Request::default();
    request.query.types = schema().resource_named("Patient").into_iter().collect();
    request.query.count = 1;
    request.query.sort = order.to_vec();
    request.query.cursor = cursor.map(str::to_owned);
    Ok(practice.session.search(&request)?.next)
}
