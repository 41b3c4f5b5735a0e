//! UCUM units: a unit's canonical form is a unit of the same kind, and its own canonical form.

use super::Target;
use fhir::ucum::Unit;

pub const TARGET: Target = Target {
    name: "ucum",
    help: "UCUM: the canonical unit of a unit can be read, compared with it, and is its own canonical unit",
    check,
    words: &[
        "m", "g", "[in_i]", "/", ".", "(", ")", "{x}", "10*", "^", "-2", "%", "Cel", "[degF]", "[pH]", "dB",
        "mol", "[arb'U]", "k", "u", "1",
    ],
    cases: 8_000,
};

fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(unit) = Unit::parse(text) else { return };
    assert_eq!(unit.code(), text);
    let code = unit.canonical_code();
    if code.is_empty() {
        return;
    }
    let canonical = Unit::parse(code).unwrap_or_else(|error| panic!("{code}, of {text}: {error}"));
    assert_eq!(canonical.canonical_code(), code, "of {text}");
    assert!(unit.is_comparable(&canonical), "{text} and {code}");
    for value in ["0", "1", "-2.5", "9999999999999999999999999999"] {
        let value = fhir::decimal::parse(value).expect("a number");
        // What is in the canonical unit already stays as it is.
        if let Ok(base) = unit.canonical(value)
            && let Some(decimal) = base.decimal()
        {
            assert_eq!(canonical.canonical(decimal), Ok(base), "{value} {text}");
        }
    }
}
