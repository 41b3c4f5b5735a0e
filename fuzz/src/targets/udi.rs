//! Unique Device Identifiers as they are scanned and typed: read whole or refused, and read again from what is printed.

use super::Target;
use clinic::udi::Udi;

pub const TARGET: Target = Target {
    name: "udi",
    help: "UDIs: what is read is read the same from its human readable form; what is refused names a place in the text",
    check,
    words: &[
        "(01)",
        "(10)",
        "(17)",
        "(21)",
        "(240)",
        "\u{1d}",
        "<GS>",
        "]d2",
        "]C1",
        "+",
        "*",
        "/",
        "$",
        "$$",
        "$$+",
        "$$7",
        "/14D",
        "/16D",
        "/S",
        "_",
        " ",
        "=/",
        "=,",
        "=",
        "=>",
        "=}",
        "&,1",
        "=)",
        "&)",
        "00844588003288",
        "991231",
        "00",
    ],
    cases: 16_000,
};

/// Years around which those of two digits are looked for.
const YEARS: [u16; 4] = [0, 2026, 2099, u16::MAX];

fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for year in YEARS {
        match Udi::parse(text, year) {
            Ok(udi) => {
                assert!(!udi.device_identifier().is_empty(), "{text}");
                assert_eq!(Udi::parse(udi.human_readable(), year).as_ref(), Ok(&udi), "{text}");
            }
            Err(error) => {
                let places = 1..=text.chars().count() + 1;
                assert!(places.contains(&error.position), "{text}: {error}");
                assert_eq!(Udi::parse(text, year), Err(error), "{text}");
            }
        }
    }
}
