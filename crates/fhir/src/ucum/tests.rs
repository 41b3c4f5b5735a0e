//! Units understood, converted and refused.

use super::*;
use proptest::prelude::*;

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

#[test]
fn canonical_forms() {
    for (value, unit, canonical_value, canonical_unit) in [
        ("1", "kg", "1000", "g"),
        ("120", "mm[Hg]", "15998640", "g.m-1.s-2"),
        ("98.6", "[degF]", "310.15", "K"),
        ("37", "Cel", "310.15", "K"),
        ("5.5", "mmol/L", "3312177418000000000000000", "m-3"),
        ("7.40", "[pH]", "7.4", "[pH]"),
        ("12", "10*3/uL", "12000000000000", "m-3"),
        ("35", "%", "0.35", "1"),
        ("3", "{score}", "3", "1"),
        ("500", "[IU]/L", "500000", "m-3.[iU]"),
        ("20", "dB", "2", "B"),
        ("70", "/min", "1.16666666666666666666667", "s-1"),
        ("6", "[ft_i]", "1.8288", "m"),
    ] {
        let canonical = canonical(decimal(value), unit).unwrap_or_else(|error| panic!("{unit}: {error}"));
        assert_eq!(canonical.value, decimal(canonical_value).into(), "{unit}");
        assert_eq!(canonical.unit, canonical_unit, "{unit}");
    }
}

#[test]
fn canonical_forms_beyond_decimals() {
    for (value, unit, canonical_value, canonical_unit) in [
        ("149", "mL/min/{1.73_m2}", "2.48333333333333333333333e-6", "m3.s-1"),
        ("90.1", "fL", "9.01e-17", "m3"),
        ("79228162514264337593543950335", "mol", "4.77123146817055348836481e52", "1"),
        ("0.0000000000000000000000000001", "fL", "1e-46", "m3"),
    ] {
        let canonical = canonical(decimal(value), unit).unwrap_or_else(|error| panic!("{unit}: {error}"));
        let expected = Number::parse(canonical_value).map(ExactNumber::of);
        assert_eq!((Some(canonical.value), canonical.unit.as_str()), (expected, canonical_unit), "{unit}");
    }
}

#[test]
fn the_quick_way_and_the_long_way_agree() {
    for code in COMMON {
        let unit = Unit::parse(code).unwrap_or_else(|error| panic!("{error}"));
        for value in ["0", "1", "-37.50", "0.000001", "123456789.123456789", "9999999999999999999999999999"] {
            let value = decimal(value);
            let long = unit.to_base(number(value)).map(|base| ExactNumber::of(rounded(base)));
            assert_eq!(unit.canonical(value).ok(), long, "{value} {code}");
        }
    }
}

#[test]
fn conversions() {
    for (value, from, to, expected) in [
        ("98.6", "[degF]", "Cel", "37"),
        ("-40", "Cel", "[degF]", "-40"),
        ("1", "[lb_av]", "kg", "0.45359237"),
        ("180", "mg/dL", "g/L", "1.8"),
        ("1", "[in_i]", "cm", "2.54"),
        ("7", "[pH]", "mol/L", "0.0000001"),
        ("90.1", "fL", "um3", "90.1"),
        ("1", "a", "d", "365.25"),
    ] {
        assert_eq!(convert(decimal(value), from, to), Ok(decimal(expected)), "{from} {to}");
    }
    assert!(matches!(convert(Decimal::ONE, "m", "g"), Err(UnitError::NotComparable { .. })));
    assert!(matches!(convert(Decimal::ONE, "[IU]", "mg"), Err(UnitError::NotComparable { .. })));
    assert!(matches!(convert(Decimal::ZERO, "mol/L", "[pH]"), Err(UnitError::OutOfRange { .. })));
    assert!(matches!(convert(Decimal::MAX, "mol", "1"), Err(UnitError::OutOfRange { .. })));
}

#[test]
fn order_and_products() {
    assert_eq!(compare((decimal("4.0"), "g"), (decimal("4000"), "mg")), Ok(Some(Ordering::Equal)));
    assert_eq!(compare((decimal("1"), "m"), (decimal("1"), "km")), Ok(Some(Ordering::Less)));
    assert_eq!(compare((decimal("98.6"), "[degF]"), (decimal("37"), "Cel")), Ok(Some(Ordering::Equal)));
    assert_eq!(compare((decimal("1"), "m"), (decimal("1"), "g")), Ok(None));
    let area = multiply((decimal("2.0"), "cm"), (decimal("2.0"), "m")).unwrap();
    assert_eq!((area.value, area.unit.as_str()), (decimal("0.04").into(), "m2"));
    let density = divide((decimal("4.0"), "g"), (decimal("2.0"), "m")).unwrap();
    assert_eq!((density.value, density.unit.as_str()), (decimal("2").into(), "g.m-1"));
    assert_eq!(divide((decimal("1"), "m"), (decimal("1"), "m")).unwrap().unit, "1");
    assert!(divide((decimal("1"), "m"), (Decimal::ZERO, "m")).is_err());
    assert!(multiply((decimal("1"), "Cel"), (decimal("1"), "m")).is_err());
}

#[test]
fn refusals() {
    for unit in ["", "foo", "mg / dL", "mmHg", "°C", "m^2", "Cel/h", "µg"] {
        assert!(matches!(validate(unit), Err(UnitError::Invalid { .. })), "{unit}");
    }
    assert!(validate(&"(".repeat(100_000)).is_err());
    assert!(validate(&"m.".repeat(120)).is_err());
}

const COMPARABLE: [(&str, &str); 8] = [
    ("mg/dL", "g/L"),
    ("[degF]", "Cel"),
    ("[lb_av]", "kg"),
    ("mm[Hg]", "kPa"),
    ("mmol/L", "umol/mL"),
    ("[in_i]", "m"),
    ("h", "min"),
    ("kcal", "J"),
];

proptest! {
    #[test]
    fn converted_there_and_back(digits in -100_000_i64..100_000, scale in 0_u32..6, pair in 0_usize..8) {
        let value = Decimal::new(digits, scale);
        let (one, other) = COMPARABLE[pair];
        let back = convert(convert(value, one, other).unwrap(), other, one).unwrap();
        prop_assert!((back - value).abs() <= Decimal::new(1, 18), "{value} {one} came back as {back}");
        let there = convert(value, one, other).unwrap();
        prop_assert_eq!(canonical(value, one).unwrap().unit, canonical(there, other).unwrap().unit);
        prop_assert_eq!(compare((value, one), (value, one)), Ok(Some(Ordering::Equal)));
    }

    #[test]
    fn any_text_is_read_or_refused(unit in "[a-zA-Z0-9./*{}()\\[\\]%'_-]{0,40}|\\PC*") {
        if let Ok(unit) = Unit::parse(&unit) {
            let _ = unit.canonical(Decimal::ONE);
        }
    }
}
