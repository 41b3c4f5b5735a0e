//! Unique Device Identifiers: the examples of the FDA and of the agencies, wrong ones, and generated ones.

use crate::random::Random;
use clinic::udi::{Agency, LENGTH_MAX, Problem, Udi, UdiError};

const THIS_YEAR: u16 = 2026;

fn read(text: &str) -> Result<Udi, UdiError> {
    Udi::parse(text, THIS_YEAR)
}

/// Every field in one line, `-` where there is none.
fn fields(text: &str) -> String {
    let udi = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let again =
        read(udi.human_readable()).unwrap_or_else(|error| panic!("{}: {error}", udi.human_readable()));
    assert_eq!(again, udi, "{text}");
    let date = |date: Option<fhir::date_time::Date>| date.map(|date| date.to_string());
    let or_dash = |field: Option<&str>| field.unwrap_or("-").to_owned();
    [
        udi.agency().name().to_owned(),
        udi.device_identifier().to_owned(),
        or_dash(udi.lot()),
        or_dash(udi.serial()),
        or_dash(date(udi.expiry()).as_deref()),
        or_dash(date(udi.manufactured()).as_deref()),
        or_dash(udi.distinct_identifier()),
    ]
    .join(" ")
}

/// The text, and agency, device, lot, serial number, expiry, manufacture, distinct identification code.
const READ: [(&str, &str); 34] = [
    // FDA, "UDI formats by FDA-Accredited Issuing Agency", 1.3 (2017).
    (
        "(01)51022222233336(11)141231(17)150707(10)A213B1(21)1234",
        "GS1 51022222233336 A213B1 1234 2015-07-07 2014-12-31 -",
    ),
    (
        "*+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ4567890123 45678/16D20130202C*",
        "HIBCC H123PARTNO1234567890120 LOT123456789012345 XYZ456789012345678 2020-02-02 2013-02-02 -",
    ),
    (
        "=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123",
        "ICCBBA A9999XYZ100T0944 000000000000XYZ123 000025 2014-02-01 2013-02-01 A99971312345600",
    ),
    ("=)1TE123456A &)RZ12345678", "ICCBBA 1TE123456A RZ12345678 - - - -"),
    // IMDRF/UDI WG/N48 (2019).
    (
        "(01)09506000117843(11)141231(17)201231(10)1234AB(21)5678CD",
        "GS1 09506000117843 1234AB 5678CD 2020-12-31 2014-12-31 -",
    ),
    ("+A999ABC123DE0/$+1234567Y", "HIBCC A999ABC123DE0 - 1234567 - - -"),
    // HL7 v2.8.2 PRT-10, and an example of FHIR.
    ("(01)00643169001763(17)160712(21)21A11F4855", "GS1 00643169001763 - 21A11F4855 2016-07-12 - -"),
    ("(01) 00844588003288 (17) 141120 (10) 7654321D", "GS1 00844588003288 7654321D - 2014-11-20 - -"),
    // As scanners give them.
    (
        "]d2010084458800328817141120107654321D\u{1d}2110987654d321",
        "GS1 00844588003288 7654321D 10987654d321 2014-11-20 - -",
    ),
    (
        "]C1\u{1d}0100844588003288107654321D\u{1d}17141120\u{1d}",
        "GS1 00844588003288 7654321D - 2014-11-20 - -",
    ),
    ("010084458800328810AB<GS>21CD", "GS1 00844588003288 AB CD - - -"),
    ("010084458800328810AB\u{241d}11200100", "GS1 00844588003288 AB - - 2020-01-31 -"),
    ("0100844588003288", "GS1 00844588003288 - - - - -"),
    // Only what a bar code of shops holds.
    ("9506000117843", "GS1 09506000117843 - - - - -"),
    // The day 00 is the last of its month; a year is the nearest one.
    ("(01)00844588003288(17)240200", "GS1 00844588003288 - - 2024-02-29 - -"),
    ("(01)00844588003288(17)760101", "GS1 00844588003288 - - 2076-01-01 - -"),
    ("(01)00844588003288(11)770101", "GS1 00844588003288 - - - 1977-01-01 -"),
    // What a UDI has no field for is read over.
    ("(01)00844588003288(240)A(1)B(30)12(10)L(2", "GS1 00844588003288 L(2 - - - -"),
    ("(01)00844588003288(7003)2611301530(8012)1.2.3", "GS1 00844588003288 - - 2026-11-30 - -"),
    ("(10)L(01)00844588003288(10)L", "GS1 00844588003288 L - - - -"),
    // HIBCC: the formats of the expiry date, with lots and serial numbers.
    ("+A123BJC5D6E71G", "HIBCC A123BJC5D6E71 - - - - -"),
    ("+A99912345/$$52001510X33", "HIBCC A99912345 10X3 - 2020-01-15 - -"),
    ("+a99912345/$$52001510x33", "HIBCC A99912345 10X3 - 2020-01-15 - -"),
    ("hibcc +A99912345/$LOT7", "HIBCC A99912345 LOT7 - - - -"),
    ("hibcc +A99912345/$$7LOT7", "HIBCC A99912345 LOT7 - - - -"),
    ("hibcc +A99912345/$$0227LOT", "HIBCC A99912345 LOT - 2027-02 - -"),
    ("hibcc +A99912345/$$2022827LOT", "HIBCC A99912345 LOT - 2027-02-28 - -"),
    ("hibcc +A99912345/$$3270228", "HIBCC A99912345 - - 2027-02-28 - -"),
    ("hibcc +A99912345/$$42702282315", "HIBCC A99912345 15 - 2027-02-28 - -"),
    ("hibcc +A99912345/$$+62736523S-1.2", "HIBCC A99912345 - S-1.2 2027-12-31 - -"),
    ("hibcc +A99912345/$$+7S1/16D20250131/Q500", "HIBCC A99912345 - S1 - 2025-01-31 -"),
    ("hibcc +A99912345/$$8243270228LOT/14D20270228", "HIBCC A99912345 LOT - 2027-02-28 - -"),
    ("hibcc +A99912345/$$900024", "HIBCC A99912345 - - - - -"),
    ("hibcc +A99912345/27059LOT/SS1", "HIBCC A99912345 LOT S1 2027-02-28 - -"),
];

/// HIBCC's check character, counted another way than by the program: with a table of values by character.
fn check_character(data: &str) -> char {
    const PUNCTUATION: [(char, u32); 7] =
        [('-', 36), ('.', 37), (' ', 38), ('$', 39), ('/', 40), ('+', 41), ('%', 42)];
    let value = |letter: char| {
        let known = PUNCTUATION.iter().find(|(character, _)| *character == letter);
        known.map_or_else(|| letter.to_digit(36).unwrap(), |(_, value)| *value)
    };
    let sum = data.chars().map(value).sum::<u32>() % 43;
    let known = PUNCTUATION.iter().find(|(_, value)| *value == sum);
    known.map_or_else(|| char::from_digit(sum, 36).unwrap().to_ascii_uppercase(), |(character, _)| *character)
}

fn with_check_character(data: &str) -> String {
    format!("{data}{}", check_character(data))
}

/// An example as it stands; behind `hibcc` the check character is still to be added.
fn example(text: &str) -> String {
    text.strip_prefix("hibcc ").map_or_else(|| text.to_owned(), with_check_character)
}

#[test]
fn a14_published_examples_are_read() {
    for (text, expected) in READ {
        assert_eq!(fields(&example(text)), expected, "{text}");
    }
}

#[test]
fn a14_an_agency_has_the_uri_of_its_identifiers() {
    let issuer = |text| read(text).unwrap().agency().issuer();
    assert_eq!(issuer("(01)00844588003288"), "http://hl7.org/fhir/NamingSystem/gs1");
    assert_eq!(issuer("+A123BJC5D6E71G"), "http://hl7.org/fhir/NamingSystem/hibcc");
    assert_eq!(issuer("=/A9999XYZ100T0944"), "http://hl7.org/fhir/NamingSystem/iccbba-other");
    assert_eq!(issuer("=)1TE123456A"), "http://hl7.org/fhir/NamingSystem/iccbba-blood");
}

#[test]
fn a14_what_a_scanner_gives_is_told_in_human_readable_form() {
    let scanned = read("]d2010084458800328817141120107654321D\u{1d}21109").unwrap();
    assert_eq!(scanned.human_readable(), "(01)00844588003288(17)141120(10)7654321D(21)109");
    let printed = read(" *+A123BJC5D6E71G* ").unwrap();
    assert_eq!(printed.human_readable(), "+A123BJC5D6E71G");
}

#[test]
fn a14_two_codes_of_a_label_of_hibcc_are_one_udi() {
    let second = with_check_character("+$$3270228LOTG");
    assert_eq!(fields(&format!("+A123BJC5D6E71G {second}")), "HIBCC A123BJC5D6E71 LOT - 2027-02-28 - -");
    assert_eq!(fields(&format!("*+A123BJC5D6E71G*\n*{second}*")), "HIBCC A123BJC5D6E71 LOT - 2027-02-28 - -");
    let other = with_check_character("+$$3270228LOTH");
    assert_eq!(refused(&format!("+A123BJC5D6E71G {other}")), (30, Problem::Link));
    assert_eq!(refused(&second), (1, Problem::SecondaryAlone));
    assert_eq!(refused("+A123BJC5D6E71G +A123BJC5D6E71G").1, Problem::Twice);
}

#[test]
fn a14_a_check_character_that_is_a_blank_may_be_printed_as_a_line() {
    let data =
        (0..43).map(|number| format!("+A999{number}1")).find(|data| check_character(data) == ' ').unwrap();
    for given in [format!("{data} "), format!("{data}_"), format!("*{data} *")] {
        assert_eq!(read(&given).unwrap().device_identifier(), &data[1..], "{given:?}");
        assert_eq!(read(&given).unwrap().human_readable(), format!("{data}_"));
    }
    // Its own check character is J, and with the J it would be a blank: only the label can tell.
    let data =
        (0..999).map(|number| format!("+A999{number}1")).find(|data| check_character(data) == 'J').unwrap();
    assert_eq!(read(&format!("{data}J")).unwrap().device_identifier(), &data[1..]);
    assert_eq!(refused(&format!("{data}J ")).1, Problem::Blank);
}

fn refused(text: &str) -> (usize, Problem) {
    let error = read(text).map(|udi| format!("{text}: {udi:?}")).unwrap_err();
    assert!(error.to_string().starts_with(&format!("at character {}: ", error.position)));
    (error.position, error.problem)
}

#[test]
fn a14_errors_tell_where_and_what() {
    let delimiter = |text: &str| Problem::Delimiter(text.to_owned());
    let cases = [
        ("", (1, Problem::Empty)),
        ("   ", (4, Problem::Empty)),
        ("hello", (1, Problem::Beginning)),
        ("]A0123", (1, Problem::Symbology)),
        ("(01)00844588003289", (18, Problem::Check { expected: '8', found: '9' })),
        ("  (01) 00844588003289", (21, Problem::Check { expected: '8', found: '9' })),
        ("(01)0084458800328", (18, Problem::CutOff { missing: 1 })),
        ("01008445880032", (15, Problem::CutOff { missing: 2 })),
        ("0100844588003", (14, Problem::CutOff { missing: 3 })),
        ("9506000117844", (13, Problem::Check { expected: '3', found: '4' })),
        ("(01)0084458800328X", (18, Problem::NotADigit('X'))),
        ("(01)00844588003288(17)141320", (23, Problem::NoDate("141320".to_owned()))),
        ("(01)00844588003288(17)140230", (23, Problem::NoDate("140230".to_owned()))),
        ("(01)00844588003288(17)1402", (27, Problem::CutOff { missing: 2 })),
        ("(01)00844588003288(10)", (23, Problem::FieldEmpty)),
        ("(01)00844588003288(10)A#B", (24, Problem::NotInField('#'))),
        ("(01)00844588003288(10)123456789012345678901", (43, Problem::FieldTooLong { most: 20 })),
        ("(01)00844588003288(99x", (19, delimiter("(99x"))),
        ("(01)00844588003288(10)A(10)B", (28, Problem::Twice)),
        ("(17)141120(10)A", (16, Problem::NoDevice("(01)"))),
        ("(01)00844588003288\u{1f600}", (19, Problem::Character('\u{1f600}'))),
        ("(01)٠٠844588003288", (5, Problem::Character('٠'))),
        ("+A123BJC5D6E71H", (15, Problem::Check { expected: 'G', found: 'H' })),
        // The example of IMDRF for a package was printed with the check character of the one for a product.
        ("+A999ABC123DE1/$+1234567Y", (25, Problem::Check { expected: 'Z', found: 'Y' })),
        ("+A123BJC5D6E71", (14, Problem::Check { expected: 'F', found: '1' })),
        ("=/A9999XYZ100T094", (18, Problem::CutOff { missing: 1 })),
        ("=/A9999XYZ100T0944=>014366", (21, Problem::NoDate("014366".to_owned()))),
        ("=/A9999XYZ100T0944=?", (19, delimiter("=?"))),
        ("=>014032", (9, Problem::NoDevice("=/ or =)"))),
    ];
    for (text, expected) in cases {
        assert_eq!(refused(text), expected, "{text}");
    }
    assert_eq!(refused(&"(01)".repeat(LENGTH_MAX)), (LENGTH_MAX + 1, Problem::TooLong));
    let wrong_quantity = with_check_character("+A99912345/$$8X4LOT");
    assert_eq!(refused(&wrong_quantity), (15, Problem::NotADigit('X')));
    assert_eq!(refused(&with_check_character("+A99912345/$$LOT")).1, delimiter("$$L"));
}

#[test]
fn a14_a_label_cut_off_is_never_read_as_another_device() {
    for (text, _) in READ {
        let whole = read(&example(text)).unwrap();
        for length in 0..example(text).len() {
            let example = example(text);
            let Some(cut) = example.get(..length) else { continue };
            // Whole fields may be cut off, and the rest is still right. One in 43 cuts fits HIBCC's check character.
            if let Ok(udi) = read(cut)
                && whole.agency() != Agency::Hibcc
            {
                assert_eq!(udi.device_identifier(), whole.device_identifier(), "{cut}");
            }
        }
    }
}

#[test]
fn a14_every_digit_typed_wrong_is_found() {
    let right = "(01)00844588003288";
    for index in 4..right.len() {
        for digit in "0123456789".chars() {
            let mut wrong: Vec<char> = right.chars().collect();
            wrong[index] = digit;
            let wrong: String = wrong.into_iter().collect();
            assert_eq!(read(&wrong).is_ok(), wrong == right, "{wrong}");
        }
    }
}

/// A generated UDI: its text, and what it must say.
fn generated(random: &mut Random) -> (String, String) {
    let make = [generated_gs1, generated_hibcc, generated_iccbba];
    make[random.below(make.len())](random)
}

fn word(random: &mut Random, letters: &str, least: usize, most: usize) -> String {
    let letters: Vec<char> = letters.chars().collect();
    (0..least + random.below(most - least + 1)).map(|_| letters[random.below(letters.len())]).collect()
}

const DIGITS: &str = "0123456789";
const CAPITALS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A day that is in every month: year of two digits, month, day.
fn day(random: &mut Random) -> (usize, usize, usize) {
    (random.below(70), 1 + random.below(12), 1 + random.below(28))
}

fn generated_gs1(random: &mut Random) -> (String, String) {
    let number = word(random, DIGITS, 13, 13);
    let weighed = number
        .bytes()
        .enumerate()
        .map(|(index, byte)| usize::from(byte - b'0') * if index % 2 == 0 { 3 } else { 1 });
    let device = format!("{number}{}", (10 - weighed.sum::<usize>() % 10) % 10);
    let (lot, serial) = (word(random, "AZaz09-/(.", 1, 20), word(random, CAPITALS, 1, 20));
    let (year, month, day) = day(random);
    let separator = if random.one_in(2) { "\u{1d}" } else { "<GS>" };
    let expiry = format!("{year:02}{month:02}{day:02}");
    let text = if random.one_in(2) {
        format!("(01){device}(17){expiry}(10){lot}(21){serial}")
    } else {
        format!("]d201{device}17{expiry}10{lot}{separator}21{serial}")
    };
    (text, format!("GS1 {device} {lot} {serial} 20{year:02}-{month:02}-{day:02} - -"))
}

fn generated_hibcc(random: &mut Random) -> (String, String) {
    let device =
        format!("{}{}{}", word(random, "ABXYZ", 1, 1), word(random, CAPITALS, 4, 21), random.below(10));
    let (lot, serial) = (word(random, CAPITALS, 1, 18), word(random, CAPITALS, 1, 18));
    let (year, month, day) = day(random);
    let expiries = [format!("2{month:02}{day:02}{year:02}"), format!("3{year:02}{month:02}{day:02}")];
    let expiry = &expiries[random.below(expiries.len())];
    let text = with_check_character(&format!("+{device}/$${expiry}{lot}/S{serial}")).replace(' ', "_");
    (text, format!("HIBCC {device} {lot} {serial} 20{year:02}-{month:02}-{day:02} - -"))
}

fn generated_iccbba(random: &mut Random) -> (String, String) {
    let device = word(random, CAPITALS, 16, 16);
    let (serial, lot) = (word(random, CAPITALS, 6, 6), word(random, CAPITALS, 18, 18));
    let distinct = word(random, CAPITALS, 15, 15);
    let year = random.below(100);
    let text = format!("=/{device}=,{serial}={distinct}=>0{year:02}001&,1{lot}");
    (text, format!("ICCBBA {device} {lot} {serial} 20{year:02}-01-01 - {distinct}"))
}

#[test]
fn a14_what_is_made_from_fields_is_read_into_them() {
    let mut random = Random::seeded();
    for _ in 0..3000 {
        let (text, expected) = generated(&mut random);
        assert_eq!(fields(&text), expected, "{text}");
    }
}

#[test]
fn a14_hostile_text_is_refused_and_nothing_worse() {
    let mut random = Random::seeded();
    let pieces = [
        "(01)",
        "(10)",
        "(17)",
        "00844588003288",
        "\u{1d}",
        "]d2",
        "+",
        "*",
        "/",
        "$$",
        "$+",
        "14D",
        "S",
        "=/",
        "=",
        "&,1",
        "999999",
        "(",
        ")",
        " ",
        "\u{0}",
        "é",
        "\u{202e}",
        "𝟙",
        "<GS>",
        "A",
        "0",
        "_",
    ];
    for _ in 0..20_000 {
        let text: String = (0..random.below(12)).map(|_| *random.pick(&pieces.each_ref())).collect();
        match read(&text) {
            Ok(udi) => assert_eq!(read(udi.human_readable()), Ok(udi), "{text}"),
            Err(error) => {
                assert!((1..=text.chars().count() + 1).contains(&error.position), "{text}: {error}");
            }
        }
    }
    for year in [0, 1, 99, 100, 9999, u16::MAX] {
        let _ = Udi::parse("(01)00844588003288(17)991231", year);
    }
    assert_eq!(read("+A123BJC5D6E71G").map(|udi| udi.agency()), Ok(Agency::Hibcc));
}
