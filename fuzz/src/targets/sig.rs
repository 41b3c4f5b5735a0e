//! Sigs as they are typed: what was read is read the same from the medication line, and nothing dangerous is written.

use super::Target;
use clinic::sig::{is_forbidden, parse};

pub const TARGET: Target = Target {
    name: "sig",
    help: "sigs: the medication line reads as the same sig, without abbreviations and zeros that are misread; the rest has its place",
    check,
    words: &[
        " ",
        "amox",
        "500",
        "mg",
        "mcg",
        "U",
        "IU",
        "mL",
        "/",
        "5",
        ".5",
        "5.0",
        "1,000",
        "1-2",
        "1/2",
        "\u{bd}",
        "tabs",
        "cap",
        "cream",
        "puffs",
        "po",
        "sl",
        "right eye",
        "od",
        "bid",
        "q4-6h",
        "QD",
        "every other day",
        "mon wed",
        "qhs",
        "ac",
        "prn",
        "as needed for",
        "x 10 d",
        "for 3 months",
        "#30",
        "disp",
        "r0",
        "refills",
        "MS",
        "MSO4",
        "DOSE",
        "\u{2014}",
        "\u{202e}",
    ],
    cases: 8_000,
};

fn check(bytes: &[u8]) {
    let Ok(line) = std::str::from_utf8(bytes) else { return };
    let reading = parse(line);
    let sig = &reading.sig;
    let text = sig.line_text();
    for output in [&text, &sig.instruction()] {
        assert!(!is_forbidden(output), "{line:?}: {output:?}");
    }
    sig.dosage().to_document();
    let mut behind = 0;
    for unread in &reading.unread {
        let length = unread.text.chars().count();
        let found: String = line.chars().skip(unread.position - 1).take(length).collect();
        assert_eq!(found, unread.text, "{line:?}");
        assert!(unread.position > behind, "{line:?}: pieces overlap");
        behind = unread.position - 1 + length;
    }
    // Written out in full, a line may become longer than is read.
    if text.chars().count() <= clinic::sig::LENGTH_MAX {
        let again = parse(&text);
        assert_eq!((&again.sig, again.unread.len()), (sig, 0), "{line:?}: {text:?}");
    }
}
