//! Trees, refusals, and texts that are no expressions.

use super::{DEPTH_LIMIT, lexer, parse};
use proptest::prelude::*;

fn tree(text: &str) -> String {
    format!("{:?}", parse(text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

#[test]
fn operators_bind_as_the_standard_says() {
    for (text, same) in [
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("-a.b()", "-(a.b())"),
        ("-a * b", "(-a) * b"),
        ("a | b + c", "a | (b + c)"),
        ("a < b | c", "a < (b | c)"),
        ("a = b < c", "a = (b < c)"),
        ("a is b | c", "(a is b) | c"),
        ("a in b = c", "a in (b = c)"),
        ("a and b or c", "(a and b) or c"),
        ("a or b xor c", "(a or b) xor c"),
        ("a implies b or c", "a implies (b or c)"),
        ("a & b = c", "(a & b) = c"),
        ("a.b[1].c", "((a.b)[1]).c"),
        ("contains contains `contains`", "`contains` contains contains"),
    ] {
        let (text, same) = (text.replace("b()", "not()"), same.replace("b()", "not()"));
        assert_eq!(tree(&text), tree(&same), "{text}");
    }
}

#[test]
fn faults_are_named_with_their_place() {
    for (text, offset, part) in [
        ("", 0, "found the end"),
        ("a.", 2, "a name"),
        ("a b", 2, "the end of the expression"),
        ("a.b(", 2, "there is no function b()"),
        ("where()", 0, "takes 1 arguments, not 0"),
        ("'abc", 0, "not closed"),
        ("a + 'x\\q'", 6, "no such escape"),
        ("@2015-13", 0, "no date"),
        ("a # b", 2, "no meaning"),
        ("$that", 0, "there is no $that"),
        ("/* open", 0, "not closed"),
        ("99999999999999999999", 0, "more digits"),
    ] {
        let error = parse(text).map(|node| format!("{node:?}")).unwrap_err();
        assert_eq!(error.offset, offset, "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error}");
    }
}

#[test]
fn depth_is_bounded() {
    let limit = usize::from(DEPTH_LIMIT);
    for (open, close) in [("(", ")"), ("iif(", ",1)"), ("-", ""), ("a.where(", ")"), ("1 + (", ")")] {
        let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert!(parse(&nested(limit / 4)).is_ok(), "{open}");
        assert!(parse(&nested(limit + 1)).is_err(), "{open}");
        assert!(parse(&nested(100_000)).is_err(), "{open}");
    }
    for (first, more) in [("1", "+1"), ("a", ".first()"), ("a", "[0]"), ("a", " is b"), ("a", " and b")] {
        assert!(parse(&format!("{first}{}", more.repeat(limit / 2))).is_ok(), "{more}");
        assert!(parse(&format!("{first}{}", more.repeat(100_000))).is_err(), "{more}");
    }
    // Plain paths and alternatives stay flat.
    assert!(parse(&format!("a{}", ".b".repeat(1000))).is_ok());
    assert!(parse(&format!("a{}", " | b.c".repeat(1000))).is_ok());
}

/// Parts of the language, to be put together at random.
const PARTS: &[&str] = &[
    "Patient",
    "name",
    ".",
    ".given",
    ".where(",
    ".exists()",
    "(",
    ")",
    "[0]",
    "$this",
    "$index",
    "%resource",
    "'a'",
    "1",
    "2.50",
    "@2015-02",
    "@T10:30",
    "4 days",
    "5 'mg'",
    "{}",
    "true",
    " and ",
    " or ",
    " implies ",
    " = ",
    " ~ ",
    " < ",
    " | ",
    " + ",
    "-",
    " * ",
    " div ",
    " is ",
    " as ",
    " in ",
    " contains ",
    "Quantity",
    ".ofType(",
    "iif(",
    ",",
    ".select(",
    ".repeat(",
    ".toString()",
    ".substring(",
    ".children()",
    ".descendants()",
    ".sort(",
    "`x`",
    ".matches(",
    ".round(",
    ".power(",
    ".lowBoundary()",
    "today()",
    "&",
    "/* c */",
    ".type()",
    ".resolve()",
];

proptest! {
    #[test]
    fn arbitrary_text_does_not_panic(text in "\\PC*") {
        let _ = parse(&text);
    }

    #[test]
    fn arbitrary_parts_do_not_panic(parts in prop::collection::vec(prop::sample::select(PARTS), 0..20)) {
        let _ = parse(&parts.concat());
    }

    /// Blanks and comments between the tokens change nothing.
    #[test]
    fn white_space_has_no_meaning(parts in prop::collection::vec(prop::sample::select(PARTS), 0..12)) {
        let text = parts.concat();
        if let Ok(node) = parse(&text) {
            let tokens = lexer::tokens(&text).unwrap();
            let mut spaced = String::new();
            for pair in tokens.windows(2) {
                spaced.push_str(text[pair[0].offset..pair[1].offset].trim());
                spaced.push_str(" /* - */\n");
            }
            prop_assert_eq!(format!("{node:?}"), tree(&spaced));
        }
    }
}
